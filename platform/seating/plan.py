"""A map described instead of drawn: floors, sections, blocks of rows and their numbering, from which a document is made.

A plan (`marquee-seat-plan`, version 1) says what a person would: "20 rows of 24 seats, curved about the stage, aisles after
the 8th and 16th, rows A to U without I". docs/seat-map-formats.md has every member. The same plan makes the same document
with the same ids, and ids follow names and places: a longer row or another price leaves the others' ids alone.

Lengths are centimetres, angles degrees clockwise. In a block's own frame a row runs from left to right as its audience sees
the stage, and rows go backwards from the front.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from seating.document import (
    DECORATIONS,
    FLAGS,
    ICONS,
    LONGEST_LABEL,
    MOST_CATEGORIES,
    MOST_ELEMENTS,
    MOST_FLOORS,
    MOST_POINTS,
    MOST_SEATS,
    TABLE_SHAPES,
    Area,
    Category,
    Decoration,
    Document,
    Floor,
    Point,
    Row,
    Seat,
    Section,
    Table,
    as_dict,
    parse,
)
from seating.errors import Fault, MapInvalid
from seating.moves import fitted, moved_section, moved_shape, slug_of
from seating.numbering import DIRECTIONS, ROW_SCHEMES, row_label, seat_numbers
from seating.parts import Part, is_whole, turned

FORMAT: Final = "marquee-seat-plan"
VERSION: Final = 1
PRESETS: Final = ("theatre", "cabaret", "standing", "stadium")
MARGIN: Final = 200.0  # centimetres around everything
PITCH, ROW_PITCH, AISLE = 52.0, 90.0, 110.0
MOST_ROWS, MOST_IN_A_ROW, MOST_BLOCKS, MOST_COPIES = 500, 1_000, 200, 400
PADDING: Final = 45.0  # from a seat's middle to its section's outline
CHAIR: Final = 35.0  # from a table's edge to the middle of a chair

_RANGE = re.compile(r"(\d{1,4})-(\d{1,4})")


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan made, and what its writer should know: warnings only, errors are raised."""

    document: Document
    faults: Sequence[Fault]


def compile_plan(data: object) -> Planned:
    """The document that the plan in plain JSON values describes. Raises MapInvalid with every fault of the plan."""
    faults: list[Fault] = []
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("version") != VERSION:
        words = _("This is not a plan: “format” must be “%(format)s” and “version” %(version)d.")
        raise MapInvalid([Fault("not_a_plan", words % {"format": FORMAT, "version": VERSION}, where="format")])
    document = _Builder(faults).document(Part(data, "", faults))
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise MapInvalid(errors)
    return Planned(document=parse(as_dict(document)), faults=faults)


def preset(name: str) -> dict[str, Any]:
    """One of the plans that come with the product, by its name in PRESETS. Raises KeyError."""
    if name not in PRESETS:
        raise KeyError(name)
    plan: dict[str, Any] = json.loads((Path(__file__).parent / "presets" / f"{name}.json").read_text())
    return plan


@dataclass(frozen=True, slots=True)
class _Spot:
    """A seat before it has an id: its place in its row from 1 at the left, holes counted."""

    place: int
    at: Point
    label: str


class _Enough(Exception):
    """The plan has made more seats than a map may have."""


