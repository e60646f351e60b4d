"""Live counts: marks after a commit, and what Redis may and may not cost."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from audit.actions import SYSTEM
from inventory import live
from inventory.actions import release_hold
from tests import world


@pytest.fixture(autouse=True)
def _empty() -> None:
    live.connected().flushdb()


def marks() -> set[str]:
    return set(live.connected().smembers(live.CHANGED))  # type: ignore[arg-type]


def test_a_mark_waits_for_the_commit_and_carries_the_organizer(
    northside: world.House, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    world.let_charge(northside)
    event = world.make_event()
    ours = f"{northside.organizer.schema_name}:{world.the_performance(event).pk}"

    with django_capture_on_commit_callbacks() as callbacks:
        held = world.hold(event, Standard=2)
    assert marks() == set()
    for callback in callbacks:
        callback()
    assert marks() == {ours}

    live.connected().delete(live.CHANGED)
    with django_capture_on_commit_callbacks(execute=True):
        release_hold(hold_id=held.pk, actor=SYSTEM)
    assert marks() == {ours}


@pytest.fixture
def no_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing listens where Redis should be."""
    monkeypatch.setattr(live, "_silent_until", 0.0)
    settings.LIVE_REDIS_URL = "redis://127.0.0.1:9/0"
    live.connected.cache_clear()
    yield
    live.connected.cache_clear()


@pytest.mark.usefixtures("no_redis")
def test_without_redis_a_sale_goes_on_and_is_slowed_down_once(
    northside: world.House,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    world.let_charge(northside)
    event = world.make_event()

    with django_capture_on_commit_callbacks(execute=True):
        first, second = world.hold(event, Standard=1), world.hold(event, Standard=1)

    assert first.pk != second.pk
    assert [record.name for record in caplog.records] == ["inventory.live"]


@pytest.mark.usefixtures("no_redis")
def test_without_redis_pages_count_in_postgres(northside: world.House) -> None:
    world.let_charge(northside)
    event = world.make_event(kinds=(("Standard", 2400, 6),))
    world.hold(event, Standard=4)

    found = live.stock_of([world.the_performance(event).pk])[world.the_performance(event).pk]

    assert (found.seq, [stock.left for stock in found.types.values()]) == (0, [2])
