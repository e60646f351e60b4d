"""The price is a pure function, exact to the minor unit."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from pricing.quote import FeePlan, Item, Quote, Terms, fee_on, price_one, quote

PLAN = FeePlan(basis_points=250, fixed=50)
STANDARD = UUID(int=1)
GUEST = UUID(int=2)
BASKET = [Item(STANDARD, "Standard", 2, 2400), Item(GUEST, "Guest list", 1, 0)]


def test_two_standard_and_a_free_ticket():
    priced = quote(BASKET, currency="EUR", terms=Terms(PLAN))

    assert [(line.name, line.price, line.fee, line.total) for line in priced.lines] == [
        ("Standard", 2400, 110, 5020),
        ("Guest list", 0, 0, 0),
    ]
    assert (priced.subtotal, priced.fees, priced.total) == (4800, 220, 5020)
    assert priced.quantity == 3


def test_a_fee_is_passed_on_absorbed_or_split():
    on, split, absorbed = (quote(BASKET, currency="EUR", terms=Terms(PLAN, share)) for share in (100, 25, 0))

    assert (on.total, on.fees, on.absorbed, on.platform_fee) == (5020, 220, 0, 220)
    assert (split.total, split.fees, split.absorbed, split.platform_fee) == (4856, 56, 164, 220)  # 27.5 rounds up
    assert (absorbed.total, absorbed.fees, absorbed.absorbed, absorbed.platform_fee) == (4800, 0, 220, 220)
    assert [line.absorbed for line in absorbed.lines] == [110, 0]


def test_no_more_is_absorbed_than_the_ticket_costs():
    one = price_one(30, Terms(PLAN, fee_share=0))

    assert (one.price, one.fee, one.absorbed, one.all_in_price) == (30, 21, 30, 51)


def test_a_free_ticket_carries_no_fee_and_half_cents_round_up():
    assert fee_on(0, PLAN) == 0
    assert fee_on(20, FeePlan(basis_points=250, fixed=0)) == 1  # 0.5 of a cent
    assert fee_on(19, FeePlan(basis_points=250, fixed=0)) == 0  # 0.475


def test_a_fee_stays_within_its_bounds_and_a_free_ticket_is_free_all_the_same():
    plan = FeePlan(basis_points=1000, fixed=0, minimum=100, maximum=500)

    assert [fee_on(price, plan) for price in (0, 1, 1000, 1005, 4999, 9_999_999)] == [0, 100, 100, 101, 500, 500]
    assert fee_on(9_999_999, FeePlan(basis_points=0, fixed=0)) == 0


def test_a_quote_that_was_frozen_before_fees_could_be_absorbed_is_read_as_it_was():
    old = {"currency": "EUR", "lines": [], "subtotal": 0, "fees": 0, "total": 0}

    assert Quote.from_dict(old) == quote([], currency="EUR", terms=Terms(PLAN))
    assert quote([], currency="EUR", terms=Terms(PLAN)).as_dict() == {**old, "lines": ()}


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
terms = st.builds(Terms, plans, st.integers(0, 100))


@given(st.integers(1, 99_999_999), plans)
def test_a_fee_is_never_outside_its_bounds(price, plan):
    assert plan.minimum <= fee_on(price, plan) <= (10**12 if plan.maximum is None else plan.maximum)


@given(st.lists(items, max_size=10), terms)
def test_a_quote_always_adds_up_and_survives_being_frozen(basket, terms):
    priced = quote(basket, currency="EUR", terms=terms)

    assert priced.total == priced.subtotal + priced.fees == sum(line.total for line in priced.lines)
    assert all(line.total == line.quantity * line.all_in_price for line in priced.lines)
    assert all(line.fee + line.absorbed == fee_on(line.price, terms.plan) for line in priced.lines)
    assert all(0 <= line.absorbed <= line.price and line.fee >= 0 for line in priced.lines)
    assert priced.platform_fee <= priced.total
    assert [price_one(item.price, terms).all_in_price * item.quantity for item in basket] == [
        line.total for line in priced.lines
    ]
    assert Quote.from_dict(priced.as_dict()) == priced
