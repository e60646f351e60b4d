"""At most so many tickets per person, over all orders: by e-mail when the order is placed, by card before money is taken."""

from dataclasses import replace

import pytest

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.errors import PersonLimitReached
from events.actions import change_ticket_type
from events.bundles import PartWish, set_bundle
from events.models import Event
from inventory.errors import LimitExceeded
from inventory.models import Hold, Place
from notifications.models import EmailMessage
from orders.models import Order
from outbox.actions import drain
from payments.models import Payment, Refund
from people.identity import buyer_key
from people.models import Customer
from tests import world
from tests.world import BEA, FREE, STANDARD, House

ANN, BEN = (replace(BEA, name=name, email=f"{name.lower()}@example.com") for name in ("Ann", "Ben"))


def limit(event: Event, name: str, most: int | None) -> Event:
    """The organizer allows each person `most` tickets of this type."""
    kind = world.kind_of(event, name)
    change_ticket_type(
        ticket_type_id=kind.pk,
        name=kind.name,
        perk=kind.perk,
        price=kind.price,
        max_per_order=kind.max_per_order,
        max_per_person=most,
        actor=SYSTEM,
    )
    return event


@pytest.fixture
def free_event(northside: House) -> Event:
    return limit(world.make_event(kinds=((FREE, 0, 30),)), FREE, 4)


@pytest.fixture
def paid_event(paying: House) -> Event:
    return limit(world.make_event(kinds=((STANDARD, 2400, 30),)), STANDARD, 4)


# --- By e-mail --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Bea@Example.COM", "bea@example.com"),
        ("bea+second@example.com", "bea@example.com"),
        ("b.e.a@example.com", "b.e.a@example.com"),
        ("B.e.a+x@googlemail.com", "bea@gmail.com"),
        ("+x@example.com", "+x@example.com"),
    ],
)
def test_one_person_writes_an_address_in_many_ways(typed: str, key: str) -> None:
    assert buyer_key(typed) == key


def test_orders_of_one_address_are_counted_together_and_the_hold_is_kept(free_event: Event) -> None:
    world.place_order(free_event, **{FREE: 3})
    held = world.hold(free_event, **{FREE: 2})

    with pytest.raises(PersonLimitReached) as refused:
        checkout.place_order(hold_id=held.pk, token=held.token, buyer=replace(BEA, email="BEA+again@example.com"))

    assert refused.value.code == "person_limit_reached"
    assert refused.value.detail.startswith("At most 4 of “Guest list” per person for this date, over all orders.")
    assert refused.value.extra["limit"] == 4
    assert Order.objects.count() == 1
    assert Customer.objects.count() == 1
    assert Place.objects.filter(hold=held, state="held").count() == 2
    assert Hold.objects.get(pk=held.pk).state == Hold.State.LIVE
    assert world.place_order(free_event, **{FREE: 1}).is_paid
    assert checkout.place_order(hold_id=held.pk, token=held.token, buyer=ANN).is_paid
    assert breaches() == {}


def test_what_was_given_back_counts_no_more_and_other_types_and_dates_never_did(free_event: Event) -> None:
    first = world.place_order(free_event, **{FREE: 4})
    other = world.make_event(kinds=((FREE, 0, 30),))
    world.place_order(limit(other, FREE, 4), **{FREE: 4})
    checkout.refund_order(order_id=first.pk, actor=SYSTEM)

    assert world.place_order(free_event, **{FREE: 4}).is_paid


def test_an_account_is_one_person_whatever_address_the_tickets_go_to(free_event: Event) -> None:
    ann = Customer.objects.create(email=ANN.email, name="Ann")
    first = world.place_order(free_event, buyer=replace(BEN, account=ann.pk), **{FREE: 3})
    assert (first.account_id, first.email) == (ann.pk, BEN.email)
    held = world.hold(free_event, **{FREE: 2})

    for again in (replace(BEA, account=ann.pk), ANN, BEN):  # signed in for a third, as a guest at either address
        with pytest.raises(PersonLimitReached):
            checkout.place_order(hold_id=held.pk, token=held.token, buyer=again)

    assert Order.objects.count() == 1
    assert Hold.objects.get(pk=held.pk).state == Hold.State.LIVE
    assert world.place_order(free_event, buyer=replace(BEA, account=ann.pk), **{FREE: 1}).is_paid
    assert breaches() == {}


def test_nobody_can_even_hold_more_than_one_person_may_have(free_event: Event) -> None:
    with pytest.raises(LimitExceeded) as refused:
        world.hold(free_event, **{FREE: 5})

    assert refused.value.extra["limit"] == 4


