"""A small theatre for tests: stalls of three rows of ten, a balcony row of six at another price, and a standing area."""

from uuid import UUID

from audit.actions import user_actor
from checkout import actions as checkout
from checkout.catalog import read_offer
from checkout.holding import claim_request, hold_made
from events.models import Event, Quota, SeatingPlan, TicketType
from inventory import actions as stock
from inventory.models import Place, Pool, SeatPlace, SeatRun
from orders.models import Order
from seating.actions import create_seat_map, publish_version
from seating.document import Area, Category, Document, Floor, Row, Seat, Section
from seating.queries import compiled_version
from tests import world

ACTOR = user_actor(UUID(int=0))


def theatre(name: str = "Theatre") -> Document:
    stalls = Section(
        id="stalls",
        name="Stalls",
        category="stalls",
        entrance="Door A",
        rows=tuple(_row("stalls", label, 200.0 + 100 * n, 10) for n, label in enumerate("ABC")),
    )
    balcony = Section(
        id="balcony", name="Balcony", category="balcony", entrance="Stairs B", rows=(_row("balcony", "A", 800.0, 6),)
    )
    floor_area = Area(
        id="floor",
        name="Standing floor",
        capacity=20,
        category="standing",
        entrance="Door C",
        outline=((900.0, 100.0), (1200.0, 100.0), (1200.0, 500.0), (900.0, 500.0)),
    )
    return Document(
        name=name,
        width=1300.0,
        height=1000.0,
        categories=(
            Category("stalls", "Stalls", "#0072b2"),
            Category("balcony", "Balcony", "#d55e00"),
            Category("standing", "Standing", "#009e73"),
        ),
        floors=(Floor(id="f", name="House", sections=(stalls, balcony), areas=(floor_area,)),),
        focal=(400.0, 50.0),
    )


def _row(section: str, label: str, y: float, n: int) -> Row:
    seats = tuple(Seat(f"{section}-{label}-{k}", str(k), 100.0 + 60 * k, y) for k in range(1, n + 1))
    return Row(f"{section}-{label}", label, seats)


def seated_event(*, prices: dict[str, int] | None = None, title: str = "Hamlet", is_published: bool = True) -> Event:
    event = world.make_event(title, kinds=(), is_published=False)
    seat_map = create_seat_map(venue=event.venue, document=theatre(f"Theatre of {event.slug}"), actor=ACTOR)
    version = publish_version(map_id=seat_map.pk, actor=ACTOR)
    version.refresh_from_db()  # as JSON has it
    compiled = compiled_version(version)
    SeatingPlan.objects.create(event=event, version=version)
    sizes = {"stalls": 30, "balcony": 6, "standing": 20}
    for n, (category, size) in enumerate(sizes.items()):
        quota = Quota.objects.create(event=event, name=category, size=size)
        kind = TicketType.objects.create(
            event=event, name=category.title(), price=(prices or {}).get(category, 0), category=category, sort_order=n
        )
        quota.ticket_types.add(kind)
    world.publish_event(event_id=event.pk, actor=ACTOR)
    performance = world.the_performance(event)
    for category in ("stalls", "balcony"):
        pool = Pool.objects.get(performance=performance, quota__name=category)
        places = list(Place.objects.filter(pool=pool).order_by("number"))
        seats = [seat for seat in compiled.seats if seat.category == category]
        for place, seat in zip(places, seats, strict=True):
            section, row, label = compiled.place_words(seat.index)
            SeatPlace.objects.create(
                performance=performance,
                place=place,
                seat_id=seat.id,
                seat_index=seat.index,
                run=seat.run,
                section=section,
                row=row,
                label=label,
            )
    for run in compiled.runs:
        SeatRun.objects.create(performance=performance, run=run.index, first=run.first, count=run.count)
    event.refresh_from_db()
    return event


def hold_seats(event: Event, *seats: int, kind: str = "Stalls"):
    offer = read_offer(world.the_performance(event).pk)
    priced = offer.price({world.kind_of(event, kind).pk: len(seats)})
    ids = SeatPlace.objects.filter(performance_id=offer.performance_id, seat_index__in=seats)
    (line,) = priced.lines
    seated = line.__class__(**{**line.__dict__, "seats": tuple(ids.values_list("place_id", flat=True))})
    request = claim_request(offer, priced, checkout.ANONYMOUS)._replace(lines=(seated,))
    answer = stock.claim(performance_id=offer.performance_id, offer_version=offer.version, request=request)
    assert answer.created_at, answer
    return hold_made(offer, request, priced, answer.created_at)


def order_seats(event: Event, *seats: int, kind: str = "Stalls", buyer: checkout.Buyer = world.BEA) -> Order:
    held = hold_seats(event, *seats, kind=kind)
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer)
    if order.total:
        world.pay(order)
        checkout.settle_payment(order_id=order.pk)
        order.refresh_from_db()
    return order
