"""From the pre-queue to one's turn: shuffled early ones, then first come, first served; every refusal changes nothing."""

import json
import re
import time
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis.exceptions import RedisError

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from inventory.models import Hold
from tests import world
from tests.waiting_room.line import Browser, joins, proof_from, start, tick
from waiting_room import health, store
from waiting_room.actions import change_room, order_of
from waiting_room.errors import RoomInvalid
from waiting_room.models import EarlyEntry, Line, Room
from waiting_room.queries import open_line
from waiting_room.tokens import entry_id


def placed(browser: Browser, event: object) -> int:
    return int(browser.standing(event)["position"])


# --- Order --------------------------------------------------------------------------------------------------------------


def test_those_who_come_late_are_served_in_the_order_they_came(event, open_room, newcomer):
    open_room()
    tick(event)
    people = [newcomer() for _n in range(5)]

    assert [placed(person, event) for person in people] == [1, 2, 3, 4, 5]
    tick(event, seconds=2)  # at sixty a minute
    assert [person.standing(event)["state"] for person in people] == ["turn", "turn", "waiting", "waiting", "waiting"]
    assert [person.standing(event)["ahead"] for person in people[2:]] == [0, 1, 2]


def test_those_who_come_early_are_shuffled_and_the_late_follow_them(event, open_room, newcomer):
    line = open_room(starts_in=60)
    early = [newcomer() for _n in range(6)]
    assert {person.standing(event)["state"] for person in early} == {"early"}

    start(event)
    late = [newcomer() for _n in range(2)]

    assert sorted(placed(person, event) for person in early) == [1, 2, 3, 4, 5, 6]
    assert [placed(person, event) for person in late] == [7, 8]
    line.refresh_from_db()
    assert (line.early_total, line.early.count()) == (6, 6)


def test_an_early_one_who_asks_while_the_shuffle_is_under_way_stays_early(event, open_room, newcomer):
    line = open_room(starts_in=60)
    person = newcomer()
    store.freeze(line.pk)
    late = newcomer()

    assert person.standing(event)["state"] == "early"
    assert late.standing(event)["state"] == "moment"
    start(event)
    assert [placed(person, event), placed(late, event)] == [1, 2]


@pytest.mark.parametrize("written", [0, 4])
def test_a_start_that_is_cut_off_costs_nobody_their_place(event, open_room, newcomer, monkeypatch, written):
    line = open_room(starts_in=60)
    early = [newcomer() for _n in range(8)]

    def cut_off(line_id, order):
        whole(line_id, list(order)[:written])
        raise RedisError

    whole = store.put_ranks
    monkeypatch.setattr(store, "put_ranks", cut_off)
    with pytest.raises(RedisError):
        start(event)
    monkeypatch.setattr(store, "put_ranks", whole)
    late = newcomer()
    assert {person.standing(event)["state"] for person in early} <= {"early", "waiting"}
    assert late.standing(event)["state"] == "moment"
    for _time in range(2):
        tick(event, seconds=0)
        for person in early:
            person.standing(event)

    line.refresh_from_db()
    order = order_of(line)
    entries = [entry_id(line.pk, person.cookies["queue_browser"].value) for person in early]
    assert [placed(person, event) for person in early] == [order.index(entry) + 1 for entry in entries]
    assert placed(late, event) == 9
    assert breaches() == {}


def test_nobody_gets_a_second_place(event, open_room, newcomer):
    open_room(starts_in=60)
    person = newcomer()
    joins(person, event)
    joins(person, event)
    start(event)
    joins(person, event)

    assert EarlyEntry.objects.count() == 1
    assert placed(person, event) == 1
    late = newcomer()
    joins(late, event)
    assert placed(late, event) == 2
    assert newcomer().standing(event)["position"] == 3


