"""What all importers share: reading bytes within bounds, mending what can be mended, and saying so each time.

An importer refuses a file that it cannot read as its format at all (MapInvalid). Everything else that is not as it should
be it mends or leaves out, and notes each case: `repaired`, `lost`, or a `warning`. Nothing is dropped or merged in silence.
"""

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Never

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from seating.document import (
    FARTHEST,
    ID,
    LONGEST_LABEL,
    LONGEST_NAME,
    MOST_BYTES,
    MOST_CATEGORIES,
    MOST_ELEMENTS,
    MOST_POINTS,
    MOST_SEATS,
    Category,
    Document,
    Point,
    Row,
    Seat,
    Section,
    as_dict,
    parse,
)
from seating.errors import Fault, MapInvalid, clean
from seating.formats.rows import pitch_of, shape_of
from seating.moves import fitted, rescaled
from seating.words import kind_word

PITCH: Final = 50.0  # centimetres that neighbours are apart where a file does not say
MOST_CONTAINERS, MOST_VALUES = 1_500_000, 4_000_000
MOST_NOTED = 2_000
COLORS: Final = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6d31", "#5254a3", "#637939", "#843c39",
)  # fmt: skip
NAMED_COLORS: Final = {
    "black": "#000000", "silver": "#c0c0c0", "gray": "#808080", "grey": "#808080", "white": "#ffffff",
    "maroon": "#800000", "red": "#ff0000", "purple": "#800080", "fuchsia": "#ff00ff", "magenta": "#ff00ff",
    "green": "#008000", "lime": "#00ff00", "olive": "#808000", "yellow": "#ffff00", "navy": "#000080",
    "blue": "#0000ff", "teal": "#008080", "aqua": "#00ffff", "cyan": "#00ffff", "orange": "#ffa500",
    "pink": "#ffc0cb", "brown": "#a52a2a", "gold": "#ffd700",
}  # fmt: skip
STAGE_WORDS = re.compile(r"\b(stage|bühne|buehne|screen|podium|scene|scène|escenario|palco|leinwand)\b", re.IGNORECASE)

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})")
_NOT_KEY = re.compile(r"[^a-z0-9_]+")

