"""Set up what is on offer."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.errors import EventInvalid, NotPublishable
from events.facts import FACTS, checked_facts
from events.lifecycle import advance
from events.models import Event, Performance, Quota, SeatingPlan, TicketType
from events.properties import check_values, properties
from events.queries import event_for_update, performance_by_id, performance_for_update
from events.seating_plan import check_category, check_priced, plan_of, quota_of_category
from events.series import DateTimes, check_times
from outbox.actions import enqueue
from seating.models import Venue
from ui.dates import time_zones
from ui.errors import NotFound
from ui.ids import new_code, uuid7
from ui.money import CURRENCIES
from ui.rich_text import to_html


@transaction.atomic
def create_venue(*, name: str, address: str, city: str, timezone: str, actor: Actor) -> Venue:
    """A new venue; `timezone` is an IANA name. Raises EventInvalid."""
    if timezone not in time_zones():
        raise EventInvalid(_("“%(zone)s” is not a time zone.") % {"zone": timezone}, field="timezone")
    venue = Venue.objects.create(name=_required(name, "name"), address=address, city=city, timezone=timezone)
    record(verb="create_venue", target=venue, actor=actor)
    return venue


@transaction.atomic
def create_event(
    *,
    title: str,
    summary: str,
    description: str,
    venue: Venue,
    currency: str,
    starts_at: datetime,
    ends_at: datetime,
    doors_at: datetime,
    actor: Actor,
) -> Event:
    """A draft event with one performance. Times are aware; they are shown in the venue's zone. Raises EventInvalid."""
    if currency not in CURRENCIES:
        raise EventInvalid(_("We cannot sell in “%(currency)s” yet.") % {"currency": currency}, field="currency")
    event = Event.objects.create(
        slug=free_slug(title),
        title=_required(title, "title"),
        summary=summary,
        description=description,
        description_html=to_html(description),
        venue=venue,
        currency=currency,
    )
    add_performance(event_id=event.pk, starts_at=starts_at, ends_at=ends_at, doors_at=doors_at, actor=actor)
    record(verb="create_event", target=event, actor=actor, detail={"slug": event.slug})
    return event


@transaction.atomic
def add_performance(
    *, event_id: UUID, starts_at: datetime, ends_at: datetime, doors_at: datetime, actor: Actor
) -> Performance:
    """A further date of a draft event. Raises EventInvalid for times out of order or of another century."""
    event = event_for_update(event_id)
    check_times(DateTimes(starts_at, ends_at, doors_at), day="date")
    performance = Performance.objects.create(
        event=event, starts_at=starts_at, ends_at=ends_at, doors_at=doors_at, timezone=event.venue.timezone
    )
    record(verb="add_performance", target=performance, actor=actor)
    return performance


CHANGEABLE = frozenset(
    {
        "title",
        "summary",
        "description",
        "hold_minutes",
        "refund_policy",
        "poster",
        "fee_share",
        "delayed_payment_days",
        "charge_model",
        "properties",
        *FACTS,
    }
)


@transaction.atomic
def change_event(*, event_id: UUID, actor: Actor, **fields: Any) -> Event:
    """Change what `CHANGEABLE` names. Raises EventInvalid for anything else or out of bounds."""
    event = event_for_update(event_id)
    unknown = fields.keys() - CHANGEABLE
    if unknown:
        raise EventInvalid(_("%(field)s cannot be changed here.") % {"field": sorted(unknown)[0]})
    if not 5 <= fields.get("hold_minutes", event.hold_minutes) <= 30:
        raise EventInvalid(_("Tickets are held for 5 to 30 minutes."), field="hold_minutes")
    if not 7 <= (fields.get("delayed_payment_days", event.delayed_payment_days) or 7) <= 365:
        raise EventInvalid(_("Between 7 and 365 days."), field="delayed_payment_days")
    if not 0 <= fields.get("fee_share", event.fee_share) <= 100:
        raise EventInvalid(_("Between 0 and 100 percent."), field="fee_share")
    if "title" in fields:
        _required(fields["title"], "title")
    if "description" in fields:
        fields["description_html"] = to_html(fields["description"])
    fields |= checked_facts(fields)
    if "properties" in fields:
        fields["properties"] = check_values(fields["properties"], properties())
    for name, value in fields.items():
        setattr(event, name, value)
    event.save(update_fields=list(fields))
    record(verb="change_event", target=event, actor=actor, detail={"fields": sorted(fields)})
    list_again(event)
    return event


