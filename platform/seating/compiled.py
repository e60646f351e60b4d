"""A document made ready for work: dense seat numbers, runs, and the geometry that browsers are sent.

Compiling is a pure function of the document. Seats are numbered from 0 in the map's order (floor, section, its rows, then its
tables; along each row): their *index*. A *run* is a longest stretch of neighbours: a row, or the part of a row between two
aisles. Runs are what adjacency, single seats left over, and locking go by; a run's seats have consecutive indexes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from seating.document import FLAGS, Area, Document, Floor, Point, Row, Section, Table, digest

QUANTUM: Final = 2.0  # centimetres: what coordinates are rounded to on the wire, a twenty-fifth of a seat's usual pitch
FLAG_BITS: Final[Mapping[str, int]] = {flag: 1 << bit for bit, flag in enumerate(FLAGS)}
NO_CATEGORY: Final = -1

Kind = Literal["row", "table", "whole_table"]


@dataclass(frozen=True, slots=True)
class CompiledSeat:
    """One seat with all that its row and section say of it. `category` is the key in force, None where nobody painted it."""

    index: int
    id: str
    label: str
    line: int
    run: int
    x: float
    y: float
    category: str | None
    flags: int
    companions: tuple[int, ...]  # indexes of the companion seats of a wheelchair space, nearest first


@dataclass(frozen=True, slots=True)
class Line:
    """A row or a table. Its seats are `first` ... `first + count - 1`."""

    id: str
    label: str
    kind: Kind
    section: int
    first: int
    count: int
    gaps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive neighbours: seats `first` ... `first + count - 1` of one line."""

    index: int
    line: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class CompiledSection:
    id: str
    name: str
    floor: int
    zone: str
    entrance: str
    outline: tuple[Point, ...]
    focal: Point
    first: int  # its seats are first ... first + count - 1
    count: int


class CompiledMap:
    """What a document says, by index. Immutable; shared by all requests of a process (`seating.queries` keeps the latest)."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.hash = digest(document)
        self.categories: Sequence[str] = [category.key for category in document.categories]
        self.areas: Sequence[tuple[int, Area]] = [
            (number, area) for number, floor in enumerate(document.floors) for area in floor.areas
        ]
        self.seats: list[CompiledSeat] = []
        self.lines: list[Line] = []
        self.runs: list[Run] = []
        self.sections: list[CompiledSection] = []
        self._indexes = {seat.id: index for index, seat in enumerate(document.seats)}
        default_focal = focal_of(document)
        for number, floor in enumerate(document.floors):
            for section in floor.sections:
                self._add_section(number, section, default_focal)

    def index_of(self, seat_id: str) -> int | None:
        """The index of the seat with this id."""
        return self._indexes.get(seat_id)

    def place_words(self, index: int) -> tuple[str, str, str]:
        """Section, row or table, and seat, as people read them on a ticket."""
        seat = self.seats[index]
        line = self.lines[seat.line]
        return self.sections[line.section].name, line.label, seat.label

    def _add_section(self, floor: int, section: Section, default_focal: Point) -> None:
        first = len(self.seats)
        for line in section.lines:
            self._add_line(line, section)
        self.sections.append(
            CompiledSection(
                id=section.id,
                name=section.name,
                floor=floor,
                zone=section.zone,
                entrance=section.entrance,
                outline=section.outline,
                focal=section.focal or default_focal,
                first=first,
                count=len(self.seats) - first,
            )
        )

    def _add_line(self, source: Row | Table, section: Section) -> None:
        number, first = len(self.lines), len(self.seats)
        gaps = source.gaps if isinstance(source, Row) else ()
        kind: Kind = "row" if isinstance(source, Row) else "whole_table" if source.is_whole else "table"
        self.lines.append(
            Line(source.id, source.label, kind, len(self.sections), first, len(source.seats), tuple(gaps))
        )
        starts = [0, *(gap + 1 for gap in gaps)]
        ends = [*(gap + 1 for gap in gaps), len(source.seats)]
        for start, end in zip(starts, ends, strict=True):
            if start < end:
                self.runs.append(Run(len(self.runs), number, first + start, end - start))
            for seat in source.seats[start:end]:
                self.seats.append(
                    CompiledSeat(
                        index=len(self.seats),
                        id=seat.id,
                        label=seat.label,
                        line=number,
                        run=len(self.runs) - 1,
                        x=seat.x,
                        y=seat.y,
                        category=seat.category or source.category or section.category,
                        flags=sum(FLAG_BITS[flag] for flag in seat.flags),
                        companions=tuple(self._indexes[other] for other in seat.companions),
                    )
                )


def focal_of(document: Document) -> Point:
    """What the audience looks at: the document's own point, else its first stage's middle, else the top's middle."""
    if document.focal is not None:
        return document.focal
    for floor in document.floors:
        for decoration in floor.decorations:
            if decoration.kind == "stage":
                return (decoration.x, decoration.y)
    return (document.width / 2, 0.0)


