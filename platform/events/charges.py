"""What an organizer charges beside the price: its tax rates, and an event's own fees. Prices are made of both by `pricing`.

A rate or fee that changes gives every date it prices a new offer (events/triggers.py); what is held or sold keeps its price.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.actions import list_again
from events.errors import ChargeInvalid
from events.models import Event, OwnFee, TaxRate, TicketType
from events.queries import event_for_update
from ui.errors import NotFound

MOST_RATES, MOST_FEES = 20, 10  # of an organizer, of an event
MOST_PERCENT = 10_000  # basis points


def tax_rates() -> list[TaxRate]:
    """The organizer's rates by name."""
    return list(TaxRate.objects.order_by(Lower("name"), "basis_points", "pk"))


def own_fees_of(event_id: UUID) -> QuerySet[OwnFee]:
    """An event's own fees with their tax, in the order they were made."""
    return OwnFee.objects.filter(event_id=event_id).select_related("tax").order_by("pk")


# --- Tax rates ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_tax_rate(*, name: str, basis_points: int, is_inclusive: bool, actor: Actor) -> TaxRate:
    """A new rate, 700 basis points for 7 %. Raises ChargeInvalid."""
    rate = TaxRate(name=name.strip(), basis_points=basis_points, is_inclusive=is_inclusive)
    _check_rate(rate)
    if TaxRate.objects.count() >= MOST_RATES:
        raise ChargeInvalid(_("No more than %d tax rates.") % MOST_RATES)
    rate.save(force_insert=True)
    record(verb="add_tax_rate", target=rate, actor=actor, detail=_rate_detail(rate))
    return rate


@transaction.atomic
def change_tax_rate(*, tax_id: UUID, name: str, basis_points: int, is_inclusive: bool, actor: Actor) -> TaxRate:
    """Change a rate for what is priced from now on. Raises NotFound, ChargeInvalid."""
    rate = _rate_for_update(tax_id)
    before = _rate_detail(rate)
    rate.name, rate.basis_points, rate.is_inclusive = name.strip(), basis_points, is_inclusive
    _check_rate(rate)
    rate.save()
    record(verb="change_tax_rate", target=rate, actor=actor, detail={"was": before, "is": _rate_detail(rate)})
    for event in Event.objects.filter(ticket_types__tax=rate).distinct():
        list_again(event)
    for event in Event.objects.filter(own_fees__tax=rate).distinct():
        list_again(event)
    return rate


@transaction.atomic
def remove_tax_rate(*, tax_id: UUID, actor: Actor) -> None:
    """Drop a rate that nothing uses. Raises NotFound, ChargeInvalid."""
    rate = _rate_for_update(tax_id)
    detail = _rate_detail(rate)
    try:
        with transaction.atomic():
            rate.delete()
    except ProtectedError as error:
        raise ChargeInvalid(_("Tickets or fees have this tax. Give them another one first.")) from error
    rate.pk = tax_id
    record(verb="remove_tax_rate", target=rate, actor=actor, detail=detail)


@transaction.atomic
def tax_ticket_type(*, ticket_type_id: UUID, tax_id: UUID | None, actor: Actor) -> TicketType:
    """Which tax a ticket type has, None for none. Raises NotFound."""
    found = TicketType.objects.select_for_update().filter(pk=ticket_type_id).first()
    if found is None:
        raise NotFound
    if found.tax_id != tax_id:
        found.tax = _rate(tax_id)
        found.save(update_fields=["tax"])
        record(verb="tax_ticket_type", target=found, actor=actor, detail={"tax": str(found.tax or "")})
        list_again(found.event)
    return found


# --- Own fees -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_own_fee(*, event_id: UUID, actor: Actor, **fields: Any) -> OwnFee:
    """A new own fee of an event: `name`, `is_per_order`, `basis_points`, `fixed` in minor units, `tax_id` or None.

    Raises NotFound, ChargeInvalid.
    """
    event = event_for_update(event_id)
    if event.own_fees.count() >= MOST_FEES:
        raise ChargeInvalid(_("No more than %d fees of your own.") % MOST_FEES)
    fee = OwnFee(event=event)
    _fill(fee, **fields)
    fee.save(force_insert=True)
    record(verb="add_own_fee", target=fee, actor=actor, detail=_fee_detail(fee))
    list_again(event)
    return fee


