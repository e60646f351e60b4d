"""A floor of a map as a small picture: sections, areas and the stage, without seats. Pure; the same map gives the same picture.

It is a shop page's first paint, a thumbnail, and what there is to see without scripts. SVG with presentation attributes and
classes alone, because the pages' policy forbids inline styles; every text is escaped.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from math import hypot

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from seating.compiled import CompiledMap, CompiledSection, Line
from seating.document import Area, Decoration, Point

NEUTRAL = "#8a919a"  # of what has no category: 3:1 on white and on black
MARGIN = 0.03  # of the picture's longer side
LETTER = 0.024  # a section name's height, of the picture's longer side
MOST_ROWS = 200  # that a picture's bands are made of: a stadium's blocks get a few each, a theatre's stalls all


def overview(
    compiled: CompiledMap,
    *,
    floor: int = 0,
    label: str,
    categories: Sequence[str | None] | None = None,
    captions: Mapping[str, str] | None = None,
    marked: Collection[int] = (),
    css: str = "",
) -> SafeString:
    """The floor as an `<svg>` whose name is `label`.

    `categories` has the key in force of each seat where an event paints otherwise; `captions` a line under the name of a
    section or an area, by its id; `marked` the indexes of seats to point out ("your seats").
    """
    lines = captions or {}
    document = compiled.document.floors[floor]
    sections = [section for section in compiled.sections if section.floor == floor and section.count]
    areas = [area for number, area in compiled.areas if number == floor]
    points = [point for section in sections for point in _points(compiled, section)]
    points += [point for area in areas for point in area.outline]
    points += [corner for decoration in document.decorations for corner in _corners(decoration)]
    left, top, width, height = _frame(points or [(0.0, 0.0), (compiled.document.width, compiled.document.height)])
    size = max(width, height) * LETTER
    names = _short_names(compiled, sections, size)
    parts = [
        *(_decoration(decoration, size) for decoration in document.decorations),
        *(_section(compiled, section, categories, max(4, MOST_ROWS // len(sections))) for section in sections),
        *(_area(compiled, area) for area in areas),
        *(
            _words(name, lines.get(section.id, ""), _heart(compiled, section), size)
            for section, name in zip(sections, names, strict=True)
        ),
        *(_words(area.name, lines.get(area.id, ""), _middle(area.outline), size) for area in areas),
        *(_mark(compiled, seat, size) for seat in sorted(marked) if floor_of(compiled, seat) == floor),
    ]
    return format_html(
        '<svg class="seat-overview {}" viewBox="{} {} {} {}" role="img" aria-label="{}" preserveAspectRatio="xMidYMid meet">{}</svg>',
        css,
        round(left),
        round(top),
        round(width),
        round(height),
        label,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def floor_of(compiled: CompiledMap, seat: int) -> int:
    """The number of the floor that a seat is on."""
    return compiled.sections[compiled.lines[compiled.seats[seat].line].section].floor


def _mark(compiled: CompiledMap, seat: int, size: float) -> SafeString:
    """A seat pointed out: a solid disc in a light ring, seen on any ground and at a stadium's scale too."""
    at = compiled.seats[seat]
    return format_html(
        '<circle cx="{}" cy="{}" r="{}" class="seat-overview-mark" stroke="#fff" stroke-width="{}"/>',
        round(at.x),
        round(at.y),
        round(size * 0.55),
        round(size * 0.18, 1),
    )