class _Builder:
    """Makes one document, collecting faults."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        self.ids = set[str]()
        self.numbers = dict[str, int]()
        self.categories = set[str]()
        self.n_seats = 0

    # --- The whole -----------------------------------------------------------------------------------------------------

    def document(self, part: Part) -> Document:
        part.take("format"), part.take("version")
        name = part.text("name")
        if not name.strip():
            part.fault("name", _("Give the map a name."), "name")
        categories = tuple(self.category(one) for one in part.parts("categories", most=MOST_CATEGORIES))
        focal = part.point("focal")
        width, height = part.number("width", least=0), part.number("height", least=0)
        margin = part.number("margin", MARGIN, least=0, most=10_000)
        try:
            floors = tuple(self.floor(one) for one in part.parts("floors", most=MOST_FLOORS))
        except _Enough:
            part.fault("too_many_seats", _("A map has at most %d seats.") % MOST_SEATS)
            return Document(name, width, height)
        part.rest()
        document = Document(name, width, height, categories, floors, focal)
        return document if width and height else fitted(document, margin)

    def category(self, part: Part) -> Category:
        key = part.text("key", longest=30)
        if not re.fullmatch(r"[a-z0-9_-]+", key):
            part.fault("category_key", _("A category's key has 1 to 30 of a-z, 0-9, _ and -."), "key")
        elif key in self.categories:
            part.fault("category_twice", _("The category “%s” is there twice.") % key, "key")
        self.categories.add(key)
        color = part.text("color", "#808080", longest=7).lower()
        if not re.fullmatch(r"#[0-9a-f]{6}", color):
            part.fault("color", _("A colour is written #rrggbb."), "color")
        name = part.text("name", key)
        part.rest()
        return Category(key, name, color)

    def floor(self, part: Part) -> Floor:
        name = part.text("name")
        floor_id = self.id(f"f__{slug_of(name) or 'floor'}")
        sections: list[Section] = []
        for one in part.parts("sections", most=MOST_ELEMENTS):
            sections += self.sections(one)
        areas = tuple(self.area(one) for one in part.parts("areas", most=MOST_ELEMENTS))
        decorations = [self.decoration(one) for one in part.parts("decorations", most=MOST_ELEMENTS)]
        stage = part.part("stage")
        if stage is not None:
            decorations.insert(0, self.decoration(stage, kind="stage"))
        part.rest()
        return Floor(floor_id, name, tuple(sections), areas, tuple(decorations))

    # --- Sections ------------------------------------------------------------------------------------------------------

    def sections(self, part: Part) -> Iterator[Section]:
        """The section, its copies and its mirror image."""
        repeat, mirror = part.part("repeat"), part.part("mirror")
        copies = self.copies(repeat) if repeat else [("", lambda point: point, 0.0)]
        before = len(self.faults)
        for suffix, move, angle in copies:
            reading = Part(part.data, part.at, self.faults)
            reading.taken |= {"repeat", "mirror"}
            section = self.section(reading, suffix, move, angle)
            yield section
            if mirror is not None:
                yield self.mirrored(Part(mirror.data, mirror.at, self.faults), section, suffix)
            if any(fault.severity == "error" for fault in self.faults[before:]):
                return  # its copies would only say the same again

    def copies(self, part: Part) -> Sequence[tuple[str, Callable[[Point], Point], float]]:
        """How each copy of a repeated section is called, moved and turned; the first stays where it is."""
        count = part.whole("count", 1, least=1, most=MOST_COPIES)
        step, about = part.point("step", (0.0, 0.0)) or (0.0, 0.0), part.point("about", (0.0, 0.0)) or (0.0, 0.0)
        turn, number = part.number("turn", least=-360, most=360), part.whole("from", 1, least=0, most=9_999)
        by = part.whole("by", 1, least=-100, most=100)
        part.rest()

        def moving(copy: int) -> Callable[[Point], Point]:
            def move(point: Point) -> Point:
                x, y = turned(point, turn * copy, about)
                return (x + step[0] * copy, y + step[1] * copy)

            return move

        return [(str(number + by * copy), moving(copy), turn * copy) for copy in range(count)]

    def section(self, part: Part, suffix: str, move: Callable[[Point], Point], angle: float) -> Section:
        name = part.text("name").replace("{n}", suffix)
        if not name.strip():
            part.fault("section_name", _("A section has no name."), "name")
        section_id = self.id(slug_of(part.text("id", longest=20).replace("{n}", suffix)) or slug_of(name) or "section")
        category = self.category_of(part)
        zone, entrance = part.text("zone"), part.text("entrance").replace("{n}", suffix)
        focal = part.point("focal")
        outline = part.points("outline", most=MOST_POINTS)
        rows: list[Row] = []
        edges: list[Sequence[Point]] = []
        for number, block in enumerate(part.parts("blocks", most=MOST_BLOCKS), start=1):
            block_rows, edge = self.block(block, f"{section_id}_{number}", category)
            rows += block_rows
            edges.append(edge)
        tables: list[Table] = []
        for number, group in enumerate(part.parts("tables", most=MOST_BLOCKS), start=1):
            tables += self.tables(group, f"{section_id}_t{number}", category)
        part.rest()
        if not outline:
            around = [(t.x + dx * t.width, t.y + dy * t.height) for t in tables for dx in (-1, 1) for dy in (-1, 1)]
            alone = len(edges) == 1 and not tables
            outline = tuple(edges[0]) if alone else _hull([*(point for edge in edges for point in edge), *around])
        whole = Section(section_id, name, tuple(rows), tuple(tables), category, outline, entrance, zone, focal)
        return moved_section(whole, move, angle)

    def mirrored(self, part: Part, section: Section, suffix: str) -> Section:
        """The section on the other side of the upright line x = axis, with ids and a name of its own.

        Rows still run from left to right. Labels go with their seats, or are given again in the old order.
        """
        axis = part.number("axis")
        name = part.text("name", section.name).replace("{n}", suffix)
        numbering = part.choice("numbering", ("mirrored", "same"))
        entrance = part.text("entrance", section.entrance)
        part.rest()
        if name == section.name:
            part.fault("section_twice", _("The mirrored section needs a name of its own."), "name")
        old, new = section.id, self.id(slug_of(name) or f"{section.id}-mirrored")

        def other(point: Point) -> Point:
            return (2 * axis - point[0], point[1])

        def renamed(element: str) -> str:
            return new + element.removeprefix(old)

        def seat(one: Seat) -> Seat:
            x, y = other((one.x, one.y))
            return replace(one, id=renamed(one.id), x=x, y=y, companions=tuple(map(renamed, one.companions)))

        def seats(line: Row | Table) -> tuple[Seat, ...]:
            self.count(len(line.seats))
            turned_round = [seat(one) for one in reversed(line.seats)]
            if numbering == "same":
                turned_round = [replace(a, label=b.label) for a, b in zip(turned_round, line.seats, strict=True)]
            return tuple(turned_round)

        return replace(
            section,
            id=new,
            name=name,
            entrance=entrance,
            outline=tuple(other(point) for point in reversed(section.outline)),
            focal=other(section.focal) if section.focal else None,
            rows=tuple(
                replace(
                    row,
                    id=renamed(row.id),
                    seats=seats(row),
                    gaps=tuple(sorted(len(row.seats) - 2 - gap for gap in row.gaps)),
                    shape=moved_shape(row.shape, other),
                )
                for row in section.rows
            ),
            tables=tuple(
                replace(table, id=renamed(table.id), x=2 * axis - table.x, rotation=-table.rotation, seats=seats(table))
                for table in section.tables
            ),
        )

    # --- Blocks of rows ------------------------------------------------------------------------------------------------

    def block(self, part: Part, prefix: str, of_section: str | None) -> tuple[list[Row], Sequence[Point]]:
        """The rows of a block, front to back, and the line around it."""
        count = part.whole("rows", 1, least=1, most=MOST_ROWS)
        pitch = part.number("pitch", PITCH, least=20, most=1_000)
        row_pitch = part.number("row_pitch", ROW_PITCH, least=20, most=5_000)
        frame = _Frame.read(part, pitch, row_pitch)
        sizes = self.sizes(part, count, frame)
        aisles = [_Aisle.read(one) for one in self.shorthand(part, "aisles", "at")]
        align = part.choice("align", ("centre", "left", "right"))
        stagger = part.number("stagger", least=-5, most=5)
        labels = self.row_labels(part, count)
        numbers = _Numbers.read(part.part("seat_labels"))
        category = self.category_of(part)
        marks = [self.mark(one) for one in part.parts("marks", most=500)]
        wheelchairs = [self.wheelchair(one) for one in part.parts("wheelchairs", most=500)]
        flags_aisles = part.truth("flag_aisles")
        part.rest()

        self.count(sum(sizes))
        along = [_along(size, pitch, aisles, part) for size in sizes]
        lines = [
            [_Spot(place, frame.point(u, number), "") for place, u in enumerate(us, start=1)]
            for number, us in enumerate(_aligned([us for us, _gaps in along], align, stagger * pitch))
        ]
        said = _said(marks, wheelchairs, [len(line) for line in lines])
        rows: list[Row] = []
        for number, (line, (_us, gaps), of_row) in enumerate(zip(lines, along, said, strict=True)):
            if flags_aisles:
                for place in {place for gap in gaps for place in (gap + 1, gap + 2)}:
                    of_row[place] = of_row.get(place, _Said()).flagged("aisle")
            row_id = self.id(f"{prefix}_{number + 1}")
            seats, gaps_now = _seats(row_id, numbers.given(line, of_row), gaps, of_row)
            if not seats:
                continue
            row_category = category if category != of_section else None
            painted = {seat.category for seat in seats}
            if len(painted) == 1 and None not in painted:  # the whole row is painted: say so once
                row_category = painted.pop()
                seats = [replace(seat, category=None) for seat in seats]
            rows.append(Row(row_id, labels[number], tuple(seats), row_category, gaps_now, frame.shape(number)))
        return rows, _around([[spot.at for spot in line] for line in lines if line], frame)

    def sizes(self, part: Part, count: int, frame: "_Frame") -> list[int]:
        """How many places each row has: one number, a list, a first row that grows, or a wedge that is filled."""
        value = part.take("seats")
        if is_whole(value) and 1 <= value <= MOST_IN_A_ROW:
            return [value] * count
        if (
            isinstance(value, list)
            and len(value) == count
            and all(is_whole(n) and 0 <= n <= MOST_IN_A_ROW for n in value)
        ):
            return list(value)
        if isinstance(value, dict):
            inner = Part(value, part.path("seats"), self.faults)
            if inner.has("degrees"):
                degrees = inner.number("degrees", 1, least=0, most=360, above=True)
                inner.rest()
                if not frame.radius:
                    inner.fault("straight", _("Only curved rows can fill an angle: give a radius or a focal point."))
                    return [1] * count
                wedge = math.radians(degrees)
                return [
                    min(MOST_IN_A_ROW, max(1, int(wedge * (frame.radius + number * frame.row_pitch) / frame.pitch)))
                    for number in range(count)
                ]
            first = inner.whole("first", 1, least=1, most=MOST_IN_A_ROW)
            growth = inner.whole("growth", 1, least=-100, most=100)
            every = inner.whole("every", 1, least=1, most=MOST_ROWS)
            inner.rest()
            grown = [first + growth * (number // every) for number in range(count)]
            if min(grown) < 1 or max(grown) > MOST_IN_A_ROW:
                inner.fault(
                    "seats", _("The rows grow out of bounds: from %(a)d to %(b)d.") % {"a": grown[0], "b": grown[-1]}
                )
                return [1] * count
            return grown
        words = _("“seats” is a number from 1 to %d, a list with one for each row, or an object.")
        part.fault("seats", words % MOST_IN_A_ROW, "seats")
        return [1] * count

    def row_labels(self, part: Part, count: int) -> list[str]:
        value = part.take("row_labels")
        if isinstance(value, list):
            if len(value) == count and all(
                isinstance(label, str) and 0 < len(label) <= LONGEST_LABEL for label in value
            ):
                return list(value)
            words = _("“row_labels” needs one label of 1 to %(n)d characters for each of the %(rows)d rows.")
            part.fault("row_labels", words % {"n": LONGEST_LABEL, "rows": count}, "row_labels")
            return [""] * count
        if value is not None and not isinstance(value, dict):
            part.fault("row_labels", _("“row_labels” is a list or an object."), "row_labels")
            return [""] * count
        return self.line_labels(Part(value or {}, part.path("row_labels"), self.faults), count)

    def line_labels(self, part: Part, count: int) -> list[str]:
        scheme = part.choice("scheme", ROW_SCHEMES)
        start = part.whole("from", 1, least=1, most=9_000)
        step = part.whole("step", 1, least=1, most=100)
        skip, prefix = part.text("skip", longest=24).upper(), part.text("prefix", longest=8)
        doubled, is_reversed = part.truth("doubled"), part.truth("reversed")
        part.rest()
        try:
            labels = [
                prefix + row_label(start + step * n, scheme=scheme, skip=skip, doubled=doubled)  # type: ignore[arg-type]
                for n in range(count)
            ]
        except ValueError:
            part.fault("skip", _("There must be letters left."), "skip")
            return [""] * count
        if any(len(label) > LONGEST_LABEL for label in labels):
            part.fault("row_labels", _("A label has at most %d characters.") % LONGEST_LABEL)
            return [""] * count
        return labels[::-1] if is_reversed else labels

    def mark(self, part: Part) -> "_Mark":
        flags = part.take("flags")
        if flags is not None and (
            not isinstance(flags, list) or not all(isinstance(f, str) and f in FLAGS for f in flags)
        ):
            part.fault("flags", _("A seat's flags are among: %s.") % ", ".join(FLAGS), "flags")
            flags = None
        mark = _Mark(
            part=part,
            which_rows=_selection(part, "rows"),
            which_seats=_selection(part, "seats"),
            category=self.category_of(part),
            flags=tuple(flags or ()),
            leave_out=part.truth("leave_out"),
        )
        part.rest()
        return mark

    def wheelchair(self, part: Part) -> "_Wheelchair":
        companions = part.take("companions")
        if companions is None:
            companions = []
        if not isinstance(companions, list) or len(companions) > 20 or not all(is_whole(one) for one in companions):
            part.fault("companions", _("Companions are a list of seats."), "companions")
            companions = []
        row = part.whole("row", 0, least=1, most=MOST_ROWS)
        seat = part.whole("seat", 0, least=-MOST_IN_A_ROW, most=MOST_IN_A_ROW)
        part.rest()
        return _Wheelchair(part, row, seat, tuple(companions))

    # --- Tables, areas, decorations --------------------------------------------------------------------------------------

    def tables(self, part: Part, prefix: str, of_section: str | None) -> list[Table]:
        """Tables in a grid, row by row from the first one's middle, or one alone."""
        columns, rows = part.whole("columns", 1, least=1, most=200), part.whole("rows", 1, least=1, most=200)
        at, step = part.point("at", (0.0, 0.0)) or (0.0, 0.0), part.point("step", (320.0, 320.0)) or (0.0, 0.0)
        rotation = part.number("rotation", least=-360, most=360)
        stagger = part.number("stagger", least=-5, most=5)
        shape = part.choice("shape", TABLE_SHAPES)
        width = part.number("width", 150.0, least=10, most=5_000)
        height = part.number("height", width if shape == "round" else 80.0, least=10, most=5_000)
        count = part.whole("seats", 6, least=1, most=200)
        opening = part.number("opening", least=0, most=350)
        category = self.category_of(part)
        labels = self.line_labels(part.part("labels") or Part({"scheme": "numbers"}, "", self.faults), columns * rows)
        whole = part.take("whole")
        if (
            whole is not None
            and not isinstance(whole, bool)
            and not (isinstance(whole, list) and all(map(is_whole, whole)))
        ):
            part.fault("whole", _("“whole” is true, false, or a list of which tables: [1, 2]."), "whole")
            whole = None
        flags = part.take("flags")
        if flags is not None and (
            not isinstance(flags, list) or not all(isinstance(f, str) and f in FLAGS for f in flags)
        ):
            part.fault("flags", _("A seat's flags are among: %s.") % ", ".join(FLAGS), "flags")
            flags = None
        part.rest()
        self.count(columns * rows * count)
        tables: list[Table] = []
        for number in range(columns * rows):
            down, across = divmod(number, columns)
            x = at[0] + step[0] * (across + stagger * (down % 2))
            y = at[1] + step[1] * down
            table_id = self.id(f"{prefix}_{number + 1}")
            chairs = _chairs(shape, width, height, count, opening)
            seats = []
            for place, chair in enumerate(chairs, start=1):
                dx, dy = turned(chair, rotation)
                seats.append(Seat(f"{table_id}_{place}", str(place), x + dx, y + dy, flags=frozenset(flags or ())))
            tables.append(
                Table(
                    id=table_id,
                    label=labels[number],
                    x=x,
                    y=y,
                    seats=tuple(seats),
                    shape=shape,
                    width=width,
                    height=height,
                    rotation=rotation,
                    category=category if category != of_section else None,
                    is_whole=whole is True or (isinstance(whole, list) and number + 1 in whole),
                )
            )
        return tables

    def area(self, part: Part) -> Area:
        name = part.text("name")
        area = Area(
            id=self.id(f"a__{slug_of(name) or 'area'}"),
            name=name,
            capacity=part.whole("capacity", 0, least=0, most=MOST_SEATS),
            outline=part.points("outline", most=MOST_POINTS) or self.box(part),
            category=self.category_of(part),
            entrance=part.text("entrance"),
        )
        part.rest()
        return area

    def box(self, part: Part) -> tuple[Point, ...]:
        """A rectangle given by its middle and size, if it is."""
        at, size = part.point("at"), part.point("size")
        if at is None or size is None:
            return ()
        (x, y), (w, h) = at, size
        return ((x - w / 2, y - h / 2), (x + w / 2, y - h / 2), (x + w / 2, y + h / 2), (x - w / 2, y + h / 2))

    def decoration(self, part: Part, kind: str = "") -> Decoration:
        kind = kind or part.choice("kind", ("shape", *(one for one in DECORATIONS if one != "shape")))
        (x, y), (width, height) = part.point("at", (0.0, 0.0)) or (0, 0), part.point("size", (0.0, 0.0)) or (0, 0)
        text = part.text("text")
        if kind == "icon" and text not in ICONS:
            part.fault("icon", _("An icon's text is one of: %s.") % ", ".join(ICONS), "text")
        if width < 0 or height < 0:
            part.fault("negative", _("“%s” cannot be negative.") % "size", "size")
        made = Decoration(
            id=self.id(f"d__{kind}-{slug_of(text) or 'plain'}"),
            kind=kind,
            x=x,
            y=y,
            width=width,
            height=height,
            rotation=part.number("rotation", least=-360, most=360),
            text=text,
            outline=part.points("outline", most=MOST_POINTS),
        )
        part.rest()
        return made

    # --- Members ---------------------------------------------------------------------------------------------------------

    def shorthand(self, part: Part, name: str, member: str) -> list[Part]:
        """A list whose items may be written as the number of their one necessary member."""
        value = part.take(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > 100:
            part.fault("list", _("“%(name)s” is a list of at most %(n)d.") % {"name": name, "n": 100}, name)
            return []
        found = []
        for place, item in enumerate(value):
            if is_whole(item):
                found.append(Part({member: item}, f"{part.path(name)}[{place}]", self.faults))
            elif isinstance(item, dict):
                found.append(Part(item, f"{part.path(name)}[{place}]", self.faults))
            else:
                part.fault("not_an_object", _("This is not an object."), f"{name}[{place}]")
        return found

    def category_of(self, part: Part) -> str | None:
        key = part.take("category")
        if key is None or (isinstance(key, str) and key in self.categories):
            return key
        part.fault("category_missing", _("There is no category “%s”.") % str(key)[:40], "category")
        return None

    def count(self, more: int) -> None:
        self.n_seats += more
        if self.n_seats > MOST_SEATS:
            raise _Enough

    def id(self, wished: str) -> str:
        """`wished`, or with a number after it the first that is free."""
        found, number = wished, self.numbers.get(wished, 1)
        while found in self.ids:
            number += 1
            found = f"{wished}-{number}"
        self.numbers[wished] = number
        self.ids.add(found)
        return found


# --- Geometry of a block -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a block is: the middle of its front row, how it is turned, and how far away the point is that rows bend about."""

    at: Point
    rotation: float
    radius: float  # of the front row; 0: rows are straight
    pitch: float
    row_pitch: float

    @classmethod
    def read(cls, part: Part, pitch: float, row_pitch: float) -> "_Frame":
        at = part.point("at", (0.0, 0.0)) or (0.0, 0.0)
        radius = part.number("radius", least=0)
        rotation = part.number("rotation", least=-360, most=360)
        focal, is_straight = part.point("focal"), part.truth("straight")
        if focal is not None:
            away = (at[0] - focal[0], at[1] - focal[1])
            if not part.has("rotation") and away != (0.0, 0.0):
                rotation = math.degrees(math.atan2(-away[0], away[1]))
            radius = 0.0 if is_straight else radius or math.hypot(*away)
        return cls(at, rotation, radius, pitch, row_pitch)

    def point(self, along: float, row: int) -> Point:
        """Where a seat is that lies `along` centimetres from the middle of row `row` (0 is the front one)."""
        back = row * self.row_pitch
        if self.radius:
            angle = along / (self.radius + back)
            local = ((self.radius + back) * math.sin(angle), (self.radius + back) * math.cos(angle) - self.radius)
        else:
            local = (along, back)
        x, y = turned(local, self.rotation)
        return (self.at[0] + x, self.at[1] + y)

    @property
    def centre(self) -> Point:
        """The point that curved rows bend about."""
        x, y = turned((0.0, -self.radius), self.rotation)
        return (self.at[0] + x, self.at[1] + y)

    def shape(self, row: int) -> dict[str, Any]:
        """How the editor is to take this row up again."""
        if not self.radius:
            return {"kind": "line", "pitch": self.pitch}
        centre = [round(value, 1) for value in self.centre]
        return {
            "kind": "arc",
            "pitch": self.pitch,
            "radius": round(self.radius + row * self.row_pitch, 1),
            "center": centre,
        }


@dataclass(frozen=True, slots=True)
class _Aisle:
    """An aisle beside the seat number `at`, counted from the left, the right, or the row's middle to the right."""

    at: int
    side: str
    width: float
    part: Part

    @classmethod
    def read(cls, part: Part) -> "_Aisle":
        at = part.whole("at", 0, least=-MOST_IN_A_ROW, most=MOST_IN_A_ROW)
        side, width = part.choice("from", ("left", "right", "middle")), part.number("width", AISLE, least=0, most=5_000)
        part.rest()
        return cls(at, side, width, part)

    def before(self, size: int) -> int:
        """The place (from 0) that the aisle comes before."""
        return {"left": self.at, "right": size - self.at, "middle": size // 2 + self.at}[self.side]


def _along(size: int, pitch: float, aisles: Sequence[_Aisle], part: Part) -> tuple[list[float], list[int]]:
    """Where the seats of a row are, from its first one, and after which of them (from 0) an aisle comes."""
    wider: dict[int, float] = {}
    for aisle in aisles:
        before = aisle.before(size)
        if 0 < before < size:
            wider[before] = max(wider.get(before, 0.0), aisle.width)
    places, here = [], 0.0
    for place in range(size):
        here += (pitch if place else 0.0) + wider.get(place, 0.0)
        places.append(here)
    return places, sorted(before - 1 for before in wider)


def _aligned(rows: Sequence[Sequence[float]], align: str, stagger: float) -> list[list[float]]:
    """The same from the block's middle; every other row is moved by `stagger`."""
    totals = [row[-1] if row else 0.0 for row in rows]
    widest = max(totals, default=0.0)
    starts = {
        "centre": [-total / 2 for total in totals],
        "left": [-widest / 2 for _total in totals],
        "right": [widest / 2 - total for total in totals],
    }[align]
    return [
        [start + stagger * (number % 2) + u for u in row]
        for number, (start, row) in enumerate(zip(starts, rows, strict=True))
    ]


@dataclass(frozen=True, slots=True)
class _Numbers:
    """How the seats of a row are numbered. With `closes_holes` a place that is left out takes no number."""

    start: int = 1
    step: int = 1
    direction: str = "left_to_right"
    odd_side_left: bool = True
    prefix: str = ""
    closes_holes: bool = True

    @classmethod
    def read(cls, part: Part | None) -> "_Numbers":
        if part is None:
            return cls()
        numbers = cls(
            start=part.whole("from", 1, least=0, most=99_999),
            step=part.whole("step", 1, least=1, most=100),
            direction=part.choice("direction", DIRECTIONS),
            odd_side_left=part.choice("first_side", ("left", "right")) == "left",
            prefix=part.text("prefix", longest=4),
            closes_holes=not part.truth("keep_holes"),
        )
        part.rest()
        return numbers

    def given(self, spots: Sequence[_Spot], said: Mapping[int, "_Said"]) -> list[_Spot]:
        """The places of a row with their labels."""
        left_out = {spot.place for spot in spots if said.get(spot.place, _Said()).is_left_out}
        holes = left_out if self.closes_holes else set()
        labels = iter(self.labels(len(spots) - len(holes)))
        return [replace(spot, label="" if spot.place in holes else next(labels)) for spot in spots]

    def labels(self, count: int) -> list[str]:
        numbers = seat_numbers(
            count,
            start=self.start,
            step=self.step,
            direction=self.direction,  # type: ignore[arg-type]
            odd_side_left=self.odd_side_left,
        )
        return [f"{self.prefix}{number}" for number in numbers]


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is said of some seats of a block: a category, flags, or that they are left out."""

    part: Part
    which_rows: Sequence[tuple[int, int]] | None
    which_seats: Sequence[tuple[int, int]] | None
    category: str | None
    flags: tuple[str, ...]
    leave_out: bool

    def rows(self, count: int) -> Iterator[int]:
        return _meant(self.which_rows, count)

    def seats(self, count: int) -> Iterator[int]:
        return _meant(self.which_seats, count)


@dataclass(frozen=True, slots=True)
class _Said:
    """All that marks say of one seat; a later category wins."""

    category: str | None = None
    flags: frozenset[str] = frozenset()
    is_left_out: bool = False
    companions: tuple[int, ...] = ()  # their places in the row

    def also(self, mark: _Mark) -> "_Said":
        return _Said(mark.category or self.category, self.flags | set(mark.flags), self.is_left_out or mark.leave_out)

    def flagged(self, flag: str) -> "_Said":
        return replace(self, flags=self.flags | {flag})


@dataclass(frozen=True, slots=True)
class _Wheelchair:
    part: Part
    row: int
    seat: int
    companions: tuple[int, ...]


def _said(marks: Sequence[_Mark], spaces: Sequence[_Wheelchair], sizes: Sequence[int]) -> list[dict[int, _Said]]:
    """What is said of the seats of each row, by their places."""
    said: list[dict[int, _Said]] = [{} for _size in sizes]
    for mark in marks:
        found = False
        for number in mark.rows(len(sizes)):
            row = said[number - 1]
            for place in mark.seats(sizes[number - 1]):
                row[place] = row.get(place, _Said()).also(mark)
                found = True
        if not found:
            mark.part.warn("nothing_marked", _("No seat of this block is meant by this."))
    for space in spaces:
        size = sizes[space.row - 1] if 1 <= space.row <= len(sizes) else 0
        at, *beside = (_counted(place, size) for place in (space.seat, *space.companions))
        if not all(1 <= place <= size for place in (at, *beside)):
            space.part.fault("no_such_seat", _("There is no such seat in this block."))
            continue
        row = said[space.row - 1]
        row[at] = replace(row.get(at, _Said()).flagged("wheelchair"), companions=tuple(beside))
        for place in beside:
            row[place] = row.get(place, _Said()).flagged("companion")
    return said


def _seats(
    row_id: str, spots: Sequence[_Spot], gaps: Sequence[int], said: Mapping[int, _Said]
) -> tuple[list[Seat], tuple[int, ...]]:
    """The seats of a row, and after which of them nobody is adjacent: an aisle, or a place that is left out."""
    seats: list[Seat] = []
    closed = set[int]()
    for spot in spots:
        here = said.get(spot.place, _Said())
        if not here.is_left_out:
            companions = tuple(f"{row_id}_{place}" for place in here.companions)
            seat_id = f"{row_id}_{spot.place}"
            seats.append(Seat(seat_id, spot.label, *spot.at, here.category, here.flags, companions))
        if here.is_left_out or spot.place - 1 in gaps:
            closed.add(len(seats) - 1)
    return seats, tuple(sorted(gap for gap in closed if 0 <= gap < len(seats) - 1))


def _selection(part: Part, name: str) -> Sequence[tuple[int, int]] | None:
    """Which rows or seats are meant: 3, -1 for the last, "5-8", or a list of these. None: all."""
    value = part.take(name)
    if value is None:
        return None
    found: list[tuple[int, int]] = []
    for one in value if isinstance(value, list) and len(value) <= 1_000 else [value]:
        matched = _RANGE.fullmatch(one) if isinstance(one, str) else None
        if is_whole(one) and 1 <= abs(one) <= MOST_IN_A_ROW:
            found.append((one, one))
        elif matched:
            found.append((int(matched[1]), int(matched[2])))
        else:
            part.fault(
                "selection", _("“%s” is a number from 1 up, -1 for the last, “5-8”, or a list of these.") % name, name
            )
            return []
    return found


def _meant(selection: Sequence[tuple[int, int]] | None, count: int) -> Iterator[int]:
    for first, last in [(1, count)] if selection is None else selection:
        first, last = _counted(first, count), _counted(last, count)
        yield from range(max(1, first), min(count, last) + 1)


def _counted(place: int, count: int) -> int:
    """A place from 1; -1 is the last one."""
    return count + 1 + place if place < 0 else place


def _chairs(shape: str, width: float, height: float, count: int, opening: float) -> Iterator[Point]:
    """Where chairs stand about a table's middle. Round: clockwise from the end of an opening at the top, evenly;
    a rectangle: along its two long sides, first the upper from the left, then the lower."""
    if shape == "round":
        radius = width / 2 + CHAIR
        steps = count if not opening else max(1, count - 1)
        for place in range(count):
            angle = math.radians(opening / 2 + (360 - opening) * place / steps)
            yield (radius * math.sin(angle), -radius * math.cos(angle))
        return
    upper = (count + 1) // 2
    for side, number in ((-1, upper), (1, count - upper)):
        for place in range(number):
            yield (width * ((place + 0.5) / number - 0.5), side * (height / 2 + CHAIR))


# --- Outlines and moves --------------------------------------------------------------------------------------------------


def _around(rows: Sequence[Sequence[Point]], frame: _Frame) -> list[Point]:
    """The line around a block, PADDING from its seats: along the front, up one side, along the back, down the other."""
    if not rows:
        return []
    front = [_aside(point, frame, 0, -PADDING) for point in _few(rows[0])]
    right = [_aside(row[-1], frame, PADDING, 0) for row in rows]
    back = [_aside(point, frame, 0, PADDING) for point in reversed(_few(rows[-1]))]
    left = [_aside(row[0], frame, -PADDING, 0) for row in reversed(rows)]
    corner = (_aside(rows[0][-1], frame, PADDING, -PADDING), _aside(rows[-1][-1], frame, PADDING, PADDING))
    other = (_aside(rows[-1][0], frame, -PADDING, PADDING), _aside(rows[0][0], frame, -PADDING, -PADDING))
    line = [*front, corner[0], *right, corner[1], *back, other[0], *left, other[1]]
    return _simpler(line)


def _few(points: Sequence[Point], most: int = 24) -> list[Point]:
    """Some of the points, evenly, with both ends."""
    if len(points) <= most:
        return list(points)
    return [points[round(place * (len(points) - 1) / (most - 1))] for place in range(most)]


def _aside(point: Point, frame: _Frame, right: float, back: float) -> Point:
    """The point moved to the right and backwards, as its row has it there."""
    if frame.radius:
        x, y = point[0] - frame.centre[0], point[1] - frame.centre[1]
        length = math.hypot(x, y) or 1.0
        out = (x / length, y / length)
    else:
        out = turned((0.0, 1.0), frame.rotation)
    across = (out[1], -out[0])
    return (point[0] + across[0] * right + out[0] * back, point[1] + across[1] * right + out[1] * back)


def _simpler(line: Sequence[Point], tolerance: float = 1.0) -> list[Point]:
    """The closed line without the points that lie on the way between their neighbours."""
    kept: list[Point] = []
    for place, (x, y) in enumerate(line):
        (ax, ay), (bx, by) = kept[-1] if kept else line[-1], line[(place + 1) % len(line)]
        length = math.hypot(bx - ax, by - ay)
        off = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length if length else math.hypot(x - ax, y - ay)
        if off > tolerance:
            kept.append((x, y))
    return kept if len(kept) >= 3 else list(line)


def _hull(points: Sequence[Point]) -> tuple[Point, ...]:
    """The smallest convex line around all points."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ()

    def half(run: Sequence[Point]) -> list[Point]:
        line: list[Point] = []
        for point in run:
            while len(line) > 1 and _turn(line[-2], line[-1], point) <= 0:
                line.pop()
            line.append(point)
        return line[:-1]

    return (*half(ordered), *half(ordered[::-1]))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
