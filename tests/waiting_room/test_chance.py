"""Whatever comes in whatever order, with Redis lost in between: no inversion, nobody twice, never faster than allowed."""

import random

import pytest

from analytics.invariants import breaches
from tests.waiting_room.line import start, tick
from tests.waiting_room.test_line import flush
from waiting_room.entrance import join
from waiting_room.queries import open_line
from waiting_room.standing import standing_of

PEOPLE, STEPS = 12, 80


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_nobody_overtakes_anybody(event, open_room, seed):
    chance = random.Random(seed)
    open_room(starts_in=600, rate_min=30, rate_max=240)
    tick(event)
    entries, first_seen, placed_at = {}, {}, {}
    for step in range(STEPS):
        line = open_line(event.pk)
        what = chance.choice(["join"] * 5 + ["tick"] * 3 + ["ask"] * 3 + ["flush"])
        if step == STEPS // 3:
            start(event)
        elif what == "join":
            who = f"browser-{chance.randrange(PEOPLE)}"
            entry = join(line=line, browser=who, network=f"n{step}")
            if who not in entries:
                entries[who] = entry
                first_seen[who] = (line.started_at is not None, step)
        elif what == "ask" and entries:
            who = chance.choice(sorted(entries))
            standing, entries[who] = standing_of(entries[who], slug=event.slug)
            if standing.position:
                assert placed_at.setdefault(who, standing.position) == standing.position
        elif what == "tick":
            tick(event, seconds=chance.choice([0.2, 1, 3]))
        elif what == "flush" and step != STEPS // 3 - 1:
            tick(event, seconds=0)  # what came within the last second may lose its lot; that is tested apart
            flush()
            tick(event, seconds=0)

    tick(event)
    final = {}
    for who, entry in entries.items():
        standing, _entry = standing_of(entry, slug=event.slug)
        final[who] = standing.position
        assert placed_at.get(who, standing.position) == standing.position
    assert 0 not in final.values()
    assert len(set(final.values())) == len(final)
    late = sorted((at, final[who]) for who, (is_late, at) in first_seen.items() if is_late)
    assert [position for _at, position in late] == sorted(position for _at, position in late)
    early = [final[who] for who, (is_late, _at) in first_seen.items() if not is_late]
    assert sorted(early) == list(range(1, len(early) + 1))
    assert breaches() == {}
