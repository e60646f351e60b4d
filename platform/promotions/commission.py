"""What an affiliate gets of an order: pure functions over integers in minor units (docs/affiliates.md).

The base is what tickets cost after discounts, without the tax inside and without any fee. A commission is worked out once for
the order and rounded half up; what of it stays when money goes back is `remaining`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ui.money import format_money, percent_text

WHOLE = 10_000  # basis points
MOST_TIERS = 6
MOST_FIXED = 9_999_999  # minor units, as of a price


class CommissionKind(models.TextChoices):
    """How it is worked out."""

    PERCENT = "percent", gettext_lazy("A percentage of the ticket price")
    FIXED = "fixed", gettext_lazy("An amount for each ticket")
    TIERS = "tiers", gettext_lazy("A percentage that rises with the tickets sold")
    NONE = "none", gettext_lazy("Nothing")


class Tier(NamedTuple):
    """`basis_points` for an affiliate's ticket number `first` and those after it."""

    first: int
    basis_points: int


@dataclass(frozen=True)
class Rate:
    """What affiliates get; see `promotions.affiliate_models.CommissionRate`."""

    kind: CommissionKind
    basis_points: int = 0
    fixed: int = 0
    currency: str = ""
    tiers: tuple[Tier, ...] = ()

    def problem(self) -> str:
        """The field that is wrong, or ""."""
        if self.kind == CommissionKind.PERCENT and not 1 <= self.basis_points <= WHOLE:
            return "basis_points"
        if self.kind == CommissionKind.FIXED and not 1 <= self.fixed <= MOST_FIXED:
            return "fixed"
        if self.kind == CommissionKind.TIERS:
            firsts = [one.first for one in self.tiers]
            are_rising = firsts == sorted(set(firsts)) and firsts[:1] == [1] and firsts[-1:] <= [1_000_000]
            if not are_rising or len(firsts) > MOST_TIERS or not all(0 <= t.basis_points <= WHOLE for t in self.tiers):
                return "tiers"
        return ""

    def of_ticket(self, number: int) -> int:
        """The basis points of an affiliate's ticket of this number, counted from 1."""
        if self.kind == CommissionKind.TIERS:
            return next((one.basis_points for one in reversed(self.tiers) if one.first <= number), 0)
        return self.basis_points if self.kind == CommissionKind.PERCENT else 0

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, to freeze on an order."""
        return {
            "kind": self.kind.value,
            "basis_points": self.basis_points,
            "fixed": self.fixed,
            "currency": self.currency,
            "tiers": [list(one) for one in self.tiers],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Rate":
        """The rate that `as_dict` froze."""
        tiers = tuple(Tier(*one) for one in data["tiers"])
        return cls(CommissionKind(data["kind"]), data["basis_points"], data["fixed"], data["currency"], tiers)

    @property
    def words(self) -> str:
        """It in a line for people: "10% of the ticket price", "€2.00 for each ticket", "5%, from ticket 51 on 8%"."""
        match self.kind:
            case CommissionKind.PERCENT:
                return _("%(percent)s of the ticket price") % {"percent": percent_text(self.basis_points)}
            case CommissionKind.FIXED:
                return _("%(amount)s for each paid ticket") % {"amount": format_money(self.fixed, self.currency)}
            case CommissionKind.TIERS:
                first, *more = self.tiers
                start = _("%(percent)s of the ticket price") % {"percent": percent_text(first.basis_points)}
                steps = [
                    _("from ticket %(n)d on %(percent)s") % {"n": one.first, "percent": percent_text(one.basis_points)}
                    for one in more
                ]
                return ", ".join([start, *steps])
            case _nothing:
                return _("no commission")


def commission_of(bases: Sequence[int], rate: Rate, *, currency: str, sold_before: int = 0) -> int:
    """What an affiliate gets of an order of tickets with these `bases` (minor units of `currency`; 0: a free one), after having
    sold so many paid tickets; half a minor unit rounded up.

    A fixed amount is at most the ticket's base, and nothing in another currency than its own.
    """
    paid = [base for base in bases if base > 0]
    if rate.kind == CommissionKind.FIXED:
        return sum(min(rate.fixed, base) for base in paid) if rate.currency == currency else 0
    exact = sum(base * rate.of_ticket(sold_before + number) for number, base in enumerate(paid, start=1))
    return (2 * exact + WHOLE) // (2 * WHOLE)


def remaining(commission: int, *, total: int, gone: int, kept: int) -> int:
    """What is left of a commission when `gone` of the order's `total` went back and the organizer keeps `kept` of it.

    In proportion, on the running total, what went back rounded down: after everything went back nothing is left. Never more
    than the organizer keeps, and never less than nothing.
    """
    if total <= 0:
        return 0
    return max(0, min(commission - commission * gone // total, kept))


def working_words(rate: Rate, *, base: int, currency: str, tickets: int, sold_before: int) -> str:
    """How a commission came about: "10% of €48.00", "2 × €2.00", "tickets 51 to 52: ..."."""
    if rate.kind == CommissionKind.FIXED:
        return f"{tickets} × {format_money(rate.fixed, rate.currency)}"
    if rate.kind == CommissionKind.TIERS:
        points = {rate.of_ticket(sold_before + number) for number in range(1, tickets + 1)} or {0}
        percent = "–".join(percent_text(one) for one in sorted(points))
        which = ngettext("ticket %(first)d", "tickets %(first)d to %(last)d", tickets)
        numbers = which % {"first": sold_before + 1, "last": sold_before + tickets}
        return _("%(percent)s of %(base)s (%(numbers)s)") % {
            "percent": percent,
            "base": format_money(base, currency),
            "numbers": numbers,
        }
    return _("%(percent)s of %(base)s") % {
        "percent": percent_text(rate.basis_points),
        "base": format_money(base, currency),
    }
