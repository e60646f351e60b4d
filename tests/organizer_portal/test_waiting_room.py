"""Nora sets up a waiting room and watches its line; nobody else does."""

from datetime import UTC, datetime

from audit.models import AuditEntry
from tests import world
from tests.staff import Visitor, text
from waiting_room.models import Line, Room

PACE = {"rate_min": "60", "rate_max": "600", "visit_minutes": "15"}


def page_of(event: object) -> str:
    return f"/portal/events/{event.pk}/waiting-room/"  # type: ignore[attr-defined]


def test_she_switches_it_on_and_off_by_hand(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 20),))
    page = page_of(event)
    assert "No line was opened yet." in text(nora.get(page))

    assert nora.post(page, {"mode": "on", **PACE})["Location"] == page
    line = Line.objects.get()
    assert (line.closed_at, line.room.event_id, line.rate) == (None, event.pk, 60)
    assert AuditEntry.objects.filter(verb="open_line", actor_id=str(northside.owner.pk)).count() == 1
    shown = text(nora.get(f"{page}line/"))
    assert "Waiting for the start" in shown  # until the clock's next tick
    assert ">20<" in shown

    nora.post(page, {"mode": "off", **PACE})
    line.refresh_from_db()
    assert line.closed_at is not None
    assert "Closed" in text(nora.get(f"{page}line/"))


def test_times_are_the_venues(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 20),))
    page = page_of(event)
    nora.post(page, {"mode": "rule", "opens_at": "2027-07-03T09:30", "starts_at": "2027-07-03T10:00", **PACE})

    room = Room.objects.get()
    assert (room.opens_at, room.starts_at) == (
        datetime(2027, 7, 3, 7, 30, tzinfo=UTC),
        datetime(2027, 7, 3, 8, 0, tzinfo=UTC),
    )
    assert 'value="2027-07-03T10:00"' in text(nora.get(page))


def test_what_does_not_fit_is_said_beside_its_field(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 20),))
    for wrong, words in (
        ({"mode": "rule"}, "Say when it opens"),
        ({"mode": "on", "rate_min": "700"}, "at most the highest"),
        ({"mode": "on", "starts_at": "0001-01-01T00:00"}, "of these years"),
    ):
        refused = nora.post(page_of(event), {**PACE, **wrong})
        assert refused.status_code == 422
        assert words in text(refused)
    assert not Room.objects.exists()


def test_a_draft_has_no_line(nora: Visitor, northside: world.House) -> None:
    draft = world.make_event(kinds=((world.FREE, 0, 20),), is_published=False)

    refused = nora.post(page_of(draft), {"mode": "on", **PACE})

    assert refused.status_code == 422
    assert "Publish the event first" in text(refused)
    assert not Line.objects.exists()