Severity = Literal["error", "warning", "repaired", "lost"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file became. `faults` says all that was mended, lost, or wants a look; where there is a `proposal`, a person has
    to say whether it is right before the document is more than a guess (`needs_confirmation`)."""

    format: str
    document: Document
    faults: Sequence[Fault]
    proposal: Mapping[str, Any] = field(default_factory=dict)
    needs_confirmation: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """A document as a file of another kind, and what of it that kind cannot hold."""

    content: bytes
    media_type: str
    extension: str
    lost: Sequence[Fault] = ()


class Notes:
    """What an importer has to tell. Cases beyond MOST_NOTED are counted by their code, and told as numbers."""

    def __init__(self) -> None:
        self._noted: list[Fault] = []
        self._more: Counter[tuple[str, Severity]] = Counter()
        self._unkept: dict[tuple[str, str], tuple[str, int]] = {}

    def say(self, severity: Severity, code: str, words: str, where: str = "", element: str = "") -> None:
        """Note one case."""
        if len(self._noted) < MOST_NOTED:
            self._noted.append(Fault(code, words, where=where, element=element, severity=severity))
        else:
            self._more[code, severity] += 1

    def repaired(self, code: str, words: str, where: str = "", element: str = "") -> None:
        self.say("repaired", code, words, where, element)

    def lost(self, code: str, words: str, where: str = "", element: str = "") -> None:
        self.say("lost", code, words, where, element)

    def warn(self, code: str, words: str, where: str = "", element: str = "") -> None:
        self.say("warning", code, words, where, element)

    def unkept(self, kind: str, member: str, where: str) -> None:
        """Note that a member of this kind of object has no place in our documents: told once, with the first and how many."""
        first, times = self._unkept.get((kind, member), (where, 0))
        if times or len(self._unkept) < MOST_NOTED:
            self._unkept[kind, member] = (first, times + 1)
        else:
            self._more["member_not_kept", "lost"] += 1

    def unknown(self, kind: str, data: Mapping[str, Any], known: Iterable[str], where: str) -> None:
        """Note every member of `data` that is not among `known`."""
        for member in data.keys() - set(known):
            self.unkept(kind, clean(str(member))[:60], where)

    def all(self) -> list[Fault]:
        """Every note, in order; then what was counted only."""
        unkept = [
            Fault(
                "member_not_kept",
                _("“%(member)s” of %(n)d × %(kind)s is not kept.")
                % {"member": member, "kind": kind_word(kind), "n": times},
                where=first,
                severity="lost",
            )
            for (kind, member), (first, times) in self._unkept.items()
        ]
        more = [
            Fault(
                code,
                ngettext("And %(n)d more of the kind “%(code)s”.", "And %(n)d more of the kind “%(code)s”.", n)
                % {"n": n, "code": code},
                severity=severity,
            )
            for (code, severity), n in self._more.items()
        ]
        return [*self._noted, *unkept, *more]


def refuse(code: str, words: str, where: str = "") -> Never:
    """Refuse the whole file. Raises MapInvalid."""
    raise MapInvalid([Fault(code, words, where=where)])


# --- Bytes ---------------------------------------------------------------------------------------------------------------


def text_of(content: bytes) -> str:
    """The file as text. Raises MapInvalid for what is not UTF-8, is empty, or is compressed."""
    if len(content) > MOST_BYTES:
        refuse("too_large", _("The file is larger than %d MB.") % (MOST_BYTES // 1024**2))
    if content[:2] in (b"PK", b"\x1f\x8b") or content[:3] in (b"BZh", b"\xfd7z") or content[:4] == b"Rar!":
        refuse("compressed", _("This is a compressed file. Unpack it and choose the file inside."))
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        refuse("encoding", _("The file is UTF-16. Save it as UTF-8."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse("encoding", _("The file is not UTF-8: byte %d cannot be read.") % error.start)
    if not text.strip():
        refuse("empty_file", _("The file is empty."))
    return text


def json_of(content: bytes, notes: Notes) -> Any:
    """The JSON value in the file; a member that is there twice is noted and its last value counts.

    Raises MapInvalid for what is no JSON, has NaN or Infinity, or would need more memory than a seat map can need: that is
    counted in the bytes, before anything is made of them.
    """
    text = text_of(content)
    if content.count(b"{") + content.count(b"[") > MOST_CONTAINERS or content.count(b",") > MOST_VALUES:
        refuse("too_many", _("The file has more objects and values than a seat map of %d seats.") % MOST_SEATS)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            for name, times in Counter(name for name, _value in pairs).items():
                if times > 1:
                    notes.lost("member_twice", _("“%s” is there twice in one object; the last counts.") % name[:60])
        return found

    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=members)
    except RecursionError:
        refuse("too_deep", _("The file is nested too deeply."))
    except ValueError as error:
        refuse("not_json", _("The file is no JSON that we can read: %s") % str(error)[:120])


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON")


# --- Mending -------------------------------------------------------------------------------------------------------------


class Mender:
    """Makes values that a document may have from whatever a file has, noting each change."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.ids = set[str]()
        self._numbers = dict[str, int]()
        self.names = set[str]()
        self._name_numbers = dict[str, int]()
        self.n_seats = 0
        self.n_elements = 0
        self.rewritten = 0

    def count_seat(self, where: str) -> None:
        """Raises MapInvalid beyond the seats that a map may have."""
        self.n_seats += 1
        if self.n_seats > MOST_SEATS:
            refuse("too_many_seats", _("A map has at most %d seats.") % MOST_SEATS, where)

    def count_element(self, where: str) -> None:
        """Raises MapInvalid beyond the rows, tables, sections, areas and decorations that a map may have."""
        self.n_elements += 1
        if self.n_elements > MOST_ELEMENTS:
            refuse("too_many", _("A map has at most %d rows, tables and other elements.") % MOST_ELEMENTS, where)

    def id(self, wish: object, where: str, *, fallback: str) -> str:
        """An id that nothing else has: the file's own where it may be one, the same one for the same file each time."""
        text = clean(str(wish))[:200] if isinstance(wish, (str, int)) and not isinstance(wish, bool) else ""
        if text and not ID.fullmatch(text):
            stem = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:31]
            text = f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:8]}".lstrip("-")
            self.rewritten += 1
        found = free(text or fallback, self.ids, self._numbers, longest=33)
        if text and found != text:
            words = _("The id “%(id)s” is there twice; this one is now “%(new)s”.")
            self.notes.repaired("id_twice", words % {"id": text, "new": found}, where, found)
        self.ids.add(found)
        return found

    def label(self, value: object, where: str, *, fallback: str = "") -> str:
        """The label of a row or seat."""
        return self._words(value, where, longest=LONGEST_LABEL, fallback=fallback)

    def name(self, value: object, where: str, *, fallback: str = "") -> str:
        """A name or a text."""
        return self._words(value, where, longest=LONGEST_NAME, fallback=fallback)

    def _words(self, value: object, where: str, *, longest: int, fallback: str) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            if value is not None:
                self.notes.repaired("text", _("This is no text: “%s” is used.") % fallback, where)
            return fallback
        written = str(value) if not isinstance(value, float) or not value.is_integer() else str(int(value))
        words = clean(written)
        if len(words) > longest:
            details = {"old": words[:60], "new": words[:longest].strip()}
            self.notes.repaired("text_cut", _("“%(old)s” is too long and is now “%(new)s”.") % details, where)
            return details["new"]
        if words != written.strip():
            self.notes.repaired("text_cleaned", _("“%s” had characters that cannot be printed.") % words, where)
        return words or fallback

    def section_name(self, wish: str, where: str) -> str:
        """`wish`, or with a number after it what no other section is called; noted if it had to change."""
        stem = wish[: LONGEST_NAME - 8] if wish in self.names else wish
        found = free(stem, self.names, self._name_numbers, longest=LONGEST_NAME, between=" ")
        if found != wish:
            words = _("There are several sections “%(name)s”; this one is now “%(new)s”.")
            self.notes.repaired("section_twice", words % {"name": wish, "new": found}, where)
        self.names.add(found)
        return found

    def number(self, value: object, where: str, *, default: float = 0.0, least: float = -FARTHEST) -> float:
        """A finite number within bounds, also written as text."""
        found = plain_number(value)
        if found is None or not least <= found <= FARTHEST:
            if value is not None:
                self.notes.repaired("number", _("This is no number that a map can have: %g is used.") % default, where)
            return default
        return found

    def point(self, value: object, where: str) -> Point | None:
        """A position `{"x", "y"}` or None: whoever asks says what becomes of a thing without a place."""
        if not isinstance(value, dict):
            return None
        x, y = plain_number(value.get("x")), plain_number(value.get("y"))
        if x is None or y is None or not (abs(x) <= FARTHEST and abs(y) <= FARTHEST):
            return None
        return (x, y)

    def place(self, position: object, label: str, where: str) -> Point | None:
        """Where a seat is, which is counted; None where it has no position: it is left out, and a note says so."""
        point = self.point(position, where)
        if point is None:
            self.notes.lost("position", _("Seat “%s” has no position and is left out.") % label, where)
        else:
            self.count_seat(where)
        return point

    def color(self, value: object, where: str, *, fallback: str) -> str:
        """A colour as #rrggbb."""
        text = str(value).strip().lower() if isinstance(value, str) else ""
        text = NAMED_COLORS.get(text, text)
        if _HEX.fullmatch(text):
            return "#" + "".join(2 * digit for digit in text[1:]) if len(text) == 4 else text[:7]
        numbers = re.fullmatch(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+[\d.%]+)?\s*\)", text)
        if numbers and all(int(part) < 256 for part in numbers.groups()):
            return "#" + "".join(f"{int(part):02x}" for part in numbers.groups())
        self.notes.repaired("color", _("This is no colour that we know; %s is used.") % fallback, where)
        return fallback

    def items(self, data: Mapping[str, Any], member: str, where: str) -> list[tuple[str, dict[str, Any]]]:
        """The objects of a list with their paths; what is none is noted as lost."""
        value = data.get(member)
        path = f"{where}.{member}".lstrip(".")
        if value is None:
            return []
        if not isinstance(value, list):
            self.notes.lost("not_a_list", _("“%s” is not a list and is left out.") % member, path)
            return []
        found = []
        for place, item in enumerate(value):
            if isinstance(item, dict):
                found.append((f"{path}[{place}]", item))
            else:
                self.notes.lost("not_an_object", _("This is not an object and is left out."), f"{path}[{place}]")
        return found

    def outline(self, points: Sequence[Point], where: str) -> tuple[Point, ...]:
        """An outline with no more points than a document may have; () if it is none."""
        if len(points) > MOST_POINTS:
            self.notes.repaired(
                "outline_simplified", _("An outline of %d points is made simpler.") % len(points), where
            )
            step = len(points) / MOST_POINTS
            points = [points[int(place * step)] for place in range(MOST_POINTS)]
        return tuple(points) if len(points) >= 3 else ()

    def tell_rewritten(self) -> None:
        """Note how many ids of the file could not stay as they are."""
        if self.rewritten:
            words = ngettext(
                "%d id has characters that ours cannot have; it was rewritten, the same way each time.",
                "%d ids have characters that ours cannot have; they were rewritten, the same way each time.",
                self.rewritten,
            )
            self.notes.repaired("ids_rewritten", words % self.rewritten)


