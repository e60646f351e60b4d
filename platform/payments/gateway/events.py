"""What the provider tells: webhooks, and the events that never came as one."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import stripe
from django.conf import settings

from payments.errors import WebhookRefused
from payments.gateway.call import PAGE, bounds, of_account, provider, translated


def list_events(
    *, account_id: str, types: Iterable[str], since: datetime | None, after: str = "", limit: int = PAGE
) -> tuple[list[dict[str, Any]], bool]:
    """A page of the account's events of these `types`, newest first, as webhooks carry them; and whether more follow.

    The provider keeps them for 30 days.
    """
    params: dict[str, Any] = {"limit": limit, "types": list(types), **bounds(since, after)}
    with translated():
        page = provider().v1.events.list(params=params, options=of_account(account_id))  # type: ignore[arg-type]
    told = {"account": account_id} if account_id else {}
    return [{**event.to_dict(), **told} for event in page.data], page.has_more


def verified_event(*, body: bytes, signature: str) -> dict[str, Any]:
    """The event in a webhook's raw body, if the endpoint for its kind signed it within the tolerance of 300 s.

    Connected accounts' events come to an endpoint of their own, with a secret of its own: one of them that the other
    secret signed, or the reverse, is none. Raises WebhookRefused.
    """
    if not signature.isascii():  # the SDK breaks on such letters instead of refusing them
        raise WebhookRefused
    for secret, is_connect in ((settings.STRIPE_CONNECT_WEBHOOK_SECRET, True), (settings.STRIPE_WEBHOOK_SECRET, False)):
        if not secret:
            continue
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, secret, stripe.Webhook.DEFAULT_TOLERANCE)
            event: Any = json.loads(body)
        except (stripe.SignatureVerificationError, ValueError, RecursionError):
            continue
        if _is_event(event) and bool(event.get("account")) == is_connect:
            return dict(event)
    raise WebhookRefused


def _is_event(value: Any) -> bool:
    """Whether it has the members that say what it is and whose."""
    texts = ("id", "type", "account")
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name, ""), str) for name in texts)
        and "id" in value
        and "type" in value
    )