@transaction.atomic
def change_own_fee(*, event_id: UUID, fee_id: UUID, actor: Actor, **fields: Any) -> OwnFee:
    """Change one, with the fields of `add_own_fee`. Raises NotFound, ChargeInvalid."""
    fee = _fee_for_update(event_id, fee_id)
    before = _fee_detail(fee)
    _fill(fee, **fields)
    fee.save()
    record(verb="change_own_fee", target=fee, actor=actor, detail={"was": before, "is": _fee_detail(fee)})
    list_again(fee.event)
    return fee


@transaction.atomic
def remove_own_fee(*, event_id: UUID, fee_id: UUID, actor: Actor) -> None:
    """Charge it no longer. Raises NotFound."""
    fee = _fee_for_update(event_id, fee_id)
    record(verb="remove_own_fee", target=fee, actor=actor, detail=_fee_detail(fee))
    fee.delete()
    list_again(fee.event)


def _fill(fee: OwnFee, *, name: str, is_per_order: bool, basis_points: int, fixed: int, tax_id: UUID | None) -> None:
    if not name.strip() or len(name) > 40 or not name.isprintable():
        raise ChargeInvalid(_("Give it a name of up to 40 characters: buyers read it."), field="name")
    if not 0 <= basis_points <= MOST_PERCENT:
        raise ChargeInvalid(_("Between 0 and 100 percent."), field="percent")
    if not 0 <= fixed <= 9_999_999:
        raise ChargeInvalid(_("An amount has at most seven digits and is not negative."), field="fixed")
    if is_per_order and basis_points:
        words = _("Once per order it is an amount. A percentage of the order is a percentage of each ticket.")
        raise ChargeInvalid(words, field="percent")
    if not basis_points and not fixed:
        raise ChargeInvalid(_("Enter a percentage, an amount, or both."), field="fixed")
    others = OwnFee.objects.filter(event=fee.event).exclude(pk=fee.pk)
    if others.filter(name__iexact=name.strip()).exists():
        raise ChargeInvalid(_("There is a fee of this name already."), field="name")
    fee.name, fee.is_per_order, fee.basis_points, fee.fixed = name.strip(), is_per_order, basis_points, fixed
    fee.tax = _rate(tax_id)


def _check_rate(rate: TaxRate) -> None:
    if not rate.name or len(rate.name) > 40 or not rate.name.isprintable():
        raise ChargeInvalid(_("Give it a name of up to 40 characters: buyers read it."), field="name")
    if not 0 <= rate.basis_points <= MOST_PERCENT:
        raise ChargeInvalid(_("Between 0 and 100 percent."), field="percent")
    same = TaxRate.objects.filter(name__iexact=rate.name, basis_points=rate.basis_points).exclude(pk=rate.pk)
    if same.filter(is_inclusive=rate.is_inclusive).exists():
        raise ChargeInvalid(_("There is such a tax already."), field="name")


def _rate(tax_id: UUID | None) -> TaxRate | None:
    return None if tax_id is None else _rate_for_update(tax_id)


def _rate_for_update(tax_id: UUID) -> TaxRate:
    rate = TaxRate.objects.select_for_update().filter(pk=tax_id).first()
    if rate is None:
        raise NotFound
    return rate


def _fee_for_update(event_id: UUID, fee_id: UUID) -> OwnFee:
    event_for_update(event_id)
    fee = OwnFee.objects.select_for_update(of=("self",)).select_related("event").filter(pk=fee_id).first()
    if fee is None or fee.event_id != event_id:
        raise NotFound
    return fee


def _rate_detail(rate: TaxRate) -> dict[str, Any]:
    return {"name": rate.name, "basis_points": rate.basis_points, "is_inclusive": rate.is_inclusive}


def _fee_detail(fee: OwnFee) -> dict[str, Any]:
    return {
        "name": fee.name,
        "is_per_order": fee.is_per_order,
        "basis_points": fee.basis_points,
        "fixed": fee.fixed,
        "tax": str(fee.tax or ""),
    }
