"""The door is set up: entrances and the phones at them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.qr import qr_svg
from audit.models import AuditEntry
from events.models import Event
from scanning.actions import scan
from scanning.models import Device, Gate
from scanning.queries import paired_device
from tests import world
from tests.staff import Visitor, text
from tickets.models import Ticket


@pytest.fixture
def event(northside: world.House) -> Event:
    """On tonight: doors are open."""
    now = timezone.now()
    return world.make_event(
        "Tonight", kinds=(("Guest", 0, 10),), starts_at=now + timedelta(minutes=30), doors_at=now - timedelta(minutes=5)
    )


def test_with_one_event_the_door_is_its_door(dora: Visitor, event: Event) -> None:
    assert dora.get("/portal/door/")["Location"] == f"/portal/door/{event.pk}/"
    world.make_event("Tomorrow", kinds=(("Guest", 0, 10),))
    page = text(dora.get("/portal/door/"))
    assert page.index("Tonight") < page.index("Tomorrow")


def test_dora_names_an_entrance_and_pairs_a_phone(dora: Visitor, northside: world.House, event: Event) -> None:
    assert dora.post(f"/portal/door/{event.pk}/gates/", {"gate_name": "Gate A"}).status_code == 302
    gate = Gate.objects.get()

    page = dora.post(f"/portal/door/{event.pk}/gates/{gate.pk}/devices/", {"device_name": "Dora's phone"})

    token = page.context["token"]
    assert page["Cache-Control"] == "no-store"
    device = paired_device(token)
    assert device is not None
    assert (device.name, device.gate.name) == ("Dora's phone", "Gate A")
    picture = dora.get(f"/portal/door/pairings/{page.context['pairing']}.svg")
    assert picture.content == qr_svg(f"http://northside.localhost:8000/door/#{token}")
    assert picture["Content-Type"] == "image/svg+xml"
    again = text(dora.get(f"/portal/door/{event.pk}/"))
    assert "Dora&#x27;s phone" in again
    assert token not in again
    entry = AuditEntry.objects.get(verb="pair_device")
    assert entry.actor_id == str(northside.door.pk)


def test_the_picture_needs_our_signature_and_ends_after_ten_minutes(
    dora: Visitor, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate.objects.create(event=event, name="A")
    page = dora.post(f"/portal/door/{event.pk}/gates/{gate.pk}/devices/", {"device_name": "Phone"})
    url = f"/portal/door/pairings/{page.context['pairing']}.svg"

    assert dora.get(url.replace(".svg", "x.svg")).status_code == 404
    monkeypatch.setattr("organizer_portal.views.door.PAIRING_SECONDS", -1)
    assert dora.get(url).status_code == 404


def test_a_revoked_phone_scans_no_more(dora: Visitor, event: Event) -> None:
    gate = Gate.objects.create(event=event, name="A")
    page = dora.post(f"/portal/door/{event.pk}/gates/{gate.pk}/devices/", {"device_name": "Lost phone"})
    device = Device.objects.get()

    assert dora.post(f"/portal/door/devices/{device.pk}/revocation/").status_code == 302

    assert paired_device(page.context["token"]) is None
    assert "Revoked" in text(dora.get(f"/portal/door/{event.pk}/"))


def test_names_are_needed_and_nothing_is_made_without(dora: Visitor, event: Event) -> None:
    gate = Gate.objects.create(event=event, name="A")

    no_gate = dora.post(f"/portal/door/{event.pk}/gates/", {"gate_name": " "})
    no_phone = dora.post(f"/portal/door/{event.pk}/gates/{gate.pk}/devices/", {"device_name": ""})

    assert (no_gate.status_code, no_phone.status_code) == (422, 422)
    assert "There is a problem" in text(no_gate)
    assert "There is a problem" in text(no_phone)
    assert (Gate.objects.count(), Device.objects.count()) == (1, 0)


def test_a_gate_of_another_event_is_not_found(dora: Visitor, event: Event) -> None:
    other = world.make_event("Other", kinds=(("Guest", 0, 10),))
    gate = Gate.objects.create(event=other, name="Theirs")

    response = dora.post(f"/portal/door/{event.pk}/gates/{gate.pk}/devices/", {"device_name": "Phone"})

    assert response.status_code == 404
    assert Device.objects.count() == 0


def test_the_page_counts_who_is_in(dora: Visitor, event: Event) -> None:
    world.place_order(event, Guest=3)
    gate = Gate.objects.create(event=event, name="A")
    device = Device.objects.create(gate=gate, name="P", token_digest="d" * 64)
    scan(device=device, code=Ticket.objects.all()[0].code, nonce="1")

    page = dora.get(f"/portal/door/{event.pk}/")

    assert (page.context["admitted"], page.context["expected"]) == (1, 3)
