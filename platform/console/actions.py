"""The platform's figures, fed by the outbox of each organizer."""

from collections.abc import Callable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from console.models import CountedSale, ListedDispute, ListedIncident, OrganizerFigures, OrganizerTurnover
from events.models import Event
from orders.models import Order, Position
from payments.models import Refund
from payments.queries import dispute_by_id
from reconciliation.queries import incident_by_id
from tenants.current import current_organizer


def count_sale(*, order_id: UUID) -> None:
    """Bring a paid order into the current organizer's figures, once however often it is asked."""
    order = Order.objects.exclude(paid_at=None).get(pk=order_id)
    _count_once(order.pk, CountedSale.Kind.SALE, lambda: _add_sale(order))


def count_refund(*, refund_id: UUID) -> None:
    """Take what went back to a buyer out of what was kept, once however often it is asked."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    _count_once(refund.pk, CountedSale.Kind.REFUND, lambda: _add(refund.payment.currency, refunded=refund.amount))


def count_refund_failed(*, refund_id: UUID) -> None:
    """What was counted as refunded came back: it is kept again."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    _count_once(refund.pk, CountedSale.Kind.FAILED, lambda: _add(refund.payment.currency, refunded=-refund.amount))


def count_refund_repaid(*, refund_id: UUID) -> None:
    """What had come back reached the buyer another way."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    _count_once(refund.pk, CountedSale.Kind.REPAID, lambda: _add(refund.payment.currency, refunded=refund.amount))


def count_events() -> None:
    """Note how many events the current organizer has ever published."""
    organizer = current_organizer()
    published = Event.objects.exclude(published_at=None).filter(is_test=False).count()
    OrganizerFigures.objects.update_or_create(organizer=organizer, defaults={"events": published})


def _count_once(thing_id: UUID, kind: CountedSale.Kind, count: Callable[[], None]) -> None:
    try:
        with transaction.atomic():
            CountedSale.objects.create(order_id=thing_id, kind=kind)
            count()
    except IntegrityError:
        if not CountedSale.objects.filter(order_id=thing_id, kind=kind).exists():
            raise  # two first sales met while making the organizer's rows: the outbox tries again


def _add_sale(order: Order) -> None:
    if order.total:
        _add(order.currency, paid=order.total)
    figures, _made = OrganizerFigures.objects.get_or_create(organizer=current_organizer())
    OrganizerFigures.objects.filter(pk=figures.pk).update(
        orders=F("orders") + 1,
        tickets=F("tickets") + Position.objects.filter(order=order).count(),
        last_sale_at=order.paid_at,
        updated_at=timezone.now(),
    )


def _add(currency: str, *, paid: int = 0, refunded: int = 0) -> None:
    turnover, _made = OrganizerTurnover.objects.get_or_create(organizer=current_organizer(), currency=currency)
    OrganizerTurnover.objects.filter(pk=turnover.pk).update(paid=F("paid") + paid, refunded=F("refunded") + refunded)


LISTED_OF_DISPUTES = ("amount", "fee", "currency", "reason", "state", "due_by", "opened_at", "asked_at", "closed_at")


def list_dispute(*, dispute_id: UUID) -> None:
    """Bring the current organizer's dispute, as it is now, into the platform's list."""
    dispute = dispute_by_id(dispute_id)
    ListedDispute.objects.update_or_create(
        dispute_id=dispute.pk,
        defaults={
            "organizer": current_organizer(),
            "order_number": dispute.payment.order.number,
            **{name: getattr(dispute, name) for name in LISTED_OF_DISPUTES},
        },
    )


LISTED = ("kind", "state", "subject", "order_number", "currency", "ours", "theirs", "number", "error", "note")


def list_incident(*, incident_id: UUID) -> None:
    """Bring the current organizer's incident, as it is now, into the platform's list."""
    incident = incident_by_id(incident_id)
    ListedIncident.objects.update_or_create(
        incident_id=incident.pk,
        defaults={
            "organizer": current_organizer(),
            **{name: getattr(incident, name) for name in (*LISTED, "opened_at", "settled_at")},
        },
    )
