"""What an open editor does to a draft: take the lease, save changes, go back to a version (docs/seat-map-editor.md).

One browser tab edits at a time. It has a *lease* of LEASE, renewed by each save and by its heartbeat; a tab that was closed
without a word loses it by time. Whoever opens the map meanwhile reads, sees who edits, and may take over: the other tab's
last change was saved seconds ago, and it learns at its next save that it only reads now.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from seating.checks import faults_of
from seating.document import Document, as_dict, parse
from seating.errors import DraftMoved, Fault, MapBusy, MapInvalid
from seating.models import SeatMap
from seating.patches import apply_patch
from seating.queries import seat_map_for_update, version_by_id

LEASE: Final = timedelta(seconds=45)
LONGEST_SESSION = 40


@dataclass(frozen=True)
class Lease:
    """Whether this tab may save, who may otherwise, and the revision it starts from."""

    is_mine: bool
    editor: str
    revision: int


@dataclass(frozen=True)
class Saved:
    """A draft after a save: its revision, and what is wrong with it."""

    revision: int
    faults: list[Fault]
    document: Document


@transaction.atomic
def open_draft(*, map_id: UUID, session: str, editor: str, actor: Actor, take_over: bool = False) -> Lease:
    """Take or renew the editing lease for a browser tab; `session` is the tab's own word, `editor` the name others see.

    While another tab has it the answer says whose it is and nothing changes, unless `take_over`. Raises MapNotFound,
    MapInvalid for a session that is none.
    """
    _check_session(session)
    seat_map = seat_map_for_update(map_id)
    now = timezone.now()
    if seat_map.is_edited_by_another(session=session, at=now) and not take_over:
        return Lease(is_mine=False, editor=seat_map.editor_name, revision=seat_map.revision)
    if seat_map.editor_session != session:
        detail = {"from": seat_map.editor_name} if seat_map.is_edited_by_another(session=session, at=now) else {}
        record(verb="open_seat_map_draft", target=seat_map, actor=actor, detail=detail)
    _renew(seat_map, session=session, editor=editor)
    return Lease(is_mine=True, editor=seat_map.editor_name, revision=seat_map.revision)


@transaction.atomic
def close_draft(*, map_id: UUID, session: str) -> None:
    """Give the lease back, if it is this tab's: the next one need not wait. Raises MapNotFound."""
    seat_map = seat_map_for_update(map_id)
    if seat_map.editor_session == session:
        seat_map.editing_until = None
        seat_map.save(update_fields=["editing_until"])


@transaction.atomic
def save_draft(*, map_id: UUID, session: str, editor: str, base_revision: int, patch: object) -> Saved:
    """Apply a patch (seating.patches) to the draft that has `base_revision`, and renew the lease.

    What comes out must be a map that `seating.document.parse` takes. Not audited one by one: the audit trail has who
    opened the draft and each version. Raises MapNotFound, MapBusy, DraftMoved, MapInvalid; then nothing has changed.
    """
    seat_map = _editable(map_id, session)
    if seat_map.revision != base_revision:
        raise DraftMoved(
            _("Somebody saved another change of this map. Nothing of theirs was overwritten."),
            revision=seat_map.revision,
        )
    return _keep(seat_map, parse(apply_patch(seat_map.draft, patch)), session=session, editor=editor)


@transaction.atomic
def restore_version(*, map_id: UUID, version_id: UUID, actor: Actor, session: str = "", editor: str = "") -> Saved:
    """Make the draft what a version of this map was. Nothing is lost: keep the present draft as a version first.

    Raises MapNotFound, MapBusy while another tab edits.
    """
    seat_map = _editable(map_id, session)
    version = version_by_id(version_id)
    if version.seat_map_id != seat_map.pk:
        raise MapInvalid([Fault("version", _("This version belongs to another map."))])
    record(verb="restore_map_version", target=seat_map, actor=actor, detail={"number": version.number})
    return _keep(seat_map, parse(version.document), session=session, editor=editor)


@transaction.atomic
def replace_draft(*, map_id: UUID, document: Document, actor: Actor) -> Saved:
    """Another document in the draft's place, as from a file. Raises MapNotFound, MapBusy while a tab edits."""
    seat_map = _editable(map_id, "")
    record(verb="replace_seat_map_draft", target=seat_map, actor=actor)
    return _keep(seat_map, document, session="", editor="")


PLACEMENT_MEMBERS: Final = ("x", "y", "scale", "opacity")


@transaction.atomic
def set_plan(*, map_id: UUID, image: str, placement: dict[str, Any], actor: Actor) -> SeatMap:
    """What is traced over: a picture in private storage ("" for none), and where it lies.

    `placement` has x and y of its top left corner and `scale`, both in centimetres (per pixel of the picture), and `opacity`
    from 0 to 1. Raises MapNotFound, MapInvalid.
    """
    seat_map = seat_map_for_update(map_id)
    if placement.keys() != set(PLACEMENT_MEMBERS) or not all(_is_number(value) for value in placement.values()):
        raise MapInvalid([Fault("placement", _("Say where the plan lies: x, y, scale and opacity."))])
    if not 0 < placement["scale"] <= 1000 or not 0 <= placement["opacity"] <= 1:
        raise MapInvalid([Fault("placement", _("A plan has more than 0 and at most 1000 centimetres per pixel."))])
    if seat_map.plan_image != image:
        record(verb="set_seat_map_plan", target=seat_map, actor=actor, detail={"image": image})
    seat_map.plan_image, seat_map.plan_placement = image, {name: float(placement[name]) for name in PLACEMENT_MEMBERS}
    seat_map.save(update_fields=["plan_image", "plan_placement"])
    return seat_map


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 1_000_000


def _editable(map_id: UUID, session: str) -> SeatMap:
    seat_map = seat_map_for_update(map_id)
    if seat_map.is_edited_by_another(session=session, at=timezone.now()):
        words = _("%(name)s edits this map now. You can look at it, or take over.") % {"name": seat_map.editor_name}
        raise MapBusy(words, editor=seat_map.editor_name)
    return seat_map


def _keep(seat_map: SeatMap, document: Document, *, session: str, editor: str) -> Saved:
    if session:
        _check_session(session)
    seat_map.draft = as_dict(document)
    seat_map.name = document.name.strip() or seat_map.name
    seat_map.revision += 1
    seat_map.save(update_fields=["draft", "name", "revision", "updated_at"])
    if session:
        _renew(seat_map, session=session, editor=editor)
    faults = faults_of(document, zone=seat_map.venue.timezone)
    return Saved(revision=seat_map.revision, faults=faults, document=document)


def _check_session(session: str) -> None:
    if not 8 <= len(session) <= LONGEST_SESSION or not session.isascii() or not session.isprintable():
        raise MapInvalid([Fault("session", _("A tab's session has 8 to %d letters.") % LONGEST_SESSION)])


def _renew(seat_map: SeatMap, *, session: str, editor: str) -> None:
    seat_map.editor_session, seat_map.editor_name = session, editor[:120]
    seat_map.editing_until = timezone.now() + LEASE
    seat_map.save(update_fields=["editor_session", "editor_name", "editing_until"])
