"""Charts of seats.io (the drawing as JSON, versions 17 to 22): read only.

A chart has rows, tables, booths, general-admission areas and sections, or floors of these; a section has a chart of its own
whose positions are relative to the section's `topLeft`. A seat without a category has its section's. What no section holds
goes into one of its floor.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from seating.document import ICONS, MOST_SEATS, Area, Decoration, Document, Floor, Point, Row, Seat, Section, Table
from seating.formats.raw import (
    Categories,
    Imported,
    Mender,
    Notes,
    finished,
    joined,
    json_of,
    lifted,
    plain_number,
    refuse,
)
from seating.formats.rows import gaps_of
from seating.parts import turned

USUAL: Final = 2.0
VERSIONS: Final = range(17, 23)
FLAGS_OF: Final = {
    "accessible": "wheelchair",
    "companionSeat": "companion",
    "restrictedView": "restricted_view",
    "semiAmbulatorySeat": "semi_ambulatory",
    "hearingImpaired": "hearing",
    "signLanguageInterpretation": "sign_language",
    "plusSize": "plus_size",
    "liftUpArmrests": "armrest",
    "stepFreeAccess": "step_free",
}
_LISTS = ("rows", "tables", "booths", "generalAdmissionAreas", "sections", "shapes", "texts", "icons", "imageObjects")
_CHART = (*_LISTS, "focalPoint", "referenceChart", "floorName", "floorId", "uuid", "width", "height", "snapOffset")


def looks_like(data: object) -> bool:
    """Whether JSON is a chart of this kind."""
    chart = drawing_of(data)
    return isinstance(chart, dict) and ("subChart" in chart or "subChartFloors" in chart)


def drawing_of(data: object) -> object:
    """The chart itself, also where it is the `drawing` of a version."""
    return data["drawing"] if isinstance(data, dict) and isinstance(data.get("drawing"), dict) else data


def read(content: bytes, options: Mapping[str, Any]) -> Imported:
    """The chart as a document. Raises MapInvalid for what is no such chart."""
    notes = Notes()
    data = drawing_of(json_of(content, notes))
    if not looks_like(data):
        refuse("not_seatsio", _("This is no seats.io chart: it has no “subChart”."), "subChart")
    return _Reader(notes).read(data)  # type: ignore[arg-type]  # an object, as looks_like has found


class _Reader:
    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.mender = Mender(notes)
        self.categories = Categories(self.mender)
        self.zones: dict[object, tuple[str, Point | None]] = {}

    def read(self, data: Mapping[str, Any]) -> Imported:
        notes, mender = self.notes, self.mender
        known = ("name", "version", "categories", "venueType", "subChart", "subChartFloors", "zones", "tablesLabelCounter",
                 "uuidCounter", "showAllButtons")  # fmt: skip
        notes.unknown("chart", data, known, "")
        version = plain_number(data.get("version"))
        if version is None or version not in VERSIONS:
            notes.warn(
                "version", _("Charts of versions 17 to 22 are known; this one may have more than is read."), "version"
            )
        self.read_categories(data)
        self.read_zones(data)
        floors: list[Floor] = []
        focal: Point | None = None
        if isinstance(data.get("subChartFloors"), list):
            for where, chart in mender.items(data, "subChartFloors", ""):
                name = mender.name(
                    chart.get("floorName"), f"{where}.floorName", fallback=_("Floor %d") % (len(floors) + 1)
                )
                floors.append(self.floor(where, chart, name, len(floors) + 1))
                focal = focal or mender.point(chart.get("focalPoint"), where)
        elif isinstance(data.get("subChart"), dict):
            floors.append(self.floor("subChart", data["subChart"], _("Floor"), 1))
            focal = mender.point(data["subChart"].get("focalPoint"), "subChart.focalPoint")
        else:
            refuse("not_seatsio", _("This is no seats.io chart: its “subChart” is no object."), "subChart")
        if len(floors) > 20:
            refuse("too_many", _("A map has at most %d floors.") % 20)
        floors = self.with_own_categories(floors)
        mender.tell_rewritten()
        name = mender.name(data.get("name"), "name", fallback=_("Imported chart"))
        document = Document(name, 0, 0, tuple(self.categories.list), tuple(floors), focal)
        return Imported("seatsio", finished(document, notes, usual=USUAL), notes.all())

    def read_categories(self, data: Mapping[str, Any]) -> None:
        listed = data.get("categories")
        if not isinstance(listed, dict):
            self.notes.repaired("categories", _("The chart has no list of categories."), "categories")
            return
        for where, item in self.mender.items(listed, "list", "categories"):
            self.notes.unknown("category", item, ("key", "label", "color", "accessible", "cssClass"), where)
            key = item.get("key")
            called = str(key)[:200] if isinstance(key, (str, int, float)) else ""
            if not called or self.categories.knows(called):
                self.notes.lost("category_twice", _("A category without a key of its own is left out."), where)
                continue
            name = self.mender.name(item.get("label"), f"{where}.label", fallback=called[:80])
            color = self.mender.color(item.get("color"), f"{where}.color", fallback=self.categories.next_color())
            self.categories.add(called, name, color)
            if item.get("accessible") is True:
                self.notes.unkept("category", "accessible", where)

    def read_zones(self, data: Mapping[str, Any]) -> None:
        zones = data.get("zones")
        if isinstance(zones, dict):
            for where, item in self.mender.items(zones, "list", "zones"):
                key = item.get("key")
                label = self.mender.name(item.get("label"), f"{where}.label", fallback=str(key)[:40])
                if isinstance(key, (str, int)):
                    self.zones[key] = (label, self.mender.point(item.get("focalPoint"), where))

    # --- A floor ---------------------------------------------------------------------------------------------------------

    def floor(self, where: str, chart: Mapping[str, Any], name: str, number: int) -> Floor:
        self.notes.unknown("chart", chart, _CHART, where)
        self.images(where, chart)
        sections = [
            section
            for at, item in self.mender.items(chart, "sections", where)
            if (section := self.section(at, item)) is not None
        ]
        loose = self.lines(where, chart, (0.0, 0.0), None)
        areas = self.areas(where, chart, (0.0, 0.0))
        for at, item in self.mender.items(chart, "sections", where):
            inner, origin = item.get("subChart"), self.mender.point(item.get("topLeft"), at) or (0.0, 0.0)
            if isinstance(inner, dict):
                areas += self.areas(f"{at}.subChart", inner, origin)
        if loose[0] or loose[1]:
            wished = _("Seats") if number == 1 else _("Seats %d") % number
            own = Section(
                id=self.mender.id(None, where, fallback=f"floor{number}"),
                name=self.mender.section_name(wished, where),
                rows=tuple(loose[0]),
                tables=tuple(loose[1]),
            )
            sections.append(lifted(own))
        decorations = self.decorations(where, chart, (0.0, 0.0))
        for at, item in self.mender.items(chart, "sections", where):
            inner, origin = item.get("subChart"), self.mender.point(item.get("topLeft"), at) or (0.0, 0.0)
            if isinstance(inner, dict):
                decorations += self.decorations(f"{at}.subChart", inner, origin)
        return Floor(
            self.mender.id(None, where, fallback=f"f{number}"), name, tuple(sections), tuple(areas), tuple(decorations)
        )

    def section(self, where: str, data: Mapping[str, Any]) -> Section | None:
        known = ("points", "label", "categoryKey", "topLeft", "entrance", "zone", "subChart", "uuid", "displayLabel")
        self.notes.unknown("section", data, known, where)
        self.mender.count_element(where)
        origin = self.mender.point(data.get("topLeft"), where)
        inner = data.get("subChart")
        category = self.categories.of(data.get("categoryKey"), f"{where}.categoryKey")
        rows: list[Row] = []
        tables: list[Table] = []
        if isinstance(inner, dict):
            if origin is None:
                self.notes.repaired("top_left", _("This section has no “topLeft”: 0, 0 is used."), f"{where}.topLeft")
            self.notes.unknown("chart", inner, _CHART, f"{where}.subChart")
            self.images(f"{where}.subChart", inner)
            rows, tables = self.lines(f"{where}.subChart", inner, origin or (0.0, 0.0), category)
        label = self.mender.name(data.get("displayLabel") or data.get("label"), f"{where}.label", fallback=_("Section"))
        if not rows and not tables:
            self.notes.warn("section_empty", _("The section “%s” has no seats of its own.") % label, where)
        zone, focal = (
            self.zones.get(data.get("zone"), ("", None)) if isinstance(data.get("zone"), (str, int)) else ("", None)
        )
        return Section(
            id=self.mender.id(data.get("uuid"), where, fallback=f"section{self.mender.n_elements}"),
            name=self.mender.section_name(label, where),
            rows=tuple(rows),
            tables=tuple(tables),
            category=category,
            outline=self.mender.outline(self.points(where, data, (0.0, 0.0)), where),
            entrance=self.mender.name(data.get("entrance"), f"{where}.entrance"),
            zone=zone,
            focal=focal,
        )

    def lines(
        self, where: str, chart: Mapping[str, Any], origin: Point, category: str | None
    ) -> tuple[list[Row], list[Table]]:
        rows: list[Row] = []
        paths: dict[str, str] = {}
        for at, item in self.mender.items(chart, "rows", where):
            row = self.row(at, item, origin)
            if row is not None:
                rows.append(row)
                paths[row.id] = at
        tables = [
            table for at, item in self.mender.items(chart, "tables", where) if (table := self.table(at, item, origin))
        ]
        tables += [
            booth for at, item in self.mender.items(chart, "booths", where) if (booth := self.booth(at, item, origin))
        ]
        return joined(rows, self.notes, lambda row: paths[row.id]), tables

    def row(self, where: str, data: Mapping[str, Any], origin: Point) -> Row | None:
        known = ("label", "seats", "uuid", "points", "curve", "chairSpacing", "smooth", "displayLabel", "categoryKey",
                 "objectType")  # fmt: skip
        self.notes.unknown("row", data, known, where)
        self.mender.count_element(where)
        row_id = self.mender.id(data.get("uuid"), where, fallback=f"row{self.mender.n_elements}")
        seats = _with_companions(self.seats(where, data, origin, row_id), row_id, self.notes, where)
        if not seats:
            self.notes.lost("row_empty", _("This row has no seats and is left out."), where)
            return None
        return Row(
            id=row_id,
            label=self.mender.label(data.get("displayLabel") or data.get("label"), f"{where}.label"),
            seats=tuple(seats),
            category=self.categories.of(data.get("categoryKey"), f"{where}.categoryKey"),
            gaps=gaps_of([(seat.x, seat.y) for seat in seats]),
        )

    def seats(self, where: str, data: Mapping[str, Any], origin: Point, line: str) -> list[Seat]:
        known = ("x", "y", "label", "categoryKey", "uuid", "displayLabel", *FLAGS_OF)
        found: list[Seat] = []
        for at, item in self.mender.items(data, "seats", where):
            self.notes.unknown("seat", item, known, at)
            written = item.get("displayLabel") or item.get("label")
            label = self.mender.label(written, f"{at}.label", fallback=str(len(found) + 1))
            place = self.mender.place(item, label, at)
            if place is None:
                continue
            found.append(
                Seat(
                    id=self.mender.id(item.get("uuid"), at, fallback=f"{line[:30]}-{len(found) + 1}"),
                    label=label,
                    x=origin[0] + place[0],
                    y=origin[1] + place[1],
                    category=self.categories.of(item.get("categoryKey"), f"{at}.categoryKey"),
                    flags=frozenset(flag for member, flag in FLAGS_OF.items() if item.get(member) is True),
                )
            )
        return found

    def table(self, where: str, data: Mapping[str, Any], origin: Point) -> Table | None:
        known = ("label", "seats", "uuid", "center", "radius", "rotationAngle", "bookAsAWhole", "displayLabel", "width",
                 "height", "categoryKey", "type", "chairs", "objectType")  # fmt: skip
        self.notes.unknown("table", data, known, where)
        self.mender.count_element(where)
        table_id = self.mender.id(data.get("uuid"), where, fallback=f"table{self.mender.n_elements}")
        seats = self.seats(where, data, origin, table_id)
        label = self.mender.label(data.get("displayLabel") or data.get("label"), f"{where}.label")
        middle = self.mender.point(data.get("center"), where)
        if not seats or len(seats) > 200:
            self.notes.lost("table", _("Table “%s” has no seats, or more than 200, and is left out.") % label, where)
            return None
        if middle is None:
            self.notes.repaired("position", _("Table “%s” has no middle: that of its seats is used.") % label, where)
            middle = (
                sum(seat.x for seat in seats) / len(seats) - origin[0],
                sum(seat.y for seat in seats) / len(seats) - origin[1],
            )
        radius = self.mender.number(data.get("radius"), f"{where}.radius", default=30.0, least=0)
        is_square = data.get("width") is not None and data.get("height") is not None
        return Table(
            id=table_id,
            label=label,
            x=origin[0] + middle[0],
            y=origin[1] + middle[1],
            seats=tuple(seats),
            shape="rectangle" if is_square else "round",
            width=self.mender.number(data.get("width"), f"{where}.width", least=0) if is_square else 2 * radius,
            height=self.mender.number(data.get("height"), f"{where}.height", least=0) if is_square else 2 * radius,
            rotation=self.mender.number(data.get("rotationAngle"), f"{where}.rotationAngle") % 360,
            category=self.categories.of(data.get("categoryKey"), f"{where}.categoryKey"),
            is_whole=data.get("bookAsAWhole") is True,
        )

    def booth(self, where: str, data: Mapping[str, Any], origin: Point) -> Table | None:
        known = (
            "label",
            "uuid",
            "center",
            "width",
            "height",
            "rotationAngle",
            "categoryKey",
            "displayLabel",
            "objectType",
        )
        self.notes.unknown("booth", data, known, where)
        self.mender.count_element(where)
        label = self.mender.label(data.get("displayLabel") or data.get("label"), f"{where}.label")
        middle = self.mender.point(data.get("center"), where)
        if middle is None:
            self.notes.lost("position", _("Booth “%s” has no position and is left out.") % label, where)
            return None
        self.mender.count_seat(where)
        booth_id = self.mender.id(data.get("uuid"), where, fallback=f"booth{self.mender.n_elements}")
        self.notes.repaired("booth", _("Booth “%s” becomes a table with one place.") % label, where, booth_id)
        x, y = origin[0] + middle[0], origin[1] + middle[1]
        return Table(
            id=booth_id,
            label=label,
            x=x,
            y=y,
            seats=(Seat(self.mender.id(None, where, fallback=f"{booth_id[:30]}-1"), "1", x, y),),
            shape="rectangle",
            width=self.mender.number(data.get("width"), f"{where}.width", default=60.0, least=0),
            height=self.mender.number(data.get("height"), f"{where}.height", default=60.0, least=0),
            rotation=self.mender.number(data.get("rotationAngle"), f"{where}.rotationAngle") % 360,
            category=self.categories.of(data.get("categoryKey"), f"{where}.categoryKey"),
            is_whole=True,
        )

    # --- What has no seats -------------------------------------------------------------------------------------------------

    def areas(self, where: str, chart: Mapping[str, Any], origin: Point) -> list[Area]:
        found: list[Area] = []
        known = ("label", "uuid", "capacity", "categoryKey", "type", "points", "center", "width", "height", "radius",
                 "rotationAngle", "displayLabel", "entrance", "bookAsAWhole", "capacityType", "objectType")  # fmt: skip
        for at, item in self.mender.items(chart, "generalAdmissionAreas", where):
            self.notes.unknown("area", item, known, at)
            self.mender.count_element(at)
            name = self.mender.name(item.get("displayLabel") or item.get("label"), f"{at}.label", fallback=_("Area"))
            capacity = plain_number(item.get("capacity"))
            if item.get("bookAsAWhole") is True:
                self.notes.lost("whole_area", _("“%s” was sold as a whole; here it is so many places.") % name, at)
            if capacity is None or not 0 < capacity <= MOST_SEATS or capacity != int(capacity):
                self.notes.warn("capacity", _("The area “%s” has no capacity: set one.") % name, f"{at}.capacity")
                capacity = 0
            found.append(
                Area(
                    id=self.mender.id(item.get("uuid"), at, fallback=f"area{self.mender.n_elements}"),
                    name=name,
                    capacity=int(capacity),
                    outline=self.outline(at, item, origin),
                    category=self.categories.of(item.get("categoryKey"), f"{at}.categoryKey"),
                    entrance=self.mender.name(item.get("entrance"), f"{at}.entrance"),
                )
            )
        return found

    def decorations(self, where: str, chart: Mapping[str, Any], origin: Point) -> list[Decoration]:
        found: list[Decoration] = []
        for at, item in self.mender.items(chart, "shapes", where):
            known = (
                "uuid",
                "type",
                "points",
                "center",
                "width",
                "height",
                "radius",
                "rotationAngle",
                "label",
                "objectType",
            )
            self.notes.unknown("shape", item, known, at)
            self.mender.count_element(at)
            outline = self.outline(at, item, origin)
            if not outline:
                self.notes.lost("shape", _("A shape cannot be read and is left out."), at)
                continue
            xs, ys = [x for x, _y in outline], [y for _x, y in outline]
            text = self.mender.name(item.get("label"), f"{at}.label")
            is_stage = str(item.get("type")) == "stage"
            middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
            shape_id = self.mender.id(item.get("uuid"), at, fallback=f"shape{self.mender.n_elements}")
            found.append(Decoration(shape_id, "stage" if is_stage else "shape", *middle, text=text, outline=outline))
        for kind in ("texts", "icons"):
            for at, item in self.mender.items(chart, kind, where):
                words_known = ("uuid", "text", "label", "icon", "name", "centerX", "centerY", "center", "x", "y", "rotationAngle",
                         "objectType")  # fmt: skip
                self.notes.unknown(kind[:-1], item, words_known, at)
                self.mender.count_element(at)
                place = self.mender.point(item.get("center"), at) or self.mender.point(item, at)
                place = place or self.mender.point({"x": item.get("centerX"), "y": item.get("centerY")}, at)
                words = self.mender.name(
                    item.get("text") or item.get("label") or item.get("icon") or item.get("name"), at
                )
                if place is None or not words:
                    self.notes.lost("text_or_icon", _("A text or icon without words or place is left out."), at)
                    continue
                found.append(
                    Decoration(
                        id=self.mender.id(item.get("uuid"), at, fallback=f"text{self.mender.n_elements}"),
                        kind="icon" if kind == "icons" and words in ICONS else "text",
                        x=origin[0] + place[0],
                        y=origin[1] + place[1],
                        rotation=self.mender.number(item.get("rotationAngle"), at) % 360,
                        text=words,
                    )
                )
        return found

    def images(self, where: str, chart: Mapping[str, Any]) -> None:
        for at, _item in self.mender.items(chart, "imageObjects", where):
            self.notes.lost("image", _("A picture is not kept."), at)
        if chart.get("referenceChart"):
            self.notes.lost("image", _("The picture that was traced over is not kept."), f"{where}.referenceChart")

    def outline(self, where: str, data: Mapping[str, Any], origin: Point) -> tuple[Point, ...]:
        points = self.points(where, data, origin)
        middle = self.mender.point(data.get("center"), where)
        if not points and middle is not None:
            x, y = origin[0] + middle[0], origin[1] + middle[1]
            angle = self.mender.number(data.get("rotationAngle"), f"{where}.rotationAngle")
            radius = plain_number(data.get("radius"))
            width = self.mender.number(data.get("width"), f"{where}.width", least=0)
            height = self.mender.number(data.get("height"), f"{where}.height", least=0)
            if radius and radius > 0:
                around = [(math.tau * place / 32, radius, radius) for place in range(32)]
                points = [(x + rx * math.cos(a), y + ry * math.sin(a)) for a, rx, ry in around]
            elif width and height:
                corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
                points = [turned((x + sx * width / 2, y + sy * height / 2), angle, (x, y)) for sx, sy in corners]
        return self.mender.outline(points, where)

    def points(self, where: str, data: Mapping[str, Any], origin: Point) -> list[Point]:
        listed = data.get("points")
        found = [self.mender.point(point, where) for point in listed] if isinstance(listed, list) else []
        kept = [(origin[0] + point[0], origin[1] + point[1]) for point in found if point is not None]
        if unread := len(found) - len(kept):
            words = ngettext(
                "%d point of an outline cannot be read.", "%d points of an outline cannot be read.", unread
            )
            self.notes.lost("point", words % unread, where)
        return kept

    def with_own_categories(self, floors: Sequence[Floor]) -> list[Floor]:
        """Areas with a category of their own each, as our maps need it: one that seats or another area have is copied."""
        taken: set[str | None] = {
            seat.category or line.category or section.category
            for floor in floors
            for section in floor.sections
            for line in section.lines
            for seat in line.seats
        }
        made: list[Floor] = []
        for floor in floors:
            areas: list[Area] = []
            for area in floor.areas:
                key = area.category
                if key is not None and key in taken:
                    old = next(category for category in self.categories.list if category.key == key)
                    key = self.categories.add(("area", area.id), f"{old.name} – {area.name}"[:80], old.color)
                    words = _("The area “%s” shared its category; it has one of its own now.")
                    self.notes.repaired("area_category_shared", words % area.name, element=area.id)
                taken.add(key)
                areas.append(replace(area, category=key))
            made.append(replace(floor, areas=tuple(areas)))
        return made


def _with_companions(seats: Sequence[Seat], line: str, notes: Notes, where: str) -> list[Seat]:
    """Wheelchair spaces with the companion seats beside them, which a chart does not link."""
    made = list(seats)
    linked = 0
    for place, seat in enumerate(seats):
        if "wheelchair" not in seat.flags:
            continue
        beside: list[str] = []
        for step in (-1, 1):
            other = place + step
            while 0 <= other < len(seats) and "companion" in seats[other].flags and len(beside) < 4:
                beside.append(seats[other].id)
                other += step
        if beside:
            made[place] = replace(seat, companions=tuple(beside))
            linked += 1
    if linked:
        words = ngettext(
            "%d wheelchair space of this row belongs to the companion seats beside it now: check this.",
            "%d wheelchair spaces of this row belong to the companion seats beside them now: check this.",
            linked,
        )
        notes.repaired("companions_linked", words % linked, where, line)
    return made
