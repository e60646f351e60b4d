"""Bundles: ticket types sold together for one price, parted among them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.actions import list_again
from events.errors import EventInvalid
from events.models import Bundle, BundlePart, TicketType
from events.queries import event_for_update
from ui.errors import NotFound

MOST_OF_A_PART = 10


@dataclass(frozen=True)
class PartWish:
    """So many of a ticket type, each for `price` in minor units."""

    ticket_type_id: UUID
    quantity: int
    price: int


@transaction.atomic
def set_bundle(
    *,
    event_id: UUID,
    name: str,
    perk: str,
    max_per_order: int,
    parts: Sequence[PartWish],
    actor: Actor,
    bundle_id: UUID | None = None,
) -> Bundle:
    """A new bundle, or another shape for one that is there; what was held or sold stays as it was.

    Its price is the sum of its parts'. No part has a price that buyers choose; seats of a map are chosen with the bundle. Raises NotFound,
    EventInvalid.
    """
    event = event_for_update(event_id)
    bundle = event.bundles.filter(pk=bundle_id, is_active=True).first() if bundle_id else Bundle(event=event)
    if bundle is None:
        raise NotFound
    kinds = {kind.pk: kind for kind in event.ticket_types.filter(is_active=True)}
    _check(name, max_per_order, parts, kinds)
    bundle.name, bundle.perk, bundle.max_per_order = name, perk, max_per_order
    if bundle_id is None:
        bundle.sort_order = event.bundles.count()
    bundle.save()
    bundle.parts.all().delete()
    for part in parts:
        BundlePart.objects.create(
            bundle=bundle, ticket_type_id=part.ticket_type_id, quantity=part.quantity, price=part.price
        )
    detail = {"parts": [[str(part.ticket_type_id), part.quantity, part.price] for part in parts]}
    record(verb="set_bundle", target=bundle, actor=actor, detail=detail)
    list_again(event)
    return bundle


@transaction.atomic
def remove_bundle(*, event_id: UUID, bundle_id: UUID, actor: Actor) -> None:
    """Sell a bundle no longer; what was sold stays. Raises NotFound."""
    event = event_for_update(event_id)
    bundle = event.bundles.filter(pk=bundle_id, is_active=True).first()
    if bundle is None:
        raise NotFound
    bundle.is_active = False
    bundle.save(update_fields=["is_active"])
    record(verb="remove_bundle", target=bundle, actor=actor)
    list_again(event)


def bundles_of(event_ids: Iterable[UUID]) -> dict[UUID, list[Bundle]]:
    """The bundles on offer of each of these events, with their parts and those' taxes; events without any are not there."""
    found: dict[UUID, list[Bundle]] = {}
    of_events = Bundle.objects.filter(event__in=list(event_ids), is_active=True)
    for bundle in of_events.prefetch_related("parts__ticket_type__tax").order_by("sort_order", "pk"):
        found.setdefault(bundle.event_id, []).append(bundle)
    return found


def _check(name: str, max_per_order: int, parts: Sequence[PartWish], kinds: dict[UUID, TicketType]) -> None:
    if not name.strip():
        raise EventInvalid(_("This cannot be empty."), field="name")
    if not 1 <= max_per_order <= 50:
        raise EventInvalid(_("Allow between 1 and 50 tickets per order."), field="max_per_order")
    if sum(part.quantity for part in parts) < 2 or len({part.ticket_type_id for part in parts}) < len(parts):
        raise EventInvalid(_("A bundle has at least two tickets."))
    for part in parts:
        kind = kinds.get(part.ticket_type_id)
        if kind is None:
            raise NotFound
        if kind.least_price is not None:
            words = _("“%(name)s” cannot be part of a bundle: its price is chosen by the buyer.")
            raise EventInvalid(words % {"name": kind.title}, field=f"quantity-{kind.pk}")
        if not 1 <= part.quantity <= MOST_OF_A_PART:
            raise EventInvalid(_("Between 1 and 10 in a bundle."), field=f"quantity-{kind.pk}")
        if not 0 <= part.price <= 99_999_999:
            raise EventInvalid(_("A price has at most eight digits and is not negative."), field=f"price-{kind.pk}")
