"""Journal, places and tickets must say the same; where they do not, that sale stops, and only that one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from accounts.models import User
from analytics.actions import accept_and_resume, prove_all_stock, prove_changed_stock, prove_stock
from analytics.invariants import breaches
from analytics.models import StockProof
from audit.actions import SYSTEM, user_actor
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.changes import change_quantity
from config.tasks import prove_all, prove_changed
from events.errors import EventInvalid
from events.models import Event, Performance
from inventory.errors import SaleStopped
from inventory.models import Place, StockEntry
from notifications.models import EmailMessage
from outbox.actions import drain
from tenants.errors import TaskRefused
from tests import world
from tests.world import FREE, House
from tickets.models import Ticket


@contextmanager
def as_the_owner_of_the_tables() -> Iterator[None]:
    """Work past the trigger, as somebody with the database's own keys could; the tests' connection is the owner's."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_stockentry DISABLE TRIGGER append_only")
        yield
        cursor.execute("ALTER TABLE inventory_stockentry ENABLE TRIGGER append_only")


def prove(event: Event) -> StockProof:
    return prove_stock(performance_id=world.the_performance(event).pk)


@pytest.fixture
def event(northside: House) -> Event:
    """Ten places: two sold, one held, one given up, one returned, and one whose hold lapsed to another."""
    event = world.make_event(kinds=((FREE, 0, 10),))
    world.place_order(event, **{FREE: 2})
    world.hold(event, **{FREE: 1})
    given_up = world.hold(event, **{FREE: 1})
    checkout.release_hold(hold_id=given_up.pk, token=given_up.token)
    checkout.refund_order(order_id=world.place_order(event, **{FREE: 1}).pk, actor=SYSTEM)
    return event


def test_a_sale_that_adds_up_is_proved_with_three_matching_numbers(event: Event) -> None:
    proof = prove(event)

    assert proof.is_proved
    assert (proof.sold_by_journal, proof.sold_by_places, proof.sold_by_tickets) == (2, 2, 2)
    assert (proof.held_by_journal, proof.held_by_places) == (1, 1)
    assert (proof.places, proof.differences, proof.examples) == (10, 0, [])
    assert not world.the_performance(event).is_stopped
    assert breaches() == {}


def test_a_hold_that_was_extended_or_taken_over_adds_up(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 2),))
    with world.an_hour_ago():
        world.hold(event, **{FREE: 2})
    hold = world.hold(event, **{FREE: 2})
    checkout.extend_hold(hold_id=hold.pk, token=hold.token)

    assert prove(event).is_proved
    last = StockEntry.objects.order_by("-pk")[0]
    assert (last.kind, last.hold_id, last.cause) == ("extend", hold.pk, "extended by buyer")
    assert last.until == Place.objects.filter(hold=hold)[0].held_until
    assert breaches() == {}


def test_a_type_that_draws_from_two_quotas_takes_two_places(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5), ("Hall", 0, 9)), is_published=False)
    event.quotas.get(name="Hall").ticket_types.add(world.kind_of(event, FREE))
    event = world.publish_event(event_id=event.pk, actor=SYSTEM)
    world.place_order(event, **{FREE: 2, "Hall": 1})

    proof = prove(event)

    assert proof.is_proved
    assert (proof.sold_by_journal, proof.sold_by_places, proof.sold_by_tickets, proof.places) == (5, 5, 5, 14)


def test_more_and_fewer_places_while_it_sells(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 6),))
    world.place_order(event, **{FREE: 2})
    kind = world.kind_of(event, FREE)

    sizes = []
    for quantity in (9, 3):
        change_quantity(ticket_type_id=kind.pk, quantity=quantity, actor=SYSTEM)
        proof = prove(event)
        assert proof.is_proved
        sizes.append(proof.places)

    assert sizes == [9, 3]
    assert breaches() == {}


def test_places_between_securing_and_capture_are_sold_without_a_ticket_yet(paying: House) -> None:
    event = world.make_event()
    order = world.place_order(event, Standard=2)
    world.pay(order)
    checkout.secure_order(order_id=order.pk)

    proof = prove(event)

    assert proof.is_proved
    assert (proof.sold_by_places, proof.sold_by_tickets) == (2, 2)


def damage_journal(event: Event) -> None:
    entry = StockEntry.objects.filter(kind="sale").order_by("-pk")[1]
    StockEntry.objects.filter(pk=entry.pk).delete()


def damage_places(event: Event) -> None:
    sold = Place.objects.filter(pool__performance__event=event, state="sold").order_by("pk")[0]
    Place.objects.filter(pk=sold.pk).update(state="free", hold=None, position_id=None, ticket_type=None)


def damage_tickets(event: Event) -> None:
    ticket = Ticket.objects.filter(event=event, state="valid")[0]
    Ticket.objects.filter(pk=ticket.pk).update(state="void", void_reason="cancelled", voided_at=ticket.issued_at)


def lose_a_place(event: Event) -> None:
    Place.objects.filter(pk=Place.objects.filter(state="free")[0].pk).delete()


@pytest.mark.parametrize(
    ("damage", "sold", "what", "differences"),
    [
        (damage_journal, (1, 2, 2), "place", 1),
        (damage_places, (2, 1, 2), "place", 2),  # the journal and the ticket both miss it
        (damage_tickets, (2, 2, 1), "ticket", 1),
        (lose_a_place, (2, 2, 2), "size", 1),
    ],
)
def test_damage_to_any_of_the_three_is_caught_and_stops_the_sale(event, damage, sold, what, differences) -> None:
    with as_the_owner_of_the_tables():
        damage(event)

    proof = prove(event)

    assert (proof.sold_by_journal, proof.sold_by_places, proof.sold_by_tickets) == sold
    assert proof.differences == differences
    assert what in [example["what"] for example in proof.examples]
    performance = world.the_performance(event)
    assert performance.is_stopped
    with pytest.raises(SaleStopped):
        world.hold(event, **{FREE: 1})
    verbs = AuditEntry.objects.filter(target_id=str(performance.pk), actor_kind="system").order_by("pk")
    assert list(verbs.values_list("verb", flat=True))[-2:] == ["stop_sales", "find_stock_differences"]


