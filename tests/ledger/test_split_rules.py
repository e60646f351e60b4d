"""Every minor unit that an event earns has one owner, whatever is sold and given back in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.models import Party
from ledger.split_rules import ORGANIZER, WHOLE, Payee, Rules, Share, Step, apportion, split

HALL, BAND, ADA = Payee(Party.VENUE, "hall"), Payee(Party.ARTIST, "band"), Payee(Party.AFFILIATE, "ada")
PAYEES = (HALL, BAND, ADA, Payee(Party.PROMOTER, "pro"), ORGANIZER)

# Ada has 5 % of everything, at most 40.00; the hall the first 300.00 of the rest; then 70 % to the band, 30 stay.
WATERFALL = Rules(
    (
        Step((Share(ADA, 500, cap=4000),)),
        Step((Share(HALL, WHOLE, cap=30_000),)),
        Step((Share(BAND, 7000),)),
    )
)


@st.composite
def plans(draw: st.DrawFn) -> Rules:
    steps = []
    for _number in range(draw(st.integers(0, 4))):
        payees = draw(st.lists(st.sampled_from(PAYEES), min_size=1, max_size=4, unique=True))
        cuts = sorted(draw(st.lists(st.integers(1, WHOLE), min_size=len(payees), max_size=len(payees), unique=True)))
        points = [after - before for before, after in zip([0, *cuts], cuts, strict=False)]
        caps = st.none() | st.integers(1, 10**6)
        shares = [Share(payee, point, draw(caps)) for payee, point in zip(payees, points, strict=True)]
        steps.append(Step(tuple(shares), draw(st.just(0) | st.integers(0, 10**5))))
    made = Rules(tuple(steps))
    assert made.problem() == ""
    return made


AMOUNTS = st.integers(0, 10**7) | st.integers(0, 20)  # minor units: cents, yen or fils, it is all the same


@given(rules=plans(), sales=st.lists(AMOUNTS, min_size=1, max_size=8), data=st.data())
def test_sales_and_refunds_in_any_order_leave_what_the_plan_says(
    rules: Rules, sales: list[int], data: st.DataObject
) -> None:
    caps: dict[Payee, list[int | None]] = {}
    for step in rules.steps:
        for share in step.shares:
            caps.setdefault(share.payee, []).append(share.cap)
    earned, has = 0, dict.fromkeys(rules.payees(), 0)
    back = [-data.draw(st.integers(0, amount)) for amount in sales]
    for amount in [*data.draw(st.permutations(sales)), *data.draw(st.permutations(back))]:
        parts = split(amount, rules, earned)
        assert sum(parts.values()) == amount
        assert all(part * amount >= 0 for part in parts.values())
        earned += amount
        has = {payee: has[payee] + part for payee, part in parts.items()}
    assert has == rules.parts(earned)
    for payee, found in caps.items():
        known = [cap for cap in found if cap is not None]
        assert payee == ORGANIZER or len(known) < len(found) or has[payee] <= sum(known)

    everything = split(-earned, rules, earned)
    assert {payee: has[payee] + part for payee, part in everything.items()} == dict.fromkeys(has, 0)


@given(weights=st.lists(st.integers(1, 2500), min_size=1, max_size=4), amount=AMOUNTS)
def test_each_part_is_its_percent_rounded_up_or_down_and_none_shrinks_when_more_comes(
    weights: list[int], amount: int
) -> None:
    parts, more = apportion(tuple(weights), amount), apportion(tuple(weights), amount + 1)
    assert all(
        part * WHOLE - WHOLE < amount * weight < part * WHOLE + WHOLE
        for part, weight in zip(parts, weights, strict=True)
    )
    assert all(0 <= after - before <= 1 for before, after in zip(parts, more, strict=True))
    assert 0 <= sum(more) - sum(parts) <= 1
    assert abs(2 * apportion((weights[0],), amount)[0] * WHOLE - 2 * amount * weights[0]) <= WHOLE


def test_the_first_three_hundred_are_the_halls_and_then_it_is_seventy_thirty() -> None:
    first = split(20_000, WATERFALL)  # 5 % of 200.00 is Ada's, and 190.00 are not yet 300.00
    assert first == {ADA: 1000, HALL: 19_000, BAND: 0, ORGANIZER: 0}

    second = split(20_000, WATERFALL, 20_000)  # the hall lacks 110.00; of the 80.00 after that 56.00 are the band's
    assert second == {ADA: 1000, HALL: 11_000, BAND: 5600, ORGANIZER: 2400}

    third = split(100_000, WATERFALL, 40_000)  # Ada's 40.00 are full after 20.00 more
    assert third == {ADA: 2000, HALL: 0, BAND: 68_600, ORGANIZER: 29_400}

    # Half of the second order goes back after the third was sold: the last of what was earned, so band and organizer bear it.
    assert split(-10_000, WATERFALL, 140_000) == {ADA: 0, HALL: 0, BAND: -7000, ORGANIZER: -3000}


def test_a_threshold_pays_only_above_it_and_its_part_goes_back_below_it() -> None:
    bonus = Rules((Step((Share(BAND, 1000),), above=50_000),))
    assert split(50_000, bonus) == {BAND: 0, ORGANIZER: 50_000}
    assert split(10_000, bonus, 50_000) == {BAND: 1000, ORGANIZER: 9000}
    assert split(-10_000, bonus, 60_000) == {BAND: -1000, ORGANIZER: -9000}


def test_odd_minor_units_go_to_whoever_is_furthest_behind() -> None:
    thirds = Rules((Step((Share(HALL, 3333), Share(BAND, 3333), Share(ADA, 3334))),))
    assert thirds.parts(100) == {HALL: 33, BAND: 33, ADA: 34, ORGANIZER: 0}
    assert [split(1, thirds, so_far) for so_far in range(3)] == [
        {HALL: 0, BAND: 0, ADA: 1, ORGANIZER: 0},
        {HALL: 1, BAND: 0, ADA: 0, ORGANIZER: 0},
        {HALL: 0, BAND: 1, ADA: 0, ORGANIZER: 0},
    ]
    assert thirds.parts(3_333_333) == {HALL: 1_111_000, BAND: 1_111_000, ADA: 1_111_333, ORGANIZER: 0}


def test_rules_that_cannot_be_say_what_is_wrong() -> None:
    def rules(*shares: Share, above: int = 0) -> Rules:
        return Rules((Step(shares, above),))

    assert rules(Share(HALL, 5000), Share(BAND, 5001)).problem() == "percent"
    assert rules(Share(HALL, 0)).problem() == "percent"
    assert rules(Share(HALL, 100, cap=0)).problem() == "amount"
    assert rules(Share(HALL, 100), above=-1).problem() == "amount"
    assert rules(Share(HALL, 100), Share(HALL, 200)).problem() == "twice"
    assert rules().problem() == "steps"
    assert Rules((Step((Share(HALL, 100),)),) * 9).problem() == "steps"
    assert Rules().problem() == ""


def test_frozen_rules_come_back_as_they_were() -> None:
    assert Rules.from_dict(WATERFALL.as_dict()) == WATERFALL


def test_so_much_for_each_ticket_is_what_reaches_it_at_most() -> None:
    """5 % to Ada, 1.50 of each ticket to the hall and no more than 4.00, then 70 % to the band."""
    rules = Rules(
        (Step((Share(ADA, 500),)), Step((Share(HALL, 0, cap=400, per_ticket=150),)), Step((Share(BAND, 7000),)))
    )
    assert rules.problem() == ""
    assert Rules.from_dict(rules.as_dict()) == rules
    assert rules.parts(1000, 1) == {ADA: 50, HALL: 150, BAND: 560, ORGANIZER: 240}
    assert rules.parts(1000, 3) == {ADA: 50, HALL: 400, BAND: 385, ORGANIZER: 165}
    assert rules.parts(100, 2) == {ADA: 5, HALL: 95, BAND: 0, ORGANIZER: 0}
    assert rules.parts(1000, 0) == {ADA: 50, HALL: 0, BAND: 665, ORGANIZER: 285}
    # A ticket goes back with its 5.00: the hall gives its 1.50, the band what is 70 % of the rest.
    assert split(-500, rules, 1000, tickets=-1, tickets_so_far=2) == {ADA: -25, HALL: -150, BAND: -227, ORGANIZER: -98}


def test_so_much_for_each_ticket_stands_alone() -> None:
    each = Share(HALL, 0, per_ticket=150)
    assert Rules((Step((each, Share(ADA, 500))),)).problem() == "ticket"
    assert Rules((Step((each,), above=100),)).problem() == "ticket"
    assert Rules((Step((Share(HALL, 500, per_ticket=150),)),)).problem() == "ticket"
    assert Rules((Step((Share(HALL, 0, per_ticket=0),)),)).problem() == "amount"
