"""Change what is on sale already: how much there is, when and where it happens, on which map. The buyers are told."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from checkout.errors import MapMoveRefused
from checkout.seat_words import rename_seats
from events import actions as events
from events.errors import EventInvalid
from events.models import Event, Performance, SeatingPlan, TicketType
from events.phases import PhaseWish, set_phases
from events.queries import event_for_update
from events.quotas import QuotaWish, set_quotas
from events.seating_plan import (
    Painting,
    drop_own_map,
    fit_quotas,
    is_of_map,
    painting_of,
    plan_of,
    plan_of_date,
    put_on_own_map,
    repin,
)
from inventory.seat_moves import LockedSeats, lock_all_seats, move_seats
from inventory.sizing import open_empty_pool, resize_pools
from orders.models import Order
from outbox.actions import enqueue
from payments.queries import can_take_payments
from seating.difference import Difference, difference
from seating.models import MapVersion, Venue
from seating.queries import version_by_id
from ui.errors import NotFound
from ui.ids import uuid7

MOST_PER_ORDER = 10  # where the event's other tickets do not say


@transaction.atomic
def change_quantity(*, ticket_type_id: UUID, quantity: int, actor: Actor) -> TicketType:
    """Offer `quantity` tickets of a type for each date, more or fewer than before; what is held or sold stays.

    Raises NotFound, EventInvalid, TooFewFree.
    """
    ticket_type = TicketType.objects.filter(pk=ticket_type_id).first()
    if ticket_type is None:
        raise NotFound
    if is_of_map(ticket_type):
        words = _(
            "The seat map says how many of these there are: close or open seats, or move to another version of it."
        )
        raise EventInvalid(words, field="quantity")
    event = event_for_update(ticket_type.event_id)
    quotas = list(ticket_type.quotas.select_for_update().order_by("pk"))
    if len(quotas) != 1:
        raise EventInvalid(_("This ticket draws from several quotas; change those."), field="quantity")
    quota = quotas[0]
    before = quota.size
    if before == quantity:
        return ticket_type
    events.set_quota_size(quota=quota, size=quantity)
    resize_pools(quota=quota, size=quantity, actor=actor)
    record(verb="change_quantity", target=ticket_type, actor=actor, detail={"quantity": [before, quantity]})
    events.list_again(event)
    return ticket_type


@transaction.atomic
def change_phases(*, ticket_type_id: UUID, phases: Sequence[PhaseWish], actor: Actor) -> TicketType:
    """Give a type these sale phases, in this order; on sale, their places with them. What is held or sold keeps its price.

    Raises NotFound, EventInvalid, TooFewFree.
    """
    ticket_type = TicketType.objects.filter(pk=ticket_type_id).first()
    if ticket_type is None:
        raise NotFound
    event = event_for_update(ticket_type.event_id)
    dates = list(Performance.objects.filter(pools__quota__event=event).distinct().order_by("pk"))
    for quota in set_phases(event=event, ticket_type=ticket_type, phases=phases, actor=actor):
        for date in dates:
            open_empty_pool(performance=date, quota=quota)
        resize_pools(quota=quota, size=quota.size, actor=actor)
    events.list_again(event)
    return ticket_type


@transaction.atomic
def change_quotas(*, event_id: UUID, quotas: Sequence[QuotaWish], actor: Actor) -> None:
    """Give an event these quotas, and on sale their pools so many places. Raises NotFound, EventInvalid, TooFewFree."""
    event = event_for_update(event_id)
    for quota in set_quotas(event=event, quotas=quotas, actor=actor):
        resize_pools(quota=quota, size=quota.size, actor=actor)
    events.list_again(event)


@transaction.atomic
def move_performance(
    *, performance_id: UUID, starts_at: datetime, ends_at: datetime, doors_at: datetime, venue: Venue, actor: Actor
) -> Performance:
    """Give a date another time or place. Tickets stay valid; everybody who has some is mailed what was and what is.

    The venue is the event's, so it holds for its other dates too. Raises NotFound, EventInvalid. The same again is no
    move, and nobody is mailed.
    """
    was, performance = events.move_performance(
        performance_id=performance_id, starts_at=starts_at, ends_at=ends_at, doors_at=doors_at, venue=venue, actor=actor
    )
    if was is not None:
        tell_moved(performance, was)
        events.list_again(performance.event)
    return performance


def tell_moved(performance: Performance, was: events.Was) -> None:
    """Have everybody who has tickets for a moved date told what was and what is. Runs in the move's transaction."""
    moved = uuid7()
    told = Order.objects.filter(state=Order.State.PAID)
    told = told.filter(event_id=performance.event_id) if was["venue"] else told.filter(performance=performance)
    if told.exists():
        payload = {"performance_id": str(performance.pk), "moved": str(moved), "was": was}
        enqueue(kind="mail_move", key=str(moved), payload=payload)


