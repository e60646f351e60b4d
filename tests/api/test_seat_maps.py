"""Seat maps in and out over HTTP: with a key, with a session, and what is refused."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from audit.models import AuditEntry
from events.actions import create_venue
from organizer_portal import api as staff_api
from people.keys import create_api_key
from seating.actions import publish_version
from seating.models import SeatMap
from seating.plan import preset
from tests import world
from tests.api.caller import Api, given, refused
from tests.staff import code_now, forget_limits, has_app, signed_in
from ui.limits import Limit


@pytest.fixture
def key(northside: world.House) -> str:
    """A manager's API key of Northside Hall."""
    forget_limits()
    return create_api_key(name="Program", actor=SYSTEM)[1]


@pytest.fixture
def venue(northside: world.House) -> str:
    venue = create_venue(
        name="Main hall", address="1 High Street", city="Berlin", timezone="Europe/Berlin", actor=SYSTEM
    )
    return str(venue.pk)


def _import(api: Api, content: bytes | str, key: str, idempotency_key: str = "", **query: Any) -> Any:
    headers = {"authorization": f"Bearer {key}"} | ({"idempotency_key": idempotency_key} if idempotency_key else {})
    path = f"/seat-maps/imports?{urlencode(query, doseq=True)}"
    return api.raw("POST", path, content, content_type="application/octet-stream", **headers)


def _pretix(api: Api, key: str, venue: str) -> str:
    made = given(api.post("/seat-maps/compilations", {"plan": preset("theatre"), "venue_id": venue}, token=key), 201)
    found = given(api.get(f"/seat-maps/{made['seat_map_id']}/exports/pretix", token=key))
    content: str = found["content"]
    return content


def test_a_plan_becomes_a_map_that_can_be_read_exported_and_imported_again(api: Api, key: str, venue: str) -> None:
    made = given(api.post("/seat-maps/compilations", {"plan": preset("theatre"), "venue_id": venue}, token=key), 201)

    assert (made["summary"]["seats"], made["summary"]["flags"]["wheelchair"]) == (2_000, 20)
    assert made["faults"] == []
    seat_map = given(api.get(f"/seat-maps/{made['seat_map_id']}", token=key))
    assert (seat_map["name"], seat_map["revision"], seat_map["published"]) == ("Grand theatre", 1, None)
    assert seat_map["document"]["format"] == "marquee-seat-map"
    version = publish_version(map_id=UUID(made["seat_map_id"]), actor=SYSTEM)
    (item,) = given(api.get("/seat-maps", token=key))["items"]
    assert item["published"]["hash"] == version.hash
    exported = given(api.get(f"/seat-maps/{made['seat_map_id']}/exports/pretix", token=key))
    assert exported["file_name"] == "grand-theatre.pretix.json"
    assert {fault["code"] for fault in exported["lost"]} == {"flags", "zone", "entrance", "floors", "focal"}
    again = given(_import(api, exported["content"], key, dry_run="true"))
    assert (again["format"], again["summary"]["seats"], again["dry_run"]) == ("pretix", 2_000, True)
    assert {fault["severity"] for fault in again["faults"]} == {"repaired", "lost", "warning"}
    assert SeatMap.objects.count() == 1
    entry = AuditEntry.objects.get(verb="create_seat_map")
    assert entry.actor_kind == AuditEntry.ActorKind.KEY


def test_a_drawing_is_a_proposal_until_its_seats_are_confirmed(api: Api, key: str, venue: str) -> None:
    circles = "".join(f'<circle cx="{50 * n}" cy="{90 * r}" r="20"/>' for r in range(3) for n in range(10))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 300">{circles}</svg>'

    guess = given(_import(api, svg, key, venue_id=venue))
    assert (guess["needs_confirmation"], guess["seat_map_id"]) == (True, None)
    (cluster,) = guess["proposal"]["clusters"]
    assert [len(section["lines"]) for section in guess["summary"]["sections"]] == [3]
    made = given(_import(api, svg, key, venue_id=venue, clusters=cluster["id"], name="From a drawing"), 201)
    assert SeatMap.objects.get(pk=made["seat_map_id"]).name == "From a drawing"


def test_asking_twice_with_a_key_makes_one_map(api: Api, key: str, venue: str) -> None:
    content = "section,row,seat\nS,A,1\nS,A,2\n"
    first = given(_import(api, content, key, "once", venue_id=venue), 201)
    second = given(_import(api, content, key, "once", venue_id=venue), 201)

    assert first == second
    assert SeatMap.objects.count() == 1
    refused(_import(api, content + "S,A,3\n", key, "once", venue_id=venue), 422, "idempotency_key_reused")
    body = {"plan": preset("cabaret"), "venue_id": venue}
    one = given(api.post("/seat-maps/compilations", body, token=key, key="plan"), 201)
    assert given(api.post("/seat-maps/compilations", body, token=key, key="plan"), 201) == one


