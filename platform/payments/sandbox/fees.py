"""What Stripe itself takes from a payment here: stated constants, not a price list."""

from __future__ import annotations

# The share of the amount in ten-thousandths and the fixed part in minor units, by the account's region.
EUROPEAN_RATE = (150, 25)
OTHER_RATE = (290, 30)
EUROPE = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
DISPUTE_FEE = 1500  # minor units, taken with the disputed amount
DISPUTE_FEE_EUROPE = 2000


def processing_fee(amount: int, country: str) -> int:
    """Stripe's fee on a card payment of `amount` minor units to an account in `country`; never more than the amount."""
    rate, fixed = EUROPEAN_RATE if country in EUROPE else OTHER_RATE
    return min(amount, (amount * rate + 5000) // 10000 + fixed)


def dispute_fee(country: str) -> int:
    """Stripe's fee on a dispute, in minor units."""
    return DISPUTE_FEE_EUROPE if country in EUROPE else DISPUTE_FEE
