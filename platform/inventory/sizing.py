"""More or fewer places of a quota that is on sale already."""

from collections.abc import Iterable

from django.db.models import Max
from django.utils.translation import gettext as _

from audit.actions import Actor
from events.errors import EventInvalid
from events.models import DateQuota, Performance, Quota
from inventory.errors import TooFewFree
from inventory.live import mark_changed
from inventory.models import Place, Pool, StockEntry
from inventory.queries import database_now
from inventory.waited import note_freed
from ui.request_id import request_id


def open_empty_pool(*, performance: Performance, quota: Quota) -> Pool:
    """A date's pool for a quota that came while it was on sale; whoever opens it gives it its places."""
    return Pool.objects.get_or_create(performance=performance, quota=quota)[0]


def resize_pools(*, quota: Quota, size: int, actor: Actor) -> int:
    """Bring every pool of a locked quota to `size` places; returns by how many places the stock changed. Dates with a number
    of their own keep it.

    Only free places are taken away, the highest numbers first. Raises TooFewFree when a pool has not enough of them; then
    the caller must roll back. Runs in the caller's transaction. The rows that go stay in the journal, as blocked for good.
    Raises EventInvalid for the places of a seat map, which are not any of so many.
    """
    if quota.ticket_types.filter(category__gt="").exists():
        raise EventInvalid(_("The number of these places is the seat map's to say."), field="quantity")
    own = DateQuota.objects.filter(quota=quota).values("performance_id")
    pools = Pool.objects.select_for_update().filter(quota=quota).exclude(performance__in=own).order_by("pk")
    return sum(resize_pool(pool, size=size, actor=actor) for pool in pools)


def resize_pools_of(*, quota: Quota, performances: Iterable[Performance], size: int, actor: Actor) -> int:
    """The same for these dates' pools alone. Raises TooFewFree."""
    pools = Pool.objects.select_for_update().filter(quota=quota, performance__in=list(performances)).order_by("pk")
    return sum(resize_pool(pool, size=size, actor=actor) for pool in pools)


def resize_pool(pool: Pool, *, size: int, actor: Actor) -> int:
    """The same for one pool, whose places are any of so many: a quota's, an area's or a code's. Raises TooFewFree."""
    present = pool.places.count()
    if present < size:
        _add(pool, size - present)
        note_freed([pool.pk])
    elif present > size:
        _remove(pool, present - size, actor=actor)
    if present != size and pool.performance_id is not None:
        mark_changed(pool.performance_id)
    return size - present


def _add(pool: Pool, number: int) -> None:
    last = pool.places.aggregate(last=Max("number"))["last"] or 0
    Place.objects.bulk_create((Place(pool=pool, number=n) for n in range(last + 1, last + number + 1)), batch_size=2000)


def _remove(pool: Pool, number: int, *, actor: Actor) -> None:
    # What a claim is taking at this moment is skipped: it is no longer free.
    free = pool.places.select_for_update(skip_locked=True).filter(state=Place.State.FREE).order_by("-number")
    places = list(free.values_list("pk", flat=True)[:number])
    if len(places) < number:
        taken = pool.places.count() - pool.places.filter(state=Place.State.FREE).count()
        raise TooFewFree(taken=taken)
    now = database_now()
    StockEntry.objects.bulk_create(
        (
            StockEntry(
                at=now,
                kind=StockEntry.Kind.BLOCK,
                place_id=place_id,
                cause="quota made smaller",
                actor=str(actor),
                request_id=request_id(),
            )
            for place_id in places
        ),
        batch_size=2000,
    )
    Place.objects.filter(pk__in=places).delete()
