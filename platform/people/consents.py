"""The texts a buyer may agree to. Change a text, change its version; the old words stay on the rows that agreed to them."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from people.models import Consent


@dataclass(frozen=True)
class ConsentText:
    kind: Consent.Kind
    version: str
    text: Any
    is_required: bool


CONSENT_TEXTS = (
    ConsentText(
        kind=Consent.Kind.TERMS,
        version="2026-11",
        text=_("I agree to the organizer's terms of sale and to the use of my details to deliver these tickets."),
        is_required=True,
    ),
    ConsentText(
        kind=Consent.Kind.NEWS,
        version="2026-11",
        text=_("Send me news about events like this by e-mail. I can stop this at any time."),
        is_required=False,
    ),
)

# Shown beside the payment form to who is signed in.
SAVE_CARD = ConsentText(
    kind=Consent.Kind.CARD,
    version="2026-11",
    text=_(
        "Save this card with the payment provider for my next orders here. I can remove it in my account at any time."
    ),
    is_required=False,
)

REQUIRED_KINDS = frozenset(text.kind.value for text in CONSENT_TEXTS if text.is_required)