@dataclass(frozen=True)
class MapMove(Difference):
    """What a move changes, and how many tickets say something else than before: whoever has them is mailed."""

    renamed: int


@transaction.atomic
def move_to_map_version(
    *,
    event_id: UUID,
    version_id: UUID,
    actor: Actor,
    categories: Mapping[str, str] | None = None,
    closed: Sequence[str] | None = None,
    whole_tables: Mapping[str, bool] | None = None,
    prices: Mapping[str, int] | None = None,
    is_dry_run: bool = False,
) -> MapMove:
    """Put an event that is on sale on another version of its map, or paint it anew on the same; returns what is different.

    None leaves the event's painting as it is, without what the new map lacks. Who has a seat keeps it, and its category: a
    taken seat that the new painting puts into another one stays in its own by an override. `prices` puts categories on sale
    that the event has no tickets for, each for so many minor units: a standing area, a new balcony. With `is_dry_run`
    everything is done and undone. Buyers whose seats have other names are mailed, open pages are told of the new map. Raises NotFound,
    MapNotFound, EventInvalid, TooFewFree, and MapMoveRefused when a held, sold or blocked seat would go.
    """
    event = event_for_update(event_id)
    plan = plan_of(event_id)
    if plan is None or not event.is_under_way:
        raise EventInvalid(_("Only an event with a seat map that is on sale is moved to another version of it."))
    version = version_by_id(version_id)
    if version.kind != MapVersion.Kind.PUBLISHED or version.seat_map.venue_id != event.venue_id:
        raise EventInvalid(_("Choose a published version of a seat map of this venue."), field="version")
    old = painting_of(plan)
    dates = list(
        Performance.objects.filter(pools__quota__event=event, own_map=None).distinct().order_by("pk")
    )  # a date with a map of its own stays on it
    locked = _lock(dates)
    repin(plan, version, categories=categories, closed=closed, whole_tables=whole_tables)
    new = _for_who_sits_there(plan, old, {seat_id for one in locked for seat_id in one.taken})
    found = difference(old.compiled, new.compiled, old_categories=old.categories, new_categories=new.categories)
    _put_on_sale(event, plan, prices or {}, dates, actor)
    _check_move(event, new, locked)
    plan.save()
    fit_quotas(event, new)
    renamed = _move(locked, new, actor)
    detail = {"version": str(version.pk), "hash": version.hash, **found.as_dict()}
    record(verb="move_to_map_version", target=event, actor=actor, detail=detail)
    events.list_again(event)
    if is_dry_run:
        transaction.set_rollback(True)
    return MapMove(**vars(found), renamed=renamed)


@transaction.atomic
def give_date_a_map(
    *,
    performance_id: UUID,
    version_id: UUID | None,
    actor: Actor,
    categories: Mapping[str, str] | None = None,
    closed: Sequence[str] | None = None,
    whole_tables: Mapping[str, bool] | None = None,
    is_dry_run: bool = False,
) -> MapMove:
    """Sell one date of a seated event on another published version or map of the venue; None: on its event's again.

    As `move_to_map_version`, for this date alone; its categories are those that the event has tickets for. Before the event is on
    sale nobody has a seat yet. Raises NotFound, MapNotFound, EventInvalid, TooFewFree, MapMoveRefused.
    """
    found = Performance.objects.filter(pk=performance_id).values_list("event_id", flat=True).first()
    if found is None:
        raise NotFound
    event = event_for_update(found)
    date = event.performances.get(pk=performance_id)
    plan, dated = plan_of(event.pk), plan_of_date(performance_id)
    if plan is None or dated is None:
        raise EventInvalid(_("This event has no seat map."))
    if date.is_cancelled or event.state in (Event.State.CANCELLED, Event.State.DISCARDED):
        raise EventInvalid(_("This date is cancelled."))
    old, of_event = painting_of(dated), painting_of(plan)
    locked = _lock([date]) if date.pools.exists() else []
    if version_id is None:
        dated = copy(plan)
    else:
        version = version_by_id(version_id)
        if version.kind != MapVersion.Kind.PUBLISHED or version.seat_map.venue_id != event.venue_id:
            raise EventInvalid(_("Choose a published version of a seat map of this venue."), field="version")
        repin(dated, version, categories=categories, closed=closed, whole_tables=whole_tables)
    new = _for_who_sits_there(dated, old, {seat_id for one in locked for seat_id in one.taken})
    changed = difference(old.compiled, new.compiled, old_categories=old.categories, new_categories=new.categories)
    if locked:
        _check_move(event, new, locked)
    # Whoever has a seat that the event paints otherwise keeps it: then the date keeps a painting of its own.
    if version_id is None and new.key == of_event.key:
        drop_own_map(date)
    else:
        put_on_own_map(date, dated)
    if locked:
        for quota in event.quotas.filter(ticket_types__category__in=new.sizes).distinct().order_by("pk"):
            open_empty_pool(performance=date, quota=quota)
    renamed = _move(locked, new, actor)
    detail = {
        "date": str(date.pk),
        "version": str(dated.version_id),
        "is_own": version_id is not None,
        **changed.as_dict(),
    }
    record(verb="give_date_a_map", target=event, actor=actor, detail=detail)
    events.list_again(event)
    if is_dry_run:
        transaction.set_rollback(True)
    return MapMove(**vars(changed), renamed=renamed)


