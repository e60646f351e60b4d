"""The one way into the stock journal from Python; the claim writes its entries itself (inventory.claim)."""

from collections.abc import Iterable
from datetime import datetime

from audit.actions import Actor
from inventory.models import Place, StockEntry
from ui.request_id import request_id


def journal(places: Iterable[Place], *, kind: StockEntry.Kind, at: datetime, actor: Actor, cause: str = "") -> None:
    """Append what happened to each of these locked places, in the transaction that changes them.

    Called before a place is given back, and after it was taken: an entry carries the hold and position of its row.
    """
    StockEntry.objects.bulk_create(
        (
            StockEntry(
                at=at,
                kind=kind,
                place_id=place.pk,
                hold_id=place.hold_id,
                position_id=place.position_id,
                until=place.held_until if kind == StockEntry.Kind.EXTEND else None,
                cause=cause,
                actor=str(actor),
                request_id=request_id(),
            )
            for place in places
        ),
        batch_size=2000,
    )
