"""Seating plans of pretix (JSON, both revisions that call themselves 0.0.1): zones, rows, seats, and areas that are only drawn.

Every position there is relative to its row and zone, in pixels; a category is known by its name. A pixel is taken as two
centimetres where that puts seats as far apart as seats are. An area of theirs can never be booked: here it becomes a
decoration, unless `options["areas"]` says how many people it holds, by its path as the proposal lists it.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from seating.document import (
    MOST_SEATS,
    Area,
    Decoration,
    Document,
    Floor,
    Point,
    Row,
    Seat,
    Section,
    Table,
)
from seating.errors import Fault
from seating.formats.raw import (
    STAGE_WORDS,
    Categories,
    Exported,
    Imported,
    Mender,
    Notes,
    finished,
    joined,
    json_of,
    lifted,
    refuse,
)
from seating.formats.rows import gaps_of, pitch_of
from seating.parts import is_whole, turned
from seating.words import flag_words

USUAL: Final = 2.0  # centimetres in a pixel
LARGE: Final = 40_000.0  # square pixels: an outline from 16 m² up may well be a standing area

_ZONE = ("name", "position", "rows", "areas", "zone_id", "uuid", "displayed")
_ROW = ("seats", "row_number", "position", "row_label", "seat_label", "row_number_position", "uuid",
        "number_of_seats", "seats_spacing")  # fmt: skip
_SEAT = ("seat_guid", "seat_number", "position", "category", "uuid", "radius", "start_direction")
_AREA = ("shape", "position", "polygon", "rectangle", "ellipse", "circle", "text", "rotation", "uuid",
         "color", "border_color", "width", "height")  # fmt: skip
_NOT_KEPT = {
    "zone": ("zone_id", "displayed"),
    "row": ("row_label", "seat_label", "row_number_position", "number_of_seats", "seats_spacing"),
    "seat": ("radius", "start_direction"),
    "area": ("color", "border_color"),
}


def looks_like(data: object) -> bool:
    """Whether JSON is a plan of this kind."""
    return isinstance(data, dict) and isinstance(data.get("zones"), list)


def read(content: bytes, options: Mapping[str, Any]) -> Imported:
    """The plan as a document. Raises MapInvalid for what is no such plan."""
    notes = Notes()
    data = json_of(content, notes)
    if not looks_like(data):
        refuse("not_pretix", _("This is no pretix seating plan: it has no list of “zones”."), "zones")
    return _Reader(notes, options).read(data)


class _Reader:
    def __init__(self, notes: Notes, options: Mapping[str, Any]) -> None:
        self.notes = notes
        self.mender = Mender(notes)
        self.categories = Categories(self.mender)
        capacities = options.get("areas")
        self.capacities: Mapping[str, Any] = capacities if isinstance(capacities, dict) else {}
        self.offered: list[dict[str, Any]] = []

    def read(self, data: Mapping[str, Any]) -> Imported:
        notes, mender = self.notes, self.mender
        notes.unknown("plan", data, ("name", "zones", "categories", "size", "version"), "")
        for where, item in mender.items(data, "categories", ""):
            notes.unknown("category", item, ("name", "color"), where)
            called = item.get("name")
            name = mender.name(called, f"{where}.name", fallback=_("Category"))
            if self.categories.knows(str(called)):
                words = _("The category “%s” is there twice; its first colour counts.")
                notes.repaired("category_twice", words % name, where)
                continue
            color = mender.color(item.get("color"), f"{where}.color", fallback=self.categories.next_color())
            self.categories.add(str(called)[:200], name, color)
        sections: list[Section] = []
        areas: list[Area] = []
        decorations: list[Decoration] = []
        for where, item in mender.items(data, "zones", ""):
            section, its_areas, its_decorations = self.zone(where, item, number=len(sections) + 1)
            if section.rows:
                sections.append(section)
            areas += its_areas
            decorations += its_decorations
        width, height, has_size = self.size(data)
        mender.tell_rewritten()
        document = finished(
            Document(
                name=mender.name(data.get("name"), "name", fallback=_("Imported plan")),
                width=width,
                height=height,
                categories=tuple(self.categories.list),
                floors=(Floor("f1", _("Floor"), tuple(sections), tuple(areas), tuple(decorations)),),
            ),
            notes,
            usual=USUAL,
            keep_frame=has_size,
        )
        return Imported("pretix", document, notes.all(), proposal={"areas": self.offered} if self.offered else {})

    def size(self, data: Mapping[str, Any]) -> tuple[float, float, bool]:
        size = data.get("size")
        if not isinstance(size, dict):
            self.notes.repaired(
                "size_missing", _("The plan has no size; it is made as large as what is on it."), "size"
            )
            return 0.0, 0.0, False
        width = self.mender.number(size.get("width"), "size.width", least=0)
        return width, self.mender.number(size.get("height"), "size.height", least=0), True

    def zone(self, where: str, data: Mapping[str, Any], *, number: int) -> tuple[Section, list[Area], list[Decoration]]:
        self.tell("zone", data, _ZONE, where)
        self.mender.count_element(where)
        origin = self.origin(data, where, "zone")
        wished = self.mender.name(data.get("name"), f"{where}.name", fallback=_("Zone %d") % number)
        rows: list[Row] = []
        paths: dict[str, str] = {}
        for at, item in self.mender.items(data, "rows", where):
            row = self.row(at, item, origin)
            if row is not None:
                rows.append(row)
                paths[row.id] = at
        areas: list[Area] = []
        decorations: list[Decoration] = []
        outline: tuple[Point, ...] = ()
        for at, item in self.mender.items(data, "areas", where):
            made = self.area(at, item, origin)
            if isinstance(made, Area):
                areas.append(made)
            elif (
                made is not None
                and not outline
                and rows
                and made.outline
                and not made.text
                and _holds(made.outline, rows)
            ):
                outline = made.outline
                self.notes.repaired(
                    "outline", _("This area lies around its zone's seats and is now their outline."), at
                )
            elif made is not None:
                decorations.append(made)
        rows = joined(rows, self.notes, lambda row: paths[row.id])
        section = Section(
            id=self.mender.id(data.get("uuid"), where, fallback=f"zone{number}"),
            name=self.mender.section_name(wished, where) if rows else wished,
            rows=tuple(rows),
            outline=outline,
        )
        return lifted(section), areas, decorations

    def row(self, where: str, data: Mapping[str, Any], origin: Point) -> Row | None:
        self.tell("row", data, _ROW, where)
        self.mender.count_element(where)
        dx, dy = self.origin(data, where, "row")
        row_id = self.mender.id(data.get("uuid"), where, fallback=where.translate({91: "-", 93: None, 46: "_"}))
        seats: list[Seat] = []
        for at, item in self.mender.items(data, "seats", where):
            self.tell("seat", item, _SEAT, at)
            label = self.mender.label(item.get("seat_number"), f"{at}.seat_number", fallback=str(len(seats) + 1))
            place = self.mender.place(item.get("position"), label, at)
            if place is None:
                continue
            seats.append(
                Seat(
                    id=self.mender.id(item.get("seat_guid"), at, fallback=f"{row_id[:30]}-{len(seats) + 1}"),
                    label=label,
                    x=origin[0] + dx + place[0],
                    y=origin[1] + dy + place[1],
                    category=self.categories.of(item.get("category"), f"{at}.category"),
                )
            )
        if not seats:
            self.notes.lost("row_empty", _("This row has no seats and is left out."), where)
            return None
        return Row(
            id=row_id,
            label=self.mender.label(data.get("row_number"), f"{where}.row_number"),
            seats=tuple(seats),
            gaps=gaps_of([(seat.x, seat.y) for seat in seats]),
        )

    def area(self, where: str, data: Mapping[str, Any], origin: Point) -> Area | Decoration | None:
        self.tell("area", data, _AREA, where)
        place = self.mender.point(data.get("position"), where)
        if place is None:
            self.notes.lost("position", _("An area has no position and is left out."), where)
            return None
        self.mender.count_element(where)
        x, y = origin[0] + place[0], origin[1] + place[1]
        shape, rotation = data.get("shape"), self.mender.number(data.get("rotation"), f"{where}.rotation")
        text = data.get("text")
        written = text.get("text") if isinstance(text, dict) else text
        words = self.mender.name(written, f"{where}.text") if written is not None else ""
        kind = "stage" if STAGE_WORDS.search(words) else "text" if shape == "text" else "shape"
        decoration_id = self.mender.id(data.get("uuid"), where, fallback=f"area{self.mender.n_elements}")
        if shape == "polygon":
            points = self.polygon(where, data, (x, y), rotation)
            if not points:
                return None
            surface = (
                abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True))) / 2
            )
            if surface >= LARGE and kind == "shape":
                self.offered.append(
                    {"where": where, "text": words, "square_metres": round(surface * USUAL**2 / 10_000)}
                )
            return self.bookable(where, words, points) or Decoration(
                decoration_id, kind, *_middle(points), text=words, outline=points
            )
        if shape == "text":
            return Decoration(decoration_id, kind, x, y, rotation=rotation % 360, text=words)
        width, height = self.extent(where, data, shape)
        if shape in ("circle", "ellipse"):
            middle = (x, y)
            points = tuple(
                turned((x + width / 2 * math.cos(a), y + height / 2 * math.sin(a)), rotation, middle)
                for a in (math.tau * place / 32 for place in range(32))
            )
            return self.bookable(where, words, points) or Decoration(
                decoration_id, kind, x, y, outline=points, text=words
            )
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        corners = [turned(corner, rotation, (x, y)) for corner in corners]
        if width * height >= LARGE and kind == "shape":
            surface = width * height
            self.offered.append({"where": where, "text": words, "square_metres": round(surface * USUAL**2 / 10_000)})
        return self.bookable(where, words, corners) or Decoration(
            decoration_id, kind, *_middle(corners), width=width, height=height, rotation=rotation % 360, text=words
        )

    def polygon(self, where: str, data: Mapping[str, Any], at: Point, rotation: float) -> tuple[Point, ...]:
        polygon = data.get("polygon")
        listed = polygon.get("points") if isinstance(polygon, dict) else None
        found = [self.mender.point(point, where) for point in listed] if isinstance(listed, list) else []
        points = [turned((at[0] + p[0], at[1] + p[1]), rotation, at) for p in found if p is not None]
        if unread := len(found) - len(points):
            words = ngettext("%d point of this area cannot be read.", "%d points of this area cannot be read.", unread)
            self.notes.lost("point", words % unread, where)
        outline = self.mender.outline(points, where)
        if not outline:
            self.notes.lost("outline", _("This area has fewer than three points and is left out."), where)
        return outline

    def extent(self, where: str, data: Mapping[str, Any], shape: object) -> tuple[float, float]:
        inner = data.get(shape) if isinstance(shape, str) else None
        said: Mapping[str, Any] = inner if isinstance(inner, dict) else {}

        def length(value: object) -> float:
            return self.mender.number(value, where, least=0)

        if shape == "circle":
            return 2 * length(said.get("radius")), 2 * length(said.get("radius"))
        if shape == "ellipse":
            radii = said.get("radius")
            return (2 * length(radii.get("x")), 2 * length(radii.get("y"))) if isinstance(radii, dict) else (0.0, 0.0)
        if shape not in (None, "rectangle"):
            self.notes.repaired("shape", _("This is no shape that we know; it is drawn as a rectangle."), where)
        if not said:
            said = data  # the older revision has them plain
        return length(said.get("width")), length(said.get("height"))

    def bookable(self, where: str, words: str, points: Sequence[Point]) -> Area | None:
        """The area as general admission, if whoever imports says how many people it holds."""
        capacity = self.capacities.get(where)
        if capacity is None:
            return None
        if not is_whole(capacity) or not 0 < capacity <= MOST_SEATS:
            self.notes.warn("capacity", _("An area's capacity is a whole number up to %d.") % MOST_SEATS, where)
            return None
        name = words or _("Area")
        key = self.categories.add(("area", where), name, self.categories.next_color())
        return Area(self.mender.id(None, where, fallback=f"ga{len(self.ids)}"), name, capacity, tuple(points), key)

    @property
    def ids(self) -> set[str]:
        return self.mender.ids

    def origin(self, data: Mapping[str, Any], where: str, kind: str) -> Point:
        if data.get("position") is None:
            if kind == "zone":
                self.notes.repaired("position", _("This zone has no position: 0, 0 is used."), where)
            return (0.0, 0.0)
        place = self.mender.point(data.get("position"), where)
        if place is None:
            self.notes.repaired("position", _("This position cannot be read: 0, 0 is used."), f"{where}.position")
        return place or (0.0, 0.0)

    def tell(self, kind: str, data: Mapping[str, Any], known: Sequence[str], where: str) -> None:
        self.notes.unknown(kind, data, known, where)
        for member in _NOT_KEPT[kind]:
            if data.get(member) not in (None, "", "%s"):
                self.notes.unkept(kind, member, where)


def _middle(points: Sequence[Point]) -> Point:
    left, right = min(x for x, _y in points), max(x for x, _y in points)
    top, bottom = min(y for _x, y in points), max(y for _x, y in points)
    return ((left + right) / 2, (top + bottom) / 2)


def _holds(outline: Sequence[Point], rows: Sequence[Row]) -> bool:
    """Whether every seat lies inside the outline."""
    return all(_inside((seat.x, seat.y), outline) for row in rows for seat in row.seats)


def _inside(point: Point, outline: Sequence[Point]) -> bool:
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


# --- Export ---------------------------------------------------------------------------------------------------------------


def write(document: Document) -> Exported:
    """The document as a plan of the newer revision. Floors lie below each other, seat ids become guids."""
    lost: list[Fault] = []

    def lose(code: str, words: str, element: str = "") -> None:
        lost.append(Fault(code, words, element=element, severity="lost"))

    names = _category_names(document, lose)
    zones: list[dict[str, Any]] = []
    if len(document.floors) > 1:
        lose("floors", _("There are no floors there: the %d floors lie below each other.") % len(document.floors))
    if document.focal is not None:
        lose("focal", _("The point that everybody looks at is not kept."))
    for number, floor in enumerate(document.floors):
        down = number * document.height
        for section in floor.sections:
            zones.append(_zone(section, down, names, lose))
        drawn = [_drawn(one, down) for one in floor.decorations]
        for area in floor.areas:
            words = _("The area “%s” can be drawn there, but not booked.")
            lose("area_not_bookable", words % area.name, area.id)
            if area.outline:
                text = {"text": area.name, "position": {"x": 0, "y": 0}, "size": 16}
                drawn.append({**_polygon(area.outline, down), "uuid": area.id, "text": text})
        if drawn:
            zones.append(
                {"name": floor.name, "position": {"x": 0, "y": 0}, "rows": [], "areas": drawn, "uuid": floor.id}
            )
    plan = {
        "name": document.name,
        "categories": [{"name": names[c.key], "color": c.color} for c in document.categories],
        "zones": zones,
        "size": {
            "width": max(1, math.ceil(document.width / USUAL)),
            "height": max(1, math.ceil(document.height * max(1, len(document.floors)) / USUAL)),
        },
    }
    content = json.dumps(plan, ensure_ascii=False, indent=1).encode()
    return Exported(content, "application/json", "pretix.json", lost)


def _category_names(document: Document, lose: Any) -> dict[str, str]:
    """A name of its own for each category: there it is all that tells them apart."""
    names: dict[str, str] = {}
    for category in document.categories:
        name, number = category.name or category.key, 1
        while name in names.values():
            number += 1
            name = f"{category.name} ({number})"
        if name != category.name:
            words = _("The category “%(key)s” is called “%(name)s” there, so that it can be told apart.")
            lose("category_renamed", words % {"key": category.key, "name": name}, category.key)
        names[category.key] = name
    return names


def _zone(section: Section, down: float, names: Mapping[str, str], lose: Any) -> dict[str, Any]:
    for member, code in (("zone", "zone"), ("entrance", "entrance"), ("focal", "focal")):
        if getattr(section, member):
            words = _("“%(member)s” of the section “%(name)s” is not kept.")
            lose(code, words % {"member": member, "name": section.name}, section.id)
    pitch = pitch_of([[(seat.x, seat.y) for seat in row.seats] for row in section.rows])
    zone: dict[str, Any] = {
        "name": section.name,
        "uuid": section.id,
        "position": {"x": 0, "y": 0},
        "rows": [_row(line, section, down, names, lose) for line in section.lines if line.seats],
        "areas": [_polygon(section.outline, down)] if section.outline and pitch else [],
    }
    return zone


def _row(line: Row | Table, section: Section, down: float, names: Mapping[str, str], lose: Any) -> dict[str, Any]:
    at = {"section": section.name, "line": line.label}
    first = line.seats[0]
    if isinstance(line, Table):
        lose("table", _("Table “%(line)s” of “%(section)s” is a row there, sold seat by seat.") % at, line.id)
    elif gaps_of([(seat.x, seat.y) for seat in line.seats]) != line.gaps:
        lose("aisles", _("The aisles of row “%(line)s” in “%(section)s” are not kept.") % at, line.id)
    row = {
        "row_number": line.label,
        "row_number_position": "both",
        "uuid": line.id,
        "position": _pixels(first.x, first.y + down),
        "seats": [],
    }
    for seat in line.seats:
        if seat.flags or seat.companions:
            words = _("What is said of seat %(line)s %(seat)s of “%(section)s” is not kept: %(flags)s.")
            words_of = flag_words()
            flags = ", ".join(words_of[flag] for flag in sorted(seat.flags)) or _("its companion seats")
            lose("flags", words % {**at, "seat": seat.label, "flags": flags}, seat.id)
        category = seat.category or line.category or section.category
        if category is None:
            lose(
                "no_category",
                _("Seat %(line)s %(seat)s of “%(section)s” has no category.") % {**at, "seat": seat.label},
                seat.id,
            )
        row["seats"].append(  # type: ignore[attr-defined]
            {
                "seat_guid": seat.id,
                "uuid": seat.id,
                "seat_number": seat.label,
                "position": _pixels(seat.x - first.x, seat.y - first.y),
                "category": names.get(category or "", ""),
            }
        )
    return row


def _drawn(one: Decoration, down: float) -> dict[str, Any]:
    text = {"text": one.text, "position": {"x": 0, "y": 0}, "size": 16}
    if one.outline:
        return {**_polygon(one.outline, down), "uuid": one.id, "text": text}
    if one.kind in ("text", "icon") or not (one.width and one.height):
        place = _pixels(one.x, one.y + down)
        return {"shape": "text", "uuid": one.id, "position": place, "text": text, "rotation": one.rotation, **_PLAIN}
    corner = turned((one.x - one.width / 2, one.y + down - one.height / 2), one.rotation, (one.x, one.y + down))
    return {
        "shape": "rectangle",
        "uuid": one.id,
        "position": _pixels(*corner),
        "rectangle": {"width": max(1, round(one.width / USUAL)), "height": max(1, round(one.height / USUAL))},
        "rotation": one.rotation,
        "text": text,
        **_PLAIN,
    }


_PLAIN: Final = {"color": "#eeeeee", "border_color": "#999999"}


def _polygon(outline: Sequence[Point], down: float) -> dict[str, Any]:
    x, y = outline[0]
    points = [_pixels(px - x, py - y) for px, py in outline]
    return {
        "shape": "polygon",
        "position": _pixels(x, y + down),
        "polygon": {"points": points},
        "rotation": 0,
        **_PLAIN,
    }


def _pixels(x: float, y: float) -> dict[str, float]:
    return {"x": round(x / USUAL, 2), "y": round(y / USUAL, 2)}
