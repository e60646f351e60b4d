"""What a ticket is worth when it is given back: by the wall clock of the event's zone, to the minor unit."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.refund_rules import DatedLine, RefundRules, Tier, before

BERLIN = "Europe/Berlin"
START = datetime(2027, 6, 20, 18, 0, tzinfo=UTC)  # 20:00 in Berlin
USUAL = RefundRules((Tier(30 * 24, 100), Tier(7 * 24, 50)))


def worth(rules: RefundRules, at: datetime, paid: int = 2510, step: int = 1) -> int:
    return rules.amount_at(at, paid=paid, starts_at=START, zone=BERLIN, step=step)


def test_tiers_end_at_their_instants() -> None:
    thirty, seven = START - timedelta(days=30), START - timedelta(days=7)
    second = timedelta(seconds=1)

    assert [worth(USUAL, at) for at in (thirty - second, thirty, seven - second, seven)] == [2510, 1255, 1255, 0]
    assert USUAL.dated(starts_at=START, zone=BERLIN) == [
        DatedLine(thirty, 100),
        DatedLine(seven, 50),
        DatedLine(None, 0),
    ]


def test_a_kept_fee_stays_once_and_never_makes_a_debt() -> None:
    rules = RefundRules((Tier(24, 10),), kept_fee=200)
    assert worth(rules, START - timedelta(days=2)) == 51  # 251 less 200
    assert worth(rules, START - timedelta(days=2), paid=1000) == 0
    assert worth(rules, START) == 0


def test_a_deadline_cuts_whatever_comes_after_it() -> None:
    deadline = START - timedelta(days=10)
    rules = RefundRules(USUAL.tiers, deadline=deadline)
    assert rules.dated(starts_at=START, zone=BERLIN)[1:] == [DatedLine(deadline, 50), DatedLine(None, 0)]
    assert worth(rules, deadline - timedelta(seconds=1)) == 1255
    assert worth(rules, deadline) == 0


def test_a_final_sale_gives_nothing_back() -> None:
    assert RefundRules().is_final_sale
    assert worth(RefundRules(), START - timedelta(days=400)) == 0


def test_half_a_minor_unit_goes_to_the_buyer_and_three_decimals_end_in_0() -> None:
    assert worth(USUAL, START - timedelta(days=8), paid=2511) == 1256
    assert worth(USUAL, START - timedelta(days=8), paid=2510, step=10) == 1260
    assert worth(RefundRules((Tier(0, 33),)), START - timedelta(hours=1), paid=999) == 330


@pytest.mark.parametrize(
    ("zone", "start", "days_before"),
    [
        ("Europe/Berlin", datetime(2027, 3, 29, 18, tzinfo=UTC), datetime(2027, 3, 22, 19, tzinfo=UTC)),  # 20:00 both
        ("America/New_York", datetime(2027, 11, 8, 1, tzinfo=UTC), datetime(2027, 11, 1, 0, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2027, 10, 4, 9, tzinfo=UTC), datetime(2027, 9, 27, 9, 30, tzinfo=UTC)),
    ],
)
def test_seven_days_before_is_the_same_hour_also_when_clocks_change(
    zone: str, start: datetime, days_before: datetime
) -> None:
    assert before(start, 7 * 24, zone) == days_before


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (USUAL, ""),
        (RefundRules(), ""),
        (RefundRules((Tier(24, 50), Tier(48, 100))), "tiers"),
        (RefundRules((Tier(24, 50), Tier(24, 40))), "tiers"),
        (RefundRules((Tier(-1, 50),)), "tiers"),
        (RefundRules((Tier(24 * 731, 50),)), "tiers"),
        (RefundRules(tuple(Tier(100 - n, 90 - n) for n in range(7))), "tiers"),
        (RefundRules((Tier(48, 50), Tier(24, 100))), "percent"),
        (RefundRules((Tier(48, 101),)), "percent"),
        (RefundRules((Tier(48, 0),)), "percent"),
        (RefundRules(USUAL.tiers, kept_fee=-1), "kept_fee"),
    ],
)
def test_rules_say_what_is_wrong_with_them(rules: RefundRules, problem: str) -> None:
    assert rules.problem() == problem
    assert RefundRules.from_dict(rules.as_dict()) == rules


def some_rules() -> st.SearchStrategy[RefundRules]:
    hours = st.lists(st.integers(0, 300), max_size=4, unique=True)
    percents = st.lists(st.integers(1, 100), min_size=4, max_size=4, unique=True)
    deadlines = st.none() | st.integers(0, 300).map(lambda n: START - timedelta(hours=n))

    def made(hours: list[int], percents: list[int], kept: int, deadline: datetime | None) -> RefundRules:
        pairs = zip(sorted(hours, reverse=True), sorted(percents, reverse=True)[: len(hours)], strict=True)
        return RefundRules(tuple(Tier(*pair) for pair in pairs), kept, deadline)

    return st.builds(made, hours, percents, st.integers(0, 500), deadlines)


@given(old=some_rules(), new=some_rules(), paid=st.integers(0, 10_000))
def test_what_is_called_no_stricter_never_gives_less(old: RefundRules, new: RefundRules, paid: int) -> None:
    if not new.is_no_stricter_than(old):
        return
    for hours in range(-2, 302):
        at = START - timedelta(hours=hours, minutes=1)
        assert worth(new, at, paid) >= worth(old, at, paid)


@given(rules=some_rules(), paid=st.integers(0, 10_000))
def test_waiting_never_pays_and_nothing_exceeds_the_price(rules: RefundRules, paid: int) -> None:
    amounts = [worth(rules, START - timedelta(hours=hours, minutes=1), paid) for hours in range(-2, 302)]
    assert all(later <= earlier for later, earlier in pairwise(amounts))
    assert all(0 <= amount <= paid for amount in amounts)
    assert rules.is_no_stricter_than(rules)
