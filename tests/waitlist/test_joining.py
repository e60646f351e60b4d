"""Who wants to wait proves the address, has one place, sees it, and may leave; nothing is closed by who proves nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from checkout import actions as checkout
from inventory.queries import Stock, availability
from notifications.models import EmailMessage
from tests import world
from tests.waitlist.waiting import asks, mails_about, sold_out, state_of, waited_pools, waits
from tests.world import FREE, House
from ui.errors import NotFound
from waitlist.actions import Joining, change_rules, confirm, forget_entries, join, leave
from waitlist.errors import EntryInvalid, EntryNotFound, NotSoldOut, NoWaitingList
from waitlist.models import Entry, ListOffer, WaitingList
from waitlist.queries import position_of, rules_of


def test_a_place_counts_from_the_confirmation_on_and_closes_what_is_sold_out(northside: House) -> None:
    event, _holds = sold_out(((FREE, 0, 2), ("VIP", 0, 2)))

    assert asks(event, "wanda@example.com", n=2) is None
    wanda = Entry.objects.get()
    assert (wanda.state, mails_about(wanda), waited_pools(event)) == ("unconfirmed", ["confirmation"], [])

    wanda = confirm(entry_id=wanda.pk, token=wanda.token)
    confirm(entry_id=wanda.pk, token=wanda.token)

    assert (state_of(wanda), waited_pools(event)) == ("waiting", [FREE])
    assert sorted(mails_about(wanda)) == ["confirmation", "joined"]
    assert position_of(wanda, rules_of(event.pk)) == 1
    assert wanda.consent_version == "2026-11"
    assert wanda.consent_text.startswith("Keep my name")


def test_places_are_numbered_for_each_ticket(northside: House) -> None:
    event, _holds = sold_out(((FREE, 0, 1), ("VIP", 0, 1)))
    first, other, second = (
        waits(event, "ann@example.com"),
        waits(event, "ann@example.com", kind="VIP"),
        waits(event, "ben@example.com"),
    )
    assert [position_of(one, rules_of(event.pk)) for one in (first, other, second)] == [1, 1, 2]

    leave(entry_id=first.pk, token=first.token)
    leave(entry_id=first.pk, token=first.token)

    assert state_of(first) == "left"
    assert position_of(Entry.objects.get(pk=second.pk), rules_of(event.pk)) == 1


def test_one_person_has_one_place_and_nobody_learns_from_the_answer_whose_it_is(northside: House) -> None:
    event, _holds = sold_out()
    known = waits(event, "wanda@example.com")

    assert asks(event, "Wanda+again@Example.com", n=2) is None
    assert asks(event, "stranger@example.com", n=2) is None

    assert Entry.objects.filter(state="waiting").get() == known
    told = EmailMessage.objects.get(
        to="wanda@example.com", subject__startswith="You are on the waiting list", key__contains="known"
    )
    assert known.token in told.text
    assert Entry.objects.get(state="unconfirmed").email == "stranger@example.com"


def test_two_confirmations_of_one_person_are_one_place(northside: House) -> None:
    event, _holds = sold_out()
    asks(event, "wanda@example.com")
    lost = Entry.objects.get()
    asks(event, "wanda@example.com")  # the first mail did not come

    entry = Entry.objects.get()
    assert entry.pk != lost.pk
    with pytest.raises(EntryNotFound):
        confirm(entry_id=lost.pk, token=lost.token)
    assert confirm(entry_id=entry.pk, token=entry.token).state == "waiting"


def test_who_is_signed_in_with_the_address_needs_no_mail(northside: House) -> None:
    event, _holds = sold_out()

    entry = asks(event, "wanda@example.com", account_email="wanda@example.com")
    other = asks(event, "somebody@example.com", account_email="wanda@example.com")

    assert entry is not None
    assert (entry.state, other) == ("waiting", None)


def test_nobody_waits_for_what_can_be_bought(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 2),))
    with pytest.raises(NotSoldOut) as refused:
        asks(event, "wanda@example.com")
    assert str(refused.value) == "There are tickets of “Guest list”. You can buy them now."
    assert not WaitingList.objects.exists()

    holds = [world.hold(event, **{FREE: 1}) for _one in range(2)]
    asks(event, "wanda@example.com")
    entry = Entry.objects.get()
    checkout.release_hold(hold_id=holds[0].pk, token=holds[0].token)
    with pytest.raises(NotSoldOut):
        confirm(entry_id=entry.pk, token=entry.token)
    assert (state_of(entry), waited_pools(event)) == ("unconfirmed", [])
    assert world.hold(event, **{FREE: 1})  # everybody's


def test_what_is_typed_wrongly_is_said_and_changes_nothing(northside: House) -> None:
    event, _holds = sold_out()
    for wrong, field in (
        ({"email": "nobody"}, "email"),
        ({"email": "a@example.com", "name": " "}, "name"),
        ({"email": "a@example.com", "n": 11}, "quantity"),
        ({"email": "a@example.com", "n": 0}, "quantity"),
        ({"email": "a@example.com", "consents": False}, "consents"),
    ):
        with pytest.raises(EntryInvalid) as refused:
            asks(event, **wrong)  # type: ignore[arg-type]
        assert refused.value.extra["field"] == field
    assert (Entry.objects.count(), EmailMessage.objects.filter(key__startswith="waiting").count()) == (0, 0)


def test_a_list_that_is_closed_takes_nobody_and_keeps_nothing_back(northside: House) -> None:
    event, holds = sold_out()
    wanda = waits(event, "wanda@example.com")
    closed = {"is_open": False, "mode": "first_come", "offer_hours": 24}
    change_rules(event_id=event.pk, actor=SYSTEM, **closed)  # type: ignore[arg-type]

    assert waited_pools(event) == []
    with pytest.raises(NoWaitingList):
        asks(event, "late@example.com")
    checkout.release_hold(hold_id=holds[0].pk, token=holds[0].token)
    assert world.hold(event, **{FREE: 1})
    assert state_of(wanda) == "waiting"

    change_rules(event_id=event.pk, actor=SYSTEM, **{**closed, "is_open": True})  # type: ignore[arg-type]
    assert waited_pools(event) == [FREE]


def test_while_somebody_waits_the_public_sees_nothing_left(northside: House) -> None:
    event, holds = sold_out()
    wanda = waits(event, "wanda@example.com", n=2)
    checkout.release_hold(hold_id=holds[0].pk, token=holds[0].token)
    performance, kind = world.the_performance(event).pk, world.kind_of(event, FREE).pk

    assert availability([performance])[performance].types == {kind: Stock(0, is_few=False)}
    leave(entry_id=wanda.pk, token=wanda.token)
    assert availability([performance])[performance].types == {kind: Stock(1, is_few=False)}


def test_what_is_known_of_who_waited_is_forgotten(northside: House) -> None:
    event, _holds = sold_out()
    wanda = waits(event, "wanda@example.com")
    asks(event, "stranger@example.com")
    assert forget_entries() == 0

    Entry.objects.filter(email="stranger@example.com").update(joined_at=timezone.now() - timedelta(days=3))
    assert forget_entries() == 1
    assert not EmailMessage.objects.filter(to="stranger@example.com").exists()

    performance = world.the_performance(event)
    then = timezone.now() - timedelta(days=91)
    performance.doors_at = performance.starts_at = then - timedelta(hours=2)
    performance.ends_at = then
    performance.save()
    assert forget_entries() == 1
    assert (Entry.objects.count(), ListOffer.objects.count()) == (0, 0)
    assert not EmailMessage.objects.filter(to=wanda.email).exists()


def test_a_place_is_nothing_at_another_organizer(northside: House, southside: House) -> None:
    event, _holds = sold_out()
    wanda = waits(event, "wanda@example.com")
    performance, kind = world.the_performance(event).pk, world.kind_of(event, FREE).pk

    with tenant_context(southside.organizer):
        for verb in (confirm, leave):
            with pytest.raises(EntryNotFound):
                verb(entry_id=wanda.pk, token=wanda.token)
        with pytest.raises(NotFound):
            join(
                performance_id=performance,
                ticket_type_id=kind,
                joining=Joining(name="Sly", email="sly@example.com", quantity=1, consents=True),
            )
        assert Entry.objects.count() == 0
    assert state_of(wanda) == "waiting"
