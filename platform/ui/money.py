"""Money is an integer number of minor units and a currency code; only formatting knows decimals."""

import re
from decimal import Decimal

from babel.numbers import format_currency, format_percent, get_currency_precision
from django.utils.translation import get_language, to_locale

# Stripe counts these in whole units or in thousandths; ISO 4217's own exponent serves the rest
# (docs.stripe.com/currencies, November 2026). ISK and UGX are sent as hundredths there although they have no cents.
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "CAD", "AUD", "JPY")


_TYPED = re.compile(r"[0-9]{1,15}(?:[.,][0-9]{0,9})?|[.,][0-9]{1,9}")


def minor_unit_exponent(currency: str) -> int:
    """How many decimals `currency` has: 2 for EUR, 0 for JPY."""
    return get_currency_precision(currency)


def smallest_step(currency: str) -> int:
    """The smallest amount, in minor units, that the payment provider moves in `currency`: 10 where it has three decimals.

    docs.stripe.com/currencies#three-decimal, November 2026.
    """
    return 10 if minor_unit_exponent(currency) == 3 else 1


def format_money(amount: int, currency: str) -> str:
    """`amount` minor units of `currency` in the reader's language: (1250, "EUR") -> "€12.50", below nothing with a minus sign."""
    value = Decimal(amount).scaleb(-minor_unit_exponent(currency))
    return format_currency(value, currency, locale=to_locale(get_language() or "en")).replace("-", "−")


def percent_text(basis_points: int) -> str:
    """Basis points in the reader's language: 750 -> "7.5%"."""
    locale = to_locale(get_language() or "en")
    return format_percent(Decimal(basis_points) / 10_000, locale=locale, decimal_quantization=False)


def typed_money(amount: int, currency: str) -> str:
    """Minor units as typed: no currency sign, "." before the decimals, no needless ones."""
    digits = minor_unit_exponent(currency)
    whole, part = divmod(amount, 10**digits)
    return f"{whole}.{part:0{digits}d}" if digits and part else str(whole)


def parse_money(text: str, currency: str) -> int:
    """Minor units from what a person typed, with "." or "," before the decimals: ("12,50", "EUR") -> 1250.

    Raises ValueError when it is no amount, is negative, or has more decimals than the currency.
    """
    cleaned = text.strip().replace(" ", "").replace("\u00a0", "")
    if not _TYPED.fullmatch(cleaned):  # "1e999999" would be a number, too, and cost minutes to write out
        raise ValueError(text)
    value = Decimal(cleaned.replace(",", ".")).scaleb(minor_unit_exponent(currency))
    if value != value.to_integral_value():
        raise ValueError(text)
    return int(value)
