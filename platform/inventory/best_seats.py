"""The best seats that are free: a pure search over the runs of a map, from one bit per seat to a few blocks, best first.

What is good, in this order: together in one run; no new single seat; near what the section looks at, depth counting more
than sideways; filling a gap exactly. A block is scored by the mean quality of its seats, less SINGLE_PENALTY for each
single seat that it would leave, plus GAP_BONUS when it fills its gap. Runs are looked at in the order of their best seat,
until no further run could hold anything better than what was found.

Nothing here is proved: the state may be a second old. Whoever claims a block proves it under lock (checkout/best.py).
"""

import math
from bisect import insort
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final

from events.seating_plan import Painting
from inventory.seat_rules import bits, clean_windows, longest, new_singles, windows
from seating.compiled import FLAG_BITS, CompiledSeat, Run

DEPTH_WEIGHT, SIDEWAYS_WEIGHT = 1.0, 0.8
RESTRICTED_PENALTY = 0.2
SINGLE_PENALTY = 0.3
GAP_BONUS = 0.05
APART: Final = 1000.0  # centimetres between two parts of a group that weigh as much as the whole way to the back
BOUNDED_SIZES = 10  # neighbours, up to which a run's best is known beforehand
MOST_BLOCKS = 8  # found by one search: who loses the first to somebody takes the next
MOST_ANCHORS = 16  # first parts of a group that cannot sit together
NEAREST_RUNS = 24  # to each, where the other parts are looked for
FEWEST_TOGETHER = 2  # of a group that is split: nobody sits alone
_WHEELCHAIR, _COMPANION = FLAG_BITS["wheelchair"], FLAG_BITS["companion"]
_STEP_FREE, _RESTRICTED = FLAG_BITS["step_free"], FLAG_BITS["restricted_view"]


@dataclass(frozen=True)
class Wish:
    """What a group of `size` wants: in `category`, in a `zone` ("" is any; a section's name or its zone's).

    Of them `wheelchairs` sit in wheelchair spaces, `companions` on those spaces' companion seats; with `is_step_free` all
    seats are reached without steps.
    """

    size: int
    category: str
    zone: str = ""
    wheelchairs: int = 0
    companions: int = 0
    is_step_free: bool = False


@dataclass(frozen=True)
class House:
    """Who may sit where now: `free` has one bit per seat (SeatVector.free); `is_released` says that the category's wheelchair
    spaces are anybody's; with `is_strict` no window that leaves a single seat is offered where its run has another."""

    free: bytes
    is_released: bool = False
    is_strict: bool = True


@dataclass(frozen=True, order=True)
class Block:
    """Seats for a group, ascending; a higher score is better."""

    score: float
    seats: tuple[int, ...]


class _Lane:
    """One run, ready for searching."""

    def __init__(self, shown: Painting, run: Run, quality: Sequence[float]) -> None:
        compiled = shown.compiled
        seats = compiled.seats[run.first : run.first + run.count]
        line = compiled.lines[run.line]
        section = compiled.sections[line.section]
        self.index, self.first, self.count = run.index, run.first, run.count
        self.is_row = line.kind == "row"
        self.is_whole = run.line in shown.whole_lines
        self.offered = shown.offered_of_run[run.index]
        self.zones = {section.name, section.zone, section.id}
        self.sums = [0.0]
        for seat in seats:
            self.sums.append(self.sums[-1] + quality[seat.index])
        self.bests = [self._best(size) for size in range(1, BOUNDED_SIZES + 1)]
        self.access = _mask(seats, _WHEELCHAIR | _COMPANION)
        self.step_free = _mask(seats, _STEP_FREE)
        self.categories: dict[str | None, int] = {}
        for place, seat in enumerate(seats):
            category = shown.categories[seat.index]
            self.categories[category] = self.categories.get(category, 0) | 1 << place
        self.points = [(seat.x, seat.y) for seat in seats]
        self.middle = (
            sum(x for x, _y in self.points) / max(len(seats), 1),
            sum(y for _x, y in self.points) / max(len(seats), 1),
        )

    def _best(self, size: int) -> float:
        """The most that `size` neighbours could be worth; less than anything where the run is too short."""
        return max((self.mean(start, size) for start in range(self.count - size + 1)), default=-math.inf)

    def best(self, size: int) -> float:
        """The same; of a greater size that of a smaller one, which is a bound as well."""
        return self.bests[min(size, BOUNDED_SIZES) - 1] if size <= self.count else -math.inf

    def free_of(self, free: bytes) -> int:
        """The run's part of a vector of free seats."""
        start, end = self.first >> 3, (self.first + self.count + 7) >> 3
        return int.from_bytes(free[start:end], "little") >> (self.first & 7) & ((1 << self.count) - 1)

    def mean(self, start: int, size: int) -> float:
        return (self.sums[start + size] - self.sums[start]) / size

    def centre(self, start: int, size: int) -> tuple[float, float]:
        (x, y), (u, v) = self.points[start], self.points[start + size - 1]
        return (x + u) / 2, (y + v) / 2

    def seats(self, start: int, size: int) -> tuple[int, ...]:
        return tuple(range(self.first + start, self.first + start + size))


