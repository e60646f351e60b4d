"""The frozen table that holds are priced from: what one performance offers, kept in memory, proved current by the claim.

A process reads an offer once and keeps it. Each claim names the version it was priced with and Postgres refuses a stale one
(`offer_version`, events/triggers.py), whereupon the offer is read anew: one round trip a hold, and never yesterday's price.
What the memory alone would refuse is asked of the database again first, so that nobody is refused by yesterday's rules
either.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from checkout.errors import BasketInvalid, PasswordWanted, SeatsNeeded
from checkout.phases import NOTHING_KNOWN, Known, Part, Phase, lines_of, parts_of
from events.seating_plan import Seating
from inventory.claim import ClaimLine
from inventory.errors import EventPostponed, LimitExceeded, NotOnSale, SalePaused, SaleStopped
from payments.errors import NotConnected
from pricing.basket import Item, Step, TaxRate
from pricing.discounts import Discount, Effect
from pricing.dynamic import STILL, Moved
from pricing.plans import platform_fee_plans
from pricing.quote import FeePlan, OwnFee, Quote, Terms, price_one, quote
from tenants.current import current_schema
from ui.errors import NotFound
from ui.money import format_money, smallest_step

_NO_SEATS: Mapping[UUID, tuple[str, ...]] = {}
NO_AMOUNTS: Mapping[UUID, int] = {}
MOST_PRICE = 99_999_999  # minor units
MOST_KEPT = 2000  # performances per process; the one that was longest unused goes


@dataclass(frozen=True)
class Offered:
    """One ticket type of a performance: `price` in minor units before our fee, `pools` (id, places) that it draws from.

    `phases` are its sale phases in order; after the last its own price holds.
    """

    ticket_type_id: UUID
    name: str
    price: int
    max_per_order: int
    max_per_person: int | None
    hold_seconds: int
    starts: datetime | None
    ends: datetime
    pools: tuple[tuple[int, int], ...]
    category: str = ""  # of the event's seat map; "" on events without one
    is_seated: bool = False  # its places are seats, which a buyer names
    tax: TaxRate | None = None
    phases: tuple[Phase, ...] = ()
    min_per_order: int = 1
    is_hidden: bool = False  # sold only to who has what opens it
    least_price: int | None = None  # buyers choose what to give, from this on; `price` is suggested
    is_add_on: bool = False  # sold only together with tickets: with `bases`, or with any while there are none
    bases: frozenset[UUID] = frozenset()
    min_per_ticket: int = 0
    max_per_ticket: int | None = None
    moved: Moved = STILL  # what the sale has done to its price


@dataclass(frozen=True)
class Bundled:
    """A bundle: `parts` are (ticket type, how many, what one of them costs in it in minor units)."""

    bundle_id: UUID
    name: str
    max_per_order: int
    parts: tuple[tuple[UUID, int, int], ...]


@dataclass(frozen=True)
class Automatic:
    """A discount that applies by itself, from `starts` until before `ends` by this process's clock."""

    discount: Discount
    starts: datetime | None
    ends: datetime | None

    def applies(self, *, at: datetime) -> bool:
        """Whether it comes off what is priced at this instant."""
        return (self.starts is None or self.starts <= at) and (self.ends is None or at < self.ends)


@dataclass(frozen=True)
class Priced:
    """A basket with its price: what the claim needs. `quote_json` is `quote.as_dict()` as text, `seconds` how long it is held."""

    lines: tuple[ClaimLine, ...]
    quote: Quote
    quote_json: str
    seconds: int


