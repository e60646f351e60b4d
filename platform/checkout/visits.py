"""Note that a buyer placed an order, opened its page, or opened its tickets; forget it when no bank can ask any more."""

from datetime import timedelta

from django.utils import timezone

from orders.models import Order, OrderVisit

KEPT_FOR = timedelta(days=540)  # the longest that card networks give a cardholder to dispute a payment


def note_visit(*, order: Order, kind: OrderVisit.Kind, address: str) -> None:
    """Note it, once a day for each address: one statement that changes nothing when it is noted already."""
    now = timezone.now()
    visit = OrderVisit(order=order, kind=kind, on=now.date(), at=now, address=address[:45])
    OrderVisit.objects.bulk_create([visit], ignore_conflicts=True)


def forget_visits() -> int:
    """Delete what is older than a bank may ask about; how many."""
    deleted, _by_model = OrderVisit.objects.filter(on__lt=timezone.now().date() - KEPT_FOR).delete()
    return deleted
