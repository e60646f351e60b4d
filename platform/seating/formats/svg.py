"""Drawings as SVG. There is no standard, so what is read is a proposal: which shapes are seats, which seats make a row, and
what they are called. A person confirms it by naming the clusters of shapes that are seats (`options["clusters"]`).

Our own export says all this in `data-` attributes and needs no confirmation.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from seating.document import (
    FLAGS,
    MOST_SEATS,
    TABLE_SHAPES,
    Area,
    Decoration,
    Document,
    Floor,
    Point,
    Row,
    Seat,
    Section,
    Table,
    distance,
)
from seating.errors import Fault, clean
from seating.formats.chains import rows_among
from seating.formats.raw import (
    COLORS,
    STAGE_WORDS,
    Categories,
    Exported,
    Imported,
    Mender,
    Notes,
    finished,
    lifted,
    plain_number,
    refuse,
)
from seating.formats.rows import gaps_of
from seating.formats.svg_tree import Drawing, Shape, read_drawing
from seating.numbering import row_label

FEWEST: Final = 4  # shapes alike that may be seats
MOST_CLUSTERS, MOST_DECORATIONS = 40, 400
MOST_POINTS = 400  # of a cluster, to be shown; with few, every n-th shape may lie in one row
MOST_GUESSED_CATEGORIES: Final = 12
_WORDS = re.compile(
    r"(?:(?P<section>[^\d\W][\w .]{0,40}?)[\s_,:/-]+)?(?:row|reihe|r)?[\s_-]?(?P<row>[A-Za-z]{1,2}|\d{1,3})"
    r"[\s_,:/-]+(?:seat|platz|s)?[\s_-]?(?P<seat>\d{1,4}[a-z]?)",
    re.IGNORECASE,
)
_SHORT = re.compile(r"(?P<row>[A-Za-z]{1,2})(?P<seat>\d{1,3})")
_SEAT_TEXT = re.compile(r"\d{1,4}[A-Za-z]?")
_ROW_TEXT = re.compile(r"[A-Za-z]{1,2}|\d{1,3}|[IVXL]{1,6}")
_FILL = re.compile(r"(?:^|;)\s*fill\s*:\s*([^;]+)")


@dataclass(slots=True)
class _Cluster:
    """Shapes of one kind and size."""

    key: tuple[str, int, int]
    shapes: list[Shape]
    id: str = ""
    size: float = 0.0

    def as_json(self, *, is_proposed: bool) -> dict[str, Any]:
        """What a person is asked about it, with the middles of some of its shapes to show."""
        some = self.shapes[:: max(1, len(self.shapes) // MOST_POINTS)][:MOST_POINTS]
        return {
            "id": self.id,
            "shape": self.key[0],
            "count": len(self.shapes),
            "width": round(self.shapes[0].width, 2),
            "height": round(self.shapes[0].height, 2),
            "is_proposed": is_proposed,
            "examples": [clean(shape.attributes.get("id", "") or shape.title)[:40] for shape in self.shapes[:5]],
            "points": [[round(shape.x, 1), round(shape.y, 1)] for shape in some],
        }


@dataclass(slots=True)
class _Found:
    """A seat as the drawing has it."""

    shape: Shape
    section: str = ""
    row: str = ""
    label: str = ""


def read(content: bytes, options: Mapping[str, Any]) -> Imported:
    """The drawing as a document, or as a proposal of one. Raises MapInvalid for what is no SVG, or has no seats."""
    notes = Notes()
    drawing = read_drawing(content, notes)
    if any("data-seat" in shape.attributes and "id" in shape.attributes for shape in drawing.shapes):
        return _Ours(notes, drawing).read()
    return _Reader(notes, drawing, options).read()


# --- Any drawing ---------------------------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, notes: Notes, drawing: Drawing, options: Mapping[str, Any]) -> None:
        self.notes = notes
        self.drawing = drawing
        self.options = options
        self.mender = Mender(notes)
        self.categories = Categories(self.mender)

    def read(self) -> Imported:
        texts = [shape for shape in self.drawing.shapes if shape.tag == "text" and shape.text]
        clusters = _clusters([shape for shape in self.drawing.shapes if shape.tag != "text"])
        chosen, is_confirmed = self.choose(clusters)
        seats = [_Found(shape) for cluster in chosen for shape in cluster.shapes]
        if len(seats) > MOST_SEATS:
            refuse("too_many_seats", _("A map has at most %d seats.") % MOST_SEATS)
        seats = self.without_doubles(seats)
        used_texts = self.label(seats, texts)
        painted = self.paint(seats)
        sections = self.sections(seats, texts, used_texts, painted)
        kept = {id(seat.shape) for seat in seats}
        others = [s for s in self.drawing.shapes if id(s) not in kept and id(s) not in used_texts]
        decorations = self.decorations(others)
        self.mender.tell_rewritten()
        drawing = self.drawing
        document = finished(
            Document(
                _("Imported drawing"),
                0,
                0,
                tuple(self.categories.list),
                (Floor("f1", _("Floor"), sections, (), decorations),),
            ),
            self.notes,
            usual=1.0,
        )
        picked = {cluster.id for cluster in chosen}
        proposal = {
            "page": [drawing.left, drawing.top, drawing.width, drawing.height],
            "clusters": [one.as_json(is_proposed=one.id in picked) for one in clusters[:MOST_CLUSTERS]],
            "rows": [
                {"section": section.name, "row": row.label, "seats": len(row.seats)}
                for section in document.floors[0].sections
                for row in section.rows[:500]
            ],
        }
        return Imported("svg", document, self.notes.all(), proposal, needs_confirmation=not is_confirmed)

    def choose(self, clusters: Sequence[_Cluster]) -> tuple[list[_Cluster], bool]:
        """The clusters that are seats: those confirmed, or those that look most like it."""
        wanted = self.options.get("clusters")
        if wanted is not None:
            by_id = {cluster.id: cluster for cluster in clusters}
            if (
                not isinstance(wanted, list)
                or not wanted
                or not all(isinstance(one, str) and one in by_id for one in wanted)
            ):
                refuse("clusters", _("“clusters” is a list of the proposal's own clusters, such as “c1”."), "clusters")
            return [by_id[one] for one in dict.fromkeys(wanted)], True
        candidates = [c for c in clusters if len(c.shapes) >= FEWEST and c.size > 0 and _may_be_seats(c)]
        if not candidates:
            refuse("no_seats", _("No shapes in this drawing look like seats: at least %d alike are needed.") % FEWEST)
        first = max(candidates, key=lambda cluster: len(cluster.shapes))
        alike = [c for c in candidates if 0.75 <= c.size / first.size <= 1.34]
        return alike, False

    def without_doubles(self, seats: list[_Found]) -> list[_Found]:
        """One seat where several of its shapes lie on one spot, as a ring and its filling do."""
        size = median(max(seat.shape.width, seat.shape.height) for seat in seats)
        cells: dict[tuple[int, int], list[_Found]] = defaultdict(list)
        kept: list[_Found] = []
        doubles = 0
        cell = max(size * 0.3, 1e-6)
        for seat in seats:
            column, row = math.floor(seat.shape.x / cell), math.floor(seat.shape.y / cell)
            here = (seat.shape.x, seat.shape.y)
            near = (other for dx in (-1, 0, 1) for dy in (-1, 0, 1) for other in cells[column + dx, row + dy])
            if any(distance(here, (other.shape.x, other.shape.y)) < cell for other in near):
                doubles += 1
                continue
            cells[column, row].append(seat)
            kept.append(seat)
        if doubles:
            self.notes.repaired(
                "doubles",
                ngettext(
                    "%d shape that lies on a seat's shape is taken as one with it.",
                    "%d shapes that lie on a seat's shape are taken as one with it.",
                    doubles,
                )
                % doubles,
            )
        return kept

    def label(self, seats: list[_Found], texts: Sequence[Shape]) -> set[int]:
        """Give seats the labels that the drawing has for them; returns which texts were used."""
        for source in (_by_data, _by_id, _by_title, _by_aria):
            found = [source(seat.shape) for seat in seats]
            named = [one for one in found if one]
            if len(named) >= 0.6 * len(seats) and len(set(named)) >= 0.95 * len(named):
                for seat, one in zip(seats, found, strict=True):
                    if one:
                        seat.section, seat.row, seat.label = one
                return set()
        cell = median(max(seat.shape.width, seat.shape.height) for seat in seats)
        near: dict[tuple[int, int], list[Shape]] = defaultdict(list)
        for text in texts:
            if _SEAT_TEXT.fullmatch(text.text):
                near[math.floor(text.x / cell), math.floor(text.y / cell)].append(text)
        used = set[int]()
        for seat in seats:
            column, row = math.floor(seat.shape.x / cell), math.floor(seat.shape.y / cell)
            around = [t for dx in (-1, 0, 1) for dy in (-1, 0, 1) for t in near.get((column + dx, row + dy), ())[:20]]
            around = [
                t for t in around if id(t) not in used and distance((t.x, t.y), (seat.shape.x, seat.shape.y)) < cell
            ]
            if around:
                best = min(around, key=lambda t: distance((t.x, t.y), (seat.shape.x, seat.shape.y)))
                seat.label = best.text
                used.add(id(best))
        return used

    def paint(self, seats: Sequence[_Found]) -> dict[int, str]:
        """The category of each seat by its class or, if that says nothing, its colour."""
        for way, name in ((_class_of, "%s"), (_fill_of, _("Colour %s"))):
            values = [way(seat.shape) for seat in seats]
            kinds = Counter(value for value in values if value)
            if 1 <= len(kinds) <= MOST_GUESSED_CATEGORIES and sum(kinds.values()) >= 0.8 * len(seats):
                keys: dict[str, str] = {}
                for value, _times in kinds.most_common():
                    like = next(seat.shape for seat, of in zip(seats, values, strict=True) if of == value)
                    color = _color(_fill_of(like), COLORS[len(keys) % len(COLORS)])
                    keys[value] = self.categories.add(value, clean(name % value)[:80], color)
                return {id(s.shape): keys[v] for s, v in zip(seats, values, strict=True) if v}
        self.notes.warn("no_category", _("Neither classes nor colours tell categories apart: paint the seats."))
        return {}

    def sections(
        self, seats: Sequence[_Found], texts: Sequence[Shape], used: set[int], painted: Mapping[int, str]
    ) -> tuple[Section, ...]:
        if not any(seat.section for seat in seats):
            _name_by_groups(seats)
        by_name: dict[str, list[_Found]] = {}
        for seat in seats:
            by_name.setdefault(seat.section or _("Seats"), []).append(seat)
        made: list[Section] = []
        for name, group in by_name.items():
            section_id = self.mender.id(None, name, fallback=f"s{len(made) + 1}")
            self.mender.count_element(name)
            rows: list[Row] = []
            for label, members in self.rows(group, texts, used):
                self.mender.count_element(name)
                row_id = self.mender.id(None, name, fallback=f"{section_id}_r{len(rows) + 1}")
                points = [(one.shape.x, one.shape.y) for one in members]
                labels = self.seat_labels(members, label, name)
                row = Row(
                    id=row_id,
                    label=self.mender.label(label, name),
                    seats=tuple(
                        Seat(
                            id=self.mender.id(one.shape.attributes.get("id"), name, fallback=f"{row_id}_{place}"),
                            label=text,
                            x=one.shape.x,
                            y=one.shape.y,
                            category=painted.get(id(one.shape)),
                        )
                        for place, (one, text) in enumerate(zip(members, labels, strict=True), start=1)
                    ),
                    gaps=gaps_of(points),
                )
                rows.append(row)
            made.append(lifted(Section(section_id, self.mender.name(name, "", fallback=_("Seats")), tuple(rows))))
        return tuple(made)

    def rows(self, group: Sequence[_Found], texts: Sequence[Shape], used: set[int]) -> list[tuple[str, list[_Found]]]:
        """The rows of a section with their labels, front to back."""
        named = [seat for seat in group if seat.row]
        found: list[tuple[str, list[_Found]]] = []
        by_row: dict[str, list[_Found]] = {}
        for seat in named:
            by_row.setdefault(seat.row, []).append(seat)
        for label, members in by_row.items():
            found.append((label, _in_order(members)))
        rest = [seat for seat in group if not seat.row]
        taken = set(by_row)
        number = 0
        for chain in rows_among([(seat.shape.x, seat.shape.y) for seat in rest]):
            members = [rest[place] for place in chain]
            label = _text_beside(members, texts, used)
            if not label or label in taken:
                number += 1
                while row_label(number) in taken:
                    number += 1
                label = row_label(number)
            taken.add(label)
            found.append((label, members))
        if rest:
            words = ngettext(
                "%(n)d row was found by where the seats are; check its order and label.",
                "%(n)d rows were found by where the seats are; check their order and labels.",
                len(found) - len(by_row),
            )
            self.notes.warn("rows_found", words % {"n": len(found) - len(by_row)})
        return found

    def seat_labels(self, members: Sequence[_Found], row: str, section: str) -> list[str]:
        labels = [self.mender.label(one.label, f"{section} {row}") for one in members]
        if all(labels) and len(set(labels)) == len(labels):
            return labels
        if any(labels):
            words = _("Row %(row)s of “%(section)s”: seats without a number, or with one twice, were numbered anew.")
            self.notes.repaired("seats_numbered", words % {"row": row, "section": section})
        return [str(place) for place in range(1, len(members) + 1)]

    def decorations(self, others: Sequence[Shape]) -> tuple[Decoration, ...]:
        """Texts, and shapes large enough to mean something; the rest is counted."""
        made: list[Decoration] = []
        left_out = 0
        for shape in others:
            words = self.mender.name(shape.text or shape.title, "")
            said = " ".join([words, *(shape.attributes.get(name, "") for name in ("id", "class", "label"))])
            is_stage = STAGE_WORDS.search(re.sub(r"[_-]", " ", said)) is not None
            if len(made) >= MOST_DECORATIONS or (shape.tag != "text" and not shape.points):
                left_out += 1
                continue
            self.mender.count_element("")
            name = self.mender.id(shape.attributes.get("id"), "", fallback=f"d{len(made) + 1}")
            if shape.tag == "text":
                made.append(Decoration(name, "stage" if is_stage else "text", shape.x, shape.y, text=words))
            else:
                outline = self.mender.outline(shape.points, "")
                made.append(
                    Decoration(name, "stage" if is_stage else "shape", shape.x, shape.y, text=words, outline=outline)
                )
        if left_out:
            self.notes.lost(
                "shapes",
                ngettext(
                    "%d further shape of the drawing is not kept.",
                    "%d further shapes of the drawing are not kept.",
                    left_out,
                )
                % left_out,
            )
        return tuple(made)


def _clusters(shapes: Sequence[Shape]) -> list[_Cluster]:
    """Shapes that are alike in kind and size, the largest group first."""
    found: dict[tuple[str, int, int], list[Shape]] = {}
    for shape in shapes:
        if shape.width > 0 and shape.height > 0:
            kind = "circle" if shape.tag == "ellipse" else shape.tag
            key = (kind, round(math.log(shape.width) / 0.14), round(math.log(shape.height) / 0.14))
            found.setdefault(key, []).append(shape)
    clusters = [_Cluster(key, members) for key, members in found.items()]
    clusters.sort(key=lambda cluster: -len(cluster.shapes))
    for number, cluster in enumerate(clusters, start=1):
        cluster.id = f"c{number}"
        cluster.size = median(max(shape.width, shape.height) for shape in cluster.shapes)
    return clusters


def _may_be_seats(cluster: _Cluster) -> bool:
    """Whether such shapes may be seats: nearly as wide as high, and not most of them on one spot."""
    first = cluster.shapes[0]
    spots = {(round(shape.x / cluster.size, 1), round(shape.y / cluster.size, 1)) for shape in cluster.shapes}
    return 0.4 <= first.width / first.height <= 2.5 and len(spots) >= 0.5 * len(cluster.shapes)


def _by_data(shape: Shape) -> tuple[str, str, str] | None:
    data = {name: value for group in shape.groups for name, value in group.items() if name.startswith("data-")}
    data |= {name: value for name, value in shape.attributes.items() if name.startswith("data-")}

    def first(*names: str) -> str:
        return next((clean(data[f"data-{name}"])[:80] for name in names if data.get(f"data-{name}", "").strip()), "")

    label = first("seat", "seat-number", "seat-label", "number", "seatnumber", "label")
    row = first("row", "row-label", "row-number", "rowlabel")
    return (first("section", "block", "zone"), row, label) if label and row else None


def _by_words(words: str) -> tuple[str, str, str] | None:
    words = words.strip()[:80]
    found = _WORDS.fullmatch(words) or _SHORT.fullmatch(words)
    if not found:
        return None
    named = found.groupdict()
    return (clean(named.get("section") or "").replace("_", " "), named["row"], named["seat"])


def _by_id(shape: Shape) -> tuple[str, str, str] | None:
    return _by_words(shape.attributes.get("id", ""))


def _by_title(shape: Shape) -> tuple[str, str, str] | None:
    titles = [shape.title, *(group.get("title", "") for group in reversed(shape.groups))]
    return next((found for title in titles if title and (found := _by_words(title))), None)


def _by_aria(shape: Shape) -> tuple[str, str, str] | None:
    return _by_words(shape.attributes.get("aria-label", ""))


def _class_of(shape: Shape) -> str:
    own = shape.attributes.get("data-category") or shape.attributes.get("class", "")
    words = [
        word for word in own.split()[:5] if word.lower() not in ("seat", "seats", "sitz", "platz", "free", "available")
    ]
    return clean(" ".join(words))[:60]


def _fill_of(shape: Shape) -> str:
    for attributes in (shape.attributes, *reversed(shape.groups)):
        styled = _FILL.search(attributes.get("style", ""))
        fill = styled[1].strip() if styled else attributes.get("fill", "").strip()
        if fill and fill not in ("none", "inherit", "transparent") and not fill.startswith("url"):
            return clean(fill.lower())[:40]
    return ""


def _color(fill: str, fallback: str) -> str:
    return Mender(Notes()).color(fill, "", fallback=fallback)


def _name_by_groups(seats: Sequence[_Found]) -> None:
    """Take the groups around seats as sections, at the innermost depth where they hold many seats each."""
    deepest = max((len(seat.shape.groups) for seat in seats), default=0)
    for depth in range(min(deepest, 12) - 1, -1, -1):
        names = [
            clean(group.get("label") or group.get("data-section") or group.get("aria-label") or group.get("title")
                  or group.get("id", ""))[:80]
            if (group := seat.shape.groups[depth] if depth < len(seat.shape.groups) else None)
            else ""
            for seat in seats
        ]  # fmt: skip
        counts = Counter(names)
        if "" not in counts and 2 <= len(counts) <= max(2, len(seats) // 12) and min(counts.values()) >= FEWEST:
            for seat, name in zip(seats, names, strict=True):
                seat.section = name
            return


def _in_order(members: Sequence[_Found]) -> list[_Found]:
    """Seats of one row along it, from left to right or, where it runs upright, from top to bottom."""
    xs, ys = [one.shape.x for one in members], [one.shape.y for one in members]
    is_upright = max(ys) - min(ys) > 3 * (max(xs) - min(xs))
    return sorted(members, key=lambda one: (one.shape.y, one.shape.x) if is_upright else (one.shape.x, one.shape.y))


def _text_beside(members: Sequence[_Found], texts: Sequence[Shape], used: set[int]) -> str:
    """A short text just beyond one of the row's ends."""
    first, last = members[0].shape, members[-1].shape
    pitch = (
        distance((first.x, first.y), (members[1].shape.x, members[1].shape.y)) if len(members) > 1 else 2 * first.width
    )
    best: tuple[float, Shape] | None = None
    for text in texts if len(texts) <= 3_000 else ():
        if id(text) in used or not _ROW_TEXT.fullmatch(text.text):
            continue
        for end in (first, last):
            away = distance((text.x, text.y), (end.x, end.y))
            if away <= 2.2 * pitch and abs(text.y - end.y) <= 0.6 * pitch and (best is None or away < best[0]):
                best = (away, text)
    if best is None:
        return ""
    used.add(id(best[1]))
    return best[1].text


