"""Many buyers at once on one seat map: half of them pick by hand, half take the best; then everything is looked at again.

Used small by the tests and large by `make bench ARGS=seatmap_rush`. What is proved afterwards is derived from the journal,
by brute force, and not by the code that took the decisions.
"""

import json
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from django.db import connection
from django_tenants.utils import tenant_context

from checkout import actions as checkout
from checkout import best
from checkout.seats import SeatChoice
from events.models import Event
from events.seating_plan import painting_of, plan_of
from inventory import live
from inventory.announcer import Announcer
from inventory.models import SeatPlace, StockEntry
from inventory.seat_vector import FREE, SeatVector, read_vectors
from tenants.models import Organizer
from tests import world
from ui.errors import DomainError

UNSEEN = timedelta(seconds=2)  # a seat given back so shortly before may not have been free yet to who judged then


@dataclass
class Told:
    """What buyers were told, in all."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


@dataclass
class Page:
    """An open page: the vector it began with, and every delta that came after, applied."""

    digits: list[str]
    seq: int
    refetches: int = 0

    def apply(self, delta: Any, fetch: Any) -> None:
        if delta["to"] <= self.seq:
            return
        if delta["from"] > self.seq or delta.get("seats", []) is None:
            self.seq, self.digits = fetch()
            self.refetches += 1
            return
        for first, count, state in delta.get("seats", []):
            self.digits[first : first + count] = str(state) * count
        self.seq = delta["to"]


def rush(event: Event, organizer: Organizer, *, buyers: int, picks: int, seed: int = 7) -> tuple[Told, Page]:
    """Let `buyers` threads pick `picks` times each, an announcer and one open page beside them."""
    performance = world.the_performance(event).pk
    announcer = Announcer(live.connected())
    mark = live.mark_of(organizer.schema_name, performance)
    live.mark(performance)
    announcer.tick()
    found = live.seats_of(performance)
    assert found is not None
    page = Page(digits_of(found[1]), found[0])
    told, ended = Told(), threading.Event()

    def announce() -> None:
        heard = live.connected().pubsub(ignore_subscribe_messages=True)
        heard.subscribe(live.topic(mark))
        while not ended.wait(0.1):
            announcer.tick()
            connection.close()
            listen(heard)
        with tenant_context(organizer):
            live.mark(performance)
        announcer.tick()
        listen(heard)
        heard.close()
        connection.close()

    def listen(heard: Any) -> None:
        while message := heard.get_message(timeout=0.05):
            page.apply(json.loads(message["data"]), fetch)

    def fetch() -> tuple[int, list[str]]:
        with tenant_context(organizer):
            now = live.announced_seats(performance)
        assert now is not None
        return now[0], digits_of(now[1])

    def buy(number: int) -> None:
        with tenant_context(organizer):
            try:
                _Buyer(event, performance, random.Random(seed * 1000 + number), told).pick(picks)
            except Exception as error:  # whatever it is, the rush must say so
                told.faults.append(repr(error))
            finally:
                connection.close()

    with ThreadPoolExecutor(buyers + 1) as pool:
        announcing = pool.submit(announce)
        list(pool.map(buy, range(buyers)))
        ended.set()
        announcing.result()
    return told, page


class _Buyer:
    def __init__(self, event: Event, performance: UUID, chance: random.Random, told: Told) -> None:
        self.performance, self.chance, self.told = performance, chance, told
        plan = plan_of(event.pk)
        assert plan is not None
        self.shown, self.map = painting_of(plan), plan.version.hash
        self.kinds = {kind.category: kind.pk for kind in event.ticket_types.all()}
        self.holds: list[Any] = []

    def pick(self, times: int) -> None:
        for _time in range(times):
            try:
                hold = self.best() if self.chance.random() < 0.5 else self.by_hand()
            except DomainError as refused:
                self.told.outcomes[refused.code] += 1
            else:
                if hold is None:
                    continue
                self.told.outcomes["held"] += 1
                self.holds.append(hold)
            self.think_again()

    def best(self) -> Any:
        category = self.chance.choice(sorted(self.kinds))
        basket = {self.kinds[category]: self.chance.randint(1, 6)}
        return best.hold_best(performance_id=self.performance, baskets=[basket], asked=checkout.ANONYMOUS)

    def by_hand(self) -> Any:
        """Neighbours, or now and then any seats, free as far as this buyer knows."""
        found = live.seats_of(self.performance)
        assert found is not None
        vector = found[1]
        run = self.chance.choice(self.shown.compiled.runs)
        seats = [index for index in range(run.first, run.first + run.count) if vector.state_of(index) == FREE]
        if not seats:
            return None
        if self.chance.random() < 0.8:
            start = self.chance.randrange(len(seats))
            seats = seats[start : start + self.chance.randint(1, 5)]
        else:
            seats = sorted(self.chance.sample(seats, min(len(seats), self.chance.randint(1, 3))))
        category = self.shown.categories[seats[0]]
        assert category is not None
        seats = [index for index in seats if self.shown.categories[index] == category]
        choice = SeatChoice(map=self.map, seats={self.kinds[category]: seats})
        basket = {self.kinds[category]: len(seats)}
        return checkout.place_hold(performance_id=self.performance, basket=basket, seats=choice)

    def think_again(self) -> None:
        """Some give back what they have, some buy it."""
        if not self.holds:
            return
        roll = self.chance.random()
        hold = self.holds.pop(self.chance.randrange(len(self.holds)))
        if roll < 0.5:
            checkout.release_hold(hold_id=hold.pk, token=hold.token)
        elif roll < 0.6:
            checkout.place_order(hold_id=hold.pk, token=hold.token, buyer=world.BEA)
        else:
            self.holds.append(hold)


# --- Looking at it again ------------------------------------------------------------------------------------------------------


def digits_of(vector: SeatVector) -> list[str]:
    return [str(vector.state_of(index)) for index in range(vector.n)]


def table_of(performance: UUID) -> list[str]:
    return digits_of(read_vectors([performance])[performance])


def double_sales(performance: UUID) -> int:
    """How often a seat was given to somebody while somebody else had it, by the journal's own order."""
    found = 0
    has: dict[int, UUID | None] = {}
    places = set(SeatPlace.objects.filter(performance_id=performance).values_list("place_id", flat=True))
    entries = StockEntry.objects.filter(place_id__in=places).order_by("pk")
    for kind, place, hold in entries.values_list("kind", "place_id", "hold_id"):
        if kind == "hold":
            found += has.get(place) is not None
            has[place] = hold
        elif kind in ("release", "return", "lapse"):
            has[place] = None
        elif kind == "sale":
            found += has.get(place) != hold
    return found