@transaction.atomic
def add_ticket_type(
    *,
    event_id: UUID,
    name: str,
    perk: str,
    price: int,
    max_per_order: int,
    actor: Actor,
    quantity: int | None = None,
    category: str = "",
    max_per_person: int | None = None,
    hold_minutes: int | None = None,
    min_per_order: int = 1,
    on_sale_from: datetime | None = None,
    on_sale_until: datetime | None = None,
    is_hidden: bool = False,
    listing: str = "",
    least_price: int | None = None,
    is_add_on: bool = False,
) -> TicketType:
    """A ticket type with a quota of its own, `quantity` per performance; `price` in minor units. Raises EventInvalid.

    On an event with a seat map it is for one `category` of it: the map says how many there are, and all types of a category
    draw from one quota; without one it is an add-on (`is_add_on`), sold only together with tickets. `max_per_person` counts all orders of one person for a date; `hold_minutes` replaces the event's.
    `listing` is what it is a variant of. With a `least_price` buyers choose what to give, and `price` is suggested.
    """
    event = event_for_update(event_id)
    if event.state != Event.State.DRAFT:
        raise EventInvalid(_("Ticket types are added before the event is published."))
    plan = check_category(event, category, is_add_on=is_add_on)
    if is_add_on and not event.ticket_types.filter(is_active=True, is_add_on=False).exists():
        raise EventInvalid(_("Add a ticket first that this can go with."), field="category")
    if plan is None:
        _check_quantity(quantity or 0)
    _check_ticket_type(price=price, max_per_order=max_per_order, min_per_order=min_per_order)
    _check_personal(max_per_person=max_per_person, hold_minutes=hold_minutes)
    _check_listed(name, listing, on_sale_from, on_sale_until)
    _check_chosen(price, least_price)
    ticket_type = TicketType.objects.create(
        event=event,
        name=_required(name, "name"),
        perk=perk,
        price=price,
        least_price=least_price,
        listing=listing,
        is_hidden=is_hidden,
        min_per_order=min_per_order,
        on_sale_from=on_sale_from,
        on_sale_until=on_sale_until,
        max_per_order=max_per_order,
        max_per_person=max_per_person,
        hold_minutes=hold_minutes,
        category=category,
        is_add_on=is_add_on,
        sort_order=event.ticket_types.count(),
    )
    if plan is None:
        quota = Quota.objects.create(event=event, name=ticket_type.title, size=quantity or 0)
    else:
        quota = quota_of_category(event, plan, category)
    quota.ticket_types.add(ticket_type)
    record(verb="add_ticket_type", target=ticket_type, actor=actor, detail={"price": price, "quantity": quota.size})
    return ticket_type


def offer_category(
    *, event: Event, plan: SeatingPlan, category: str, price: int, max_per_order: int, actor: Actor
) -> TicketType:
    """The first ticket type of a category that came with another version of a locked event's map, named like it.

    `price` in minor units, `plan` as it is about to be saved. Called by `checkout.changes` for an event on sale, which opens its
    pools. Raises EventInvalid.
    """
    _check_ticket_type(price=price, max_per_order=max_per_order)
    quota = quota_of_category(event, plan, category)
    ticket_type = TicketType.objects.create(
        event=event,
        name=quota.name,
        price=price,
        max_per_order=max_per_order,
        category=category,
        sort_order=event.ticket_types.count(),
    )
    quota.ticket_types.add(ticket_type)
    record(verb="add_ticket_type", target=ticket_type, actor=actor, detail={"price": price, "quantity": quota.size})
    return ticket_type


@transaction.atomic
def change_ticket_type(
    *,
    ticket_type_id: UUID,
    name: str,
    perk: str,
    price: int,
    max_per_order: int,
    actor: Actor,
    max_per_person: int | None = None,
    hold_minutes: int | None = None,
    min_per_order: int = 1,
    on_sale_from: datetime | None = None,
    on_sale_until: datetime | None = None,
    is_hidden: bool = False,
    listing: str = "",
    least_price: int | None = None,
) -> TicketType:
    """Change a ticket type; what was held or sold keeps its price and its limits. Raises EventInvalid, NotFound."""
    ticket_type = TicketType.objects.select_for_update().filter(pk=ticket_type_id).first()
    if ticket_type is None:
        raise NotFound
    _check_ticket_type(price=price, max_per_order=max_per_order, min_per_order=min_per_order)
    _check_personal(max_per_person=max_per_person, hold_minutes=hold_minutes)
    _check_listed(name, listing, on_sale_from, on_sale_until)
    _check_chosen(price, least_price)
    if least_price is not None and ticket_type.phases.filter(is_active=True).exists():
        raise EventInvalid(_("A ticket with sale phases has its prices from them."), field="least_price")
    before = ticket_type.price
    ticket_type.name, ticket_type.perk = _required(name, "name"), perk
    ticket_type.price, ticket_type.max_per_order = price, max_per_order
    ticket_type.max_per_person, ticket_type.hold_minutes = max_per_person, hold_minutes
    ticket_type.min_per_order, ticket_type.is_hidden, ticket_type.listing = min_per_order, is_hidden, listing
    ticket_type.least_price = least_price
    ticket_type.on_sale_from, ticket_type.on_sale_until = on_sale_from, on_sale_until
    ticket_type.save()
    record(verb="change_ticket_type", target=ticket_type, actor=actor, detail={"price": [before, price]})
    list_again(ticket_type.event)
    return ticket_type


