"""The SDK's client, how one call is made, and what its failures mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings
from django.db import connection
from django.utils import timezone

from payments.errors import ProviderRefused, ProviderUnavailable

TIMEOUT_SECONDS = 20
PAGE = 100  # the most that the provider lists at once
PLATFORM = ""  # instead of an account's id: the platform's own


def http_client() -> stripe.HTTPClient:
    """The SDK's transport; tests replace it to record what is sent."""
    return stripe.RequestsClient(timeout=TIMEOUT_SECONDS)


KEYS_LAST = timedelta(
    hours=23
)  # the provider remembers one for 24 hours at least (docs.stripe.com/api/idempotent_requests)


def may_be_forgotten(asked_at: datetime) -> bool:
    """Whether the key of what was asked for then may make it a second time: whoever sends it looks there first."""
    return timezone.now() - asked_at > KEYS_LAST


@lru_cache(maxsize=1)
def client() -> stripe.StripeClient:
    """The SDK's client, at Stripe or at the sandbox."""
    base = settings.STRIPE_API_BASE
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": base, "files": base, "connect": base} if base else {},
        max_network_retries=2,
        http_client=http_client(),
    )


def provider() -> stripe.StripeClient:
    """The client, for one call. Whoever waits for the network holds no database connection that others could use."""
    if not connection.in_atomic_block:
        connection.close()  # back to the pool; the next statement takes another
    return client()


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise ProviderUnavailable from error
    except stripe.StripeError as error:
        if error.http_status is None or error.http_status >= 500 or error.http_status == 409:
            raise ProviderUnavailable from error
        code = error.code or (
            error.error.code if error.error else ""
        )  # the SDK leaves a 403's in the second place only
        raise ProviderRefused(provider_code=code or "", provider_message=error.user_message or str(error)) from error


def of_account(account_id: str, *, key: str = "") -> stripe.RequestOptions:
    """The options of a call on this account, or on PLATFORM's; `key` makes a second one the same as the first."""
    options: stripe.RequestOptions = {"stripe_account": account_id} if account_id else {}
    if key:
        options["idempotency_key"] = key
    return options


def bounds(since: datetime | None, after: str) -> dict[str, Any]:
    """The parameters of a page of a list: from the object below `after` down to `since`."""
    return ({"created": {"gte": int(since.timestamp())}} if since else {}) | (
        {"starting_after": after} if after else {}
    )
