"""People who wait, in tests: they join and confirm as the storefront has them do."""

from typing import Any

from events.models import Event
from inventory.models import Pool
from notifications.models import EmailMessage
from tests import world
from waitlist.actions import Joining, confirm, join
from waitlist.models import Entry


def sold_out(kinds: tuple[tuple[str, int, int], ...] = ((world.FREE, 0, 2),), **more: Any) -> tuple[Event, list[Any]]:
    """An event of which everything is held, each place by a hold of its own; and the holds."""
    event = world.make_event(kinds=kinds, **more)
    return event, [world.hold(event, **{name: 1}) for name, _price, n in kinds for _one in range(n)]


def asks(event: Event, email: str, *, n: int = 1, kind: str = world.FREE, **more: Any) -> Entry | None:
    """Somebody types an address; None as long as the mail's link is to be followed."""
    more = {"name": email.partition("@")[0].title(), "consents": True, **more}
    return join(
        performance_id=world.the_performance(event).pk,
        ticket_type_id=world.kind_of(event, kind).pk,
        joining=Joining(email=email, quantity=n, **more),
    )


def waits(event: Event, email: str, *, n: int = 1, kind: str = world.FREE, **more: Any) -> Entry:
    """Somebody joins and follows the mail's link."""
    assert asks(event, email, n=n, kind=kind, **more) is None
    entry = Entry.objects.filter(email=email).latest("joined_at")
    return confirm(entry_id=entry.pk, token=entry.token)


def state_of(entry: Entry) -> str:
    return str(Entry.objects.values_list("state", flat=True).get(pk=entry.pk))


def mails_about(entry: Entry) -> list[str]:
    """What was mailed about an entry, oldest first, by the word in the key."""
    keys = EmailMessage.objects.filter(key__startswith=f"waiting-list:{entry.pk}:").order_by("queued_at", "pk")
    return [key.split(":")[2] for key in keys.values_list("key", flat=True)]


def waited_pools(event: Event) -> list[str]:
    """The quotas whose places are kept for the list."""
    pools = Pool.objects.filter(performance__event=event, is_waited_for=True)
    return sorted(pools.values_list("quota__name", flat=True))
