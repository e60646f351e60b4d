"""Reads and locked reads of waiting lists."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from events.models import Event, Performance, TicketType
from inventory.queries import availability
from inventory.waited import pools_now
from waitlist.errors import EntryNotFound
from waitlist.models import Entry, ListOffer, ListRules, WaitingList
from waitlist.order import in_order


def rules_of(event_id: UUID) -> ListRules:
    """The event's rules, or the ones that every event begins with (not saved)."""
    return ListRules.objects.filter(event_id=event_id).first() or ListRules(event_id=event_id)


def list_for_update(performance_id: UUID) -> WaitingList | None:
    """The date's list, its row locked until the transaction ends; None where nobody ever joined."""
    found = WaitingList.objects.select_for_update(of=("self",)).select_related("performance__event")
    return found.filter(performance_id=performance_id).first()


def entry_by_token(entry_id: UUID, token: str) -> Entry:
    """The entry, for who has its token. Raises EntryNotFound for a wrong token as for a wrong id."""
    found = Entry.objects.select_related("ticket_type", "waiting_list__performance__event__venue")
    entry = found.filter(pk=entry_id).first()
    if entry is None or not hmac.compare_digest(entry.token.encode(), token.encode()):
        raise EntryNotFound
    return entry


def open_offer_of(entry: Entry) -> ListOffer | None:
    """The offer that an entry can take up now."""
    return entry.offers.select_related("hold").filter(outcome=ListOffer.Outcome.OPEN).first()


def waiting_in_order(waiting_list: WaitingList, rules: ListRules) -> list[Entry]:
    """Who waits for a date, the next one first. With their ticket types."""
    waiting = waiting_list.entries.filter(state=Entry.State.WAITING)
    return in_order(waiting.select_related("ticket_type"), rules)


def is_draw_ahead(waiting_list: WaitingList, rules: ListRules) -> bool:
    """Whether the order is still to be drawn: until then nobody has a position, and nobody is offered anything."""
    return rules.mode == ListRules.Mode.LOTTERY and waiting_list.drawn_at is None


def position_of(entry: Entry, rules: ListRules) -> int | None:
    """How many wait for the same ticket up to this one, itself included; None before the draw, and when it does not wait."""
    if entry.state != Entry.State.WAITING or is_draw_ahead(entry.waiting_list, rules):
        return None
    waiting = entry.waiting_list.entries.filter(state=Entry.State.WAITING, ticket_type_id=entry.ticket_type_id)
    return [one.pk for one in in_order(waiting, rules)].index(entry.pk) + 1


def types_to_wait_for(performance: Performance, *, at: datetime) -> list[TicketType]:
    """The ticket types of a date that are on sale by their windows and have nothing left for everybody, in their order."""
    return types_by_date([performance], at=at)[performance.pk]


def types_by_date(performances: Sequence[Performance], *, at: datetime) -> dict[UUID, list[TicketType]]:
    """The same for each of these dates of one event, by its id. Two queries, however many dates a series has."""
    stock = availability([one.pk for one in performances])
    events = {one.event_id for one in performances}
    kinds = list(TicketType.objects.filter(event__in=events))
    found: dict[UUID, list[TicketType]] = {}
    for performance in performances:
        left = stock[performance.pk].types if performance.pk in stock and performance.ends_at > at else {}
        found[performance.pk] = [
            kind
            for kind in kinds
            if kind.pk in left and left[kind.pk].left == 0 and is_for_everybody(kind, performance, at=at)
        ]
    return found


def is_for_everybody(kind: TicketType, performance: Performance, *, at: datetime) -> bool:
    """Whether a type is sold by itself to whoever comes at `at`, while there is some: nothing else can be offered."""
    return not (kind.is_hidden or kind.is_add_on) and kind.is_on_sale(at=at, performance=performance)


def quantity_for(kind: TicketType, *, wish: int, takes_fewer: bool, free: int) -> int:
    """How many of `free` places one order may take for such a wish; 0 where that is not what was asked for."""
    most = min(wish, free, kind.most_per_order)
    return most if most >= kind.min_per_order and (most == wish or takes_fewer) else 0


def waited_types(waiting_list: WaitingList, *, at: datetime) -> set[UUID]:
    """The ticket types that somebody waits for to whom they could be offered at `at`, were there enough."""
    waiting = waiting_list.entries.filter(state=Entry.State.WAITING)
    wishes = set(waiting.values_list("ticket_type_id", "quantity", "takes_fewer").distinct())
    kinds = TicketType.objects.in_bulk({type_id for type_id, _wish, _fewer in wishes})
    return {
        type_id
        for type_id, wish, takes_fewer in wishes
        if is_for_everybody(kinds[type_id], waiting_list.performance, at=at)
        and quantity_for(kinds[type_id], wish=wish, takes_fewer=takes_fewer, free=wish)
    }