class SeatFinder:
    """The search over one painted map; what does not depend on who sits where is worked out once."""

    def __init__(self, shown: Painting) -> None:
        self.shown = shown
        self.quality = qualities(shown)
        self.lanes = [_Lane(shown, run, self.quality) for run in shown.compiled.runs]
        self._by_best: dict[tuple[str, int], list[_Lane]] = {}
        self._nearest: dict[tuple[int, str], list[_Lane]] = {}

    def find(self, wish: Wish, house: House) -> list[Block]:
        """Up to MOST_BLOCKS blocks for the wish, best first; one run each if that can be, else in parts, nobody alone."""
        search = _Search(self, wish, house)
        if wish.wheelchairs:
            return search.with_wheelchairs()
        found = search.together()
        if found or wish.size < 2 * FEWEST_TOGETHER:
            return found
        for parts in (2, 3) if wish.size >= 6 else (2,):
            found = search.in_parts(parts)
            if found:
                break
        return found

    def together(self, wish: Wish, house: House) -> list[Block]:
        """Blocks in one run each, best first: equal to looking at every window of every run."""
        return _Search(self, wish, house).together()

    def near(self, wish: Wish, house: House, *, to: int) -> Block | None:
        """Seats together, good and near the seat with index `to`; None where there are none around."""
        seat = self.shown.compiled.seats[to]
        search = _Search(self, wish, house)
        found = search.nearest_window(self.lanes[seat.run], _at(seat), wish.size, ())
        return Block(found[0], found[1].seats(found[2], wish.size)) if found is not None else None

    def largest(self, wish: Wish, house: House) -> int:
        """How many could sit together, whatever the wish's size."""
        return _Search(self, wish, house).largest()

    def by_best(self, category: str, size: int) -> list[_Lane]:
        """The runs with seats of a category, in the order of the most that so many neighbours could be worth."""
        size = min(size, BOUNDED_SIZES)
        if (category, size) not in self._by_best:
            lanes = [lane for lane in self.lanes if category in lane.categories]
            self._by_best[category, size] = sorted(lanes, key=lambda lane: (-lane.best(size), lane.index))
        return self._by_best[category, size]

    def runs_near(self, lane: _Lane, category: str) -> list[_Lane]:
        """Runs with seats of a category by the distance of their middles, itself first where it has some."""
        key = (lane.index, category)
        if key not in self._nearest:
            of_category = self.by_best(category, 1)
            ways = [(math.dist(lane.middle, other.middle), other.index) for other in of_category]
            self._nearest[key] = [self.lanes[index] for _way, index in nsmallest(NEAREST_RUNS + 1, ways)]
        return self._nearest[key]


