"""Set up maps and freeze their versions. What an open editor does to a draft is in `drafts.py`."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from seating.checks import faults_of
from seating.document import Document, as_dict, digest, parse
from seating.errors import Fault, MapInvalid, NotPublishableMap
from seating.models import MapVersion, SeatMap, Venue
from seating.queries import compiled_document, seat_map_for_update


@transaction.atomic
def create_seat_map(*, venue: Venue, document: Document, actor: Actor) -> SeatMap:
    """A map of a venue with a first draft; its name is the document's. Raises MapInvalid for an empty name."""
    if not document.name.strip():
        raise MapInvalid([Fault("name", _("Give the map a name."), where="name")])
    seat_map = SeatMap.objects.create(venue=venue, name=document.name, draft=as_dict(document))
    record(verb="create_seat_map", target=seat_map, actor=actor, detail={"venue": str(venue.pk)})
    return seat_map


@transaction.atomic
def save_version(*, map_id: UUID, name: str, actor: Actor) -> MapVersion:
    """Keep the draft as it is now under a name, to come back to. Raises MapNotFound, MapInvalid."""
    seat_map = seat_map_for_update(map_id)
    return _freeze(seat_map, parse(seat_map.draft), kind=MapVersion.Kind.SAVED, name=name, actor=actor)


@transaction.atomic
def publish_version(*, map_id: UUID, actor: Actor, name: str = "") -> MapVersion:
    """Freeze the draft for sale; the latest published version again if nothing has changed since.

    Raises MapNotFound, MapInvalid, NotPublishableMap with the errors.
    """
    seat_map = seat_map_for_update(map_id)
    document = parse(seat_map.draft)
    errors = [fault for fault in faults_of(document) if fault.severity == "error"]
    if errors:
        raise NotPublishableMap(errors[0].words, faults=[fault.as_dict() for fault in errors[:200]])
    latest = seat_map.versions.filter(kind=MapVersion.Kind.PUBLISHED).order_by("-number").first()
    if latest is not None and latest.hash == digest(document):
        return latest
    return _freeze(seat_map, document, kind=MapVersion.Kind.PUBLISHED, name=name, actor=actor)


def _freeze(seat_map: SeatMap, document: Document, *, kind: MapVersion.Kind, name: str, actor: Actor) -> MapVersion:
    compiled = compiled_document(document)
    last: dict[str, Any] = seat_map.versions.aggregate(last=Max("number"))
    version = MapVersion.objects.create(
        seat_map=seat_map,
        number=(last["last"] or 0) + 1,
        kind=kind,
        name=name.strip()[:80],
        hash=compiled.hash,
        document=as_dict(document),
        n_seats=len(compiled.seats),
        n_places=sum(area.capacity for _floor, area in compiled.areas),
        actor=str(actor),
    )
    record(verb=f"{kind.value}_map_version", target=version, actor=actor, detail={"hash": version.hash})
    return version
