"""What comes off a basket's prices: exact, never below nothing, and each ticket says why (docs/discounts.md)."""

import json
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pricing.basket import Item, Step, TaxRate
from pricing.discounts import Discount, Effect, discounted
from pricing.quote import FeePlan, OwnFee, Quote, Terms, quote
from tests import depth

ADULT, CHILD, VIP, FAMILY = (UUID(int=n) for n in range(1, 5))
PLAN = FeePlan(basis_points=250, fixed=50)
MORE_BASKETS = 100_000  # of `make proofs`


def code(effect: Effect, value: int = 0, **more: object) -> Discount:
    return Discount("code", "SPRING", effect, value, **more)  # type: ignore[arg-type]


def prices(items: list[Item]) -> list[tuple[int, int]]:
    """Quantity and price of each."""
    return [(item.quantity, item.price) for item in items]


def test_without_discounts_a_basket_is_as_it_was():
    basket = [Item(ADULT, "Adult", 2, 2400)]

    assert discounted(basket, []) == basket
    assert quote(basket, currency="EUR", terms=Terms(PLAN)).lines[0].steps == ()


def test_a_percentage_is_rounded_half_up_and_the_ticket_says_why():
    (item,) = discounted([Item(ADULT, "Adult", 3, 2405)], [code(Effect.PERCENT, 1000)])

    assert (item.quantity, item.price) == (3, 2164)  # 240.5 off is 241
    assert item.steps == (Step("base", "", 2405), Step("code", "SPRING", -241))


def test_an_amount_off_each_ticket_leaves_no_price_below_nothing():
    basket = [Item(ADULT, "Adult", 1, 2400), Item(CHILD, "Child", 2, 300), Item(VIP, "Guest", 1, 0)]

    assert prices(discounted(basket, [code(Effect.PER_TICKET, 500)])) == [(1, 1900), (2, 0), (1, 0)]


def test_a_set_price_makes_nothing_dearer():
    basket = [Item(ADULT, "Adult", 1, 2400), Item(CHILD, "Child", 1, 300)]

    assert prices(discounted(basket, [code(Effect.SET_PRICE, 1000)])) == [(1, 1000), (1, 300)]


def test_an_amount_off_the_order_is_parted_to_the_cent_in_proportion_to_the_prices():
    basket = [Item(ADULT, "Adult", 2, 1000), Item(CHILD, "Child", 1, 333)]

    found = discounted(basket, [code(Effect.PER_ORDER, 1000)])

    assert prices(found) == [(1, 572), (1, 571), (1, 190)]  # 428.63 twice and 142.73: 1000 in all
    assert sum(n * price for n, price in prices(found)) == 2333 - 1000
    assert prices(discounted(basket, [code(Effect.PER_ORDER, 9999)])) == [(2, 0), (1, 0)]


def test_three_for_the_price_of_two_gives_the_cheapest_of_each_three():
    basket = [Item(VIP, "VIP", 2, 5000), Item(ADULT, "Adult", 3, 2400), Item(CHILD, "Child", 2, 900)]

    found = discounted(basket, [Discount("automatic", "3 for 2", Effect.N_FOR_M, buy=3, pay=2)])

    # VIP VIP [Adult], Adult Adult [Child], Child left over
    assert prices(found) == [(2, 5000), (2, 2400), (1, 0), (1, 900), (1, 0)]
    assert found[2].steps == (Step("base", "", 2400), Step("automatic", "3 for 2", -2400))


def test_seats_keep_their_order_where_tickets_of_one_type_cost_differently():
    basket = [Item(ADULT, "Adult", 3, 2400, seats=("a-1", "a-2", "a-3"))]

    found = discounted(basket, [code(Effect.N_FOR_M, buy=3, pay=2)])

    assert [(item.seats, item.price) for item in found] == [(("a-1", "a-2"), 2400), (("a-3",), 0)]


def test_a_discount_is_for_its_types_from_so_many_and_so_much_on():
    basket = [Item(ADULT, "Adult", 4, 1000), Item(CHILD, "Child", 4, 500)]
    only_adults = frozenset({ADULT})

    group = Discount("automatic", "Group", Effect.PERCENT, 1000, ticket_types=only_adults, least_tickets=5)
    assert discounted(basket, [group]) == basket
    assert prices(discounted([*basket, Item(ADULT, "Adult", 1, 1000)], [group])) == [(4, 900), (4, 500), (1, 900)]

    much = Discount("automatic", "Much", Effect.PER_TICKET, 100, least_spend=6001)
    assert discounted(basket, [much]) == basket
    assert prices(discounted(basket, [Discount("automatic", "Much", Effect.PER_TICKET, 100, least_spend=6000)])) == [
        (4, 900),
        (4, 400),
    ]