class Categories:
    """The categories of a file, by whatever it calls them."""

    def __init__(self, mender: Mender) -> None:
        self.mender = mender
        self.list: list[Category] = []
        self._keys = set[str]()
        self._by_name: dict[object, str] = {}

    def add(self, called: object, name: str, color: str, *, wish: str = "") -> str:
        """A category that the file calls `called`; returns its key. Raises MapInvalid beyond the most a map may have."""
        if len(self.list) >= MOST_CATEGORIES:
            refuse("too_many_categories", _("A map has at most %d categories.") % MOST_CATEGORIES)
        stem = _NOT_KEY.sub("-", (wish or name).lower()).strip("-")[:26] or "category"
        key, number = stem, 1
        while key in self._keys:
            number += 1
            key = f"{stem}-{number}"
        self._keys.add(key)
        self.list.append(Category(key, name or key, color))
        self._by_name[called] = key
        return key

    def next_color(self) -> str:
        """A colour for a category that has none."""
        return COLORS[len(self.list) % len(COLORS)]

    def knows(self, called: object) -> bool:
        return called in self._by_name

    def of(self, called: object, where: str) -> str | None:
        """The key of what an element names as its category; one that is not in the file's list is made and noted."""
        if called is None or called == "":
            return None
        called = str(called)[:200] if isinstance(called, (str, int, float)) else None
        if called is None:
            self.mender.notes.lost("category", _("This is no category and is left out."), where)
            return None
        if called not in self._by_name:
            words = _("The category “%s” is not in the file's list; it is made.")
            self.mender.notes.repaired("category_missing", words % called[:40], where)
            self.add(called, clean(called)[:LONGEST_NAME], self.next_color())
        return self._by_name[called]