# --- Drawings of ours ------------------------------------------------------------------------------------------------------


class _Ours:
    """Reads what `write` wrote, by its attributes."""

    def __init__(self, notes: Notes, drawing: Drawing) -> None:
        self.notes = notes
        self.drawing = drawing
        self.mender = Mender(notes)
        self.categories = Categories(self.mender)

    def read(self) -> Imported:
        floors: dict[str, dict[str, Any]] = {}
        name = ""
        for shape in self.drawing.shapes:
            said = shape.attributes
            if "data-legend" in said:
                self.legend(said)
                name = name or said.get("data-map", "")
                continue
            floor_group = next((group for group in shape.groups if "data-floor" in group), {})
            top = plain_number(floor_group.get("data-top")) or 0.0
            floor = floors.setdefault(
                floor_group.get("id", "f1"),
                {"name": floor_group.get("data-floor", ""), "sections": {}, "areas": [], "decorations": []},
            )
            self.element(shape, top, floor)
        made: list[Floor] = []
        for key, floor in floors.items():
            sections = tuple(self.section(one) for one in floor["sections"].values())
            floor_id = self.mender.id(key, "", fallback=f"f{len(made) + 1}")
            title = self.mender.name(floor["name"], floor_id)
            made.append(Floor(floor_id, title, sections, tuple(floor["areas"]), tuple(floor["decorations"])))
        if len(made) > 20:
            refuse("too_many", _("A map has at most %d floors.") % 20)
        made = _without_lost_companions(made)
        height = self.drawing.height / max(1, len(made))
        document = Document(
            self.mender.name(name, "", fallback=_("Imported drawing")),
            self.drawing.width,
            height,
            tuple(self.categories.list),
            tuple(made),
        )
        return Imported("svg", finished(document, self.notes, usual=1.0, keep_frame=True), self.notes.all())

    def legend(self, said: Mapping[str, str]) -> None:
        key = said.get("data-legend", "")[:200]
        if key and not self.categories.knows(key):
            color = self.mender.color(said.get("fill"), "", fallback=self.categories.next_color())
            self.categories.add(key, self.mender.name(said.get("data-name"), key), color, wish=key)

    def element(self, shape: Shape, top: float, floor: dict[str, Any]) -> None:
        said = shape.attributes
        outline = tuple((x, y - top) for x, y in shape.points)
        if "data-seat" in said:
            self.seat(shape, top, floor)
        elif "data-outline" in said:
            section = self.section_of(shape, floor)
            if section is not None:
                section["outline"] = self.mender.outline(outline, "")
        elif "data-area" in said:
            self.mender.count_element("")
            capacity = plain_number(said.get("data-capacity"))
            floor["areas"].append(
                Area(
                    id=self.mender.id(said.get("id"), "", fallback="area"),
                    name=self.mender.name(said["data-area"], ""),
                    capacity=int(capacity) if capacity and 0 <= capacity <= MOST_SEATS else 0,
                    outline=self.mender.outline(outline, ""),
                    category=self.categories.of(said.get("data-category"), ""),
                    entrance=self.mender.name(said.get("data-entrance"), ""),
                )
            )
        elif "data-decoration" in said:
            self.mender.count_element("")
            kind = said["data-decoration"]
            is_outlined = said.get("data-outlined") == "1"
            floor["decorations"].append(
                Decoration(
                    id=self.mender.id(said.get("id"), "", fallback="d"),
                    kind=kind if kind in ("stage", "text", "shape", "icon") else "shape",
                    x=self.mender.number(said.get("data-x"), ""),
                    y=self.mender.number(said.get("data-y"), ""),
                    width=self.mender.number(said.get("data-width"), "", least=0),
                    height=self.mender.number(said.get("data-height"), "", least=0),
                    rotation=self.mender.number(said.get("data-rotation"), ""),
                    text=self.mender.name(said.get("data-text"), ""),
                    outline=self.mender.outline(outline, "") if is_outlined else (),
                )
            )
        elif "data-label" not in said and not any("data-table" in group for group in shape.groups):
            self.notes.unkept(shape.tag, clean(said.get("id", "") or shape.tag)[:40], "")

    def section_of(self, shape: Shape, floor: dict[str, Any]) -> dict[str, Any] | None:
        group = next((group for group in shape.groups if "data-section" in group), None)
        if group is None:
            return None
        key = group.get("id", group["data-section"])
        found: dict[str, Any] = floor["sections"].setdefault(
            key, {"id": key, "said": group, "lines": {}, "outline": ()}
        )
        return found

    def seat(self, shape: Shape, top: float, floor: dict[str, Any]) -> None:
        said = shape.attributes
        section = self.section_of(shape, floor)
        group = next((group for group in shape.groups if "data-row" in group or "data-table" in group), None)
        if section is None or group is None:
            self.notes.lost("seat", _("A seat outside of a row is left out."), element=said.get("id", "")[:40])
            return
        line = section["lines"].setdefault(group.get("id", ""), {"said": group, "seats": []})
        self.mender.count_seat("")
        line["seats"].append(
            Seat(
                id=self.mender.id(said.get("id"), "", fallback="seat"),
                label=self.mender.label(said["data-seat"], ""),
                x=shape.x,
                y=shape.y - top,
                category=self.categories.of(said.get("data-category"), ""),
                flags=frozenset(flag for flag in said.get("data-flags", "").split() if flag in FLAGS),
                companions=tuple(said.get("data-companions", "").split()[:20]),
            )
        )

    def section(self, found: Mapping[str, Any]) -> Section:
        said = found["said"]
        self.mender.count_element("")
        rows: list[Row] = []
        tables: list[Table] = []
        section_id = self.mender.id(found["id"], "", fallback="section")
        for key, line in found["lines"].items():
            of_line, seats = line["said"], tuple(line["seats"])
            self.mender.count_element("")
            line_id = self.mender.id(key, "", fallback="row")
            if "data-table" in of_line and len(seats) <= 200:
                shape = of_line.get("data-shape", "")
                tables.append(
                    Table(
                        id=line_id,
                        label=self.mender.label(of_line["data-table"], ""),
                        x=self.mender.number(of_line.get("data-x"), ""),
                        y=self.mender.number(of_line.get("data-y"), ""),
                        seats=seats,
                        shape=shape if shape in TABLE_SHAPES else "round",
                        width=self.mender.number(of_line.get("data-width"), "", default=120.0, least=0),
                        height=self.mender.number(of_line.get("data-height"), "", default=120.0, least=0),
                        rotation=self.mender.number(of_line.get("data-rotation"), ""),
                        is_whole=of_line.get("data-whole") == "1",
                    )
                )
                continue
            gaps = [int(gap) for gap in of_line.get("data-gaps", "").split() if gap.isdecimal() and len(gap) < 7]
            gaps = sorted({gap for gap in gaps if gap < len(seats) - 1})
            rows.append(Row(line_id, self.mender.label(of_line.get("data-row"), ""), seats, gaps=tuple(gaps)))
        made = Section(
            id=section_id,
            name=self.mender.name(said.get("data-section"), ""),
            rows=tuple(rows),
            tables=tuple(tables),
            outline=found["outline"],
            entrance=self.mender.name(said.get("data-entrance"), ""),
            zone=self.mender.name(said.get("data-zone"), ""),
        )
        return lifted(made)


