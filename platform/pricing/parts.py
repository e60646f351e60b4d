"""Split an amount exactly: pure functions over integers in minor units."""

from collections.abc import Sequence


def share(amount: int, *, part: int, whole: int, gone: int = 0) -> int:
    """What of `amount` goes with a further `part` of `whole`, when `gone` of the whole went before: rounded down on the
    running total, so that all parts together are `amount` and the last one carries what rounding left.

    >>> [share(100, part=333, whole=999, gone=gone) for gone in (0, 333, 666)]
    [33, 33, 34]
    """
    return amount * (gone + part) // whole - amount * gone // whole


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` over `weights`, in proportion; all parts together are `amount`. Without any weight the last part is all.

    >>> split(100, [1, 1, 1])
    [33, 33, 34]
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * (len(weights) - 1) + [amount] if weights else []
    parts, gone = [], 0
    for weight in weights:
        parts.append(share(amount, part=weight, whole=whole, gone=gone))
        gone += weight
    return parts


def largest_remainder(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` over `weights`, each within one minor unit of its exact share; what rounding left goes to the largest
    remainders, the first of equal ones. Without any weight every part is 0.

    >>> largest_remainder(10, [1, 1, 4])
    [2, 2, 6]
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: -(amount * weights[index] % whole))
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return parts
