"""The screens of an event's life: publishing, pausing, postponing, copies, templates, test mode; and who may not."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from events.models import Event
from orders.models import Order
from people.models import Membership
from scanning.actions import create_gate
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.staff import Visitor, text
from tests.world import FREE, STANDARD, House


def an_event(**about: Any) -> Event:
    return world.make_event("Hafen Nacht", kinds=((FREE, 0, 5),), **about)


def again(event: Event) -> Event:
    return Event.objects.get(pk=event.pk)


def test_nora_pauses_and_goes_on(northside: House, nora: Visitor) -> None:
    event = an_event()
    page = f"/portal/events/{event.pk}/"
    assert "On sale" in text(nora.get(page))

    assert nora.post(f"{page}pause/")["Location"] == page

    shown = text(nora.get(page))
    assert "The sale is paused" in shown
    assert "Paused" in text(nora.get("/portal/events/"))
    assert "The organizer has paused this sale" in text(Visitor(northside.host).get(f"/events/{event.slug}/"))
    assert "Sales are paused" in text(Visitor(northside.host).get("/"))
    twice = nora.post(f"{page}pause/")
    assert (twice.status_code, "Only an event that is on sale can be paused." in text(twice)) == (422, True)
    assert nora.post(f"{page}resumption/")["Location"] == page
    assert again(event).is_published


def test_a_sale_that_begins_later_says_when(northside: House, nora: Visitor) -> None:
    event = an_event()
    address = f"/portal/events/{event.pk}/publishing/"
    starts = world.the_performance(event).starts_at
    late = nora.post(
        address, {"sale_starts_at": f"{starts + timedelta(days=1):%Y-%m-%dT%H:%M}", "visibility": "public"}
    )
    assert (late.status_code, "The sale begins before the event does." in text(late)) == (422, True)

    assert nora.post(address, {"sale_starts_at": "2026-12-20T10:00", "visibility": "public"}).status_code == 302

    assert again(event).sale_starts_at is not None
    page = text(Visitor(northside.host).get(f"/events/{event.slug}/"))
    assert "On sale from" in page
    assert "On sale soon" in page
    assert "On sale from" in text(Visitor(northside.host).get("/"))
    assert 'value="2026-12-20T10:00"' in text(nora.get(address))


def test_postponing_tells_what_it_does_and_the_page_says_so(northside: House, nora: Visitor) -> None:
    event = an_event()
    order = world.place_order(event, **{FREE: 2})
    page = f"/portal/events/{event.pk}/"
    assert "2 tickets stay valid" in text(nora.get(f"{page}postponement/"))

    assert nora.post(f"{page}postponement/", {"words": "The hall\nis flooded."})["Location"] == page

    assert "Postponed, with no new date yet" in text(nora.get(page))
    shown = text(Visitor(northside.host).get(f"/events/{event.slug}/"))
    assert "This event is postponed" in shown
    assert "the new date is not known yet" in shown
    bought = text(Visitor(northside.host).get(f"/orders/{order.number}/{order.token}/"))
    assert "the new date is not known yet" in bought
    assert "Add to calendar" not in bought
    assert nora.post(f"{page}resumption/").status_code == 422


def test_visibility_and_its_password_are_set_beside_their_fields(nora: Visitor) -> None:
    event = an_event()
    address = f"/portal/events/{event.pk}/publishing/"

    short = nora.post(address, {"visibility": "password", "password": "abc"})
    assert nora.post(address, {"visibility": "password", "password": "tulips"}).status_code == 302

    assert (short.status_code, "Give it a password of 4 to 72 characters." in text(short)) == (422, True)
    assert again(event).visibility == "password"
    page = text(nora.get(address))
    assert "empty keeps it" in page
    assert "tulips" not in page


def test_a_preview_link_is_renewed(nora: Visitor) -> None:
    draft = an_event(is_published=False)
    address = f"/portal/events/{draft.pk}/publishing/"
    old = nora.get(address).context["preview_url"]

    assert nora.post(f"/portal/events/{draft.pk}/preview-links/")["Location"] == address

    new = nora.get(address).context["preview_url"]
    assert old != new
    assert nora.get(new.partition("8000")[2] or new).status_code == 200
    assert nora.get(old.partition("8000")[2] or old).status_code == 404


def test_a_copy_has_its_gates_and_a_template_makes_events(nora: Visitor) -> None:
    event = an_event()
    create_gate(event_id=event.pk, name="Main entrance", actor=SYSTEM)
    address = f"/portal/events/{event.pk}/copies/"
    day = timezone.now().date() + timedelta(days=60)

    undated = nora.post(address, {"kind": "event", "title": "Hafen Nacht", "first_on": ""})
    copied = nora.post(address, {"kind": "event", "title": "Hafen Nacht II", "first_on": f"{day}"})
    kept = nora.post(address, {"kind": "template", "title": "Hafen Nacht, always", "first_on": ""})

    assert (undated.status_code, "Say on which day" in text(undated)) == (422, True)
    second, template = Event.objects.get(title="Hafen Nacht II"), Event.objects.get(state=Event.State.TEMPLATE)
    assert (copied["Location"], kept["Location"]) == (f"/portal/events/{second.pk}/", f"/portal/events/{template.pk}/")
    assert [gate.name for gate in second.gates.all()] == ["Main entrance"]
    assert "A template" in text(nora.get(kept["Location"]))
    listed = text(nora.get("/portal/events/"))
    assert "Hafen Nacht II" in listed
    assert "Hafen Nacht, always" not in listed
    assert "Hafen Nacht, always" in text(nora.get("/portal/events/templates/"))
    made = nora.post(f"/portal/events/{template.pk}/copies/", {"title": "Hafen Nacht III", "first_on": f"{day}"})
    assert Event.objects.get(title="Hafen Nacht III").state == Event.State.DRAFT
    assert made.status_code == 302
    assert nora.post(f"/portal/events/{template.pk}/removal/").status_code == 302
    assert nora.get(f"/portal/events/{template.pk}/").status_code == 404
    assert nora.post(f"/portal/events/{event.pk}/removal/")["Location"] == f"/portal/events/{event.pk}/"
    assert again(event).is_published


def test_a_test_from_the_draft_to_the_real_sale(northside: House, nora: Visitor) -> None:
    world.let_charge(northside)
    event = world.make_event("Hafen Nacht", kinds=((STANDARD, 2400, 5),), is_published=False)
    page = f"/portal/events/{event.pk}/"

    assert nora.post(f"{page}test-mode/", {"on": "1"}).status_code == 302
    assert nora.post(f"{page}publication/").status_code == 302
    order = world.place_order(event, **{STANDARD: 1})

    assert "Test mode: nothing here is real" in text(nora.get(page))
    assert "This is a test event" in text(Visitor(northside.host).get(f"/events/{event.slug}/"))
    assert "This is a test order" in text(Visitor(northside.host).get(f"/orders/{order.number}/{order.token}/"))
    for path in ("/portal/orders/", f"/portal/orders/{order.number}/", "/portal/events/"):
        assert "Test" in text(nora.get(path))
    early = nora.post(f"{page}launch/")
    assert (early.status_code, "Delete its 1 test order first." in text(early)) == (422, True)
    assert "Delete 1 test order" in text(nora.get(f"{page}test-mode/"))
    assert nora.post(f"{page}test-orders/removal/")["Location"] == f"{page}test-mode/"
    assert Order.objects.count() == 0
    assert nora.post(f"{page}launch/")["Location"] == page
    assert not again(event).is_test
    assert nora.post(f"{page}test-mode/", {"on": "1"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    ["pause/", "resumption/", "postponement/", "preview-links/", "test-mode/", "test-orders/removal/", "launch/"],
)
def test_only_who_edits_events_may_and_never_another_organizers(
    northside: House, southside: House, nora: Visitor, colleague: Colleague, path: str
) -> None:
    event = an_event()
    with tenant_context(southside.organizer):
        theirs = an_event()
        before = Event.objects.values().get(pk=theirs.pk)

    assert colleague(Membership.Role.FINANCE).post(f"/portal/events/{event.pk}/{path}").status_code == 403
    assert nora.post(f"/portal/events/{theirs.pk}/{path}").status_code == 404

    assert again(event).state == Event.State.PUBLISHED
    with tenant_context(southside.organizer):
        assert Event.objects.values().get(pk=theirs.pk) == before
