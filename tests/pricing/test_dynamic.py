"""Prices that follow the sale: the same state gives the same price, and never one that the rules forbid (docs/dynamic-prices.md)."""

import json
from collections import deque
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pricing.basket import Item, Step
from pricing.dynamic import STILL, Lately, Moved, Rules, Rung, SaleState, even_pace, price_at, problem, wanted
from tests import depth

FILL = (Rung(50, 1000), Rung(70, 2500), Rung(85, 5000), Rung(95, 10_000))  # basis points
BY_FILL = Rules(floor=2000, cap=5000, is_percent=True, fill=FILL)
WEEK = 7 * 24


def state(sold: int, size: int = 100, **more: int) -> SaleState:
    facts = {"house_sold": sold, "house_size": size, "hours_to_go": 30 * 24, **more}
    return SaleState(sold, size, **facts)


# --- One ladder after the other --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sold", "price"), [(0, 2400), (49, 2400), (50, 2640), (70, 3000), (84, 3000), (85, 3600), (95, 4800), (100, 4800)]
)
def test_the_price_climbs_with_what_is_sold_and_only_the_last_step_counts(sold, price):
    assert wanted(2400, BY_FILL, state(sold)).price == price


def test_a_step_is_reached_by_the_place_that_makes_it_whole_and_by_no_rounding():
    assert wanted(2400, BY_FILL, state(499, 999)).price == 2400  # 49.95 %
    assert wanted(2400, BY_FILL, state(500, 999)).price == 2640


def test_a_price_says_what_it_is_made_of():
    rules = Rules(floor=2000, cap=4000, fill=(Rung(50, 300),), days=(Rung(7, 200), Rung(2, 500)))

    found = wanted(2400, rules, state(60, hours_to_go=7 * 24))

    assert found.price == 2900
    assert [(reason.cause, reason.at, reason.amount) for reason in found.reasons] == [
        ("fill", 50, 300),
        ("days", 7, 200),
    ]
    assert wanted(2400, rules, state(60, hours_to_go=7 * 24 + 1)).price == 2700
    assert wanted(2400, rules, state(60, hours_to_go=48)).price == 3200


def test_tickets_that_sell_faster_than_evenly_cost_more_and_five_are_too_few_to_say_so():
    # 60 places left for 30 days: evenly that is two a day.
    rules = Rules(floor=1000, cap=9000, faster=(Rung(150, 400), Rung(300, 900)))
    assert even_pace(state(40), 24) == 2

    def price(lately: int) -> int:
        return wanted(2400, rules, state(40, sold_lately=lately)).price

    assert [price(lately) for lately in (0, 4, 5, 6, 20)] == [2400, 2400, 2800, 2800, 3300]


def test_a_sale_that_lags_gets_cheaper_but_not_before_it_had_its_hours():
    rules = Rules(floor=1000, cap=9000, slower=(Rung(25, -600), Rung(55, -200)), pace_hours=24)

    assert wanted(2400, rules, state(40, hours_on_sale=23)).price == 2400
    assert wanted(2400, rules, state(40, hours_on_sale=24)).price == 1800  # nothing sold
    assert wanted(2400, rules, state(40, hours_on_sale=24, sold_lately=1)).price == 2200  # 1 of 1.9
    assert wanted(2400, rules, state(40, hours_on_sale=24, sold_lately=2)).price == 2400


def test_a_zone_that_fills_before_the_house_costs_more_and_one_that_stays_empty_less():
    rules = Rules(floor=1000, cap=9000, ahead=(Rung(20, 500),), behind=(Rung(10, -100), Rung(30, -300)))

    def price(sold: int, house_sold: int) -> int:
        return wanted(2400, rules, SaleState(sold, 100, house_sold, 1000, hours_to_go=100)).price

    assert price(50, 300) == 2900  # 50 % against 30 %
    assert price(49, 300) == 2400
    assert price(20, 300) == 2300
    assert price(0, 300) == 2100
    assert wanted(2400, rules, SaleState(0, 0, 0, 0, hours_to_go=100)).price == 2400  # nothing for sale: nothing to say


