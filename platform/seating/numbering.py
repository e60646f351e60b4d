"""Labels for rows and seats, as venues give them: letters without I and O, odd numbers on the left, from the middle outward."""

from collections.abc import Sequence
from typing import Final, Literal

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ROMAN: Final = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip

RowScheme = Literal["letters", "numbers", "roman"]
Direction = Literal["left_to_right", "right_to_left", "centre_out"]
ROW_SCHEMES: Final = ("letters", "numbers", "roman")
DIRECTIONS: Final = ("left_to_right", "right_to_left", "centre_out")


def row_label(number: int, *, scheme: RowScheme = "letters", skip: str = "", doubled: bool = False) -> str:
    """The label of row `number` (from 1 up). Letters go on after Z with AA, AB ..., or doubled with AA, BB ...

    `skip` names letters that are left out, as a venue without a row I does. Raises ValueError if it leaves fewer than two.
    """
    if scheme == "numbers":
        return str(number)
    if scheme == "roman":
        return _roman(number)
    letters = [letter for letter in ALPHABET if letter not in skip]
    if len(letters) < 2:
        raise ValueError("no letters left")
    if doubled:
        times, place = divmod(number - 1, len(letters))
        return letters[place] * (times + 1)
    label = ""
    while number > 0:
        number, place = divmod(number - 1, len(letters))
        label = letters[place] + label
    return label


def seat_numbers(
    count: int, *, start: int = 1, step: int = 1, direction: Direction = "left_to_right", odd_side_left: bool = True
) -> Sequence[int]:
    """The numbers of `count` seats, from the left one on. Odd or even numbers alone are `step` 2 from 1 or 2.

    From the centre outward one half takes every second number from `start` on, the other half those between; the half
    with `start` is the left one, or the right one, and has the middle seat of an odd count.
    """
    if direction == "left_to_right":
        return [start + step * place for place in range(count)]
    if direction == "right_to_left":
        return [start + step * place for place in reversed(range(count))]
    first = (count + 1) // 2
    with_start = [start + 2 * step * place for place in range(first)]
    between = [start + step * (2 * place + 1) for place in range(count - first)]
    if odd_side_left:
        return [*reversed(with_start), *between]
    return [*reversed(between), *with_start]


def _roman(number: int) -> str:
    label = ""
    for value, letters in ROMAN:
        times, number = divmod(number, value)
        label += letters * times
    return label