def test_who_closes_the_page_and_comes_back_has_the_same_place(event, open_room, newcomer):
    open_room()
    tick(event)
    first, second = newcomer(), newcomer()
    tick(event)

    assert first.standing(event)["state"] == "turn"
    assert second.standing(event)["ahead"] == 0
    assert second.get(f"/events/{event.slug}/queue/").context["standing"].position == 2


def test_a_turn_that_nobody_takes_is_over_after_its_minutes(event, open_room, newcomer, monkeypatch):
    open_room(visit_minutes=5)
    tick(event)
    person = newcomer()
    tick(event)
    assert person.standing(event)["until"] in (299, 300)

    now = time.time()
    monkeypatch.setattr("waiting_room.standing.time.time", lambda: now + 301)
    assert person.standing(event)["state"] == "missed"


def test_numbers_are_reserved_before_they_run_out(event, open_room, newcomer):
    line = open_room()
    tick(event)
    store.client().hset(store.key(line.pk, "meta"), "issued", 400)
    tick(event)
    line.refresh_from_db()

    assert store.numbers_left(line.pk) == 600
    assert line.late_reserved == 1000
    assert placed(newcomer(), event) == 401


# --- The doors ----------------------------------------------------------------------------------------------------------


def hold_form(event):
    kind = world.kind_of(event, world.FREE)
    return {"performance_id": str(world.the_performance(event).pk), f"quantity-{kind.pk}": "1"}


def test_a_hold_needs_a_pass_while_the_line_is_open(event, open_room, newcomer):
    open_room()
    tick(event)
    person, next_one = newcomer(), newcomer()
    page, holds = f"/events/{event.slug}/", f"/events/{event.slug}/holds/"

    for path, answer in ((page, person.get(page)), (holds, person.post(holds, hold_form(event)))):
        assert (answer.status_code, answer.url) == (302, f"/events/{event.slug}/queue/"), path
    assert not Hold.objects.exists()

    tick(event)
    assert person.standing(event)["state"] == "turn"
    assert person.get(page).status_code == 200
    assert person.post(holds, hold_form(event)).url.startswith("/checkout/")
    assert next_one.post(holds, hold_form(event)).url == f"/events/{event.slug}/queue/"
    assert Hold.objects.count() == 1


def api_hold(browser, event, token=""):
    kind = world.kind_of(event, world.FREE)
    body = {
        "performance_id": str(world.the_performance(event).pk),
        "items": [{"ticket_type_id": str(kind.pk), "quantity": 1}],
    }
    headers = {"Idempotency-Key": str(time.perf_counter_ns()), **({"Queue-Token": token} if token else {})}
    return browser.post("/api/v1/holds", json.dumps(body), content_type="application/json", headers=headers)


def test_the_api_names_the_line_and_takes_the_pass(event, open_room, northside):
    open_room()
    tick(event)
    program = Browser(northside)
    refused = api_hold(program, event)
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert refused.json()["code"] == "queue_required"
    assert refused.json()["queue"] == f"/events/{event.slug}/queue/"

    joined = program.post(f"/events/{event.slug}/queue/entries/", headers={"Accept": "application/json"})
    assert joined.status_code == 201
    token = joined.json()["token"]
    program.cookies.clear()
    position = f"/events/{event.slug}/queue/position/"
    assert program.get(position, headers={"Queue-Token": token}).json()["state"] == "waiting"
    assert api_hold(program, event, token).status_code == 403

    tick(event)
    turn = program.get(position, headers={"Queue-Token": token}).json()
    assert turn["state"] == "turn"
    assert api_hold(program, event, turn["pass"]).status_code == 201
    assert Hold.objects.count() == 1


def test_without_a_line_nothing_is_asked_of_anybody(event, northside):
    assert api_hold(Browser(northside), event).status_code == 201
    assert Browser(northside).get(f"/events/{event.slug}/").status_code == 200
    assert Browser(northside).get(f"/events/{event.slug}/queue/").url == f"/events/{event.slug}/"


