"""Staff cancel an event, watch its orders being given back, and try again what failed."""

import pytest
from django_tenants.utils import tenant_context

from checkout.batches import run_refund_batch
from events.models import Event
from payments.models import RefundBatch, RefundTurn
from people.models import Membership
from tests import world
from tests.staff import Visitor, signed_in, text


@pytest.fixture
def nora(northside: world.House) -> Visitor:
    return signed_in(northside.owner, northside.host)


@pytest.fixture
def event(northside: world.House) -> Event:
    event = world.make_event("Hafen Nacht", kinds=(("Guest", 0, 10),))
    for name in ("Bea", "=cmd()"):
        buyer = world.checkout.Buyer(name=name, email="bea@example.com", consents=frozenset({"terms"}))
        world.place_order(event, buyer=buyer, Guest=1)
    return event


def test_nora_cancels_and_watches(nora: Visitor, event: Event) -> None:
    address = f"/portal/events/{event.pk}/cancellation/"
    assert "Orders that are given back" in text(nora.get(address))
    wrong = nora.post(address, {"words": "Rain", "title": "Hafen"})
    assert wrong.status_code == 422
    assert "This is not the title of the event." in text(wrong)
    assert RefundBatch.objects.count() == 0

    assert nora.post(address, {"words": "Rain", "title": "hafen nacht "})["Location"] == address
    assert "hx-get" in text(nora.get(address))
    run_refund_batch(batch_id=RefundBatch.objects.get().pk)

    page = text(nora.get(f"{address}progress/"))
    assert "2 given back, 0 failed, 0 left" in page
    assert "hx-get" not in page
    table = nora.get(f"{address}results.csv").content.decode()
    assert "Given back" in table
    assert "This event has been cancelled" in text(nora.get(f"/events/{event.slug}/"))


def test_a_failed_one_is_shown_and_tried_again(nora: Visitor, event: Event) -> None:
    address = f"/portal/events/{event.pk}/cancellation/"
    nora.post(address, {"words": "Rain", "title": event.title})
    batch = RefundBatch.objects.get()
    run_refund_batch(batch_id=batch.pk)
    RefundTurn.objects.filter(pk=RefundTurn.objects.earliest("pk").pk).update(state="failed", error="No luck")

    page = text(nora.get(address, {"state": "failed"}))
    assert "No luck" in page
    assert "minute" not in page
    RefundBatch.objects.update(state="running")
    RefundTurn.objects.filter(pk=RefundTurn.objects.latest("pk").pk).update(state="waiting", done_at=None)
    assert "about 1 minute more" in text(nora.get(address))
    RefundTurn.objects.filter(state="waiting").update(state="done")
    RefundBatch.objects.update(state="done")
    assert nora.post(f"{address}retries/").status_code == 302
    run_refund_batch(batch_id=batch.pk)
    assert "2 given back, 0 failed, 0 left" in text(nora.get(address))


def test_a_manager_cancels_nothing(event: Event, colleague) -> None:  # type: ignore[no-untyped-def]
    manager = colleague(Membership.Role.MANAGER)
    form = {"words": "Rain", "title": event.title}
    assert manager.post(f"/portal/events/{event.pk}/cancellation/", form).status_code == 403
    event.refresh_from_db()
    assert event.state == Event.State.PUBLISHED


def test_the_other_organizers_event_is_not_cancelled(nora: Visitor, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        foreign = world.make_event(kinds=(("Guest", 0, 5),))
    for path in ("", "progress/", "results.csv"):
        assert nora.get(f"/portal/events/{foreign.pk}/cancellation/{path}").status_code == 404
    form = {"words": "Rain", "title": foreign.title}
    assert nora.post(f"/portal/events/{foreign.pk}/cancellation/", form).status_code == 404
    with tenant_context(southside.organizer):
        foreign.refresh_from_db()
        assert foreign.state == Event.State.PUBLISHED
