"""What a page needs to let people choose seats: the picture of the map, and what the geometry does not say of this date.

Everybody gets the same bytes, so the page may be kept by an edge: the state of seats is asked for by itself (docs/seat-maps.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from events.models import Bundle, Event, Performance
from events.seating_plan import Painting, painting_of, plan_of_date
from seating.compiled import CompiledMap
from seating.overview import overview
from seating.words import flag_words
from storefront.offers import Offer, once_of


@dataclass(frozen=True)
class PricedCategory:
    """A category of the map for the legend: `index` in the map's categories, its offers, the least price in minor units."""

    index: int
    key: str
    name: str
    color: str
    is_area: bool
    offers: Sequence[Offer]
    price: int

    @property
    def is_sold_out(self) -> bool:
        return all(offer.status == "sold_out" for offer in self.offers)

    @property
    def has_several_prices(self) -> bool:
        return len({offer.price for offer in self.offers}) > 1


@dataclass(frozen=True)
class Picker:
    """`data` is the page's JSON (storefront/client/seats/page.ts), `floors` have a name and a picture each."""

    hash: str
    data: Mapping[str, Any]
    floors: Sequence[tuple[str, SafeString]]
    categories: Sequence[PricedCategory]
    has_access: bool
    has_seats: bool
    n_offers: int
    sold: frozenset[str]  # the categories that this date's map has places of

    def sells(self, offer: Offer) -> bool:
        """Whether the date's map has places of its category, or it needs none."""
        return not offer.ticket_type.category or offer.ticket_type.category in self.sold

    def is_seated(self, offer: Offer) -> bool:
        """Whether the tickets are for seats, which people choose."""
        return any(not category.is_area and offer in category.offers for category in self.categories)

    @property
    def has_more(self) -> bool:
        """Whether something is on offer without a seat: standing, add-ons, bundles."""
        return self.has_seats and self.n_offers > sum(len(one.offers) for one in self.categories if not one.is_area)

    @property
    def price_steps(self) -> Sequence[int]:
        """What a ticket for a seat may cost, cheapest first: the stops of the price slider, in minor units."""
        return sorted({offer.price for one in self.categories if not one.is_area for offer in one.offers})

    @property
    def last_price_step(self) -> int:
        return len(self.price_steps) - 1

    @property
    def picture(self) -> SafeString:
        return self.floors[0][1]


def picker_of(event: Event, performance: Performance, offers: Sequence[Offer], *, seq: int) -> Picker | None:
    """None for an event without a seat map."""
    if not any(offer.ticket_type.category for offer in offers):
        return None
    plan = plan_of_date(performance.pk)
    if plan is None:
        return None
    shown = painting_of(plan)
    compiled = shown.compiled
    seated = set(shown.seats_by_category)
    offers = [one for one in offers if not one.ticket_type.category or one.ticket_type.category in shown.sizes]
    return Picker(
        hash=compiled.hash,
        data=_data(event, performance, shown, offers, seq),
        floors=[
            (
                floor.name,
                overview(
                    compiled,
                    floor=number,
                    label=_("Map of %(floor)s") % {"floor": floor.name or compiled.document.name},
                    categories=shown.categories,
                ),
            )
            for number, floor in enumerate(compiled.document.floors)
        ],
        categories=_priced(compiled, offers, seated),
        has_access=bool(shown.access_seats),
        has_seats=bool(seated),
        n_offers=len(offers),
        sold=frozenset(shown.sizes),
    )


def _priced(compiled: CompiledMap, offers: Sequence[Offer], seated: set[str]) -> list[PricedCategory]:
    """Those that something is offered for, dearest first."""
    found = []
    for index, category in enumerate(compiled.document.categories):
        of_it = [offer for offer in offers if offer.ticket_type.category == category.key]
        if of_it:
            price = min(offer.price for offer in of_it)
            is_area = category.key not in seated
            found.append(PricedCategory(index, category.key, category.name, category.color, is_area, of_it, price))
    return sorted(found, key=lambda category: -max(offer.price for offer in category.offers))