# --- Floor, cap, rounding, a day ----------------------------------------------------------------------------------------------


def test_floor_and_cap_hold_and_are_named():
    rules = Rules(floor=2300, cap=2500, fill=(Rung(50, 400),), days=(Rung(3, -500),))

    dear = wanted(2400, rules, state(50))
    cheap = wanted(2400, rules, state(0, hours_to_go=1))

    assert (dear.price, [one.cause for one in dear.reasons]) == (2500, ["fill", "cap"])
    assert (cheap.price, [one.cause for one in cheap.reasons]) == (2300, ["days", "floor"])


@pytest.mark.parametrize(
    ("step", "ending", "price"), [(1, 0, 2640), (100, 0, 2600), (50, 0, 2650), (100, 50, 2650), (100, 90, 2690)]
)
def test_a_price_is_brought_to_the_nearest_that_reads_well(step, ending, price):
    assert wanted(2400, replace(BY_FILL, step=step, ending=ending), state(50)).price == price


def test_the_types_own_price_is_left_as_it_is_whatever_the_rounding():
    assert wanted(2400, replace(BY_FILL, step=100, ending=90), state(0)).price == 2400


def test_where_no_price_reads_well_within_the_bounds_it_stays():
    rules = Rules(floor=2310, cap=2380, fill=(Rung(50, 30),), step=100, ending=90)

    assert wanted(2350, rules, state(50)).price == 2350
    assert wanted(2350, rules, state(50), Lately(20, 20, 20)).price == 2350


def test_within_a_day_it_moves_no_further_than_the_rules_let_it():
    rules = replace(BY_FILL, most_a_day=300)

    first = wanted(2400, rules, state(95))
    assert (first.price, first.reasons[-1].cause) == (2700, "day_limit")
    assert wanted(2400, rules, state(95), Lately(300, 0, 300)).price == 2700  # the same day
    assert wanted(2400, rules, state(95), Lately(300, 300, 300)).price == 3000  # the next one
    assert wanted(2400, rules, state(0), Lately(300, 0, 300)).price == 2400  # back where it was
    assert wanted(2400, rules, state(0), Lately(600, 600, 600)).price == 2700


def test_another_price_of_the_type_keeps_floor_and_cap_and_what_is_free_stays_free():
    moved = Moved(600, 2000, 3200)

    assert [moved.on(base) for base in (2400, 3000, 1300, 3500, 0)] == [600, 200, 600, 0, 0]
    assert Moved(-600, 2000, 3200).on(1300) == 0
    assert STILL.on(2400) == 0


def test_a_ticket_says_that_its_price_followed_the_sale():
    item = Item(UUID(int=1), "Adult", 2, 2400)
    early = replace(item, price=2000, steps=(Step("base", "", 2400), Step("phase", "Early bird", -400)))

    assert Moved(600, 2000, 3200).item(item).steps == (Step("base", "", 2400), Step("dynamic", "", 600))
    assert Moved(600, 2000, 3200).item(early).price == 2600
    assert Moved(600, 2000, 3200).item(early).steps == (*early.steps, Step("dynamic", "", 600))
    assert STILL.item(item) == item


def test_a_phase_below_the_floor_is_not_brought_up_to_it():
    assert wanted(1800, BY_FILL, state(0)).price == 1800
    assert wanted(1800, BY_FILL, state(50)).price == 1980
    assert wanted(6000, BY_FILL, state(50)).price == 6000  # above the cap by itself


def test_a_full_house_is_not_sold_slowly():
    rules = Rules(floor=1000, cap=9000, slower=(Rung(0, -600), Rung(100, -600)))
    full = SaleState(sold=1, size=1, house_sold=1, house_size=1, hours_to_go=0, hours_on_sale=24, sold_lately=0)

    assert [wanted(2400, rules, replace(full, sold_lately=lately)).price for lately in (0, 1)] == [2400, 2400]
    assert wanted(2400, rules, replace(full, sold=0, house_sold=0)).price == 1800


