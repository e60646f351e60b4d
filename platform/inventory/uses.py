"""The uses of a code: places of a pool of its own, one for each order that may have it.

They are drawn in the transaction of the hold that wants the code, sold with its order and given back with it, by the same
rows, states and journal as seats: a lapsed hold's use is claimable at once, and there is no counter to forget (docs/codes.md).
Locks that wait go hold -> code -> uses; a use itself is never waited for.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from audit.actions import Actor
from inventory import actions as stock
from inventory.errors import Busy
from inventory.journal import journal
from inventory.models import Hold, Place, Pool, StockEntry
from inventory.queries import database_now
from inventory.sizing import resize_pool
from promotions.models import PromoCode


def open_uses(codes: Sequence[PromoCode]) -> None:
    """Make the pool of each code with a limit, with a place for every use."""
    limited = [code for code in codes if code.most_uses is not None]
    pools = Pool.objects.bulk_create((Pool(code=code) for code in limited), batch_size=1000)
    Place.objects.bulk_create(
        (
            Place(pool=pool, number=number)
            for pool, code in zip(pools, limited, strict=True)
            for number in range(1, (code.most_uses or 0) + 1)
        ),
        batch_size=2000,
    )


def resize_uses(code: PromoCode, *, actor: Actor) -> None:
    """Bring the pool of a locked code to its `most_uses`. Raises TooFewFree; then the caller must roll back."""
    pool = Pool.objects.select_for_update().get(code=code)
    resize_pool(pool, size=code.most_uses or 0, actor=actor)


def claim_use(*, code: PromoCode, hold: Hold, actor: Actor) -> bool:
    """Take one use of a code for a hold, until the hold ends; False when none is free or lapsed. In the caller's transaction.

    Raises Busy where others' unfinished claims stand in the way, which is over in a moment.
    """
    at = stock.claim_instant() or database_now()
    uses = Place.objects.filter(pool_id=Pool.objects.values_list("pk", flat=True).get(code=code))
    free, lapsed = Q(state=Place.State.FREE), Q(state=Place.State.HELD, held_until__lte=at)
    locked = uses.select_for_update(skip_locked=True)
    start = 1 + secrets.randbelow(code.most_uses or 1)  # so that concurrent claims do not queue up at the pool's head
    place = (
        locked.filter(free, number__gte=start).order_by("pool_id", "number").first()
        or locked.filter(free, number__lt=start).order_by("pool_id", "number").first()
        or locked.filter(lapsed).order_by("pool_id", "held_until").first()
    )
    if place is None:
        if uses.filter(free | lapsed).exists():
            raise Busy(_("Others are taking the last uses of this code at this moment. Please try again."))
        return False
    if place.state == Place.State.HELD:
        journal([place], kind=StockEntry.Kind.LAPSE, at=at, actor=actor, cause="claimed by another hold")
    place.state, place.hold, place.held_until = Place.State.HELD, hold, hold.expires_at
    place.save(update_fields=["state", "hold", "held_until"])
    journal([place], kind=StockEntry.Kind.HOLD, at=at, actor=actor, cause="code")
    return True


def give_use_back(*, hold_id: UUID, kind: StockEntry.Kind, actor: Actor, cause: str) -> None:
    """Whatever use of a code a hold or its order has is free again. In the caller's transaction."""
    uses = Place.objects.select_for_update(of=("self",)).filter(hold_id=hold_id, pool__code__isnull=False)
    stock.free_places(places=list(uses.order_by("pk")), kind=kind, actor=actor, cause=cause)


def uses_by_code(code_ids: Sequence[UUID], *, at: datetime) -> dict[UUID, dict[str, int]]:
    """Of each code with a limit: how many uses are free (a lapsed one is), held and sold at `at`."""
    counted: dict[UUID, dict[str, int]] = {}
    places = Place.objects.filter(pool__code__in=code_ids)
    for code_id, state, until in places.values_list("pool__code_id", "state", "held_until").iterator():
        is_free = state == Place.State.FREE or (state == Place.State.HELD and until is not None and until <= at)
        found = counted.setdefault(code_id, {"free": 0, "held": 0, "sold": 0})
        found["free" if is_free else str(state)] += 1
    return counted