def set_quota_size(*, quota: Quota, size: int) -> None:
    """How many a locked quota lets be sold. Called by `checkout.changes`, which brings its pools to it. Raises EventInvalid."""
    _check_quantity(size)
    quota.size = size
    quota.save(update_fields=["size"])


Was = dict[str, str]


@transaction.atomic
def move_performance(
    *, performance_id: UUID, starts_at: datetime, ends_at: datetime, doors_at: datetime, venue: Venue, actor: Actor
) -> tuple[Was | None, Performance]:
    """Another time or place for a date. Called by `checkout.changes`, which tells the buyers.

    Returns what it was (`starts_at`, `doors_at`, `timezone`; `venue` is "" where that stayed), None when nothing changed.
    Raises NotFound, EventInvalid.
    """
    event = event_for_update(performance_by_id(performance_id).event_id)
    performance = performance_for_update(performance_id)
    check_times(DateTimes(starts_at, ends_at, doors_at), day="date")
    if starts_at <= timezone.now():
        raise EventInvalid(_("The new date is in the past."), field="date")
    before = (performance.starts_at, performance.ends_at, performance.doors_at, event.venue_id)
    if before == (starts_at, ends_at, doors_at, venue.pk) and not performance.is_postponed:
        return None, performance
    is_elsewhere = event.venue_id != venue.pk
    if is_elsewhere and plan_of(event.pk) is not None:
        raise EventInvalid(
            _("Its seats are those of this venue's map, so it cannot go to another venue."), field="venue"
        )
    others = event.performances.exclude(pk=performance.pk).filter(starts_at__gt=timezone.now())
    if is_elsewhere and others.exclude(timezone=venue.timezone).exists():
        # They are at this venue as well, and whether they keep the hour or the instant is not ours to guess.
        words = _("Its other dates are by another clock than the one of this venue. Copy the event to play it there.")
        raise EventInvalid(words, field="venue")
    was = {
        "starts_at": performance.starts_at.isoformat(),
        "doors_at": performance.doors_at.isoformat(),
        "timezone": performance.timezone,
        "venue": str(event.venue) if is_elsewhere else "",
    }
    performance.starts_at, performance.ends_at, performance.doors_at = starts_at, ends_at, doors_at
    performance.timezone = venue.timezone
    if performance.is_postponed:
        performance.state = Performance.State.SCHEDULED
    performance.save(update_fields=["starts_at", "ends_at", "doors_at", "timezone", "state"])
    if is_elsewhere:
        event.venue = venue
        event.save(update_fields=["venue"])
        performance.event = event
    now = {"starts_at": starts_at.isoformat(), "doors_at": doors_at.isoformat(), "venue": str(venue)}
    record(verb="move_performance", target=performance, actor=actor, detail={"was": was, "is": now})
    return was, performance


@transaction.atomic
def cancel_event(*, event_id: UUID, actor: Actor) -> Event:
    """Take a published event off sale for good, with all its dates; cancelling twice is the same as once.

    Called by `checkout.batches`, which gives the money back. Raises NotFound, EventInvalid for a draft, StateRefused.
    """
    event = event_for_update(event_id)
    if event.state == Event.State.DRAFT:
        raise EventInvalid(_("Nobody can have bought anything of a draft."))
    if event.state != Event.State.CANCELLED:
        advance(event, "cancel_event", actor=actor)
        event.performances.update(state=Performance.State.CANCELLED)
        list_again(event)
    return event


LONGEST_STOP_REASON = 200  # characters


@transaction.atomic
def stop_sales(*, performance_id: UUID, reason: str, actor: Actor) -> Performance:
    """Hold and sell nothing more of a performance until its sale is resumed; stopping twice is the same as once.

    Buyers see that sales are paused; staff see `reason`. Raises NotFound.
    """
    performance = performance_for_update(performance_id)
    if not performance.is_stopped:
        performance.sales_stopped_at = timezone.now()
        performance.sales_stop_reason = reason[:LONGEST_STOP_REASON]
        performance.save(update_fields=["sales_stopped_at", "sales_stop_reason"])
        record(verb="stop_sales", target=performance, actor=actor, detail={"reason": reason})
    return performance