def test_what_a_step_alone_would_make_of_the_price():
    rules = replace(BY_FILL, step=100, ending=90)

    assert [price_at(2400, rules, rung) for rung in rules.fill] == [2690, 2990, 3590, 4790]


def test_the_sale_of_the_documentation_step_by_step():
    rules = replace(BY_FILL, floor=2400, cap=4000, days=(Rung(7, 500),), most_a_day=600, step=100, ending=90)

    def found(sold: int, days: int, *, now: int, lowest: int) -> tuple[int, list[str]]:
        price = wanted(2400, rules, state(sold, hours_to_go=days * 24), Lately(now - 2400, lowest - 2400, now - 2400))
        return price.price, [reason.cause for reason in price.reasons]

    assert found(30, 20, now=2400, lowest=2400) == (2400, [])
    assert found(50, 15, now=2400, lowest=2400) == (2690, ["fill"])
    assert found(72, 10, now=2690, lowest=2690) == (2990, ["fill"])
    assert found(86, 10, now=2990, lowest=2690) == (3290, ["fill", "day_limit"])
    assert found(86, 9, now=3290, lowest=2990) == (3590, ["fill", "day_limit"])
    assert found(96, 7, now=3590, lowest=3590) == (3990, ["fill", "days", "cap"])


# --- What rules may say ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ("", "")),
        ({"floor": 2500}, ("floor", "bounds")),
        ({"floor": 0}, ("floor", "bounds")),
        ({"cap": 2300}, ("cap", "bounds")),
        ({"step": 100, "ending": 100}, ("rounding", "rounding")),
        ({"most_a_day": 0}, ("most_a_day", "most_a_day")),
        ({"pace_hours": 0}, ("pace_hours", "pace_hours")),
        ({"fill": (Rung(50, 500), Rung(70, 400))}, ("fill", "order")),
        ({"fill": (Rung(50, 500), Rung(50, 600))}, ("fill", "twice")),
        ({"fill": (Rung(101, 500),)}, ("fill", "at")),
        ({"fill": (Rung(50, -500),)}, ("fill", "sign_up")),
        ({"faster": (Rung(50, 1_000_000),)}, ("faster", "value")),
        ({"slower": (Rung(50, 100),)}, ("slower", "sign_down")),
        ({"slower": (Rung(25, -100), Rung(50, -200))}, ("slower", "order")),
        ({"behind": (Rung(10, -200), Rung(20, -100))}, ("behind", "order")),
        ({"days": (Rung(7, 500), Rung(2, -500))}, ("", "")),
        ({"days": tuple(Rung(n, n) for n in range(9))}, ("days", "many")),
    ],
)
def test_rules_that_cannot_be_say_which_part_and_why(change, found):
    assert problem(replace(BY_FILL, **change), base=2400) == found


def test_a_currency_of_three_decimals_has_no_odd_prices():
    assert problem(Rules(floor=2005, cap=9000, step=10), base=2400, smallest=10) == ("floor", "smallest")
    assert problem(Rules(floor=2000, cap=9000, step=10), base=2400, smallest=10) == ("", "")


def test_rules_survive_being_kept():
    rules = replace(BY_FILL, days=(Rung(3, -10),), most_a_day=100)

    assert Rules.from_dict(json.loads(json.dumps(rules.as_dict()))) == rules


# --- Properties ---------------------------------------------------------------------------------------------------------------


