"""Why an attempt to pay failed, and what the buyer can do, in the buyer's words. Pure.

The codes are the provider's (docs.stripe.com/declines/codes). That a bank or the provider suspects fraud, or that a card is
reported lost, is never said: whoever holds the card then may not be its owner.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Decline:
    """What happened, and what to do next: a sentence each."""

    title: str
    advice: str


def decline_of(code: str, *, is_saved: bool = False) -> Decline:
    """The words for the provider's code; every code that we have none for is a plain “your bank declined”.

    Of a card that was saved before, nothing was typed that could be wrong.
    """
    if is_saved and code in ("expired_card", "incorrect_cvc", "invalid_cvc", "resource_missing"):
        return Decline(
            _("Your saved card is no longer accepted. Nothing was taken."),
            _("Pay with a new card. You can remove the old one in your account."),
        )
    if code == "insufficient_funds":
        return Decline(
            _("There is not enough money on this card. Nothing was taken."),
            _("Pay with another card, or top this one up and try again."),
        )
    if code in ("expired_card", "invalid_expiry_month", "invalid_expiry_year"):
        return Decline(
            _("This card has expired. Nothing was taken."),
            _("Check the date that you typed, or pay with another card."),
        )
    if code in ("incorrect_cvc", "invalid_cvc"):
        return Decline(
            _("The security code is not this card's. Nothing was taken."),
            _("Look at the three digits on its back (four on the front of Amex), then try again."),
        )
    if code in ("incorrect_number", "invalid_number"):
        return Decline(
            _("There is no card with this number. Nothing was taken."), _("Check the number, then try again.")
        )
    if code in ("payment_intent_authentication_failure", "authentication_required"):
        return Decline(
            _("Your bank could not confirm that it is you. Nothing was taken."),
            _("Try again and confirm the payment with your bank, or pay with another card."),
        )
    if code in ("processing_error", "try_again_later", "issuer_not_available", "reenter_transaction"):
        return Decline(
            _("Your bank did not answer. Nothing was taken."),
            _("Wait a moment and try again, or pay with another card."),
        )
    if code in ("card_velocity_exceeded", "withdrawal_count_limit_exceeded"):
        return Decline(
            _("This card has reached its limit for now. Nothing was taken."),
            _("Pay with another card, or ask your bank."),
        )
    if code in ("card_not_supported", "currency_not_supported", "transaction_not_allowed"):
        return Decline(_("This card cannot be used for this payment. Nothing was taken."), _("Pay with another card."))
    return Decline(_("Your bank declined this card. Nothing was taken."), _("Pay with another card, or ask your bank."))