def free(wish: str, taken: set[str], numbers: dict[str, int], *, longest: int, between: str = "-") -> str:
    """`wish`, or with the next number after it what is not taken; `numbers` remembers where to go on for each wish."""
    if wish not in taken:
        return wish
    stem = wish[:longest]
    number = numbers.get(stem, 1)
    while True:
        number += 1
        found = f"{stem}{between}{number}"
        if found not in taken:
            numbers[stem] = number
            return found


def plain_number(value: object) -> float | None:
    """A finite number, also one written as text; None for everything else."""
    if isinstance(value, str) and len(value) <= 40:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


# --- Putting a document together ------------------------------------------------------------------------------------------


def finished(
    document: Document,
    notes: Notes,
    *,
    usual: float,
    margin: float = 200.0,
    keep_frame: bool = False,
) -> Document:
    """A document in a file's own units as a valid one in centimetres, its straight and bent rows found again.

    One unit is `usual` centimetres if neighbours are then as far apart as seats are; else as much as puts them at PITCH.
    With `keep_frame` the page stays as it is if everything lies on it. Raises MapInvalid for what is none even now.
    """
    pitch = pitch_of(
        [[(seat.x, seat.y) for seat in row.seats] for _f, section in document.sections for row in section.rows]
    )
    scale = usual if pitch is None or 35.0 <= pitch * usual <= 130.0 else PITCH / pitch
    if scale != usual:
        notes.warn(
            "scale", _("One unit of the file is taken as %.4g cm, so that seats are half a metre apart.") % scale
        )
    document = rescaled(document, scale)
    if not keep_frame or not _lies_on_page(document):
        if keep_frame:
            notes.repaired("size", _("The page is made as large as what is on it needs."))
        document = fitted(document, margin)
    document = replace(
        document,
        floors=tuple(
            replace(floor, sections=tuple(_with_shapes(section) for section in floor.sections))
            for floor in document.floors
        ),
    )
    return parse(as_dict(document))


