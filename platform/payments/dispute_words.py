"""A dispute's reason in plain words: what the buyer told the bank, and what speaks against it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# By Stripe's word: what the buyer says, and what an answer should show (docs.stripe.com/disputes/categories).
REASONS: dict[str, tuple[Any, Any]] = {
    "fraudulent": (
        _("The cardholder says that they did not make this payment."),
        _(
            "Show that the cardholder bought and came: the order's name and e-mail, the tickets opened, the scan at the door."
        ),
    ),
    "product_not_received": (
        _("The buyer says that they did not get what they paid for."),
        _("Show that the tickets were delivered: the e-mails, the order's page opened, the scan at the door."),
    ),
    "product_unacceptable": (
        _("The buyer says that it was not what was promised."),
        _("Show what the event page promised, and that it took place like that."),
    ),
    "credit_not_processed": (
        _("The buyer says that money was to go back and did not come."),
        _("Show the refund terms that the buyer agreed to, and what went back already."),
    ),
    "duplicate": (
        _("The buyer says that they paid twice."),
        _("Show that each payment was for tickets of its own."),
    ),
    "subscription_canceled": (
        _("The buyer says that they had cancelled."),
        _("Show the refund terms that the buyer agreed to, and that no cancellation came."),
    ),
    "unrecognized": (
        _("The cardholder does not recognise the payment."),
        _("Show what it was for: the order, its e-mails and the scan at the door."),
    ),
}
OTHER = (
    _("The buyer's bank wants the payment back and gave no reason that we know."),
    _("Show the order, that the tickets were delivered, and that they were used."),
)


def reason_words(reason: str) -> Any:
    """What the buyer told the bank; translated when it is shown."""
    return REASONS.get(reason, OTHER)[0]


def advice(reason: str) -> Any:
    """What an answer should show; translated when it is shown."""
    return REASONS.get(reason, OTHER)[1]
