"""Fair by construction, and anybody can check it from what is public."""

import json
import math
import random

import pytest
from django.core.management import call_command

from audit.actions import SYSTEM
from tests.waiting_room.line import Browser, start
from waiting_room.actions import change_room
from waiting_room.models import Line
from waiting_room.shuffle import commitment_to, digest_of, shuffled

RUNS, PEOPLE = 1000, 20


def entries(count: int, *, run: int) -> list[str]:
    chance = random.Random(run)
    return [f"{chance.getrandbits(64):016x}" for _n in range(count)]


def seeds() -> list[bytes]:
    chance = random.Random(2026)
    return [chance.randbytes(32) for _n in range(RUNS)]


def chi_square_tail(value: float, degrees: int) -> float:
    """How likely a value at least so large is by chance: the Wilson-Hilferty approximation, good to some per mille."""
    spread = 2 / (9 * degrees)
    z = ((value / degrees) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return 0.5 * math.erfc(z / math.sqrt(2))


def test_every_place_is_as_likely_for_whoever_came_first_as_for_the_last():
    counts = [[0] * PEOPLE for _person in range(PEOPLE)]
    correlations = []
    for run, seed in enumerate(seeds()):
        came = entries(PEOPLE, run=run)
        rank = {entry: position for position, entry in enumerate(shuffled(came, seed))}
        for person, entry in enumerate(came):
            counts[person][rank[entry]] += 1
        middle = (PEOPLE - 1) / 2
        correlations.append(sum((n - middle) * (rank[e] - middle) for n, e in enumerate(came)))

    expected = RUNS / PEOPLE
    value = sum((seen - expected) ** 2 / expected for row in counts for seen in row)
    assert chi_square_tail(value, (PEOPLE - 1) ** 2) > 0.01
    variance = PEOPLE * (PEOPLE**2 - 1) / 12
    assert abs(sum(correlations) / RUNS / variance) < 0.02


def test_the_order_is_the_seeds_and_the_lists_alone():
    came, seed = entries(50, run=1), seeds()[0]
    order = shuffled(came, seed)

    assert sorted(order) == sorted(came)
    assert shuffled(reversed(came), seed) == order
    assert shuffled([*came, *came], seed) == order
    assert shuffled(came, seeds()[1]) != order
    # One more person changes the order of all: nobody can choose an entry for a place.
    without = [entry for entry in shuffled([*came, "0" * 16], seed) if entry != "0" * 16]
    assert without != order


def test_known_answers():
    seed = bytes(range(32))
    assert commitment_to(seed) == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    assert digest_of(["b" * 16, "a" * 16]) == digest_of(["a" * 16, "b" * 16])
    assert digest_of([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_commitment_is_public_before_and_the_seed_only_after(event, open_room, newcomer, northside, tmp_path):
    line = open_room(starts_in=60)
    people = [newcomer() for _n in range(5)]
    anybody = Browser(northside)
    fairness, order = f"/events/{event.slug}/queue/fairness.json", f"/events/{event.slug}/queue/order.txt"

    before = anybody.get(fairness).json()
    assert (before["seed"], before["order"]) == (None, None)
    assert anybody.get(order).status_code == 404
    assert before["commitment"] not in (bytes(line.seed_sealed).hex(), "")
    start(event)
    after = anybody.get(fairness).json()

    assert after["commitment"] == before["commitment"] == commitment_to(bytes.fromhex(after["seed"]))
    assert after["early"] == 5
    (tmp_path / "fairness.json").write_text(json.dumps(after))
    (tmp_path / "order.txt").write_bytes(anybody.get(order).content)
    call_command("verify_shuffle", tmp_path / "fairness.json", tmp_path / "order.txt")
    listed = (tmp_path / "order.txt").read_text().split()
    for person in people:
        position = person.standing(event)["position"]
        assert f"<code>{listed[position - 1]}</code>" in person.get(f"/events/{event.slug}/queue/").content.decode()

    (tmp_path / "order.txt").write_text("\n".join([listed[1], listed[0], *listed[2:]]))
    with pytest.raises(SystemExit):
        call_command("verify_shuffle", tmp_path / "fairness.json", tmp_path / "order.txt")


def test_a_seed_opens_for_its_own_line_alone(event, open_room):
    from cryptography.exceptions import InvalidTag

    from waiting_room.seal import seal, unseal

    line = open_room()
    change_room(event_id=event.pk, actor=SYSTEM, mode="off", rate_min=60, rate_max=60)
    other = open_room()
    assert Line.objects.count() == 2
    assert unseal(seal(b"x" * 32, line_id=line.pk), line_id=line.pk) == b"x" * 32
    with pytest.raises(InvalidTag):
        unseal(bytes(line.seed_sealed), line_id=other.pk)
