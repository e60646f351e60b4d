"""The rate follows the checkout's health and never leaves the organizer's limits, whatever is measured."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waiting_room.pace import LONGEST_TICK_SECONDS, Health, admissions, next_rate

WELL = Health(requests=200, errors=0, p95_seconds=0.2, held=10, free=90)
seconds = st.floats(min_value=-10, max_value=1e5, allow_nan=False)
shares = st.integers(min_value=0, max_value=10_000)


@st.composite
def healths(draw):
    requests = draw(shares)
    return Health(
        requests=requests,
        errors=draw(st.integers(0, requests)),
        p95_seconds=draw(st.floats(0, 60)),
        held=draw(shares),
        free=draw(shares),
    )


@given(
    ticks=st.lists(st.tuples(healths(), seconds), max_size=40),
    limits=st.tuples(st.integers(1, 6000), st.integers(0, 6000)),
)
def test_the_rate_stays_within_the_limits_and_admissions_within_the_rate(ticks, limits):
    rate_min, rate_max = limits[0], limits[0] + limits[1]
    rate, carry, admitted, allowed = float(rate_min), 0.0, 0, 0.0
    for health, passed in ticks:
        rate = next_rate(rate, health, rate_min=rate_min, rate_max=rate_max, seconds=passed)
        assert rate_min <= rate <= rate_max
        count, carry = admissions(rate=rate, seconds=passed, carry=carry, waiting=10**9)
        assert 0 <= carry < 1
        admitted += count
        allowed += rate_max * min(max(passed, 0), LONGEST_TICK_SECONDS) / 60
        assert admitted <= allowed + 1e-6


@given(waiting=st.integers(0, 50), rate=st.floats(1, 6000), carry=st.floats(0, 0.99))
def test_never_more_than_wait_and_nothing_is_saved_up_for_later(waiting, rate, carry):
    count, left_over = admissions(rate=rate, seconds=5, carry=carry, waiting=waiting)
    assert count <= waiting
    assert left_over < 1


def test_half_a_minute_of_health_leads_from_the_lowest_to_the_highest():
    rate = 60.0
    for _second in range(30):
        rate = next_rate(rate, WELL, rate_min=60, rate_max=600, seconds=1)
    assert rate == pytest.approx(600)


@pytest.mark.parametrize(
    ("health", "complaint"),
    [
        (WELL, ""),
        (Health(), ""),
        (Health(requests=100, errors=3), "errors"),
        (Health(requests=10, errors=3), ""),  # too few to tell
        (Health(requests=100, p95_seconds=1.5), "slow"),
        (Health(held=81, free=19), "held"),
        (Health(held=80, free=20), ""),
    ],
)
def test_what_is_wrong_is_named_and_slows_the_line(health, complaint):
    assert health.complaint == complaint
    after = next_rate(300, health, rate_min=60, rate_max=600, seconds=1)
    assert (after < 300) == bool(complaint)


def test_trouble_halves_the_rate_within_some_seconds():
    rate = 600.0
    for _second in range(4):
        rate = next_rate(rate, Health(requests=100, errors=50), rate_min=60, rate_max=600, seconds=1)
    assert 200 < rate < 300


def test_low_rates_let_somebody_in_after_a_while():
    carry, admitted = 0.0, 0
    for _second in range(60):
        count, carry = admissions(rate=6, seconds=1, carry=carry, waiting=100)
        admitted += count
    assert admitted in (5, 6)  # a float's last digit may hold the sixth back a second
