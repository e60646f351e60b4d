"""The waiting list's offers: places that got free, held for the next in order, until a deadline, at today's price.

One offer is one transaction under the list's lock: the hold, the note whose it is and the mail are all there or none of them,
so a crash loses nobody and two workers never offer one place twice (docs/waiting-list.md). Runs after every release (outbox)
and by the clock, which also sees what lapsed. The sale itself is the normal checkout's.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.actions import SYSTEM, Actor, buyer_actor
from checkout.best import search_for_list
from checkout.catalog import Offer, read_offer
from checkout.holding import Asked, claim_request, hold_made
from checkout.phases import NOTHING_KNOWN, is_phase_over
from checkout.seats import claim_named
from config import failpoints
from events.models import Performance
from inventory import actions as stock
from inventory.models import Hold
from inventory.queries import database_now, hold_for_update
from inventory.waited import pools_now
from orders.models import Order
from ui.errors import DomainError, NotFound
from waitlist.actions import close_pools, draw, end_offer, end_unsold, keep_offer
from waitlist.errors import EntryNotFound, EntryOver, NothingToOffer
from waitlist.models import Entry, ListOffer, ListRules, WaitingList
from waitlist.queries import (
    entry_by_token,
    is_draw_ahead,
    list_for_update,
    open_offer_of,
    performances_to_serve,
    quantity_for,
    rules_of,
    waiting_in_order,
)

logger = logging.getLogger(__name__)

MOST_OFFERS = 200  # of one run for one date; the clock makes the rest


def serve_all() -> int:
    """Serve every list of this organizer on which somebody waits or has an offer; how many offers were made."""
    made = 0
    for performance_id in performances_to_serve():
        try:
            made += serve(performance_id=performance_id)
        except Exception:  # whatever is wrong with one date, people wait for the others too
            logger.exception("serving the waiting list of %s failed", performance_id)
    return made


def serve(*, performance_id: UUID) -> int:
    """Note what became of a date's offers, then offer what is free to who is next, each in a transaction; how many were made."""
    made = 0
    while made < MOST_OFFERS and _serve_one(performance_id):
        made += 1
    return made


@transaction.atomic
def _serve_one(performance_id: UUID) -> bool:
    waiting_list = list_for_update(performance_id)
    if waiting_list is None:
        return False
    now = database_now()
    _settle(waiting_list, at=now)
    rules = rules_of(waiting_list.performance.event_id)
    if rules.mode == ListRules.Mode.LOTTERY and rules.draw_at is not None and rules.draw_at <= now:
        draw(waiting_list, at=now, actor=SYSTEM)
    close_pools(waiting_list, at=now)
    if rules.is_open and not is_draw_ahead(waiting_list, rules):
        catalog = _catalog_of(waiting_list.performance)
        in_vain: dict[UUID, int] = {}  # the fewest of a type that could not be held: as many need not be tried again
        for entry, quantity in _next(waiting_list, rules, at=now) if catalog else ():
            if catalog is None or quantity >= in_vain.get(entry.ticket_type_id, quantity + 1):
                continue
            hold = _hold(catalog, entry, quantity, hours=rules.offer_hours)
            if hold is None:
                in_vain[entry.ticket_type_id] = quantity
            else:
                failpoints.hit("before_offer_commit")
                keep_offer(entry=entry, hold=hold, quantity=quantity, actor=SYSTEM)
                close_pools(waiting_list, at=now)
                failpoints.hit_after_commit("after_offer_commit")
                return True
    return False


def _next(waiting_list: WaitingList, rules: ListRules, *, at: datetime) -> Iterator[tuple[Entry, int]]:
    """Who could get something now, in order, and how many: what they asked for, or fewer where they said that is fine."""
    pools = pools_now(waiting_list.performance_id, at=at)
    for entry in waiting_in_order(waiting_list, rules):
        drawn_from = [pool.claimable for pool in pools if entry.ticket_type_id in pool.ticket_types]
        quantity = _quantity_for(entry, free=min(drawn_from, default=0))
        if quantity:
            yield entry, quantity


def _quantity_for(entry: Entry, *, free: int) -> int:
    return quantity_for(entry.ticket_type, wish=entry.quantity, takes_fewer=entry.takes_fewer, free=free)


def _catalog_of(performance: Performance) -> Offer | None:
    """What the date offers; None while nothing of it can be bought."""
    try:
        catalog = read_offer(performance.pk)
    except NotFound:
        return None
    return None if catalog.is_stopped else catalog


