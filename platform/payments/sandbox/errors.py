"""The ways the API may refuse, in Stripe's shape."""

from __future__ import annotations

from typing import Any

from payments.contract.rules import THREE_DECIMAL

JsonObject = dict[str, Any]


class StripeError(Exception):
    """A refusal: HTTP status, error type, code, message, the parameter at fault and further fields of the error.

    `keeps_changes` says that what the handler wrote stays: a declined card leaves a failed charge behind.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        keeps_changes: bool = False,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.keeps_changes = keeps_changes
        self.error: JsonObject = {"type": type, "message": message}
        if code:
            self.error["code"] = code
            self.error["doc_url"] = "https://stripe.com/docs/error-codes/" + code.replace("_", "-")
        if param:
            self.error["param"] = param
        self.error.update({key: value for key, value in fields.items() if value is not None})


def check_step(amount: int | None, currency: str, *, param: str = "amount") -> None:
    """Refuse an amount whose last digit is not 0 where the currency has three decimals; the contract sees it only where a request
    names the currency. docs.stripe.com/currencies#three-decimal."""
    if amount is not None and currency in THREE_DECIMAL and amount % 10:
        raise StripeError(f"Invalid amount: in {currency} the last digit must be 0", param=param)


# What the path calls an object where that is not `id`.
PATH_NAMES = {"payment_intent": "intent"}
LABELS = {"payment_method": "PaymentMethod", "fee_refund": "fee refund"}


def missing(kind: str, identifier: str, param: str = "id") -> StripeError:
    """An object that does not exist or belongs to another account: 404 in the path (`id`), 400 in a parameter."""
    return StripeError(
        f"No such {LABELS.get(kind, kind)}: '{identifier}'",
        status=404 if param == "id" else 400,
        code="resource_missing",
        param=PATH_NAMES.get(kind, param) if param == "id" else param,
    )


def no_access(account: str) -> StripeError:
    """403 for an account that is not the caller's, or whose owner has taken the platform's access back."""
    return StripeError(
        f"The provided key does not have access to account '{account}' (or that account does not exist). "
        "Application access may have been revoked.",
        status=403,
        code="account_invalid",
    )


def unexpected_state(message: str, intent: JsonObject) -> StripeError:
    """400 for a PaymentIntent that is not in a status which allows the call."""
    return StripeError(message, code="payment_intent_unexpected_state", payment_intent=intent)
