"""Which sale phase a ticket is priced with: decided by the claim, not by memory (docs/offers.md).

A basket is priced with the first phase that is open as far as is known, and claimed. Where the claim answers `phase_over`, its
time or its pool was over at that instant, and the answer says what is left of it; so many go at this phase's price, the rest at
the next one's, and the basket is claimed again, all or nothing. Pure functions: both paths to a hold use them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from inventory.claim import NO_PHASE, ClaimAnswer, ClaimLine
from pricing.basket import Step

MOST_SHORT = 3  # times that one phase may fall short of one basket; then nothing of it is tried any more


@dataclass(frozen=True)
class Phase:
    """A phase of one ticket type at one performance: `price` in minor units, `pool` (id, places) where it has a quota."""

    id: UUID
    name: str
    price: int
    until: datetime | None = None
    pool: tuple[int, int] | None = None

    def steps(self, regular: int) -> tuple[Step, ...]:
        """The reasons of its price, where the type's own is `regular`."""
        return Step("base", "", regular), Step("phase", self.name, self.price - regular)


@dataclass(frozen=True)
class Known:
    """What the claims of one basket have said so far: the database's clock, and what is left of phases that fell short."""

    at: datetime | None = None
    left: Mapping[UUID, int] = field(default_factory=dict)
    short: Mapping[UUID, int] = field(default_factory=dict)  # how often each fell short

    def is_over(self, phase: Phase) -> bool:
        """Whether the phase's date has passed."""
        return phase.until is not None and phase.until <= (self.at or timezone.now())

    def after(self, answer: ClaimAnswer) -> "Known":
        """The same with what a `phase_over` has said; of a phase that others are still in the way of, that nothing is left."""
        line, at = answer.line, answer.created_at or self.at
        assert line is not None
        assert line.phase is not None
        if at is not None and not _is_within(line, at):
            return Known(at, self.left, self.short)
        times = self.short.get(line.phase, 0) + 1
        left = answer.available if answer.verdict == "phase_over" and times < MOST_SHORT else 0
        return Known(at, {**self.left, line.phase: left}, {**self.short, line.phase: times})


NOTHING_KNOWN = Known()


def is_phase_over(answer: ClaimAnswer, *, waited: bool = False) -> bool:
    """Whether the basket is to be priced with a later phase and claimed again.

    So it is, too, where only others' unfinished claims of a phase are in the way of one that has `waited` for them already:
    nobody is sent away while a later phase is open.
    """
    is_of_phase = answer.line is not None and answer.line.phase not in (None, NO_PHASE)
    return answer.verdict == "phase_over" or (answer.verdict == "busy" and waited and is_of_phase)


class Part(NamedTuple):
    """So many tickets at a phase's price; without a phase at the type's own."""

    phase: Phase | None
    quantity: int


def parts_of(phases: Sequence[Phase], quantity: int, known: Known) -> tuple[Part, ...]:
    """How `quantity` tickets are parted among the phases that are open, in their order, as far as is known."""
    parts: list[Part] = []
    for phase in phases:
        if known.is_over(phase):
            continue
        n = min(quantity, known.left.get(phase.id, quantity))
        if n > 0:
            parts.append(Part(phase, n))
            quantity -= n
    return (*parts, Part(None, quantity)) if quantity else tuple(parts)


def lines_of(
    phases: Sequence[Phase], parts: Sequence[Part], *, ticket_type_id: UUID, own_pool: tuple[int, int], known: Known
) -> list[ClaimLine]:
    """The claim's lines for the parts: the phases' own pools, and times in which the database's clock must be."""
    over = (phase.until for phase in phases if phase.until is not None and known.is_over(phase))
    starts = max(over, default=None)
    lines = []
    for phase, n in parts:
        ends = phase.until if phase else None
        (pool, size), drawn = (phase.pool, n) if phase and phase.pool else (own_pool, 0)
        if drawn or starts is not None or ends is not None:
            name = phase.id if phase else NO_PHASE
            lines.append(ClaimLine(pool, size, ticket_type_id, drawn, starts, ends, phase=name))
    return lines


def _is_within(line: ClaimLine, at: datetime) -> bool:
    return (line.starts is None or line.starts <= at) and (line.ends is None or at < line.ends)