@transaction.atomic
def resume_sales(*, performance_id: UUID, reason: str, actor: Actor) -> Performance:
    """Sell a stopped performance again; `reason` says why that is right. Raises NotFound, EventInvalid."""
    performance = performance_for_update(performance_id)
    _required(reason, "reason")
    if not performance.is_stopped:
        raise EventInvalid(_("The sale of this date is not stopped."))
    stopped_for = performance.sales_stop_reason
    performance.sales_stopped_at, performance.sales_stop_reason = None, ""
    performance.save(update_fields=["sales_stopped_at", "sales_stop_reason"])
    record(
        verb="resume_sales", target=performance, actor=actor, detail={"reason": reason, "was_stopped_for": stopped_for}
    )
    return performance


@transaction.atomic
def renew_offers(*, currency: str) -> None:
    """What is priced in `currency` is priced anew from the next claim on. Called by `pricing`, whose fee is part of a price."""
    events = Event.objects.filter(currency=currency, performances__ends_at__gt=timezone.now()).distinct()
    dates = Performance.objects.filter(event__in=events).select_for_update(of=("self",)).order_by("pk")
    # The trigger gives each its own new version.
    Performance.objects.filter(pk__in=[date.pk for date in dates]).update(offer_version=F("offer_version"))
    for event in events:
        list_again(event)


def mark_published(*, event: Event, actor: Actor) -> None:
    """Turn a locked draft into a published event. Called by `checkout.publish`, which opens its pools with it.

    Raises NotPublishable with the first thing that is missing.
    """
    if event.state != Event.State.DRAFT:
        raise NotPublishable(_("Only a draft can be published."))
    if not event.ticket_types.filter(is_active=True, quotas__isnull=False).exists():
        raise NotPublishable(_("Add at least one ticket type first."))
    if not event.performances.filter(starts_at__gt=timezone.now()).exists():
        raise NotPublishable(_("Every date of this event is in the past."))
    check_priced(event)
    event.published_at = timezone.now()
    advance(event, "publish_event", actor=actor, also=["published_at"])


def local_time(naive: datetime, zone: str) -> datetime:
    """A wall-clock time in `zone` as an aware instant."""
    return naive.replace(tzinfo=ZoneInfo(zone))


def list_again(event: Event) -> None:
    """The platform's site has a copy of what is on sale."""
    if event.published_at is not None:
        enqueue(kind="list_event", key=f"{event.pk}:{uuid7()}", payload={"event_id": str(event.pk)})


def _check_ticket_type(*, price: int, max_per_order: int, min_per_order: int = 1) -> None:
    if not 0 <= price <= 99_999_999:
        raise EventInvalid(_("A price has at most eight digits and is not negative."), field="price")
    if not 1 <= max_per_order <= 50:
        raise EventInvalid(_("Allow between 1 and 50 tickets per order."), field="max_per_order")
    if not 1 <= min_per_order <= max_per_order:
        raise EventInvalid(_("At least one, and no more than the most per order."), field="min_per_order")


def _check_personal(*, max_per_person: int | None, hold_minutes: int | None) -> None:
    if max_per_person is not None and not 1 <= max_per_person <= 1000:
        raise EventInvalid(_("Allow between 1 and 1,000 tickets per person."), field="max_per_person")
    if hold_minutes is not None and not 5 <= hold_minutes <= 30:
        raise EventInvalid(_("Tickets are held for 5 to 30 minutes."), field="hold_minutes")


def _check_chosen(price: int, least_price: int | None) -> None:
    if least_price is not None and not 0 <= least_price <= price:
        raise EventInvalid(_("No more than what is suggested."), field="least_price")


def _check_listed(name: str, listing: str, starts: datetime | None, ends: datetime | None) -> None:
    if starts is not None and ends is not None and ends <= starts:
        raise EventInvalid(_("The sale ends after it begins."), field="on_sale_until")
    if listing and len(listing) + len(name) + 2 > 80:
        raise EventInvalid(_("Name and heading are too long together: up to 78 characters."), field="listing")


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= 100_000:
        raise EventInvalid(_("Sell between 1 and 100,000 tickets of a type."), field="quantity")


def _required(text: str, field: str) -> str:
    if not text.strip():
        raise EventInvalid(_("This cannot be empty."), field=field)
    return text


def free_slug(title: str) -> str:
    """An address for an event of this title that no other has."""
    base = slugify(title)[:60] or "event"
    if not Event.objects.filter(slug__iexact=base).exists():
        return base
    return f"{base}-{new_code(5).lower()}"
