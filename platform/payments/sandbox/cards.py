"""The published test cards: what each number, and each `pm_card_...` token, does.

Only these numbers exist here. Any other number that could be a real card is refused, as in Stripe's test mode, and is
neither kept nor logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ThreeDSecure = Literal["none", "optional", "required", "unless_set_up", "set_up"]


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a charge is refused: the error's code, the bank's reason and the words for people."""

    code: str
    decline_code: str | None
    message: str
    advice_code: str | None = None


DECLINED = "Your card was declined."
GENERIC = Decline("card_declined", "generic_decline", DECLINED, "try_again_later")
FRAUDULENT = Decline("card_declined", "fraudulent", DECLINED, "do_not_try_again")
INSUFFICIENT = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.", "try_again_later")
LOST = Decline("card_declined", "lost_card", DECLINED, "do_not_try_again")
STOLEN = Decline("card_declined", "stolen_card", DECLINED, "do_not_try_again")
VELOCITY = Decline(
    "card_declined",
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
)
EXPIRED = Decline("expired_card", None, "Your card has expired.", "do_not_try_again")
WRONG_CVC = Decline("incorrect_cvc", None, "Your card's security code is incorrect.")
PROCESSING = Decline(
    "processing_error", None, "An error occurred while processing your card. Try again in a little bit."
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "confirm_card_data",
)


@dataclass(frozen=True, slots=True)
class TestCard:
    """One test number and everything it causes. `after` says whether a decline comes after 3-D Secure."""

    number: str
    tokens: tuple[str, ...] = ()
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: Decline | None = None
    three_d_secure: ThreeDSecure = "none"
    blocked: bool = False
    risk: str = "normal"
    dispute: str | None = None
    inquiry: bool = False
    fraud_warning: bool = False
    refund: Literal["succeeds", "pending", "fails"] = "succeeds"
    available_at_once: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]


def _decline(number: str, decline: Decline, name: str) -> TestCard:
    tokens = (f"pm_card_chargeDeclined{name}", f"pm_card_visa_chargeDeclined{name}")
    return TestCard(number, tokens, decline=decline)


CARDS = (
    TestCard("4242424242424242", ("pm_card_visa", "pm_card_us")),
    TestCard("4000056655665556", ("pm_card_visa_debit",), funding="debit"),
    TestCard("5555555555554444", ("pm_card_mastercard",), brand="mastercard"),
    TestCard("2223003122003222", brand="mastercard"),
    TestCard("5200828282828210", ("pm_card_mastercard_debit",), brand="mastercard", funding="debit"),
    TestCard("5105105105105100", ("pm_card_mastercard_prepaid",), brand="mastercard", funding="prepaid"),
    TestCard("378282246310005", ("pm_card_amex",), brand="amex"),
    TestCard("371449635398431", brand="amex"),
    TestCard("6011111111111117", ("pm_card_discover",), brand="discover"),
    TestCard("3056930009020004", ("pm_card_diners",), brand="diners"),
    TestCard("3566002020360505", ("pm_card_jcb",), brand="jcb"),
    TestCard("6200000000000005", ("pm_card_unionpay",), brand="unionpay"),
    TestCard("4000000400000008", ("pm_card_at",), country="AT"),
    TestCard("4000002500001001", brand="cartes_bancaires", country="FR"),
    TestCard("4000002760000016", ("pm_card_de",), country="DE"),
    TestCard("4000003720000005", ("pm_card_ie",), country="IE"),
    TestCard("4000005280000002", ("pm_card_nl",), country="NL"),
    TestCard("4000008260000000", ("pm_card_gb",), country="GB"),
    TestCard("4000000000000077", ("pm_card_bypassPending",), available_at_once=True),
    TestCard("4000000000000002", ("pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"), decline=GENERIC),
    _decline("4000000000009995", INSUFFICIENT, "InsufficientFunds"),
    _decline("4000000000009987", LOST, "LostCard"),
    _decline("4000000000009979", STOLEN, "StolenCard"),
    _decline("4000000000006975", VELOCITY, "VelocityLimitExceeded"),
    _decline("4000000000000069", EXPIRED, "ExpiredCard"),
    _decline("4000000000000127", WRONG_CVC, "IncorrectCvc"),
    _decline("4000000000000119", PROCESSING, "ProcessingError"),
    TestCard("4000000000000341", ("pm_card_chargeCustomerFail",), decline=GENERIC),
    TestCard("4000002500003155", ("pm_card_authenticationRequiredOnSetup",), three_d_secure="unless_set_up"),
    TestCard("4000002760003184", ("pm_card_authenticationRequired",), three_d_secure="required"),
    TestCard(
        "4000000000003220", ("pm_card_threeDSecure2Required", "pm_card_threeDSecureRequired"), three_d_secure="required"
    ),
    TestCard(
        "4000008400001629",
        ("pm_card_threeDSecureRequiredChargeDeclined",),
        three_d_secure="required",
        decline=GENERIC,
    ),
    TestCard("4000008260003178", (), three_d_secure="required", decline=INSUFFICIENT),
    TestCard("4000000000003055", ("pm_card_threeDSecureOptional",), three_d_secure="optional"),
    TestCard("4000003800000446", ("pm_card_authenticationRequiredSetupForOffSession",), three_d_secure="set_up"),
    TestCard("4100000000000019", ("pm_card_radarBlock",), decline=FRAUDULENT, blocked=True, risk="highest"),
    TestCard("4000000000004954", ("pm_card_riskLevelHighest",), risk="highest"),
    TestCard("4000000000009235", ("pm_card_riskLevelElevated",), risk="elevated"),
    TestCard("4000000000000259", ("pm_card_createDispute",), dispute="fraudulent"),
    TestCard("4000000000002685", ("pm_card_createDisputeProductNotReceived",), dispute="product_not_received"),
    TestCard("4000000000001976", ("pm_card_createDisputeInquiry",), dispute="fraudulent", inquiry=True),
    TestCard("4000000000005423", ("pm_card_createIssuerFraudRecord",), fraud_warning=True),
    TestCard("4000000000007726", ("pm_card_pendingRefund",), refund="pending"),
    TestCard("4000000000005126", ("pm_card_refundFail",), refund="fails"),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {token: card for card in CARDS for token in card.tokens} | {
    token.replace("pm_card_", "tok_", 1): card for card in CARDS for token in card.tokens
}


def passes_luhn(number: str) -> bool:
    """Whether the check digit of a card number is right."""
    digits = [int(c) for c in reversed(number)]
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