class Offer:
    """What one performance offers, as of one `version`. `price` is the same function for page, API and on-sale path."""

    def __init__(self, facts: Mapping[str, Any], plans: Mapping[str, FeePlan]) -> None:
        self.performance_id = UUID(facts["id"])
        self.version = UUID(facts["version"])
        self.event_id = UUID(facts["event_id"])
        self.currency: str = facts["currency"]
        self.terms = Terms(
            plan=plans[self.currency],
            fee_share=facts["fee_share"],
            own_fees=tuple(OwnFee(**{**fee, "tax": _tax(fee["tax"])}) for fee in facts["own_fees"]),
            step=smallest_step(self.currency),
        )
        self.is_stopped: bool = facts["is_stopped"]
        self.is_paused: bool = facts["is_paused"]
        self.closed: str = facts["closed"]  # "paused" or "postponed" by its organizer
        self.asks_password: bool = facts["asks_password"]
        self.is_test: bool = facts["is_test"]
        self.can_charge: bool = facts["can_charge"] or self.is_test  # a test charges nobody
        self.seating = _seating(facts["seating"]) if facts["seating"] else None
        self.kinds = {UUID(kind["id"]): _offered(kind, facts["hold_minutes"]) for kind in facts["kinds"]}
        self.bundles = {UUID(one["id"]): _bundled(one) for one in facts["bundles"]}
        self._add_ons = tuple(kind for kind in self.kinds.values() if kind.is_add_on)
        self._phased = frozenset(kind.ticket_type_id for kind in self.kinds.values() if kind.phases)
        self._automatic = tuple(_automatic(one) for one in facts["discounts"])
        self._priced: dict[tuple[object, ...], Priced] = {}

    def discounts(self, *, at: datetime | None = None) -> tuple[Discount, ...]:
        """What comes off by itself at an instant, now unless said otherwise, in the order in which it is tried."""
        if not self._automatic:
            return ()
        now = at or timezone.now()
        return tuple(one.discount for one in self._automatic if one.applies(at=now))

    def price(
        self,
        basket: Mapping[UUID, int],
        seats: Mapping[UUID, tuple[str, ...]] | None = None,
        *,
        known: Known = NOTHING_KNOWN,
        opened: frozenset[UUID] = frozenset(),
        early: frozenset[UUID] = frozenset(),
        amounts: Mapping[UUID, int] = NO_AMOUNTS,
        is_unproved: bool = False,
    ) -> Priced:
        """The claim's lines, sorted by pool, and the frozen price of a basket (id of a ticket type or a bundle -> how many).

        `seats` has the ids of the seats of each seated type, and of each bundle in the order of its parts; the claim's lines get their places under lock. `known` is what
        this basket's claims have said of sale phases, `opened` are the hidden types that this buyer may have, `early` those whose sale has begun for this buyer, `amounts`
        what the buyer gives for a ticket of a type whose price is theirs to choose (without: what is suggested), in minor
        units, `is_unproved` that the buyer was asked for no password. Raises PasswordWanted then for an event that has one, SaleStopped, SalePaused and EventPostponed for an event, NotOnSale for a date that is paused,
        BasketInvalid, LimitExceeded, NotConnected for a paid type while no card could be charged, and SeatsNeeded
        for a seated type without seats. Whether a type is on
        sale now is the claim's to say, by the database's clock.
        """
        if is_unproved and self.asks_password:
            raise PasswordWanted
        chosen = tuple((type_id, n) for type_id, n in basket.items() if n != 0)
        parts = self._parts(chosen, known)
        discounts = self.discounts()
        if seats or opened or early or amounts:
            return self._price(chosen, parts, known, discounts, seats or _NO_SEATS, opened, early, amounts)
        # How many phases are over by their dates is part of the claim's lines.
        over = tuple(sum(known.is_over(phase) for phase in self.kinds[type_id].phases) for type_id in parts)
        name = (chosen, *parts.values(), over, discounts)
        found = self._priced.get(name)
        if found is None:
            found = self._price(chosen, parts, known, discounts)
            if len(self._priced) < 500:  # baskets are few: anybody may invent more
                self._priced[name] = found
        return found

    def all_in_price(self, kind: Offered, known: Known = NOTHING_KNOWN) -> int:
        """What the buyer pays for one ticket of a type, in the sale phase that is open as far as is known."""
        (part,) = parts_of(kind.phases, 1, known)
        price = (part.phase or kind).price
        return price_one(price + kind.moved.on(price), self.terms, kind.tax).all_in_price

    def _is_offered(self, pk: UUID, opened: frozenset[UUID]) -> bool:
        kind = self.kinds.get(pk)
        return pk in self.bundles if kind is None else not kind.is_hidden or pk in opened

    def seats_wanted(self, pk: UUID, n: int) -> dict[UUID, int]:
        """How many seats so many of a ticket type or of a bundle take, by ticket type; nothing where no seat is named."""
        bundle = self.bundles.get(pk)
        if bundle is not None:
            return {part: n * size for part, size, _price in bundle.parts if self.kinds[part].is_seated}
        kind = self.kinds.get(pk)
        return {pk: n} if kind is not None and kind.is_seated else {}

    def _items_of_bundle(self, bundle: Bundled, n: int, seats: tuple[str, ...]) -> list[Item]:
        """An item per part of so many bundles, its seats in the parts' order; hidden types are sold in bundles too."""
        if len(seats) != sum(self.seats_wanted(bundle.bundle_id, n).values()):
            raise SeatsNeeded(_("Choose the seats of “%(name)s” on the map.") % {"name": bundle.name})
        items, first = [], 0
        for type_id, quantity, price in bundle.parts:
            kind = self.kinds[type_id]
            its = seats[first : first + n * quantity] if kind.is_seated else ()
            first += len(its)
            steps = (Step("bundle", bundle.name, price),)
            items.append(
                Item(type_id, kind.name, n * quantity, price, its, kind.tax, steps=steps, bundle=bundle.bundle_id)
            )
        return items

    def with_required(self, basket: Mapping[UUID, int]) -> dict[UUID, int]:
        """A basket of tickets with the add-ons that they need, as few as may be."""
        whole = dict(basket)
        for kind in self._add_ons:
            least = 0 if kind.is_hidden else kind.min_per_ticket * self._tickets_for(kind, basket)
            if least:
                whole[kind.ticket_type_id] = max(least, kind.min_per_order, basket.get(kind.ticket_type_id, 0))
        return whole

    def _tickets_for(self, kind: Offered, wanted: Mapping[UUID, int]) -> int:
        """How many of the wanted tickets an add-on goes with."""
        bases = kind.bases or {pk for pk, other in self.kinds.items() if not other.is_add_on}
        return sum(wanted.get(pk, 0) for pk in bases)

    def _check_add_ons(self, wanted: Mapping[UUID, int]) -> None:
        """That each add-on goes with tickets, neither too few nor too many of it. Raises BasketInvalid, LimitExceeded."""
        for kind in self._add_ons:
            n = wanted.get(kind.ticket_type_id, 0)
            tickets = self._tickets_for(kind, wanted)
            extra = {"ticket_type_id": str(kind.ticket_type_id)}
            if n and not tickets:
                names = ", ".join(self.kinds[pk].name for pk in kind.bases if pk in self.kinds)
                words = (
                    _("“%(name)s” goes only with: %(names)s.") if names else _("“%(name)s” goes only with a ticket.")
                )
                raise BasketInvalid(words % {"name": kind.name, "names": names}, **extra)
            if kind.max_per_ticket is not None and n > kind.max_per_ticket * tickets:
                details = {"n": kind.max_per_ticket * tickets, "name": kind.name}
                words = _("At most %(n)d of “%(name)s” with these tickets.")
                raise LimitExceeded(words % details, **extra, limit=details["n"])
            if n < kind.min_per_ticket * tickets and not kind.is_hidden:
                details = {"n": kind.min_per_ticket * tickets, "name": kind.name}
                words = _("These tickets need at least %(n)d of “%(name)s”.")
                raise BasketInvalid(words % details, **extra, least=details["n"])

    def _chosen_amount(self, kind: Offered, amount: int | None) -> int | None:
        """What one ticket costs where that is the buyer's to choose, else None. Raises BasketInvalid."""
        extra = {"ticket_type_id": str(kind.ticket_type_id), "field": f"amount-{kind.ticket_type_id}"}
        if kind.least_price is None:
            if amount is not None:
                raise BasketInvalid(_("The price of “%(name)s” is fixed.") % {"name": kind.name}, **extra)
            return None
        if amount is None:
            return kind.price
        details = {"name": kind.name, "least": format_money(kind.least_price, self.currency)}
        if amount < kind.least_price:
            raise BasketInvalid(_("“%(name)s” costs at least %(least)s.") % details, **extra)
        if amount > MOST_PRICE or amount % self.terms.step:
            raise BasketInvalid(_("This amount for “%(name)s” cannot be paid. Choose another one.") % details, **extra)
        return amount

    def _parts(self, chosen: tuple[tuple[UUID, int], ...], known: Known) -> dict[UUID, tuple[Part, ...]]:
        """How the tickets of each type that has sale phases are parted among them."""
        return {
            type_id: parts_of(self.kinds[type_id].phases, n, known) for type_id, n in chosen if type_id in self._phased
        }

    def _price(
        self,
        chosen: tuple[tuple[UUID, int], ...],
        parts: Mapping[UUID, tuple[Part, ...]],
        known: Known,
        discounts: tuple[Discount, ...],
        seats: Mapping[UUID, tuple[str, ...]] = _NO_SEATS,
        opened: frozenset[UUID] = frozenset(),
        early: frozenset[UUID] = frozenset(),
        amounts: Mapping[UUID, int] = NO_AMOUNTS,
    ) -> Priced:
        if self.is_stopped:
            raise SaleStopped
        if self.closed:
            raise SalePaused if self.closed == "paused" else EventPostponed
        if self.is_paused:
            raise NotOnSale(_("Tickets for this date are not on sale now."))
        if not chosen:
            raise BasketInvalid(_("Choose at least one ticket."))
        if not all(n > 0 and self._is_offered(pk, opened) for pk, n in chosen):
            raise BasketInvalid(_("One of these tickets is not offered for this date."))
        lines: list[ClaimLine] = []
        items: list[Item] = []
        for type_id, n in chosen:
            bundle = self.bundles.get(type_id)
            if bundle is not None:
                _check_most(bundle.bundle_id, bundle.name, n, bundle.max_per_order)
                items += self._items_of_bundle(bundle, n, seats.get(type_id, ()))
                continue
            kind = self.kinds[type_id]
            _check_most(type_id, kind.name, n, kind.max_per_order)
            if n < kind.min_per_order:
                details = {"n": kind.min_per_order, "name": kind.name}
                raise BasketInvalid(_("At least %(n)d of “%(name)s” per order.") % details, ticket_type_id=str(type_id))
            if kind.is_seated and len(seats.get(type_id, ())) != n:
                raise SeatsNeeded(_("Choose the seats of “%(name)s” on the map.") % {"name": kind.name})
            amount = self._chosen_amount(kind, amounts.get(type_id))
            of_kind = _items(kind, parts.get(type_id, (Part(None, n),)), seats.get(type_id, ()), amount)
            items += of_kind if kind.least_price is not None else map(kind.moved.item, of_kind)
        wanted: dict[UUID, int] = {}
        for item in items:
            wanted[item.ticket_type_id] = wanted.get(item.ticket_type_id, 0) + item.quantity
            if item.price and not self.can_charge:
                words = _("“%(name)s” is not on sale now: the organizer cannot take payments.")
                raise NotConnected(words % {"name": item.name})
        self._check_add_ons(wanted)
        for type_id, n in wanted.items():
            kind = self.kinds[type_id]
            if kind.max_per_person is not None:  # alone and in bundles together
                _check_most(type_id, kind.name, n, kind.max_per_person)
            if not kind.pools:
                raise NotOnSale(_("“%(name)s” is not on sale now.") % {"name": kind.name})
            lines += [
                ClaimLine(
                    pool,
                    size,
                    type_id,
                    n,
                    None if type_id in early else kind.starts,
                    kind.ends,
                    person_limit=kind.max_per_person,
                )
                for pool, size in kind.pools
            ]
            if type_id in parts:
                own = kind.pools[0]
                lines += lines_of(kind.phases, parts[type_id], ticket_type_id=type_id, own_pool=own, known=known)
        lines.sort(key=lambda line: (line.pool_id, line.ticket_type_id))
        if self.is_test:
            items = [replace(item, price=0, steps=()) for item in items]
        frozen = quote(items, currency=self.currency, terms=self.terms, discounts=discounts)
        if self.is_test:
            frozen = replace(frozen, is_test=True)
        seconds = min(self.kinds[type_id].hold_seconds for type_id in wanted)
        return Priced(tuple(lines), frozen, json.dumps(frozen.as_dict(), separators=(",", ":")), seconds)


