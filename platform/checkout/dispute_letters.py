"""The mails to an organizer's owners about a dispute. Called by the outbox and may run again; each address gets each once."""

from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from notifications.actions import queue_email
from payments.dispute_words import reason_words
from payments.models import Dispute, FraudWarning
from payments.queries import dispute_by_id
from people.queries import owners
from tenants.current import current_organizer
from tenants.queries import portal_url

OPENED, DUE = "opened", "due"  # besides the states that are an end: won, lost


def mail_fraud_warning(*, warning_id: UUID) -> None:
    """Tell the owners that a payment looks like fraud, and what was done about it."""
    warning = FraudWarning.objects.select_related("payment__order__event").get(pk=warning_id)
    organizer, order = current_organizer(), warning.payment.order
    context = {
        "organizer": organizer,
        "warning": warning,
        "order": order,
        "event": order.event,
        "button_url": portal_url(organizer, reverse("organizer_portal:order", args=[order.number])),
        "button_label": _("Look at the order"),
    }
    for owner in owners():
        key = f"fraud-warning:{warning.pk}:{owner.email}"[:160]
        with transaction.atomic():
            queue_email(key=key, to=owner.email, template="checkout/mail/fraud_warning", context=context)


def mail_dispute(*, dispute_id: UUID, news: str) -> None:
    """Tell the owners that a dispute opened, is due, was won or lost. A reminder that is not needed any more is not sent."""
    dispute = dispute_by_id(dispute_id)
    if news in (OPENED, DUE) and not dispute.needs_response:
        return
    organizer, order = current_organizer(), dispute.payment.order
    context = {
        "organizer": organizer,
        "news": news,
        "dispute": dispute,
        "order": order,
        "event": order.event,
        "reason": reason_words(dispute.reason),
        "is_inquiry": dispute.is_inquiry,
        "is_charged_back": order.is_charged_back,
        "zone": organizer.timezone,
        "button_url": portal_url(organizer, reverse("organizer_portal:dispute", args=[dispute.pk])),
        "button_label": _("See the result") if news in (Dispute.State.WON, Dispute.State.LOST) else _("Answer it"),
    }
    for owner in owners():
        key = f"dispute:{dispute.pk}:{news}:{owner.email}"[:160]
        with transaction.atomic():
            queue_email(key=key, to=owner.email, template="checkout/mail/dispute", context=context)
