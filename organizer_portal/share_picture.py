"""What a plan means in numbers: what of all that buyers pay would be whose, the platform and the tax office among them, as rows and
as stacked bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.models import Party
from ledger.split_rules import Payee, Rules, split

PLATFORM = Payee(Party.PLATFORM)


@dataclass(frozen=True)
class Piece:
    """One payee's piece of a bar: its place and length on a scale of `Bar.scale`, and which colour it has (from 1; 0 is the
    organizer's; `fee` and `tax`)."""

    payee: Payee | None  # nobody's: tax
    amount: int
    start: int
    color: int | str


@dataclass(frozen=True)
class Bar:
    """One sample: what buyers pay, and whose it is: the pieces add up to it. `before` is what had been earned already."""

    label: str
    amount: int
    before: int
    scale: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Sample:
    """What is earned, minor units, with how many paid tickets, after what had been before; buyers pay our `fee` and `tax` as well."""

    label: str
    amount: int
    tickets: int
    fee: int = 0
    tax: int = 0
    before: int = 0
    tickets_before: int = 0

    @property
    def gross(self) -> int:
        """What buyers pay."""
        return self.amount + self.fee + self.tax


def bars(rules: Rules, samples: Sequence[Sample], *, own_scale: bool = False) -> list[Bar]:
    """A bar for each sample. Bars share the largest one's scale unless each has its own."""
    largest = max((one.gross for one in samples), default=0) or 1
    payees = rules.payees()
    made = []
    for one in samples:
        parts = split(one.amount, rules, one.before, tickets=one.tickets, tickets_so_far=one.tickets_before)
        colors: list[int | str] = [*range(1, len(payees)), 0, "fee", "tax"]
        whose = [*((payee, parts[payee]) for payee in payees), (PLATFORM, one.fee), (None, one.tax)]
        start, pieces = 0, []
        for color, (payee, amount) in zip(colors, whose, strict=True):
            pieces.append(Piece(payee, amount, start, color))
            start += max(0, amount)
        scale = (one.gross or 1) if own_scale else largest
        made.append(Bar(one.label, one.gross, one.before, scale, tuple(pieces)))
    return made
