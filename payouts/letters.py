"""The mail to an organizer's owners that a payout came back. Called by the outbox and may run again."""

from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from notifications.actions import queue_email
from payouts.failure_words import what_to_do
from payouts.models import Payout
from people.queries import owners
from tenants.current import current_organizer
from tenants.queries import portal_url


def mail_payout_failed(*, payout_id: UUID) -> None:
    """Tell the owners which payout came back, why, and what to do."""
    payout, organizer = Payout.objects.get(pk=payout_id), current_organizer()
    context = {
        "organizer": organizer,
        "payout": payout,
        "what": what_to_do(payout.failure),
        "button_url": portal_url(organizer, reverse("organizer_portal:payouts")),
        "button_label": _("See your payouts"),
    }
    for owner in owners():
        key = f"payout-failed:{payout.pk}:{owner.email}"[:160]
        with transaction.atomic():
            queue_email(key=key, to=owner.email, template="payouts/mail/payout_failed", context=context)
