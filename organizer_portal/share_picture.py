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


@dataclass(frozen=True)
class Sample:
    """What comes in, minor units, with how many paid tickets, after what had come in before."""

    label: str
    amount: int
    tickets: int
    before: int = 0
    tickets_before: int = 0


def bars(rules: Rules, samples: Sequence[Sample], *, own_scale: bool = False) -> list[Bar]:
    """A bar for each sample. Bars share the largest one's scale unless each has its own."""
    largest = max((one.amount for one in samples), default=0) or 1
    payees = rules.payees()
    made = []
    for one in samples:
        parts = split(one.amount, rules, one.before, tickets=one.tickets, tickets_so_far=one.tickets_before)
        start, pieces = 0, []
        for color, payee in enumerate(payees, start=1):
            pieces.append(Piece(payee, parts[payee], start, color if color < len(payees) else 0))
            start += max(0, parts[payee])
        scale = (one.amount or 1) if own_scale else largest
        made.append(Bar(one.label, one.amount, one.before, scale, tuple(pieces)))
    return made