def test_a_discount_for_a_bundle_is_for_all_its_parts():
    basket = [Item(ADULT, "Adult", 1, 1000, bundle=FAMILY), Item(CHILD, "Child", 1, 500)]

    found = discounted(basket, [code(Effect.PERCENT, 5000, ticket_types=frozenset({FAMILY}))])

    assert prices(found) == [(1, 500), (1, 500)]


def test_a_discount_for_at_most_so_many_tickets_takes_the_dearest():
    basket = [Item(CHILD, "Child", 1, 500), Item(ADULT, "Adult", 2, 1000)]

    assert prices(discounted(basket, [code(Effect.PERCENT, 5000, most_tickets=1)])) == [(1, 500), (1, 1000), (1, 500)]


def test_no_more_comes_off_than_is_left_of_the_budget():
    basket = [Item(ADULT, "Adult", 3, 1000)]

    assert (
        sum(item.quantity * item.price for item in discounted(basket, [code(Effect.PERCENT, 5000, most_taken=700)]))
        == 2300
    )
    assert prices(discounted(basket, [code(Effect.PERCENT, 5000, most_taken=0)])) == [(3, 1000)]


def test_discounts_without_a_code_come_first_and_a_code_is_worked_out_on_what_they_left():
    group = Discount("automatic", "Group", Effect.PERCENT, 1000)

    (item,) = discounted([Item(ADULT, "Adult", 2, 1000)], [code(Effect.PERCENT, 1000), group])

    assert item.steps == (Step("base", "", 1000), Step("automatic", "Group", -100), Step("code", "SPRING", -90))
    assert item.price == 810


def test_what_cannot_be_combined_is_used_alone_and_only_where_that_is_better_for_the_buyer():
    group = Discount("automatic", "Group", Effect.PERCENT, 1000)
    basket = [Item(ADULT, "Adult", 1, 1000)]

    def alone(value: int) -> list[Item]:
        return discounted(basket, [group, code(Effect.PER_TICKET, value, is_combinable=False)])

    assert alone(99)[0].steps[1] == Step("automatic", "Group", -100)
    assert alone(100)[0].steps[1] == Step("automatic", "Group", -100)  # of equals, what needs no code
    assert alone(101)[0].steps[1:] == (Step("code", "SPRING", -101),)


def test_fees_and_tax_are_on_what_is_left_and_a_ticket_that_became_free_bears_none():
    terms = Terms(PLAN, own_fees=(OwnFee("Facility", False, 0, 200), OwnFee("Delivery", True, 0, 350)))
    basket = [Item(ADULT, "Adult", 2, 2400, tax=TaxRate("VAT", 1900, is_inclusive=True))]

    half = quote(basket, currency="EUR", terms=terms, discounts=[code(Effect.PERCENT, 5000)])
    free = quote(basket, currency="EUR", terms=terms, discounts=[code(Effect.PERCENT, 10_000)])

    assert (half.subtotal, half.fees, half.total) == (2400, 160, 2400 + 160 + 400 + 350)
    assert half.taxes[0].base == 2400 + 160
    assert half.taken("code", "SPRING") == 2400
    assert half.lines[0].before_discounts == 2400
    assert (free.total, free.fees, free.own) == (0, 0, ())


TYPES = [ADULT, CHILD, VIP]
baskets = st.lists(
    st.builds(
        Item,
        ticket_type_id=st.sampled_from(TYPES),
        name=st.just("x"),
        quantity=st.integers(1, 12),
        price=st.one_of(st.integers(0, 60), st.integers(0, 9_999_999)).map(lambda price: price * 10),
        tax=st.none() | st.builds(TaxRate, st.sampled_from("AB"), st.integers(0, 3000), st.booleans()),
        bundle=st.none() | st.just(FAMILY),
    ),
    max_size=6,
)


