"""Lists of seats as CSV: `section,row,seat` and, if they are there, `x,y,category,flags,id`.

Without positions each row is laid out straight, sections beside each other. Any of comma, semicolon and tab may part the
columns, which are known by several names. Cells that a spreadsheet would take for a formula are written with an apostrophe.
"""

import csv
import io
import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from seating.document import FLAGS, Document, Floor, Row, Seat, Section, Table
from seating.errors import Fault
from seating.formats.raw import (
    Categories,
    Exported,
    Imported,
    Mender,
    Notes,
    finished,
    lifted,
    plain_number,
    refuse,
    text_of,
)
from seating.formats.rows import gaps_of

HEADERS: Final = ("section", "row", "seat", "x", "y", "category", "flags", "id")
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "section": ("section", "block", "bereich", "sektor", "area", "zone"),
    "row": ("row", "reihe", "fila", "rang", "table", "tisch"),
    "seat": ("seat", "platz", "sitz", "number", "nummer", "seat_number"),
    "x": ("x", "pos_x"),
    "y": ("y", "pos_y"),
    "category": ("category", "kategorie", "price_category", "preiskategorie"),
    "flags": ("flags", "merkmale"),
    "id": ("id", "guid", "seat_guid", "uuid"),
}
PITCH, ROW_PITCH, BETWEEN = 50.0, 90.0, 200.0
LONGEST_CELL: Final = 2_000
_FORMULA = re.compile(r"'*[=+@\t\r-]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def looks_like(text: str) -> bool:
    """Whether a text's first line has the columns that are needed."""
    return _columns(text, Notes()) is not None


def read(content: bytes, options: Mapping[str, Any]) -> Imported:
    """The seats of the list as a document. Raises MapInvalid for what is no such list."""
    notes = Notes()
    text = text_of(content)
    columns = _columns(text, notes)
    if columns is None:
        words = _(
            "The first line must name the columns: section, row, seat, and if you have them x, y, category, flags."
        )
        refuse("columns", words, "1")
    return _Reader(notes).read(text, columns)


class _Reader:
    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.mender = Mender(notes)
        self.categories = Categories(self.mender)

    def read(self, text: str, columns: Mapping[str, int]) -> Imported:
        lines: dict[str, dict[str, list[Seat]]] = {}
        without_place = 0
        seen = dict[tuple[str, str, str], str]()
        reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text), strict=True)
        try:
            width = len(next(reader))
            for cells in reader:
                where = str(reader.line_num)
                if not any(cell.strip() for cell in cells):
                    continue
                seat, section, row = self.seat(cells, columns, width, where)
                if seat is None:
                    continue
                if (section, row, seat.label) in seen:
                    words = _("Seat %(row)s %(seat)s of “%(section)s” is there twice: first in line %(first)s.")
                    details = {
                        "row": row,
                        "seat": seat.label,
                        "section": section,
                        "first": seen[section, row, seat.label],
                    }
                    self.notes.warn("seat_twice", words % details, where, seat.id)
                seen.setdefault((section, row, seat.label), where)
                without_place += seat.x is None
                lines.setdefault(section, {}).setdefault(row, []).append(seat)
        except csv.Error as error:
            refuse("csv", _("This line cannot be read: %s") % str(error)[:100], str(reader.line_num))
        if not lines:
            refuse("empty_file", _("There are no seats in this list."))
        has_places = without_place == 0
        if not has_places:
            if without_place < self.mender.n_seats:
                words = ngettext(
                    "%d seat has no position, so all rows are laid out anew.",
                    "%d seats have no position, so all rows are laid out anew.",
                    without_place,
                )
                self.notes.repaired("positions", words % without_place)
            else:
                self.notes.warn(
                    "laid_out", _("The list has no positions: rows are laid out straight, for you to move.")
                )
            _lay_out(lines)
        sections: list[Section] = []
        for name, rows in lines.items():
            self.mender.count_element("")
            section_id = self.mender.id(None, "", fallback=f"s{len(sections) + 1}")
            made: list[Row] = []
            for label, seats in rows.items():
                self.mender.count_element("")
                gaps = gaps_of([(seat.x, seat.y) for seat in seats])
                row_id = self.mender.id(None, "", fallback=f"{section_id}_r{len(made) + 1}")
                made.append(Row(row_id, label, tuple(seats), gaps=gaps))
            sections.append(lifted(Section(section_id, name, rows=tuple(made))))
        self.mender.tell_rewritten()
        floors = (Floor("f1", _("Floor"), tuple(sections)),)
        document = Document(_("Imported list"), 0, 0, tuple(self.categories.list), floors)
        return Imported("csv", finished(document, self.notes, usual=1.0), self.notes.all())

    def seat(
        self, cells: list[str], columns: Mapping[str, int], width: int, where: str
    ) -> tuple[Seat | None, str, str]:
        def cell(name: str) -> str:
            place = columns.get(name)
            value = cells[place].strip() if place is not None and place < len(cells) else ""
            return _without_apostrophe(value)

        if any(len(value) > LONGEST_CELL for value in cells):
            refuse("csv", _("A cell of this line has more than %d characters.") % LONGEST_CELL, where)
        if any(value.strip() for value in cells[width:]):
            self.notes.unkept("line", _("further cells"), where)
        label = self.mender.label(cell("seat"), where)
        if not label:
            self.notes.lost("seat_label", _("This line names no seat and is left out."), where)
            return None, "", ""
        self.mender.count_seat(where)
        section = self.mender.name(cell("section"), where) or _("Seats")
        row = self.mender.label(cell("row"), where)
        x, y = _coordinate(cell("x")), _coordinate(cell("y"))
        if (cell("x") or cell("y")) and (x is None or y is None):
            self.notes.repaired("position", _("The position in this line cannot be read."), where)
            x = y = None
        flags = [flag for flag in re.split(r"[\s|;,]+", cell("flags").lower()) if flag]
        for flag in flags:
            if flag not in FLAGS:
                self.notes.lost("flag", _("“%s” is nothing that we can say of a seat.") % flag[:40], where)
        seat = Seat(
            id=self.mender.id(cell("id") or None, where, fallback=f"n{self.mender.n_seats}"),
            label=label,
            x=x,  # type: ignore[arg-type]  # None until the rows are laid out
            y=y,  # type: ignore[arg-type]
            category=self.category(cell("category")),
            flags=frozenset(flag for flag in flags if flag in FLAGS),
        )
        return seat, section, row

    def category(self, called: str) -> str | None:
        if not called:
            return None
        called = called[:200]
        if not self.categories.knows(called):
            self.categories.add(called, called[:80], self.categories.next_color())
        return self.categories.of(called, "")


