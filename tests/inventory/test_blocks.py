"""Blocks: set aside all or nothing, gone for every buyer, back on sale by hand or by date, and every count agrees."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from audit.actions import user_actor
from audit.models import AuditEntry
from inventory.blocks import Purpose, block_quantity, release_block, release_due_blocks
from inventory.errors import BlockInvalid, BlockNotFound, PlacesTaken, SoldOut
from inventory.models import Block, BlockedPlace, StockEntry
from inventory.queries import availability, database_now, stock_by_state
from tests import world
from tests.world import FREE, House

NORA = user_actor("nora")
PRESS = Purpose(owner="press", reason="Opening night", note="Ask Pia before giving one away")


def quota_of(event):
    return event.quotas.get()


@pytest.fixture
def free_event(northside: House):
    return world.make_event(kinds=((FREE, 0, 10),))


def block(event, quantity, purpose=PRESS):
    performance = world.the_performance(event)
    return block_quantity(
        performance_id=performance.pk, quota_id=quota_of(event).pk, quantity=quantity, purpose=purpose, actor=NORA
    )


def by_state(event):
    performance = world.the_performance(event)
    return stock_by_state(performance, at=database_now())[quota_of(event).pk]


def test_blocked_places_are_gone_for_buyers_and_every_count_agrees(free_event):
    made = block(free_event, 7)

    assert by_state(free_event) == {"free": 3, "held": 0, "sold": 0, "blocked": 7}
    performance = world.the_performance(free_event)
    (left,) = availability([performance.pk])[performance.pk].types.values()
    assert left.left == 3
    with pytest.raises(SoldOut, match=r"Only 3 of “Guest list” left\."):
        world.hold(free_event, **{FREE: 4})
    world.place_order(free_event, **{FREE: 3})
    found = compare_stock(performance.pk)
    assert (found.differences, found.blocked_by_journal, found.blocked_by_places, found.sold_by_tickets) == (0, 7, 7, 3)
    assert set(StockEntry.objects.filter(kind="block").values_list("cause", "actor")) == {
        (f"block {made.pk}", "user:nora")
    }
    assert AuditEntry.objects.get(verb="block_places").detail == {"places": 7}
    assert breaches() == {}


def test_all_or_none_of_them(free_event):
    world.hold(free_event, **{FREE: 4})

    with pytest.raises(PlacesTaken):
        block(free_event, 7)

    assert by_state(free_event) == {"free": 6, "held": 4, "sold": 0, "blocked": 0}
    assert not Block.objects.exists()


def test_a_lapsed_hold_keeps_nothing_from_staff_either(free_event):
    with world.an_hour_ago():
        world.hold(free_event, **{FREE: 8})

    block(free_event, 9)

    assert by_state(free_event) == {"free": 1, "held": 0, "sold": 0, "blocked": 9}
    assert StockEntry.objects.filter(kind="lapse", cause="blocked").count() == 7
    assert breaches() == {}


def test_releasing_some_and_then_the_rest_puts_them_back_on_sale(free_event):
    made = block(free_event, 6)

    assert release_block(block_id=made.pk, quantity=2, actor=NORA) == 2
    assert by_state(free_event)["blocked"] == 4
    assert Block.objects.get().released_at is None
    assert release_block(block_id=made.pk, actor=NORA) == 4
    assert release_block(block_id=made.pk, actor=NORA) == 0

    assert by_state(free_event) == {"free": 10, "held": 0, "sold": 0, "blocked": 0}
    assert Block.objects.get().released_at is not None
    assert not BlockedPlace.objects.exists()
    assert AuditEntry.objects.filter(verb="release_block").count() == 2
    assert world.hold(free_event, **{FREE: 10}).state == "live"
    assert breaches() == {}
    with pytest.raises(BlockNotFound):
        release_block(block_id=world.the_performance(free_event).pk, actor=NORA)


def test_the_day_of_release_comes_by_itself_and_not_before(free_event):
    later = block(free_event, 2, Purpose(owner="press", release_at=database_now() + timedelta(days=1)))
    due = block(free_event, 3, Purpose(owner="promoter", release_at=database_now() + timedelta(days=1)))
    kept = block(free_event, 4, Purpose(owner="house"))
    assert release_due_blocks() == 0
    Block.objects.filter(pk=due.pk).update(release_at=database_now())

    assert release_due_blocks() == 3

    assert by_state(free_event)["blocked"] == 6
    assert set(Block.objects.filter(released_at=None)) == {later, kept}
    assert StockEntry.objects.filter(kind="release", actor="system", cause=f"block {due.pk}").count() == 3
    assert breaches() == {}


@pytest.mark.parametrize(
    ("quantity", "purpose", "field"),
    [
        (1, Purpose(owner="  "), "owner"),
        (1, Purpose(owner="x" * 41), "owner"),
        (1, Purpose(owner="press", reason="x" * 121), "reason"),
        (1, Purpose(owner="press", note="x" * 1001), "note"),
        (1, Purpose(owner="press", color="red"), "color"),
        (1, Purpose(owner="press", release_at=datetime(9999, 12, 31, 23, tzinfo=UTC)), "release_at"),
        (0, Purpose(owner="press"), "quantity"),
    ],
)
def test_what_a_block_needs(free_event, quantity, purpose, field):
    with pytest.raises(BlockInvalid) as refused:
        block(free_event, quantity, purpose)

    assert refused.value.extra["field"] == field
    assert by_state(free_event)["free"] == 10


def test_a_day_that_is_over_releases_nothing(free_event):
    with pytest.raises(BlockInvalid, match="over already"):
        block(free_event, 1, Purpose(owner="press", release_at=database_now()))
