"""Seats through the API: named, refused with what the picker needs, and handed on by the on-sale path."""

from typing import Any

import pytest

from audit.actions import SYSTEM
from checkout.code_desk import create_code
from events.bundles import PartWish, set_bundle
from inventory import live
from inventory.announcer import Announcer
from inventory.models import Hold
from storefront.onsale import _NotOurs, _parsed
from tests import world
from tests.api.caller import Api, given, refused
from tests.inventory.test_announcer import look


def seat_basket(event: Any, *, access: bool | None = None, **seats: list[str]) -> dict[str, Any]:
    """The body of a hold: `seat_basket(event, Adult=["Stalls-A-1"])`."""
    chosen = world.choice(event, **seats)
    items = [
        {"ticket_type_id": str(type_id), "quantity": len(indexes), "seats": indexes}
        for type_id, indexes in chosen.seats.items()
    ]
    body = {"performance_id": str(world.the_performance(event).pk), "map": chosen.map, "items": items}
    return body if access is None else {**body, "access": access}


def test_named_seats_are_held_and_named_in_the_quote(selling: world.House, api: Api) -> None:
    event = world.make_seated_event()

    made = given(api.post("/holds", seat_basket(event, Adult=["Stalls-A-2", "Stalls-A-1"], Child=["Stalls-A-3"])), 201)

    assert [(line["name"], line["quantity"], line["seats"]) for line in made["quote"]["lines"]] == [
        ("Adult", 2, ["Stalls-A-1", "Stalls-A-2"]),
        ("Child", 1, ["Stalls-A-3"]),
    ]
    assert made["quote"]["subtotal"] == 7500
    read = given(api.get(f"/holds/{made['id']}", token=made["token"]))
    assert read["quote"] == made["quote"]


def test_seats_with_parking_and_a_bundle_of_seats_are_one_hold(selling: world.House, api: Api) -> None:
    event = world.make_seated_event(add_ons=(("Parking", 800, 3),))
    adult, parking = (world.kind_of(event, name).pk for name in ("Adult", "Parking"))
    parts = [PartWish(adult, 2, 2500), PartWish(parking, 1, 500)]
    pair = set_bundle(event_id=event.pk, name="Pair", perk="", max_per_order=2, parts=parts, actor=SYSTEM)
    body = seat_basket(event, Adult=["Stalls-A-3"])
    extras = [
        {"ticket_type_id": str(pair.pk), "quantity": 1, "seats": world.seats_named(event, "Stalls-A-1", "Stalls-A-2")},
        {"ticket_type_id": str(parking), "quantity": 1},
    ]

    made = given(api.post("/holds", {**body, "items": [*body["items"], *extras]}), 201)

    lines = [(line["name"], line["quantity"], line["price"], line.get("bundle", "")) for line in made["quote"]["lines"]]
    assert lines == [
        ("Adult", 1, 3000, ""),
        ("Adult", 2, 2500, str(pair.pk)),
        ("Parking", 1, 500, str(pair.pk)),
        ("Parking", 1, 800, ""),
    ]
    assert Hold.objects.get().places.count() == 5
    alone = {**body, "items": [{**extras[0], "seats": world.seats_named(event, "Stalls-B-1")}]}
    assert refused(api.post("/holds", alone), 422, "seats_invalid")["ticket_type_id"] == str(pair.pk)
    assert Hold.objects.count() == 1


def test_a_refusal_names_the_seats_and_stays_under_its_key(selling: world.House, api: Api) -> None:
    event = world.make_seated_event()
    given(api.post("/holds", seat_basket(event, Adult=["Stalls-A-1", "Stalls-A-2"])), 201)
    body = seat_basket(event, Adult=["Stalls-A-2", "Stalls-A-3"])

    document = refused(api.post("/holds", body, key="0123456789abcdef"), 409, "seat_taken")
    assert document["seats"] == [1]
    assert refused(api.post("/holds", body, key="0123456789abcdef"), 409, "seat_taken") == document
    single = refused(api.post("/holds", seat_basket(event, Adult=["Stalls-A-4"])), 409, "single_seat_left")
    assert single["seats"] == [2]
    assert Hold.objects.count() == 1


def test_seats_are_read_strictly(selling: world.House, api: Api) -> None:
    event = world.make_seated_event()
    good = seat_basket(event, Adult=["Stalls-A-1"])
    [item] = good["items"]

    for wrong in ({"seats": []}, {"seats": ["0"]}, {"seats": [-1]}, {"seats": [0.0]}, {"seats": list(range(51))}):
        refused(api.post("/holds", {**good, "items": [{**item, **wrong}]}), 422, "invalid_input")
    refused(api.post("/holds", {**good, "map": "nonsense"}), 422, "invalid_input")
    refused(api.post("/holds", {**good, "items": [{**item, "seats": [99]}]}), 422, "seats_invalid")
    refused(api.post("/holds", {**good, "items": [{**item, "quantity": 2}]}), 422, "seats_invalid")
    refused(api.post("/holds", {**good, "map": "f" * 32}), 409, "map_changed")
    without_map = {name: value for name, value in good.items() if name != "map"}
    refused(api.post("/holds", without_map), 422, "seats_invalid")
    assert not Hold.objects.exists()