def test_only_that_sale_stops(event: Event, southside: House) -> None:
    other = world.make_event("Matinee", kinds=((FREE, 0, 3),))
    with tenant_context(southside.organizer):
        theirs = world.make_event("Yard", kinds=((FREE, 0, 3),))
    with as_the_owner_of_the_tables():
        damage_places(event)

    prove_all_stock()

    assert list(Performance.objects.exclude(sales_stopped_at=None)) == [world.the_performance(event)]
    world.hold(other, **{FREE: 1})
    with tenant_context(southside.organizer):
        assert prove_all_stock() == Performance.objects.filter(pools__isnull=False).distinct().count()
        assert not Performance.objects.exclude(sales_stopped_at=None).exists()
        assert not EmailMessage.objects.exists()
        world.hold(theirs, **{FREE: 1})


def test_owners_and_the_platform_are_told_once(event: Event, northside: House) -> None:
    with schema_context(get_public_schema_name()):
        User.objects.create_user("root@platform.example", world.PASSWORD, is_platform_admin=True)
    with as_the_owner_of_the_tables():
        damage_tickets(event)

    prove(event)
    prove(event)
    while drain():
        pass

    mail = EmailMessage.objects.get(key__startswith="stock-alarm")
    assert mail.to == northside.owner.email
    assert mail.subject == f"Sales stopped, please look: {event.title}"
    assert "Sold by the journal: 2. Sold by the places: 2. Sold by the tickets: 1." in mail.text
    assert f"/portal/events/{event.pk}/" in mail.text
    with schema_context(get_public_schema_name()):
        told = EmailMessage.objects.filter(key__startswith="stock-alarm")
        assert list(told.values_list("to", flat=True)) == ["root@platform.example"]


def test_staff_resume_with_a_reason_and_what_they_accepted_does_not_stop_it_again(
    event: Event, northside: House
) -> None:
    performance = world.the_performance(event)
    actor = user_actor(northside.owner.pk)
    with as_the_owner_of_the_tables():
        damage_tickets(event)
    prove(event)

    with pytest.raises(EventInvalid):
        accept_and_resume(performance_id=performance.pk, reason="", actor=actor)
    assert world.the_performance(event).is_stopped
    accept_and_resume(performance_id=performance.pk, reason="Voided by hand for a guest", actor=actor)

    again = prove(event)
    assert again.differences == 1
    assert not world.the_performance(event).is_stopped
    accepted = StockProof.objects.exclude(accepted_at=None).get()
    assert (accepted.accepted_by, accepted.accepted_because) == (str(actor), "Voided by hand for a guest")
    with as_the_owner_of_the_tables():
        damage_places(event)
    prove(event)
    assert world.the_performance(event).is_stopped


def test_every_minute_only_what_moved_is_proved(northside: House) -> None:
    cache.clear()
    moving, resting = (world.make_event(title, kinds=((FREE, 0, 3),)) for title in ("Moving", "Resting"))
    first_round, second_round = prove_changed_stock(), prove_changed_stock()  # without marks all are proved
    assert first_round == second_round >= 2

    world.hold(moving, **{FREE: 1})

    assert [prove_changed_stock() for _round in range(3)] == [1, 1, 0]  # once more, for what was open meanwhile
    assert StockProof.objects.filter(performance=world.the_performance(resting)).count() == 2


def test_the_clocks_tasks_prove_and_never_on_the_platforms_own_tables(event: Event) -> None:
    cache.clear()
    proved = StockProof.objects.filter(performance=world.the_performance(event), differences=0)

    assert prove_changed.apply().get() >= 1
    assert proved.count() == 1
    assert prove_all.apply().get() >= 1
    assert proved.count() == 2
    with schema_context(get_public_schema_name()), pytest.raises(TaskRefused):
        prove_all.apply().get()


def test_the_command_prints_json_and_exits_with_one_on_a_difference(event: Event) -> None:
    output = StringIO()
    call_command("prove_stock", organizer="northside", stdout=output)
    proofs = json.loads(output.getvalue())["proofs"]
    assert [proof["sold_by_tickets"] for proof in proofs if proof["places"] == 10] == [2]
    with as_the_owner_of_the_tables():
        damage_journal(event)

    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("prove_stock", organizer="northside", stdout=output)

    assert ended.value.code == 1
    found = json.loads(output.getvalue())["proofs"]
    assert [(proof["differences"], proof["is_stopped"]) for proof in found if proof["differences"]] == [(1, True)]


def test_a_ticket_that_says_another_seat_is_a_difference(northside: House) -> None:
    event = world.make_seated_event(kinds=(("Adult", 0, world.STALLS),))
    order = world.order_seats(event, Adult=["Stalls-A-1", "Stalls-A-2"])
    assert prove(event).differences == 0

    order.positions.filter(index=2).update(seat_id="Stalls-B-9")

    proof = prove(event)
    assert proof.differences == 1
    [found] = proof.examples
    assert (found["what"], found["by_places"], found["by_tickets"]) == ("seat", "Stalls-A-2", "Stalls-B-9")
    assert found["order"] == order.number
