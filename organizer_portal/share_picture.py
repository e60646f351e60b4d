"""What a plan means in numbers: what of an event's proceeds would be whose, as rows and as stacked bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.split_rules import Payee, Rules, split


@dataclass(frozen=True)
class Piece:
    """One payee's piece of a bar: its place and length on a scale of `Bar.scale`, and which colour it has (from 1)."""

    payee: Payee
    amount: int
    start: int
    color: int


@dataclass(frozen=True)
class Bar:
    """One sample: what comes in, and whose it is. `before` is what had been earned already."""

    label: str
    amount: int
    before: int
    scale: int
    pieces: tuple[Piece, ...]


def bars(rules: Rules, samples: Sequence[tuple[str, int, int]], *, own_scale: bool = False) -> list[Bar]:
    """`samples` are (label, amount, earned before). Bars share the largest one's scale unless each has its own."""
    largest = max((amount for _label, amount, _before in samples), default=0) or 1
    payees = rules.payees()
    made = []
    for label, amount, before in samples:
        parts, start, pieces = split(amount, rules, before), 0, []
        for color, payee in enumerate(payees, start=1):
            pieces.append(Piece(payee, parts[payee], start, color if color < len(payees) else 0))
            start += parts[payee]
        made.append(Bar(label, amount, before, (amount or 1) if own_scale else largest, tuple(pieces)))
    return made