def _lock(dates: Sequence[Performance]) -> list[LockedSeats]:
    """Lock the paid orders of these dates and then all their seats, as a refund does (docs/locking.md)."""
    sold = Order.objects.filter(performance__in=dates, state__in=[Order.State.SECURED, Order.State.PAID])
    list(sold.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return [lock_all_seats(date.pk) for date in dates]


def _move(locked: Sequence[LockedSeats], new: Painting, actor: Actor) -> int:
    """Bring locked dates to a painting; how many tickets say something else than before."""
    renamed = 0
    for one in locked:
        move_seats(locked=one, new=new, actor=actor)
        renamed += rename_seats(performance_id=one.performance_id, actor=actor)
    return renamed


def _put_on_sale(
    event: Event, plan: SeatingPlan, prices: Mapping[str, int], dates: Sequence[Performance], actor: Actor
) -> None:
    """A ticket type for each category that has a price and none yet, and its pool on each date, empty as yet."""
    if any(prices.values()) and not can_take_payments():
        raise EventInvalid(
            _("Connect Stripe first: tickets that cost something could not be paid yet."), field="prices"
        )
    offered = set(event.ticket_types.values_list("category", flat=True))
    seated = event.ticket_types.exclude(category="")
    most = max(seated.values_list("max_per_order", flat=True), default=MOST_PER_ORDER)
    for category, price in prices.items():
        if category in offered:
            words = _("There are tickets for “%(name)s” already.") % {"name": painting_of(plan).name_of(category)}
            raise EventInvalid(words, field="prices")
        ticket_type = events.offer_category(
            event=event, plan=plan, category=category, price=price, max_per_order=most, actor=actor
        )
        for date in dates:
            open_empty_pool(performance=date, quota=ticket_type.quotas.get())


def _for_who_sits_there(plan: SeatingPlan, old: Painting, taken: set[str]) -> Painting:
    """The plan's new painting, after taken seats that it puts into another category were painted back into their own."""
    new = painting_of(plan)
    own: dict[str, str] = {}
    for seat_id in taken:
        was, index = old.compiled.index_of(seat_id), new.compiled.index_of(seat_id)
        if was is None or index is None:
            continue
        category = old.categories[was]
        if category is not None and new.categories[index] != category and category in new.compiled.categories:
            own[seat_id] = category
    if not own:
        return new
    plan.categories = {**plan.categories, **own}
    return painting_of(plan)


def _check_move(event: Event, new: Painting, locked: Sequence[LockedSeats]) -> None:
    """That everybody who has a seat keeps it and every category can be bought. Raises MapMoveRefused."""
    pools = {
        category: quota_id
        for quota_id, category in event.quotas.values_list("pk", "ticket_types__category")
        if category is not None
    }
    going = []
    for one in locked:
        for seat_id in one.taken:
            seat, place = one.seats[seat_id]
            index = new.compiled.index_of(seat_id)
            category = None if index is None or index in new.closed else new.categories[index]
            if category is None or pools.get(category) != place.pool.quota_id:
                going.append(seat.words)
    if going:
        words = _("%(seat)s is held, sold or set aside, and would be gone or cost something else.")
        raise MapMoveRefused(words % {"seat": going[0]}, seats=going[:100], n=len(going))
    missing = sorted(set(new.sizes) - set(pools))
    if missing:
        names = ", ".join(new.name_of(category) for category in missing)
        words = _("Nobody could buy these categories, because no ticket type is for them: %(names)s.")
        raise MapMoveRefused(words % {"names": names}, categories=missing)
