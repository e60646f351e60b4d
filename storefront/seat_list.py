"""Choosing seats by name without scripts: a section's rows with a box for each seat, and what was ticked with its tickets.

Two steps, because a seat may be had as several tickets: ticked seats come back with their tickets and prices, and only what
was shown with its price is held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from checkout.seats import SeatChoice
from events.models import Bundle, Event, Performance
from events.seating_plan import Painting, painting_of, plan_of_date
from inventory.live import seats_of
from inventory.seat_vector import FREE, SeatVector
from inventory.words import seat_words
from seating.compiled import FLAG_BITS, Line
from seating.words import flag_words
from storefront.offers import Offer
from ui.forms import typed_number

MOST_PLACES = 50  # boxes that one page takes: more than any order may have


@dataclass(frozen=True)
class Place:
    """One box: a seat, or a table that is sold as a whole.

    `value` has its indexes with commas, `notes` what is special about it, `offers` are the tickets that it can be had as, and
    `is_free` says whether it can be ticked now.
    """

    value: str
    label: str
    words: str
    notes: Sequence[str]
    offers: Sequence[Offer]
    is_free: bool

    @property
    def first(self) -> str:
        """Its first index, by which its ticket is named."""
        return self.value.split(",")[0]

    @property
    def count(self) -> int:
        """How many seats, and so tickets."""
        return self.value.count(",") + 1


@dataclass(frozen=True)
class PlaceLine:
    """A row or table: its boxes, and the tickets that all of them can be had as (None where they differ)."""

    label: str
    is_table: bool
    places: Sequence[Place]

    @property
    def offers(self) -> Sequence[Offer] | None:
        """The tickets of the row, None where its seats differ."""
        first = self.places[0].offers
        return first if all(place.offers == first for place in self.places) else None


@dataclass(frozen=True)
class Chosen:
    """What was ticked, as which ticket; `price` all-in in minor units, `is_settled` once its ticket was shown and sent back."""

    place: Place
    offer: Offer
    is_settled: bool
    bundle: Bundle | None = None  # whose price it is in

    @property
    def price(self) -> int:
        """Of all its seats, as long as no bundle has them."""
        return 0 if self.bundle else self.place.count * self.offer.price


@dataclass(frozen=True)
class SeatList:
    """`sections` are (number, name, free seats), `section` the number of the one whose `lines` are shown.

    `lost` has the words of what was chosen and cannot be had any more; `is_changed` says that it was chosen on another map.
    """

    hash: str
    sections: Sequence[tuple[int, str, int]]
    section: int
    lines: Sequence[PlaceLine]
    chosen: Sequence[Chosen]
    lost: Sequence[str]
    is_changed: bool
    has_access: bool
    is_access: bool

    @property
    def quantity(self) -> int:
        """How many seats are chosen."""
        return sum(one.place.count for one in self.chosen)

    @property
    def total(self) -> int:
        """Of all that is chosen, all-in, minor units."""
        return sum(one.price for one in self.chosen)

    @property
    def values(self) -> set[str]:
        """The boxes that are ticked."""
        return {one.place.value for one in self.chosen}

    @property
    def is_settled(self) -> bool:
        """Whether each chosen seat was shown with its ticket before."""
        return all(one.is_settled for one in self.chosen)

    @property
    def choice(self) -> SeatChoice | None:
        """What is to be held, None where no seat is chosen."""
        seats: dict[UUID, list[int]] = {}
        for one in self.chosen:
            pk = one.bundle.pk if one.bundle else one.offer.ticket_type.pk
            seats.setdefault(pk, []).extend(int(index) for index in one.place.value.split(","))
        return SeatChoice(map=self.hash, seats=seats, is_access=self.is_access) if seats else None


def seat_list_of(
    event: Event,
    performance: Performance,
    offers: Sequence[Offer],
    asked: QueryDict,
    bundles: Sequence[tuple[Bundle, int]] = (),
) -> SeatList | None:
    """What `asked` chose so far: `place` (a box's value, again and again), `ticket-<its first index>`,
    `map` (the hash of what it was chosen on), `section`, `access`. The first seats that fit are those of the `bundles` (and how
    many) that were chosen with them.

    None for an event without a seat map, or a date that is not on offer.
    """
    plan, found = plan_of_date(performance.pk), seats_of(performance.pk)
    if plan is None or found is None:
        return None
    _seq, states = found
    shown = painting_of(plan)
    reader = _Reader(shown, states, offers, flag_words(), is_access=asked.get("access") == "1")
    free = [reader.free_in(section.first, section.count) for section in shown.compiled.sections]
    first = next((number for number, count in enumerate(free) if count), 0)
    number = typed_number(asked.get("section", ""))
    section = number if number is not None and number < len(free) else first
    is_changed = asked.get("map", shown.compiled.hash) != shown.compiled.hash
    ticked = [] if is_changed else list(reader.chosen(asked))
    return SeatList(
        hash=shown.compiled.hash,
        sections=[(number, one.name, free[number]) for number, one in enumerate(shown.compiled.sections)],
        section=section,
        lines=list(reader.lines(section)) if free else [],
        chosen=list(_bundled([one for one in ticked if one.place.is_free], bundles)),
        lost=[one.place.words for one in ticked if not one.place.is_free],
        is_changed=is_changed,
        has_access=bool(shown.access_seats),
        is_access=reader.is_access,
    )


def _bundled(chosen: Sequence[Chosen], bundles: Sequence[tuple[Bundle, int]]) -> Iterator[Chosen]:
    """The chosen places, those that bundles take as theirs."""
    left: dict[tuple[Bundle, str], int] = {}
    for bundle, n in bundles:
        for part in bundle.parts.all():
            if category := part.ticket_type.category:
                left[bundle, category] = left.get((bundle, category), 0) + part.quantity * n
    for one in chosen:
        category = one.offer.ticket_type.category
        found = next((key for key, n in left.items() if key[1] == category and n >= one.place.count), None)
        if found is not None:
            left[found] -= one.place.count
        yield replace(one, bundle=found[0]) if found else one


@dataclass(frozen=True)
class _Reader:
    shown: Painting
    states: SeatVector
    offers: Sequence[Offer]
    flags: Mapping[str, str]
    is_access: bool

    def can_take(self, index: int) -> bool:
        is_kept = index in self.shown.access_seats and not self.is_access
        return not is_kept and self.states.state_of(index) == FREE and bool(self.offers_of(index))

    def offers_of(self, index: int) -> list[Offer]:
        key = self.shown.categories[index]
        return [one for one in self.offers if one.ticket_type.category == key and one.status == "on_sale"]

    def free_in(self, first: int, count: int) -> int:
        return sum(self.can_take(index) for index in range(first, first + count))

    def lines(self, section: int) -> Iterator[PlaceLine]:
        for number, line in enumerate(self.shown.compiled.lines):
            if line.section == section and line.count:
                is_table = line.kind != "row"
                indexes = range(line.first, line.first + line.count)
                places = [self.table(line)] if number in self.shown.whole_lines else [self.seat(i) for i in indexes]
                yield PlaceLine(line.label, is_table, places)

    def seat(self, index: int) -> Place:
        seat = self.shown.compiled.seats[index]
        section, row, label = self.shown.compiled.place_words(index)
        is_at_table = self.shown.compiled.lines[seat.line].kind != "row"
        return Place(
            value=str(index),
            label=label,
            words=seat_words(section=section, row=row, label=label, is_at_table=is_at_table),
            notes=[words for flag, words in self.flags.items() if seat.flags & FLAG_BITS[flag]],
            offers=self.offers_of(index),
            is_free=self.can_take(index),
        )

    def table(self, line: Line) -> Place:
        """A table that is sold as a whole: all its chairs but those that are closed."""
        chairs = range(line.first, line.first + line.count)
        indexes = [index for index in chairs if index not in self.shown.closed] or chairs
        section, row, _label = self.shown.compiled.place_words(line.first)
        return Place(
            value=",".join(map(str, indexes)),
            label=_("the whole table, %(number)d seats") % {"number": len(indexes)},
            words=_("%(section)s, table %(row)s") % {"section": section, "row": row},
            notes=[],
            offers=self.offers_of(indexes[0]),
            is_free=all(self.can_take(index) for index in indexes),
        )

    def chosen(self, asked: QueryDict) -> Iterator[Chosen]:
        """In the map's order; what is no place here, or has no ticket, is left out."""
        values = {text for text in asked.getlist("place")[:MOST_PLACES] if len(text) <= 400}
        firsts = {typed_number(text.split(",")[0]) for text in values}
        for index in sorted(first for first in firsts if first is not None and first < self.states.n):
            number = self.shown.compiled.seats[index].line
            is_whole = number in self.shown.whole_lines
            place = self.table(self.shown.compiled.lines[number]) if is_whole else self.seat(index)
            wanted = asked.get(f"ticket-{index}", "")
            if place.offers and place.value in values:
                offer = next((one for one in place.offers if str(one.ticket_type.pk) == wanted), None)
                yield Chosen(place, offer or place.offers[0], is_settled=offer is not None)
