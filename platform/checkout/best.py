"""The best seats for who does not want to choose: found in what was announced, proved and claimed under lock.

The announced vector may be a second old, and many people look for the same seats at once. So a search gives several blocks;
those that are as good are tried in random order, none is waited for, and when all are gone the search is made again on what
Postgres says. The last round waits for locks. What is refused in the end was refused by Postgres.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from checkout.catalog import NO_AMOUNTS, Offer, kept_offer, read_offer
from checkout.codes import NO_CODE, Wanted
from checkout.errors import BasketInvalid
from checkout.holding import Asked
from checkout.keys import hold_of_key, keep_refusal
from checkout.phases import NOTHING_KNOWN, Known
from checkout.seats import SeatChoice, claim_named, named_seats
from events.models import SeatingPlan
from events.seating_plan import Seating
from idempotency.actions import is_answered
from inventory.actions import claim_instant
from inventory.best_seats import Block, House, Wish, finder_of
from inventory.errors import AccessSeat, Busy, MapChanged, NoBlock, SeatTaken, SingleSeatLeft, SoldOut, WholeTable
from inventory.live import announced_seats
from inventory.models import Hold
from inventory.queries import database_now, left_in_phases
from inventory.seat_vector import FREE, SeatVector, read_vectors
from inventory.seats import LENIENT_UP_TO
from pricing.quote import Quote
from ui.errors import DomainError, NotFound

ROUNDS = 5  # searches for one hold; the first in what was announced, the last with waiting
NEARLY_AS_GOOD = 0.02  # of a score: in random order, so that not everybody tries for the same seats
LOST_RACES = (SeatTaken, SingleSeatLeft, WholeTable, AccessSeat, Busy)


@dataclass(frozen=True)
class Needs:
    """What a group needs beside seats: so many wheelchair spaces and companion seats among them; no steps; a zone."""

    wheelchairs: int = 0
    companions: int = 0
    is_step_free: bool = False
    zone: str = ""


@dataclass(frozen=True)
class Found:
    """Seats for a basket: how good they are, and which seats of which ticket type."""

    score: float
    basket: Mapping[UUID, int]
    choice: SeatChoice

    @property
    def seats(self) -> list[int]:
        """All indexes, ascending."""
        return sorted(index for indexes in self.choice.seats.values() for index in indexes)


def baskets_for(
    *, performance_id: UUID, quantity: int, ticket_type_id: UUID | None, category: str, max_price: int | None
) -> list[dict[UUID, int]]:
    """The baskets that such a request may mean: this type; the category's first type; or the first of every category.

    `max_price` is all-in per ticket, in minor units. Raises NotFound, BasketInvalid when nothing that is seated fits.
    """
    offer = read_offer(performance_id)
    known = _known(offer)
    fitting = [
        kind
        for kind in offer.kinds.values()
        if kind.is_seated
        and not kind.is_hidden
        and (ticket_type_id is None or kind.ticket_type_id == ticket_type_id)
        and (not category or kind.category == category)
        and (max_price is None or offer.all_in_price(kind, known) <= max_price)
    ]
    firsts = {kind.category: kind.ticket_type_id for kind in reversed(fitting)}
    if not firsts:
        raise BasketInvalid(_("No seats are offered like that."))
    return [{type_id: quantity} for type_id in firsts.values()]


def find_best(
    *, performance_id: UUID, baskets: Sequence[Mapping[UUID, int]], needs: Needs | None = None
) -> tuple[Found, Quote]:
    """The best that is free now and its price, without holding it. Raises what `hold_best` does."""
    offer = read_offer(performance_id)
    asked = needs or Needs()
    found = _search(offer, baskets, asked, _announced(offer) or _counted(offer), at=database_now())
    if not found:
        raise _nothing(offer, baskets, asked)
    ids = named_seats(offer, found[0].basket, found[0].choice).ids
    return found[0], offer.price(found[0].basket, ids, known=_known(offer)).quote


def hold_best(
    *,
    performance_id: UUID,
    baskets: Sequence[Mapping[UUID, int]],
    asked: Asked,
    needs: Needs | None = None,
    amounts: Mapping[UUID, int] = NO_AMOUNTS,
    wanted: Wanted = NO_CODE,
) -> Hold:
    """Hold the best seats for one of these baskets (ticket type id -> how many): whichever gets the better ones.

    Raises what `checkout.actions.place_hold` does, and NoBlock when so many are not free near each other.
    """
    asked_for = needs or Needs()
    offer = kept_offer(performance_id) or read_offer(performance_id)
    for turn in range(ROUNDS):
        vector = _announced(offer) if turn == 0 else None
        is_exact = vector is None
        if vector is None:
            offer = read_offer(performance_id)
            vector = _counted(offer)
        found = _search(offer, baskets, asked_for, vector, at=claim_instant() or database_now())
        if is_exact and not found:
            break
        hold = _first_that_holds(offer, found, asked, amounts, wanted, waits_for_runs=turn == ROUNDS - 1)
        if hold is not None:
            return hold
    if is_answered(scope=asked.scope, key=asked.key):
        return hold_of_key(offer, asked)
    refused = _nothing(offer, baskets, asked_for)
    keep_refusal(asked, refused)
    raise refused


def search_for_list(offer: Offer, basket: Mapping[UUID, int]) -> Iterator[Found]:
    """Seats for an offer of the waiting list: together, best first; then any of their categories, where none are."""
    at = database_now()
    vector = read_vectors([offer.performance_id], for_list=True).get(offer.performance_id)
    if vector is None or offer.seating is None:
        return
    yield from _search(offer, [basket], Needs(), vector, at=at)
    shown, seats, chosen = offer.seating.painting, dict[UUID, tuple[int, ...]](), set[int]()
    for type_id, quantity in basket.items():
        kind = offer.kinds[type_id]
        if not kind.is_seated:
            continue
        is_released = _is_released(offer.seating, kind.category, vector, at)
        free = [
            index
            for index in shown.seats_by_category.get(kind.category, ())
            if vector.state_of(index) == FREE
            and index not in chosen
            and (is_released or index not in shown.access_seats)
        ]
        if len(free) < quantity:
            return
        seats[type_id] = tuple(free[:quantity])
        chosen.update(seats[type_id])
    yield Found(0, basket, SeatChoice(map=offer.seating.hash, seats=seats))


def _known(offer: Offer) -> Known:
    """What is left now of sale phases that have a number, so that nobody is shown a price that is gone."""
    if not any(phase.pool for kind in offer.kinds.values() for phase in kind.phases):
        return NOTHING_KNOWN
    left = left_in_phases([offer.performance_id])
    return Known(left={phase_id: n for (_performance_id, phase_id), n in left.items()})


def _first_that_holds(
    offer: Offer,
    found: Sequence["Found"],
    asked: Asked,
    amounts: Mapping[UUID, int],
    wanted: Wanted,
    *,
    waits_for_runs: bool,
) -> Hold | None:
    """Claim one block after the other; None when all are lost to others, or the offer is another by now.

    Raises what the claim refuses for another reason.
    """
    for one in _in_fair_order(found):
        try:
            claimed = claim_named(
                offer,
                one.basket,
                one.choice,
                asked=asked,
                waits_for_runs=waits_for_runs,
                amounts=amounts,
                wanted=wanted,
            )
        except LOST_RACES:
            continue
        except MapChanged:
            return None
        if claimed.answer.verdict == "stale":
            return None
        if claimed.answer.verdict != "busy":
            return claimed.hold(asked)
    return None


# --- The search ---------------------------------------------------------------------------------------------------------------


def _search(
    offer: Offer, baskets: Sequence[Mapping[UUID, int]], needs: Needs, vector: SeatVector, *, at: datetime
) -> list[Found]:
    """Blocks for any of the baskets, best first."""
    found = [one for basket in baskets for one in _search_one(offer, basket, needs, vector, at=at)]
    return sorted(found, key=lambda one: -one.score)


def _search_one(
    offer: Offer, basket: Mapping[UUID, int], needs: Needs, vector: SeatVector, *, at: datetime
) -> Iterator[Found]:
    """Blocks for one basket: what is of one category sits together, each category for itself."""
    seating = _seating(offer)
    if any(pk not in offer.kinds and pk not in offer.bundles for pk in basket):
        raise BasketInvalid(_("One of these tickets is not offered for this date."))
    wanted = _seats_by_category(offer, basket)
    if vector.map != seating.hash or not wanted:
        return
    finder = finder_of(seating.painting)
    total = sum(n for of_category in wanted.values() for _pk, n in of_category)
    by_category: list[list[Block]] = []
    for category, of_category in wanted.items():
        wish = Wish(
            size=sum(n for _pk, n in of_category),
            category=category,
            zone=needs.zone,
            wheelchairs=needs.wheelchairs,
            companions=needs.companions,
            is_step_free=needs.is_step_free,
        )
        by_category.append(finder.find(wish, _house(seating, category, vector, total, at)))
    for blocks in zip(*by_category, strict=False):
        seats: dict[UUID, tuple[int, ...]] = {}
        for of_category, block in zip(wanted.values(), blocks, strict=True):
            left = list(block.seats)
            for pk, n in of_category:
                seats[pk], left = (*seats.get(pk, ()), *left[:n]), left[n:]
        choice = SeatChoice(map=seating.hash, seats=seats, is_access=needs.wheelchairs > 0)
        yield Found(sum(block.score for block in blocks) / len(blocks), basket, choice)


def _seats_by_category(offer: Offer, basket: Mapping[UUID, int]) -> dict[str, list[tuple[UUID, int]]]:
    """Of each category: which ticket types and bundles of a basket take how many of its seats."""
    found: dict[str, list[tuple[UUID, int]]] = {}
    for pk, quantity in basket.items():
        for type_id, n in offer.seats_wanted(pk, quantity).items():
            if n > 0:
                found.setdefault(offer.kinds[type_id].category, []).append((pk, n))
    return found


def _house(seating: Seating, category: str, vector: SeatVector, total: int, at: datetime) -> House:
    is_strict = seating.orphans == SeatingPlan.Orphans.STRICT or (
        seating.orphans == SeatingPlan.Orphans.LENIENT and total <= LENIENT_UP_TO
    )
    return House(free=vector.free, is_released=_is_released(seating, category, vector, at), is_strict=is_strict)


def _is_released(seating: Seating, category: str, vector: SeatVector, at: datetime) -> bool:
    """Whether the category's wheelchair spaces are anybody's, by this vector; the claim proves it."""
    if seating.release_access == SeatingPlan.ReleaseAccess.DATE:
        return seating.release_access_at is not None and seating.release_access_at <= at
    if seating.release_access != SeatingPlan.ReleaseAccess.SOLD_OUT:
        return False
    shown = seating.painting
    return not any(
        vector.free[index >> 3] >> (index & 7) & 1
        for index in shown.seats_by_category.get(category, ())
        if index not in shown.access_seats
    )


def _in_fair_order(found: Sequence[Found]) -> list[Found]:
    """Best first; what is nearly as good as the best in random order."""
    ties = [one for one in found if one.score >= found[0].score - NEARLY_AS_GOOD]
    random.shuffle(ties)
    return [*ties, *found[len(ties) :]]


def _announced(offer: Offer) -> SeatVector | None:
    found = announced_seats(offer.performance_id)
    return found[1] if found is not None and found[1].map == _seating(offer).hash else None


def _counted(offer: Offer) -> SeatVector:
    found = read_vectors([offer.performance_id]).get(offer.performance_id)
    if found is None:
        raise NotFound
    return found


def _seating(offer: Offer) -> Seating:
    if offer.seating is None:
        raise BasketInvalid(_("This event has no seats to choose."))
    return offer.seating


def _nothing(offer: Offer, baskets: Sequence[Mapping[UUID, int]], needs: Needs) -> DomainError:
    """Why there are no such seats: how many are free together, or that nothing is."""
    vector, at, seating = _counted(offer), database_now(), _seating(offer)
    finder = finder_of(seating.painting)
    kinds = [offer.kinds[type_id] for basket in baskets for pk in basket for type_id in offer.seats_wanted(pk, 1)]
    largest = 0
    for kind in kinds:
        wish = Wish(size=1, category=kind.category, zone=needs.zone, is_step_free=needs.is_step_free)
        largest = max(largest, finder.largest(wish, _house(seating, kind.category, vector, 1, at)))
    size = max(
        (sum(n for pk in basket for n in offer.seats_wanted(pk, basket[pk]).values()) for basket in baskets), default=0
    )
    if needs.wheelchairs:
        return NoBlock(_("There are not so many wheelchair spaces with companion seats together."), largest=largest)
    if largest >= size:
        return Busy(_("Others are taking these seats at this moment. Please try again."))
    if largest == 0 and kinds:
        words = _("“%(name)s” is sold out.") % {"name": kinds[0].name}
        return SoldOut(words, ticket_type_id=str(kinds[0].ticket_type_id), available=0)
    words = _("There are no %(n)d seats together, but %(largest)d. Take fewer, or choose them on the map.")
    return NoBlock(words % {"n": size, "largest": largest}, largest=largest)
