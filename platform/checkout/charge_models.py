"""How an event's orders are charged: on the organizer's own account, or on the platform's, which passes on everybody's part.

What is chosen holds for orders placed from then on; each order keeps its own (docs/charge-models.md).
"""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Actor
from checkout.errors import ChargeModelRefused
from events.actions import change_event
from events.models import ChargeModel, Event
from outbox.actions import enqueue
from payments.actions import set_charge_default
from payments.models import ChargeDefault
from payments.queries import can_charge
from ui.ids import uuid7


@transaction.atomic
def choose_charge_model(*, event_id: UUID, model: ChargeModel | None, actor: Actor) -> Event:
    """How an event's next orders are charged; None: as the organizer's events are that say nothing. Raises NotFound,
    ChargeModelRefused; nothing has changed then."""
    _check(model)
    _register_hosts(model)
    return change_event(event_id=event_id, actor=actor, charge_model=model.value if model else "")


@transaction.atomic
def choose_charge_default(*, model: ChargeModel, actor: Actor) -> ChargeDefault:
    """The same for all events that say nothing of their own. Raises ChargeModelRefused; nothing has changed then."""
    _check(model)
    _register_hosts(model)
    return set_charge_default(model=model, actor=actor)


def _register_hosts(model: ChargeModel | None) -> None:
    """Wallets show where the payment is made: after the commit its hosts are registered there (payments.actions)."""
    if model is not None and model.is_separate:
        enqueue(kind="register_hosts", key=str(uuid7()), payload={})


def _check(model: ChargeModel | None) -> None:
    if model is not None and model.is_separate and not can_charge(model):
        words = _(
            "Finish connecting Stripe first: it does not take payments and transfers for you yet. Nothing was changed."
        )
        raise ChargeModelRefused(words, field="charge_model")