def test_a_closed_line_lets_everybody_through(event, open_room, newcomer, django_capture_on_commit_callbacks):
    open_room()
    tick(event)
    person = newcomer()
    assert person.get(f"/events/{event.slug}/").status_code == 302
    with django_capture_on_commit_callbacks(execute=True):
        change_room(event_id=event.pk, actor=SYSTEM, mode="off", rate_min=60, rate_max=600)

    assert person.get(f"/events/{event.slug}/").status_code == 200
    assert person.standing(event)["state"] == "closed"


# --- Not mine -----------------------------------------------------------------------------------------------------------


def test_a_token_is_worth_nothing_at_another_organizer_event_or_browser(
    event, open_room, newcomer, northside, southside
):
    open_room()
    tick(event)
    person = newcomer()
    tick(event)
    assert person.standing(event)["state"] == "turn"
    other = world.make_event("Another Night", kinds=((world.FREE, 0, 5),))
    change_room(event_id=other.pk, actor=SYSTEM, mode="on", rate_min=60, rate_max=600)
    tick(other)
    values = {name: morsel.value for name, morsel in person.cookies.items()}
    assert values.keys() == {"queue_token", "queue_pass", "queue_browser"}

    def carrying(house, path, **changed):
        thief = Browser(house)
        jar = "; ".join(f"{name}={value}" for name, value in {**values, **changed}.items())
        return thief.get(path, HTTP_COOKIE=jar)

    mine, theirs = f"/events/{event.slug}/queue/position/", f"/events/{other.slug}/queue/position/"
    assert carrying(northside, mine).json()["state"] == "turn"
    assert carrying(northside, theirs).json()["state"] == "none"
    assert carrying(northside, mine, queue_browser="somebody-else").json()["state"] == "none"
    assert carrying(southside, mine).json()["state"] == "none"
    assert carrying(northside, mine, queue_token=values["queue_pass"]).json()["state"] == "none"
    assert carrying(northside, f"/events/{other.slug}/").status_code == 302
    assert carrying(northside, f"/events/{event.slug}/", queue_browser="somebody-else").status_code == 302
    assert carrying(northside, f"/events/{event.slug}/").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 62, "A" * 300, "=" * 62, "\x00", "A.B.C", "-_" * 31])
def test_a_token_that_is_none_stands_nowhere(event, open_room, northside, token):
    open_room()
    answer = Browser(northside).get(
        f"/events/{event.slug}/queue/position/", HTTP_COOKIE=f"queue_token={token}; queue_browser=b"
    )
    assert answer.json()["state"] == "none"


# --- Cost ---------------------------------------------------------------------------------------------------------------


def test_a_poll_asks_the_database_nothing(event, open_room, newcomer):
    open_room(starts_in=60)
    early = newcomer()
    with CaptureQueriesContext(connection) as queries:
        assert early.standing(event)["state"] == "early"
    start(event)
    late = newcomer()
    with CaptureQueriesContext(connection) as more:
        assert early.standing(event)["state"] == "waiting"
        assert late.standing(event)["state"] == "waiting"
    assert (len(queries), len(more)) == (0, 0)


# --- Nothing left -------------------------------------------------------------------------------------------------------


def test_people_are_told_early_that_nothing_is_left(northside, always_fresh, newcomer_of):
    event = world.make_event(kinds=((world.FREE, 0, 2),))
    change_room(event_id=event.pk, actor=SYSTEM, mode="on", rate_min=60, rate_max=60)
    tick(event)
    people = [newcomer_of(event) for _n in range(4)]
    tick(event, seconds=0)
    assert [p.standing(event)["is_slim"] for p in people] == [False, False, True, True]

    held = world.hold(event, **{world.FREE: 2})
    tick(event)
    assert {p.standing(event)["state"] for p in people} == {"waiting"}
    assert people[0].standing(event)["is_paused"]

    checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    tick(event)
    assert {p.standing(event)["state"] for p in people} == {"sold_out"}
    assert open_line(event.pk).mark == 0
    assert people[0].get(f"/events/{event.slug}/").status_code == 200  # which says so too


