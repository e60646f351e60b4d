"""The rules about neighbours, against the slow and obvious way to say them."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.seat_rules import bits, clean_windows, longest, may_leave, new_singles, singles, windows

RUN = st.integers(0, 2**11 - 1)  # a run of up to eleven seats, as who is free


def seats_of(mask: int) -> set[int]:
    return {place for place in range(mask.bit_length()) if mask >> place & 1}


def lonely(seats: set[int]) -> set[int]:
    return {seat for seat in seats if seat - 1 not in seats and seat + 1 not in seats}


def left_lonely(free: set[int], chosen: set[int]) -> set[int]:
    return lonely(free - chosen) - lonely(free)


def is_block(seats: set[int]) -> bool:
    return max(seats) - min(seats) + 1 == len(seats)


def test_examples() -> None:
    # seats 0 to 4, all free: taking 1 and 2 leaves 0 on its own, taking 0 and 1 does not
    assert new_singles(0b11111, 0b00110) == 0b00001
    assert not may_leave(0b11111, 0b11111, 0b00110)
    assert may_leave(0b11111, 0b11111, 0b00011)
    # three in a row, two people: one is left whatever they do
    assert may_leave(0b111, 0b111, 0b011)
    # four people on five seats who sit apart could not do better either
    assert may_leave(0b11111, 0b11111, 0b10111)
    # a seat that is single already may stay
    assert may_leave(0b1011, 0b1011, 0b0011)
    # another place of the same category must be there to be asked for
    assert may_leave(0b11111, 0b00110, 0b00110)


@given(RUN)
def test_singles_windows_and_the_longest_stretch(free: int) -> None:
    seats = seats_of(free)
    assert seats_of(singles(free)) == lonely(seats)
    assert bits(free) == sorted(seats)
    for size in (1, 2, 3, 4):
        assert seats_of(windows(free, size)) == {s for s in seats if set(range(s, s + size)) <= seats}
    assert longest(free) == max((n for n in range(1, 12) if windows(free, n)), default=0)


@given(RUN, RUN, st.integers(1, 5))
def test_clean_windows_leave_nobody_single(free: int, allowed: int, size: int) -> None:
    expected = {
        start
        for start in range(12)
        if set(range(start, start + size)) <= seats_of(free & allowed)
        and not left_lonely(seats_of(free), set(range(start, start + size)))
    }
    assert seats_of(clean_windows(free, allowed, size)) == expected


@settings(max_examples=200)
@given(st.data(), RUN.filter(bool), RUN)
def test_a_choice_is_refused_when_a_better_one_of_its_kind_is_there(
    data: st.DataObject, free: int, allowed: int
) -> None:
    allowed &= free
    if not allowed:
        return
    picked = data.draw(st.sets(st.sampled_from(sorted(seats_of(allowed))), min_size=1))
    seats, chosen = seats_of(free), sum(1 << seat for seat in picked)

    others = [set(other) for other in combinations(sorted(seats_of(allowed)), len(picked))]
    if is_block(picked):
        others = [other for other in others if is_block(other)]
    could_do_better = any(not left_lonely(seats, other) for other in others)

    assert may_leave(free, allowed, chosen) == (not left_lonely(seats, picked) or not could_do_better)