def _with_shapes(section: Section) -> Section:
    return replace(
        section,
        rows=tuple(replace(row, shape=shape_of([(seat.x, seat.y) for seat in row.seats])) for row in section.rows),
    )


def _lies_on_page(document: Document) -> bool:
    return (
        document.width > 0
        and document.height > 0
        and all(0 <= seat.x <= document.width and 0 <= seat.y <= document.height for seat in document.seats)
    )


def lifted(section: Section) -> Section:
    """The section with each category said once, where it is true of all beneath: of the row, of the section."""
    rows = [_lifted_row(row) for row in section.rows]
    tables = []
    for table in section.tables:
        common = _common([seat.category or table.category for seat in table.seats])
        seats = tuple(replace(seat, category=None) for seat in table.seats) if common else table.seats
        tables.append(replace(table, category=common or table.category, seats=seats))
    common = (
        _common([*(row.category for row in rows), *(table.category for table in tables)])
        if not section.category
        else None
    )
    if common:
        rows = [replace(row, category=None) for row in rows]
        tables = [replace(table, category=None) for table in tables]
    return replace(section, rows=tuple(rows), tables=tuple(tables), category=common or section.category)


def _lifted_row(row: Row) -> Row:
    common = _common([seat.category or row.category for seat in row.seats])
    if common is None:
        return row
    return replace(row, category=common, seats=tuple(replace(seat, category=None) for seat in row.seats))


def _common(keys: Sequence[str | None]) -> str | None:
    return keys[0] if keys and keys[0] is not None and all(key == keys[0] for key in keys) else None


def joined(rows: Sequence[Row], notes: Notes, where: Callable[[Row], str]) -> list[Row]:
    """Rows of one section with the same label as one row with an aisle where they part, if their seats' labels allow it."""
    by_label: dict[str, list[Row]] = {}
    for row in rows:
        by_label.setdefault(row.label, []).append(row)
    if len(by_label) == len(rows):
        return list(rows)
    made: list[Row] = []
    for label, parts in by_label.items():
        labels = [seat.label for part in parts for seat in part.seats]
        if len(parts) == 1 or not label or len(set(labels)) < len(labels) or not all(part.seats for part in parts):
            made += parts
            continue
        parts = _along(parts)
        gaps: list[int] = []
        seats: list[Seat] = []
        for part in parts:
            if seats:
                gaps.append(len(seats) - 1)
            gaps += [len(seats) + gap for gap in part.gaps]
            seats += part.seats
        words = _("%(n)d rows “%(label)s” of one section are now one row with aisles.")
        notes.repaired("rows_joined", words % {"n": len(parts), "label": label}, where(parts[0]), parts[0].id)
        made.append(replace(parts[0], seats=tuple(seats), gaps=tuple(sorted(gaps))))
    return made


def _along(parts: Sequence[Row]) -> list[Row]:
    """The parts of a row in the order in which its first part runs."""
    first, last = parts[0].seats[0], max(parts, key=lambda part: len(part.seats)).seats[-1]
    longest = max(parts, key=lambda part: len(part.seats))
    first = longest.seats[0]
    dx, dy = last.x - first.x, last.y - first.y
    if not dx and not dy:
        dx = 1.0
    return sorted(parts, key=lambda part: sum(s.x * dx + s.y * dy for s in part.seats) / len(part.seats))
