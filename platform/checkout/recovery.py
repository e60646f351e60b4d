"""Checkouts that were left: what is still worth a mail, and the way back into a hold (docs/abandoned-checkouts.md).

Nothing is mailed without the buyer's consent (`recovery.actions.agree`), nor to who has bought, who said stop, who is at
the checkout at this moment, or when there is nothing left to come back for.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, Sum

from checkout.actions import place_hold
from checkout.catalog import Offer, read_offer
from checkout.seats import SeatChoice
from events.models import Performance
from events.seating_plan import painting_of, plan_of_date
from inventory.models import Hold
from inventory.queries import availability, database_now
from orders.models import Order
from pricing.quote import Quote
from recovery import consents
from recovery.actions import end, note_mail, note_restoration, postpone
from recovery.errors import ReminderNotFound
from recovery.letters import mail_reminder
from recovery.models import Reminder, Restoration
from recovery.queries import due_reminders, hours_of, reminder_by_token, reminder_for_update
from ui.errors import DomainError
from waitlist.models import ListOffer

logger = logging.getLogger(__name__)


def send_due() -> int:
    """Look at every reminder of this organizer that is due; how many mails were queued."""
    sent = 0
    for reminder_id in due_reminders(at=database_now()):
        try:
            sent += _send_one(reminder_id)
        except Exception:  # whatever is wrong with one, the others are due too
            logger.exception("reminder %s failed", reminder_id)
    return sent


@transaction.atomic
def _send_one(reminder_id: UUID) -> bool:
    reminder, now = reminder_for_update(reminder_id), database_now()
    if reminder is None or reminder.next_at is None or reminder.next_at > now:
        return False
    if _has_bought(reminder):
        end(reminder, Reminder.State.BOUGHT, at=now)
        return False
    busy_until = _busy_until(reminder, at=now)
    if busy_until is not None:
        postpone(reminder, until=busy_until)
        return False
    if not _is_left(reminder, at=now):
        end(reminder, Reminder.State.OVER, at=now)
        return False
    mail_reminder(reminder)
    note_mail(reminder, at=now)
    return True


def _holds_of(reminder: Reminder) -> list[UUID]:
    return [reminder.hold_id, *reminder.restorations.values_list("hold_id", flat=True)]


def _orders_of(reminder: Reminder) -> Q:
    """Orders of these holds, and whatever else the person ordered of the event since they agreed."""
    since = Q(event_id=reminder.event_id, buyer_key=reminder.person, created_at__gte=reminder.agreed_at)
    return Q(hold__in=_holds_of(reminder)) | since


def _has_bought(reminder: Reminder) -> bool:
    done = (Order.State.SECURED, Order.State.PAID, Order.State.REFUNDED)
    return Order.objects.filter(_orders_of(reminder), state__in=done).exists()


def _busy_until(reminder: Reminder, *, at: datetime) -> datetime | None:
    """Until when the person may be at the checkout: a hold of theirs stands, or an order waits for its payment."""
    holds = Hold.objects.filter(pk__in=_holds_of(reminder), state=Hold.State.LIVE, expires_at__gt=at)
    orders = Order.objects.filter(_orders_of(reminder), state=Order.State.PENDING, expires_at__gt=at)
    ends = [*holds.values_list("expires_at", flat=True), *orders.values_list("expires_at", flat=True)]
    return max(ends, default=None)


def _is_left(reminder: Reminder, *, at: datetime) -> bool:
    """Whether the date is to come and as many tickets of each kind are there for everybody."""
    performance = reminder.hold.performance
    if performance.ends_at <= at or performance.state == Performance.State.CANCELLED:
        return False
    stock = availability([performance.pk]).get(performance.pk)
    if stock is None or price_today(reminder) is None:
        return False
    basket = basket_of(reminder, read_offer(performance.pk))
    return all(pk in stock.types and n <= stock.types[pk].left for pk, n in basket.items())


def basket_of(reminder: Reminder, offer: Offer) -> dict[UUID, int]:
    """What was left: id of a ticket type or a bundle -> how many. A bundle that is not offered any more is as many as nobody has."""
    basket: dict[UUID, int] = {}
    bundled: dict[UUID, dict[UUID, int]] = {}
    for line in Quote.from_dict(reminder.hold.quote).lines:
        type_id = UUID(line.ticket_type_id)
        drawn = bundled.setdefault(UUID(line.bundle), {}) if line.bundle else basket
        drawn[type_id] = drawn.get(type_id, 0) + line.quantity
    for bundle_id, drawn in bundled.items():
        bundle = offer.bundles.get(bundle_id)
        parts = bundle.parts if bundle else ()
        basket[bundle_id] = max((drawn.get(type_id, 0) // n for type_id, n, _price in parts), default=1)
    return basket


def _amounts_of(reminder: Reminder) -> dict[UUID, int]:
    """What the buyer chose to give for a ticket of a type whose price was theirs to choose, in minor units."""
    lines = Quote.from_dict(reminder.hold.quote).lines
    return {UUID(line.ticket_type_id): line.price for line in lines if any(s.kind == "chosen" for s in line.steps)}


def _seats_of(reminder: Reminder) -> dict[UUID, tuple[str, ...]]:
    seats: dict[UUID, tuple[str, ...]] = {}
    for line in Quote.from_dict(reminder.hold.quote).lines:
        if line.seats:
            pk = UUID(line.bundle or line.ticket_type_id)
            seats[pk] = (*seats.get(pk, ()), *line.seats)
    return seats


def price_today(reminder: Reminder) -> int | None:
    """What the same would cost now in all, in minor units; None where it is not offered."""
    try:
        offer = read_offer(reminder.hold.performance_id)
        basket = basket_of(reminder, offer)
        return offer.price(basket, _seats_of(reminder), amounts=_amounts_of(reminder)).quote.total
    except DomainError:
        return None


def restore(*, reminder_id: UUID, token: str) -> Hold:
    """Hold the same again at today's price: the very seats, or else the best that are free. A hold made so that stands is returned.

    Raises ReminderNotFound, and what `checkout.actions.place_hold` does; then nothing is held.
    """
    reminder = reminder_by_token(reminder_id, token)
    with transaction.atomic():
        locked = reminder_for_update(reminder.pk)
        if locked is None:
            raise ReminderNotFound
        now = database_now()
        standing = Hold.objects.filter(pk__in=_holds_of(locked), state=Hold.State.LIVE, expires_at__gt=now)
        found = standing.order_by("-created_at").first()
        if found is not None:
            return found
        hold = _hold_again(locked)
        note_restoration(locked, hold, at=now)
    return hold


def _hold_again(reminder: Reminder) -> Hold:
    performance_id, amounts = reminder.hold.performance_id, _amounts_of(reminder)
    basket, seats = basket_of(reminder, read_offer(performance_id)), _same_seats(reminder)
    if seats is not None:
        try:
            return place_hold(performance_id=performance_id, basket=basket, seats=seats, amounts=amounts)
        except DomainError:
            logger.info("the seats of reminder %s are gone", reminder.pk)
    return place_hold(performance_id=performance_id, basket=basket, amounts=amounts)


def _same_seats(reminder: Reminder) -> SeatChoice | None:
    ids: Mapping[UUID, tuple[str, ...]] = _seats_of(reminder)
    plan = plan_of_date(reminder.hold.performance_id) if ids else None
    if plan is None:
        return None
    compiled = painting_of(plan).compiled
    found = {type_id: [compiled.index_of(seat) for seat in seats] for type_id, seats in ids.items()}
    if any(index is None for indexes in found.values() for index in indexes):
        return None  # the map is another by now
    named = {type_id: [index for index in indexes if index is not None] for type_id, indexes in found.items()}
    return SeatChoice(map=plan.version.hash, seats=named)


def reminder_text(hold: Hold) -> Any:
    """The text that the buyer of a hold may agree to; None where nobody is reminded, or the waiting list does it already."""
    is_listed = ListOffer.objects.filter(hold=hold).exists()
    return consents.TEXT if hours_of(hold.performance.event_id) and not is_listed else None


def recovered(event_id: UUID) -> tuple[int, int]:
    """Of an event: how many paid orders came of holds that reminders brought back, and their total in minor units."""
    restored = Restoration.objects.filter(reminder__event_id=event_id).values("hold")
    orders = Order.objects.filter(hold__in=restored, state=Order.State.PAID)
    facts = orders.aggregate(n=Count("pk"), total=Sum("total"))
    return facts["n"], facts["total"] or 0