def exhausted_pools(performance_id: UUID, ticket_type_id: UUID, *, at: datetime) -> list[int]:
    """The pools that a type draws from of which nothing could be claimed at `at`, or that are waited for already."""
    return [
        pool.pool_id
        for pool in pools_now(performance_id, at=at)
        if ticket_type_id in pool.ticket_types and (pool.claimable == 0 or pool.is_waited_for)
    ]


def performances_to_serve() -> list[UUID]:
    """The dates on whose list somebody waits or has an offer."""
    moving = Entry.objects.filter(state__in=(Entry.State.WAITING, Entry.State.OFFERED))
    return sorted(set(moving.values_list("waiting_list__performance_id", flat=True)))


# The same for a schema as a whole.
SERVED_SQL = """
SELECT '{schema}' WHERE EXISTS (SELECT FROM "{schema}".waitlist_entry WHERE state = 'waiting')
    OR EXISTS (SELECT FROM "{schema}".waitlist_listoffer WHERE outcome = 'open')
"""


def schemas_to_serve(schemas: list[str]) -> list[str]:
    """Those of these schemas in which somebody waits or has an offer, with one statement per 200."""
    found: list[str] = []
    for start in range(0, len(schemas), 200):
        branches = (SERVED_SQL.format(schema=schema) for schema in schemas[start : start + 200])
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(branches))
            found += [row[0] for row in cursor.fetchall()]
    return found


# --- For staff -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListFigures:
    """How an event's lists do: entries and tickets that wait, open offers, and what became of those that are over."""

    waiting: int
    tickets: int
    offered: int
    bought: int
    passed: int  # offers that ran out or were given back

    @property
    def taken_percent(self) -> int | None:
        """Of the offers that are over, how many of a hundred were bought; None before any is."""
        over = self.bought + self.passed
        return round(100 * self.bought / over) if over else None


def figures_of(event: Event) -> ListFigures:
    """The figures over all dates of an event. Two queries."""
    entries = Entry.objects.filter(waiting_list__performance__event=event, state=Entry.State.WAITING)
    wait: dict[str, Any] = entries.aggregate(n=Count("pk"), tickets=Sum("quantity"))
    over = (ListOffer.Outcome.EXPIRED, ListOffer.Outcome.DECLINED)
    offers = ListOffer.objects.filter(entry__waiting_list__performance__event=event).aggregate(
        open=Count("pk", filter=Q(outcome=ListOffer.Outcome.OPEN)),
        bought=Count("pk", filter=Q(outcome=ListOffer.Outcome.BOUGHT)),
        passed=Count("pk", filter=Q(outcome__in=over)),
    )
    return ListFigures(wait["n"], wait["tickets"] or 0, offers["open"], offers["bought"], offers["passed"])


@dataclass(frozen=True)
class ListRow:
    """An entry as staff see it: its `position` among those who wait for the same, and its newest offer."""

    entry: Entry
    position: int | None
    offer: ListOffer | None


def rows_of(event: Event, *, performance_id: UUID | None = None) -> list[ListRow]:
    """Everybody who confirmed: who waits first, in order and date by date, then the others, the newest first."""
    rules = rules_of(event.pk)
    found = _confirmed(event, performance_id)
    offers = {offer.entry_id: offer for offer in ListOffer.objects.filter(entry__in=found).order_by("made_at", "pk")}
    entries = list(found.select_related("ticket_type", "waiting_list__performance"))
    rows: list[ListRow] = []
    by_list: dict[UUID, list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: one.waiting_list.performance.starts_at):
        by_list.setdefault(entry.waiting_list_id, []).append(entry)
    for of_list in by_list.values():
        waiting = in_order((one for one in of_list if one.state == Entry.State.WAITING), rules)
        ahead: dict[UUID, int] = {}
        for entry in waiting:
            ahead[entry.ticket_type_id] = ahead.get(entry.ticket_type_id, 0) + 1
            drawn = None if is_draw_ahead(entry.waiting_list, rules) else ahead[entry.ticket_type_id]
            rows.append(ListRow(entry, drawn, offers.get(entry.pk)))
    others = [one for one in entries if one.state != Entry.State.WAITING]
    others.sort(key=lambda one: (one.state != Entry.State.OFFERED, -(one.confirmed_at or one.joined_at).timestamp()))
    return rows + [ListRow(entry, None, offers.get(entry.pk)) for entry in others]


def _confirmed(event: Event, performance_id: UUID | None) -> QuerySet[Entry]:
    found = Entry.objects.filter(waiting_list__performance__event=event).exclude(state=Entry.State.UNCONFIRMED)
    return found.filter(waiting_list__performance_id=performance_id) if performance_id else found