def _data(event: Event, performance: Performance, shown: Painting, offers: Sequence[Offer], seq: int) -> dict[str, Any]:
    compiled = shown.compiled
    number = {key: index for index, key in enumerate(compiled.categories)}
    seated = set(shown.seats_by_category)
    painting: list[list[int]] = []
    for category in shown.categories:
        index = -1 if category is None else number[category]
        if painting and painting[-1][0] == index:
            painting[-1][1] += 1
        else:
            painting.append([index, 1])
    address = f"/api/v1/performances/{performance.pk}"
    return {
        "performance": str(performance.pk),
        "map": compiled.hash,
        "geometry": f"/seats/{compiled.hash}.json",
        "seats": f"{address}/seats",
        "best": f"{address}/best-seats",
        "socket": f"/ws/stock/{performance.pk}/",
        "stock": reverse("api:get_stock", args=[performance.pk]),
        "seq": seq,
        "currency": event.currency,
        "once": once_of(offers).total,
        "painting": painting,
        "whole": sorted(shown.whole_lines),
        "types": [
            {
                "id": str(offer.ticket_type.pk),
                "name": offer.ticket_type.title,
                "price": offer.price,
                "category": number.get(offer.ticket_type.category, -1),
                "most": offer.ticket_type.most_per_order,
                "isOnSale": offer.status != "not_on_sale",
            }
            for offer in offers
            if offer.ticket_type.category
        ],
        "bundles": [
            {
                "id": str(offer.ticket_type.pk),
                "name": offer.ticket_type.title,
                "seats": [
                    [str(part.ticket_type_id), number[part.ticket_type.category], part.quantity]
                    for part in offer.ticket_type.parts.all()
                    if part.ticket_type.category in seated
                ],
                "others": sum(
                    part.quantity for part in offer.ticket_type.parts.all() if part.ticket_type.category not in seated
                ),
            }
            for offer in offers
            if isinstance(offer.ticket_type, Bundle)
        ],
        "flags": flag_words(),
        "words": _words(),
    }


def _words() -> dict[str, str]:
    """What scripts say; {braces} are filled in by them."""
    return {
        "free": _("Free"),  # of charge
        "anyPrice": _("Any price"),
        "upTo": _("up to {price}"),
        "from": _("from {price}"),
        "freeFrom": _("{n} from {price}"),
        "freeSeats": _("{n} free"),
        "full": _("Sold out"),
        "rowSeat": _("row {row}, seat {seat}"),
        "rowSeats": _("row {row}, seats {first}–{last}"),
        "tableSeat": _("table {row}, seat {seat}"),
        "tableSeats": _("table {row}, seats {first}–{last}"),
        "rowName": _("Row {row}"),
        "tableName": _("Table {row}"),
        "aisle": _("aisle"),
        "available": _("available"),
        "notOnSale": _("not on sale"),
        "held": _("held by somebody else"),
        "reserved": _("needs a code"),
        "gone": _("taken"),
        "mine": _("chosen"),
        "sectionOption": _("{name}: {n} free"),
        "gridName": _("Seats of {name}. Arrow keys move, Enter chooses."),
        "remove": _("Remove {name}"),
        "typeOf": _("Ticket for {name}"),
        "inBundle": _("in “{name}”"),
        "forBundleOne": _("Choose 1 more seat for “{name}” in: {categories}."),
        "forBundleMany": _("Choose {n} more seats for “{name}” in: {categories}."),
        "times": _("{n} × {name}"),
        "makeIt": _("Take {n} of “{name}”"),
        "nothing": _("Press a seat on the map, or take the best that are free."),
        "countOne": _("1 ticket"),
        "countMany": _("{n} tickets"),
        "chosenOne": _("1 seat chosen: {names}. {price}."),
        "chosenMany": _("{n} seats chosen: {names}. {price}."),
        "chosenNone": _("No seat chosen."),
        "more": _("Choose {n} more to sit all {party}."),
        "holdOne": _("Hold 1 ticket"),
        "holdMany": _("Hold {n} tickets"),
        "choose": _("Choose seats"),
        "looking": _("Looking for the best seats…"),
        "found": _("Best available: {names}. {price}."),
        "foundNone": _("No seats are free that fit this. Try fewer people, another price, or choose on the map."),
        "foundLess": _("Not so many are free together. The most side by side now: {n}."),
        "lostTitle": _("Someone else just took {names}."),
        "lostKept": _("Your other seats are still free."),
        "lostInstead": _("Take {names} instead"),
        "lostAgain": _("Choose again"),
        "close": _("Close"),
        "singleInstead": _("Move to {names}"),
        "tableInstead": _("Take the whole table"),
        "accessTitle": _("These places are kept for wheelchair users and who comes with them."),
        "accessText": _("If one of you needs it, it is yours. Nobody will ask you for proof."),
        "accessYes": _("Yes, we need it"),
        "accessNo": _("No, choose other seats"),
        "offline": _("The connection was lost. Nothing was held; please try again."),
        "unanswered": _("The connection was lost before we could say whether your tickets are held."),
        "askAgain": _("Ask again; nothing is held twice"),
        "reload": _("Load the map again"),
    }
