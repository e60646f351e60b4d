"""The dates of a series: make many, and change many at once. Each verb is all or nothing, and one line of the audit trail
more; what would hurt who has tickets needs a clear answer first (docs/series.md).

They lock the event, then its dates by their ids, then orders and places in that order, as every other verb does.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actions import Actor, record
from checkout.batches import refund_date
from checkout.changes import tell_moved
from checkout.errors import DatesRefused
from events import actions as events
from events import dates as event_dates
from events.actions import list_again
from events.errors import EventInvalid
from events.models import Event, Performance, Quota, TicketType
from events.queries import event_for_update
from events.seating_plan import is_of_map
from events.series import DateTimes, shifted
from inventory.actions import open_pools_of
from inventory.live import mark_changed
from inventory.sizing import resize_pools_of
from orders.models import Order, Position
from ui.errors import NotFound

LONGEST_SHIFT = timedelta(days=31)
# What may still become a paid order, and what is one.
ALIVE = (Order.State.PENDING, Order.State.SECURED, Order.State.PAID)


@transaction.atomic
def add_dates(*, event_id: UUID, times: Sequence[DateTimes], actor: Actor, rule: str = "") -> list[Performance]:
    """Further dates of an event, on sale at once where it is; returns those that are new, soonest first.

    One that starts when another does is left out, so that doing it again adds nothing. `rule` is how they came about (RFC
    5545), for the record. Raises NotFound, EventInvalid.
    """
    event = event_for_update(event_id)
    if event.state == Event.State.CANCELLED:
        raise EventInvalid(_("This event is cancelled."))
    made = event_dates.add_performances(event=event, times=times, rule=rule, actor=actor)
    if event.state != Event.State.DRAFT:
        open_pools_of(event, made)
        list_again(event)
    return made


@transaction.atomic
def shift_dates(
    *, event_id: UUID, performance_ids: Collection[UUID], minutes: int, actor: Actor, tells_buyers: bool = False
) -> list[Performance]:
    """Dates start so many minutes later, or earlier, on the clock of their zone; length and doors stay as they are.

    Who has tickets is mailed, as by `changes.move_performance`. Raises NotFound, EventInvalid, and DatesRefused for dates
    that are cancelled or would be past, and where tickets are sold unless `tells_buyers`.
    """
    if minutes == 0 or abs(minutes) > LONGEST_SHIFT.total_seconds() / 60:
        raise EventInvalid(_("Move dates by up to 31 days."), field="minutes")
    event, dates = _chosen(event_id, performance_ids)
    _refuse([date for date in dates if date.is_cancelled], _("One of these dates is cancelled."))
    times = {date.pk: _shifted(date, minutes) for date in dates}
    past = [date for date in dates if times[date.pk].starts_at <= timezone.now() or date.ends_at <= timezone.now()]
    _refuse(past, _("One of these dates would be in the past."))
    sold = sold_by_date(dates)
    if sold and not tells_buyers:
        _refuse_sold(dates, sold, _("Confirm that everybody who has tickets is told of the new time."))
    for date in dates:
        one = times[date.pk]
        was, moved = events.move_performance(
            performance_id=date.pk,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            doors_at=one.doors_at,
            venue=event.venue,
            actor=actor,
        )
        if was is not None:
            tell_moved(moved, was)
    detail = {"dates": [str(date.pk) for date in dates], "minutes": minutes}
    record(verb="shift_dates", target=event, actor=actor, detail=detail)
    list_again(event)
    return dates


@transaction.atomic
def pause_dates(*, event_id: UUID, performance_ids: Collection[UUID], actor: Actor) -> int:
    """Sell nothing more of these dates until they are resumed; returns how many were on sale.

    What is held meanwhile may still be paid for, and tickets stay valid. Raises NotFound, EventInvalid, DatesRefused.
    """
    event, dates = _chosen(event_id, performance_ids)
    _refuse([date for date in dates if date.is_cancelled], _("One of these dates is cancelled."))
    return _announced(event, event_dates.pause_dates(event=event, dates=dates, actor=actor))


@transaction.atomic
def resume_dates(*, event_id: UUID, performance_ids: Collection[UUID], actor: Actor) -> int:
    """Sell paused dates again; returns how many were paused. Raises NotFound, EventInvalid, DatesRefused."""
    event, dates = _chosen(event_id, performance_ids)
    _refuse([date for date in dates if date.is_cancelled], _("One of these dates is cancelled."))
    return _announced(event, event_dates.resume_dates(event=event, dates=dates, actor=actor))


@transaction.atomic
def cancel_dates(
    *, event_id: UUID, performance_ids: Collection[UUID], actor: Actor, words: str = "", gives_back: bool = False
) -> int:
    """These dates do not take place; the event's others go on. Returns how many there were.

    Where somebody has ordered, `gives_back` says that all of it goes back to the buyers, who are told why in `words`: a
    batch for each date does that (checkout/batches.py). Raises NotFound, EventInvalid, NotRefundable without words, and
    DatesRefused where tickets are sold and that was not said.
    """
    event, dates = _chosen(event_id, performance_ids)
    if event.state == Event.State.CANCELLED:
        raise EventInvalid(_("This event is cancelled."))
    sold = sold_by_date(dates)
    if sold and not gives_back:
        _refuse_sold(dates, sold, _("Confirm that the buyers get their money back."))
    changed = event_dates.cancel_dates(event=event, dates=dates, actor=actor)
    ordered = set(_orders(changed).values_list("performance_id", flat=True))
    for date in changed:
        if date.pk in ordered:
            refund_date(performance=date, words=words, actor=actor)
    return _announced(event, changed)


@transaction.atomic
def price_dates(
    *, event_id: UUID, performance_ids: Collection[UUID], ticket_type_id: UUID, price: int | None, actor: Actor
) -> int:
    """What a ticket type costs on these dates, minor units; None: its own price again. Returns for how many dates.

    What is held or sold keeps its price. Raises NotFound, EventInvalid.
    """
    event, dates = _chosen(event_id, performance_ids)
    kind = _kind(event, ticket_type_id)
    event_dates.price_dates(event=event, dates=dates, ticket_type=kind, price=price, actor=actor)
    list_again(event)
    return len(dates)


@transaction.atomic
def size_dates(
    *, event_id: UUID, performance_ids: Collection[UUID], ticket_type_id: UUID, quantity: int | None, actor: Actor
) -> int:
    """Offer so many tickets of a type on these dates; None: as many as on the others. Returns for how many dates.

    What is held or sold stays. Raises NotFound, EventInvalid, and TooFewFree where more is held or sold than that: no date
    is changed then.
    """
    event, dates = _chosen(event_id, performance_ids)
    kind = _kind(event, ticket_type_id)
    if is_of_map(kind):
        raise EventInvalid(_("The number of these places is the seat map's to say."), field="quantity")
    quotas: list[Quota] = list(kind.quotas.select_for_update().order_by("pk"))
    if len(quotas) != 1:
        raise EventInvalid(_("This ticket draws from several quotas; change those."), field="quantity")
    size = event_dates.size_dates(event=event, dates=dates, quota=quotas[0], size=quantity, actor=actor)
    resize_pools_of(quota=quotas[0], performances=dates, size=size, actor=actor)
    list_again(event)
    return len(dates)


def sold_by_date(dates: Iterable[Performance]) -> dict[UUID, int]:
    """How many tickets are sold, or ordered and may still be paid for, of each of these dates that has any."""
    positions = Position.objects.filter(performance__in=list(dates), order__state__in=ALIVE)
    rows = positions.exclude(state=Position.State.CANCELLED).values_list("performance_id")
    return dict(rows.annotate(n=Count("pk")).order_by())


def _orders(dates: Iterable[Performance]) -> QuerySet[Order]:
    return Order.objects.filter(performance__in=list(dates), state__in=ALIVE)


def _chosen(event_id: UUID, performance_ids: Collection[UUID]) -> tuple[Event, list[Performance]]:
    event = event_for_update(event_id)
    return event, event_dates.dates_for_update(event, performance_ids)


def _kind(event: Event, ticket_type_id: UUID) -> TicketType:
    kind = event.ticket_types.filter(pk=ticket_type_id, is_active=True).first()
    if kind is None:
        raise NotFound
    return kind


def _shifted(date: Performance, minutes: int) -> DateTimes:
    return shifted(DateTimes(date.starts_at, date.ends_at, date.doors_at), minutes=minutes, zone=date.timezone)


def _refuse(bad: Sequence[Performance], words: str) -> None:
    if bad:
        raise DatesRefused(words, dates=[str(date.pk) for date in bad])


def _refuse_sold(dates: Sequence[Performance], sold: dict[UUID, int], what: str) -> None:
    n = sum(sold.values())
    words = ngettext("%d ticket is sold for these dates.", "%d tickets are sold for these dates.", n) % n
    raise DatesRefused(f"{words} {what}", dates=[str(date.pk) for date in dates if date.pk in sold], n=n)


def _announced(event: Event, changed: Sequence[Performance]) -> int:
    if changed:
        for date in changed:
            mark_changed(date.pk)
        list_again(event)
    return len(changed)
