"""The demo's seated events: a theatre, a cabaret, a hall with a seated balcony, and a stadium, each with a life of its own.

Everything goes through the product's own verbs. Full houses are made of blocks (subscribers, season tickets), which is how
real ones are and takes one verb; orders are few, because each one is paid, mailed and drawn as a PDF like anybody's.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from django.conf import settings

from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.seats import SeatChoice
from console.demo_events import at, draft, on_sale, venue_of
from events import actions as events
from events.bundles import PartWish, set_bundle
from events.models import Event, Quota, SeatingPlan
from events.seating_plan import Painting, painting_of, plan_of, plan_seating
from inventory.blocks import COLORS, Purpose, block_quantity, block_seats
from inventory.models import Hold, Pool
from orders.models import Order
from payments.queries import payment_of
from seating.actions import create_seat_map, publish_version
from seating.compiled import Run
from seating.models import SeatMap
from seating.plan import compile_plan, preset
from ui.errors import DomainError

GUESTS = (
    *("Ada Brandt", "Bruno Keller", "Carla Nowak", "Deniz Aydin", "Elif Şahin", "Femi Okafor", "Greta Lind"),
    *("Hugo Meyer", "Ines Costa", "Jonas Weber", "Kira Petrova", "Luca Romano", "Maja Vogel", "Nils Hansen"),
)


@dataclass(frozen=True)
class Aside:
    """Seats that a block keeps: `share` of the runs of the sections whose name begins with one of `sections`.

    `days` is when they go back on sale, that many days before the date; 0: never by themselves.
    """

    owner: str
    reason: str
    sections: tuple[str, ...]
    share: float
    color: str
    days: int = 0


@dataclass(frozen=True)
class SeatedShow:
    """An event on a map. `kinds` are (category, name, cents), `add_ons` (name, cents, how many) without a seat; `orders` how
    many seats each order of the demo takes."""

    title: str
    summary: str
    description: str
    preset: str
    venue: tuple[str, str, str, str]
    days: int
    hour: int
    kinds: tuple[tuple[str, str, int], ...]
    asides: tuple[Aside, ...]
    orders: tuple[int, ...]
    holds: tuple[int, ...] = (2, 3)
    add_ons: tuple[tuple[str, int, int], ...] = ()


THEATRE = SeatedShow(
    title="The Cherry Orchard",
    summary="Chekhov in three storeys of red velvet",
    description="The house plays it the way it was built: close to the stage. 2 hours 20, one interval.\n\n"
    "Wheelchair spaces in the stalls, each with a seat for company.",
    preset="theatre",
    venue=("Northside Theatre", "Am Kanal 4", "Berlin", "Europe/Berlin"),
    days=33,
    hour=20,
    kinds=(
        ("premium", "Premium", 7800),
        ("a", "Price A", 6200),
        ("b", "Price B", 4800),
        ("c", "Price C", 3400),
        ("d", "Price D", 1900),
        ("box", "Box seat", 8900),
    ),
    asides=(
        Aside("Subscribers", "Friday series", ("",), 0.42, COLORS[1]),
        Aside("House", "Doctor on duty, late guests", ("Stalls",), 0.02, COLORS[0], days=1),
        Aside("Press", "Opening night", ("Stalls",), 0.03, COLORS[2], days=3),
    ),
    orders=(2, 2, 4, 2, 3, 2, 5, 2),
    add_ons=(("Programme", 600, 300), ("Glass of sparkling wine", 750, 200), ("Parking", 900, 40)),
)
CABARET = SeatedShow(
    title="Midnight Cabaret",
    summary="Tables, candles and a band that does not stop",
    description="Choose a table of your own or a stool at the bar. Supper is served until eleven.",
    preset="cabaret",
    venue=("Blue Parrot", "Hinterhof 9", "Berlin", "Europe/Berlin"),
    days=16,
    hour=21,
    kinds=(
        ("front", "Front table", 5400),
        ("floor", "Table seat", 3900),
        ("long", "Long table", 2800),
        ("bar", "Bar stool", 1900),
    ),
    asides=(Aside("Artists", "Friends of the band", ("Terrace",), 0.34, COLORS[3], days=1),),
    orders=(4, 2, 2, 3),
    holds=(2,),
)
HALL = SeatedShow(
    title="Low Frequencies",
    summary="Standing below, seats above, bass everywhere",
    description="Doors at seven. Ear plugs are free at the cloakroom.",
    preset="standing",
    venue=("Canal Sheds", "3 Lock Street", "London", "Europe/London"),
    days=26,
    hour=20,
    kinds=(
        ("pit", "Front of stage", 5200),
        ("standing", "Standing", 3600),
        ("platform", "Wheelchair platform", 3600),
        ("balcony", "Balcony", 4800),
        ("side", "Side balcony", 4200),
    ),
    asides=(Aside("Promoter", "Guest list", ("",), 0.2, COLORS[4], days=2),),
    orders=(2, 2, 4),
)
STADIUM = SeatedShow(
    title="Southside United: Open Training",
    summary="Free seats for everybody, choose your own",
    description="See the team at work before the season. Entry is free; every seat has its ticket.",
    preset="stadium",
    venue=("Southside Park", "Park Road", "London", "Europe/London"),
    days=40,
    hour=15,
    kinds=(
        ("centre", "Lower centre", 0),
        ("long", "Lower side", 0),
        ("corner", "Lower corner", 0),
        ("goal", "Lower end", 0),
        ("upper-side", "Upper side", 0),
        ("upper-end", "Upper end and corner", 0),
    ),
    asides=(
        Aside("Season tickets", "Members keep their seat", ("",), 0.48, COLORS[1]),
        Aside("Sponsors", "", ("",), 0.02, COLORS[2], days=7),
    ),
    orders=(4, 6, 2),
    holds=(3,),
)
SHOWS: Mapping[str, tuple[SeatedShow, ...]] = {"northside": (THEATRE, CABARET), "southside": (HALL, STADIUM)}


def put_on(show: SeatedShow) -> None:
    """Open a seated event of the current organizer, unless it is there already, and give it its audience."""
    if Event.objects.filter(title=show.title).exists():
        return
    event = _open(show)
    plan = plan_of(event.pk)
    if event.is_published and plan is not None:
        _fill(show, event, plan)


def _open(show: SeatedShow) -> Event:
    venue = venue_of(show.venue)
    document = compile_plan(preset(show.preset)).document
    seat_map = SeatMap.objects.filter(venue=venue, name=document.name).first() or create_seat_map(
        venue=venue, document=document, actor=SYSTEM
    )
    version = publish_version(map_id=seat_map.pk, actor=SYSTEM)
    event = draft(
        show.title,
        show.summary,
        show.description,
        venue=venue,
        starts_at=at(show.days, show.hour, show.venue[3]),
        hours=3,
        doors_minutes=60,
    )
    plan_seating(event_id=event.pk, version_id=version.pk, actor=SYSTEM)
    for category, kind, price in show.kinds:
        events.add_ticket_type(
            event_id=event.pk, name=kind, perk="", price=price, category=category, max_per_order=8, actor=SYSTEM
        )
    for kind, price, quantity in show.add_ons:
        events.add_ticket_type(
            event_id=event.pk,
            name=kind,
            perk="",
            price=price,
            quantity=quantity,
            max_per_order=8,
            is_add_on=True,
            actor=SYSTEM,
        )
    if show is THEATRE:
        _sell_a_bundle(event)
    return on_sale(event)


def _sell_a_bundle(event: Event) -> None:
    """Two of the best seats with a glass each, and a place for the car."""
    kinds = {kind.name: kind.pk for kind in event.ticket_types.all()}
    parts = [PartWish(kinds["Premium"], 2, 7400), PartWish(kinds["Glass of sparkling wine"], 2, 500)]
    parts.append(PartWish(kinds["Parking"], 1, 600))
    set_bundle(event_id=event.pk, name="Evening for two", perk="", max_per_order=2, parts=parts, actor=SYSTEM)


# --- An audience ----------------------------------------------------------------------------------------------------------------


class _House:
    """Which seats the demo has not given away yet, as whoever chooses seats sees it."""

    def __init__(self, shown: Painting) -> None:
        self.shown = shown
        self.free = {seat for seats in shown.seats_by_category.values() for seat in seats} - shown.access_seats
        self.dice = random.Random(shown.compiled.hash)  # the same house every time

    def runs(self, sections: Sequence[str]) -> Iterator[tuple[Run, list[int]]]:
        """The runs of these sections with what is free of each; tables that are sold as a whole only while they are."""
        for run in self.shown.compiled.runs:
            name = self.shown.compiled.sections[self.shown.compiled.lines[run.line].section].name
            seats = [seat for seat in range(run.first, run.first + run.count) if seat in self.free]
            is_whole = run.line in self.shown.whole_lines
            if seats and name.startswith(tuple(sections)) and (not is_whole or len(seats) == run.count):
                yield run, seats

    def aside(self, sections: Sequence[str], share: float) -> list[int]:
        """Groups of two to six neighbours all over the place, `share` of all in the end; whole tables whole."""
        found: list[int] = []
        for run, seats in self.runs(sections):
            if run.line in self.shown.whole_lines:
                found += seats if self.dice.random() < share else []
                continue
            while len(seats) >= 2:
                group = [seats.pop(0) for _n in range(min(len(seats), self.dice.randint(2, 6)))]
                if self.dice.random() < share:
                    found += group
        self.free -= set(found)
        return found

    def together(self, n: int) -> list[int]:
        """`n` neighbours at the start of a stretch that nobody has touched, so that no single seat is left; or a whole table."""
        fitting = []
        for run, seats in self.runs(("",)):
            if self.shown.compiled.lines[run.line].kind == "row":
                if len(seats) == run.count and (len(seats) == n or len(seats) >= n + 2):
                    fitting.append(seats[:n])
            elif run.line in self.shown.whole_lines:
                fitting += [seats] if len(seats) == n else []
            elif len(seats) >= n:
                fitting.append(seats[:n])
        chosen = self.dice.choice(fitting) if fitting else []
        self.free -= set(chosen)
        return chosen


def _fill(show: SeatedShow, event: Event, plan: SeatingPlan) -> None:
    house = _House(painting_of(plan))
    performance = event.performances.get()
    orders = [house.together(n) for n in show.orders]  # first, while there are rows nobody has touched
    holds = [house.together(n) for n in show.holds]
    for aside in show.asides:
        seats = house.aside(aside.sections, aside.share)
        release_at = performance.starts_at - timedelta(days=aside.days) if aside.days else None
        purpose = Purpose(owner=aside.owner, reason=aside.reason, color=aside.color, release_at=release_at)
        if seats:
            block_seats(performance_id=performance.pk, seats=seats, purpose=purpose, actor=SYSTEM)
    standing = Pool.objects.filter(performance=performance, quota__ticket_types__category__gt="")
    unseated = standing.filter(places__seat=None)
    for quota in Quota.objects.filter(pools__in=unseated).distinct().order_by("pk"):
        purpose = Purpose(owner="Promoter", reason="Guest list", color=COLORS[4])
        quantity = max(1, quota.size // 12)
        block_quantity(
            performance_id=performance.pk, quota_id=quota.pk, quantity=quantity, purpose=purpose, actor=SYSTEM
        )
    for number, seats in enumerate(orders):
        if seats:
            _buy(event, house.shown, seats, GUESTS[number % len(GUESTS)])
    for seats in holds:
        if seats:
            _hold(event, house.shown, seats)


def _hold(event: Event, shown: Painting, seats: Sequence[int]) -> Hold:
    kind = event.ticket_types.get(category=shown.categories[seats[0]])
    chosen = SeatChoice(map=shown.compiled.hash, seats={kind.pk: seats})
    performance = event.performances.get()
    return checkout.place_hold(performance_id=performance.pk, basket={kind.pk: len(seats)}, seats=chosen)


def _buy(event: Event, shown: Painting, seats: Sequence[int], name: str) -> None:
    """As a buyer would: hold, order, pay with a card at the sandbox."""
    email = f"{name.split()[0].lower()}@guests.example"
    buyer = checkout.Buyer(name=name, email=email, consents=frozenset({"terms"}), language="en")
    try:
        held = _hold(event, shown, seats)
        order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer)
    except DomainError:
        return  # the house rules would not have it; the demo does without
    if order.total and settings.STRIPE_API_BASE:
        _pay(order)


def _pay(order: Order) -> None:
    intent = checkout.begin_payment(order_id=order.pk)
    payment = payment_of(order.pk)
    if payment is None:
        return
    body = urlencode({"payment_method": "pm_card_visa", "return_url": settings.BASE_URL}).encode()
    headers = {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}", "Stripe-Account": payment.account_id}
    address = f"{settings.STRIPE_API_BASE}/v1/payment_intents/{intent.id}/confirm"
    with urlopen(Request(address, data=body, headers=headers), timeout=20) as answer:
        json.load(answer)
    checkout.settle_payment(order_id=order.pk)
