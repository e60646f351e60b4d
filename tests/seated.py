"""A small theatre for tests: stalls of three rows of ten, a balcony row of six at another price, and a standing area."""

from checkout import actions as checkout
from checkout.seats import SeatChoice
from events.models import Event
from events.seating_plan import plan_of
from orders.models import Order
from seating.document import Document, as_dict, parse
from tests import world


def theatre(name: str = "Theatre") -> Document:
    """36 seats by their index: stalls A 0 to 9, B 10 to 19, C 20 to 29, balcony A 30 to 35."""
    return parse(
        world.seat_map(
            ("Stalls", world.STALLS, (10, 10, 10)),
            ("Balcony", world.BALCONY, (6,)),
            standing=20,
            name=name,
            entrances={"Stalls": "Door A", "Balcony": "Stairs B", "Floor": "Door C"},
        )
    )


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
