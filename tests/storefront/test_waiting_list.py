"""The waiting list's public pages: join, confirm, one's place, leave. Secret ones stay secret, looks change nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.http import urlencode

from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.dates import price_dates
from checkout.waiting import serve
from events.actions import change_ticket_type
from events.phases import PhaseWish
from notifications.models import EmailMessage
from tests import world
from tests.staff import Visitor, forget_limits, text
from tests.waitlist.waiting import sold_out, state_of, waits
from tests.world import FREE, STANDARD, House, signed_in_buyer
from waitlist.models import Entry, ListOffer

TYPED = {"quantity": "2", "name": "Wanda", "email": "wanda@example.com", "consents": "on"}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    forget_limits()


@pytest.fixture
def guest(northside: House) -> Visitor:
    return Visitor(northside.host)


def asked_for(event: object, kind: str = FREE) -> dict[str, str]:
    return {"date": str(world.the_performance(event).pk), "kind": str(world.kind_of(event, kind).pk)}  # type: ignore[arg-type]


def address(entry: Entry, end: str = "") -> str:
    return f"/waiting-list/{entry.pk}/{entry.token}/{end}"


def test_from_the_sold_out_page_to_a_number(guest: Visitor, northside: House) -> None:
    event, _holds = sold_out()
    page = text(guest.get(f"/events/{event.slug}/"))
    assert f'href="/events/{event.slug}/waiting-list/?date=' in page
    here = f"/events/{event.slug}/waiting-list/"
    joining = guest.get(f"{here}?{urlencode(asked_for(event))}")
    assert (joining.status_code, joining["Cache-Control"]) == (200, "no-store")
    assert "You then have 24 hours to buy them." in text(joining)

    sent = guest.post(here, {**asked_for(event), **TYPED})
    again = guest.post(here, {**asked_for(event), **TYPED})
    assert (sent.status_code, sent["Location"]) == (again.status_code, again["Location"]) == (302, f"{here}?sent=1")
    assert "Check your inbox" in text(guest.get(sent["Location"]))
    entry = Entry.objects.get()
    mail = EmailMessage.objects.filter(to="wanda@example.com").latest("pk")
    assert address(entry) in mail.text

    look = guest.get(address(entry))
    assert (look["Cache-Control"], look["Referrer-Policy"], look["X-Robots-Tag"]) == (
        "no-store",
        "same-origin",
        "noindex",
    )
    assert "Confirm your place" in text(look)
    assert state_of(entry) == "unconfirmed"
    assert guest.post(address(entry, "confirmation/"))["Location"] == address(entry)
    assert "You are number 1" in text(guest.get(address(entry)))

    guest.post(address(entry, "departure/"))
    assert "You have left the list" in text(guest.get(address(entry)))


def test_what_is_waited_for_costs_what_the_date_costs_now(guest: Visitor, northside: House) -> None:
    world.let_charge(northside)
    event, holds = sold_out(((STANDARD, 2400, 1),))
    date, kind = world.the_performance(event), world.kind_of(event, STANDARD)
    here = f"/events/{event.slug}/waiting-list/?{urlencode(asked_for(event, STANDARD))}"
    world.set_phases(
        event, STANDARD, PhaseWish(name="Early bird", price=2000, until=timezone.now() + timedelta(days=1))
    )
    assert "€21.00" in text(guest.get(here))

    price_dates(event_id=event.pk, performance_ids=[date.pk], ticket_type_id=kind.pk, price=4000, actor=SYSTEM)
    assert "€41.50" in text(guest.get(here))

    waits(event, "wanda@example.com", kind=STANDARD)
    checkout.release_hold(hold_id=holds[0].pk, token=holds[0].token)
    serve(performance_id=date.pk)
    assert ListOffer.objects.get().hold.quote["total"] == 4150


def test_it_is_their_turn(guest: Visitor, northside: House) -> None:
    event, holds = sold_out()
    wanda, willi = waits(event, "wanda@example.com"), waits(event, "willi@example.com")
    checkout.release_hold(hold_id=holds[0].pk, token=holds[0].token)
    serve(performance_id=world.the_performance(event).pk)
    offer = ListOffer.objects.get()

    page = text(guest.get(address(wanda)))
    assert "It is your turn" in page
    assert f'href="/checkout/{offer.hold_id}/{offer.hold.token}/"' in page
    assert guest.get(f"/checkout/{offer.hold_id}/{offer.hold.token}/").status_code == 200

    guest.post(address(wanda, "departure/"))
    assert (state_of(wanda), state_of(willi)) == ("declined", "offered")
    taken = ListOffer.objects.get(entry=willi)
    checkout.place_order(hold_id=taken.hold_id, token=taken.hold.token, buyer=world.BEA)
    assert "Your order is under way" in text(guest.get(address(willi)))


def test_what_is_waited_for_is_no_longer_sold(guest: Visitor, northside: House) -> None:
    event, _holds = sold_out()
    wanda, kind = waits(event, "wanda@example.com"), world.kind_of(event, FREE)
    ended = {"name": FREE, "perk": "", "price": 0, "max_per_order": 10, "on_sale_until": timezone.now()}
    change_ticket_type(ticket_type_id=kind.pk, actor=SYSTEM, **ended)  # type: ignore[arg-type]
    serve(performance_id=world.the_performance(event).pk)

    page = text(guest.get(address(wanda)))
    assert "These tickets are no longer sold" in page
    assert f"The sale of “{FREE}” has ended, and none got free for you before." in page


def test_mistakes_are_said_and_typed_words_stay(guest: Visitor, northside: House) -> None:
    event, _holds = sold_out()
    here = f"/events/{event.slug}/waiting-list/"

    refused = guest.post(here, {**asked_for(event), **TYPED, "email": "nobody", "name": "Wanda W."})

    assert refused.status_code == 422
    assert "Enter an e-mail address like name@example.com." in text(refused)
    assert 'value="Wanda W."' in text(refused)
    for wrong, status in (({"kind": "x"}, 302), ({"kind": str(northside.organizer.pk)}, 404)):
        assert guest.post(here, {**asked_for(event), **TYPED, **wrong}).status_code == status
    assert not Entry.objects.exists()


def test_mails_are_limited(guest: Visitor, northside: House) -> None:
    event, _holds = sold_out()
    here = f"/events/{event.slug}/waiting-list/"
    answers = [guest.post(here, {**asked_for(event), **TYPED}).status_code for _time in range(4)]
    assert answers == [302, 302, 302, 429]


def test_who_is_signed_in_is_on_the_list_at_once(northside: House) -> None:
    event, _holds = sold_out()
    buyer = signed_in_buyer(northside, "wanda@example.com")
    answer = buyer.post(f"/events/{event.slug}/waiting-list/", {**asked_for(event), **TYPED})

    entry = Entry.objects.get()
    assert (answer["Location"], entry.state) == (address(entry), "waiting")


def test_nothing_is_sold_out(guest: Visitor, northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 2),))
    assert "there is nothing to wait for" in text(guest.get(f"/events/{event.slug}/waiting-list/"))
    assert guest.post(f"/events/{event.slug}/waiting-list/", {**asked_for(event), **TYPED}).status_code == 422


def test_wrong_tokens_and_other_organizers_find_nothing(guest: Visitor, northside: House, southside: House) -> None:
    event, _holds = sold_out()
    wanda = waits(event, "wanda@example.com")

    for visitor, path in (
        (guest, f"/waiting-list/{wanda.pk}/wrong/"),
        (Visitor(southside.host), address(wanda)),
        (Visitor(southside.host), f"/events/{event.slug}/waiting-list/"),
    ):
        assert visitor.get(path).status_code == 404
    for visitor, path in (
        (guest, f"/waiting-list/{wanda.pk}/wrong/departure/"),
        (Visitor(southside.host), address(wanda, "departure/")),
        (Visitor(southside.host), address(wanda, "confirmation/")),
    ):
        assert visitor.post(path).status_code == 404
    assert state_of(wanda) == "waiting"
