"""The price is a pure function, exact to the minor unit."""

import json
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from pricing.basket import Item, TaxRate
from pricing.quote import (
    Charge,
    FeePlan,
    OwnFee,
    Quote,
    TaxLine,
    Terms,
    fee_on,
    price_once,
    price_one,
    quote,
    quote_one,
)

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


# --- Own fees and tax -----------------------------------------------------------------------------------------------------

VAT = TaxRate("VAT", 1900, is_inclusive=True)
REDUCED = TaxRate("VAT", 700, is_inclusive=True)
SALES = TaxRate("Sales tax", 750, is_inclusive=False)
FACILITY = OwnFee("Facility fee", False, 0, 200)
PAYMENT = OwnFee("Payment fee", False, 150, 25)
DELIVERY = OwnFee("Delivery", True, 0, 350)


def test_own_fees_are_charged_per_paid_ticket_and_once_per_paid_order_and_we_take_none_of_them():
    terms = Terms(PLAN, own_fees=(FACILITY, DELIVERY, PAYMENT))

    priced = quote(BASKET, currency="EUR", terms=terms)

    assert priced.own == (Charge("Facility fee", 400), Charge("Payment fee", 122), Charge("Delivery", 350, True))
    assert (priced.subtotal, priced.fees, priced.platform_fee) == (4800, 220, 220)
    assert (priced.total, priced.per_order) == (4800 + 220 + 400 + 122 + 350, 350)
    assert price_once(terms).total == 350
    assert [line.total for line in priced.lines] == [5542, 0]
    assert quote(BASKET[1:], currency="EUR", terms=terms).total == 0  # who pays nothing for a ticket pays nothing


def test_a_tax_inside_is_rounded_once_per_rate_and_parted_so_that_lines_add_up():
    items = [Item(UUID(int=n), "x", 1, 999, tax=REDUCED) for n in range(3)] + [Item(GUEST, "y", 1, 1000, tax=VAT)]
    terms = Terms(FeePlan(0, 0), own_fees=(OwnFee("Delivery", True, 0, 100, VAT),))

    priced = quote(items, currency="EUR", terms=terms)

    assert priced.total == 4097
    assert priced.taxes == (
        TaxLine("VAT", 700, True, base=2997, amount=196),  # 2997 * 7 / 107 = 196.07; each alone would be 65.36
        TaxLine("VAT", 1900, True, base=1100, amount=176),  # 1100 * 19 / 119 = 175.63, delivery in it
    )
    assert [line.included for line in priced.lines] == [66, 65, 65, 160]


def test_a_tax_on_top_is_part_of_the_price_from_the_first_listing_on():
    terms = Terms(
        PLAN, own_fees=(OwnFee("Facility fee", False, 0, 200, SALES), OwnFee("Delivery", True, 0, 350, SALES))
    )
    one = quote_one(2400, terms, SALES)
    priced = quote([Item(STANDARD, "Standard", 3, 2400, tax=SALES)], currency="USD", terms=terms)

    assert one.lines[0].tax == 203  # 7.5 % of 24.00 + 1.10 + 2.00 = 2.0325
    assert one.total == price_one(2400, terms, SALES).all_in_price == 2913
    assert price_once(terms).tax == 26
    assert priced.total == 3 * 2913 + 376
    assert priced.taxes == (TaxLine("Sales tax", 750, False, base=8130 + 350, amount=3 * 203 + 26),)


def test_where_the_smallest_amount_is_ten_units_every_part_ends_in_0():
    terms = Terms(FeePlan(250, 53), 50, (OwnFee("Payment fee", False, 150, 25),), step=10)

    one = quote_one(2410, terms, TaxRate("VAT", 500, is_inclusive=False)).lines[0]

    assert (one.price, one.fee, one.absorbed, one.tax) == (
        2410,
        60,
        50,
        120,
    )  # our 113 in all -> 110; 5 % of 2530 is 126.5
    assert [charge.amount for charge in one.own] == [60]  # 36.15 -> 40, 25 -> 20
    assert one.total == 2650


rates = st.builds(TaxRate, st.sampled_from("AB"), st.integers(0, 3000), st.booleans())
items = st.builds(
    Item,
    ticket_type_id=st.builds(uuid4),
    name=st.just("x"),
    quantity=st.integers(1, 50),
    price=st.integers(0, 9_999_999).map(lambda price: price * 10),
    tax=st.none() | rates,
)
bounds = st.integers(0, 2000).flatmap(lambda least: st.tuples(st.just(least), st.none() | st.integers(least, 9999)))
plans = st.builds(
    lambda basis_points, fixed, least_most: FeePlan(basis_points, fixed, *least_most),
    st.integers(0, 10_000),
    st.integers(0, 1000),
    bounds,
)
own_fees = st.builds(
    lambda name, is_per_order, basis_points, fixed, tax: OwnFee(
        name, is_per_order, 0 if is_per_order else basis_points, fixed, tax
    ),
    st.sampled_from("xyz"),
    st.booleans(),
    st.integers(0, 10_000),
    st.integers(0, 9_999),
    st.none() | rates,
)
terms = st.builds(
    Terms, plans, st.integers(0, 100), st.lists(own_fees, max_size=4).map(tuple), st.sampled_from([1, 10])
)


@given(st.integers(1, 99_999_999), plans)
def test_a_fee_is_never_outside_its_bounds(price, plan):
    assert plan.minimum <= fee_on(price, plan) <= (10**12 if plan.maximum is None else plan.maximum)


@given(st.lists(items, max_size=10), terms)
def test_a_quote_always_adds_up_and_survives_being_frozen(basket, terms):
    """Whatever is charged and taxed: no part is negative, no cent is lost, and the page's own sum is the order's total."""
    priced = quote(basket, currency="EUR", terms=terms)

    on_top = sum(tax.amount for tax in priced.taxes if not tax.is_inclusive)
    own = sum(charge.amount for charge in priced.own)
    assert priced.total == priced.subtotal + priced.fees + own + on_top
    assert priced.total == sum(line.total for line in priced.lines) + priced.per_order
    once = price_once(terms).total
    assert priced.per_order == (once if priced.subtotal else 0)
    page = sum(price_one(item.price, terms, item.tax).all_in_price * item.quantity for item in basket)
    assert priced.total == (page and page + once)
    for line in priced.lines:
        assert line.total == line.quantity * line.all_in_price
        assert line.fee + line.absorbed == fee_on(line.price, terms.plan, step=terms.step)
        assert line.fee % terms.step == line.absorbed % terms.step == 0
        assert 0 <= line.absorbed <= line.price
        assert min(line.fee, line.tax, line.included) >= 0
        assert line.price or line.total == 0
        assert line.all_in_price % terms.step == 0
    for tax in priced.taxes:
        assert 0 <= tax.amount <= tax.base
    inside = sum(tax.amount for tax in priced.taxes if tax.is_inclusive)
    assert 0 <= sum(line.included for line in priced.lines) <= inside
    if not any(fee.is_per_order for fee in terms.own_fees):
        assert sum(line.included for line in priced.lines) == inside
    assert priced.platform_fee <= priced.total
    assert Quote.from_dict(json.loads(json.dumps(priced.as_dict()))) == priced
