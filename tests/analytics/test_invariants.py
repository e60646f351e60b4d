"""Each invariant of the journal sees the history that it forbids."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from analytics.invariants import breaches
from events.models import Event, SeatingPlan
from inventory.models import Place, SeatPlace, StockEntry
from inventory.queries import database_now
from ledger.actions import Kind, post
from orders.models import Tax
from payments.models import Payment, Refund
from reconciliation.models import Incident, ProviderLine
from tests import world
from tests.world import FREE, House


@pytest.fixture
def event(northside: House) -> Event:
    return world.make_event(kinds=((FREE, 0, 3),))


def write(place: Place, kind: str, **more: Any) -> None:
    """A line that no verb would write; the journal takes new lines from anybody who may insert."""
    StockEntry.objects.create(at=more.pop("at", database_now()), kind=kind, place_id=place.pk, **more)


def test_a_place_held_by_two_at_once(event: Event) -> None:
    hold = world.hold(event, **{FREE: 1})
    place = Place.objects.get(hold=hold)
    write(place, "lapse", hold_id=hold.pk, at=place.held_until - timedelta(minutes=1))
    write(place, "hold", hold_id=hold.pk, until=place.held_until)

    assert set(breaches()) == {"I2"}


def test_a_hold_that_was_extended_lasts_until_its_new_end(event: Event) -> None:
    hold = world.hold(event, **{FREE: 1})
    place = Place.objects.get(hold=hold)
    later = place.held_until + timedelta(minutes=5)
    write(place, "extend", hold_id=hold.pk, until=later)
    write(place, "lapse", hold_id=hold.pk, at=place.held_until + timedelta(minutes=1))
    write(place, "hold", hold_id=hold.pk, until=later)

    assert set(breaches()) == {"I2"}


def test_a_place_sold_to_somebody_who_did_not_hold_it(event: Event) -> None:
    order = world.place_order(event, **{FREE: 1})
    assert breaches() == {}
    place = Place.objects.get(hold=order.hold)
    write(place, "extend", hold_id=uuid4())
    write(place, "sale", hold_id=order.hold_id, position_id=place.position_id)

    assert {"I2", "I16"} == set(breaches())  # nor can a sold place be extended


@pytest.mark.parametrize("kinds", [("sale",), ("release",), ("extend",), ("block", "hold")])
def test_steps_that_no_place_takes(event: Event, kinds: tuple[str, ...]) -> None:
    place = Place.objects.order_by("pk")[0]
    for kind in kinds:
        write(place, kind)

    assert "I16" in breaches()


def test_a_place_without_its_seat_and_a_position_on_another(northside: House) -> None:
    hall = world.make_seated_event(kinds=(("Adult", 0, world.STALLS),))
    order = world.order_seats(hall, Adult=["Stalls-A-1", "Stalls-A-2"])

    order.positions.filter(index=1).update(seat_id="Stalls-B-9")
    assert set(breaches()) == {"seats"}
    order.positions.filter(index=1).update(seat_id="Stalls-A-1")
    assert breaches() == {}

    SeatPlace.objects.filter(seat_id="Stalls-B-10").delete()
    assert set(breaches()) == {"seats"}


def test_half_a_table_that_is_sold_as_a_whole(northside: House) -> None:
    hall = world.make_seated_event(
        world.seat_map(("Stalls", world.STALLS, (4,)), tables=(("1", 4, False), ("2", 4, True))),
        kinds=(("Adult", 0, world.STALLS),),
    )
    world.order_seats(hall, Adult=["T1-1", "T1-2"])
    world.order_seats(hall, Adult=["T2-1", "T2-2", "T2-3", "T2-4"])
    assert breaches() == {}

    SeatingPlan.objects.filter(event=hall).update(whole_tables={"T1": True})

    assert set(breaches()) == {"tables"}


# --- Money ----------------------------------------------------------------------------------------------------------------------------


def a_line(*, state: str = "matched") -> ProviderLine:
    """24.00 that the provider says came in, compared."""
    return ProviderLine.objects.create(
        id="txn_1",
        account_id="acct_1",
        type="charge",
        amount=2510,
        provider_fee=0,
        platform_fee=110,
        net=2400,
        currency="EUR",
        state=state,
        created_at=timezone.now(),
        available_at=timezone.now(),
    )


def test_a_line_of_the_providers_with_a_cent_less_in_the_books(northside: House) -> None:
    line = a_line()
    assert set(breaches()) == {"I7"}

    post(key=line.own_key, currency="EUR", amounts={Kind.PROVIDER: 2399, Kind.SALES: -2399})
    assert set(breaches()) == {"I7"}

    post(key="sale:1", currency="EUR", amounts={Kind.PROVIDER: 1, Kind.SALES: -1})
    ProviderLine.objects.update(posting_key="sale:1")
    assert breaches() == {}


def test_an_odd_line_that_nobody_was_told_of(northside: House) -> None:
    line = a_line(state="odd")
    post(key=line.own_key, currency="EUR", amounts={Kind.PROVIDER: 2400, Kind.UNEXPLAINED: -2400})

    assert set(breaches()) == {"I7"}


def test_an_incident_that_the_audit_trail_does_not_know(northside: House) -> None:
    Incident.objects.create(key="line:txn_1", kind=Incident.Kind.MONEY_UNKNOWN)

    assert set(breaches()) == {"incidents"}


def test_sales_that_are_not_payments_less_refunds(paying: House) -> None:
    order = world.paid_order(world.make_event(), Standard=1)
    refund = Refund.objects.create(payment=order.payment, amount=1000, fee_amount=0, reason="staff", state="succeeded")
    post(key=f"refund:{refund.pk}", currency="EUR", amounts={Kind.PROVIDER: -999, Kind.SALES: 999})

    assert set(breaches()) == {"I6"}


def test_a_total_without_its_tax_and_a_payment_that_keeps_another_fee_than_the_orders(paying: House) -> None:
    order = world.paid_order(world.make_event(kinds=(("Standard", 2400, 3),)), Standard=1)

    tax = Tax.objects.create(order=order, name="City tax", basis_points=10, is_inclusive=False, base=2510, amount=3)
    assert set(breaches()) == {"I5"}

    tax.is_inclusive = True
    tax.save()
    assert breaches() == {}

    Payment.objects.update(application_fee=109)
    assert set(breaches()) == {"our fee"}
