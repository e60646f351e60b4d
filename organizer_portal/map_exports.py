"""A seat map as a file of another kind: its draft or one of its versions, under the map's name."""

import re
from uuid import UUID

from seating.document import Document, parse
from seating.formats import Exported, export_file
from seating.models import MapVersion, SeatMap
from seating.queries import version_by_id
from ui.errors import NotFound


def version_of(seat_map: SeatMap, version_id: UUID) -> MapVersion:
    """One of the map's versions. Raises NotFound, also for another map's."""
    found = version_by_id(version_id)
    if found.seat_map_id != seat_map.pk:
        raise NotFound
    return found


def document_of(seat_map: SeatMap, version: MapVersion | None) -> Document:
    """What is exported: the version, or the draft."""
    return parse(version.document if version else seat_map.draft)


def map_export(seat_map: SeatMap, version: MapVersion | None, format: str) -> tuple[str, Exported]:
    """A file's name and the file. Raises MapInvalid for a format that there is not."""
    exported = export_file(document_of(seat_map, version), format)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", seat_map.name).strip("-").lower() or "seat-map"
    number = f"-version-{version.number}" if version else ""
    return f"{stem}{number}.{exported.extension}", exported