@pytest.fixture
def newcomer_of(northside):
    return lambda event: joins(Browser(northside), event)


# --- The entrance -------------------------------------------------------------------------------------------------------


def test_a_solved_challenge_opens_once(event, open_room, northside):
    open_room()
    tick(event)
    first, second = Browser(northside), Browser(northside)
    proof = proof_from(first, event)
    joins(first, event, proof=proof)

    again = second.post(f"/events/{event.slug}/queue/entries/", {"proof": proof})

    assert again.status_code == 422
    assert "queue_token" not in second.cookies
    assert second.standing(event)["state"] == "none"


def test_a_wrong_proof_is_refused(event, open_room, northside):
    open_room()
    tick(event)
    other = world.make_event("Another Night", kinds=((world.FREE, 0, 5),))
    change_room(event_id=other.pk, actor=SYSTEM, mode="on", rate_min=60, rate_max=600)
    person = Browser(northside)
    for proof in ("x", "e30=", "9" * 5000, proof_from(person, other)):
        assert person.post(f"/events/{event.slug}/queue/entries/", {"proof": proof}).status_code == 422
    assert person.standing(event)["state"] == "none"


def test_a_network_has_a_share_and_proofs_make_it_larger(event, open_room, northside):
    open_room()
    tick(event)
    at_home = {"address": "203.0.113.7"}
    for _n in range(6):
        joins(Browser(northside, **at_home), event)

    refused = Browser(northside, **at_home).post(f"/events/{event.slug}/queue/entries/")
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "Try again in a minute" in refused.content.decode()
    proven = Browser(northside, **at_home)
    joins(proven, event, proof=proof_from(proven, event))
    assert placed(proven, event) == 7
    elsewhere = joins(Browser(northside), event)
    assert placed(elsewhere, event) == 8


# --- Redis is lost ------------------------------------------------------------------------------------------------------


def flush() -> None:
    store.client().flushdb()
    store.forget_metas()


def test_a_loss_of_redis_after_the_start_changes_nobodys_place(event, open_room, newcomer):
    line = open_room(starts_in=60)
    early = [newcomer() for _n in range(8)]
    start(event)
    late = [newcomer() for _n in range(4)]
    tick(event, seconds=2)
    before = [placed(person, event) for person in late]
    order = order_of(Line.objects.get(pk=line.pk))
    mark = open_line(event.pk).mark
    assert mark >= 2

    flush()
    assert {person.standing(event)["state"] for person in (*early, *late)} == {"moment"}
    tick(event, seconds=0)

    assert [placed(person, event) for person in late] == before == [9, 10, 11, 12]
    assert sorted(placed(person, event) for person in early) == list(range(1, 9))
    assert order_of(Line.objects.get(pk=line.pk)) == order
    newest = placed(newcomer(), event)
    assert newest > 12
    admitted = open_line(event.pk).mark
    assert mark <= admitted < 8  # a slow machine's own seconds may let one more in
    assert sum(person.standing(event)["state"] == "turn" for person in early) == admitted
    assert breaches() == {}


def test_a_loss_of_redis_before_the_start_is_mended_by_the_tokens(event, open_room, newcomer):
    open_room(starts_in=60)
    saved = newcomer()
    tick(event)
    unsaved = newcomer()

    flush()
    tick(event)
    assert {person.standing(event)["state"] for person in (saved, unsaved)} == {"early"}
    start(event)

    assert sorted([placed(saved, event), placed(unsaved, event)]) == [1, 2]
    assert EarlyEntry.objects.count() == 2


def test_an_early_one_whom_only_the_token_remembers_comes_next(event, open_room, newcomer):
    open_room(starts_in=60)
    saved = newcomer()
    tick(event)
    forgotten = newcomer()
    flush()
    start(event)

    assert placed(saved, event) == 1
    assert placed(forgotten, event) > 1
    assert placed(forgotten, event) == placed(forgotten, event)


