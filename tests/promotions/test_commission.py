"""What an affiliate gets of an order, and whose a sale is: arithmetic, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promotions.bots import is_person
from promotions.commission import CommissionKind, Rate, Tier, commission_of, remaining
from promotions.touches import MOST_TOUCHES, SAME_VISIT, Touch, as_plain, by_claim, from_plain, touched

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
TEN = Rate(CommissionKind.PERCENT, basis_points=1000, currency="EUR")
TWO_EUROS = Rate(CommissionKind.FIXED, fixed=200, currency="EUR")
RISING = Rate(CommissionKind.TIERS, tiers=(Tier(1, 500), Tier(3, 1000)), currency="EUR")

rates = st.one_of(
    st.builds(Rate, st.just(CommissionKind.PERCENT), basis_points=st.integers(1, 10_000), currency=st.just("EUR")),
    st.builds(Rate, st.just(CommissionKind.FIXED), fixed=st.integers(1, 9_999), currency=st.just("EUR")),
    st.builds(
        lambda points: Rate(CommissionKind.TIERS, tiers=tuple(Tier(1 + 3 * n, p) for n, p in enumerate(points))),
        st.lists(st.integers(0, 10_000), min_size=1, max_size=4),
    ),
)


def test_a_percentage_is_of_what_tickets_cost_and_rounded_once() -> None:
    assert commission_of([2400, 2400], TEN, currency="EUR") == 480
    assert commission_of([1005, 1005], TEN, currency="EUR") == 201  # not twice 101
    assert commission_of([0, 0], TEN, currency="EUR") == 0


def test_a_fixed_amount_is_for_paid_tickets_in_its_own_currency_and_no_more_than_they_cost() -> None:
    assert commission_of([2400, 0, 150], TWO_EUROS, currency="EUR") == 350
    assert commission_of([2400], TWO_EUROS, currency="USD") == 0


def test_each_ticket_earns_what_its_own_number_says() -> None:
    assert commission_of([1000, 1000, 1000], RISING, currency="EUR", sold_before=1) == 50 + 100 + 100
    assert commission_of([1000, 0, 1000], RISING, currency="EUR", sold_before=2) == 200


@pytest.mark.parametrize(
    ("rate", "problem"),
    [
        (Rate(CommissionKind.PERCENT), "basis_points"),
        (Rate(CommissionKind.FIXED), "fixed"),
        (Rate(CommissionKind.TIERS, tiers=(Tier(2, 500),)), "tiers"),
        (Rate(CommissionKind.TIERS, tiers=(Tier(1, 500), Tier(1, 600))), "tiers"),
        (Rate(CommissionKind.NONE), ""),
        (RISING, ""),
    ],
)
def test_a_rate_says_what_is_wrong_with_it(rate: Rate, problem: str) -> None:
    assert rate.problem() == problem


@given(
    rate=rates,
    bases=st.lists(st.integers(0, 50_000), min_size=1, max_size=8),
    sold_before=st.integers(0, 10),
    fees=st.integers(0, 5_000),
    backs=st.lists(st.integers(0, 60_000), max_size=6),
)
def test_whatever_goes_back_a_commission_is_within_bounds_and_ends_at_nothing(
    rate: Rate, bases: list[int], sold_before: int, fees: int, backs: list[int]
) -> None:
    full = commission_of(bases, rate, currency="EUR", sold_before=sold_before)
    assert 0 <= full <= sum(bases)
    assert Rate.from_dict(rate.as_dict()) == rate

    total, gone, has = sum(bases) + fees, 0, full
    for back in [*backs, sum(bases) + fees]:
        gone = min(total, gone + back)
        left = remaining(full, total=total, gone=gone, kept=total - gone)
        assert 0 <= left <= min(has, total - gone)  # never grows, and never more than the organizer keeps
        has = left
    assert has == 0
    assert remaining(full, total=total, gone=0, kept=total) == (full if total else 0)


# --- Whose a sale is ------------------------------------------------------------------------------------------------------


def claims(*ago: tuple[str, timedelta], is_first: bool = False, days: int = 30) -> list[str]:
    touches = [Touch(key, NOON - age) for key, age in ago]
    return by_claim(touches, at=NOON, window_days=days, is_first=is_first)


def test_first_or_last_touch_within_the_window_to_the_second() -> None:
    month, second = timedelta(days=30), timedelta(seconds=1)
    visits = (("OLD", month + second), ("ADA", month), ("BO", timedelta(days=2)), ("ADA", timedelta(days=1)))
    assert claims(*visits) == ["ADA", "BO"]
    assert claims(*visits, is_first=True) == ["ADA", "BO"]
    assert claims(*visits[:3]) == ["BO", "ADA"]
    assert claims(("ADA", month + second)) == []
    assert claims(("ADA", -timedelta(minutes=2))) == []  # of tomorrow


@given(
    ages=st.lists(st.tuples(st.sampled_from("ABC"), st.integers(-50, 200_000)), max_size=20),
    days=st.integers(1, 90),
    is_first=st.booleans(),
)
def test_only_who_was_touched_within_the_window_may_claim(
    ages: list[tuple[str, int]], days: int, is_first: bool
) -> None:
    visits = [(f"KEY{key}", timedelta(minutes=minutes)) for key, minutes in ages if minutes >= 0]
    found = claims(*visits, is_first=is_first, days=days)
    within = [(age, key) for key, age in visits if age <= timedelta(days=days)]
    assert set(found) == {key for _age, key in within}
    if within:
        age = max(within)[0] if is_first else min(within)[0]
        assert found[0] in {key for other, key in within if other == age}


def test_a_browser_remembers_the_first_and_the_newest_visits() -> None:
    known: tuple[Touch, ...] = ()
    for n in range(MOST_TOUCHES + 3):
        known = touched(known, f"KEY{n}", at=NOON + n * timedelta(hours=1))
    assert [one.key for one in known] == ["KEY0", *(f"KEY{n}" for n in range(4, MOST_TOUCHES + 3))]
    assert touched(known, known[-1].key, at=known[-1].at + SAME_VISIT / 2) == known
    assert touched(known, "KEY0", at=NOON + timedelta(days=200)) == (Touch("KEY0", NOON + timedelta(days=200)),)
    assert from_plain(as_plain(known)) == known


@pytest.mark.parametrize("data", [None, 3, "x", [["A"]], [["ADA", "soon"]], [["ada", 1]], [["", 1]], [["ADA", 10**30]]])
def test_what_is_no_cookie_of_ours_remembers_nothing(data: object) -> None:
    assert from_plain(data) == ()


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("method", "headers", "counts"),
    [
        ("GET", {"User-Agent": FIREFOX}, True),
        ("GET", {"User-Agent": FIREFOX, "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}, True),
        ("HEAD", {"User-Agent": FIREFOX}, False),
        ("GET", {}, False),
        ("GET", {"User-Agent": "curl/8.5.0"}, False),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, False),
        ("GET", {"User-Agent": "Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/120.0"}, False),
        ("GET", {"User-Agent": "WhatsApp/2.23.20.0"}, False),
        ("GET", {"User-Agent": FIREFOX, "Sec-Purpose": "prefetch;prerender"}, False),
        ("GET", {"User-Agent": FIREFOX, "Sec-Fetch-Dest": "image"}, False),
        ("GET", {"User-Agent": FIREFOX, "Sec-Fetch-Dest": "iframe"}, False),
    ],
)
def test_only_people_who_follow_a_link_count(method: str, headers: dict[str, str], counts: bool) -> None:
    assert is_person(method, headers) == counts
