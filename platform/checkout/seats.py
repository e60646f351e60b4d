"""Hold seats of a map: what a buyer named, proved under lock by the rules of the event, with its price frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import SYSTEM
from checkout.catalog import NO_AMOUNTS, Offer, Priced, kept_offer, read_offer
from checkout.codes import NO_CODE, Wanted, apply_code
from checkout.errors import BasketInvalid
from checkout.holding import Asked, claim_request, hold_made, refusal
from checkout.keys import hold_of_key, keep_refusal
from checkout.phases import NOTHING_KNOWN, is_phase_over
from config import failpoints
from events.models import SeatingPlan
from idempotency.actions import is_answered
from inventory import actions as stock
from inventory.best_seats import House, Wish, finder_of
from inventory.claim import ClaimAnswer, ClaimLine, ClaimRequest
from inventory.errors import MapChanged, SeatsInvalid, SeatTaken
from inventory.live import seats_of
from inventory.models import Hold
from inventory.queries import database_now
from inventory.seats import SeatsNow, check_choice, lock_runs, read_runs, seats_taken
from ui.errors import DomainError

MOST_CLAIMS = 5  # of one choice, while its price changes or others are in the way


@dataclass(frozen=True)
class SeatChoice:
    """The seats that somebody chose: indexes by ticket type or by bundle, on the map with hash `map`.

    `is_access` asks for wheelchair spaces and their companion seats as such.
    """

    map: str
    seats: Mapping[UUID, Sequence[int]]
    is_access: bool = False


def place_seat_hold(
    *,
    performance_id: UUID,
    basket: Mapping[UUID, int],
    choice: SeatChoice,
    asked: Asked,
    amounts: Mapping[UUID, int] = NO_AMOUNTS,
    wanted: Wanted = NO_CODE,
) -> Hold:
    """Hold the very seats that were chosen, or none; see `checkout.actions.place_hold`.

    Raises what that does, and MapChanged, SeatsInvalid, SeatsNeeded, SeatTaken, SingleSeatLeft, WholeTable, AccessSeat.
    """
    offer = kept_offer(performance_id) or read_offer(performance_id)
    waits = False
    for _attempt in range(MOST_CLAIMS):
        try:
            claimed = claim_named(offer, basket, choice, asked=asked, waits=waits, amounts=amounts, wanted=wanted)
        except DomainError as refused:
            # What memory refuses is asked of the database before it is refused.
            now = read_offer(performance_id)
            if now.version != offer.version:
                offer = now
                continue
            if isinstance(refused, SeatTaken):
                refused = _with_alternative(refused, offer, basket, choice)
            keep_refusal(asked, refused)
            raise refused from None
        if claimed.answer.verdict == "stale":
            offer = read_offer(performance_id)
        elif claimed.answer.verdict == "busy" and not waits:
            waits = True
        else:
            return claimed.hold(asked)
    raise MapChanged(_("The seat map is being changed at this moment. Please choose again."))


@dataclass(frozen=True)
class Claimed:
    """What the claim said of a choice of seats."""

    offer: Offer
    priced: Priced
    request: ClaimRequest
    named: "Named"
    answer: ClaimAnswer
    made: Hold | None

    def hold(self, asked: Asked) -> Hold:
        """The hold that was made, now or when the key was first used. Raises the claim's refusal."""
        if self.answer.verdict == "known":
            return hold_of_key(self.offer, asked)
        if self.made is None:
            raise _refused(self.offer, self.answer, self.named)
        failpoints.hit_after_commit("after_hold_commit")
        return self.made


def claim_named(
    offer: Offer,
    basket: Mapping[UUID, int],
    choice: SeatChoice,
    *,
    asked: Asked,
    waits: bool = False,
    waits_for_runs: bool = True,
    amounts: Mapping[UUID, int] = NO_AMOUNTS,
    wanted: Wanted = NO_CODE,
    list_seconds: float = 0,
) -> Claimed:
    """Claim a choice of seats once in each sale phase that it meets, each time in a transaction of its own; the code with it.

    With `list_seconds` it is an offer of the waiting list, held for so long. Raises the refusals of `place_seat_hold`, and Busy.
    """
    named = named_seats(offer, basket, choice)
    known = NOTHING_KNOWN
    while True:
        priced = offer.price(basket, named.ids, known=known, opened=wanted.opened, early=wanted.early, amounts=amounts)
        request = claim_request(offer, priced, asked)
        if list_seconds:
            request = request._replace(seconds=list_seconds, actor=str(SYSTEM))
        failpoints.hit("before_hold_commit")
        with transaction.atomic():
            answer = _claim(
                offer,
                priced,
                request,
                named,
                is_access=choice.is_access,
                asked=asked,
                waits=waits,
                waits_for_runs=waits_for_runs,
                for_list=list_seconds > 0,
            )
            made = None
            if answer.verdict == "held" and answer.created_at is not None:
                made = hold_made(offer, request, priced, answer.created_at)
                if wanted.code is not None:
                    apply_code(made, wanted.code, offer)
        if not is_phase_over(answer, waited=waits):
            return Claimed(offer, priced, request, named, answer, made)
        known = known.after(answer)