def test_seats_of_another_organizers_event_are_not_there(
    selling: world.House, southside: world.House, api: Api
) -> None:
    event = world.make_seated_event()

    refused(Api(southside.host).post("/holds", seat_basket(event, Adult=["Stalls-A-1"])), 404, "not_found")


def test_the_on_sale_path_leaves_seats_to_django() -> None:
    body = b'{"performance_id": "%s", "map": "%s", "items": [{"ticket_type_id": "%s", "quantity": 1, "seats": [0]}]}'
    name = b"01900000-0000-7000-8000-000000000000"
    with pytest.raises(_NotOurs):
        _parsed(body % (name, b"0" * 32, name))


def test_the_vector_has_every_seat_and_is_kept_for_a_second(selling: world.House, api: Api) -> None:
    live.connected().flushdb()
    event = world.make_seated_event()
    path = f"/performances/{world.the_performance(event).pk}/seats"
    given(api.post("/holds", seat_basket(event, Adult=["Stalls-A-1", "Stalls-A-2"])), 201)

    answer = api.get(path)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Cache-Control"] == "public, max-age=0, s-maxage=1"
    assert answer.content[:4] == b"MQS1"
    assert answer.content[36:] == bytes([0b0101, 0, 0, 0, 0])
    look(Announcer(live.connected()), event)
    numbered = api.get(path)
    seq = int.from_bytes(numbered.content[20:28], "little")
    assert numbered["ETag"].endswith(f'-{seq}"')
    assert api.raw("GET", path, if_none_match=numbered["ETag"]).status_code == 304


def test_only_a_date_on_offer_here_shows_its_seats(selling: world.House, southside: world.House, api: Api) -> None:
    draft = world.make_seated_event(is_published=False)
    plain = world.make_event()
    event = world.make_seated_event()

    for one in (draft, plain):
        refused(api.get(f"/performances/{world.the_performance(one).pk}/seats"), 404, "not_found")
    refused(Api(southside.host).get(f"/performances/{world.the_performance(event).pk}/seats"), 404, "not_found")


def best(event: Any, **wanted: Any) -> tuple[str, dict[str, Any]]:
    return f"/performances/{world.the_performance(event).pk}/best-seats", wanted


def test_the_best_seats_are_shown_and_then_held(selling: world.House, api: Api) -> None:
    event = world.make_seated_event()
    path, body = best(event, quantity=2, category="stalls", needs={"step_free": False})

    shown = given(api.post(path, {**body, "hold": False}, key=""), 200)
    assert not Hold.objects.exists()
    assert shown["map"] == event.seating.version.hash
    assert len(shown["seats"]) == 2
    assert shown["words"][0].startswith("Stalls, row A, seat ")
    assert shown["quote"]["total"] == 2 * (3000 + 125)  # the category's first type, all-in

    held = given(api.post(path, body, key="a key of this buyer alone"), 201)
    assert held["hold"]["token"] == Hold.objects.get().token
    assert held["hold"]["quote"] == held["quote"]
    assert given(api.post(path, body, key="a key of this buyer alone"), 201) == held
    assert Hold.objects.count() == 1


def test_the_best_seats_are_held_with_a_code_or_not_at_all(selling: world.House, api: Api) -> None:
    event = world.make_seated_event()
    create_code(typed="HALF", actor=SYSTEM, event_id=event.pk, effect="percent", value=5000, most_uses=1)
    path, body = best(event, quantity=2, category="stalls")

    assert refused(api.post(path, {**body, "code": "third"}), 422, "code_unknown")
    assert not Hold.objects.exists()
    held = given(api.post(path, {**body, "code": "half"}), 201)
    assert held["quote"]["subtotal"] == 3000
    assert [step["name"] for step in held["quote"]["lines"][0]["steps"]] == ["", "HALF"]
    assert refused(api.post(path, {**body, "code": "half"}), 422, "code_unknown")
    assert Hold.objects.count() == 1


def test_what_cannot_be_found_is_refused(selling: world.House, api: Api) -> None:
    event = world.make_seated_event()

    def ask(status: int, code: str, **wanted: Any) -> dict[str, Any]:
        path, body = best(event, **wanted)
        return refused(api.post(path, body), status, code)

    ask(422, "basket_invalid", quantity=2, category="nothing")
    ask(422, "basket_invalid", quantity=2, max_price=100)
    ask(422, "basket_invalid", quantity=1, needs={"companions": 1})
    ask(422, "invalid_input", quantity=0)
    ask(422, "invalid_input", quantity=1, needs={"window": True})
    ask(422, "limit_exceeded", quantity=11)
    assert ask(409, "no_seats_together", quantity=2, needs={"wheelchair": 1})["largest"] == 10
    path, body = best(event, quantity=1)
    refused(api.post(path, body, key=""), 400, "idempotency_key_required")


def test_there_are_no_best_seats_where_there_is_no_map(selling: world.House, southside: world.House, api: Api) -> None:
    refused(api.post(*best(world.make_event(), quantity=1)), 422, "basket_invalid")
    refused(Api(southside.host).post(*best(world.make_seated_event(), quantity=1)), 404, "not_found")