@st.composite
def some_discounts(draw: st.DrawFn) -> list[Discount]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        effect = draw(st.sampled_from(Effect))
        buy = draw(st.integers(1, 6))
        found.append(
            Discount(
                kind=draw(st.sampled_from(["automatic", "code"])),  # type: ignore[arg-type]
                name=f"d{number}",
                effect=effect,
                value=draw(st.integers(0, 10_000) if effect == Effect.PERCENT else st.integers(0, 10_000_000)),
                buy=buy,
                pay=draw(st.integers(0, buy)),
                ticket_types=draw(st.none() | st.frozensets(st.sampled_from([*TYPES, FAMILY]))),
                least_tickets=draw(st.integers(0, 8)),
                most_tickets=draw(st.none() | st.integers(0, 8)),
                least_spend=draw(st.integers(0, 5000)),
                most_taken=draw(st.none() | st.integers(0, 50_000)),
                is_combinable=draw(st.booleans()),
            )
        )
    return found


terms = st.builds(
    Terms,
    plan=st.builds(FeePlan, st.integers(0, 2000), st.integers(0, 300)),
    fee_share=st.integers(0, 100),
    own_fees=st.lists(
        st.builds(
            lambda is_per_order, percent, fixed: OwnFee("own", is_per_order, 0 if is_per_order else percent, fixed),
            st.booleans(),
            st.integers(0, 3000),
            st.integers(0, 500),
        ),
        max_size=2,
    ).map(tuple),
    step=st.sampled_from([1, 10]),
)


@depth.looking(300, deep=MORE_BASKETS)
@given(baskets, some_discounts(), terms)
def test_whatever_is_combined_no_price_is_negative_no_cent_is_lost_and_each_ticket_says_why(basket, discounts, terms):
    priced = quote(basket, currency="EUR", terms=terms, discounts=discounts)

    assert priced.quantity == sum(item.quantity for item in basket)
    before = sum(item.quantity * item.price for item in basket)
    names = {(discount.kind, discount.name) for discount in discounts}
    assert priced.subtotal == before - sum(priced.taken(kind, name) for kind, name in names)
    assert 0 <= priced.subtotal <= before
    for line in priced.lines:
        assert line.price >= 0
        assert line.price % terms.step == 0
        assert line.all_in_price % terms.step == 0
        assert line.total == line.quantity * line.all_in_price
        if line.steps:
            assert sum(step.amount for step in line.steps) == line.price
            assert all(step.amount < 0 for step in line.steps[1:])
            assert line.before_discounts == line.steps[0].amount
        assert line.price or line.total == 0
    for discount in discounts:
        taken = priced.taken(discount.kind, discount.name)
        assert taken >= 0
        assert discount.most_taken is None or taken <= discount.most_taken
        alone = [d for d in discounts if not d.is_combinable and priced.taken(d.kind, d.name)]
        assert not alone or sum(1 for d in discounts if priced.taken(d.kind, d.name)) == 1
    on_top = sum(tax.amount for tax in priced.taxes if not tax.is_inclusive)
    assert priced.total == priced.subtotal + priced.fees + sum(charge.amount for charge in priced.own) + on_top
    assert priced.total == sum(line.total for line in priced.lines) + priced.per_order
    assert Quote.from_dict(json.loads(json.dumps(priced.as_dict()))) == priced
    assert quote(basket, currency="EUR", terms=terms, discounts=discounts) == priced


def test_the_basket_of_the_documentation():
    basket = [Item(VIP, "VIP", 2, 5000), Item(ADULT, "Adult", 3, 2405), Item(CHILD, "Child", 1, 900)]
    three_for_two = Discount("automatic", "3 for 2", Effect.N_FOR_M, buy=3, pay=2)

    priced = quote(basket, currency="EUR", terms=Terms(PLAN), discounts=[three_for_two, code(Effect.PERCENT, 1000)])

    assert [(line.name, line.quantity, line.price, line.fee, line.total) for line in priced.lines] == [
        ("VIP", 2, 4500, 163, 9326),
        ("Adult", 2, 2164, 104, 4536),
        ("Adult", 1, 0, 0, 0),
        ("Child", 1, 0, 0, 0),
    ]
    assert (priced.taken("automatic", "3 for 2"), priced.taken("code", "SPRING")) == (3305, 1482)
    assert (priced.subtotal, priced.fees, priced.total) == (13328, 534, 13862)