def test_redis_away_keeps_places_and_asks_for_patience(event, open_room, newcomer, northside, monkeypatch):
    open_room()
    tick(event)
    person = newcomer()
    monkeypatch.setattr(settings, "LIVE_REDIS_URL", "redis://127.0.0.1:1/0")
    connect_anew()
    try:
        assert person.standing(event)["state"] == "moment"
        refused = Browser(northside).post(f"/events/{event.slug}/queue/entries/")
        assert (refused.status_code, refused["Retry-After"]) == (503, "3")
        assert person.post(f"/events/{event.slug}/holds/", hold_form(event)).url == f"/events/{event.slug}/queue/"
    finally:
        monkeypatch.undo()
        connect_anew()


def connect_anew():
    for forget in (store.client.cache_clear, store._registered.cache_clear, store.forget_metas):
        forget()


# --- Rules --------------------------------------------------------------------------------------------------------------


def test_a_rule_opens_at_its_time_shuffles_at_the_start_and_closes_when_all_are_through(event, newcomer):
    soon = timezone.now() + timedelta(minutes=5)
    rule = {"mode": "rule", "rate_min": 600, "rate_max": 600, "actor": SYSTEM, "event_id": event.pk}
    change_room(opens_at=timezone.now() + timedelta(minutes=1), starts_at=soon, **rule)
    assert tick(event) is None

    change_room(opens_at=timezone.now() - timedelta(seconds=1), starts_at=soon, **rule)
    line = tick(event)
    assert line is not None
    assert line.started_at is None
    person = newcomer()
    start(event)
    tick(event)
    assert person.standing(event)["state"] == "turn"

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert tick(event) is None
    assert open_line(event.pk) is None
    assert tick(event) is None  # and it does not open again


def test_a_rule_opens_when_more_people_come_than_it_says(event, northside):
    change_room(event_id=event.pk, actor=SYSTEM, mode="rule", busy_above=3, rate_min=60, rate_max=600)
    for _n in range(3):
        assert Browser(northside).get(f"/events/{event.slug}/").status_code == 200
    health.flush()
    assert tick(event) is None
    Browser(northside).get(f"/events/{event.slug}/")
    health.flush()
    line = tick(event)
    assert line is not None
    assert line.is_by_rule
    assert line.started_at is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "never"},
        {"rate_min": 0},
        {"rate_min": 700},
        {"rate_max": 70_000},
        {"mode": "rule"},
        {"mode": "rule", "opens_at": timezone.now(), "starts_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_settings_that_do_not_fit_are_refused_and_change_nothing(event, wrong):
    with pytest.raises(RoomInvalid):
        change_room(**{"event_id": event.pk, "actor": SYSTEM, "mode": "on", "rate_min": 60, "rate_max": 600, **wrong})
    assert not Room.objects.exists()
    assert not Line.objects.exists()


# --- The page -----------------------------------------------------------------------------------------------------------


def test_the_page_works_without_script_and_says_what_holds(event, open_room, northside):
    open_room()
    tick(event)
    person = Browser(northside)
    assert person.get(f"/events/{event.slug}/").url == f"/events/{event.slug}/queue/"
    page = person.get(f"/events/{event.slug}/queue/").content.decode()
    assert 'data-queue="none"' in page
    assert "http-equiv" not in page

    joins(person, event)
    page = person.get(f"/events/{event.slug}/queue/").content.decode()
    assert 'data-queue="waiting"' in page
    assert re.search(r"data-ahead>\s*0\s*<", page)
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page
    assert len(page.encode()) < 14_000

    tick(event)
    page = person.get(f"/events/{event.slug}/queue/").content.decode()
    assert 'data-queue="turn"' in page
    assert person.get(f"/events/{event.slug}/").status_code == 200