def test_a_bundles_tickets_and_those_beside_it_are_one_persons_together(free_event: Event) -> None:
    kind = world.kind_of(free_event, FREE)
    pair = set_bundle(
        event_id=free_event.pk, name="Pair", perk="", max_per_order=4, parts=[PartWish(kind.pk, 2, 0)], actor=SYSTEM
    )
    date = world.the_performance(free_event).pk
    with pytest.raises(LimitExceeded):
        checkout.place_hold(performance_id=date, basket={pair.pk: 1, kind.pk: 3})
    world.place_order(free_event, **{FREE: 2})
    held = checkout.place_hold(performance_id=date, basket={pair.pk: 1, kind.pk: 1})

    with pytest.raises(PersonLimitReached):
        checkout.place_order(hold_id=held.pk, token=held.token, buyer=BEA)

    assert Order.objects.count() == 1
    assert Hold.objects.get(pk=held.pk).state == Hold.State.LIVE
    assert breaches() == {}


def test_a_lower_limit_later_takes_nothing_away(free_event: Event) -> None:
    world.place_order(free_event, **{FREE: 4})

    limit(free_event, FREE, 2)

    assert breaches() == {}
    with pytest.raises(PersonLimitReached):
        world.place_order(free_event, **{FREE: 1})


def test_an_unpaid_order_counts_while_it_may_be_paid(paid_event: Event) -> None:
    with world.an_hour_ago():
        world.place_order(paid_event, **{STANDARD: 4})  # long over
    world.place_order(paid_event, **{STANDARD: 3})

    with pytest.raises(PersonLimitReached):
        world.place_order(paid_event, **{STANDARD: 2})


def test_an_order_paid_too_late_is_not_one_too_many(paid_event: Event) -> None:
    with world.an_hour_ago():
        late = world.place_order(paid_event, **{STANDARD: 4})
    world.paid_order(paid_event, **{STANDARD: 1})

    world.pay(late, card="pm_card_mastercard")
    checkout.settle_payment(order_id=late.pk)

    late.refresh_from_db()
    assert (late.state, late.cancel_reason) == (Order.State.CANCELLED, Order.CancelReason.LIMIT)
    assert breaches() == {}


# --- By card ------------------------------------------------------------------------------------------------------------------


def test_one_card_under_two_names_is_one_person_and_the_money_goes_back(paid_event: Event) -> None:
    first = world.paid_order(paid_event, buyer=ANN, **{STANDARD: 3})
    second = world.place_order(paid_event, buyer=BEN, **{STANDARD: 2})
    world.pay(second)
    checkout.settle_payment(order_id=second.pk)
    checkout.settle_payment(order_id=second.pk)
    while drain():
        pass

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.is_paid
    assert (second.state, second.cancel_reason) == (Order.State.CANCELLED, Order.CancelReason.LIMIT)
    assert second.payment.state == Payment.State.VOIDED
    assert second.payment.card_fingerprint == Payment.objects.get(order=first).card_fingerprint != ""
    assert Place.objects.filter(state="sold").count() == 3
    assert Place.objects.exclude(state="free").count() == 3
    assert not Refund.objects.exists()
    mail = EmailMessage.objects.get(to=BEN.email)
    assert mail.subject == f"Your order was cancelled: {paid_event.title}"
    assert "Your payment of €50.20 goes back in full" in mail.text
    assert breaches() == {}


def test_another_card_is_another_person(paid_event: Event) -> None:
    world.paid_order(paid_event, buyer=ANN, **{STANDARD: 4})
    order = world.place_order(paid_event, buyer=BEN, **{STANDARD: 4})
    world.pay(order, card="pm_card_mastercard")
    checkout.settle_payment(order_id=order.pk)

    order.refresh_from_db()
    assert order.is_paid


def test_without_a_limit_one_card_may_buy_for_everybody(paying: House) -> None:
    event = world.make_event(kinds=((STANDARD, 2400, 30),))
    orders = [world.paid_order(event, buyer=buyer, **{STANDARD: 9}) for buyer in (ANN, BEN)]

    assert [order.is_paid for order in orders] == [True, True]
    assert breaches() == {}


def test_the_invariant_sees_who_has_too_much(paid_event: Event) -> None:
    for buyer in (ANN, BEN):
        world.paid_order(paid_event, buyer=buyer, **{STANDARD: 2})
    Order.objects.update(buyer_key=buyer_key(ANN.email))
    Order.objects.filter(email=BEN.email)[0].positions.update(max_per_person=3)
    Order.objects.filter(email=ANN.email)[0].positions.update(max_per_person=3)

    found = breaches()

    assert set(found) == {"I14"}
    assert {row[0] for row in found["I14"]} == {
        buyer_key(ANN.email),
        Payment.objects.values_list("card_fingerprint", flat=True)[0],
    }