def _section(
    compiled: CompiledMap, section: CompiledSection, categories: Sequence[str | None] | None, most_rows: int
) -> SafeString:
    """Its outline; where nobody drew one, thick lines along at most so many of its rows, which together have its shape."""
    color = _color(compiled, _dominant(compiled, section, categories))
    if section.outline:
        return format_html(
            '<path d="{}Z" fill="{}" fill-opacity="0.3" stroke="{}" vector-effect="non-scaling-stroke"/>',
            _path(section.outline),
            color,
            color,
        )
    lines = _lines(compiled, section)
    step = -(-len(lines) // most_rows)
    if lines[0].kind != "row":
        return format_html_join(
            "",
            '<circle cx="{}" cy="{}" r="{}" fill="{}" fill-opacity="0.4"/>',
            ((*_round(compiled, line), color) for line in lines),
        )
    rows = [_row(compiled, line) for line in lines if line.kind == "row"]
    return format_html(
        '<path d="{}" fill="none" stroke="{}" stroke-opacity="0.4" stroke-width="{}"/>',
        "".join(_path(row) for row in rows[step // 2 :: step]),
        color,
        round(_depth(rows) * step * 1.05),
    )


def _area(compiled: CompiledMap, area: Area) -> SafeString:
    color = _color(compiled, area.category)
    return format_html(
        '<path d="{}Z" fill="{}" fill-opacity="0.3" stroke="{}" vector-effect="non-scaling-stroke"/>',
        _path(area.outline),
        color,
        color,
    )


def _decoration(decoration: Decoration, size: float) -> SafeString:
    shape = SafeString("")
    if decoration.kind == "icon":
        return shape
    if decoration.kind in {"stage", "shape"} and decoration.outline:
        shape = format_html('<path d="{}Z" class="seat-overview-stage"/>', _path(decoration.outline))
    elif decoration.kind in {"stage", "shape"}:
        shape = format_html(
            '<rect x="{}" y="{}" width="{}" height="{}" rx="{}" class="seat-overview-stage"{}/>',
            round(decoration.x - decoration.width / 2),
            round(decoration.y - decoration.height / 2),
            round(decoration.width),
            round(decoration.height),
            round(size / 2),
            _turned(decoration),
        )
    return shape + (
        _words(decoration.text, "", (decoration.x, decoration.y), size) if decoration.text else SafeString("")
    )


def _turned(decoration: Decoration) -> SafeString:
    if not decoration.rotation:
        return SafeString("")
    turn = f"rotate({decoration.rotation:g} {decoration.x:g} {decoration.y:g})"
    return format_html(' transform="{}"', turn)


def _words(name: str, caption: str, at: Point, size: float) -> SafeString:
    x, y = at
    words = format_html(
        '<text x="{}" y="{}" font-size="{}" font-weight="600">{}</text>',
        round(x),
        round(y + size * (-0.15 if caption else 0.35)),
        round(size),
        name,
    )
    if caption:
        words += format_html(
            '<text x="{}" y="{}" font-size="{}">{}</text>', round(x), round(y + size), round(size * 0.85), caption
        )
    return words


# --- Where things are -------------------------------------------------------------------------------------------------------


def _lines(compiled: CompiledMap, section: CompiledSection) -> list[Line]:
    numbers = sorted({seat.line for seat in compiled.seats[section.first : section.first + section.count]})
    return [compiled.lines[number] for number in numbers]


def _row(compiled: CompiledMap, line: Line) -> list[Point]:
    """Points along a row: its ends, and more the longer it is, for it may be bent."""
    last = line.first + line.count - 1
    step = max(1, -(-(line.count - 1) // (1 + min(8, line.count // 14))))
    points = [(seat.x, seat.y) for seat in compiled.seats[line.first : last : step]]
    end = compiled.seats[last]
    return [*points, (end.x, end.y)] if points else [(end.x - 25, end.y), (end.x + 25, end.y)]


def _round(compiled: CompiledMap, line: Line) -> tuple[int, int, int]:
    """The circle around a table's chairs."""
    chairs = compiled.seats[line.first : line.first + line.count]
    x, y = sum(chair.x for chair in chairs) / len(chairs), sum(chair.y for chair in chairs) / len(chairs)
    return round(x), round(y), round(max(hypot(chair.x - x, chair.y - y) for chair in chairs) + 25)


def _short_names(compiled: CompiledMap, sections: Sequence[CompiledSection], size: float) -> list[str]:
    """The sections' names; where one is wider than its section, all are their last word if that is a number: "121"."""

    def is_wide(section: CompiledSection) -> bool:
        xs = [x for x, _y in _points(compiled, section)]
        return len(section.name) * size * 0.6 > max(xs) - min(xs) + 100

    if not any(is_wide(section) for section in sections):
        return [section.name for section in sections]
    words = [section.name.split()[-1] if section.name.split() else "" for section in sections]
    return [
        word if any(sign.isdigit() for sign in word) else section.name
        for word, section in zip(words, sections, strict=True)
    ]


def _points(compiled: CompiledMap, section: CompiledSection) -> list[Point]:
    if section.outline:
        return list(section.outline)
    return [(seat.x, seat.y) for seat in compiled.seats[section.first : section.first + section.count]]


def _depth(rows: Sequence[Sequence[Point]]) -> float:
    """From row to row, by the middles of neighbouring ones; at least a seat's width."""
    middles = [row[len(row) // 2] for row in rows]
    gaps = sorted(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(middles))
    return max(60.0, min(gaps[len(gaps) // 2], 140.0) if gaps else 100.0)


def _heart(compiled: CompiledMap, section: CompiledSection) -> Point:
    """A point well inside: the middle of the middle row, which lies in a bent section too."""
    line = compiled.lines[compiled.seats[section.first + section.count // 2].line]
    if section.outline or line.kind != "row":
        return _middle(_points(compiled, section))
    seat = compiled.seats[line.first + line.count // 2]
    return seat.x, seat.y


def _middle(points: Sequence[Point]) -> Point:
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _corners(decoration: Decoration) -> list[Point]:
    if decoration.outline:
        return list(decoration.outline)
    turned = decoration.rotation % 180 != 0
    reach = hypot(decoration.width, decoration.height) / 2
    across, down = (reach, reach) if turned else (decoration.width / 2, decoration.height / 2)
    return [(decoration.x - across, decoration.y - down), (decoration.x + across, decoration.y + down)]


def _frame(points: Sequence[Point]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    edge = max(max(xs) - min(xs), max(ys) - min(ys), 100.0) * MARGIN + 40
    return min(xs) - edge, min(ys) - edge, max(xs) - min(xs) + 2 * edge, max(ys) - min(ys) + 2 * edge


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{round(x)} {round(y)}" for x, y in points)


# --- Colours ------------------------------------------------------------------------------------------------------------------


def _dominant(compiled: CompiledMap, section: CompiledSection, categories: Sequence[str | None] | None) -> str | None:
    """The category that most of its seats have."""
    seats = compiled.seats[section.first : section.first + section.count]
    keys = [seat.category if categories is None else categories[seat.index] for seat in seats]
    return max(dict.fromkeys(keys), key=keys.count)


def _color(compiled: CompiledMap, category: str | None) -> str:
    return next((c.color for c in compiled.document.categories if c.key == category), NEUTRAL)