def test_what_is_wrong_is_said_and_nothing_is_made(api: Api, key: str, venue: str) -> None:
    faults = refused(_import(api, "<svg", key), 422, "seat_map_invalid")["faults"]
    assert [fault["code"] for fault in faults] == ["not_xml"]
    refused(_import(api, "section,row,seat\nS,A,1\n", key), 422, "invalid_input")  # no venue
    refused(_import(api, "hello", key, format="pdf"), 422, "seat_map_invalid")
    plan = preset("cabaret") | {"floors": [{"sections": [{"blocks": [{"rows": -1}]}]}]}
    problem = refused(api.post("/seat-maps/compilations", {"plan": plan}, token=key), 422, "seat_map_invalid")
    assert {fault["where"] for fault in problem["faults"]} >= {"floors[0].sections[0].blocks[0].rows"}
    refused(api.get(f"/seat-maps/{venue}", token=key), 404, "seat_map_not_found")
    assert SeatMap.objects.count() == 0


def test_a_file_that_is_too_large_is_not_read(api: Api, key: str, settings: Any) -> None:
    settings.SEAT_MAP_FILE_MAX = 1024**2
    refused(_import(api, b" " * (1024**2 + 1), key), 413, "body_too_large")


def test_a_file_of_several_megabytes_is_read(api: Api, key: str, venue: str) -> None:
    content = _pretix(api, key, venue) + " " * 4_000_000  # more than any other operation takes
    assert given(_import(api, content, key, dry_run="true"))["summary"]["seats"] == 2_000


def test_no_script_ever_comes_back(api: Api, key: str, venue: str) -> None:
    seats = "".join(f'<circle id="A-{n}" cx="{50 * n}" cy="9" r="20" onclick="alert(1)"/>' for n in range(1, 9))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(2)</script>{seats}</svg>'
    made = given(_import(api, svg, key, venue_id=venue, clusters="c1"), 201)

    answer = api.get(f"/seat-maps/{made['seat_map_id']}/exports/svg", token=key)
    assert "alert" not in answer.content.decode()
    assert answer["Content-Type"].startswith("application/json")


def test_a_manager_s_session_will_do_with_the_csrf_token_and_both_steps(northside: world.House, venue: str) -> None:
    forget_limits()
    nora = signed_in(northside.owner, northside.host)
    assert nora.get("/api/v1/seat-maps").status_code == 200
    strict = Client(HTTP_HOST=northside.host, enforce_csrf_checks=True)
    strict.cookies = nora.cookies
    body = json.dumps({"plan": preset("cabaret"), "dry_run": True})
    sent = {"data": body, "content_type": "application/json"}

    answer = strict.post("/api/v1/seat-maps/compilations", **sent)
    refused(answer, 403, "not_allowed")
    strict.get("/portal/settings/branding/")  # any page with a form brings the token
    token = strict.cookies["csrftoken"].value
    assert (
        given(strict.post("/api/v1/seat-maps/compilations", headers={"x-csrftoken": token}, **sent))["dry_run"] is True
    )


def test_a_session_without_the_second_step_is_nobody(northside: world.House) -> None:
    forget_limits()
    user = has_app(northside.owner)
    assert code_now(user)
    half = Client(HTTP_HOST=northside.host)
    half.force_login(user)
    assert half.get("/api/v1/seat-maps").status_code in (401, 403)


def test_too_many_files_in_a_minute_are_refused(api: Api, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff_api, "HEAVY_PER_MINUTE", Limit("staff-api-files-test", 2, 60))
    for _time in range(2):
        given(_import(api, "section,row,seat\nS,A,1\n", key, dry_run="true"))
    problem = refused(_import(api, "section,row,seat\nS,A,1\n", key, dry_run="true"), 429, "too_often")
    assert 0 < problem["wait_seconds"] <= 60


def test_maps_are_their_organizer_s_alone(
    api: Api, key: str, venue: str, northside: world.House, southside: world.House
) -> None:
    made = given(api.post("/seat-maps/compilations", {"plan": preset("cabaret"), "venue_id": venue}, token=key), 201)

    with tenant_context(southside.organizer):
        _key, theirs = create_api_key(name="Theirs", actor=SYSTEM)
    other = Api(southside.host)
    assert given(other.get("/seat-maps", token=theirs))["items"] == []
    refused(other.get(f"/seat-maps/{made['seat_map_id']}", token=theirs), 404, "seat_map_not_found")
    refused(other.get(f"/seat-maps/{made['seat_map_id']}/exports/svg", token=theirs), 404, "seat_map_not_found")
    body = {"plan": preset("cabaret"), "venue_id": venue}
    refused(other.post("/seat-maps/compilations", body, token=theirs), 422, "invalid_input")
