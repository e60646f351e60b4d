"""Seat maps as small pictures: the thumbnail of a map, and what a version changes, seat by seat. SVG, drawn on the server."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from xml.sax.saxutils import escape, quoteattr

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from organizer_portal.map_changes import Changes, Spot
from seating.document import Decoration, Document, Floor, Point, Row, Table
from seating.plan import compile_plan, preset

MARGIN = 60.0  # centimetres around a floor
GREY = "#9aa0a8"
STEP = 5  # seats from point to point of a row's stroke: a bend still looks bent, and a stadium stays small
_HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" preserveAspectRatio="xMidYMid meet">'


def thumbnail(document: Document) -> str:
    """Every floor, beside each other: rows as strokes in their category's colour, so that it stays small at any size."""
    colors = {category.key: category.color for category in document.categories}
    parts, left, tallest = list[str](), 0.0, 1.0
    for floor in document.floors or ():
        box = bounds(floor)
        if box is None:
            continue
        x, y, width, height = box
        parts.append(f'<g transform="translate({left - x:.0f} {-y:.0f})">{"".join(_floor(floor, colors))}</g>')
        left, tallest = left + width + MARGIN, max(tallest, height)
    return _HEAD.format(box=f"0 0 {max(left - MARGIN, 1):.0f} {tallest:.0f}") + "".join(parts) + "</svg>"


@cache
def preset_picture(name: str) -> str:
    """A house that is ready, as its thumbnail. A stadium takes seconds to lay out, so a process draws each once. Raises KeyError."""
    return thumbnail(compile_plan(preset(name)).document)


def bounds(floor: Floor, extra: Iterable[Point] = ()) -> tuple[float, float, float, float] | None:
    """x, y, width and height of what lies on a floor, with a margin; None for an empty one."""
    points = [*_points(floor), *extra]
    if not points:
        return None
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    x, y = min(xs) - MARGIN, min(ys) - MARGIN
    return x, y, max(xs) + MARGIN - x, max(ys) + MARGIN - y


def _points(floor: Floor) -> Iterator[Point]:
    for section in floor.sections:
        yield from section.outline
        for seat in section.seats:
            yield (seat.x, seat.y)
    for area in floor.areas:
        yield from area.outline
    for one in floor.decorations:
        yield from one.outline
        half_width, half_height = one.width / 2, one.height / 2
        yield (one.x - half_width, one.y - half_height)
        yield (one.x + half_width, one.y + half_height)


def _floor(floor: Floor, colors: dict[str, str]) -> Iterator[str]:
    yield from (_decoration(one) for one in floor.decorations if one.kind in ("stage", "shape"))
    for area in floor.areas:
        yield f'<polygon points="{_path(area.outline)}" fill="{colors.get(area.category or "", GREY)}" fill-opacity=".55"/>'
    for section in floor.sections:
        for line in section.lines:
            yield from _line(line, section.category, colors)


def _line(line: Row | Table, inherited: str | None, colors: dict[str, str]) -> Iterator[str]:
    """Neighbours of one colour as one stroke; seats at a table as dots."""
    if isinstance(line, Table):
        yield f'<circle cx="{line.x:.0f}" cy="{line.y:.0f}" r="{line.width / 2:.0f}" fill="{GREY}" fill-opacity=".35"/>'
    stretch: list[Point] = []
    color = ""
    for index, seat in enumerate(line.seats):
        own = colors.get(seat.category or line.category or inherited or "", GREY)
        is_apart = isinstance(line, Table) or (index - 1) in line.gaps
        if stretch and (own != color or is_apart):
            yield _stroke(stretch, color)
            stretch = []
        color = own
        stretch.append((seat.x, seat.y))
    if stretch:
        yield _stroke(stretch, color)


def _stroke(points: Sequence[Point], color: str) -> str:
    if len(points) == 1:
        return f'<circle cx="{points[0][0]:.0f}" cy="{points[0][1]:.0f}" r="20" fill="{color}"/>'
    return (
        f'<polyline points="{_path([*points[:-1:STEP], points[-1]])}" fill="none" stroke="{color}" stroke-width="40" stroke-linecap="round" '
        'stroke-linejoin="round"/>'
    )


def _decoration(one: Decoration) -> str:
    if one.outline:
        return f'<polygon points="{_path(one.outline)}" fill="{GREY}" fill-opacity=".5"/>'
    x, y = one.x - one.width / 2, one.y - one.height / 2
    turn = f' transform="rotate({one.rotation:.0f} {one.x:.0f} {one.y:.0f})"' if one.rotation else ""
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{one.width:.0f}" height="{one.height:.0f}" rx="12" fill="{GREY}" '
        f'fill-opacity=".5"{turn}/>'
    )


