"""A seat map as a file of another kind: its draft or one of its versions, under the map's name, and what such a file loses."""

import re
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import ngettext_lazy

from seating.document import Document, parse
from seating.errors import Fault
from seating.formats import Exported, export_file
from seating.models import MapVersion, SeatMap
from seating.queries import version_by_id
from seating.words import number_words
from ui.errors import NotFound

LOSSES = {  # of one kind, when there are several, by the fault's code
    "aisles": ngettext_lazy("The aisles of %(n)s row are not kept.", "The aisles of %(n)s rows are not kept.", "count"),
    "area": ngettext_lazy("%(n)s area is left out.", "%(n)s areas are left out.", "count"),
    "area_not_bookable": ngettext_lazy(
        "%(n)s area can be drawn there, but not booked.", "%(n)s areas can be drawn there, but not booked.", "count"
    ),
    "category_renamed": ngettext_lazy(
        "%(n)s category gets another name there.", "%(n)s categories get other names there.", "count"
    ),
    "companions": ngettext_lazy(
        "Whose companion seats %(n)s wheelchair space has is not kept.",
        "Whose companion seats are whose is not kept, for %(n)s wheelchair spaces.",
        "count",
    ),
    "decoration": ngettext_lazy(
        "%(n)s thing that is only drawn is left out.", "%(n)s things that are only drawn are left out.", "count"
    ),
    "entrance": ngettext_lazy(
        "The entrance of %(n)s section is not kept.", "The entrances of %(n)s sections are not kept.", "count"
    ),
    "flags": ngettext_lazy(
        "What is said of %(n)s seat is not kept.", "What is said of %(n)s seats is not kept.", "count"
    ),
    "focal": ngettext_lazy(
        "The point that %(n)s section looks at is not kept.",
        "The points that %(n)s sections look at are not kept.",
        "count",
    ),
    "no_category": ngettext_lazy("%(n)s seat has no category.", "%(n)s seats have no category.", "count"),
    "table": ngettext_lazy("%(n)s table becomes a row.", "%(n)s tables become rows.", "count"),
    "zone": ngettext_lazy(
        "The zone of %(n)s section is not kept.", "The zones of %(n)s sections are not kept.", "count"
    ),
}


def losses(lost: Sequence[Fault]) -> list[str]:
    """What a file loses, in words: what is alone of its kind by name, the others by how many they are."""
    kinds: dict[str, list[Fault]] = {}
    for fault in lost:
        kinds.setdefault(fault.code, []).append(fault)
    said = list[str]()
    for code, faults in kinds.items():
        count = len(faults)
        if count > 1 and code in LOSSES:
            said.append(LOSSES[code] % {"count": count, "n": number_words(count)})
        else:
            said += [fault.words for fault in faults]
    return said


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
