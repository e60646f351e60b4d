"""A small theatre for tests: stalls of three rows of ten, a balcony row of six at another price, and a standing area."""

from checkout import actions as checkout
from checkout.seats import SeatChoice
from events.models import Event
from events.seating_plan import plan_of
from orders.models import Order
from seating.document import Area, Category, Document, Floor, Row, Seat, Section, as_dict
from tests import world


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


def seated_event(
    *, prices: dict[str, int] | None = None, title: str = "Hamlet", document: Document | None = None, **texts: str
) -> Event:
    """On sale through the product's own verbs; single seats may be left, so that tests may take any seat."""
    event = world.make_event(title, kinds=(), is_published=False, **texts)
    kinds = [(key.title(), (prices or {}).get(key, 0), key) for key in ("stalls", "balcony", "standing")]
    return world.seat(event, as_dict(document or theatre(f"Theatre of {event.slug}")), kinds=kinds, orphans="off")


def hold_seats(event: Event, *seats: int, kind: str = "Stalls"):
    plan = plan_of(event.pk)
    chosen = SeatChoice(map=plan.version.hash, seats={world.kind_of(event, kind).pk: seats})
    basket = {world.kind_of(event, kind).pk: len(seats)}
    return checkout.place_hold(performance_id=world.the_performance(event).pk, basket=basket, seats=chosen)


def order_seats(event: Event, *seats: int, kind: str = "Stalls", buyer: checkout.Buyer = world.BEA) -> Order:
    held = hold_seats(event, *seats, kind=kind)
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer)
    if order.total:
        world.pay(order)
        checkout.settle_payment(order_id=order.pk)
        order.refresh_from_db()
    return order
