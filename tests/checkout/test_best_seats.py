"""The best seats, held: from what was announced or what Postgres says, proved under lock, tried again when lost."""

from typing import Any

import pytest

from checkout import actions as checkout
from checkout import best
from checkout.errors import BasketInvalid
from checkout.holding import asked_by
from events.phases import PhaseWish
from inventory import live
from inventory.announcer import Announcer
from inventory.errors import NoBlock, SoldOut
from inventory.models import Hold
from inventory.queries import seats_of_hold
from tests import world
from tests.inventory.test_announcer import look
from tests.world import BALCONY, STALLS

ADULT_AND_CHILD = (("Adult", 0, STALLS), ("Child", 0, STALLS))


@pytest.fixture(autouse=True)
def _nothing_announced() -> None:
    live.connected().flushdb()


def ids(hold: Hold) -> list[str]:
    return [seat.seat_id for seat in seats_of_hold(hold)]


def best_hold(event: Any, needs: best.Needs | None = None, key: str = "", **wanted: int) -> Hold:
    basket = {world.kind_of(event, name).pk: quantity for name, quantity in wanted.items()}
    asked = asked_by(key=key, fingerprint=str(basket), network="") if key else checkout.ANONYMOUS
    performance = world.the_performance(event).pk
    return best.hold_best(performance_id=performance, baskets=[basket], asked=asked, needs=needs)


def test_a_basket_without_seats_gets_the_best_and_a_family_sits_together(northside: world.House) -> None:
    event = world.make_seated_event(kinds=ADULT_AND_CHILD)

    family = world.hold(event, Adult=2, Child=2)

    rows = {seat.row for seat in seats_of_hold(family)}
    labels = [int(seat.label) for seat in seats_of_hold(family)]
    assert rows == {"A"}
    assert labels == list(range(labels[0], labels[0] + 4))
    assert [(line["name"], len(line["seats"])) for line in family.quote["lines"]] == [("Adult", 2), ("Child", 2)]


def test_an_announcement_that_is_old_costs_a_second_search_and_nothing_else(northside: world.House) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", STALLS, (4, 4))), kinds=ADULT_AND_CHILD)
    look(Announcer(live.connected()), event)
    world.hold_seats(event, Adult=[f"Stalls-A-{n}" for n in range(1, 5)])  # nobody has announced it

    hold = best_hold(event, Adult=4)

    assert ids(hold) == [f"Stalls-B-{n}" for n in range(1, 5)]


def test_who_asks_for_more_than_sit_together_is_told_how_many_do(northside: world.House) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", STALLS, (3,))), kinds=ADULT_AND_CHILD)

    with pytest.raises(NoBlock) as refused:
        best_hold(event, Adult=5)
    assert refused.value.extra == {"largest": 3}

    world.hold_seats(event, Adult=["Stalls-A-1", "Stalls-A-2", "Stalls-A-3"])
    with pytest.raises(SoldOut):
        best_hold(event, Adult=1)


def test_a_key_is_answered_once(northside: world.House) -> None:
    event = world.make_seated_event(kinds=ADULT_AND_CHILD)

    first = best_hold(event, key="the key of one buyer", Adult=2)
    again = best_hold(event, key="the key of one buyer", Adult=2)

    assert (again.pk, ids(again)) == (first.pk, ids(first))
    assert Hold.objects.count() == 1


def test_no_search_ends_in_a_refusal_while_seats_are_free(northside: world.House) -> None:
    """Twenty seats in pairs: whatever is left fits the next pair, since no choice leaves a single."""
    event = world.make_seated_event(kinds=ADULT_AND_CHILD)

    for _pair in range(10):
        best_hold(event, Adult=2)

    assert world.the_performance(event).seat_places.filter(place__state="free").count() == 0


def test_needs_are_met_or_refused(northside: world.House) -> None:
    event = world.make_seated_event(
        world.seat_map(("Stalls", STALLS, (4,)), ("Balcony", BALCONY, (4,)), wheelchairs=1),
        kinds=(*ADULT_AND_CHILD, ("High", 0, BALCONY)),
    )

    hold = best_hold(event, best.Needs(wheelchairs=1, companions=1), Adult=4)

    assert ids(hold)[2:] == ["W-1", "WC-1"]
    assert ids(hold)[:2] in (["Stalls-A-1", "Stalls-A-2"], ["Stalls-A-3", "Stalls-A-4"])
    with pytest.raises(NoBlock):
        best_hold(event, best.Needs(wheelchairs=1), Adult=1)
    with pytest.raises(SoldOut):
        best_hold(event, best.Needs(zone="Stalls"), High=1)


def test_the_price_of_a_phase_that_is_sold_out_is_not_gone_by(northside: world.House) -> None:
    world.let_charge(northside)
    event = world.make_seated_event(kinds=(("Adult", 3000, STALLS),))
    world.set_phases(event, "Adult", PhaseWish("Early bird", 2000, quantity=1))
    date, kind = world.the_performance(event).pk, world.kind_of(event, "Adult")
    wish = {"performance_id": date, "quantity": 1, "ticket_type_id": None, "category": "", "max_price": 2200}
    assert best.baskets_for(**wish) == [{kind.pk: 1}]

    best_hold(event, Adult=1)

    with pytest.raises(BasketInvalid):
        best.baskets_for(**wish)
    (basket,) = best.baskets_for(**{**wish, "max_price": None})
    _found, quote = best.find_best(performance_id=date, baskets=[basket])
    assert [(line.price, line.quantity) for line in quote.lines] == [(3000, 1)]
