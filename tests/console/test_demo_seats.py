"""The demo's seated houses are made by the verbs that everybody uses, look lived in, and are made once."""

from analytics.invariants import breaches
from console.demo_seats import CABARET, SHOWS, put_on
from events.models import Event
from inventory.models import Place
from orders.models import Order
from seating.plan import PRESETS


def test_a_house_is_sold_held_and_blocked_and_only_once(paying, media):  # type: ignore[no-untyped-def]
    put_on(CABARET)
    put_on(CABARET)

    event = Event.objects.get(title=CABARET.title)
    assert event.is_published
    states = list(Place.objects.filter(pool__performance__event=event).values_list("state", flat=True))
    assert {"free", "held", "sold", "blocked"} == set(states)
    assert states.count("sold") == sum(CABARET.orders)
    assert set(Order.objects.filter(event=event).values_list("state", flat=True)) == {"paid"}
    assert breaches() == {}


def test_every_preset_has_its_house() -> None:
    assert sorted(show.preset for shows in SHOWS.values() for show in shows) == sorted(PRESETS)
