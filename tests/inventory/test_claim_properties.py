"""The claim against a model of it: groups of any make-up, answered exactly as a shop assistant with a list would; and in a crowd,
where no order is known, everything that must hold of whatever came out.

`HYPOTHESIS_PROFILE=deep` looks ten times as far, with new examples each time (tests/depth.py).
"""

import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import given
from hypothesis import strategies as st

from analytics.invariants import breaches
from inventory.claim import CALL, ClaimAnswer, ClaimLine, ClaimRequest, answers, parameters
from inventory.lanes import _address
from inventory.models import Hold, Place, StockEntry
from tests import world
from tests.depth import looking

SIZES = (5, 9, 14)  # of the pools; the last one's places are also asked for by name
NAMED = 2
PEOPLE = ("ann", "ben", "cem")
SECONDS = 60.0


@dataclass
class Model:
    """A shop with a list: who has which kind of place until when. Places are alike but for the named ones."""

    seats: list[int]
    pools: list[list[tuple[str, UUID | None, datetime | None, int | None]]] = field(
        default_factory=lambda: [[] for _size in SIZES]  # (person, type, until, seat) of each place that is held
    )
    holds_of: dict[str, list[tuple[datetime, Counter[int]]]] = field(default_factory=lambda: defaultdict(list))
    keys: set[str] = field(default_factory=set)

    def ask(self, request: ClaimRequest, pool_of: dict[int, int], at: datetime) -> tuple[str, int | None, int]:
        """(verdict, index of the line in the way, how many are left for it); what is granted is written down."""
        if request.key in self.keys:
            return "known", None, 0
        verdict = self._judge(request, pool_of, at)
        if request.key:
            self.keys.add(request.key)
        return verdict

    def _judge(self, request: ClaimRequest, pool_of: dict[int, int], at: datetime) -> tuple[str, int | None, int]:
        for index, line in enumerate(request.lines):
            if (line.starts and at < line.starts) or (line.ends and at >= line.ends):
                return "not_on_sale", index, 0
            if request.person and line.person_limit is not None:
                held = self.holds_of[request.person]
                has = sum(pools[line.pool_id] for until, pools in held if until > at)  # one type in these tests
                if has + line.quantity > line.person_limit:
                    return "person_limit", index, max(line.person_limit - has, 0)
        until = at + timedelta(seconds=request.seconds)
        taken: list[list[tuple[str, UUID | None, datetime | None, int | None]]] = [[] for _size in SIZES]
        for index, line in enumerate(request.lines):
            pool = pool_of[line.pool_id]
            live = [one for one in [*self.pools[pool], *taken[pool]] if one[2] and one[2] > at]
            if line.seats:
                gone = {seat for _person, _type, _until, seat in live}
                left = len([seat for seat in set(line.seats) if seat in self.seats and seat not in gone])
            else:
                left = SIZES[pool] - len(live)
            if left < line.quantity:
                return "sold_out", index, left
            wanted: tuple[int | None, ...] = line.seats or (None,) * line.quantity
            taken[pool] += [(request.person, line.ticket_type_id, until, seat) for seat in wanted]
        for pool, added in enumerate(taken):
            self.pools[pool] = [one for one in self.pools[pool] if one[2] and one[2] > at] + added
        if request.person:
            pools = Counter({line.pool_id: line.quantity for line in request.lines})
            self.holds_of[request.person].append((until, pools))
        return "held", None, 0


@dataclass(frozen=True)
class Shop:
    """A performance with three pools of bare places."""

    performance_id: UUID
    offer: UUID
    kind: UUID
    pools: tuple[int, ...]
    seats: tuple[int, ...]  # the places of the named pool

    def call(self, requests: list[ClaimRequest], at: datetime) -> list[ClaimAnswer]:
        values = parameters(self.performance_id, self.offer, requests, at=at, waits=False)
        with connection.cursor() as cursor:
            cursor.execute(CALL.format(schema=""), values)
            return answers(requests, cursor.fetchall())


def open_shop() -> Shop:
    kinds = tuple((f"Kind {index}", 0, size) for index, size in enumerate(SIZES))
    event = world.make_event("Any Group", kinds=kinds)
    performance = world.the_performance(event)
    pools = tuple(performance.pools.order_by("pk").values_list("pk", flat=True))
    seats = Place.objects.filter(pool_id=pools[NAMED]).order_by("pk").values_list("pk", flat=True)
    kind = world.kind_of(event, "Kind 0").pk
    return Shop(performance.pk, performance.offer_version, kind, pools, tuple(seats))


@pytest.fixture
def shop(northside: world.House) -> Shop:
    return open_shop()


