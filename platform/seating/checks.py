"""What keeps a map from being published, and what its maker should look at: the editor's check panel, and publishing itself."""

from collections import defaultdict
from collections.abc import Iterator
from math import floor

from django.utils.translation import gettext as _

from seating.document import Document, Seat
from seating.errors import Fault

PITCH = 50.0  # centimetres between neighbours, usually
CLOSEST = 0.6 * PITCH  # nearer than that two seats lie on top of each other


def faults_of(document: Document) -> list[Fault]:
    """Every error and warning of a map, errors first; each names the element that a click should zoom to."""
    found = [
        *_labels(document),
        *_categories(document),
        *_overlaps(document),
        *_emptiness(document),
    ]
    return sorted(found, key=lambda fault: fault.severity != "error")


def _labels(document: Document) -> Iterator[Fault]:
    sections = set[str]()
    for _floor, section in document.sections:
        if not section.name.strip():
            yield Fault("section_name", _("A section has no name."), element=section.id)
        elif section.name in sections:
            yield Fault("section_twice", _("There are two sections “%s”.") % section.name, element=section.id)
        sections.add(section.name)
        lines = set[str]()
        for line in section.lines:
            details = {"line": line.label, "section": section.name}
            if line.label in lines:
                yield Fault(
                    "line_twice", _("“%(section)s” has two rows or tables “%(line)s”.") % details, element=line.id
                )
            lines.add(line.label)
            labels = set[str]()
            for seat in line.seats:
                if not seat.label.strip() or seat.label in labels:
                    words = _("Row %(line)s of “%(section)s” has two seats “%(seat)s”, or one without a number.")
                    yield Fault("seat_twice", words % {**details, "seat": seat.label}, element=seat.id)
                labels.add(seat.label)


def _categories(document: Document) -> Iterator[Fault]:
    of_seats = set[str | None]()
    for _floor, section in document.sections:
        for line in section.lines:
            for seat in line.seats:
                category = seat.category or line.category or section.category
                of_seats.add(category)
                if category is None:
                    yield Fault(
                        "no_category",
                        _("Seat %(line)s %(seat)s of “%(section)s” has no category.")
                        % {"line": line.label, "seat": seat.label, "section": section.name},
                        element=seat.id,
                    )
    of_areas = set[str]()
    for area in document.areas:
        if area.category is None:
            yield Fault("no_category", _("The area “%s” has no category.") % area.name, element=area.id)
        elif area.category in of_seats or area.category in of_areas:
            words = _("The area “%s” needs a category of its own, which nothing else has.")
            yield Fault("area_category_shared", words % area.name, element=area.id)
        else:
            of_areas.add(area.category)


def _overlaps(document: Document) -> Iterator[Fault]:
    """Seats nearer than CLOSEST, found by cells of that size: each is compared with its neighbours only."""
    for one in document.floors:
        cells: dict[tuple[int, int], list[Seat]] = defaultdict(list)
        for section in one.sections:
            for seat in section.seats:
                column, row = floor(seat.x / CLOSEST), floor(seat.y / CLOSEST)
                near = (other for x in (-1, 0, 1) for y in (-1, 0, 1) for other in cells[column + x, row + y])
                if any((seat.x - o.x) ** 2 + (seat.y - o.y) ** 2 < CLOSEST**2 for o in near):
                    yield Fault("overlap", _("Seat “%s” lies on another seat.") % seat.label, element=seat.id)
                cells[column, row].append(seat)


def _emptiness(document: Document) -> Iterator[Fault]:
    for area in document.areas:
        if area.capacity == 0:
            yield Fault("capacity", _("The area “%s” has no capacity.") % area.name, element=area.id)
    if not any(True for _seat in document.seats) and not any(area.capacity for area in document.areas):
        yield Fault("empty", _("There is nothing to sell on this map yet."))