def _with_alternative(refused: SeatTaken, offer: Offer, basket: Mapping[UUID, int], choice: SeatChoice) -> SeatTaken:
    """The refusal with other seats for the same people, near those that they wanted, if there are any together."""
    seating, vector = offer.seating, seats_of(offer.performance_id)
    categories = {offer.kinds[one].category for pk in choice.seats for one in offer.seats_wanted(pk, 1)}
    if seating is None or vector is None or vector[1].map != seating.hash or choice.is_access or len(categories) != 1:
        return refused
    chosen = sorted(index for indexes in choice.seats.values() for index in indexes)
    gone = frozenset(refused.extra["seats"])  # what was announced may be older than what was refused
    house = House(free=vector[1].without(gone).free, is_strict=seating.orphans != SeatingPlan.Orphans.OFF)
    found = finder_of(seating.painting).near(Wish(len(chosen), categories.pop()), house, to=chosen[0])
    return refused if found is None else SeatTaken(str(refused.detail), **refused.extra, alternative=list(found.seats))


@dataclass(frozen=True)
class Named:
    """Seats as a claim needs them: indexes by ticket type, those that are parts of a bundle among them, and ids by ticket type
    or bundle, as `Offer.price` takes them."""

    by_type: Mapping[UUID, tuple[int, ...]]
    ids: Mapping[UUID, tuple[str, ...]]


def named_seats(offer: Offer, basket: Mapping[UUID, int], choice: SeatChoice) -> Named:
    """The seats that were chosen, ascending, checked against the map alone. A bundle's are parted among its parts in this order.

    Raises BasketInvalid, MapChanged, SeatsInvalid.
    """
    seating = offer.seating
    if seating is None:
        raise BasketInvalid(_("This event has no seats to choose."))
    if choice.map != seating.hash:
        words = _("The seat map has changed since you opened it. Please choose again.")
        raise MapChanged(words, map=seating.hash)
    categories, seats_of_map = seating.painting.categories, seating.painting.compiled.seats
    by_type: dict[UUID, tuple[int, ...]] = {}
    ids: dict[UUID, tuple[str, ...]] = {}
    seen: set[int] = set()
    for pk, seats in choice.seats.items():
        if pk not in offer.kinds and pk not in offer.bundles:
            raise BasketInvalid(_("One of these tickets is not offered for this date."))
        unknown = [index for index in seats if not 0 <= index < len(categories)]
        if unknown:
            raise SeatsInvalid(_("There are no such seats on this map."), seats=unknown)
        twice = sorted({index for index in seats if index in seen or seats.count(index) > 1})
        if twice:
            raise SeatsInvalid(_("A seat was chosen twice."), seats=twice)
        wanted = offer.seats_wanted(pk, basket.get(pk, 0))
        fitting = {offer.kinds[type_id].category for type_id in wanted or offer.seats_wanted(pk, 1)}
        wrong = [index for index in seats if categories[index] not in fitting]
        name = (offer.bundles.get(pk) or offer.kinds[pk]).name
        if wrong:
            raise SeatsInvalid(
                _("“%(name)s” is not for these seats.") % {"name": name}, seats=wrong, ticket_type_id=str(pk)
            )
        left, own = sorted(seats), []
        for type_id, n in wanted.items():
            its = [index for index in left if categories[index] == offer.kinds[type_id].category][:n]
            left = [index for index in left if index not in its]
            by_type[type_id] = tuple(sorted((*by_type.get(type_id, ()), *its)))
            own += its
        if left or len(own) != sum(wanted.values()):
            words = _("The quantity is not the number of seats.")
            if pk in offer.bundles:
                words = _("“%(name)s” comes with %(n)d seats. Choose as many in its categories.")
                words %= {"name": name, "n": sum(wanted.values())}
            raise SeatsInvalid(words, ticket_type_id=str(pk))
        ids[pk] = tuple(seats_of_map[index].id for index in own)
        seen.update(seats)
    return Named(by_type, ids)


def _claim(
    offer: Offer,
    priced: Priced,
    request: ClaimRequest,
    named: Named,
    *,
    is_access: bool,
    asked: Asked,
    waits: bool,
    waits_for_runs: bool,
    for_list: bool,
) -> ClaimAnswer:
    """Lock the runs, prove the choice, claim it, in this order. Raises the refusals of `check_choice`, and Busy."""
    seating = offer.seating
    assert seating is not None
    shown = seating.painting
    chosen = sorted(index for indexes in named.by_type.values() for index in indexes)
    runs = {shown.compiled.seats[index].run for index in chosen}
    if not lock_runs(offer.performance_id, runs, waits=waits_for_runs):
        return ClaimAnswer("stale")
    if is_answered(scope=asked.scope, key=asked.key):
        return ClaimAnswer("known")
    at = stock.claim_instant() or database_now()
    now = read_runs(offer.performance_id, shown, runs, at=at)
    check_choice(
        performance_id=offer.performance_id, seating=seating, chosen=chosen, now=now, is_access=is_access, at=at
    )
    lines = tuple(_with_places(line, named.by_type.get(line.ticket_type_id, ()), now) for line in priced.lines)
    return stock.claim(
        performance_id=offer.performance_id,
        offer_version=offer.version,
        request=request._replace(lines=lines),
        waits=waits,
        for_list=for_list,
    )


def _with_places(line: ClaimLine, indexes: Sequence[int], now: SeatsNow) -> ClaimLine:
    """The claim's line with the places of its seats; a type's other pools give any place."""
    if line.phase is not None:
        return line
    places = tuple(now.places[index][0] for index in indexes if now.places[index][1] == line.pool_id)
    return replace(line, seats=places) if places else line


def _refused(offer: Offer, answer: ClaimAnswer, named: Named) -> DomainError:
    """The claim's refusal; seats that staff or a late payment took in between are taken seats."""
    line = answer.line
    if answer.verdict == "sold_out" and line is not None and line.seats:
        seats = list(named.by_type.get(line.ticket_type_id, ()))
        return SeatTaken(seats_taken(line.quantity - answer.available), seats=seats)
    return refusal(offer, answer)
