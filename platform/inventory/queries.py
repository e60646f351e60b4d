"""Reads and locked reads of stock."""

import hmac
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from events.models import Performance
from inventory.errors import HoldNotFound
from inventory.models import Hold, Place, Pool


def database_now() -> datetime:
    """The one clock that decides holds: the database's, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def availability(performance: Performance, *, at: datetime) -> dict[UUID, int]:
    """How many tickets of each type could be held at `at`: the least that any of its quotas has left."""
    left_in_quota = {
        row["quota_id"]: row["left"]
        for row in Pool.objects.filter(performance=performance)
        .values("quota_id")
        .annotate(left=Count("places", filter=_claimable(at)))
    }
    left: dict[UUID, int] = {}
    links = performance.event.quotas.values_list("ticket_types", "pk")
    for ticket_type_id, quota_id in links:
        if ticket_type_id is not None:
            here = left_in_quota.get(quota_id, 0)
            left[ticket_type_id] = min(here, left.get(ticket_type_id, here))
    return left


def stock_by_state(performance: Performance, *, at: datetime) -> dict[int, dict[str, int]]:
    """Per quota id: how many places are free (a lapsed hold counts as free), held, sold and blocked at `at`."""
    rows = (
        Pool.objects.filter(performance=performance)
        .values("quota_id")
        .annotate(
            free=Count("places", filter=_claimable(at)),
            held=Count("places", filter=Q(places__state=Place.State.HELD, places__held_until__gt=at)),
            sold=Count("places", filter=Q(places__state=Place.State.SOLD)),
            blocked=Count("places", filter=Q(places__state=Place.State.BLOCKED)),
        )
    )
    return {row["quota_id"]: {state: row[state] for state in ("free", "held", "sold", "blocked")} for row in rows}


def hold_by_token(hold_id: UUID, token: str) -> Hold:
    """The hold, for the buyer who has its token. Raises HoldNotFound for a wrong token as for a wrong id."""
    hold = Hold.objects.select_related("performance__event__venue").filter(pk=hold_id).first()
    if hold is None or not hmac.compare_digest(hold.token.encode(), token.encode()):
        raise HoldNotFound
    return hold


def hold_for_update(hold_id: UUID) -> Hold:
    """The hold, its row locked until the transaction ends. Raises HoldNotFound."""
    hold = Hold.objects.select_for_update().filter(pk=hold_id).first()
    if hold is None:
        raise HoldNotFound
    return hold


def places_of_hold_for_update(hold: Hold) -> list[Place]:
    """The places that still carry this hold, locked, in primary-key order."""
    return list(Place.objects.select_for_update().filter(hold=hold, state=Place.State.HELD).order_by("pk"))


def _claimable(at: datetime) -> Q:
    return Q(places__state=Place.State.FREE) | Q(places__state=Place.State.HELD, places__held_until__lte=at)
