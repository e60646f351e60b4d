"""What the provider still asks of an organizer, in the organizer's words. Pure.

The provider names fields (docs.stripe.com/connect/handling-api-verification); several of them are one thing to a person.
"""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

_PERSON = re.compile(r"^(individual|representative|person_\w+|owners|directors|executives|relationship)\.")


def needs(requirements: Iterable[str]) -> list[str]:
    """One plain phrase for each thing asked for, each once, in the order asked. A field that we have no words for is named."""
    return list(dict.fromkeys(_need(name) for name in requirements))


def _need(field: str) -> str:
    part = _PERSON.sub("", field)
    for beginning, words in _words():
        if part.startswith(beginning):
            return words
    return _("An answer to “%(field)s”") % {"field": field}


def _words() -> list[tuple[str, str]]:
    return [
        ("verification.additional_document", _("A document that shows the address of the person who represents you")),
        ("verification", _("A photo of an identity document of the person who represents you")),
        ("company.verification", _("A document about the company, for instance from the register")),
        ("external_account", _("The bank account that is to be paid")),
        ("tos_acceptance", _("Your agreement to Stripe's terms")),
        ("business_type", _("Whether you are a company, an association or a person")),
        ("business_profile.mcc", _("What kind of business you run")),
        ("business_profile.url", _("Your website, or what you sell in a sentence")),
        ("business_profile.product_description", _("What you sell, in a sentence")),
        ("business_profile.support", _("How buyers reach you")),
        ("business_profile", _("About your business")),
        ("company.tax_id", _("The company's tax number")),
        ("company.vat_id", _("The company's VAT number")),
        ("company.registration_number", _("The company's registration number")),
        ("company.directors_provided", _("Who directs the company")),
        ("company.owners_provided", _("Who owns the company")),
        ("company.executives_provided", _("Who manages the company")),
        ("company.address", _("The company's address")),
        ("company", _("About your company")),
        ("id_number", _("A tax or identity number of the person who represents you")),
        ("ssn_last_4", _("A tax or identity number of the person who represents you")),
        ("first_name", _("The name of the person who represents you")),
        ("last_name", _("The name of the person who represents you")),
        ("dob", _("The date of birth of the person who represents you")),
        ("address", _("The address of the person who represents you")),
        ("email", _("How to reach the person who represents you")),
        ("phone", _("How to reach the person who represents you")),
        ("settings", _("What stands on a buyer's card statement")),
    ]


def reason(disabled_reason: str) -> str:
    """Why cards or payouts are switched off, and what to do; "" where they are not."""
    if not disabled_reason:
        return ""
    if disabled_reason.startswith("rejected."):
        return _("Stripe has turned this account down. Write to Stripe's support: only they can take it up again.")
    return {
        "requirements.past_due": _(
            "Something that Stripe asked for is overdue. Give it, and cards are on again within minutes."
        ),
        "action_required.requested_capabilities": _("Stripe needs more from you before it can take cards."),
        "requirements.pending_verification": _(
            "Stripe is checking what you gave. That takes minutes, at times two days."
        ),
        "under_review": _("Stripe is looking at this account. You need not do anything; they write to you."),
        "listed": _(
            "Stripe is comparing this account with lists that the law demands. You need not do anything; they write to you."
        ),
        "platform_paused": _("We have paused this account. Write to us."),
    }.get(disabled_reason, _("Stripe has switched this account off. Open it at Stripe to see why."))
