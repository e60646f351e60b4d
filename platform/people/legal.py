"""What a storefront says of terms, privacy and who sells: the organizer's own words, or these until there are some.

Change a default, change DEFAULTS_VERSION; consents keep the version that was shown.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from people.models import LegalText

DEFAULTS_VERSION = "2026-11"

DEFAULTS: dict[LegalText.Kind, Any] = {
    LegalText.Kind.TERMS: _(
        "Your tickets are sold by %(name)s. The contract is between you and them; it begins when the order page or the "
        "e-mail says that your order is confirmed.\n\n"
        "The price shown at the checkout is the whole price, with all fees. A ticket admits one person, once, to the event "
        "and date printed on it. Keep its code to yourself: whoever shows it first is let in.\n\n"
        "Tickets for a fixed date cannot be withdrawn from unless the event's page says so. If the event is cancelled, you "
        "get back what you paid. If it is moved, you are told by e-mail.\n\n"
        "Questions? Reply to the e-mail that came with your tickets. Your rights by law are not limited by this."
    ),
    LegalText.Kind.PRIVACY: _(
        "%(name)s is responsible for your details, and uses this ticketing platform to handle them.\n\n"
        "We keep your name, your e-mail address, what you ordered and what you agreed to: to deliver your tickets, to let "
        "you in, to refund you, and because tax law asks for records of sales. At the entrance we note when a ticket was "
        "scanned. Card details go straight to the payment provider; we never see them.\n\n"
        "You get news by e-mail only if you ticked the box for it, and can stop that at any time. We set no cookies for "
        "advertising and share your details with nobody else.\n\n"
        "You may ask what is kept about you, have it corrected, and have it erased as far as records need not be kept: "
        "reply to the e-mail that came with your tickets."
    ),
    LegalText.Kind.IMPRINT: _(
        "Tickets on these pages are sold by %(name)s.\n\nTo reach them, reply to the e-mail that came with your tickets."
    ),
}


@dataclass(frozen=True)
class ShownText:
    """A legal text as it is shown: `version` names these very words, `is_default` says that they are ours."""

    kind: LegalText.Kind
    text: str
    version: str
    is_default: bool
