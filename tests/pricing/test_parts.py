"""Parts of an amount add up to it, whatever the order and the size."""

from hypothesis import given
from hypothesis import strategies as st

from pricing.parts import largest_remainder, share, split


@given(amount=st.integers(0, 10**8), parts=st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_shares_of_all_parts_are_the_whole_amount(amount: int, parts: list[int]) -> None:
    whole, gone, shares = sum(parts), 0, []
    for part in parts:
        shares.append(share(amount, part=part, whole=whole, gone=gone))
        gone += part
    assert sum(shares) == amount
    assert all(abs(one - amount * part / whole) <= 1 for one, part in zip(shares, parts, strict=True))


@given(amount=st.integers(0, 10**8), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_a_split_loses_nothing(amount: int, weights: list[int]) -> None:
    assert sum(split(amount, weights)) == amount


def test_the_last_part_carries_what_rounding_left() -> None:
    assert split(100, [1, 1, 1]) == [33, 33, 34]
    assert split(7, [0, 0]) == [0, 7]
    assert split(7, []) == []


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), max_size=8))
def test_the_largest_remainder_keeps_every_part_within_one_unit_of_its_share(amount, weights):
    parts = largest_remainder(amount, weights)

    whole = sum(weights)
    assert sum(parts) == (amount if whole else 0)
    assert all(
        abs(part * whole - amount * weight) < whole for part, weight in zip(parts, weights, strict=True) if whole
    )
