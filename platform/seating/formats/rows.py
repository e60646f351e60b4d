"""Finding again how rows were drawn: straight or bent, where their aisles are, and how far apart neighbours sit."""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any, Final

from seating.document import Point, distance

TOLERANCE: Final = (
    0.02  # of the pitch: how far seats may be from the line or circle that they are taken to lie on, on average
)
AISLE: Final = 1.5  # pitches: neighbours farther apart than this have an aisle between them
FLATTEST: Final = 200.0  # times a row's length: a larger radius is a straight row


def steps_of(points: Sequence[Point]) -> list[float]:
    """The distances from each point to the next."""
    return [distance(one, other) for one, other in pairwise(points)]


def pitch_of(rows: Sequence[Sequence[Point]]) -> float | None:
    """How far apart neighbours are in most of the rows; None where no row has two seats apart."""
    steps = [step for row in rows for step in steps_of(row) if step > 0]
    return median(steps) if steps else None


def gaps_of(points: Sequence[Point], pitch: float | None = None) -> tuple[int, ...]:
    """After which seats (from 0) an aisle comes. Without `pitch` the row's own is taken."""
    steps = steps_of(points)
    pitch = pitch or (median(steps) if steps else 0.0)
    return tuple(place for place, step in enumerate(steps) if pitch and step > AISLE * pitch)


def shape_of(points: Sequence[Point]) -> dict[str, Any]:
    """How the editor is to take this row up: a line, an arc about a centre, or free seats."""
    steps = steps_of(points)
    pitch = median(steps) if steps else 50.0
    if len(points) < 2 or pitch <= 0:
        return {"kind": "line", "pitch": round(pitch, 1) or 50.0}
    if _off_line(points) <= TOLERANCE * pitch:
        return {"kind": "line", "pitch": round(pitch, 1)}
    circle = _circle(points)
    if circle is not None:
        (x, y), radius = circle
        off = math.sqrt(sum((distance(point, (x, y)) - radius) ** 2 for point in points) / len(points))
        if off <= TOLERANCE * pitch and radius <= FLATTEST * distance(points[0], points[-1]):
            return {
                "kind": "arc",
                "pitch": round(pitch, 1),
                "radius": round(radius, 1),
                "center": [round(x, 1), round(y, 1)],
            }
    return {"kind": "free", "pitch": round(pitch, 1)}


def _off_line(points: Sequence[Point]) -> float:
    """How far the points are from their best straight line: the root of the mean square."""
    n = len(points)
    mx, my = sum(x for x, _y in points) / n, sum(y for _x, y in points) / n
    xx = sum((x - mx) ** 2 for x, _y in points)
    yy = sum((y - my) ** 2 for _x, y in points)
    xy = sum((x - mx) * (y - my) for x, y in points)
    smaller = (xx + yy - math.sqrt((xx - yy) ** 2 + 4 * xy**2)) / 2
    return math.sqrt(max(0.0, smaller) / n)


def _circle(points: Sequence[Point]) -> tuple[Point, float] | None:
    """The circle that lies nearest to the points (by algebra), if there is one."""
    n = len(points)
    if n < 4:
        return None
    mx, my = sum(x for x, _y in points) / n, sum(y for _x, y in points) / n
    shifted = [(x - mx, y - my) for x, y in points]
    xx, yy = sum(x * x for x, _y in shifted), sum(y * y for _x, y in shifted)
    xy = sum(x * y for x, y in shifted)
    xr = sum(x * (x * x + y * y) for x, y in shifted)
    yr = sum(y * (x * x + y * y) for x, y in shifted)
    determinant = 2 * (xx * yy - xy * xy)
    if abs(determinant) <= 1e-9 * max(1.0, xx * yy):
        return None
    x = (xr * yy - yr * xy) / determinant
    y = (yr * xx - xr * xy) / determinant
    radius = math.sqrt(x * x + y * y + (xx + yy) / n)
    return ((x + mx, y + my), radius) if math.isfinite(radius) else None