def _without_lost_companions(floors: Sequence[Floor]) -> list[Floor]:
    """The floors, no seat of which names a companion that is not there."""
    there = {seat.id for floor in floors for section in floor.sections for seat in section.seats}

    def seats(line: Row | Table) -> tuple[Seat, ...]:
        return tuple(
            replace(seat, companions=tuple(other for other in seat.companions if other in there))
            if seat.companions
            else seat
            for seat in line.seats
        )

    return [
        replace(
            floor,
            sections=tuple(
                replace(
                    section,
                    rows=tuple(replace(row, seats=seats(row)) for row in section.rows),
                    tables=tuple(replace(table, seats=seats(table)) for table in section.tables),
                )
                for section in floor.sections
            ),
        )
        for floor in floors
    ]


# --- Export ---------------------------------------------------------------------------------------------------------------


def write(document: Document) -> Exported:
    """A drawing that any program shows: no script, no style sheet, nothing fetched. A unit is a centimetre; floors lie
    below each other; `data-` attributes say what each thing is, so that it can be read again."""
    lost: list[Fault] = []
    if document.focal is not None or any(section.focal for _floor, section in document.sections):
        words = _("Points that the audience looks at are not kept.")
        lost.append(Fault("focal", words, severity="lost"))
    if any(row.shape for _floor, section in document.sections for row in section.rows):
        words = _("How rows were drawn is found again from where their seats are.")
        lost.append(Fault("row_shapes", words, severity="lost"))
    width, height = document.width, document.height
    whole = height * max(1, len(document.floors))
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(whole)}" font-family="sans-serif">\n',
        f"<title>{escape(document.name)}</title>\n",
    ]
    for category in document.categories:
        said = _attributes(
            data_legend=category.key, data_name=category.name, data_map=document.name, fill=category.color
        )
        out.append(f'<rect width="0" height="0"{said}/>\n')
    colors = {category.key: category.color for category in document.categories}
    for number, floor in enumerate(document.floors):
        top = number * height
        out.append(
            f'<g{_attributes(id=floor.id, data_floor=floor.name, data_top=_n(top))} transform="translate(0 {_n(top)})">\n'
        )
        out += [_drawn(one) for one in floor.decorations]
        for area in floor.areas:
            said = _attributes(id=area.id, data_area=area.name, data_capacity=str(area.capacity), data_category=area.category or "",
                               data_entrance=area.entrance, fill=colors.get(area.category or "", "#808080"))  # fmt: skip
            out.append(f'<polygon points="{_points(area.outline)}" fill-opacity="0.4"{said}/>\n')
            if not area.outline:
                words = _("The area “%s” has no outline and cannot be drawn.")
                lost.append(Fault("area", words % area.name, element=area.id, severity="lost"))
        for section in floor.sections:
            out += _section(section, colors)
        out.append("</g>\n")
    out.append("</svg>\n")
    return Exported("".join(out).encode(), "image/svg+xml", "svg", lost)


