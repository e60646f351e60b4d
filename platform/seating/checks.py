"""What keeps a map from being published, and what its maker should look at: the editor's check panel, and publishing itself."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import ceil, floor, hypot
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from seating.document import Document, Point, Row, Seat, distance
from seating.errors import Fault

PITCH = 50.0  # centimetres between neighbours, usually
CLOSEST = 0.6 * PITCH  # nearer than that two seats lie on top of each other
AISLE = 1.75  # times a row's usual pitch: whoever would have to cross that has no neighbour there


def faults_of(document: Document, *, zone: str = "") -> list[Fault]:
    """Every error and warning of a map, errors first; each names the element that a click should zoom to.

    `zone` is the venue's time zone, by which the country's rule for wheelchair spaces is chosen.
    """
    found = [
        *_labels(document),
        *_categories(document),
        *_overlaps(document),
        *_emptiness(document),
        *_numbers(document),
        *_outlines(document),
        *_gangways(document),
        *_companions(document),
        *_wheelchairs(document, zone),
        *_focal(document),
    ]
    return sorted(found, key=lambda fault: fault.severity != "error")


def _warning(code: str, words: str, element: str = "") -> Fault:
    return Fault(code, words, element=element, severity="warning")


# --- Errors -----------------------------------------------------------------------------------------------------------------


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
    """One fault for each line whose seats have none: two thousand in a row would say no more."""
    of_seats = set[str | None]()
    for _floor, section in document.sections:
        for line in section.lines:
            keys = [seat.category or line.category or section.category for seat in line.seats]
            of_seats.update(keys)
            without = [seat for seat, key in zip(line.seats, keys, strict=True) if key is None]
            details = {"line": line.label, "section": section.name, "number": len(without)}
            if len(without) == 1:
                words = _("Seat %(line)s %(seat)s of “%(section)s” has no category.")
                yield Fault("no_category", words % {**details, "seat": without[0].label}, element=without[0].id)
            elif without:
                words = _("%(number)d seats of row %(line)s of “%(section)s” have no category.")
                yield Fault("no_category", words % details, element=without[0].id)
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
                around = itertools.product((column - 1, column, column + 1), (row - 1, row, row + 1))
                near = (other for cell in around if cell in cells for other in cells[cell])
                if any((seat.x - o.x) ** 2 + (seat.y - o.y) ** 2 < CLOSEST**2 for o in near):
                    yield Fault("overlap", _("Seat “%s” lies on another seat.") % seat.label, element=seat.id)
                cells[column, row].append(seat)


def _emptiness(document: Document) -> Iterator[Fault]:
    for area in document.areas:
        if area.capacity == 0:
            yield Fault("capacity", _("The area “%s” has no capacity.") % area.name, element=area.id)
        if not area.outline:
            yield _warning("no_outline", _("The area “%s” has no outline: nobody can see it.") % area.name, area.id)
    for _floor, section in document.sections:
        for line in section.lines:
            if not line.seats:
                words = _("Row %(line)s of “%(section)s” has no seats.")
                yield _warning("no_seats", words % {"line": line.label, "section": section.name}, line.id)
    if not any(True for _seat in document.seats) and not any(area.capacity for area in document.areas):
        yield Fault("empty", _("There is nothing to sell on this map yet."))


# --- Numbers along a row ------------------------------------------------------------------------------------------------------


def _numbers(document: Document) -> Iterator[Fault]:
    """Numbers that jump back and forth, or leave one out where no space is left for it."""
    for _floor, section in document.sections:
        for row in section.rows:
            if len(row.seats) < 3 or not all(seat.label.isascii() and seat.label.isdigit() for seat in row.seats):
                continue
            numbers = [int(seat.label) for seat in row.seats]
            details = {"line": row.label, "section": section.name}
            if not _has_order(numbers):
                words = _("The numbers of row %(line)s of “%(section)s” jump back and forth.")
                yield _warning("numbers_order", words % details, row.id)
                continue
            seat = _left_out(row, numbers)
            if seat is not None:
                words = _("Row %(line)s of “%(section)s” leaves out a number beside seat %(seat)s.")
                yield _warning("number_left_out", words % {**details, "seat": seat.label}, seat.id)


def _has_order(numbers: Sequence[int]) -> bool:
    """Rising, falling, or once of each, as when they are counted from the centre."""
    turns = [later > earlier for earlier, later in itertools.pairwise(numbers)]
    return sum(one != other for one, other in itertools.pairwise(turns)) <= 1


def _left_out(row: Row, numbers: Sequence[int]) -> Seat | None:
    """The first seat before which a number is missing without room for it. Odd and even rows count in twos."""
    steps = [abs(later - earlier) for earlier, later in itertools.pairwise(numbers)]
    usual = Counter(steps).most_common(1)[0][0]
    present, pitch = set(numbers), _pitch(row)
    for index, step in enumerate(steps):
        if usual == 0 or step <= usual or index in row.gaps:
            continue
        between = range(min(numbers[index : index + 2]) + usual, max(numbers[index : index + 2]), usual)
        missing = [number for number in between if number not in present]
        here, there = row.seats[index], row.seats[index + 1]
        if missing and distance((here.x, here.y), (there.x, there.y)) < AISLE * pitch:
            return there
    return None


def _pitch(row: Row) -> float:
    """What its neighbours are apart, usually; centimetres."""
    apart = [hypot(b.x - a.x, b.y - a.y) for a, b in zip(row.seats, row.seats[1:], strict=False)]
    return median(apart) if apart else PITCH


# --- Where things lie -----------------------------------------------------------------------------------------------------------


def _outlines(document: Document) -> Iterator[Fault]:
    for _floor, section in document.sections:
        if not section.outline:
            continue
        outside = [seat for seat in section.seats if not is_inside((seat.x, seat.y), section.outline)]
        if outside:
            words = ngettext(
                "%(number)d seat of “%(section)s” lies outside its outline.",
                "%(number)d seats of “%(section)s” lie outside its outline.",
                len(outside),
            )
            yield _warning("outside", words % {"number": len(outside), "section": section.name}, outside[0].id)


def is_inside(point: Point, outline: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon, by counting the edges to its right."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def _gangways(document: Document) -> Iterator[Fault]:
    """Neighbours who sit so far apart that something lies between them, without an aisle that says so."""
    for _floor, section in document.sections:
        for row in section.rows:
            pitch = _pitch(row)
            for index, (a, b) in enumerate(zip(row.seats, row.seats[1:], strict=False)):
                if index not in row.gaps and hypot(b.x - a.x, b.y - a.y) > AISLE * pitch:
                    words = _("Row %(line)s of “%(section)s” has a gap after seat %(seat)s, but no aisle there.")
                    details = {"line": row.label, "section": section.name, "seat": a.label}
                    yield _warning("gangway", words % details, b.id)
                    break


def _focal(document: Document) -> Iterator[Fault]:
    has_stage = any(one.kind == "stage" for each in document.floors for one in each.decorations)
    if document.focal is None and not has_stage:
        words = _("Nothing says where people look: put a stage or a focal point on the map, for the best seats.")
        yield _warning("no_focal", words)


# --- Access ---------------------------------------------------------------------------------------------------------------------


def _companions(document: Document) -> Iterator[Fault]:
    """Companion seats without a space they belong to, and spaces without a companion seat."""
    belong = {name for seat in document.seats for name in seat.companions}
    for _floor, section in document.sections:
        for line in section.lines:
            for seat in line.seats:
                details = {"line": line.label, "seat": seat.label, "section": section.name}
                if "wheelchair" in seat.flags and not seat.companions:
                    words = _("Wheelchair space %(line)s %(seat)s of “%(section)s” has no companion seat.")
                    yield _warning("space_without_companion", words % details, seat.id)
                if "companion" in seat.flags and seat.id not in belong:
                    words = _("Companion seat %(line)s %(seat)s of “%(section)s” belongs to no wheelchair space.")
                    yield _warning("companion_without_space", words % details, seat.id)
                if seat.companions and "wheelchair" not in seat.flags:
                    words = _("Seat %(line)s %(seat)s of “%(section)s” has companions, but is no wheelchair space.")
                    yield _warning("companions_of_no_space", words % details, seat.id)


_AMERICAN = [
    "New_York",
    "Detroit",
    "Kentucky",
    "Indiana",
    "Chicago",
    "Menominee",
    "North_Dakota",
    "Denver",
    "Boise",
    "Phoenix",
    "Los_Angeles",
    "Anchorage",
    "Juneau",
    "Sitka",
    "Metlakatla",
    "Yakutat",
    "Nome",
    "Adak",
]
_AMERICAN_STEPS = ((25, 1), (50, 2), (150, 4), (300, 5), (500, 6))  # up to so many seats: so many spaces


def wheelchair_spaces_needed(capacity: int, *, zone: str = "") -> int:
    """How many spaces for wheelchairs a house of `capacity` should have, by the rule of its country.

    United States: the table of the ADA standards (2010, 221.2.1.1). Elsewhere the rule of the German states for places of
    assembly: one in a hundred and at least two, of what is above 5,000 one in two hundred.
    """
    area, _slash, city = zone.partition("/")
    if (area == "America" and city.split("/")[0] in _AMERICAN) or zone == "Pacific/Honolulu":
        for most, spaces in _AMERICAN_STEPS:
            if capacity <= most:
                return spaces if capacity >= 4 else 0
        return 6 + ceil((min(capacity, 5000) - 500) / 150) + ceil(max(capacity - 5000, 0) / 200)
    return max(2, ceil(min(capacity, 5000) / 100) + ceil(max(capacity - 5000, 0) / 200)) if capacity else 0


def _wheelchairs(document: Document, zone: str) -> Iterator[Fault]:
    capacity = sum(1 for _seat in document.seats)
    needed = wheelchair_spaces_needed(capacity, zone=zone)
    spaces = sum("wheelchair" in seat.flags for seat in document.seats)
    if spaces < needed:
        words = _("%(capacity)d seats need at least %(needed)d wheelchair spaces; there are %(spaces)d.")
        yield _warning("few_wheelchairs", words % {"capacity": capacity, "needed": needed, "spaces": spaces})