def _check_most(pk: UUID, name: str, n: int, most: int) -> None:
    if n > most:
        words = _("At most %(n)d of “%(name)s” per order.") % {"n": most, "name": name}
        raise LimitExceeded(words, ticket_type_id=str(pk), limit=most)


def _bundled(facts: Mapping[str, Any]) -> Bundled:
    parts = tuple((UUID(part["type"]), part["quantity"], part["price"]) for part in facts["parts"])
    return Bundled(UUID(facts["id"]), facts["name"], facts["max_per_order"], parts)


def _items(kind: Offered, parts: Sequence[Part], seats: tuple[str, ...], amount: int | None) -> list[Item]:
    """So many of a type, an item per sale phase; its seats in their order. `amount` is what the buyer chose to give for one."""
    if amount is not None:
        n, chosen = sum(n for _phase, n in parts), Step("chosen", "", amount)
        return [Item(kind.ticket_type_id, kind.name, n, amount, seats, kind.tax, steps=(chosen,))]
    items, first = [], 0
    for phase, n in parts:
        its = seats[first : first + n]
        first += n
        if phase is None:
            items.append(Item(kind.ticket_type_id, kind.name, n, kind.price, its, kind.tax))
        else:
            steps = phase.steps(kind.price)
            items.append(
                Item(kind.ticket_type_id, kind.name, n, phase.price, its, kind.tax, steps=steps, phase=phase.id)
            )
    return items