def _section(section: Section, colors: Mapping[str, str]) -> list[str]:
    said = _attributes(id=section.id, data_section=section.name, data_zone=section.zone, data_entrance=section.entrance)
    out = [f"<g{said}>\n"]
    if section.outline:
        points = _points(section.outline)
        out.append(f'<polygon data-outline="1" points="{points}" fill="#f4f4f4" stroke="#bbbbbb" stroke-width="4"/>\n')
    for line in section.lines:
        if isinstance(line, Table):
            said = _attributes(id=line.id, data_table=line.label, data_shape=line.shape, data_x=_n(line.x), data_y=_n(line.y),
                               data_width=_n(line.width), data_height=_n(line.height), data_rotation=_n(line.rotation),
                               data_whole="1" if line.is_whole else "")  # fmt: skip
            out += [f"<g{said}>", _table_top(line)]
        else:
            said = _attributes(id=line.id, data_row=line.label, data_gaps=" ".join(map(str, line.gaps)))
            out.append(f"<g{said}>")
        for seat in line.seats:
            key = seat.category or line.category or section.category or ""
            said = _attributes(id=seat.id, data_seat=seat.label, data_category=key, data_flags=" ".join(sorted(seat.flags)),
                               data_companions=" ".join(seat.companions), fill=colors.get(key, "#808080"))  # fmt: skip
            title = escape(f"{section.name}, {line.label}, {seat.label}")
            out.append(f'<circle cx="{_n(seat.x)}" cy="{_n(seat.y)}" r="20"{said}><title>{title}</title></circle>')
        out.append("</g>\n")
    out.append("</g>\n")
    return out


