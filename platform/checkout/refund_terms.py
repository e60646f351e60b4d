"""What buyers are told about refunds before they pay: dated lines in the event's zone."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from events.models import Event, Performance
from events.refund_policies import refund_rules_of, same_rules
from events.refund_rules import DatedLine, RefundRules
from orders.models import Order, Position


@dataclass(frozen=True)
class Terms:
    """The terms of these ticket types, by name. `kept_fee` is minor units of each ticket; no `lines`: a final sale."""

    names: tuple[str, ...]
    lines: tuple[DatedLine, ...]
    kept_fee: int

    @property
    def is_final_sale(self) -> bool:
        """Whether nothing ever goes back."""
        return not self.lines


def order_terms(order: Order) -> list[Terms]:
    """What an order's tickets were sold under, those with the same together, as dates of the start that was promised."""
    zone = order.performance.timezone
    pairs = [(one.ticket_type_name, _promised(one, zone)) for one in order.positions.all()]
    found: dict[Terms, list[str]] = {}
    for name, terms in pairs:
        if terms is not None:
            names = found.setdefault(terms, [])
            names += [name] if name not in names else []
    return [replace(terms, names=tuple(names)) for terms, names in found.items()]


def _promised(position: Position, zone: str) -> Terms | None:
    kept = position.refund_promise
    if kept is None:
        return None
    rules, starts_at = RefundRules.from_dict(kept), datetime.fromisoformat(kept["starts_at"])
    return Terms((), () if rules.is_final_sale else tuple(rules.dated(starts_at=starts_at, zone=zone)), rules.kept_fee)


def refund_terms(event: Event, performance: Performance | None, *, only: Collection[UUID] | None = None) -> list[Terms]:
    """The terms of an event's tickets for a date, those with the same together; of the ticket types in `only`, if named,
    else of all that are not hidden.

    Where no promise is made there are none: the organizer's own words, if any, are all there is.
    """
    rules = refund_rules_of(event.pk)
    if performance is None or (rules.of_event is None and not rules.of_types):
        return []
    kinds = event.ticket_types.filter(is_active=True)
    kinds = kinds.filter(is_hidden=False) if only is None else kinds.filter(pk__in=only)
    return [
        Terms(
            tuple(names),
            () if one.is_final_sale else tuple(one.dated(starts_at=performance.starts_at, zone=performance.timezone)),
            one.kept_fee,
        )
        for names, one in same_rules((kind.title, rules.of(kind.pk)) for kind in kinds)
        if one is not None
    ]