def _phase(facts: Mapping[str, Any]) -> Phase:
    return Phase(
        id=UUID(facts["id"]),
        name=facts["name"],
        price=facts["price"],
        until=datetime.fromisoformat(facts["until"]) if facts["until"] else None,
        pool=(facts["pool"], facts["size"]) if facts["pool"] else None,
    )


def _offered(kind: Mapping[str, Any], hold_minutes: int) -> Offered:
    # What the date's own map has no places of is not on sale there.
    has_places = all(pool["size"] for pool in kind["pools"])
    return Offered(
        ticket_type_id=UUID(kind["id"]),
        name=kind["name"],
        price=kind["price"],
        max_per_order=kind["max_per_order"],
        max_per_person=kind["max_per_person"],
        hold_seconds=(kind["hold_minutes"] or hold_minutes) * 60,
        starts=datetime.fromisoformat(kind["starts"]) if kind["starts"] else None,
        ends=datetime.fromisoformat(kind["ends"]),
        pools=tuple((pool["id"], pool["size"]) for pool in kind["pools"]) if has_places else (),
        category=kind["category"],
        is_seated=kind["is_seated"],
        tax=_tax(kind["tax"]),
        phases=tuple(map(_phase, kind["phases"])),
        min_per_order=kind["min_per_order"],
        is_hidden=kind["is_hidden"],
        least_price=kind["least_price"],
        is_add_on=kind["is_add_on"],
        bases=frozenset(map(UUID, kind["bases"])),
        min_per_ticket=kind["min_per_ticket"],
        max_per_ticket=kind["max_per_ticket"],
        moved=Moved(**kind["moved"]) if kind["moved"] else STILL,
    )


