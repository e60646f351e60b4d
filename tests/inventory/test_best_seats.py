"""The search for good seats: equal to looking at everything, and splitting nobody off."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.seating_plan import Painting, painting
from inventory.best_seats import GAP_BONUS, MOST_BLOCKS, SINGLE_PENALTY, House, SeatFinder, Wish
from seating.compiled import CompiledMap
from seating.document import parse
from tests import world
from tests.world import BALCONY, STALLS


def shown(*sections: Any, closed: tuple[str, ...] = (), **more: Any) -> Painting:
    compiled = CompiledMap(parse(world.seat_map(*sections, **more)))
    return painting(compiled, categories={}, closed=closed, whole_tables={})


HALL = SeatFinder(shown(("Stalls", STALLS, (8, (4, 5), 7)), ("Balcony", BALCONY, (6, 6))))


def house(finder: SeatFinder, *taken: str, **more: Any) -> House:
    compiled = finder.shown.compiled
    free = (1 << len(compiled.seats)) - 1
    for seat_id in taken:
        free &= ~(1 << compiled.index_of(seat_id))  # type: ignore[operator]
    return House(free.to_bytes(len(compiled.seats) // 8 + 1, "little"), **more)


def ids(finder: SeatFinder, seats: tuple[int, ...]) -> list[str]:
    return [finder.shown.compiled.seats[index].id for index in seats]


def everything(finder: SeatFinder, free: int, wish: Wish, *, is_strict: bool) -> list[tuple[float, tuple[int, ...]]]:
    """Every window of every run, said the slow way."""
    found = []
    for run in finder.shown.compiled.runs:
        places = range(run.first, run.first + run.count)
        open_ones = {seat for seat in places if free >> seat & 1}

        def lonely(seats: set[int]) -> set[int]:
            return {seat for seat in seats if seat - 1 not in seats and seat + 1 not in seats}

        of_run = []
        for start in places:
            seats = set(range(start, start + wish.size))
            if not seats <= open_ones or any(finder.shown.categories[seat] != wish.category for seat in seats):
                continue
            left = lonely(open_ones - seats) - lonely(open_ones)
            score = sum(finder.quality[seat] for seat in seats) / wish.size - SINGLE_PENALTY * len(left)
            score += GAP_BONUS * (start - 1 not in open_ones and start + wish.size not in open_ones)
            of_run.append((score, tuple(sorted(seats)), bool(left)))
        if is_strict and not all(leaves for _score, _seats, leaves in of_run):
            of_run = [one for one in of_run if not one[2]]
        found += [(score, seats) for score, seats, _leaves in of_run]
    return sorted(found, key=lambda one: (-round(one[0], 9), one[1]))


@settings(max_examples=150)
@given(st.integers(0, 2 ** len(HALL.shown.compiled.seats) - 1), st.integers(1, 6), st.booleans(), st.booleans())
def test_it_finds_what_looking_at_everything_finds(free: int, size: int, is_strict: bool, is_stalls: bool) -> None:
    wish = Wish(size, STALLS if is_stalls else BALCONY)
    content = free.to_bytes(len(HALL.shown.compiled.seats) // 8 + 1, "little")

    found = HALL.together(wish, House(content, is_strict=is_strict))

    expected = everything(HALL, free, wish, is_strict=is_strict)[:MOST_BLOCKS]
    assert [round(block.score, 9) for block in found] == [round(score, 9) for score, _seats in expected]
    assert len({block.seats for block in found}) == len(found)


@settings(max_examples=60)
@given(st.integers(0, 2 ** len(HALL.shown.compiled.seats) - 1), st.integers(4, 9))
def test_a_group_in_parts_sits_on_free_seats_and_nobody_alone(free: int, size: int) -> None:
    content = free.to_bytes(len(HALL.shown.compiled.seats) // 8 + 1, "little")
    for block in HALL.find(Wish(size, STALLS), House(content)):
        assert len(set(block.seats)) == size
        assert all(free >> seat & 1 for seat in block.seats)
        runs = [HALL.shown.compiled.seats[seat].run for seat in block.seats]
        assert min(runs.count(run) for run in set(runs)) >= 2
        assert len(set(runs)) <= (3 if size >= 6 else 2)


def test_two_get_the_middle_of_the_first_row_and_four_a_gap_that_fits() -> None:
    [best, *_others] = HALL.find(Wish(2, STALLS), house(HALL))
    assert best.seats[0] // 8 == 0  # the first row

    taken = [f"Stalls-A-{n}" for n in (1, 2, 7, 8)]
    [fits, *_others] = HALL.find(Wish(4, STALLS), house(HALL, *taken))
    assert ids(HALL, fits.seats) == ["Stalls-A-3", "Stalls-A-4", "Stalls-A-5", "Stalls-A-6"]


def test_a_group_that_cannot_sit_together_sits_behind_one_another() -> None:
    finder = SeatFinder(shown(("Stalls", STALLS, (3, 3, 3))))

    [best, *_others] = finder.find(Wish(4, STALLS), house(finder))

    assert ids(finder, best.seats) in (
        ["Stalls-A-1", "Stalls-A-2", "Stalls-B-1", "Stalls-B-2"],
        ["Stalls-A-2", "Stalls-A-3", "Stalls-B-2", "Stalls-B-3"],
    )
    assert finder.find(Wish(3, STALLS), house(finder, "Stalls-A-2", "Stalls-B-2", "Stalls-C-2")) == []
    assert finder.largest(Wish(3, STALLS), house(finder, "Stalls-A-2", "Stalls-B-1", "Stalls-C-2")) == 2


def test_wheelchair_spaces_come_with_their_companions_and_are_nobody_elses() -> None:
    finder = SeatFinder(shown(("Stalls", STALLS, (4,)), wheelchairs=2))

    [best, *_others] = finder.find(Wish(4, STALLS, wheelchairs=1, companions=1), house(finder))
    assert set(ids(finder, best.seats)) in ({"W-1", "WC-1", *rest} for rest in _pairs())

    both = finder.find(Wish(4, STALLS, wheelchairs=2, companions=2), house(finder))
    assert ids(finder, both[0].seats) == ["W-1", "WC-1", "W-2", "WC-2"]
    assert finder.find(Wish(3, STALLS, wheelchairs=1, companions=2), house(finder)) == []  # one companion seat each
    everybody_else = [f"Stalls-A-{n}" for n in range(1, 5)]
    assert finder.find(Wish(1, STALLS), house(finder, *everybody_else)) == []
    assert finder.find(Wish(1, STALLS), house(finder, *everybody_else, is_released=True)) != []


def _pairs() -> list[set[str]]:
    return [{"Stalls-A-1", "Stalls-A-2"}, {"Stalls-A-3", "Stalls-A-4"}]


def test_whole_tables_are_for_groups_of_their_size_and_zones_are_kept_to() -> None:
    finder = SeatFinder(shown(("Stalls", STALLS, (3,)), tables=(("1", 4, True), ("2", 6, False)), closed=("T1-4",)))

    assert any(
        ids(finder, one.seats) == ["T1-1", "T1-2", "T1-3"]
        for one in finder.find(Wish(3, STALLS, zone="Tables"), house(finder))
    )
    assert all(
        ids(finder, one.seats)[0].startswith("T2") for one in finder.find(Wish(2, STALLS, zone="Tables"), house(finder))
    )
    assert finder.find(Wish(2, STALLS, zone="Nowhere"), house(finder)) == []
