"""The demo's codes and discounts: one that everybody may use, a batch for members, and a price for groups."""

from typing import Any

from audit.actions import SYSTEM
from checkout.code_desk import create_batch, create_code
from events.models import Event
from promotions.actions import add_discount
from promotions.models import Effect, PromoCode


def add_codes(tonight: Event, later: Event) -> None:
    """Once: SPRING takes 10 % off the events of this currency, 100 times; groups of four pay less tonight."""
    if PromoCode.objects.exists():
        return
    percent: dict[str, Any] = {"effect": Effect.PERCENT, "currency": tonight.currency, "actor": SYSTEM}
    create_code(typed="SPRING", value=1000, most_uses=100, per_buyer=2, **percent)
    create_batch(name="Thanks to members", number=20, prefix="MEMBER", value=2500, event_id=later.pk, **percent)
    if not tonight.discounts.exists():
        add_discount(event_id=tonight.pk, name="Group of 4", value=1500, least_tickets=4, **percent)
