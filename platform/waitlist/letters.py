"""The mails of a waiting list. Each is queued in the transaction of what it tells about, under a key of its own."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from notifications.actions import queue_email
from tenants.current import current_organizer
from tenants.queries import storefront_url
from waitlist.models import Entry, ListOffer

_KIND = "waiting-list"


def entry_url(entry: Entry) -> str:
    """The secret address of an entry's page, on the organizer's own host."""
    path = reverse("storefront:waiting_place", args=[entry.pk, entry.token], urlconf=settings.ROOT_URLCONF)
    return storefront_url(current_organizer(), path)


def keys_of(entry_ids: Iterable[UUID]) -> list[str]:
    """The beginnings of the keys under which mails about these entries were queued."""
    return [f"{_KIND}:{entry_id}:" for entry_id in entry_ids]


def mail_confirmation(entry: Entry) -> None:
    """To an address that nobody has confirmed: the link that does."""
    with override(entry.language):
        label = _("Confirm my place")
    _send(entry, "confirmation", label=label)


def mail_known(entry: Entry, *, asked: str) -> None:
    """To an address that is on the list already and was typed again: the link to its place."""
    _send(entry, "known", key=f"known:{asked}")


def mail_joined(entry: Entry) -> None:
    """The address is confirmed: its page says how things stand."""
    _send(entry, "joined")


def mail_offer(offer: ListOffer) -> None:
    """Places are held for this person; the link leads to them."""
    with override(offer.entry.language):
        label = _("Get my tickets")
    more = {"offer": offer, "is_fewer": offer.quantity < offer.entry.quantity}
    _send(offer.entry, "offer", key=f"offer:{offer.pk}", label=label, more=more)


def mail_passed(offer: ListOffer) -> None:
    """The offer ran out, so somebody else has the places."""
    _send(offer.entry, "passed", key=f"passed:{offer.pk}")


def mail_over(entry: Entry) -> None:
    """Nothing can come any more: what this person waits for is not sold any longer."""
    _send(entry, "over")


def _send(entry: Entry, template: str, *, key: str = "", label: str = "", more: dict[str, Any] | None = None) -> None:
    performance = entry.waiting_list.performance
    with override(entry.language):
        context = {
            "organizer": current_organizer(),
            "entry": entry,
            "event": performance.event,
            "performance": performance,
            "button_url": entry_url(entry),
            "button_label": label or _("See my place"),
            **(more or {}),
        }
    queue_email(
        key=f"{_KIND}:{entry.pk}:{key or template}",
        to=entry.email,
        template=f"waitlist/mail/{template}",
        context=context,
        language=entry.language,
    )
