"""What a ticket costs on a date now, before fees: the date's own price, its sale phase's or its own, and what the sale made of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.models import Performance, Phase, TicketType
from events.phases import phases_of
from events.queries import own_prices
from inventory.queries import left_in_phases


@dataclass(frozen=True)
class Phases:
    """What ticket types cost when: their sale phases with what is left of them, by performance and phase, and the prices that
    dates have of their own, by performance and ticket type: on such a date there are no phases."""

    of_type: Mapping[UUID, Sequence[Phase]]
    left: Mapping[tuple[UUID, UUID], int]
    own: Mapping[tuple[UUID, UUID], int]

    @classmethod
    def read(cls, event_ids: Iterable[UUID], performance_ids: Iterable[UUID]) -> "Phases":
        """At most three queries; two where no type has phases."""
        of_type, performance_ids = phases_of(event_ids), list(performance_ids)
        has_quotas = any(phase.quota_id for phases in of_type.values() for phase in phases)
        return cls(of_type, left_in_phases(performance_ids) if has_quotas else {}, own_prices(performance_ids))

    def price(self, kind: TicketType, performance: Performance) -> int:
        """What a ticket costs outside its phases, minor units before our fee: the date's own price, else the type's."""
        return self.own.get((performance.pk, kind.pk), kind.price)

    def now(self, kind: TicketType, performance: Performance, *, at: datetime) -> tuple[Phase | None, Phase | None]:
        """The phase that is open and the one after it; None for the type's own price, or the date's."""
        if (performance.pk, kind.pk) in self.own:
            return None, None
        phases = [
            phase
            for phase in self.of_type.get(kind.pk, ())
            if (phase.until is None or phase.until > at) and self.left.get((performance.pk, phase.pk)) != 0
        ]
        return (*phases, None, None)[0], (*phases, None, None)[1]

    def price_now(self, kind: TicketType, performance: Performance, *, at: datetime) -> int:
        """What a ticket costs without the sale's doing: the date's, its open phase's, or its own. Minor units."""
        phase, _later = self.now(kind, performance, at=at)
        return phase.price if phase else self.price(kind, performance)
