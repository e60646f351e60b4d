"""The rules about neighbours, as pure functions on one run of seats.

A run is a row of bits, bit 0 its first seat; masks are whole numbers, so that a row of any length fits. *Free* is what
somebody could still take. A *single* is a free seat without a free neighbour in its run.
"""

from itertools import groupby


def singles(free: int) -> int:
    """The free seats that have no free neighbour."""
    return free & ~(free << 1) & ~(free >> 1)


def new_singles(free: int, chosen: int) -> int:
    """The seats that taking `chosen` out of `free` would leave single and that were not single before."""
    return singles(free & ~chosen) & ~singles(free)


def windows(mask: int, size: int) -> int:
    """Where `size` neighbours of `mask` begin: bit i is set when bits i ... i + size - 1 are."""
    found = mask
    for step in range(1, size):
        found &= mask >> step
    return found


def clean_windows(free: int, allowed: int, size: int) -> int:
    """Where `size` neighbours of `allowed` begin that may be taken out of `free` without leaving a new single.

    Only the seats next to a window can become single: the one before it, when the one before that is not free, and the one
    after it, likewise. A seat that was single already had no free neighbour, so it is next to no window.
    """
    starts = windows(allowed & free, size)
    single_before = (free << 1) & ~(free << 2)  # the seat before is free, and the one before that is not
    single_after = (free >> size) & ~(free >> (size + 1))
    return starts & ~single_before & ~single_after


def may_leave(free: int, allowed: int, chosen: int) -> bool:
    """Whether `chosen` may be taken out of `free`: it leaves no new single, or no other choice of as many seats could avoid it.

    The other choice is one of the same kind within `allowed`: people who sit together are only asked to move together,
    others seat by seat.
    """
    if not new_singles(free, chosen):
        return True
    size = chosen.bit_count()
    if windows(chosen, size):
        return not clean_windows(free, allowed, size)
    return not _can_choose(free, allowed, size)


def _can_choose(free: int, allowed: int, size: int) -> bool:
    """Whether some `size` seats of `allowed`, together or not, can be taken out of `free` without leaving a new single.

    Walks the run seat by seat; there are few states, however long the run is.
    """
    before = singles(free)
    # (whether the seat before the last stays free, whether the last one does, how many were taken)
    states: set[tuple[bool, bool, int]] = {(False, False, 0)}
    for place in range(free.bit_length() + 1):  # one beyond the last seat, which is not free
        bit = 1 << place
        following: set[tuple[bool, bool, int]] = set()
        for before_last, last, taken in states:
            was_single = place > 0 and bool(before & (bit >> 1))
            # Where this seat is not free afterwards, the last one must not have become a single.
            can_go = not free & bit or (allowed & bit and taken < size)
            if can_go and (not last or before_last or was_single):
                following.add((last, False, taken + bool(free & bit)))
            if free & bit:
                following.add((last, True, taken))
        states = following
    return any(taken == size for _before_last, _last, taken in states)


def longest(mask: int) -> int:
    """How many neighbours there are at most."""
    return max((len(list(group)) for bit, group in groupby(f"{mask:b}") if bit == "1"), default=0)


def bits(mask: int) -> list[int]:
    """The places of the set bits, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
