"""Seat maps as small pictures: the thumbnail of a map, and what a version changes, seat by seat. SVG, drawn on the server."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from xml.sax.saxutils import escape, quoteattr

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from organizer_portal.map_changes import Changes, Spot
from seating.document import Decoration, Document, Floor, Point, Row, Seat, Section, Table
from seating.plan import compile_plan, preset

MARGIN = 60.0  # centimetres around a floor
AROUND = 300.0  # and around what changed on it
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


@dataclass(frozen=True)
class DifferenceDrawing:
    """A floor with what changed on it; `whole` is the floor in full where `drawing` has only the part with changes."""

    name: str
    drawing: SafeString
    whole: SafeString | None


def difference_drawings(before: Document, after: Document, changes: Changes) -> list[DifferenceDrawing]:
    """Each floor of both maps on which something changed."""
    pairs = (*changes.relabelled, *changes.recategorised, *changes.moved)
    spots = [*changes.added, *changes.removed, *(spot for pair in pairs for spot in pair)]
    words = {
        "added": _("Added"),
        "removed": _("Removed"),
        "moved": _("Moved"),
        "relabelled": _("Called otherwise"),
        "recategorised": _("In another category"),
    }
    colors = {category.key: category.color for document in (before, after) for category in document.categories}
    gone = [floor for floor in before.floors if floor.id not in {one.id for one in after.floors}]
    made = []
    for floor in (*after.floors, *gone):
        here = [(spot.x, spot.y) for spot in spots if spot.floor == floor.id]
        whole = bounds(floor, here)
        if not here or whole is None:
            continue
        drawn = partial(difference_drawing, floor, changes, words=words, colors=colors)
        part = _part_of(here, whole)
        if part == whole:
            made.append(DifferenceDrawing(floor.name, drawn(box=whole), None))
        else:
            made.append(DifferenceDrawing(floor.name, drawn(box=part), drawn(box=whole)))
    return made


Box = tuple[float, float, float, float]


def _part_of(spots: Sequence[Point], whole: Box) -> Box:
    """The part of a floor that has the changes, with what is around them; the whole where that is not much more."""
    xs, ys = [x for x, _y in spots], [y for _x, y in spots]
    left, top = max(min(xs) - AROUND, whole[0]), max(min(ys) - AROUND, whole[1])
    right, bottom = min(max(xs) + AROUND, whole[0] + whole[2]), min(max(ys) + AROUND, whole[1] + whole[3])
    is_most = (right - left) * (bottom - top) > 0.5 * whole[2] * whole[3]
    return whole if is_most else (left, top, right - left, bottom - top)


def difference_drawing(
    floor: Floor, changes: Changes, *, words: dict[str, str], colors: dict[str, str], box: Box
) -> SafeString:
    """What lies in `box` of one floor of the newer document with what changed there, told apart by shape as well as by colour.

    Added seats are discs with a plus, removed ones crosses, moved ones have a line from where they were, those called otherwise
    are rings, those in another category squares of its colour. `words` are the titles that a pointer shows.
    """
    x, y, width, height = box

    def is_in(at: Seat | Spot) -> bool:
        return x <= at.x <= x + width and y <= at.y <= y + height

    def here(spot: Spot) -> bool:
        return spot.floor == floor.id and is_in(spot)

    parts = [_HEAD.format(box=f"{x:.0f} {y:.0f} {width:.0f} {height:.0f}")]
    parts += [_decoration(one) for one in floor.decorations if one.kind in ("stage", "shape")]
    parts.append('<g fill="#c9cdd3">')
    parts += [
        f'<circle cx="{seat.x:.0f}" cy="{seat.y:.0f}" r="16"/>'
        for section in floor.sections
        for seat in section.seats
        if is_in(seat)
    ]
    parts.append("</g>")
    size = max(width / 45, 30)
    parts.append(f'<g fill="#57606a" font-size="{size:.0f}" font-family="system-ui, sans-serif" text-anchor="middle">')
    parts += [_text(one.x, one.y + size / 3, one.text) for one in floor.decorations if one.kind == "stage" and one.text]
    gone = [spot for spot in changes.removed if spot.floor == floor.id]
    for section in floor.sections:
        if any(map(is_in, section.seats)):
            parts.append(_section_name(section, [spot for spot in gone if spot.words[0] == section.name], size))
    parts.append("</g>")
    for _before, spot in changes.recategorised:
        if here(spot):
            parts.append(_square(spot, colors, _title(words["recategorised"], spot)))
    for before_spot, spot in changes.relabelled:
        if here(spot):
            parts.append(_ring(spot, _title(words["relabelled"], before_spot, spot)))
    for before_spot, spot in changes.moved:
        if here(spot):
            parts.append(_move(before_spot, spot, _title(words["moved"], spot)))
    parts += [_plus(spot, _title(words["added"], spot)) for spot in changes.added if here(spot)]
    parts += [_cross(spot, _title(words["removed"], spot)) for spot in changes.removed if here(spot)]
    # Its texts are escaped in `_title` and `_text`; all else are numbers and words of ours.
    return SafeString("".join([*parts, "</svg>"]))


def _section_name(section: Section, gone: Sequence[Spot], size: float) -> str:
    """Above its first row, also where that is gone."""
    at = [*((seat.x, seat.y) for seat in section.seats), *((spot.x, spot.y) for spot in gone)]
    return _text(sum(x for x, _y in at) / len(at), min(y for _x, y in at) - size * 0.9, section.name)


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'


def _square(spot: Spot, colors: dict[str, str], title: str) -> str:
    color = colors.get(spot.category or "", GREY)
    square = f'<rect x="{spot.x - 19:.0f}" y="{spot.y - 19:.0f}" width="38" height="38" fill="{color}" stroke="#1a1d21" stroke-width="5"/>'
    return f"<g>{title}{square}</g>"


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
    """Wide enough to be seen around what else became of the seat."""
    ring = f'<circle cx="{spot.x:.0f}" cy="{spot.y:.0f}" r="24" fill="none" stroke="#8a5300" stroke-width="7"/>'
    return f"<g>{title}{ring}</g>"