@st.composite
def rule_sets(draw: st.DrawFn, base: int) -> Rules:
    def rungs(highest: int, *, sign: int = 1, is_falling: bool = False) -> tuple[Rung, ...]:
        ats = sorted(draw(st.sets(st.integers(0, highest), max_size=4)))
        values = [sign * draw(st.integers(0, 6000)) for _at in ats]
        return tuple(Rung(at, value) for at, value in zip(ats, sorted(values, reverse=is_falling), strict=True))

    step = draw(st.sampled_from([1, 10, 50, 100, 500]))
    return Rules(
        floor=draw(st.integers(1, base)),
        cap=draw(st.integers(base, base * 3)),
        is_percent=draw(st.booleans()),
        fill=rungs(100),
        days=tuple(Rung(at, draw(st.integers(-3000, 3000))) for at in draw(st.sets(st.integers(0, 60), max_size=3))),
        faster=rungs(500),
        slower=rungs(100, sign=-1),
        ahead=rungs(100),
        behind=rungs(100, sign=-1, is_falling=True),
        pace_hours=draw(st.integers(1, 72)),
        most_a_day=draw(st.none() | st.integers(1, 2000)),
        step=step,
        ending=draw(st.integers(0, step - 1)),
    )


@st.composite
def sales(draw: st.DrawFn) -> SaleState:
    size = draw(st.integers(1, 2000))
    others = draw(st.integers(0, 2000))
    sold = draw(st.integers(0, size))
    return SaleState(
        sold=sold,
        size=size,
        house_sold=sold + draw(st.integers(0, others)),
        house_size=size + others,
        hours_to_go=draw(st.integers(0, 2000)),
        hours_on_sale=draw(st.integers(0, 200)),
        sold_lately=draw(st.integers(0, sold)),
    )


BASES = st.integers(1, 20_000)


@depth.looking(120)
@given(st.data())
def test_a_price_is_never_outside_floor_and_cap_and_is_the_same_each_time(data):
    base = data.draw(BASES)
    rules, how = data.draw(rule_sets(base)), data.draw(sales())
    assert problem(rules, base=base) == ("", "")
    amounts = data.draw(st.lists(st.integers(-base, base), min_size=1, max_size=3))
    lately = Lately(amounts[0], min(amounts), max(amounts))

    found = wanted(base, rules, how, lately)

    assert rules.floor <= found.price <= rules.cap
    assert found.price == base + found.amount
    assert wanted(base, Rules.from_dict(rules.as_dict()), replace(how), replace(lately)) == found


@depth.looking(120)
@given(st.data())
def test_more_demand_never_makes_a_ticket_cheaper(data):
    base = data.draw(BASES)
    rules, how = data.draw(rule_sets(base)), data.draw(sales())
    assume(how.sold < how.size)
    lately = Lately(0, 0, data.draw(st.integers(0, 500)))

    fuller = replace(how, sold=how.sold + 1, house_sold=how.house_sold + 1)
    busier = replace(fuller, sold_lately=how.sold_lately + 1)

    prices = [wanted(base, rules, one, lately).price for one in (how, fuller, busier)]
    assert prices == sorted(prices)


@depth.looking(40)
@given(st.data())
def test_two_prices_within_24_hours_are_never_further_apart_than_a_day_allows(data):
    """A sale in any order, repriced every few hours: the rule is over every pair of prices, not over neighbours."""
    base = data.draw(st.integers(500, 5000))
    rules = replace(data.draw(rule_sets(base)), most_a_day=data.draw(st.integers(50, 1500)))
    sold, hours = 0, 24 * 20
    history = deque([(0, 0)])  # (hour, the amount from then on)
    for hour in range(0, hours, 5):
        sold = min(200, max(0, sold + data.draw(st.integers(-3, 12))))
        how = SaleState(sold, 200, sold, 400, hours - hour, hour, min(sold, data.draw(st.integers(0, 20))))
        while len(history) > 1 and history[1][0] <= hour - 24:
            history.popleft()
        amounts = [amount for _hour, amount in history]
        found = wanted(base, rules, how, Lately(amounts[-1], min(amounts), max(amounts)))
        assert max(*amounts, found.amount) - min(*amounts, found.amount) <= rules.most_a_day
        history.append((hour, found.amount))
