"""Pools that somebody waits for: their free places are for offers of the waiting list alone (docs/waiting-list.md).

The claim reads `Pool.is_waited_for` before it locks places and again after. Who waits is the waiting list's to know; it says so here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from inventory.live import mark_changed
from inventory.models import Place, Pool
from outbox.actions import enqueue
from ui.ids import uuid7


@dataclass(frozen=True)
class PoolNow:
    """One pool of a performance: how many places could be claimed from it, by the list at least, and whether anybody waits."""

    pool_id: int
    ticket_types: frozenset[UUID]
    claimable: int
    is_waited_for: bool


def pools_now(performance_id: UUID, *, at: datetime) -> list[PoolNow]:
    """Every pool of a performance at instant `at`, in the order of their keys. Two queries."""
    claimable = Q(places__state=Place.State.FREE) | Q(places__state=Place.State.HELD, places__held_until__lte=at)
    counted = Pool.objects.filter(performance_id=performance_id).annotate(n=Count("places", filter=claimable))
    types: dict[int, set[UUID]] = {}
    drawn = Pool.objects.filter(performance_id=performance_id).values_list("pk", "quota__ticket_types")
    for pool_id, type_id in drawn:
        types.setdefault(pool_id, set()).add(type_id)
    return [
        PoolNow(pool.pk, frozenset(types.get(pool.pk, ())), pool.n, pool.is_waited_for)
        for pool in counted.order_by("pk")
    ]


def set_waited_for(*, performance_id: UUID, pool_ids: Iterable[int], waited: bool) -> None:
    """From this commit on these pools of one performance are the waiting list's alone, or everybody's again.

    The offer has another version then (inventory/triggers.py), and open pages are told what is left.
    """
    changed = [
        pool
        for pool in Pool.objects.select_for_update().filter(performance_id=performance_id, pk__in=list(pool_ids))
        if pool.is_waited_for != waited
    ]
    for pool in sorted(changed, key=lambda one: one.pk):
        pool.is_waited_for = waited
        pool.save(update_fields=["is_waited_for"])
    if changed:
        mark_changed(performance_id)


def is_waited_for(pools: Q) -> bool:
    """Whether anybody waits for places of one of these pools."""
    return Pool.objects.filter(pools, is_waited_for=True).exists()


def note_freed(pool_ids: Iterable[int]) -> None:
    """Places of these pools have become free in this transaction: if somebody waits for them, they are offered right after it."""
    waited = Pool.objects.filter(pk__in=set(pool_ids), is_waited_for=True).values_list("performance_id", flat=True)
    for performance_id in sorted(set(waited)):
        enqueue(
            kind="serve_waiting_list",
            key=f"{performance_id}:{uuid7()}",
            payload={"performance_id": str(performance_id)},
        )
