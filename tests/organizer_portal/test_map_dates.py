"""Nora draws a map that is on sale: she sees what people have there, and sets seats aside by painting them."""

from typing import Any

import pytest

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from audit.actions import SYSTEM
from audit.models import AuditEntry
from events.models import Event
from events.seating_plan import plan_of
from inventory.blocks import Purpose, block_quantity
from inventory.models import Block, Place
from people.models import Membership
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.organizer_portal.test_seat_maps import TAB, send
from tests.staff import Visitor
from tests.world import STALLS, STANDING

KINDS = (("Adult", 0, STALLS), ("Standing", 0, STANDING))


@pytest.fixture
def event(northside: world.House) -> Event:
    return world.make_seated_event(world.seat_map(("Stalls", STALLS, (6, 6)), standing=8), kinds=KINDS, orphans="off")


def map_of(event: Event) -> Any:
    plan = plan_of(event.pk)
    assert plan is not None
    return plan.version.seat_map


def dates(event: Event) -> str:
    return f"/portal/seat-maps/{map_of(event).pk}/dates/"


def date(event: Event) -> str:
    return f"{dates(event)}{world.the_performance(event).pk}/"


def seats(*numbers: int) -> list[str]:
    return [f"Stalls-A-{number}" for number in numbers]


def owners(event: Event) -> dict[str, list[str]]:
    """Whom seats are set aside for, and which."""
    blocks = Block.objects.filter(performance=world.the_performance(event), released_at=None)
    return {
        block.owner: sorted(filter(None, block.places.values_list("place__seat__seat_id", flat=True)))
        for block in blocks.order_by("pk")
    }


def test_seats_that_somebody_has_are_known_and_named_once_the_map_lacks_them(nora: Visitor, event: Event) -> None:
    world.order_seats(event, Adult=["Stalls-A-1", "Stalls-A-2"])
    world.hold_seats(event, Adult=["Stalls-A-3"])
    with world.an_hour_ago():
        world.hold_seats(event, Adult=["Stalls-A-4"])
    world.checkout.place_hold(
        performance_id=world.the_performance(event).pk, basket={world.kind_of(event, "Standing").pk: 3}
    )

    found = nora.get(dates(event)).json()

    [one] = found["dates"]
    assert (one["id"], one["title"]) == (str(world.the_performance(event).pk), event.title)
    assert found["taken"] == seats(1, 2, 3)
    assert found["in_areas"] == {STANDING: 3}
    assert (found["n_gone"], found["gone"]) == (0, [])

    row = map_of(event).draft["floors"][0]["sections"][0]["rows"][0]
    patch = {"set": {"Stalls-A": {**row, "type": "row", "seats": row["seats"][2:]}}}
    draft = f"/portal/seat-maps/{map_of(event).pk}/draft/"
    assert send(nora, draft, {"session": TAB, "base": 1, "patch": patch}).status_code == 200
    found = nora.get(dates(event)).json()

    assert found["n_gone"] == 2
    assert found["gone"][0]["words"].startswith(f"Stalls, row A, seat 1 is sold for “{event.title}”, ")
    assert (found["gone"][0]["floor"], found["gone"][0]["x"]) == ("Ground", 0)


def test_seats_are_set_aside_change_over_and_go_back(nora: Visitor, event: Event) -> None:
    performance = world.the_performance(event).pk
    world.order_seats(event, Adult=["Stalls-A-6"])
    press = {"owner": "press", "reason": "opening night", "color": "#0e7490", "release": ""}

    made = send(nora, f"{date(event)}blocks/", {"seats": seats(1, 2), **press}).json()
    more = send(nora, f"{date(event)}blocks/", {"seats": seats(2, 3), "block": made["block"]}).json()
    send(nora, f"{date(event)}blocks/", {"seats": seats(3, 4), "owner": "house"})

    assert [(block["owner"], block["seats"]) for block in more["blocks"]] == [("press", seats(1, 2, 3))]
    assert more["taken"] == seats(6)
    assert owners(event) == {"press": seats(1, 2), "house": seats(3, 4)}
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))[-4:] == [
        "block_places",
        "extend_block",
        "release_block",
        "block_places",
    ]
    area = world.kind_of(event, "Standing").quotas.get()
    block_quantity(
        performance_id=performance, quota_id=area.pk, quantity=2, purpose=Purpose(owner="band"), actor=SYSTEM
    )  # of no seats, so nothing to paint with
    assert {block["owner"] for block in nora.get(date(event)).json()["blocks"]} == {"press", "house"}
    back = send(nora, f"{date(event)}releases/", {"seats": seats(2, 3, 5)}).json()
    assert back["released"] == 2
    assert owners(event) == {"press": seats(1), "house": seats(4), "band": []}
    assert compare_stock(performance).differences == 0
    assert breaches() == {}


def test_what_cannot_be_set_aside_is_refused_whole(nora: Visitor, colleague: Colleague, event: Event) -> None:
    world.order_seats(event, Adult=["Stalls-A-6"])
    house = {"owner": "house"}
    elsewhere = world.make_seated_event(world.seat_map(("Stalls", STALLS, (6,)), name="Elsewhere"), kinds=KINDS[:1])
    foreign = f"{dates(event)}{world.the_performance(elsewhere).pk}/"

    for body, status in (
        ({"seats": seats(5, 6), **house}, 409),
        ({"seats": [*seats(5), "nobody"], **house}, 422),
        ({"seats": [], **house}, 422),
        ({"seats": "Stalls-A-1", **house}, 422),
        ({"seats": ["\x00"], **house}, 422),
        ({"seats": ["\ud800"], **house}, 422),
        ({"seats": seats(1), "owner": ""}, 422),
        ({"seats": seats(1), "release": "soon", **house}, 422),
        ({"seats": seats(1), "release": "2001-01-01T10:00", **house}, 422),
        ({"seats": seats(1), "release": "9999-12-31T23:30", **house}, 422),
        ({"seats": seats(1), "block": str(event.pk)}, 404),
        ({"seats": seats(1), "block": "nothing"}, 404),
    ):
        refused = send(nora, f"{date(event)}blocks/", body)
        assert refused.status_code == status, (body, refused.status_code)
    for junk in ("\x00", "\ud800"):
        assert send(nora, f"{date(event)}releases/", {"seats": [junk]}).status_code == 422
    assert send(nora, f"{foreign}blocks/", {"seats": seats(1), **house}).status_code == 404
    assert nora.get(foreign).status_code == 404
    assert send(colleague(Membership.Role.FINANCE), f"{date(event)}blocks/", {"seats": seats(1)}).status_code == 403
    assert owners(event) == {}
    assert Place.objects.filter(state=Place.State.BLOCKED).count() == 0
