"""Parking and drinks: with stock of their own, bought only together with tickets, scanned like any."""

import pytest

from analytics.invariants import breaches
from audit.actions import user_actor
from checkout.errors import BasketInvalid
from events.add_ons import set_add_on
from events.errors import EventInvalid
from inventory.errors import LimitExceeded, SoldOut
from inventory.models import Hold
from orders.models import Order
from tests import world
from tests.world import STANDARD
from tickets.models import Ticket

NORA = user_actor("00000000-0000-0000-0000-000000000001")
KINDS = ((STANDARD, 0, 20), ("VIP", 0, 5), ("Parking", 0, 3), ("Coat", 0, 50))


@pytest.fixture
def event(northside: world.House) -> world.Event:
    """Parking only with VIP, at most one each; a coat with any ticket, one at least and two at most."""
    made = world.make_event(kinds=KINDS)
    vip = world.kind_of(made, "VIP").pk
    set_add_on(ticket_type_id=world.kind_of(made, "Parking").pk, is_add_on=True, base_types=[vip], most=1, actor=NORA)
    set_add_on(ticket_type_id=world.kind_of(made, "Coat").pk, is_add_on=True, least=1, most=2, actor=NORA)
    return made


@pytest.mark.parametrize(
    ("wanted", "refused", "words"),
    [
        ({"Parking": 1}, BasketInvalid, "“Parking” goes only with: VIP"),
        ({"Coat": 1}, BasketInvalid, "“Coat” goes only with a ticket"),
        ({STANDARD: 1, "Coat": 1, "Parking": 1}, BasketInvalid, "“Parking” goes only with: VIP"),
        ({"VIP": 1, "Coat": 1, "Parking": 2}, LimitExceeded, "At most 1 of “Parking” with these tickets"),
        ({STANDARD: 2, "Coat": 1}, BasketInvalid, "These tickets need at least 2 of “Coat”"),
        ({STANDARD: 1}, BasketInvalid, "These tickets need at least 1 of “Coat”"),
        ({STANDARD: 1, "Coat": 3}, LimitExceeded, "At most 2 of “Coat” with these tickets"),
        ({"VIP": 4, "Coat": 4, "Parking": 4}, SoldOut, "Only 3 of “Parking” left"),
    ],
)
def test_what_does_not_go_together_is_refused(event, wanted, refused, words):
    with pytest.raises(refused, match=words):
        world.hold(event, **wanted)

    assert not Hold.objects.exists()


def test_each_add_on_has_a_ticket_of_its_own(event):
    order = world.place_order(event, VIP=1, Standard=1, Coat=3, Parking=1)

    assert order.state == Order.State.PAID
    names = [ticket.position.ticket_type_name for ticket in Ticket.objects.order_by("position__index")]
    assert names == ["VIP", STANDARD, "Coat", "Coat", "Coat", "Parking"]
    assert breaches() == {}


def test_an_add_on_may_be_sold_by_itself_again(event):
    for name in ("Parking", "Coat"):
        set_add_on(ticket_type_id=world.kind_of(event, name).pk, is_add_on=False, actor=NORA)

    assert world.hold(event, Parking=1).quote["lines"][0]["name"] == "Parking"


def test_add_ons_that_make_no_sense_are_refused(event):
    coat, vip = world.kind_of(event, "Coat"), world.kind_of(event, "VIP")

    for kind, facts, words in (
        (vip, {"is_add_on": True}, "Other add-ons go with this ticket"),
        (coat, {"is_add_on": True, "base_types": [coat.pk]}, "goes with tickets, not with add-ons"),
        (coat, {"is_add_on": True, "least": 51}, "Between 0 and 50"),
        (coat, {"is_add_on": True, "least": 2, "most": 1}, "no fewer than must be taken"),
    ):
        with pytest.raises(EventInvalid, match=words):
            set_add_on(ticket_type_id=kind.pk, actor=NORA, **facts)

    coat.refresh_from_db()
    assert (coat.min_per_ticket, coat.max_per_ticket, coat.base_types.count()) == (1, 2, 0)