# A basket is what is drawn; ids come when it meets a shop. `seats` are positions in the named pool, or beyond it: -1.
line_drawn = st.one_of(
    st.tuples(st.integers(0, 1), st.integers(1, 4), st.just(())),
    st.tuples(
        st.just(NAMED), st.just(0), st.lists(st.integers(-1, 13), min_size=1, max_size=4, unique=True).map(tuple)
    ),
)
window = st.sampled_from([(None, None)] * 6 + [(-60, 60), (1, None), (None, 0), (None, -1)])
request_drawn = st.fixed_dictionaries(
    {
        "lines": st.lists(line_drawn, min_size=1, max_size=3, unique_by=lambda line: line[0]),
        "window": window,
        "person": st.sampled_from(["", "", *PEOPLE]),
        "limit": st.sampled_from([None, 1, 3, 6]),
        "key": st.integers(0, 30),  # 0: none
        "seconds": st.sampled_from([SECONDS, SECONDS, 5.0]),
    }
)
groups_drawn = st.lists(
    st.tuples(st.integers(0, 40), st.lists(request_drawn, min_size=1, max_size=64)), min_size=1, max_size=4
)


def made(shop: Shop, drawn: dict[str, Any], at: datetime) -> ClaimRequest:
    starts, ends = (None if offset is None else at + timedelta(seconds=offset) for offset in drawn["window"])
    lines = []
    for pool, quantity, seats in sorted(drawn["lines"]):
        named = tuple(shop.seats[seat] if seat >= 0 else shop.seats[0] - 1 for seat in seats)
        lines.append(
            ClaimLine(
                pool_id=shop.pools[pool],
                pool_size=SIZES[pool],
                ticket_type_id=shop.kind,
                quantity=quantity or len(seats),
                starts=starts,
                ends=ends,
                seats=named,
                person_limit=drawn["limit"],
            )
        )
    return ClaimRequest(
        hold_id=uuid4(),
        token="t",
        quote="{}",
        seconds=drawn["seconds"],
        lines=tuple(lines),
        person=drawn["person"],
        scope="property",
        key=str(drawn["key"] or ""),
    )


def as_a_lane_would(requests: list[ClaimRequest]) -> list[ClaimRequest]:
    """Nobody, and no key, twice in one group."""
    people: set[str] = set()
    keys: set[str] = set()
    kept = []
    for request in requests:
        if not ((request.person and request.person in people) or (request.key and request.key in keys)):
            people.add(request.person)
            keys.add(request.key)
            kept.append(request)
    return kept


@looking(examples=30)
@given(groups=groups_drawn)
def test_every_request_of_a_group_is_answered_as_the_model_says(shop, groups):
    pool_of = {pool: index for index, pool in enumerate(shop.pools)}
    model = Model(list(shop.seats))
    with transaction.atomic():
        at = timezone.now()
        for pause, drawn in groups:
            at += timedelta(seconds=pause)
            requests = as_a_lane_would([made(shop, one, at) for one in drawn])

            given_out = shop.call(requests, at)

            expected = [model.ask(request, pool_of, at) for request in requests]
            got = [
                (answer.verdict, request.lines.index(answer.line) if answer.line else None, answer.available)
                for request, answer in zip(requests, given_out, strict=True)
            ]
            assert got == expected
            for index, pool in enumerate(shop.pools):
                live = Place.objects.filter(pool_id=pool, state="held", held_until__gt=at)
                held = [one for one in model.pools[index] if one[2] and one[2] > at]
                assert live.count() == len(held)
                if index == NAMED:
                    assert set(live.values_list("pk", flat=True)) == {seat for *_rest, seat in held}
        assert breaches() == {}
        transaction.set_rollback(True)


def test_any_and_named_places_of_one_pool_can_be_asked_for_together(shop):
    """Whoever wants any place leaves the named ones to whoever named them."""
    at = timezone.now()
    named = {"window": (None, None), "person": "", "limit": None, "key": 0, "seconds": SECONDS}
    everything_named = made(shop, {**named, "lines": [(NAMED, 0, tuple(range(10)))]}, at)
    any_four = made(shop, {**named, "lines": [(NAMED, 4, ())]}, at)

    first, second = shop.call([any_four, everything_named], at)

    assert (first.verdict, second.verdict) == ("held", "held")
    assert Place.objects.filter(pk__in=shop.seats, state="held").count() == 14
    assert set(Place.objects.filter(hold_id=everything_named.hold_id).values_list("pk", flat=True)) == set(
        shop.seats[:10]
    )


def test_any_places_are_sold_out_when_the_rest_was_named(shop):
    at = timezone.now()
    plain = {"window": (None, None), "person": "", "limit": None, "key": 0, "seconds": SECONDS}
    named = made(shop, {**plain, "lines": [(NAMED, 0, tuple(range(10)))]}, at)
    any_five = made(shop, {**plain, "lines": [(NAMED, 5, ())]}, at)

    first, second = shop.call([named, any_five], at)

    assert first.verdict == "held"
    assert (second.verdict, second.available) == ("sold_out", 4)


