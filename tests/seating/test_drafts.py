"""One tab edits a draft; others read, see who edits, and may take over. Saves are patches against a revision."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.actions import SYSTEM
from audit.models import AuditEntry
from seating.actions import create_seat_map, publish_version, save_version
from seating.document import parse
from seating.drafts import close_draft, open_draft, restore_version, save_draft, set_plan
from seating.errors import DraftMoved, MapBusy, MapInvalid, MapNotFound
from seating.models import SeatMap, Venue
from seating.patches import flatten
from tests import world

ANA, BEN = "ana-tab-0001", "ben-tab-0001"


def row(name: str, label: str, count: int, y: float = 0.0) -> dict[str, Any]:
    seats = [{"id": f"{name}-{n}", "label": str(n), "x": n * 50.0, "y": y} for n in range(1, count + 1)]
    return {"id": name, "label": label, "seats": seats}


def small_map() -> dict[str, Any]:
    """Two rows of three, as the server keeps them."""
    section = {"id": "stalls", "name": "Stalls", "category": "standard"}
    rows = [row("row-a", "A", 3), row("row-b", "B", 3, 90.0)]
    document = {
        "format": "marquee-seat-map",
        "version": 1,
        "name": "House",
        "width": 1000.0,
        "height": 800.0,
        "categories": [{"key": "standard", "name": "Standard", "color": "#0072b2"}],
        "floors": [{"id": "ground", "name": "Ground", "sections": [{**section, "rows": rows}]}],
    }
    from seating.document import as_dict

    return as_dict(parse(document))


@pytest.fixture
def drawn(northside: world.House) -> SeatMap:
    venue = Venue.objects.create(name="Hall", timezone="Europe/Berlin")
    return create_seat_map(venue=venue, document=parse(small_map()), actor=SYSTEM)


def enter(drawn: SeatMap, session: str, *, take_over: bool = False) -> tuple[bool, str]:
    name = "Ana" if session == ANA else "Ben"
    lease = open_draft(map_id=drawn.pk, session=session, editor=name, actor=SYSTEM, take_over=take_over)
    return lease.is_mine, lease.editor


def renamed(drawn: SeatMap, name: str) -> dict[str, Any]:
    return {"set": {"": {**flatten(drawn.draft)[""], "name": name}}}


def save(drawn: SeatMap, session: str, base: int, patch: object) -> int:
    saved = save_draft(map_id=drawn.pk, session=session, editor="", base_revision=base, patch=patch)
    return saved.revision


def test_one_edits_and_the_other_sees_who(drawn: SeatMap) -> None:
    assert enter(drawn, ANA) == (True, "Ana")
    assert enter(drawn, BEN) == (False, "Ana")
    assert enter(drawn, ANA) == (True, "Ana")
    with pytest.raises(MapBusy) as refused:
        save(drawn, BEN, 1, renamed(drawn, "Ben's"))
    assert refused.value.extra["editor"] == "Ana"

    assert save(drawn, ANA, 1, renamed(drawn, "Ana's")) == 2
    drawn.refresh_from_db()
    assert (drawn.name, drawn.draft["name"], drawn.revision) == ("Ana's", "Ana's", 2)


def test_a_lease_ends_by_itself_when_given_back_or_taken(drawn: SeatMap) -> None:
    enter(drawn, ANA)
    SeatMap.objects.update(editing_until=timezone.now() - timedelta(seconds=1))
    assert enter(drawn, BEN) == (True, "Ben")

    close_draft(map_id=drawn.pk, session=ANA)  # it is not hers any more
    assert enter(drawn, ANA) == (False, "Ben")
    close_draft(map_id=drawn.pk, session=BEN)
    assert enter(drawn, ANA) == (True, "Ana")

    assert enter(drawn, BEN, take_over=True) == (True, "Ben")
    with pytest.raises(MapBusy):
        save(drawn, ANA, 1, renamed(drawn, "Ana's"))
    taken = AuditEntry.objects.filter(verb="open_seat_map_draft").latest("pk")
    assert taken.detail == {"from": "Ana"}


def test_a_change_of_an_older_draft_overwrites_nothing(drawn: SeatMap) -> None:
    enter(drawn, ANA)
    save(drawn, ANA, 1, renamed(drawn, "First"))

    with pytest.raises(DraftMoved) as refused:
        save(drawn, ANA, 1, renamed(drawn, "Second"))

    assert refused.value.extra["revision"] == 2
    drawn.refresh_from_db()
    assert drawn.name == "First"


def test_what_would_be_no_map_is_refused_with_its_faults(drawn: SeatMap) -> None:
    enter(drawn, ANA)
    bad = {**row("row-a", "A", 3), "seats": [{"id": "s", "label": "1", "x": float("nan"), "y": 0}]}

    with pytest.raises(MapInvalid) as refused:
        save(drawn, ANA, 1, {"set": {"row-a": {"type": "row", **bad}}})

    assert [fault.code for fault in refused.value.faults] == ["number"]
    drawn.refresh_from_db()
    assert (drawn.revision, len(drawn.draft["floors"][0]["sections"][0]["rows"][0]["seats"])) == (1, 3)


def test_a_save_says_what_is_wrong_with_the_map(drawn: SeatMap) -> None:
    enter(drawn, ANA)
    saved = save_draft(
        map_id=drawn.pk,
        session=ANA,
        editor="Ana",
        base_revision=1,
        patch={"set": {"row-b": {"type": "row", **row("row-b", "A", 3, 90.0)}}},
    )
    codes = [(fault.code, fault.severity) for fault in saved.faults]

    assert codes == [("line_twice", "error"), ("few_wheelchairs", "warning"), ("no_focal", "warning")]


def test_going_back_to_a_version(drawn: SeatMap) -> None:
    enter(drawn, ANA)
    version = save_version(map_id=drawn.pk, name="Before", actor=SYSTEM)
    save(drawn, ANA, 1, renamed(drawn, "After"))

    with pytest.raises(MapBusy):
        restore_version(map_id=drawn.pk, version_id=version.pk, actor=SYSTEM)
    restored = restore_version(map_id=drawn.pk, version_id=version.pk, session=ANA, editor="Ana", actor=SYSTEM)

    drawn.refresh_from_db()
    assert (restored.revision, drawn.revision, drawn.name) == (3, 3, "House")
    other = create_seat_map(venue=drawn.venue, document=parse(small_map()), actor=SYSTEM)
    with pytest.raises(MapInvalid):
        restore_version(map_id=other.pk, version_id=version.pk, actor=SYSTEM)


def test_publishing_what_is_published_makes_no_second_version(drawn: SeatMap) -> None:
    first = publish_version(map_id=drawn.pk, actor=SYSTEM)

    assert publish_version(map_id=drawn.pk, actor=SYSTEM) == first
    assert drawn.versions.count() == 1


@pytest.mark.parametrize("session", ["", "short", "x" * 41, "äöüäöüäöü", "tab-one\x00", "tab-one\n"])
def test_a_session_is_a_tabs_own_word(drawn: SeatMap, session: str) -> None:
    with pytest.raises(MapInvalid):
        enter(drawn, session)
    if session:
        with pytest.raises(MapInvalid):
            save(drawn, session, 1, {})
    drawn.refresh_from_db()
    assert (drawn.editor_session, drawn.revision) == ("", 1)


def test_a_plan_lies_somewhere(drawn: SeatMap) -> None:
    placement = {"x": -10.0, "y": 5, "scale": 0.5, "opacity": 0.3}

    set_plan(map_id=drawn.pk, image="plans/x.webp", placement=placement, actor=SYSTEM)

    drawn.refresh_from_db()
    assert drawn.plan_placement == {"x": -10.0, "y": 5.0, "scale": 0.5, "opacity": 0.3}
    for wrong in ({"scale": 0}, {"opacity": 2}, {"x": float("nan")}, {"x": "1"}, {"more": 1}):
        with pytest.raises(MapInvalid):
            set_plan(map_id=drawn.pk, image="", placement={**placement, **wrong}, actor=SYSTEM)


def test_the_other_organizer_has_no_such_map(drawn: SeatMap, southside: world.House) -> None:
    from django_tenants.utils import tenant_context

    with tenant_context(southside.organizer), pytest.raises(MapNotFound):
        open_draft(map_id=drawn.pk, session=ANA, editor="Sam", actor=SYSTEM)