def _path(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in points)


def difference_drawings(before: Document, after: Document, changes: Changes) -> list[tuple[str, SafeString]]:
    """Name and drawing of each floor of both maps on which something changed."""
    pairs = (*changes.relabelled, *changes.recategorised, *changes.moved)
    spots = [*changes.added, *changes.removed, *(spot for pair in pairs for spot in pair)]
    touched = {spot.floor for spot in spots}
    words = {"added": _("Added"), "removed": _("Removed"), "moved": _("Moved"), "changed": _("Changed")}
    gone = [floor for floor in before.floors if floor.id not in {one.id for one in after.floors}]
    floors = [floor for floor in (*after.floors, *gone) if floor.id in touched]
    return [(floor.name, difference_drawing(floor, changes, words=words)) for floor in floors]


def difference_drawing(floor: Floor, changes: Changes, *, words: dict[str, str]) -> SafeString:
    """One floor of the newer document with what changed on it, told apart by shape as well as by colour.

    Added seats are discs with a plus, removed ones crosses, moved ones have a line from where they were, others rings. `words`
    are the titles that a pointer shows: added, removed, moved, changed.
    """
    here = [spot for spot in (*changes.added, *changes.removed) if spot.floor == floor.id]
    before = [(a.x, a.y) for a, b in changes.moved if b.floor == floor.id == a.floor]
    box = bounds(floor, [*((spot.x, spot.y) for spot in here), *before])
    if box is None:
        return SafeString()
    x, y, width, height = box
    parts = [_HEAD.format(box=f"{x:.0f} {y:.0f} {width:.0f} {height:.0f}")]
    parts += [_decoration(one) for one in floor.decorations if one.kind in ("stage", "shape")]
    parts.append('<g fill="#c9cdd3">')
    parts += [
        f'<circle cx="{seat.x:.0f}" cy="{seat.y:.0f}" r="16"/>' for section in floor.sections for seat in section.seats
    ]
    parts.append("</g>")
    for before_spot, spot in (*changes.relabelled, *changes.recategorised):
        if spot.floor == floor.id:
            parts.append(_ring(spot, _title(words["changed"], before_spot, spot)))
    for before_spot, spot in changes.moved:
        if spot.floor == floor.id:
            parts.append(_move(before_spot, spot, _title(words["moved"], spot)))
    parts += [_plus(spot, _title(words["added"], spot)) for spot in changes.added if spot.floor == floor.id]
    parts += [_cross(spot, _title(words["removed"], spot)) for spot in changes.removed if spot.floor == floor.id]
    # Its texts are escaped in `_title`; all else are numbers and words of ours.
    return SafeString("".join([*parts, "</svg>"]))


def _title(word: str, *spots: Spot) -> str:
    return f"<title>{escape(word)}: {escape(' → '.join(' '.join(spot.words) for spot in spots))}</title>"


def _plus(spot: Spot, title: str) -> str:
    arms = f"M{spot.x - 11:.0f} {spot.y:.0f}h22M{spot.x:.0f} {spot.y - 11:.0f}v22"
    disc = f'<circle cx="{spot.x:.0f}" cy="{spot.y:.0f}" r="21" fill="#0b6b35"/>'
    return f'<g>{title}{disc}<path d={quoteattr(arms)} stroke="#fff" stroke-width="6"/></g>'


def _cross(spot: Spot, title: str) -> str:
    arms = f"M{spot.x - 15:.0f} {spot.y - 15:.0f}l30 30m0 -30l-30 30"
    return f'<g>{title}<path d={quoteattr(arms)} stroke="#b3131b" stroke-width="9" stroke-linecap="round"/></g>'


def _move(before: Spot, spot: Spot, title: str) -> str:
    line = ""
    if before.floor == spot.floor:
        line = f'<path d="M{before.x:.0f} {before.y:.0f}L{spot.x:.0f} {spot.y:.0f}" stroke="#0b5cad" stroke-width="6"/>'
    return f'<g>{title}{line}<circle cx="{spot.x:.0f}" cy="{spot.y:.0f}" r="18" fill="#0b5cad"/></g>'


def _ring(spot: Spot, title: str) -> str:
    ring = f'<circle cx="{spot.x:.0f}" cy="{spot.y:.0f}" r="18" fill="#fff" stroke="#8a5300" stroke-width="8"/>'
    return f"<g>{title}{ring}</g>"
