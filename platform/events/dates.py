"""Many dates of one event: made together, moved, paused, cancelled, with prices and numbers of their own.

Called by `checkout.dates`, which brings stock, buyers and the platform's site along; each runs in its transaction, with the
event locked.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.errors import EventInvalid
from events.models import DatePrice, DateQuota, Event, Performance, Quota, TicketType
from events.series import DateTimes, check_times

MOST_DATES = 1000  # of one event


def add_performances(*, event: Event, times: Sequence[DateTimes], rule: str, actor: Actor) -> list[Performance]:
    """Further dates of a locked event; those that start at the same instant as one it has already are left out.

    `rule` says in the audit trail how they came about. Raises EventInvalid.
    """
    now = timezone.now()
    for one in times:
        check_times(one, day="first_on")
        if one.starts_at <= now:
            raise EventInvalid(_("One of these dates is in the past."), field="first_on")
    there = set(event.performances.values_list("starts_at", flat=True))
    wanted = {one.starts_at: one for one in times if one.starts_at not in there}
    if len(there) + len(wanted) > MOST_DATES:
        raise EventInvalid(_("An event has at most %d dates.") % MOST_DATES)
    zone = event.venue.timezone
    made = Performance.objects.bulk_create(
        Performance(event=event, starts_at=one.starts_at, ends_at=one.ends_at, doors_at=one.doors_at, timezone=zone)
        for one in sorted(wanted.values(), key=lambda one: one.starts_at)
    )
    if made:
        detail = {"rule": rule, "n": len(made), "first": str(made[0].starts_at), "last": str(made[-1].starts_at)}
        record(verb="add_dates", target=event, actor=actor, detail=detail)
    return made


def dates_for_update(event: Event, performance_ids: Collection[UUID]) -> list[Performance]:
    """These dates of a locked event, their rows locked in primary-key order. Raises EventInvalid unless all are the event's."""
    found = event.performances.select_for_update(no_key=True).filter(pk__in=performance_ids).order_by("pk")
    dates = list(found)
    if not dates or len(dates) != len(set(performance_ids)):
        raise EventInvalid(_("Choose dates of this event."))
    for date in dates:
        date.event = event
    return dates


def pause_dates(*, event: Event, dates: Sequence[Performance], actor: Actor) -> list[Performance]:
    """Take locked dates off sale until they are resumed; returns those that were on sale."""
    changed = [date for date in dates if not date.is_paused]
    _set_paused(event, changed, timezone.now(), "pause_dates", actor)
    return changed


def resume_dates(*, event: Event, dates: Sequence[Performance], actor: Actor) -> list[Performance]:
    """Sell locked dates again; returns those that were paused."""
    changed = [date for date in dates if date.is_paused]
    _set_paused(event, changed, None, "resume_dates", actor)
    return changed


def _set_paused(event: Event, dates: list[Performance], at: datetime | None, verb: str, actor: Actor) -> None:
    if dates:
        for date in dates:
            date.sale_paused_at = at
        Performance.objects.filter(pk__in=[date.pk for date in dates]).update(sale_paused_at=at)
        record(verb=verb, target=event, actor=actor, detail={"dates": _ids(dates)})


def cancel_dates(*, event: Event, dates: Sequence[Performance], actor: Actor) -> list[Performance]:
    """Locked dates do not take place; returns those that were to. The event's others go on."""
    changed = [date for date in dates if not date.is_cancelled]
    if changed:
        for date in changed:
            date.state = Performance.State.CANCELLED
        Performance.objects.filter(pk__in=[date.pk for date in changed]).update(state=Performance.State.CANCELLED)
        record(verb="cancel_dates", target=event, actor=actor, detail={"dates": _ids(changed)})
    return changed


def price_dates(
    *, event: Event, dates: Sequence[Performance], ticket_type: TicketType, price: int | None, actor: Actor
) -> None:
    """What a ticket type costs on locked dates, minor units; None: its own price again. Raises EventInvalid."""
    if ticket_type.least_price is not None:
        raise EventInvalid(_("The price of “%(name)s” is the buyer's to choose.") % {"name": ticket_type.name})
    if price is not None and not 0 <= price <= 99_999_999:
        raise EventInvalid(_("A price has at most eight digits and is not negative."), field="price")
    if price is None:
        DatePrice.objects.filter(performance__in=dates, ticket_type=ticket_type).delete()
    else:
        DatePrice.objects.bulk_create(
            (DatePrice(performance=date, ticket_type=ticket_type, price=price) for date in dates),
            update_conflicts=True,
            unique_fields=["performance", "ticket_type"],
            update_fields=["price"],
        )
    detail = {"dates": _ids(dates), "ticket_type": str(ticket_type.pk), "price": price}
    record(verb="price_dates", target=event, actor=actor, detail=detail)


def size_dates(*, event: Event, dates: Sequence[Performance], quota: Quota, size: int | None, actor: Actor) -> int:
    """How many places a locked quota has on locked dates; None: its own size again. Returns the size. Raises EventInvalid."""
    if size is not None and not 1 <= size <= 100_000:
        raise EventInvalid(_("Sell between 1 and 100,000 tickets of a type."), field="quantity")
    if size is None:
        DateQuota.objects.filter(performance__in=dates, quota=quota).delete()
    else:
        DateQuota.objects.bulk_create(
            (DateQuota(performance=date, quota=quota, size=size) for date in dates),
            update_conflicts=True,
            unique_fields=["performance", "quota"],
            update_fields=["size"],
        )
    record(verb="size_dates", target=event, actor=actor, detail={"dates": _ids(dates), "quota": quota.pk, "size": size})
    return quota.size if size is None else size


def _ids(dates: Iterable[Performance]) -> list[str]:
    return [str(date.pk) for date in dates]
