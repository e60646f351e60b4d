"""The mail that says a sale was stopped. Called by the outbox and may run again; each address gets it once."""

from contextlib import nullcontext

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name, schema_context

from accounts.queries import platform_admins
from analytics.models import StockProof
from notifications.actions import queue_email
from people.queries import owners
from tenants.current import current_organizer
from tenants.queries import portal_url


def mail_stock_alarm(*, proof_id: int) -> None:
    """Tell the organizer's owners, and the platform's admins from the platform's own outbox."""
    proof = StockProof.objects.select_related("performance__event").get(pk=proof_id)
    for owner in owners():
        _tell(owner.email, proof)
    for admin in platform_admins():
        _tell(admin.email, proof, is_from_platform=True)


def _tell(address: str, proof: StockProof, *, is_from_platform: bool = False) -> None:
    organizer, performance = current_organizer(), proof.performance
    context = {
        "organizer": organizer,
        "event": performance.event,
        "performance": performance,
        "proof": proof,
        "button_url": portal_url(organizer, reverse("organizer_portal:event", args=[performance.event_id])),
        "button_label": _("Look at the event"),
    }
    sender = schema_context(get_public_schema_name()) if is_from_platform else nullcontext()
    key = f"stock-alarm:{organizer.slug}:{proof.pk}:{address}"[:160]
    with sender, transaction.atomic():
        queue_email(key=key, to=address, template="analytics/mail/stock_alarm", context=context)
