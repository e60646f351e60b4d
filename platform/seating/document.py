"""The seat map document: what an editor draws, a version freezes and every importer makes (docs/seat-maps.md).

A document is plain JSON. `parse` turns it into the dataclasses below or says everything that is wrong with it; `as_dict`
is its inverse and `digest` names its content. Coordinates are centimetres on the floor's plane, x to the right, y down,
rounded to a tenth; every seat, row, table, section, area and decoration has an id that never changes, while labels,
positions and categories may.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from django.utils.translation import gettext as _

from seating.errors import Fault, MapInvalid

FORMAT: Final = "marquee-seat-map"
VERSION: Final = 1
MOST_SEATS = 100_000
MOST_BYTES = 32 * 1024 * 1024  # of a document as JSON
FARTHEST = 1_000_000.0  # centimetres from the origin
MOST_FLOORS, MOST_CATEGORIES, MOST_POINTS = 20, 60, 2_000
MOST_ELEMENTS = 20_000  # rows, tables, sections, areas and decorations together
LONGEST_LABEL, LONGEST_NAME = 12, 80

FLAGS: Final = (
    "wheelchair",
    "companion",
    "restricted_view",
    "aisle",
    "step_free",
    "near_exit",
    "semi_ambulatory",
    "hearing",
    "sign_language",
    "captioning",
    "plus_size",
    "armrest",
)
"""What may be said of a seat. A flag's place here is its bit on the wire: append only."""

TABLE_SHAPES = ("round", "rectangle")
DECORATIONS = ("stage", "text", "shape", "icon")
ROW_SHAPES = ("line", "arc", "free")
ICONS = ("door", "stairs", "lift", "toilet", "bar", "cloakroom", "first_aid", "info")

ID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")  # of everything that is drawn
_KEY = re.compile(r"[a-z0-9_-]{1,30}")
_COLOR = re.compile(r"#[0-9a-f]{6}")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Category:
    """A price zone painted on the map. Colours are #rrggbb."""

    key: str
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Seat:
    """`category` None means the row's, `companions` are ids of seats that belong to this wheelchair space, nearest first."""

    id: str
    label: str
    x: float
    y: float
    category: str | None = None
    flags: frozenset[str] = frozenset()
    companions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Seats in their order along the row. After each index in `gaps` comes an aisle, across which nobody is adjacent.

    `shape` is how the editor made it (kind, length, curve, pitch, ...), so that it stays editable; geometry is the seats'.
    """

    id: str
    label: str
    seats: tuple[Seat, ...]
    category: str | None = None
    gaps: tuple[int, ...] = ()
    shape: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Seats around a table. With `is_whole` it is sold as a whole, unless the event says otherwise."""

    id: str
    label: str
    x: float
    y: float
    seats: tuple[Seat, ...]
    shape: str = "round"
    width: float = 120.0  # the diameter of a round one
    height: float = 120.0
    rotation: float = 0.0  # degrees clockwise
    category: str | None = None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A named part of a floor; `zone` groups sections ("Balcony"), `entrance` is where its guests go in."""

    id: str
    name: str
    rows: tuple[Row, ...] = ()
    tables: tuple[Table, ...] = ()
    category: str | None = None
    outline: tuple[Point, ...] = ()
    entrance: str = ""
    zone: str = ""
    focal: Point | None = None

    @property
    def lines(self) -> "Sequence[Row | Table]":
        """Its rows, then its tables: the map's order."""
        return [*self.rows, *self.tables]

    @property
    def seats(self) -> Iterator[Seat]:
        """All its seats, in the map's order."""
        for line in self.lines:
            yield from line.seats


@dataclass(frozen=True, slots=True)
class Area:
    """General admission: `capacity` people anywhere inside the outline. Its category is its own, no seat's and no other area's."""

    id: str
    name: str
    capacity: int
    outline: tuple[Point, ...]
    category: str | None = None
    entrance: str = ""


