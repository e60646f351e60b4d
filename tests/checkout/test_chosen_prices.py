"""Donations and “pay what you want”: the buyer says what a ticket costs, from the floor on."""

import pytest

from analytics.invariants import breaches
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.errors import BasketInvalid
from events.actions import change_ticket_type
from events.errors import EventInvalid
from events.phases import PhaseWish
from inventory.models import Hold
from pricing.quote import Quote
from tests import world
from tests.world import STANDARD

NORA = user_actor("00000000-0000-0000-0000-000000000001")


@pytest.fixture
def event(northside: world.House) -> world.Event:
    """Standard suggests 24.00 and takes 5.00."""
    world.let_charge(northside)
    made = world.make_event()
    kind = world.kind_of(made, STANDARD)
    facts = {"name": STANDARD, "perk": "", "price": 2400, "max_per_order": 10, "least_price": 500}
    change_ticket_type(ticket_type_id=kind.pk, actor=NORA, **facts)
    return made


def hold(event: world.Event, amount: int | None = None, n: int = 1, name: str = STANDARD) -> Hold:
    kind = world.kind_of(event, name)
    amounts = {} if amount is None else {kind.pk: amount}
    return checkout.place_hold(performance_id=world.the_performance(event).pk, basket={kind.pk: n}, amounts=amounts)


def test_the_buyer_says_what_a_ticket_costs(event):
    given, suggested = hold(event, 750, n=2), hold(event)

    (line,) = Quote.from_dict(given.quote).lines
    assert (line.quantity, line.price, [step.kind for step in line.steps]) == (2, 750, ["chosen"])
    assert Quote.from_dict(suggested.quote).lines[0].price == 2400
    order = checkout.place_order(hold_id=given.pk, token=given.token, buyer=world.BEA)
    assert [one.price for one in order.positions.all()] == [750, 750]
    assert [one.steps for one in order.positions.all()] == [[{"kind": "chosen", "name": "", "amount": 750}]] * 2
    assert breaches() == {}


@pytest.mark.parametrize(
    ("amount", "name", "words"),
    [
        (499, STANDARD, "“Standard” costs at least €5.00"),
        (100_000_000, STANDARD, "cannot be paid"),
        (100, world.FREE, "The price of “Guest list” is fixed"),
    ],
)
def test_an_amount_that_will_not_do_is_refused(event, amount, name, words):
    with pytest.raises(BasketInvalid, match=words):
        hold(event, amount, name=name)

    assert not Hold.objects.exists()


def test_what_may_be_nothing_is_free_when_nothing_is_given(northside):
    world.let_charge(northside)
    event = world.make_event(kinds=((STANDARD, 1000, 5),))
    kind = world.kind_of(event, STANDARD)
    facts = {"name": STANDARD, "perk": "", "price": 1000, "max_per_order": 10}
    change_ticket_type(ticket_type_id=kind.pk, actor=NORA, least_price=0, **facts)

    nothing = hold(event, 0)

    assert Quote.from_dict(nothing.quote).is_free
    with pytest.raises(EventInvalid, match="No more than what is suggested"):
        change_ticket_type(ticket_type_id=kind.pk, actor=NORA, least_price=1001, **facts)
    with pytest.raises(EventInvalid, match="so it has no phases"):
        world.set_phases(event, STANDARD, PhaseWish("Early bird", 500, quantity=1))