def _hold(catalog: Offer, entry: Entry, quantity: int, *, hours: int) -> Hold | None:
    """Claim places for an entry with the add-ons that its tickets need, all or none.

    Seats together if there are any, else others of their category.
    """
    kind = catalog.kinds.get(entry.ticket_type_id)
    if kind is None or quantity > kind.max_per_order:
        return None
    basket, known = catalog.with_required({kind.ticket_type_id: quantity}), NOTHING_KNOWN
    try:
        if any(catalog.kinds[type_id].is_seated for type_id in basket):
            return _hold_seats(catalog, basket, hours=hours)
        while True:
            priced = catalog.price(basket, known=known)
            request = claim_request(catalog, priced, Asked())._replace(seconds=hours * 3600.0, actor=str(SYSTEM))
            answer = stock.claim(
                performance_id=catalog.performance_id,
                offer_version=catalog.version,
                request=request,
                waits=True,
                for_list=True,
            )
            if not is_phase_over(answer, waited=True):
                break
            known = known.after(answer)
    except DomainError as refused:
        logger.info("no offer for entry %s: %s", entry.pk, refused.code)
        return None
    if answer.verdict != "held" or answer.created_at is None:
        return None
    return hold_made(catalog, request, priced, answer.created_at)


def _hold_seats(catalog: Offer, basket: Mapping[UUID, int], *, hours: int) -> Hold | None:
    for found in search_for_list(catalog, basket):
        try:
            claimed = claim_named(catalog, found.basket, found.choice, asked=Asked(), list_seconds=hours * 3600.0)
            if claimed.answer.verdict == "held":
                return claimed.hold(Asked())
        except DomainError:
            continue
    return None


# --- What became of offers ---------------------------------------------------------------------------------------------------------


def _settle(waiting_list: WaitingList, *, at: datetime) -> None:
    """Under the list's lock: end the offers whose places were bought, given back, or not bought in time, and the entries that can
    get none any more because the sale of their tickets is over."""
    offers = ListOffer.objects.filter(entry__waiting_list=waiting_list, outcome=ListOffer.Outcome.OPEN)
    for offer in offers.select_related("hold", "entry__ticket_type").order_by("hold_id"):
        offer.entry.waiting_list = waiting_list
        outcome = _outcome_of(offer.hold, at=at)
        if outcome is not None:
            end_offer(offer=offer, outcome=outcome, at=at)
    end_unsold(waiting_list, at=at)


def _outcome_of(hold: Hold, *, at: datetime) -> ListOffer.Outcome | None:
    """None while it is open. A hold that has ended is looked at under its lock: it may become an order at this moment."""
    if hold.state == Hold.State.LIVE and not hold.is_live(at=at):
        hold = hold_for_update(hold.pk)
        if hold.state == Hold.State.LIVE and not hold.is_live(at=at):
            return ListOffer.Outcome.EXPIRED
    if hold.state == Hold.State.RELEASED:
        return ListOffer.Outcome.DECLINED
    if hold.state != Hold.State.ORDERED:
        return None
    state = Order.objects.values_list("state", flat=True).get(hold=hold)
    if state == Order.State.CANCELLED:
        return ListOffer.Outcome.EXPIRED
    return None if state in (Order.State.PENDING, Order.State.SECURED) else ListOffer.Outcome.BOUGHT


def decline(*, entry_id: UUID, token: str) -> Entry:
    """The person does not want the places that are held for them: they go to the next at once, and the entry is over.

    Raises EntryNotFound, EntryOver without an open offer, HoldEnded once the places are part of an order.
    """
    entry = entry_by_token(entry_id, token)
    offer = open_offer_of(entry)
    if offer is None:
        raise EntryOver
    stock.release_hold(hold_id=offer.hold_id, actor=buyer_actor())
    serve(performance_id=entry.waiting_list.performance_id)
    return entry_by_token(entry_id, token)


def offer_by_hand(*, entry_id: UUID, event_id: UUID, actor: Actor) -> ListOffer:
    """Staff hold places for somebody out of turn. Raises EntryNotFound, EntryOver, NothingToOffer; then nothing has changed."""
    with transaction.atomic():
        performance_id = (
            Entry.objects.filter(pk=entry_id, waiting_list__performance__event_id=event_id)
            .values_list("waiting_list__performance_id", flat=True)
            .first()
        )
        waiting_list = list_for_update(performance_id) if performance_id else None
        if waiting_list is None:
            raise EntryNotFound
        now = database_now()
        _settle(waiting_list, at=now)
        entry = Entry.objects.select_related("ticket_type").get(pk=entry_id)
        entry.waiting_list = waiting_list
        if entry.state != Entry.State.WAITING:
            raise EntryOver
        rules = rules_of(event_id)
        catalog = _catalog_of(waiting_list.performance)
        pools = pools_now(waiting_list.performance_id, at=now)
        free = min((pool.claimable for pool in pools if entry.ticket_type_id in pool.ticket_types), default=0)
        quantity = _quantity_for(entry, free=free)
        hold = _hold(catalog, entry, quantity, hours=rules.offer_hours) if catalog and quantity else None
        if hold is None:
            raise NothingToOffer
        offer = keep_offer(entry=entry, hold=hold, quantity=quantity, actor=actor, is_by_hand=True)
        close_pools(waiting_list, at=now)
    return offer