def test_a_seat_of_another_pool_is_never_given_out(shop):
    """Not even when somebody else in the group has named it rightly, and gets something else refused."""
    at = timezone.now()
    plain = {"window": (None, None), "person": "", "limit": None, "key": 0, "seconds": SECONDS}
    stranger = made(shop, {**plain, "lines": [(0, 1, ())]}, at)
    cheap = ClaimLine(shop.pools[0], SIZES[0], shop.kind, 1, seats=(shop.seats[3],))
    stranger = stranger._replace(lines=(cheap,))
    rightly = made(shop, {**plain, "lines": [(NAMED, 0, (3,))]}, at)

    refused, held = shop.call([stranger, rightly], at)

    assert (refused.verdict, held.verdict) == ("sold_out", "held")


CROWD_SECONDS = 3.0
CROWD_HOLD = 0.15  # seconds: so short that places change hands all the time
CONNECTIONS = 8


@pytest.fixture
def crowded(django_db_setup, django_db_blocker):
    """A shop of its own whose rows are committed."""
    with django_db_blocker.unblock():
        house = world.open_house("Crowd & Sons", "crowd", owner="Cora", door="Cem")
        with tenant_context(house.organizer):
            yield open_shop(), house.organizer.schema_name
            connection.close()


def test_in_a_crowd_no_two_holds_overlap_and_none_is_partial(crowded):
    """Eight connections, groups of any size, holds of 150 ms: the journal tells every hold's life, and it is all consistent."""
    shop, schema = crowded
    held: list[ClaimRequest] = []
    verdicts: Counter[str] = Counter()
    faults: list[str] = []
    ends_at = time.monotonic() + CROWD_SECONDS

    def buy(seed: int) -> None:
        chance = random.Random(seed)
        with psycopg.connect(_address(), autocommit=True) as connected:
            while time.monotonic() < ends_at:
                group = []
                for _request in range(chance.randint(1, 24)):
                    drawn: list[tuple[int, int, tuple[int, ...]]] = []
                    for pool in sorted(chance.sample(range(3), chance.randint(1, 3))):
                        seats = (
                            tuple(chance.sample(range(14), chance.randint(1, 4)))
                            if pool == NAMED and chance.random() < 0.7
                            else ()
                        )
                        drawn.append((pool, 0 if seats else chance.randint(1, 3), seats))
                    plain = {"window": (None, None), "person": "", "limit": None, "key": 0, "seconds": CROWD_HOLD}
                    group.append(made(shop, {**plain, "lines": drawn}, timezone.now()))
                values = parameters(shop.performance_id, shop.offer, group, at=None, waits=chance.random() < 0.2)
                try:
                    rows = connected.execute(CALL.format(schema=f"{schema}."), values).fetchall()
                except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
                    verdicts[type(error).__name__] += 1
                    continue
                except psycopg.Error as error:
                    faults.append(repr(error))
                    return
                for request, answer in zip(group, answers(group, rows), strict=True):
                    verdicts[answer.verdict] += 1
                    if answer.verdict == "held":
                        held.append(request)

    crowd = [threading.Thread(target=buy, args=(seed,)) for seed in range(CONNECTIONS)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()

    assert faults == []
    assert verdicts["DeadlockDetected"] == 0, verdicts
    assert verdicts["held"] > 200, verdicts
    journal = StockEntry.objects.filter(kind="hold", place_id__in=Place.objects.filter(pool_id__in=shop.pools))
    taken: dict[UUID, list[int]] = defaultdict(list)
    for hold_id, place_id in journal.values_list("hold_id", "place_id"):
        taken[hold_id].append(place_id)
    pool_of = dict(Place.objects.filter(pool_id__in=shop.pools).values_list("pk", "pool_id"))
    assert set(taken) == {request.hold_id for request in held}  # nobody has one that was not told so, nor the other way
    for request in held:
        places = taken[request.hold_id]
        assert len(places) == len(set(places))
        assert Counter(map(pool_of.__getitem__, places)) == {line.pool_id: line.quantity for line in request.lines}
        assert {seat for line in request.lines for seat in line.seats} <= set(places)
    spans: dict[int, list[tuple[datetime, datetime, UUID]]] = defaultdict(list)
    for place_id, at, until, hold_id in journal.values_list("place_id", "at", "until", "hold_id"):
        spans[place_id].append((at, until, hold_id))
    overlaps = [
        (place, before, after)
        for place, lives in spans.items()
        for before, after in zip(sorted(lives), sorted(lives)[1:], strict=False)
        if after[0] < before[1]
    ]
    assert overlaps == []
    last = {place: max(lives)[2] for place, lives in spans.items()}
    rows = dict(Place.objects.filter(pool_id__in=shop.pools).exclude(hold=None).values_list("pk", "hold_id"))
    assert rows == last
    assert Hold.objects.filter(performance_id=shop.performance_id).count() == len(held)
    assert breaches() == {}