def _columns(text: str, notes: Notes) -> dict[str, int] | None:
    """Which column is which, by the first line; None if it names no seats."""
    first = text.lstrip("\ufeff").split("\n", 1)[0][: LONGEST_CELL * 4]
    try:
        header = next(csv.reader([first], delimiter=_delimiter(text), strict=True), [])
    except csv.Error:
        return None
    found: dict[str, int] = {}
    for place, title in enumerate(header):
        plain = title.strip().lower().replace(" ", "_")
        known = next((name for name, names in NAMES.items() if plain in names and name not in found), None)
        if known:
            found[known] = place
        elif plain:
            notes.unkept("line", plain[:60], "1")
    return found if "seat" in found and ("row" in found or "section" in found) else None


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max((",", ";", "\t"), key=first.count)


def _coordinate(written: str) -> float | None:
    number = plain_number(written.replace(",", ".")) if written else None
    return number if number is not None and abs(number) <= 1_000_000 else None


def _without_apostrophe(value: str) -> str:
    return value[1:] if value.startswith("'") and _FORMULA.match(value) else value


def _lay_out(lines: dict[str, dict[str, list[Seat]]]) -> None:
    """Give each seat a place: rows straight and centred, front to back as they come; sections from left to right."""
    left = 0.0
    for rows in lines.values():
        widest = max(len(seats) for seats in rows.values()) * PITCH
        for number, (label, seats) in enumerate(rows.items()):
            start = left + (widest - len(seats) * PITCH) / 2
            rows[label] = [_placed(seat, start + place * PITCH, number * ROW_PITCH) for place, seat in enumerate(seats)]
        left += widest + BETWEEN


def _placed(seat: Seat, x: float, y: float) -> Seat:
    return Seat(seat.id, seat.label, x, y, seat.category, seat.flags, seat.companions)


# --- Export ---------------------------------------------------------------------------------------------------------------


def write(document: Document) -> Exported:
    """One line for each seat. Areas, decorations and how things were drawn have no place in a list."""
    lost: list[Fault] = []

    def lose(code: str, words: str, element: str = "") -> None:
        lost.append(Fault(code, words, element=element, severity="lost"))

    names = {category.key: category.name or category.key for category in document.categories}
    twice = [name for name in set(names.values()) if list(names.values()).count(name) > 1]
    names = {key: f"{name} ({key})" if name in twice else name for key, name in names.items()}
    lose("drawing", _("Of the page, its floors, outlines, colours, zones and entrances a list says nothing."))
    for area in document.areas:
        lose("area", _("The area “%s” has no seats and is not in the list.") % area.name, area.id)
    for floor in document.floors:
        for one in floor.decorations:
            lose("decoration", _("“%s” is only drawn and is not in the list.") % (one.text or one.kind), one.id)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADERS)
    for _floor, section in document.sections:
        for line in section.lines:
            details = {"line": line.label, "section": section.name}
            if isinstance(line, Table):
                lose("table", _("Table “%(line)s” of “%(section)s” is a row in the list.") % details, line.id)
            elif gaps_of([(seat.x, seat.y) for seat in line.seats]) != line.gaps:
                lose("aisles", _("The aisles of row “%(line)s” in “%(section)s” are not kept.") % details, line.id)
            for seat in line.seats:
                if seat.companions:
                    words = _(
                        "Whose companion seats are whose is not in the list: seat %(line)s %(seat)s of “%(section)s”."
                    )
                    lose("companions", words % {**details, "seat": seat.label}, seat.id)
                key = seat.category or line.category or section.category
                cells = [section.name, line.label, seat.label, f"{seat.x:.1f}", f"{seat.y:.1f}", names.get(key or "", ""),
                         "|".join(sorted(seat.flags)), seat.id]  # fmt: skip
                writer.writerow([_safe(cell) for cell in cells])
    return Exported(out.getvalue().encode(), "text/csv; charset=utf-8", "csv", lost)


def _safe(cell: str) -> str:
    """The cell so that no spreadsheet takes it for a formula; a number stays one."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
