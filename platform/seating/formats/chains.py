"""Finding rows among seats of which only the places are known.

Whoever sits next to whom is found from nearest neighbours: a seat's row runs towards its nearest one, most seats of a part of
the house agree on the way, and two seats are linked if each is the other's next in that way. Chains of links are rows; chains
that go on in line behind an aisle are one row.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Final

from seating.document import Point, distance

REACH: Final = 1.45  # pitches: how far a neighbour may be
AISLE: Final = 4.5  # pitches: how wide an aisle within a row may be
UPRIGHT: Final = math.radians(80)  # steeper rows run down, so that an upright one does not turn about half way
TURN: Final = math.radians(33)  # how far a neighbour may lie off the way of the row


def rows_among(points: Sequence[Point]) -> list[list[int]]:
    """The places (in `points`) of each row's seats from left to right, rows from top to bottom. Linear in the points."""
    if not points:
        return []
    pitch = _pitch(points)
    if pitch <= 0:
        return [[place] for place in range(len(points))]
    near = _neighbours(points, REACH * pitch)
    ways = _ways(points, near)
    after: dict[int, int] = {}
    before: dict[int, int] = {}
    for place in range(len(points)):
        other = _next(points, near, ways, place, forward=True)
        if other is not None and _next(points, near, ways, other, forward=False) == place:
            after[place], before[other] = other, place
    chains: list[list[int]] = []
    linked = set[int]()
    for place in [*(p for p in range(len(points)) if p not in before), *range(len(points))]:  # rings have no first seat
        if place in linked:
            continue
        chain = [place]
        linked.add(place)
        while (following := after.get(chain[-1])) is not None and following not in linked:
            chain.append(following)
            linked.add(following)
        chains.append(chain)
    chains = _across_aisles(points, chains, ways, pitch)
    return sorted(chains, key=lambda chain: (median(points[place][1] for place in chain), points[chain[0]][0]))


def _pitch(points: Sequence[Point]) -> float:
    """The usual distance to the nearest other seat."""
    cell = _cell_size(points)
    cells = _cells(points, cell)
    nearest: list[float] = []
    for place, point in enumerate(points[:5_000]):
        best = math.inf
        for reach in (1, 3):
            for other in _around(cells, point, cell, reach):
                if other != place and points[other] != point:
                    best = min(best, distance(point, points[other]))
            if best <= reach * cell:
                break
        if best < math.inf:
            nearest.append(best)
    return median(nearest) if nearest else 0.0


def _cell_size(points: Sequence[Point]) -> float:
    width = max(x for x, _y in points) - min(x for x, _y in points)
    height = max(y for _x, y in points) - min(y for _x, y in points)
    return max(math.sqrt(max(width, 1.0) * max(height, 1.0) / len(points)), max(width, height) / 2_000, 1e-6)


def _cells(points: Sequence[Point], size: float) -> dict[tuple[int, int], list[int]]:
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, (x, y) in enumerate(points):
        cells[math.floor(x / size), math.floor(y / size)].append(place)
    return cells


def _around(cells: dict[tuple[int, int], list[int]], point: Point, size: float, reach: int) -> list[int]:
    column, row = math.floor(point[0] / size), math.floor(point[1] / size)
    found: list[int] = []
    for across in range(column - reach, column + reach + 1):
        for down in range(row - reach, row + reach + 1):
            found += cells.get((across, down), ())[:40]  # a heap of shapes on one spot is no row
    return found


def _neighbours(points: Sequence[Point], reach: float) -> list[list[int]]:
    """For each seat the others within reach, nearest first, at most twelve."""
    cells = _cells(points, reach)
    found: list[list[int]] = []
    for place, point in enumerate(points):
        others = [
            (distance(point, points[other]), other) for other in _around(cells, point, reach, 1) if other != place
        ]
        found.append([other for away, other in sorted(others)[:12] if 0 < away <= reach])
    return found


def _ways(points: Sequence[Point], near: Sequence[Sequence[int]]) -> list[float]:
    """Which way each seat's row runs, to the right or, where it is upright, down: what its neighbourhood mostly says.

    Angles are added doubled, so that left and right are the same way; seats in a square grid agree on the horizontal.
    """
    own: list[complex] = []
    for place, others in enumerate(near):
        total = 0j
        shortest = distance(points[place], points[others[0]]) if others else 0.0
        for other in others:
            away = distance(points[place], points[other])
            if away <= 1.12 * shortest:
                angle = math.atan2(points[other][1] - points[place][1], points[other][0] - points[place][0])
                total += complex(math.cos(2 * angle), math.sin(2 * angle))
        own.append(total)
    for _round in range(3):
        own = [own[place] + sum((own[other] for other in others), 0j) for place, others in enumerate(near)]
        own = [total / abs(total) if abs(total) > 1e-9 else 0j for total in own]
    ways = [math.atan2(total.imag, total.real) / 2 if total else 0.0 for total in own]
    return [way + math.pi if way < -UPRIGHT else way for way in ways]


def _next(
    points: Sequence[Point], near: Sequence[Sequence[int]], ways: Sequence[float], place: int, *, forward: bool
) -> int | None:
    """The nearest seat that lies in the row's way."""
    way = ways[place] if forward else ways[place] + math.pi
    here = points[place]
    best: tuple[float, int] | None = None
    for other in near[place]:
        angle = math.atan2(points[other][1] - here[1], points[other][0] - here[0]) - way
        off = abs((angle + math.pi) % math.tau - math.pi)
        if off <= TURN:
            cost = distance(here, points[other]) * (1 + off)
            if best is None or cost < best[0]:
                best = (cost, other)
    return best[1] if best else None


def _across_aisles(
    points: Sequence[Point], chains: list[list[int]], ways: Sequence[float], pitch: float
) -> list[list[int]]:
    """Chains that go on in line after an aisle as one; where two could follow, the nearer one does."""
    reach = AISLE * pitch
    starts = _cells([points[chain[0]] for chain in chains], reach)
    wanted: list[tuple[float, int, int]] = []
    for number, chain in enumerate(chains):
        end, way = points[chain[-1]], ways[chain[-1]]
        for other in _around(starts, end, reach, 1):
            if other == number:
                continue
            begin = points[chains[other][0]]
            along = (begin[0] - end[0]) * math.cos(way) + (begin[1] - end[1]) * math.sin(way)
            aside = abs((begin[1] - end[1]) * math.cos(way) - (begin[0] - end[0]) * math.sin(way))
            if 0 < along <= reach and aside <= 0.45 * pitch + 0.08 * along:
                wanted.append((distance(begin, end), number, other))
    follows: dict[int, int] = {}
    led = set[int]()
    for _away, number, other in sorted(wanted):
        if number not in follows and other not in led:
            follows[number] = other
            led.add(other)
    made: list[list[int]] = []
    done = set[int]()
    for number in [*(n for n in range(len(chains)) if n not in led), *range(len(chains))]:
        if number in done:
            continue
        row: list[int] = []
        at: int | None = number
        while at is not None and at not in done:
            done.add(at)
            row += chains[at]
            at = follows.get(at)
        made.append(row)
    return made
