"""A trial of price rules: the same buyers each time, and prices made by the function that sells."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.dynamic import Rules, Rung
from repricing.simulation import Arrival, Past, Sale, at_most, compare, invented, replayed, run
from tests import depth

RULES = Rules(floor=2000, cap=5000, fill=(Rung(50, 600), Rung(80, 1200)))
DAY = 24


def hourly(*most: int) -> tuple[Arrival, ...]:
    """One buyer an hour, each with the most that they would pay."""
    return tuple(Arrival(hour, one) for hour, one in enumerate(most))


def test_a_small_sale_hour_by_hour():
    sale = Sale(base=2400, size=4, hours=6, arrivals=hourly(2400, 9000, 2999, 3000, 4000, 9000))

    fixed, moving = compare(sale, RULES)

    # Half is sold after two hours: from the third on a ticket costs 30.00, the third buyer goes.
    assert [(one.price, one.sold, one.revenue) for one in moving.points] == [
        (2400, 1, 2400),
        (2400, 2, 4800),
        (3000, 2, 4800),
        (3000, 3, 7800),
        (3000, 4, 10_800),
        (3600, 4, 10_800),
    ]
    assert (moving.sold, moving.revenue, moving.average, moving.prices) == (4, 10_800, 2700, (2400, 3600))
    assert (fixed.sold, fixed.revenue, fixed.sold_out_after(4)) == (4, 9600, 3)
    assert run(sale, None) == fixed


def test_pace_and_the_day_are_those_of_the_sale():
    busy = Sale(2400, 100, 10 * DAY, tuple(Arrival(30, 9000) for _n in range(20)))
    fast = Rules(floor=2000, cap=5000, faster=(Rung(100, 500),), most_a_day=300)

    _fixed, moving = compare(busy, fast)

    prices = [one.price for one in moving.points]
    assert (prices[30], prices[31], prices[54]) == (2400, 2700, 2700)  # 20 sold in hour 30, no more than 3.00 a day
    assert prices[55] == 2400  # a day later nothing sells fast any more


def test_the_same_seed_brings_the_same_buyers_and_another_one_others():
    asked = {"base": 2400, "size": 100, "hours": 500, "people": 120, "elasticity": 100, "curve": "both", "lowest": 2000}

    first, again, other = (invented(**asked, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    willing = sum(one.most >= 2400 for one in first.arrivals)
    assert len(first.arrivals) == 144  # 120 * 24 / 20: with those who would only for 20.00
    assert 105 <= willing <= 135


@pytest.mark.parametrize("curve", ["even", "early", "late", "both"])
def test_buyers_come_within_the_sale_when_they_are_said_to(curve):
    sale = invented(base=2400, size=10, hours=100, people=2000, elasticity=50, curve=curve, lowest=2400, seed=7)

    early = sum(one.hour < 50 for one in sale.arrivals) / len(sale.arrivals)
    assert {one.hour for one in sale.arrivals} <= set(range(100))
    assert {"even": 0.45 < early < 0.55, "early": early > 0.7, "late": early < 0.3, "both": 0.45 < early < 0.55}[curve]


def test_past_buyers_buy_again_at_the_price_they_paid():
    past = Past(base=2400, size=50, hours=200, sold=((0, 2400, 10), (100, 2400, 10), (199, 3000, 5)))

    sale = replayed(past, base=2400, size=50, hours=200, elasticity=100, lowest=2400, seed=1)
    fixed = run(sale, None)

    assert [fixed.points[hour].sold for hour in (0, 99, 100, 199)] == [
        10,
        10,
        20,
        26,
    ]  # 25, and one for 24.00 and not 30.00
    assert all(one.most >= 2400 for one in sale.arrivals)


def test_another_events_sales_are_brought_to_this_ones_length_size_and_price():
    past = Past(base=1000, size=20, hours=100, sold=((50, 1000, 10),))

    sale = replayed(past, base=3000, size=60, hours=400, elasticity=100, lowest=3000, seed=1)

    assert len(sale.arrivals) == 30
    assert {one.hour for one in sale.arrivals} == {200}
    assert min(one.most for one in sale.arrivals) >= 3000


def test_points_are_thinned_evenly_and_end_with_the_end():
    points = run(Sale(2400, 5, 100, ()), None).points

    assert [one.hour for one in at_most(points, 4)] == [24, 49, 74, 99]
    assert at_most(points, 200) == list(points)


@depth.looking(40)
@given(
    people=st.integers(1, 300),
    size=st.integers(1, 200),
    hours=st.integers(1, 300),
    elasticity=st.sampled_from([50, 100, 200]),
    curve=st.sampled_from(["even", "early", "late", "both"]),
    most_a_day=st.none() | st.integers(50, 800),
    seed=st.integers(0, 1000),
)
def test_no_trial_sells_more_than_there_is_or_outside_the_bounds(
    people, size, hours, elasticity, curve, most_a_day, seed
):
    sale = invented(
        base=2400, size=size, hours=hours, people=people, elasticity=elasticity, curve=curve, lowest=2000, seed=seed
    )
    fixed, moving = compare(sale, replace(RULES, most_a_day=most_a_day))

    for one in (fixed, moving):
        assert one.sold <= min(size, len(sale.arrivals))
        assert [point.sold for point in one.points] == sorted(point.sold for point in one.points)
    assert fixed.revenue == fixed.sold * 2400
    assert 2000 <= moving.prices[0] <= moving.prices[1] <= 5000
    assert moving.sold * moving.prices[0] <= moving.revenue <= moving.sold * moving.prices[1]
