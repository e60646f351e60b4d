"""Why a payout came back, and what to do, by the provider's code (docs.stripe.com/payouts#payout-failures)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

ACCOUNT = _("The bank account is closed, wrong or not yours. Enter it anew at Stripe; we then try again by ourselves.")
BANK = _("The bank refused it. Ask your bank why, or enter another account at Stripe; we try again by ourselves.")
FUNDS = _("Stripe had less available than we expected. We try again by ourselves.")
OURS = _("We look into it and try again by ourselves.")

WORDS: dict[str, Any] = {
    **dict.fromkeys(
        (
            "account_closed",
            "no_account",
            "invalid_account_number",
            "incorrect_account_holder_name",
            "incorrect_account_holder_address",
            "incorrect_account_holder_tax_id",
            "bank_account_unusable",
            "invalid_currency",
        ),
        ACCOUNT,
    ),
    **dict.fromkeys(
        ("account_frozen", "bank_account_restricted", "bank_ownership_changed", "debit_not_authorized", "declined"),
        BANK,
    ),
    **dict.fromkeys(("insufficient_funds", "balance_insufficient"), FUNDS),
}


def what_to_do(failure: str) -> Any:
    """What happened and what to do; translated when it is shown."""
    return WORDS.get(failure, OURS)
