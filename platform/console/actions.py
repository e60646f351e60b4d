"""The platform's figures, fed by the outbox of each organizer."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from console.models import CountedSale, ListedIncident, OrganizerFigures, OrganizerTurnover
from events.models import Event
from orders.models import Order, Position
from reconciliation.queries import incident_by_id
from tenants.current import current_organizer


def count_sale(*, order_id: UUID) -> None:
    """Bring a paid order into the current organizer's figures, once however often it is asked."""
    _count_once(Order.objects.exclude(paid_at=None).get(pk=order_id), CountedSale.Kind.SALE)


def count_refund(*, order_id: UUID) -> None:
    """Take a refunded order out of what was kept, once however often it is asked."""
    _count_once(Order.objects.get(pk=order_id, state=Order.State.REFUNDED), CountedSale.Kind.REFUND)


def count_events() -> None:
    """Note how many events the current organizer has ever published."""
    organizer = current_organizer()
    published = Event.objects.exclude(published_at=None).count()
    OrganizerFigures.objects.update_or_create(organizer=organizer, defaults={"events": published})


def _count_once(order: Order, kind: CountedSale.Kind) -> None:
    try:
        with transaction.atomic():
            CountedSale.objects.create(order_id=order.pk, kind=kind)
            _add(order, kind)
    except IntegrityError:
        if not CountedSale.objects.filter(order_id=order.pk, kind=kind).exists():
            raise  # two first sales met while making the organizer's rows: the outbox tries again


def _add(order: Order, kind: CountedSale.Kind) -> None:
    organizer = current_organizer()
    if order.total:
        turnover, _made = OrganizerTurnover.objects.get_or_create(organizer=organizer, currency=order.currency)
        column = "paid" if kind == CountedSale.Kind.SALE else "refunded"
        OrganizerTurnover.objects.filter(pk=turnover.pk).update(**{column: F(column) + order.total})
    if kind == CountedSale.Kind.SALE:
        figures, _made = OrganizerFigures.objects.get_or_create(organizer=organizer)
        OrganizerFigures.objects.filter(pk=figures.pk).update(
            orders=F("orders") + 1,
            tickets=F("tickets") + Position.objects.filter(order=order).count(),
            last_sale_at=order.paid_at,
            updated_at=timezone.now(),
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
