"""Moving what is on a map: one section, or a whole document into its own frame."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from seating.document import FARTHEST, Decoration, Document, Point, Row, Seat, Section, Table

_SLUG = re.compile(r"[^a-z0-9]+")


def moved_shape(shape: Mapping[str, Any], move: Callable[[Point], Point]) -> Mapping[str, Any]:
    """How a row was drawn, after it has been moved."""
    if "center" not in shape:
        return shape
    return {**shape, "center": [round(value, 1) for value in move((shape["center"][0], shape["center"][1]))]}


def moved_section(section: Section, move: Callable[[Point], Point], angle: float) -> Section:
    """The section with every point moved, its tables turned as well."""

    def seats(line: Row | Table) -> tuple[Seat, ...]:
        moved = [(seat, move((seat.x, seat.y))) for seat in line.seats]
        return tuple(replace(seat, x=x, y=y) for seat, (x, y) in moved)

    def table(one: Table) -> Table:
        x, y = move((one.x, one.y))
        return replace(one, x=x, y=y, rotation=(one.rotation + angle) % 360, seats=seats(one))

    return replace(
        section,
        outline=tuple(move(point) for point in section.outline),
        focal=move(section.focal) if section.focal else None,
        rows=tuple(replace(row, seats=seats(row), shape=moved_shape(row.shape, move)) for row in section.rows),
        tables=tuple(table(one) for one in section.tables),
    )


def fitted(document: Document, margin: float) -> Document:
    """The document moved so that everything lies in it with a margin around, and as large as that needs."""
    points = [(seat.x, seat.y) for seat in document.seats]
    for floor in document.floors:
        for section in floor.sections:
            points += section.outline
            points += [(t.x + s * t.width / 2, t.y + s * t.height / 2) for t in section.tables for s in (-1, 1)]
        for area in floor.areas:
            points += area.outline
        for one in floor.decorations:
            points += one.outline or [(one.x + s * one.width / 2, one.y + s * one.height / 2) for s in (-1, 1)]
    if not points:
        return replace(document, width=2 * margin, height=2 * margin)
    left, top = min(x for x, _y in points) - margin, min(y for _x, y in points) - margin
    right, bottom = max(x for x, _y in points) + margin, max(y for _x, y in points) + margin

    def move(point: Point) -> Point:
        return (point[0] - left, point[1] - top)

    return replace(moved(document, move), width=min(right - left, FARTHEST), height=min(bottom - top, FARTHEST))


def moved(document: Document, move: Callable[[Point], Point]) -> Document:
    """The document with every point moved; its page stays as it is."""

    def decoration(one: Decoration) -> Decoration:
        x, y = move((one.x, one.y))
        return replace(one, x=x, y=y, outline=tuple(map(move, one.outline)))

    return replace(
        document,
        focal=move(document.focal) if document.focal else None,
        floors=tuple(
            replace(
                floor,
                sections=tuple(moved_section(section, move, 0.0) for section in floor.sections),
                areas=tuple(replace(area, outline=tuple(map(move, area.outline))) for area in floor.areas),
                decorations=tuple(map(decoration, floor.decorations)),
            )
            for floor in document.floors
        ),
    )


def rescaled(document: Document, factor: float) -> Document:
    """The document `factor` times as large, page, tables and decorations too. Rows forget how they were drawn."""
    if factor == 1.0:
        return document
    larger = moved(document, lambda point: (point[0] * factor, point[1] * factor))
    return replace(
        larger,
        width=document.width * factor,
        height=document.height * factor,
        floors=tuple(
            replace(
                floor,
                sections=tuple(
                    replace(
                        section,
                        rows=tuple(replace(row, shape={}) for row in section.rows),
                        tables=tuple(
                            replace(one, width=one.width * factor, height=one.height * factor) for one in section.tables
                        ),
                    )
                    for section in floor.sections
                ),
                decorations=tuple(
                    replace(one, width=one.width * factor, height=one.height * factor) for one in floor.decorations
                ),
            )
            for floor in larger.floors
        ),
    )


def slug_of(words: str) -> str:
    """The words as a part of an id: at most 20 of a-z, 0-9 and -; "" if nothing of them is left."""
    return _SLUG.sub("-", words.lower()).strip("-")[:20].strip("-")