def new_orphans(event: Event) -> list[list[int]]:
    """The claims that left a single seat although their people could have sat otherwise, each as its seats in one run."""
    performance = world.the_performance(event).pk
    plan = plan_of(event.pk)
    assert plan is not None
    shown = painting_of(plan)
    seat_of = dict(SeatPlace.objects.filter(performance_id=performance).values_list("place_id", "seat_index"))
    free = set(seat_of.values())
    given_back: dict[int, datetime] = {}
    found: list[list[int]] = []
    entries = list(
        StockEntry.objects.filter(place_id__in=seat_of).order_by("pk").values_list("kind", "place_id", "hold_id", "at")
    )
    position = 0
    while position < len(entries):
        kind, place, hold, at = entries[position]
        if kind != "hold":
            if kind in ("release", "return", "lapse"):
                free.add(seat_of[place])
                given_back[seat_of[place]] = at
            position += 1
            continue
        claim = [
            seat_of[entry[1]] for entry in entries[position : position + 60] if entry[0] == "hold" and entry[2] == hold
        ]
        for run in {shown.compiled.seats[index].run for index in claim}:
            chosen = {index for index in claim if shown.compiled.seats[index].run == run}
            of_run = shown.compiled.runs[run]
            seats = {index for index in free if of_run.first <= index < of_run.first + of_run.count} | chosen
            unseen = {index for index in seats - chosen if at - given_back.get(index, at - UNSEEN) < UNSEEN}
            states = [seats] if not unseen else [seats, seats - unseen]
            if all(_could_do_better(one, chosen, shown.categories) for one in states):
                found.append(sorted(chosen))
        free -= set(claim)
        position += 1
        while position < len(entries) and entries[position][0] == "hold" and entries[position][2] == hold:
            position += 1
    return found


def _could_do_better(free: set[int], chosen: set[int], categories: Any) -> bool:
    """Whether these people leave a single seat and others like them would not have had to; by trying everything."""

    def lonely(seats: set[int]) -> set[int]:
        return {seat for seat in seats if seat - 1 not in seats and seat + 1 not in seats}

    if not lonely(free - chosen) - lonely(free):
        return False
    wanted = {categories[index] for index in chosen}
    allowed = sorted(index for index in free if categories[index] in wanted)
    if max(chosen) - min(chosen) + 1 == len(chosen):
        others = [set(range(index, index + len(chosen))) for index in allowed]
        others = [other for other in others if other <= set(allowed)]
    else:
        others = [set(other) for other in combinations(allowed, len(chosen))]
    return any(not lonely(free - other) - lonely(free) for other in others)
