"""Reading an SVG file safely, and flattening it to the shapes that can be seen, each with its place and size.

The parser knows no entities, fetches nothing, and stops at bounds of its own: elements, depth, attributes, and how many shapes
`<use>` may make of few. Of scripts, handlers and foreign content nothing is kept, not even as text; that they were there is
noted.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from seating.document import FARTHEST, Point
from seating.errors import clean
from seating.formats.raw import Notes, plain_number, refuse, text_of

MOST_NODES, MOST_SHAPES, DEEPEST, MOST_ATTRIBUTES = 250_000, 150_000, 100, 60
LONGEST_ATTRIBUTE, LONGEST_TEXT = 20_000, 200
Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

SHAPES: Final = ("circle", "ellipse", "rect", "path", "polygon", "polyline")
_NEVER_DRAWN = ("defs", "symbol", "clippath", "mask", "pattern", "marker", "metadata", "lineargradient", "radialgradient",
                "filter", "style", "script", "foreignobject", "title", "desc", "switch", "animate", "set")  # fmt: skip
_DANGEROUS = ("script", "foreignobject", "iframe", "object", "embed", "handler", "listener", "audio", "video")
_KEPT = {"id", "class", "transform", "cx", "cy", "r", "rx", "ry", "x", "y", "width", "height", "d", "points", "fill", "style",
         "href", "aria-label", "viewbox", "label", "display", "visibility"}  # fmt: skip
_TRANSFORM = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]{0,200})\)")
_NUMBERS = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_PATH = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)")
_TAKES = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "q": 4, "t": 2, "a": 7, "z": 0}


@dataclass(slots=True)
class Node:
    """An element of the file: its name, what is kept of its attributes, and what it holds."""

    tag: str
    attributes: dict[str, str]
    children: list["Node"] = field(default_factory=list)
    text: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """Something that is drawn: its middle and size on the page, and what is said of it and of the groups around it."""

    tag: str
    x: float
    y: float
    width: float
    height: float
    attributes: Mapping[str, str]
    groups: tuple[Mapping[str, str], ...]  # of the groups around it, outermost first
    title: str = ""
    text: str = ""
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """All shapes of a file in its order, and its page."""

    shapes: list[Shape]
    width: float
    height: float
    left: float
    top: float


def read_drawing(content: bytes, notes: Notes) -> Drawing:
    """The drawing in the file. Raises MapInvalid for what is no SVG, has entities, or is beyond the bounds."""
    root = _parsed(text_of(content), notes)
    if root.tag != "svg":
        refuse("not_svg", _("This is no SVG: its outermost element is “%s”.") % root.tag[:40])
    flat = _Flattener(root, notes)
    shapes = flat.shapes()
    box = _numbers(root.attributes.get("viewbox", ""))
    if len(box) != 4 or not (box[2] > 0 and box[3] > 0):
        width, height = _length(root.attributes.get("width")), _length(root.attributes.get("height"))
        box = [0.0, 0.0, width or 0.0, height or 0.0]
    return Drawing(shapes, box[2], box[3], box[0], box[1])


# --- Parsing -------------------------------------------------------------------------------------------------------------


def _parsed(text: str, notes: Notes) -> Node:
    """The tree of the file, without what is dangerous."""
    top = Node("", {})
    stack = [top]
    counts = {"nodes": 0, "handlers": 0, "inside": 0}
    dangerous: dict[str, int] = {}
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True

    def no_entities(*_details: Any) -> None:
        refuse("entities", _("The file declares entities, which we do not read: save it without them."))

    def doctype(_name: str, _system: str | None, _public: str | None, has_subset: int) -> None:
        if has_subset:
            no_entities()

    def start(name: str, attributes: Mapping[str, str]) -> None:
        counts["nodes"] += 1
        if counts["nodes"] > MOST_NODES:
            refuse("too_many", _("The file has more than %d elements.") % MOST_NODES)
        if len(stack) > DEEPEST:
            refuse("too_deep", _("The file is nested more than %d deep.") % DEEPEST)
        tag = name.rsplit(":", 1)[-1].lower()
        if tag in _DANGEROUS:
            dangerous[tag] = dangerous.get(tag, 0) + 1
            counts["inside"] += 1
        elif counts["inside"]:
            counts["inside"] += 1
        kept: dict[str, str] = {}
        for called, value in attributes.items():
            plain = called.rsplit(":", 1)[-1].lower()
            if plain.startswith("on"):
                counts["handlers"] += 1
            elif (plain in _KEPT or called.startswith("data-")) and len(kept) < MOST_ATTRIBUTES:
                if len(value) > LONGEST_ATTRIBUTE:
                    if plain in ("d", "points"):
                        notes.repaired(
                            "long_path", _("A shape with a very long outline is known by its beginning only.")
                        )
                    value = value[:LONGEST_ATTRIBUTE]
                kept[called if called.startswith("data-") else plain] = value
        node = Node(tag, kept)
        if not counts["inside"]:
            stack[-1].children.append(node)
        stack.append(node)

    def end(_name: str) -> None:
        node = stack.pop()
        if counts["inside"]:
            counts["inside"] -= 1
        elif node.tag == "title" and node.text:
            stack[-1].title = stack[-1].title or clean(node.text)[:LONGEST_TEXT]
        elif node.tag == "tspan" and stack[-1].tag in ("text", "tspan"):
            stack[-1].text = f"{stack[-1].text} {node.text}".strip()[:LONGEST_TEXT]

    def words(data: str) -> None:
        node = stack[-1]
        if node.tag in ("title", "text", "tspan") and len(node.text) < LONGEST_TEXT:
            node.text += data[:LONGEST_TEXT]

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = words
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = no_entities
    parser.UnparsedEntityDeclHandler = no_entities
    parser.ExternalEntityRefHandler = no_entities  # type: ignore[assignment]
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        refuse("not_xml", _("The file is no SVG that we can read: %s") % str(error)[:100])
    for tag, times in dangerous.items():
        notes.lost(
            "active_content", _("%(n)d × “%(tag)s” in the file: nothing of it is kept.") % {"n": times, "tag": tag}
        )
    if counts["handlers"]:
        notes.lost(
            "active_content",
            ngettext(
                "%d event handler in the file: it is not kept.",
                "%d event handlers in the file: none is kept.",
                counts["handlers"],
            )
            % counts["handlers"],
        )
    return top.children[0] if top.children else top


# --- Flattening ------------------------------------------------------------------------------------------------------------


class _Flattener:
    def __init__(self, root: Node, notes: Notes) -> None:
        self.root = root
        self.notes = notes
        self.by_id: dict[str, Node] = {}
        pending = [root]
        while pending:
            node = pending.pop()
            name = node.attributes.get("id")
            if name and self.by_id.setdefault(name, node) is not node:
                notes.warn("id_twice", _("The id “%s” is there twice.") % name[:40])
            pending += reversed(node.children)

    def shapes(self) -> list[Shape]:
        """Every visible shape; `<use>` shows what it names, at most so often and so deep."""
        found: list[Shape] = []
        visited = 0
        # What is still to be drawn: a node, where it stands, the groups around it, and which uses led to it.
        pending: list[tuple[Node, Matrix, tuple[Mapping[str, str], ...], tuple[int, ...]]] = [
            (self.root, IDENTITY, (), ())
        ]
        while pending:
            node, matrix, groups, uses = pending.pop()
            visited += 1
            if visited > MOST_NODES or len(found) > MOST_SHAPES:
                refuse("too_many", _("With all that is used again the file draws more than %d shapes.") % MOST_SHAPES)
            if (node.tag in _NEVER_DRAWN and not (uses and node.tag == "symbol")) or _is_hidden(node):
                continue
            matrix = _times(matrix, _transform(node.attributes.get("transform", "")))
            if node.tag == "use":
                target = self.by_id.get(node.attributes.get("href", "").lstrip("#"))
                if target is None:
                    self.notes.lost(
                        "use_missing",
                        _("A copy names “%s”, which is not there.") % node.attributes.get("href", "")[:40],
                    )
                elif id(target) in uses or target is self.root:
                    self.notes.lost(
                        "use_cycle", _("“%s” uses itself and is left out there.") % node.attributes["href"][:40]
                    )
                elif len(uses) >= 20:
                    self.notes.lost("use_deep", _("Copies of copies deeper than 20 are left out."))
                else:
                    x, y = _length(node.attributes.get("x")) or 0.0, _length(node.attributes.get("y")) or 0.0
                    said = {**node.attributes, **({"title": node.title} if node.title else {})}
                    pending.append((target, _times(matrix, (1, 0, 0, 1, x, y)), (*groups, said), (*uses, id(target))))
                continue
            if node.tag in SHAPES or node.tag == "text":
                shape = _shape(node, matrix, groups)
                if shape is not None:
                    found.append(shape)
                continue
            said = {**node.attributes, **({"title": node.title} if node.title else {})}
            inner = (*groups, said) if node.tag in ("g", "a", "svg", "symbol") and node is not self.root else groups
            pending += [(child, matrix, inner, uses) for child in reversed(node.children)]
        return found


def _is_hidden(node: Node) -> bool:
    style = node.attributes.get("style", "").replace(" ", "")
    return (
        node.attributes.get("display") == "none"
        or node.attributes.get("visibility") == "hidden"
        or "display:none" in style
        or "visibility:hidden" in style
    )


def _shape(node: Node, matrix: Matrix, groups: tuple[Mapping[str, str], ...]) -> Shape | None:
    get = node.attributes.get
    points: list[Point] = []
    if node.tag == "circle":
        r = _length(get("r")) or 0.0
        box = _box(_length(get("cx")) or 0.0, _length(get("cy")) or 0.0, r, r)
    elif node.tag == "ellipse":
        box = _box(
            _length(get("cx")) or 0.0, _length(get("cy")) or 0.0, _length(get("rx")) or 0.0, _length(get("ry")) or 0.0
        )
    elif node.tag == "rect":
        w, h = _length(get("width")) or 0.0, _length(get("height")) or 0.0
        box = _box((_length(get("x")) or 0.0) + w / 2, (_length(get("y")) or 0.0) + h / 2, w / 2, h / 2)
    elif node.tag == "text":
        xs, ys = _numbers(get("x", "")), _numbers(get("y", ""))
        box = _box(xs[0] if xs else 0.0, ys[0] if ys else 0.0, 0.0, 0.0)
    else:
        points = _path_points(get("d", "")) if node.tag == "path" else _pairs(get("points", ""))
        if len(points) < 2:
            return None
        xs, ys = [x for x, _y in points], [y for _x, y in points]
        box = (min(xs), min(ys), max(xs), max(ys))
    left, top, right, bottom = box
    x, y = _applied(matrix, ((left + right) / 2, (top + bottom) / 2))
    width = (right - left) * math.hypot(matrix[0], matrix[1])
    height = (bottom - top) * math.hypot(matrix[2], matrix[3])
    if not all(math.isfinite(value) and abs(value) <= FARTHEST for value in (x, y, width, height)):
        return None
    outline = tuple(_applied(matrix, point) for point in points) if 3 <= len(points) <= 2_000 else ()
    if node.tag == "rect":
        outline = tuple(
            _applied(matrix, corner) for corner in ((left, top), (right, top), (right, bottom), (left, bottom))
        )
    if not all(abs(x) <= FARTHEST and abs(y) <= FARTHEST for x, y in outline):
        outline = ()
    return Shape(node.tag, x, y, width, height, node.attributes, groups, node.title, clean(node.text), outline)


def _box(x: float, y: float, half_width: float, half_height: float) -> tuple[float, float, float, float]:
    half_width, half_height = abs(half_width), abs(half_height)
    return (x - half_width, y - half_height, x + half_width, y + half_height)


# --- Numbers, transforms, paths -------------------------------------------------------------------------------------------


def _numbers(text: str) -> list[float]:
    return [
        number for found in _NUMBERS.findall(text[:LONGEST_ATTRIBUTE]) if (number := plain_number(found)) is not None
    ]


def _length(text: str | None) -> float | None:
    """A length in user units; its unit is left out, a percentage is none."""
    if not text or "%" in text:
        return None
    found = _NUMBERS.match(text.strip())
    return plain_number(found[0]) if found else None


def _pairs(text: str) -> list[Point]:
    numbers = _numbers(text)
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def _transform(text: str) -> Matrix:
    matrix = IDENTITY
    for name, inside in _TRANSFORM.findall(text[:1_000]):
        matrix = _times(matrix, _one_transform(name, _numbers(inside)))
    return matrix


def _one_transform(name: str, n: list[float]) -> Matrix:
    if name == "matrix" and len(n) == 6:
        return (n[0], n[1], n[2], n[3], n[4], n[5])
    if name == "translate" and n:
        return (1.0, 0.0, 0.0, 1.0, n[0], n[1] if len(n) > 1 else 0.0)
    if name == "scale" and n:
        return (n[0], 0.0, 0.0, n[1] if len(n) > 1 else n[0], 0.0, 0.0)
    if name == "rotate" and n:
        a = math.radians(n[0])
        turn: Matrix = (math.cos(a), math.sin(a), -math.sin(a), math.cos(a), 0.0, 0.0)
        if len(n) < 3:
            return turn
        return _times(_times((1.0, 0.0, 0.0, 1.0, n[1], n[2]), turn), (1.0, 0.0, 0.0, 1.0, -n[1], -n[2]))
    if name in ("skewX", "skewY") and n and abs(n[0] % 180 - 90) > 0.01:
        slant = math.tan(math.radians(n[0]))
        return (1.0, 0.0, slant, 1.0, 0.0, 0.0) if name == "skewX" else (1.0, slant, 0.0, 1.0, 0.0, 0.0)
    return IDENTITY


def _times(m: Matrix, n: Matrix) -> Matrix:
    return (
        m[0] * n[0] + m[2] * n[1],
        m[1] * n[0] + m[3] * n[1],
        m[0] * n[2] + m[2] * n[3],
        m[1] * n[2] + m[3] * n[3],
        m[0] * n[4] + m[2] * n[5] + m[4],
        m[1] * n[4] + m[3] * n[5] + m[5],
    )


def _applied(m: Matrix, p: Point) -> Point:
    return (m[0] * p[0] + m[2] * p[1] + m[4], m[1] * p[0] + m[3] * p[1] + m[5])


def _path_points(d: str) -> list[Point]:
    """Points that a path goes through or bends towards: enough for where it is and how large."""
    points: list[Point] = []
    here: Point = (0.0, 0.0)
    begun: Point = (0.0, 0.0)
    for command, n in _path_commands(d):
        lower, relative = command.lower(), command.islower()
        base = here if relative else (0.0, 0.0)
        if lower == "z":
            here = begun
            continue
        if lower == "h":
            here = (base[0] + n[0], here[1])
        elif lower == "v":
            here = (here[0], base[1] + n[0])
        elif lower == "a":
            to = (base[0] + n[5], base[1] + n[6])
            points += _arc_points(here, to, n[0], n[1], n[2], n[3] != 0, n[4] != 0)
            here = to
        else:
            pairs = [(base[0] + n[i], base[1] + n[i + 1]) for i in range(0, len(n), 2)]
            if lower in "cq":  # half way: nearer to what is drawn than the control points are
                points += [((p[0] + here[0]) / 2, (p[1] + here[1]) / 2) for p in pairs[:-1]]
            here = pairs[-1]
            if lower == "m":
                begun = here
        points.append(here)
    return points


def _path_commands(d: str) -> Iterator[tuple[str, list[float]]]:
    command, numbers = "", list[float]()
    for letter, number in _PATH.findall(d[:LONGEST_ATTRIBUTE]):
        if letter:
            command, numbers = letter, []
            if letter in "zZ":
                yield letter, []
            continue
        value = plain_number(number)
        if not command or value is None:
            return
        numbers.append(value)
        takes = _TAKES[command.lower()]
        if takes and len(numbers) == takes:
            yield command, numbers
            numbers = []
            command = {"m": "l", "M": "L"}.get(command, command)


def _arc_points(start: Point, to: Point, rx: float, ry: float, turn: float, large: bool, sweep: bool) -> list[Point]:
    """Eight points on an elliptical arc."""
    rx, ry = abs(rx), abs(ry)
    if not rx or not ry or start == to:
        return []
    phi = math.radians(turn)
    cos, sin = math.cos(phi), math.sin(phi)
    dx, dy = (start[0] - to[0]) / 2, (start[1] - to[1]) / 2
    x, y = cos * dx + sin * dy, -sin * dx + cos * dy
    over = (x / rx) ** 2 + (y / ry) ** 2
    if over > 1:
        rx, ry = rx * math.sqrt(over), ry * math.sqrt(over)
    below = (rx * y) ** 2 + (ry * x) ** 2
    root = math.sqrt(max(0.0, ((rx * ry) ** 2 - below) / below)) if below else 0.0
    root = -root if large == sweep else root
    cx, cy = root * rx * y / ry, -root * ry * x / rx
    first = math.atan2((y - cy) / ry, (x - cx) / rx)
    swept = math.atan2((-y - cy) / ry, (-x - cx) / rx) - first
    if sweep and swept < 0:
        swept += math.tau
    elif not sweep and swept > 0:
        swept -= math.tau
    mx, my = (start[0] + to[0]) / 2, (start[1] + to[1]) / 2
    found: list[Point] = []
    for place in range(1, 8):
        angle = first + swept * place / 8
        ex, ey = cx + rx * math.cos(angle), cy + ry * math.sin(angle)
        found.append((cos * ex - sin * ey + mx, sin * ex + cos * ey + my))
    return found