def _table_top(table: Table) -> str:
    x, y, w, h = table.x, table.y, table.width, table.height
    if table.shape == "round":
        return f'<ellipse cx="{_n(x)}" cy="{_n(y)}" rx="{_n(w / 2)}" ry="{_n(h / 2)}" fill="#dddddd"/>'
    turn = f' transform="rotate({_n(table.rotation)} {_n(x)} {_n(y)})"' if table.rotation else ""
    return f'<rect x="{_n(x - w / 2)}" y="{_n(y - h / 2)}" width="{_n(w)}" height="{_n(h)}" fill="#dddddd"{turn}/>'


def _drawn(one: Decoration) -> str:
    said = _attributes(id=one.id, data_decoration=one.kind, data_text=one.text, data_x=_n(one.x), data_y=_n(one.y),
                       data_width=_n(one.width), data_height=_n(one.height), data_rotation=_n(one.rotation),
                       data_outlined="1" if one.outline else "")  # fmt: skip
    turn = f' transform="rotate({_n(one.rotation)} {_n(one.x)} {_n(one.y)})"' if one.rotation else ""
    words = (
        f'<text data-label="1" x="{_n(one.x)}" y="{_n(one.y)}" font-size="60" text-anchor="middle"{turn}>{escape(one.text)}</text>'
        if one.text and one.kind != "text"
        else ""
    )
    if one.kind == "text" or not (one.outline or (one.width and one.height)):
        body = escape(one.text) or "·"
        return f'<text x="{_n(one.x)}" y="{_n(one.y)}" font-size="60" text-anchor="middle"{turn}{said}>{body}</text>\n'
    if one.outline:
        return f'<polygon points="{_points(one.outline)}" fill="#e5e5e5" stroke="#999999"{said}/>{words}\n'
    x, y = _n(one.x - one.width / 2), _n(one.y - one.height / 2)
    size = f'width="{_n(one.width)}" height="{_n(one.height)}"'
    return f'<rect x="{x}" y="{y}" {size} fill="#e5e5e5" stroke="#999999"{turn}{said}/>{words}\n'


def _attributes(**values: str) -> str:
    return "".join(f" {name.replace('_', '-')}={quoteattr(value)}" for name, value in values.items() if value != "")


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
