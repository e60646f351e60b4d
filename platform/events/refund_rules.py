"""What a ticket is worth when it is given back: pure functions over a policy's rules, a start and an instant.

Days before the start are counted on the wall clock of the performance's zone: seven days before 20:00 is 20:00, also when
clocks change in between. Odd hours are hours. Amounts are integers in minor units.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

MOST_TIERS = 6
LONGEST = 24 * 730  # hours


class Tier(NamedTuple):
    """Until `hours` before the start, `percent` of what was paid goes back."""

    hours: int
    percent: int


class DatedLine(NamedTuple):
    """Until this instant so much goes back; `until` None says that nothing does, from the line before it on."""

    until: datetime | None
    percent: int


@dataclass(frozen=True)
class RefundRules:
    """A policy: `tiers` from the farthest to the nearest to the start, none at all for a final sale.

    `kept_fee` (minor units) stays of each ticket whatever the tier; nothing goes back after `deadline`, if there is one.
    """

    tiers: tuple[Tier, ...] = ()
    kept_fee: int = 0
    deadline: datetime | None = None

    @property
    def is_final_sale(self) -> bool:
        """Whether nothing ever goes back."""
        return not self.tiers

    def problem(self) -> str:
        """What is wrong with them, as the name of a field, or "": `tiers`, `percent`, `kept_fee`."""
        hours, percents = [tier.hours for tier in self.tiers], [tier.percent for tier in self.tiers]
        if len(hours) > MOST_TIERS or sorted(set(hours), reverse=True) != hours:
            return "tiers"
        if not all(0 <= hour <= LONGEST for hour in hours):
            return "tiers"
        if not all(1 <= percent <= 100 for percent in percents) or sorted(set(percents), reverse=True) != percents:
            return "percent"
        return "" if 0 <= self.kept_fee <= 99_999_999 else "kept_fee"

    def dated(self, *, starts_at: datetime, zone: str) -> list[DatedLine]:
        """The tiers as dates, those that the deadline cuts off left out; the last line says that nothing goes back."""
        lines: list[DatedLine] = []
        for tier in self.tiers:
            until = before(starts_at, tier.hours, zone)
            is_cut = self.deadline is not None and self.deadline <= until
            lines.append(DatedLine(self.deadline if is_cut else until, tier.percent))
            if is_cut:
                break
        return [*lines, DatedLine(None, 0)]

    def percent_at(self, at: datetime, *, starts_at: datetime, zone: str) -> int:
        """How much of what was paid goes back at instant `at`, before the kept fee; 0 for nothing."""
        for line in self.dated(starts_at=starts_at, zone=zone):
            if line.until is not None and at < line.until:
                return line.percent
        return 0

    def amount_at(self, at: datetime, *, paid: int, starts_at: datetime, zone: str, step: int = 1) -> int:
        """What of `paid` goes back at `at`, rounded to the nearest `step`, half up; never less than nothing."""
        percent = self.percent_at(at, starts_at=starts_at, zone=zone)
        share = (paid * percent + 50 * step) // (100 * step) * step
        return max(0, min(share, paid) - self.kept_fee) if percent else 0

    def is_no_stricter_than(self, other: "RefundRules") -> bool:
        """Whether, whenever a ticket is given back, at least as much comes of it as under `other`."""
        if other.is_final_sale:
            return True
        cuts = self.deadline is not None and (other.deadline is None or self.deadline < other.deadline)
        if cuts or self.kept_fee > other.kept_fee:
            return False
        return all(self._percent_before(tier.hours) >= tier.percent for tier in other.tiers)

    def _percent_before(self, hours: int) -> int:
        return next((tier.percent for tier in self.tiers if tier.hours <= hours), 0)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, to keep."""
        deadline = self.deadline.astimezone(UTC).isoformat() if self.deadline else None
        return {"tiers": [list(tier) for tier in self.tiers], "kept_fee": self.kept_fee, "deadline": deadline}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "RefundRules":
        """The rules that `as_dict` kept."""
        deadline = datetime.fromisoformat(data["deadline"]) if data["deadline"] else None
        return cls(tuple(Tier(*tier) for tier in data["tiers"]), data["kept_fee"], deadline)


def before(starts_at: datetime, hours: int, zone: str) -> datetime:
    """The instant so many hours before a start: whole days by the wall clock of `zone`, the rest by hours."""
    days, rest = divmod(hours, 24)
    local = starts_at.astimezone(ZoneInfo(zone))
    return (local - timedelta(days=days)).astimezone(UTC) - timedelta(hours=rest)
