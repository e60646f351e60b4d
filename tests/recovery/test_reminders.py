"""Who agreed is reminded of what they left, by schedule and while there is something to come back for; nobody else is."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.recovery import price_today, recovered, restore, send_due
from events.models import Event
from inventory.errors import SoldOut
from inventory.models import Hold
from notifications.models import EmailMessage
from recovery.actions import agree, change_rules, forget_reminders, stop, withdraw
from recovery.errors import ReminderInvalid, ReminderNotFound
from recovery.models import Reminder, Restoration
from recovery.queries import recovery_figures
from tests import world
from tests.world import BEA, FREE, STALLS, House

KINDS = ((FREE, 0, 5),)


def left_an_hour_ago(event: Event, *, email: str = BEA.email, **wanted: int) -> Reminder:
    """Somebody held tickets, agreed, and went away; the hold has lapsed and the first mail is due."""
    hold = world.hold(event, **wanted)
    reminder = agree(hold=hold, email=email, name="Bea")
    assert reminder is not None
    return is_due(reminder, hold)


def is_due(reminder: Reminder, hold: Hold) -> Reminder:
    earlier = timezone.now() - timedelta(hours=1)
    if hold.state == Hold.State.LIVE:
        checkout.release_hold(hold_id=hold.pk, token=hold.token)
    Reminder.objects.filter(pk=reminder.pk).update(agreed_at=earlier, next_at=earlier + timedelta(minutes=59))
    return Reminder.objects.get(pk=reminder.pk)


def mails() -> list[str]:
    return list(EmailMessage.objects.filter(key__startswith="reminder:").order_by("pk").values_list("to", flat=True))


def test_one_mail_after_an_hour_leads_back_to_the_same_tickets(northside: House) -> None:
    event = world.make_event(kinds=KINDS)
    hold = world.hold(event, **{FREE: 2})
    reminder = agree(hold=hold, email=BEA.email)
    assert reminder is not None
    assert reminder.next_at == reminder.agreed_at + timedelta(hours=1)
    assert reminder.consent_version == "2026-11"
    assert send_due() == 0

    reminder = is_due(reminder, hold)
    assert (send_due(), send_due()) == (1, 0)
    mail = EmailMessage.objects.get(key=f"reminder:{reminder.pk}:1")
    assert (mail.to, mail.subject) == (BEA.email, f"You left your order: {event.title}")
    assert f"/left-orders/{reminder.pk}/{reminder.token}/" in mail.text
    assert "2 × Guest list" in mail.text

    again = restore(reminder_id=reminder.pk, token=reminder.token)
    assert restore(reminder_id=reminder.pk, token=reminder.token).pk == again.pk  # pressed twice
    assert again.quote["lines"][0]["quantity"] == 2
    order = checkout.place_order(hold_id=again.pk, token=again.token, buyer=BEA)
    assert (order.state, recovered(event.pk)) == ("paid", (1, 0))
    figures = recovery_figures(event.pk)
    assert (figures.agreed, figures.mails, figures.returned) == (1, 1, 1)
    assert breaches() == {}


def test_recovered_revenue_is_what_such_orders_cost(paying: House, media: object) -> None:
    event = world.make_event()
    reminder = left_an_hour_ago(event, Standard=2)
    assert send_due() == 1
    assert price_today(reminder) == 5020
    again = restore(reminder_id=reminder.pk, token=reminder.token)
    order = checkout.place_order(hold_id=again.pk, token=again.token, buyer=BEA)
    assert recovered(event.pk) == (0, 0)
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    assert recovered(event.pk) == (1, 5020)


def test_three_mails_by_schedule_and_no_more(northside: House) -> None:
    event = world.make_event(kinds=KINDS)
    change_rules(event_id=event.pk, hours=[1, 6, 24], actor=SYSTEM)
    reminder = left_an_hour_ago(event, **{FREE: 1})

    waits = []
    for _mail in range(3):
        now = timezone.now()
        assert send_due() == 1
        reminder.refresh_from_db()
        if reminder.next_at:
            waits.append(round((reminder.next_at - now).total_seconds() / 3600))
            Reminder.objects.update(next_at=now - timedelta(seconds=1))

    assert (waits, reminder.next_at, reminder.sent, len(mails())) == ([5, 18], None, 3, 3)


def test_nothing_is_mailed_without_consent_or_after_it_is_withdrawn(northside: House) -> None:
    event = world.make_event(kinds=KINDS)
    world.hold(event, **{FREE: 1})
    held = world.hold(event, **{FREE: 1})
    assert agree(hold=held, email=BEA.email) is not None
    withdraw(hold=held)
    with pytest.raises(ReminderInvalid):
        agree(hold=held, email="nobody")
    change_rules(event_id=event.pk, hours=[], actor=SYSTEM)
    assert agree(hold=held, email=BEA.email) is None

    assert (Reminder.objects.count(), send_due(), mails()) == (0, 0, [])


def test_who_bought_otherwise_is_not_reminded(northside: House) -> None:
    event = world.make_event(kinds=KINDS)
    reminder = left_an_hour_ago(event, **{FREE: 1})
    world.place_order(event, **{FREE: 1})  # from another hold, with the same address

    assert send_due() == 0
    reminder.refresh_from_db()
    assert (reminder.state, mails()) == ("bought", [])


def test_who_is_at_the_checkout_is_left_alone(northside: House) -> None:
    world.let_charge(northside)
    event = world.make_event()
    held = world.hold(event, Standard=1)
    reminder = agree(hold=held, email=BEA.email)
    assert reminder is not None
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=BEA)
    Reminder.objects.update(next_at=timezone.now() - timedelta(seconds=1))

    assert send_due() == 0
    reminder.refresh_from_db()
    assert (reminder.state, reminder.next_at) == ("open", order.expires_at)


def test_nothing_to_come_back_for_is_not_mailed(northside: House) -> None:
    event = world.make_event(kinds=KINDS)
    reminder = left_an_hour_ago(event, **{FREE: 2})
    world.hold(event, **{FREE: 4})

    assert send_due() == 0
    reminder.refresh_from_db()
    assert (reminder.state, mails()) == ("over", [])
    with pytest.raises(SoldOut):
        restore(reminder_id=reminder.pk, token=reminder.token)
    assert not Restoration.objects.exists()


def test_stop_is_for_all_that_the_person_left_here(northside: House) -> None:
    event = world.make_event(kinds=KINDS)
    first, second = left_an_hour_ago(event, **{FREE: 1}), left_an_hour_ago(event, **{FREE: 1})
    other = left_an_hour_ago(event, email="ann@example.com", **{FREE: 1})

    stop(reminder_id=first.pk, token=first.token)

    assert send_due() == 1
    assert mails() == ["ann@example.com"]
    assert [Reminder.objects.get(pk=one.pk).state for one in (first, second, other)] == ["stopped", "stopped", "open"]


def test_the_person_is_forgotten_and_the_figures_stay(northside: House) -> None:
    event = world.make_event(kinds=KINDS)
    reminder = left_an_hour_ago(event, **{FREE: 1})
    send_due()
    assert forget_reminders() == 0
    Reminder.objects.update(agreed_at=timezone.now() - timedelta(days=31))

    assert forget_reminders() == 1
    assert forget_reminders() == 0
    reminder.refresh_from_db()
    assert (reminder.email, reminder.name, reminder.person, reminder.state) == ("", "", "", "over")
    assert mails() == []
    assert recovery_figures(event.pk).mails == 1


def test_the_very_seats_or_else_the_best(northside: House) -> None:
    event = world.make_seated_event(
        world.seat_map(("Stalls", STALLS, (4, 4))), kinds=(("Adult", 0, STALLS),), orphans="off"
    )
    reminders = []
    for row in "AB":
        held = world.hold_seats(event, Adult=[f"Stalls-{row}-{n}" for n in (1, 2)])
        reminder = agree(hold=held, email=f"{row.lower()}@example.com")
        assert reminder is not None
        reminders.append(is_due(reminder, held))
    world.hold_seats(event, Adult=["Stalls-B-1"])

    same = restore(reminder_id=reminders[0].pk, token=reminders[0].token)
    other = restore(reminder_id=reminders[1].pk, token=reminders[1].token)

    assert list(same.quote["lines"][0]["seats"]) == ["Stalls-A-1", "Stalls-A-2"]
    assert "Stalls-B-1" not in other.quote["lines"][0]["seats"]
    assert len(other.quote["lines"][0]["seats"]) == 2


def test_a_reminder_is_nothing_at_another_organizer(northside: House, southside: House) -> None:
    event = world.make_event(kinds=KINDS)
    reminder = left_an_hour_ago(event, **{FREE: 1})

    with tenant_context(southside.organizer):
        for verb in (restore, stop):
            with pytest.raises(ReminderNotFound):
                verb(reminder_id=reminder.pk, token=reminder.token)
        assert send_due() == 0
    with pytest.raises(ReminderNotFound):
        stop(reminder_id=reminder.pk, token="wrong")
    reminder.refresh_from_db()
    assert reminder.state == "open"