def _automatic(facts: Mapping[str, Any]) -> Automatic:
    types = frozenset(UUID(one) for one in facts["ticket_types"])
    discount = Discount(
        "automatic",
        facts["name"],
        Effect(facts["effect"]),
        value=facts["value"],
        buy=facts["buy"],
        pay=facts["pay"],
        ticket_types=types or None,
        least_tickets=facts["least_tickets"],
        most_tickets=facts["most_tickets"],
        least_spend=facts["least_spend"],
        is_combinable=facts["is_combinable"],
    )
    starts, ends = (datetime.fromisoformat(facts[name]) if facts[name] else None for name in ("starts_at", "ends_at"))
    return Automatic(discount, starts, ends)


def _tax(facts: Mapping[str, Any] | None) -> TaxRate | None:
    return TaxRate(**facts) if facts else None


def _seating(facts: Mapping[str, Any]) -> Seating:
    released = facts["release_access_at"]
    return Seating(**{**facts, "release_access_at": datetime.fromisoformat(released) if released else None})


# One statement is one snapshot: the version and what it stands for belong together.
_READ = """
SELECT jsonb_build_object(
    'id', p.id, 'version', p.offer_version, 'event_id', e.id, 'currency', e.currency,
    'hold_minutes', e.hold_minutes, 'fee_share', e.fee_share,
    'is_stopped', p.sales_stopped_at IS NOT NULL, 'is_paused', p.sale_paused_at IS NOT NULL,
    'is_test', e.is_test,
    'asks_password', e.visibility = 'password',
    'closed', CASE WHEN 'postponed' IN (p.state, e.state) THEN 'postponed' WHEN e.state = 'paused' THEN 'paused' ELSE '' END,
    'can_charge', EXISTS (SELECT FROM payments_connectedaccount a WHERE a.charges_enabled),
    'own_fees', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'name', f.name, 'is_per_order', f.is_per_order, 'basis_points', f.basis_points, 'fixed', f.fixed,
            'tax', (SELECT jsonb_build_object('name', x.name, 'basis_points', x.basis_points, 'is_inclusive', x.is_inclusive)
                      FROM events_taxrate x WHERE x.id = f.tax_id)) ORDER BY f.id)
          FROM events_ownfee f WHERE f.event_id = e.id), '[]'),
    'discounts', coalesce((
        SELECT jsonb_agg(to_jsonb(d) ORDER BY d.created_at, d.id)
          FROM promotions_automaticdiscount d WHERE d.event_id = e.id), '[]'),
    'seating', (
        SELECT jsonb_build_object(
            'hash', v.hash, 'categories', coalesce(own.categories, s.categories), 'closed', coalesce(own.closed, s.closed),
            'whole_tables', coalesce(own.whole_tables, s.whole_tables),
            'orphans', s.orphans, 'release_access', s.release_access, 'release_access_at', s.release_access_at)
          FROM events_seatingplan s LEFT JOIN events_datemap own ON own.performance_id = p.id
          JOIN seating_mapversion v ON v.id = coalesce(own.version_id, s.version_id) WHERE s.event_id = e.id),
    'bundles', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', b.id, 'name', b.name, 'max_per_order', b.max_per_order, 'parts', (
            SELECT jsonb_agg(jsonb_build_object('type', part.ticket_type_id, 'quantity', part.quantity, 'price', part.price)
                             ORDER BY part.id) FROM events_bundlepart part WHERE part.bundle_id = b.id)))
          FROM events_bundle b WHERE b.event_id = e.id AND b.is_active
           AND NOT EXISTS (SELECT FROM events_bundlepart part JOIN events_tickettype t ON t.id = part.ticket_type_id
                            WHERE part.bundle_id = b.id AND NOT t.is_active)), '[]'),
    'kinds', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'id', t.id, 'name', CASE t.listing WHEN '' THEN t.name ELSE t.listing || ', ' || t.name END,
            'price', coalesce((SELECT own.price FROM events_dateprice own
                                WHERE own.performance_id = p.id AND own.ticket_type_id = t.id), t.price),
            'hold_minutes', t.hold_minutes, 'min_per_order', t.min_per_order, 'is_hidden', t.is_hidden,
            'least_price', t.least_price, 'is_add_on', t.is_add_on, 'min_per_ticket', t.min_per_ticket,
            'max_per_ticket', t.max_per_ticket,
            'bases', coalesce((SELECT jsonb_agg(base.to_tickettype_id) FROM events_tickettype_base_types base
                                WHERE base.from_tickettype_id = t.id), '[]'),
            'max_per_order', least(t.max_per_order, t.max_per_person), 'max_per_person', t.max_per_person,
            'starts', greatest(t.on_sale_from, e.sale_starts_at), 'category', t.category,
            'tax', (SELECT jsonb_build_object('name', x.name, 'basis_points', x.basis_points, 'is_inclusive', x.is_inclusive)
                      FROM events_taxrate x WHERE x.id = t.tax_id),
            'moved', (SELECT jsonb_build_object('amount', d.amount, 'floor', d.floor, 'cap', d.cap)
                        FROM repricing_dynamicprice d WHERE d.performance_id = p.id AND d.ticket_type_id = t.id),
            'is_seated', t.category <> '' AND EXISTS (
                SELECT FROM events_quota_ticket_types link
                  JOIN inventory_pool pool ON pool.quota_id = link.quota_id AND pool.performance_id = p.id
                  JOIN inventory_place place ON place.pool_id = pool.id
                  JOIN inventory_seatplace seat ON seat.place_id = place.id
                 WHERE link.tickettype_id = t.id),
            'ends', least(coalesce(t.on_sale_until, p.ends_at), p.ends_at),
            'phases', coalesce((
                SELECT jsonb_agg(jsonb_build_object(
                    'id', phase.id, 'name', phase.name, 'price', phase.price, 'until', phase.until,
                    'pool', pool.id, 'size', q.size) ORDER BY phase.sort_order, phase.id)
                  FROM events_phase phase
                  LEFT JOIN events_quota q ON q.id = phase.quota_id
                  LEFT JOIN inventory_pool pool ON pool.quota_id = q.id AND pool.performance_id = p.id
                 WHERE phase.ticket_type_id = t.id AND phase.is_active
                   -- A date with a price of its own has it for good.
                   AND NOT EXISTS (SELECT FROM events_dateprice own
                                    WHERE own.performance_id = p.id AND own.ticket_type_id = t.id)), '[]'),
            'pools', coalesce((
                SELECT jsonb_agg(jsonb_build_object('id', pool.id, 'size', coalesce(
                           (SELECT own.size FROM events_datequota own
                             WHERE own.performance_id = p.id AND own.quota_id = q.id), q.size)) ORDER BY pool.id)
                  FROM events_quota_ticket_types link
                  JOIN inventory_pool pool ON pool.quota_id = link.quota_id AND pool.performance_id = p.id
                  JOIN events_quota q ON q.id = link.quota_id
                 WHERE link.tickettype_id = t.id), '[]')))
          FROM events_tickettype t WHERE t.event_id = e.id AND t.is_active), '[]'))
  FROM events_performance p JOIN events_event e ON e.id = p.event_id
 WHERE p.id = %s AND p.state IN ('scheduled', 'postponed') AND e.state IN ('published', 'paused', 'postponed')
"""

_kept: OrderedDict[tuple[str, UUID], Offer] = OrderedDict()


def kept_offer(performance_id: UUID) -> Offer | None:
    """The offer as this process remembers it for the current organizer."""
    return offer_kept_for(current_schema(), performance_id)


def offer_kept_for(schema: str, performance_id: UUID) -> Offer | None:
    """The same for the organizer of a schema, which need not be the current one."""
    return _kept.get((schema, performance_id))


def read_offer(performance_id: UUID) -> Offer:
    """The offer as it is now; remembered. Raises NotFound unless the performance can be bought."""
    key = (current_schema(), performance_id)
    with connection.cursor() as cursor:
        cursor.execute(_READ, [performance_id])
        row = cursor.fetchone()
    if row is None:
        _kept.pop(key, None)
        raise NotFound
    offer = Offer(json.loads(row[0]) if isinstance(row[0], str) else row[0], platform_fee_plans())
    _kept[key] = offer
    _kept.move_to_end(key)
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return offer
