"""Reads and locked reads of codes and discounts."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from events.models import Event
from promotions.errors import CodeNotFound, CodeUnknown
from promotions.models import AutomaticDiscount, CodeUse, PromoCode
from promotions.words import code_key


def code_by_text(typed: str) -> PromoCode:
    """The code that somebody typed, whatever its state. Raises CodeUnknown."""
    key = code_key(typed)
    found = PromoCode.objects.filter(key=key).first() if key else None
    if found is None:
        raise CodeUnknown(field="code")
    return found


def code_by_id(code_id: UUID) -> PromoCode:
    """Raises CodeNotFound."""
    found = PromoCode.objects.select_related("event", "batch").filter(pk=code_id).first()
    if found is None:
        raise CodeNotFound
    return found


def code_for_update(code_id: UUID) -> PromoCode:
    """The code, nobody else's to change or use until the transaction ends. Raises CodeNotFound."""
    found = PromoCode.objects.select_for_update(no_key=True).filter(pk=code_id).first()
    if found is None:
        raise CodeNotFound
    return found


def code_for_use(code_id: UUID) -> PromoCode:
    """The code as it is, until the transaction ends: shared with others who use it, alone where it has a budget.

    What is left of a budget is counted, and a count is right only while nobody else can count. Raises CodeNotFound.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT budget IS NULL FROM promotions_promocode WHERE id = %s FOR SHARE", [code_id])
        row = cursor.fetchone()
    if row is None:
        raise CodeNotFound
    if not row[0]:
        return code_for_update(code_id)
    return PromoCode.objects.get(pk=code_id)


def use_of_hold(hold_id: UUID) -> CodeUse | None:
    """The use of a code that a hold was priced with."""
    return CodeUse.objects.select_related("code").filter(hold_id=hold_id).first()


def uses_of_holds(hold_ids: Iterable[UUID]) -> dict[UUID, CodeUse]:
    """The same for many, by hold."""
    found = CodeUse.objects.select_related("code").filter(hold_id__in=list(hold_ids))
    return {use.hold_id: use for use in found}


def discounts_of(event_id: UUID) -> list[AutomaticDiscount]:
    """An event's automatic discounts, in the order they were made, which is the order they are tried in."""
    return list(AutomaticDiscount.objects.filter(event_id=event_id))


def has_codes(event: Event) -> bool:
    """Whether anybody could apply a code to this event now, as far as its row says: else nobody is asked for one."""
    now = timezone.now()
    codes = PromoCode.objects.filter(Q(event=event) | Q(event=None, currency=event.currency), stopped_at=None)
    return codes.filter(Q(ends_at=None) | Q(ends_at__gt=now)).exists()
