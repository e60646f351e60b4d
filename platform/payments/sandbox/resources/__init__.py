"""The API's resources, a module for each family. Importing this package registers all of their endpoints."""

from payments.sandbox.resources import (
    account_links,
    accounts,
    application_fees,
    balance,
    charges,
    customers,
    disputes,
    events,
    files,
    payment_intents,
    payment_method_domains,
    payment_methods,
    payouts,
    refunds,
    transfers,
    webhook_endpoints,
)

__all__ = [
    "account_links",
    "accounts",
    "application_fees",
    "balance",
    "charges",
    "customers",
    "disputes",
    "events",
    "files",
    "payment_intents",
    "payment_method_domains",
    "payment_methods",
    "payouts",
    "refunds",
    "transfers",
    "webhook_endpoints",
]