@dataclass(frozen=True, slots=True)
class Decoration:
    """Stage, text, a plain shape or an icon: never bookable."""

    id: str
    kind: str
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    rotation: float = 0.0
    text: str = ""
    outline: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Floor:
    id: str
    name: str
    sections: tuple[Section, ...] = ()
    areas: tuple[Area, ...] = ()
    decorations: tuple[Decoration, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole map. `focal` is what everybody looks at, for the order of quality; None: the first stage, else the middle top."""

    name: str
    width: float
    height: float
    categories: tuple[Category, ...] = ()
    floors: tuple[Floor, ...] = ()
    focal: Point | None = None

    @property
    def sections(self) -> Iterator[tuple[Floor, Section]]:
        for floor in self.floors:
            for section in floor.sections:
                yield floor, section

    @property
    def seats(self) -> Iterator[Seat]:
        """All seats in the map's order: floor, section, its rows, then its tables."""
        for _floor, section in self.sections:
            yield from section.seats

    @property
    def areas(self) -> Iterator[Area]:
        for floor in self.floors:
            yield from floor.areas


def as_dict(document: Document) -> dict[str, Any]:
    """Plain JSON values, every member present, ids in the order of the map; `parse` takes it back."""
    return {"format": FORMAT, "version": VERSION, **_plain(document)}


def canonical(document: Document) -> bytes:
    """The document as bytes that are equal whenever the document is."""
    return json.dumps(as_dict(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(document: Document) -> str:
    """The name of its content: 32 hexadecimal characters of the SHA-256 of `canonical`."""
    return hashlib.sha256(canonical(document)).hexdigest()[:32]


def parse(data: object) -> Document:
    """The document in plain JSON values `data`. Raises MapInvalid, which lists every fault, not only the first.

    What is checked is that it is a map at all: shapes, bounds, ids that are unique, references that lead somewhere. Whether
    it may be published is `seating.checks`'s to say.
    """
    reader = _Reader()
    document = reader.document(data)
    if reader.faults or document is None:
        raise MapInvalid(reader.faults or [Fault("not_a_map", _("This is not a seat map."))])
    return document


def _plain(value: Any) -> Any:
    """Like `dataclasses.asdict`, several times as fast: nothing is copied that cannot change."""
    kind = type(value)
    if kind in _LEAVES:
        return value
    names = _MEMBERS.get(kind)
    if names is not None:
        return {name: _plain(getattr(value, name)) for name in names}
    if kind is tuple:
        return [_plain(item) for item in value]
    return sorted(value) if kind is frozenset else dict(value)


_LEAVES: Final = frozenset((str, float, int, bool, type(None)))
_MEMBERS: Final[Mapping[type, Sequence[str]]] = {
    kind: [member.name for member in fields(kind)]
    for kind in (Category, Seat, Row, Table, Section, Area, Decoration, Floor, Document)
}


class _Reader:
    """Reads one document, collecting faults; what cannot be read is left out, and a fault says so."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.ids: set[str] = set()
        self.seat_ids: set[str] = set()
        self.categories: set[str] = set()
        self.elements = 0
        self.companions: list[tuple[str, str, str]] = []  # where, space, companion

    def fault(self, code: str, where: str, words: str, element: str = "") -> None:
        if len(self.faults) < 1000:
            self.faults.append(Fault(code=code, words=words, where=where, element=element))

    def document(self, data: object) -> Document | None:
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            self.fault("not_a_map", "", _("This is not a seat map of ours: “format” must be “%s”.") % FORMAT)
            return None
        if data.get("version") != VERSION:
            self.fault(
                "version", "version", _("This map has version %s, which we cannot read.") % _said(data.get("version"))
            )
            return None
        self.known(data, "", {"format", "version", "name", "width", "height", "categories", "floors", "focal"})
        categories = self.list_of(data, "", "categories", MOST_CATEGORIES, self.category)
        floors = self.list_of(data, "", "floors", MOST_FLOORS, self.floor)
        for where, space, companion in self.companions:
            if companion not in self.seat_ids:
                self.fault(
                    "companion_missing",
                    where,
                    _("Its companion seat “%s” is not on the map.") % _said(companion),
                    space,
                )
        return Document(
            name=self.text(data, "", "name", LONGEST_NAME),
            width=self.length(data, "", "width"),
            height=self.length(data, "", "height"),
            categories=tuple(categories),
            floors=tuple(floors),
            focal=self.point(data.get("focal"), "focal") if data.get("focal") is not None else None,
        )

    # --- Elements ------------------------------------------------------------------------------------------------------

    def category(self, data: Mapping[str, Any], at: str) -> Category | None:
        self.known(data, at, {"key", "name", "color"})
        key, color = data.get("key"), data.get("color")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            self.fault("category_key", at, _("A category's key has 1 to 30 of a-z, 0-9, _ and -."))
            return None
        if key in self.categories:
            self.fault("category_twice", at, _("The category “%s” is there twice.") % key, key)
            return None
        self.categories.add(key)
        if not isinstance(color, str) or not _COLOR.fullmatch(color.lower()):
            self.fault("color", at, _("A colour is written #rrggbb."), key)
            color = "#808080"
        return Category(key=key, name=self.text(data, at, "name", LONGEST_NAME), color=color.lower())

    def floor(self, data: Mapping[str, Any], at: str) -> Floor | None:
        self.known(data, at, {"id", "name", "sections", "areas", "decorations"})
        return Floor(
            id=self.id(data, at),
            name=self.text(data, at, "name", LONGEST_NAME),
            sections=tuple(self.list_of(data, at, "sections", MOST_ELEMENTS, self.section)),
            areas=tuple(self.list_of(data, at, "areas", MOST_ELEMENTS, self.area)),
            decorations=tuple(self.list_of(data, at, "decorations", MOST_ELEMENTS, self.decoration)),
        )

    def section(self, data: Mapping[str, Any], at: str) -> Section | None:
        fields = {"id", "name", "rows", "tables", "category", "outline", "entrance", "zone", "focal"}
        self.known(data, at, fields)
        return Section(
            id=self.id(data, at),
            name=self.text(data, at, "name", LONGEST_NAME),
            rows=tuple(self.list_of(data, at, "rows", MOST_ELEMENTS, self.row)),
            tables=tuple(self.list_of(data, at, "tables", MOST_ELEMENTS, self.table)),
            category=self.category_of(data, at),
            outline=self.outline(data, at),
            entrance=self.text(data, at, "entrance", LONGEST_NAME),
            zone=self.text(data, at, "zone", LONGEST_NAME),
            focal=self.point(data.get("focal"), f"{at}.focal") if data.get("focal") is not None else None,
        )

    def row(self, data: Mapping[str, Any], at: str) -> Row | None:
        self.known(data, at, {"id", "label", "seats", "category", "gaps", "shape"})
        seats = tuple(self.list_of(data, at, "seats", MOST_SEATS, self.seat))
        gaps = data.get("gaps", [])
        if not isinstance(gaps, list) or not all(_is_whole(gap) and 0 <= gap < len(seats) - 1 for gap in gaps):
            self.fault("gaps", at, _("An aisle must come after one seat of the row and before another."))
            gaps = []
        shape = data.get("shape", {})
        if not isinstance(shape, dict) or not _can_be_kept(shape) or len(json.dumps(shape)) > 4000:
            self.fault("shape", at, _("How this row was drawn cannot be read."))
            shape = {}
        return Row(
            id=self.id(data, at),
            label=self.text(data, at, "label", LONGEST_LABEL),
            seats=seats,
            category=self.category_of(data, at),
            gaps=tuple(sorted(set(gaps))),
            shape=shape,
        )

    def table(self, data: Mapping[str, Any], at: str) -> Table | None:
        fields = {"id", "label", "x", "y", "seats", "shape", "width", "height", "rotation", "category", "is_whole"}
        self.known(data, at, fields)
        return Table(
            id=self.id(data, at),
            label=self.text(data, at, "label", LONGEST_LABEL),
            x=self.number(data, at, "x"),
            y=self.number(data, at, "y"),
            seats=tuple(self.list_of(data, at, "seats", 200, self.seat)),
            shape=self.one_of(data, at, "shape", TABLE_SHAPES),
            width=self.length(data, at, "width", default=120.0),
            height=self.length(data, at, "height", default=120.0),
            rotation=self.number(data, at, "rotation", default=0.0),
            category=self.category_of(data, at),
            is_whole=self.yes_or_no(data, at, "is_whole"),
        )

    def seat(self, data: Mapping[str, Any], at: str) -> Seat | None:
        self.known(data, at, {"id", "label", "x", "y", "category", "flags", "companions"})
        if len(self.seat_ids) >= MOST_SEATS:
            if not any(fault.code == "too_many_seats" for fault in self.faults):
                self.fault("too_many_seats", at, _("A map has at most %d seats.") % MOST_SEATS)
            return None
        seat_id = self.id(data, at)
        self.seat_ids.add(seat_id)
        flags, companions = data.get("flags", []), data.get("companions", [])
        if not isinstance(flags, list) or not all(isinstance(flag, str) and flag in FLAGS for flag in flags):
            self.fault("flags", at, _("A seat's flags are among: %s.") % ", ".join(FLAGS), seat_id)
            flags = []
        if not isinstance(companions, list) or len(companions) > 20 or not all(isinstance(c, str) for c in companions):
            self.fault("companions", at, _("Companions are a list of seats."), seat_id)
            companions = []
        self.companions += [(at, seat_id, companion) for companion in companions]
        return Seat(
            id=seat_id,
            label=self.text(data, at, "label", LONGEST_LABEL),
            x=self.number(data, at, "x"),
            y=self.number(data, at, "y"),
            category=self.category_of(data, at),
            flags=frozenset(flags),
            companions=tuple(companions),
        )

    def area(self, data: Mapping[str, Any], at: str) -> Area | None:
        self.known(data, at, {"id", "name", "capacity", "outline", "category", "entrance"})
        capacity = data.get("capacity")
        if not _is_whole(capacity) or not 0 <= int(str(capacity)) <= MOST_SEATS:
            self.fault("capacity", at, _("An area's capacity is a whole number up to %d.") % MOST_SEATS)
            capacity = 0
        return Area(
            id=self.id(data, at),
            name=self.text(data, at, "name", LONGEST_NAME),
            capacity=int(str(capacity)),
            outline=self.outline(data, at),
            category=self.category_of(data, at),
            entrance=self.text(data, at, "entrance", LONGEST_NAME),
        )

    def decoration(self, data: Mapping[str, Any], at: str) -> Decoration | None:
        self.known(data, at, {"id", "kind", "x", "y", "width", "height", "rotation", "text", "outline"})
        return Decoration(
            id=self.id(data, at),
            kind=self.one_of(data, at, "kind", DECORATIONS),
            x=self.number(data, at, "x"),
            y=self.number(data, at, "y"),
            width=self.length(data, at, "width"),
            height=self.length(data, at, "height"),
            rotation=self.number(data, at, "rotation", default=0.0),
            text=self.text(data, at, "text", LONGEST_NAME),
            outline=self.outline(data, at),
        )

    # --- Members -------------------------------------------------------------------------------------------------------

    def known(self, data: Mapping[str, Any], at: str, fields: set[str]) -> None:
        for name in data.keys() - fields:
            words = _("“%s” is no part of a seat map.") % _said(name)
            self.fault("unknown_member", f"{at}.{_said(name)}".lstrip("."), words)

    def list_of(
        self, data: Mapping[str, Any], at: str, name: str, most: int, read: Callable[[Mapping[str, Any], str], Any]
    ) -> list[Any]:
        items, where = data.get(name, []), f"{at}.{name}".lstrip(".")
        if not isinstance(items, list):
            self.fault("not_a_list", where, _("“%s” is not a list.") % name)
            return []
        if read != self.seat:  # a bound method is made anew each time: equal, never the same
            self.elements += len(items)
            if len(items) > most or self.elements > MOST_ELEMENTS:
                self.fault(
                    "too_many", where, _("There are too many of “%(name)s”: %(n)d.") % {"name": name, "n": len(items)}
                )
                return []
        found: list[Any] = []
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                self.fault("not_an_object", f"{where}[{index}]", _("This is not an object."))
                continue
            one = read(item, f"{where}[{index}]")
            if one is not None:
                found.append(one)
        return found

    def id(self, data: Mapping[str, Any], at: str) -> str:
        value = data.get("id")
        if not isinstance(value, str) or not ID.fullmatch(value):
            self.fault("id", at, _("An id has 1 to 40 letters, digits, _ and -."))
            return ""
        if value in self.ids:
            self.fault("id_twice", at, _("The id “%s” is there twice.") % value, value)
        self.ids.add(value)
        return value

    def category_of(self, data: Mapping[str, Any], at: str) -> str | None:
        key = data.get("category")
        if key is None or (isinstance(key, str) and key in self.categories):
            return key
        self.fault("category_missing", at, _("There is no category “%s”.") % _said(key), _said(data.get("id", "")))
        return None

    def text(self, data: Mapping[str, Any], at: str, name: str, longest: int) -> str:
        value = data.get(name, "")
        if not isinstance(value, str) or len(value) > longest or not (value.isprintable() or value == ""):
            details = {"name": name, "n": longest}
            self.fault(
                "text", f"{at}.{name}".lstrip("."), _("“%(name)s” is a text of at most %(n)d characters.") % details
            )
            return ""
        return value

    def number(self, data: Mapping[str, Any], at: str, name: str, *, default: float | None = None) -> float:
        value = data.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= FARTHEST:
            # NaN and infinities fail the comparison as well.
            self.fault(
                "number",
                f"{at}.{name}".lstrip("."),
                _("“%(name)s” is not a number up to %(n)d.") % {"name": name, "n": FARTHEST},
            )
            return 0.0
        return round(float(value), 1) + 0.0  # no negative zero

    def length(self, data: Mapping[str, Any], at: str, name: str, *, default: float = 0.0) -> float:
        value = self.number(data, at, name, default=default)
        if value < 0:
            self.fault("negative", f"{at}.{name}".lstrip("."), _("“%s” cannot be negative.") % name)
            return 0.0
        return value

    def yes_or_no(self, data: Mapping[str, Any], at: str, name: str) -> bool:
        value = data.get(name, False)
        if not isinstance(value, bool):
            self.fault("boolean", f"{at}.{name}", _("“%s” is true or false.") % name)
        return value is True

    def one_of(self, data: Mapping[str, Any], at: str, name: str, allowed: Sequence[str]) -> str:
        value = data.get(name, allowed[0])
        if value not in allowed:
            details = {"name": name, "allowed": ", ".join(allowed)}
            self.fault("choice", f"{at}.{name}", _("“%(name)s” is one of: %(allowed)s.") % details)
            return allowed[0]
        return str(value)

    def point(self, value: object, at: str) -> Point:
        if not isinstance(value, (list, tuple)) or len(value) != 2:
            self.fault("point", at, _("A point is two numbers."))
            return (0.0, 0.0)
        pair = {"x": value[0], "y": value[1]}
        return (self.number(pair, at, "x"), self.number(pair, at, "y"))

    def outline(self, data: Mapping[str, Any], at: str) -> tuple[Point, ...]:
        points = data.get("outline", [])
        if not isinstance(points, list) or len(points) > MOST_POINTS or 0 < len(points) < 3:
            self.fault("outline", f"{at}.outline", _("An outline has 3 to %d points.") % MOST_POINTS)
            return ()
        return tuple(self.point(point, f"{at}.outline[{index}]") for index, point in enumerate(points))


def _said(value: object) -> str:
    """What the file has there, short enough to be quoted."""
    return str(value)[:60] if isinstance(value, (str, int, float)) else "…"


def _can_be_kept(value: object, levels: int = 4) -> bool:
    """Whether the database takes it: texts that can be printed, finite numbers, and few levels of both."""
    if isinstance(value, dict):
        return levels > 0 and all(_can_be_kept(part, levels - 1) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return levels > 0 and all(_can_be_kept(item, levels - 1) for item in value)
    if isinstance(value, str):
        return value.isprintable()
    return not isinstance(value, float) or math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def distance(one: Point, other: Point) -> float:
    """Centimetres between two points."""
    return math.hypot(one[0] - other[0], one[1] - other[1])
