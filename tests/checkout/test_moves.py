"""Another seat for a ticket: the old code dies, the old place is free, the new one is sold, the buyer is told; no two on one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from audit.actions import user_actor
from audit.models import AuditEntry
from checkout.errors import MoveRefused, PriceDiffers, SeatNotFree
from checkout.letters import mail_seat_moved
from checkout.moves import move_ticket
from checkout.seat_words import rename_seats
from inventory.blocks import Purpose, block_seats, release_block
from inventory.errors import PlacesTaken, SaleStopped
from inventory.models import Place, SeatPlace, StockEntry
from notifications.models import EmailMessage
from outbox.models import OutboxMessage
from tests import seated, world
from tests.scanning.door import committing_house
from tickets.models import Ticket
from tickets.queries import tickets_of_order

NORA = user_actor("nora")
CY = world.checkout.Buyer(name="Cy", email="cy@example.com", consents=frozenset({"terms"}))
A1, A2, A3, B1 = 0, 1, 2, 10  # indexes of seats in the stalls
BALCONY_1 = 30


@pytest.fixture
def hamlet(northside: world.House):
    return seated.seated_event()


def state_of(event, seat):
    return Place.objects.get(seat__seat_index=seat, seat__performance__event=event).state


def position_of(order, index=1):
    return order.positions.get(index=index)


def test_a_sale_writes_the_seat_on_its_position(hamlet):
    order = seated.order_seats(hamlet, A1, A2)

    words = [position.seat_words for position in order.positions.order_by("index")]
    assert words == ["Stalls, row A, seat 1", "Stalls, row A, seat 2"]
    assert {position.entrance for position in order.positions.all()} == {"Door A"}
    standing = world.place_order(hamlet, Standing=1).positions.get()
    assert (standing.seat_words, standing.entrance, standing.seat_id) == ("Floor", "Door C", "")


def test_a_moved_ticket_has_a_new_code_and_its_old_seat_is_free(hamlet):
    order = seated.order_seats(hamlet, A1, A2)
    first, second = tickets_of_order(order.pk)

    new = move_ticket(position_id=first.position_id, seat=B1, actor=NORA)

    first.refresh_from_db()
    assert (first.state, first.void_reason) == ("void", "reissued")
    assert new.code != first.code
    assert tickets_of_order(order.pk) == [new, second]
    assert new.position.order_id == order.pk
    assert position_of(order).seat_words == "Stalls, row B, seat 1"
    assert [state_of(hamlet, seat) for seat in (A1, A2, B1)] == ["free", "sold", "sold"]
    steps = StockEntry.objects.filter(cause="ticket moved to another seat").order_by("pk")
    assert list(steps.values_list("kind", "actor")) == [
        ("return", "user:nora"),
        ("hold", "user:nora"),
        ("sale", "user:nora"),
    ]
    detail = AuditEntry.objects.get(verb="move_ticket").detail
    assert (detail["from"], detail["to"]) == ("Stalls-A-1", "Stalls-B-1")
    assert compare_stock(world.the_performance(hamlet).pk).differences == 0
    assert breaches() == {}


def test_a_refund_after_a_move_gives_the_new_seat_back(hamlet):
    order = seated.order_seats(hamlet, A1)
    move_ticket(position_id=position_of(order).pk, seat=B1, actor=NORA)

    world.checkout.refund_order(order_id=order.pk, actor=NORA)

    assert [state_of(hamlet, seat) for seat in (A1, B1)] == ["free", "free"]
    assert position_of(order).seat_words == "Stalls, row B, seat 1"
    assert breaches() == {}


def test_the_buyer_is_mailed_the_new_ticket(hamlet, media):
    order = seated.order_seats(hamlet, A1)
    new = move_ticket(position_id=position_of(order).pk, seat=B1, actor=NORA)

    payload = OutboxMessage.objects.get(kind="mail_seat_moved").payload
    assert payload == {"order_id": str(order.pk), "ticket_id": str(new.pk), "was": "Stalls, row A, seat 1"}
    mail_seat_moved(order_id=order.pk, ticket_id=new.pk, was=payload["was"])

    mail = EmailMessage.objects.get(key=f"seat-moved:{new.pk}")
    assert (mail.to, mail.subject) == (world.BEA.email, "Your new seat: Hamlet")
    assert "Now: Stalls, row B, seat 1, Door A" in mail.text
    assert "Before: Stalls, row A, seat 1" in mail.text
    assert len(mail.attachments) == 1


def test_a_seat_that_is_held_sold_or_blocked_is_refused_and_nothing_changes(hamlet):
    order = seated.order_seats(hamlet, A1)
    seated.order_seats(hamlet, A2, buyer=CY)
    seated.hold_seats(hamlet, A3)
    block_seats(performance_id=world.the_performance(hamlet).pk, seats=[B1], purpose=Purpose("press"), actor=NORA)
    (ticket,) = tickets_of_order(order.pk)

    for seat in (A2, A3, B1):
        with pytest.raises(SeatNotFree, match="no longer free"):
            move_ticket(position_id=ticket.position_id, seat=seat, actor=NORA)

    assert tickets_of_order(order.pk) == [ticket]
    assert position_of(order).seat_words == "Stalls, row A, seat 1"
    assert not OutboxMessage.objects.filter(kind="mail_seat_moved").exists()
    assert breaches() == {}


def test_a_lapsed_hold_does_not_keep_a_seat(hamlet):
    order = seated.order_seats(hamlet, A1)
    with world.an_hour_ago():
        seated.hold_seats(hamlet, B1)

    move_ticket(position_id=position_of(order).pk, seat=B1, actor=NORA)

    assert state_of(hamlet, B1) == "sold"
    assert breaches() == {}


def test_another_price_is_confirmed_first_and_no_money_moves(paying, media):
    event = seated.seated_event(prices={"stalls": 5000, "balcony": 2000})
    order = seated.order_seats(event, A1)
    position = position_of(order)

    with pytest.raises(PriceDiffers) as refused:
        move_ticket(position_id=position.pk, seat=BALCONY_1, actor=NORA)
    assert (refused.value.extra["price"], refused.value.extra["paid"]) == (2000, 5000)
    assert str(refused.value.detail) == "That seat costs €20.00, and €50.00 was paid. Confirm that no money is to move."
    move_ticket(position_id=position.pk, seat=BALCONY_1, actor=NORA, accepts_price_difference=True)

    position.refresh_from_db()
    assert (position.ticket_type_name, position.price) == ("Balcony", 5000)
    assert position.seat_words == "Balcony, row A, seat 1"
    assert [state_of(event, seat) for seat in (A1, BALCONY_1)] == ["free", "sold"]
    assert compare_stock(world.the_performance(event).pk).differences == 0
    assert breaches() == {}


def test_what_cannot_be_moved(hamlet):
    order = seated.order_seats(hamlet, A1)
    standing = world.place_order(hamlet, Standing=1).positions.get()
    position = position_of(order)

    with pytest.raises(MoveRefused, match="no seat of its own"):
        move_ticket(position_id=standing.pk, seat=A2, actor=NORA)
    with pytest.raises(MoveRefused, match="for this seat already"):
        move_ticket(position_id=position.pk, seat=A1, actor=NORA)
    with pytest.raises(MoveRefused, match="part of this date's map"):
        move_ticket(position_id=position.pk, seat=999, actor=NORA)
    performance = world.the_performance(hamlet)
    world.events.stop_sales(performance_id=performance.pk, reason="in doubt", actor=NORA)
    with pytest.raises(SaleStopped):
        move_ticket(position_id=position.pk, seat=A2, actor=NORA)
    world.events.resume_sales(performance_id=performance.pk, reason="it is not", actor=NORA)
    world.checkout.refund_order(order_id=order.pk, actor=NORA)
    with pytest.raises(MoveRefused, match="paid order"):
        move_ticket(position_id=position.pk, seat=A2, actor=NORA)


def test_renamed_seats_keep_their_tickets_and_their_buyers_are_told(hamlet):
    order = seated.order_seats(hamlet, A1)
    other = seated.order_seats(hamlet, B1, buyer=CY)
    (ticket,) = tickets_of_order(order.pk)
    SeatPlace.objects.filter(performance__event=hamlet, row="A").update(row="AA")

    assert rename_seats(performance_id=world.the_performance(hamlet).pk, actor=NORA) == 1

    assert position_of(order).seat_words == "Stalls, row AA, seat 1"
    assert position_of(other).seat_words == "Stalls, row B, seat 1"
    assert tickets_of_order(order.pk) == [ticket]
    assert OutboxMessage.objects.get(kind="mail_seats_renamed").payload["order_id"] == str(order.pk)
    assert rename_seats(performance_id=world.the_performance(hamlet).pk, actor=NORA) == 0


def test_seats_are_blocked_all_or_none_and_released_one_by_one(hamlet):
    performance = world.the_performance(hamlet)
    seated.order_seats(hamlet, A2)

    with pytest.raises(PlacesTaken) as refused:
        block_seats(performance_id=performance.pk, seats=[A1, A2, A3], purpose=Purpose("press"), actor=NORA)
    assert refused.value.extra["seats"] == [A2]
    made = block_seats(performance_id=performance.pk, seats=[A1, A3], purpose=Purpose("press"), actor=NORA)
    assert release_block(block_id=made.pk, seats=[A1, A2], actor=NORA) == 1

    assert [state_of(hamlet, seat) for seat in (A1, A2, A3)] == ["free", "sold", "blocked"]
    assert breaches() == {}


# --- At once -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[world.House]:
    """What this test writes is committed and stays, in a house of its own."""
    with django_db_blocker.unblock(), committing_house() as house:  # type: ignore[attr-defined]
        yield house


def at_once(house, *calls):
    """What each call returned or raised, all of them started together on connections of their own."""
    together = Barrier(len(calls))

    def run(call):
        with tenant_context(house.organizer):
            try:
                together.wait(timeout=20)
                return call()
            except Exception as error:
                return error
            finally:
                connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_two_staff_who_move_onto_one_seat_one_does(committed):
    event = seated.seated_event()
    orders = [seated.order_seats(event, seat) for seat in (A1, A2, A3)]
    positions = [position_of(order) for order in orders]

    results = at_once(
        committed,
        *(lambda pk=one.pk: move_ticket(position_id=pk, seat=B1, actor=NORA) for one in positions),
    )

    assert sorted(type(result).__name__ for result in results) == ["SeatNotFree", "SeatNotFree", "Ticket"]
    assert Ticket.objects.filter(position__in=positions, state="valid").count() == 3
    assert sorted(state_of(event, seat) for seat in (A1, A2, A3)) == ["free", "sold", "sold"]
    assert breaches() == {}


def test_a_move_and_a_sale_of_one_seat_end_with_one_owner(committed):
    event = seated.seated_event()
    position = position_of(seated.order_seats(event, A1))

    for seat in range(B1, B1 + 4):
        at_once(
            committed,
            lambda seat=seat: move_ticket(position_id=position.pk, seat=seat, actor=NORA),
            lambda seat=seat: seated.order_seats(event, seat, buyer=CY),
        )
        assert state_of(event, seat) == "sold"

    sold = Place.objects.filter(pool__performance__event=event, state="sold").count()
    assert sold == Ticket.objects.filter(event=event, state="valid").count()
    assert compare_stock(world.the_performance(event).pk).differences == 0
    assert breaches() == {}
