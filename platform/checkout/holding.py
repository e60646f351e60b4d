"""Between the doors and the claim: a priced basket as a request, the claim's answer as a hold or a refusal in words.

Pure functions, so that the normal path and the on-sale path, which talk to the database in different ways, ask for the same
and say the same.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from checkout.catalog import Offer, Priced
from checkout.errors import PersonLimitReached
from idempotency.actions import check_key
from inventory.claim import ClaimAnswer, ClaimRequest
from inventory.errors import Busy, NotOnSale, SoldOut
from inventory.models import Hold
from pricing.quote import Quote
from ui.errors import DomainError
from ui.ids import new_token, uuid7
from ui.request_id import request_id

_json = DjangoJSONEncoder()


class Asked(NamedTuple):
    """How a hold was asked for: an idempotency key with its scope and the body's fingerprint, by whom."""

    scope: str = ""
    key: str = ""
    fingerprint: str = ""
    person: str = ""


LONG_KEY = 16  # characters: what is at least so long nobody meets by chance


def asked_by(*, key: str, fingerprint: str, network: Callable[[], str], person: str = "") -> Asked:
    """A hold asked for by a program; `fingerprint` is `fingerprint_of` the parsed request.

    Nobody is known here, so whoever knows a key gets its hold: a key that others might use as well ("1") counts for the
    client's network alone, which is asked for then. Raises KeyInvalid.
    """
    scope = "create_hold" if len(check_key(key)) >= LONG_KEY else f"create_hold:{network()}"
    return Asked(scope, key, fingerprint, person)


def claim_request(offer: Offer, priced: Priced, asked: Asked) -> ClaimRequest:
    """What to ask of the claim for a basket; the hold's id and its secret are made here."""
    return ClaimRequest(
        hold_id=uuid7(),
        token=new_token(),
        quote=priced.quote_json,
        seconds=priced.seconds,
        lines=priced.lines,
        person=asked.person,
        request_id=request_id(),
        scope=asked.scope,
        key=asked.key,
        fingerprint=asked.fingerprint,
    )


def hold_made(offer: Offer, request: ClaimRequest, priced: Priced, created_at: datetime) -> Hold:
    """The hold that the claim has written, without reading it."""
    hold = Hold(
        id=request.hold_id,
        token=request.token,
        performance_id=offer.performance_id,
        state=Hold.State.LIVE,
        quote=priced.quote.as_dict(),
        created_at=created_at,
        expires_at=created_at + timedelta(seconds=request.seconds),
        person=request.person,
    )
    hold._state.adding = False
    return hold


def refusal(offer: Offer, answer: ClaimAnswer) -> DomainError:
    """Why there is no hold, in the buyer's words."""
    line = answer.line
    wanted = line.quantity if line else 0
    return refusal_of(offer, answer.verdict, line.ticket_type_id if line else None, answer.available, wanted)


def refusal_of(offer: Offer, verdict: str, ticket_type_id: UUID | None, available: int, wanted: int = 0) -> DomainError:
    """The same from its parts, as a key has kept them."""
    kind = offer.kinds.get(ticket_type_id) if ticket_type_id else None
    details = {"name": kind.name if kind else "", "left": available}
    extra = {"ticket_type_id": str(ticket_type_id), "available": available}
    if verdict == "not_on_sale":
        return NotOnSale(_("“%(name)s” is not on sale now.") % details)
    if verdict == "person_limit":
        return PersonLimitReached(_("You may have %(left)d more of “%(name)s” for this date.") % details, **extra)
    if verdict == "busy":
        return Busy(_("Others are taking “%(name)s” at this moment. Please try again.") % details, **extra)
    if available == 0:
        return SoldOut(_("“%(name)s” is sold out.") % details, **extra)
    return SoldOut(_("Only %(left)d of “%(name)s” left.") % details, **extra)


def created_json(
    *, hold_id: UUID, performance_id: UUID, token: str, quote: str, created_at: datetime, seconds: float
) -> bytes:
    """The answer to `create_hold`, byte for byte the same whenever it is given for one hold (storefront.schemas has its
    shape). `quote` is JSON; the instant is UTC in milliseconds."""
    expires_at = _expiry(created_at, seconds)
    return (
        f'{{"id":"{hold_id}","performance_id":"{performance_id}","state":"live","expires_at":"{expires_at}",'
        f'"seconds_left":{int(seconds)},"quote":{quote},"token":"{token}"}}'
    ).encode()


@lru_cache(maxsize=16)
def _expiry(created_at: datetime, seconds: float) -> str:
    """As the API's other answers write it. All holds of a group were made at one instant."""
    return str(_json.default((created_at + timedelta(seconds=seconds)).astimezone(UTC)))


def created_json_of(hold: Hold) -> bytes:
    """The same for a hold as `place_hold` returns it."""
    quote = json.dumps(Quote.from_dict(hold.quote).as_dict(), separators=(",", ":"))
    return created_json(
        hold_id=hold.pk,
        performance_id=hold.performance_id,
        token=hold.token,
        quote=quote,
        created_at=hold.created_at,
        seconds=(hold.expires_at - hold.created_at).total_seconds(),
    )