def geometry(compiled: CompiledMap) -> dict[str, Any]:
    """What browsers draw from, as plain JSON; nothing in it is private and it never changes (docs/seat-maps.md §wire).

    Columns over all seats in index order. Every length is a whole multiple of `quantum` centimetres; `x` and `y` have the
    first seat of each line as it is, each other as the step from the one before it. `labels` has one rule per line: `[start, step]` for numbers,
    else the list of its labels. `categories_of` is run-length coded: `[category or -1, how many]`. `flags` and `companions`
    are sparse: `[index, bits]`, `[index, [indexes]]`.
    """
    return {
        "format": "marquee-geometry",
        "version": 1,
        "hash": compiled.hash,
        "name": compiled.document.name,
        "quantum": QUANTUM,
        "width": _whole(compiled.document.width),
        "height": _whole(compiled.document.height),
        "focal": _flat([focal_of(compiled.document)]),
        "flag_names": list(FLAGS),
        "categories": [{"key": c.key, "name": c.name, "color": c.color} for c in compiled.document.categories],
        "floors": [_floor(floor) for floor in compiled.document.floors],
        "sections": [
            {
                "id": section.id,
                "name": section.name,
                "floor": section.floor,
                "zone": section.zone,
                "entrance": section.entrance,
                "outline": _flat(section.outline),
            }
            for section in compiled.sections
        ],
        "lines": [
            [line.section, line.label, {"row": 0, "table": 1, "whole_table": 2}[line.kind], line.count, list(line.gaps)]
            for line in compiled.lines
        ],
        "tables": _tables(compiled),
        "x": _steps(compiled, "x"),
        "y": _steps(compiled, "y"),
        "labels": [_label_rule(compiled, line) for line in compiled.lines],
        "categories_of": run_lengths([_category_index(compiled, seat.category) for seat in compiled.seats]),
        "flags": [[seat.index, seat.flags] for seat in compiled.seats if seat.flags],
        "companions": [[seat.index, list(seat.companions)] for seat in compiled.seats if seat.companions],
        "areas": [
            {
                "id": area.id,
                "name": area.name,
                "floor": floor,
                "category": _category_index(compiled, area.category),
                "capacity": area.capacity,
                "entrance": area.entrance,
                "outline": _flat(area.outline),
            }
            for floor, area in compiled.areas
        ],
    }


def _category_index(compiled: CompiledMap, key: str | None) -> int:
    return NO_CATEGORY if key is None else compiled.categories.index(key)


def _floor(floor: Floor) -> dict[str, Any]:
    return {
        "id": floor.id,
        "name": floor.name,
        "decorations": [
            {
                "kind": d.kind,
                "x": _whole(d.x),
                "y": _whole(d.y),
                "width": _whole(d.width),
                "height": _whole(d.height),
                "rotation": d.rotation,
                "text": d.text,
                "outline": _flat(d.outline),
            }
            for d in floor.decorations
        ],
    }


def _tables(compiled: CompiledMap) -> list[dict[str, Any]]:
    """The table tops, each with the number of its line."""
    numbers = {line.id: number for number, line in enumerate(compiled.lines) if line.kind != "row"}
    return [
        {
            "line": numbers[table.id],
            "shape": table.shape,
            "x": _whole(table.x),
            "y": _whole(table.y),
            "width": _whole(table.width),
            "height": _whole(table.height),
            "rotation": table.rotation,
        }
        for _floor, section in compiled.document.sections
        for table in section.tables
    ]


def _whole(centimetres: float) -> int:
    return round(centimetres / QUANTUM)


def _flat(points: Sequence[Point]) -> list[int]:
    return [_whole(value) for point in points for value in point]


def _steps(compiled: CompiledMap, axis: Literal["x", "y"]) -> list[int]:
    steps: list[int] = []
    for line in compiled.lines:
        before = 0
        for seat in compiled.seats[line.first : line.first + line.count]:
            value = _whole(getattr(seat, axis))
            steps.append(value - before)
            before = value
    return steps


def _label_rule(compiled: CompiledMap, line: Line) -> list[int] | list[str]:
    labels = [seat.label for seat in compiled.seats[line.first : line.first + line.count]]
    if labels and all(label.isascii() and label.isdigit() and str(int(label)) == label for label in labels):
        numbers = [int(label) for label in labels]
        step = numbers[1] - numbers[0] if len(numbers) > 1 else 1
        if all(number == numbers[0] + step * place for place, number in enumerate(numbers)):
            return [numbers[0], step]
    return labels


def run_lengths(values: Sequence[int]) -> list[list[int]]:
    """Equal neighbours counted: `[value, how many]` each."""
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1][1] += 1
        else:
            runs.append([value, 1])
    return runs