class _Search:
    """One wish in one house. What a run has to offer is looked at once for each size."""

    def __init__(self, finder: SeatFinder, wish: Wish, house: House) -> None:
        self.finder, self.wish, self.house = finder, wish, house
        self.shown = finder.shown
        self._seen: dict[tuple[int, int], list[tuple[float, int]]] = {}

    def together(self) -> list[Block]:
        """Blocks in one run each, best first."""
        size = self.wish.size
        best: list[tuple[float, int]] = []  # (-score, first seat), ascending
        for lane in self.finder.by_best(self.wish.category, size):
            if len(best) == MOST_BLOCKS and lane.best(size) + GAP_BONUS < -best[-1][0]:
                break
            for score, start in self._windows(lane, size):
                entry = (-score, lane.first + start)
                if len(best) < MOST_BLOCKS or entry < best[-1]:
                    insort(best, entry)
                    del best[MOST_BLOCKS:]
        return [Block(-score, tuple(range(first, first + size))) for score, first in best]

    def largest(self) -> int:
        """How many could sit together."""
        found = 0
        for lane in self.finder.by_best(self.wish.category, 1):
            allowed = self._allowed(lane)[1]
            if lane.is_whole:
                found = max(found, lane.offered.bit_count() if allowed == lane.offered else 0)
            elif allowed.bit_count() > found:
                found = max(found, longest(allowed))
        return found

    def _allowed(self, lane: _Lane) -> tuple[int, int]:
        """The run's free seats that are nobody's special, and those of them that the wish may have."""
        of_category = lane.categories.get(self.wish.category, 0)
        if not of_category or (self.wish.zone and self.wish.zone not in lane.zones):
            return 0, 0
        free = lane.free_of(self.house.free) & lane.offered
        if not self.house.is_released:
            free &= ~lane.access
        allowed = free & of_category
        return free, allowed & lane.step_free if self.wish.is_step_free else allowed

    def _windows(self, lane: _Lane, size: int) -> list[tuple[float, int]]:
        """The score and the start of each window of a run that may be offered."""
        key = (lane.index, size)
        if key not in self._seen:
            self._seen[key] = self._look_at(lane, size)
        return self._seen[key]

    def _look_at(self, lane: _Lane, size: int) -> list[tuple[float, int]]:
        free, allowed = self._allowed(lane)
        starts = windows(allowed, size) if allowed.bit_count() >= size else 0
        if not starts:
            return []
        if lane.is_whole:
            start = bits(starts)[0]
            fits = allowed == lane.offered and allowed.bit_count() == size
            return [(lane.mean(start, size) + GAP_BONUS, start)] if fits else []
        clean = clean_windows(free, allowed, size) if lane.is_row else starts
        if self.house.is_strict and clean:
            starts = clean
        found = []
        for start in bits(starts):
            score = lane.mean(start, size)
            if not clean >> start & 1:
                score -= SINGLE_PENALTY * new_singles(free, ((1 << size) - 1) << start).bit_count()
            if not (free << 1) >> start & 1 and not free >> (start + size) & 1:
                score += GAP_BONUS
            found.append((score, start))
        return found

    # --- In parts -----------------------------------------------------------------------------------------------------

    def in_parts(self, parts: int) -> list[Block]:
        """Groups in `parts` runs near each other, as even as can be: rows behind one another, or across an aisle."""
        sizes = [(self.wish.size + part) // parts for part in reversed(range(parts))]
        anchors: list[tuple[float, int, int]] = []  # (-score, run, start), ascending
        for lane in self.finder.by_best(self.wish.category, sizes[0]):
            if len(anchors) == MOST_ANCHORS and lane.best(sizes[0]) + GAP_BONUS < -anchors[-1][0]:
                break
            for score, start in self._windows(lane, sizes[0]):
                insort(anchors, (-score, lane.index, start))
                del anchors[MOST_ANCHORS:]
        found: dict[tuple[int, ...], float] = {}
        for _score, run, start in anchors:
            block = self._from_anchor(self.finder.lanes[run], start, sizes)
            if block is not None:
                found[block.seats] = max(block.score, found.get(block.seats, block.score))
        ordered = sorted(
            (Block(score, seats) for seats, score in found.items()), key=lambda one: (-one.score, one.seats)
        )
        return ordered[:MOST_BLOCKS]

    def _from_anchor(self, lane: _Lane, start: int, sizes: Sequence[int]) -> Block | None:
        centre = lane.centre(start, sizes[0])
        taken = {lane.index}
        seats = list(lane.seats(start, sizes[0]))
        score = lane.mean(start, sizes[0]) * sizes[0]
        for size in sizes[1:]:
            near = self.nearest_window(lane, centre, size, taken)
            if near is None:
                return None
            value, other, begin = near
            taken.add(other.index)
            seats += other.seats(begin, size)
            score += value * size
        return Block(score / self.wish.size, tuple(sorted(seats)))

    def nearest_window(
        self, lane: _Lane, centre: tuple[float, float], size: int, taken: Collection[int]
    ) -> tuple[float, _Lane, int] | None:
        """The window that is good and near, in another run than those taken; its score has the way to it in it."""
        best: tuple[float, _Lane, int] | None = None
        for other in self.finder.runs_near(lane, self.wish.category):
            if other.index in taken:
                continue
            for score, begin in self._windows(other, size):
                value = score - math.dist(centre, other.centre(begin, size)) / APART
                if best is None or value > best[0]:
                    best = (value, other, begin)
        return best

    # --- Wheelchair spaces ------------------------------------------------------------------------------------------------

    def with_wheelchairs(self) -> list[Block]:
        """Spaces near each other whose companion seats suffice, and the rest of the group together and near."""
        wish, quality = self.wish, self.finder.quality
        spaces = [
            seat
            for index in sorted(self.shown.access_seats)
            if (seat := self.shown.compiled.seats[index]).flags & _WHEELCHAIR and self._is_for(seat)
        ]
        spaces = [seat for seat in spaces if not wish.zone or wish.zone in self.finder.lanes[seat.run].zones]
        others = wish.size - wish.wheelchairs - wish.companions
        found: set[Block] = set()
        for anchor in spaces:
            near = sorted(spaces, key=lambda seat: (math.dist(_at(anchor), _at(seat)), seat.index))[: wish.wheelchairs]
            companions = self._companions(near)
            if len(near) < wish.wheelchairs or len(companions) < wish.companions:
                continue
            chosen = [*(seat.index for seat in near), *companions[: wish.companions]]
            score = sum(quality[index] for index in chosen)
            if others:
                rest = self.nearest_window(self.finder.lanes[anchor.run], _at(anchor), others, ())
                if rest is None:
                    continue
                chosen += rest[1].seats(rest[2], others)
                score += rest[0] * others
            spread = math.dist(_at(near[0]), _at(near[-1])) / APART
            found.add(Block(score / wish.size - spread, tuple(sorted(chosen))))
        unique = {block.seats: block for block in sorted(found)}
        return sorted(unique.values(), key=lambda one: (-one.score, one.seats))[:MOST_BLOCKS]

    def _companions(self, spaces: Sequence[CompiledSeat]) -> list[int]:
        """Free companion seats of these spaces, each space's nearest first, in turn."""
        seats = self.shown.compiled.seats
        lists = [[index for index in space.companions if self._is_for(seats[index])] for space in spaces]
        most = max((len(one) for one in lists), default=0)
        in_turn = [one[turn] for turn in range(most) for one in lists if turn < len(one)]
        return list(dict.fromkeys(in_turn))

    def _is_for(self, seat: CompiledSeat) -> bool:
        return bool(
            self.house.free[seat.index >> 3] >> (seat.index & 7) & 1
            and self.shown.categories[seat.index] == self.wish.category
            and seat.index not in self.shown.closed
        )


def qualities(shown: Painting) -> list[float]:
    """How good each seat is, by index: 1 at what its section looks at, 0 at the seat that is farthest from its own."""
    compiled = shown.compiled
    ways = []
    for seat in compiled.seats:
        x, y = compiled.sections[compiled.lines[seat.line].section].focal
        ways.append(math.hypot(SIDEWAYS_WEIGHT * (seat.x - x), DEPTH_WEIGHT * (seat.y - y)))
    farthest = max(ways, default=0.0) or 1.0
    return [
        1 - way / farthest - RESTRICTED_PENALTY * bool(seat.flags & _RESTRICTED)
        for way, seat in zip(ways, compiled.seats, strict=True)
    ]


MOST_KEPT = 16  # finders per process
_kept: OrderedDict[str, SeatFinder] = OrderedDict()


def finder_of(shown: Painting) -> SeatFinder:
    """The search over a painted map, kept by the painting's key."""
    found = _kept.get(shown.key)
    if found is None:
        found = _kept[shown.key] = SeatFinder(shown)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(shown.key)
    return found


def _mask(seats: Sequence[CompiledSeat], flags: int) -> int:
    return sum(1 << place for place, seat in enumerate(seats) if seat.flags & flags)


def _at(seat: CompiledSeat) -> tuple[float, float]:
    return seat.x, seat.y
