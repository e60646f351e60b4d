"""The price is a pure function, exact to the minor unit."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from pricing.quote import FeePlan, Item, Quote, fee_on, quote

PLAN = FeePlan(basis_points=250, fixed=50)
STANDARD = UUID(int=1)
GUEST = UUID(int=2)


def test_two_standard_and_a_free_ticket():
    priced = quote([Item(STANDARD, "Standard", 2, 2400), Item(GUEST, "Guest list", 1, 0)], currency="EUR", plan=PLAN)

    assert [(line.name, line.price, line.fee, line.total) for line in priced.lines] == [
        ("Standard", 2400, 110, 5020),
        ("Guest list", 0, 0, 0),
    ]
    assert (priced.subtotal, priced.fees, priced.total) == (4800, 220, 5020)
    assert priced.quantity == 3


def test_a_free_ticket_carries_no_fee_and_half_cents_round_up():
    assert fee_on(0, PLAN) == 0
    assert fee_on(20, FeePlan(basis_points=250, fixed=0)) == 1  # 0.5 of a cent
    assert fee_on(19, FeePlan(basis_points=250, fixed=0)) == 0  # 0.475


def test_a_fee_stays_within_its_bounds_and_a_free_ticket_is_free_all_the_same():
    plan = FeePlan(basis_points=1000, fixed=0, minimum=100, maximum=500)

    assert [fee_on(price, plan) for price in (0, 1, 1000, 1005, 4999, 9_999_999)] == [0, 100, 100, 101, 500, 500]
    assert fee_on(9_999_999, FeePlan(basis_points=0, fixed=0)) == 0


items = st.builds(
    Item,
    ticket_type_id=st.builds(uuid4),
    name=st.just("x"),
    quantity=st.integers(1, 50),
    price=st.integers(0, 99_999_999),
)
bounds = st.integers(0, 2000).flatmap(lambda least: st.tuples(st.just(least), st.none() | st.integers(least, 9999)))
plans = st.builds(
    lambda basis_points, fixed, least_most: FeePlan(basis_points, fixed, *least_most),
    st.integers(0, 10_000),
    st.integers(0, 1000),
    bounds,
)


@given(st.integers(1, 99_999_999), plans)
def test_a_fee_is_never_outside_its_bounds(price, plan):
    assert plan.minimum <= fee_on(price, plan) <= (10**12 if plan.maximum is None else plan.maximum)


@given(st.lists(items, max_size=10), plans)
def test_a_quote_always_adds_up_and_survives_being_frozen(basket, plan):
    priced = quote(basket, currency="EUR", plan=plan)

    assert priced.total == priced.subtotal + priced.fees == sum(line.total for line in priced.lines)
    assert all(line.total == line.quantity * (line.price + line.fee) for line in priced.lines)
    assert Quote.from_dict(priced.as_dict()) == priced
