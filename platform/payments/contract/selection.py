"""Which part of Stripe's API the contract covers: paths, resources and payment method families.

Everything else of the SDK is left out, so that the document stays small enough to derive in seconds.
"""

# regular expressions on path templates
KEEP = [
    r"/v1/payment_intents(/.*)?",
    r"/v1/setup_intents(/.*)?",
    r"/v1/customers(/\{customer\})?",
    r"/v1/customers/search",
    r"/v1/customers/\{customer\}/payment_methods(/.*)?",
    r"/v1/customers/\{customer\}/balance_transactions(/.*)?",
    r"/v1/customers/\{customer\}/tax_ids(/.*)?",
    r"/v1/customers/\{customer\}/discount",
    r"/v1/customer_sessions",
    r"/v1/confirmation_tokens/.*",
    r"/v1/payment_methods(/.*)?",
    r"/v1/payment_method_domains(/.*)?",
    r"/v1/payment_method_configurations(/.*)?",
    r"/v1/refunds(/.*)?",
    r"/v1/charges(/\{charge\})?",
    r"/v1/charges/(search|\{charge\}/capture)",
    r"/v1/disputes(/.*)?",
    r"/v1/transfers(/.*)?",
    r"/v1/application_fees(/.*)?",
    r"/v1/payouts(/.*)?",
    r"/v1/country_specs(/.*)?",
    r"/v1/mandates/.*",
    r"/v1/setup_attempts",
    r"/v1/topups(/.*)?",
    r"/v1/balance",
    r"/v1/balance_settings",
    r"/v1/balance_transactions(/.*)?",
    r"/v1/account",
    r"/v1/accounts(/.*)?",
    r"/v1/account_links",
    r"/v1/account_sessions",
    r"/v1/events(/.*)?",
    r"/v1/webhook_endpoints(/.*)?",
    r"/v1/products(/\{id\}|/search)?",
    r"/v1/prices(/.*)?",
    r"/v1/coupons(/.*)?",
    r"/v1/promotion_codes(/.*)?",
    r"/v1/subscriptions(/.*)?",
    r"/v1/subscription_items(/\{item\})?",
    r"/v1/invoices(/\{invoice\})?",
    r"/v1/invoices/(create_preview|search)",
    r"/v1/invoices/\{invoice\}/(finalize|pay|send|void|mark_uncollectible)",
    r"/v1/invoiceitems(/.*)?",
    r"/v1/invoice_payments(/.*)?",
    r"/v1/billing_portal/(sessions|configurations(/.*)?)",
    r"/v1/checkout/sessions(/.*)?",
    r"/v1/reviews(/.*)?",
    r"/v1/radar/early_fraud_warnings(/.*)?",
    r"/v1/radar/value_lists(/.*)?",
    r"/v1/radar/value_list_items(/.*)?",
    r"/v1/tax/calculations(/.*)?",
    r"/v1/tax/transactions(/.*)?",
    r"/v1/tax/settings",
    r"/v1/tax_rates(/.*)?",
    r"/v1/tax_codes(/.*)?",
    r"/v1/files(/.*)?",
    r"/v1/reporting/report_(runs|types)(/.*)?",
    r"/v1/test_helpers/test_clocks(/.*)?",
    r"/v1/test_helpers/refunds/.*",
    r"/v1/test_helpers/confirmation_tokens",
    r"/v2/core/accounts",
    r"/v2/core/accounts/\{id\}(/close)?",
    r"/v2/core/account_links",
    r"/v2/core/events(/.*)?",
    r"/v2/core/event_destinations(/.*)?",
]
DROP = [
    r"/v1/payment_intents/\{intent\}/(verify_microdeposits|amount_details_line_items)",
    r"/v1/setup_intents/\{intent\}/verify_microdeposits",
    r"/v1/subscriptions/\{subscription\}/migrate",
]
# resources whose own fields are written out; any other object is left as an open hash
RESOURCES = frozenset(
    ["account", "account_link", "account_session", "application_fee", "balance", "balance_settings", "balance_transaction", "bank_account", "billing_portal.configuration", "billing_portal.session", "capability", "card", "charge", "checkout.session", "country_spec", "confirmation_token", "coupon", "customer", "customer_session", "customer_balance_transaction", "discount", "dispute", "event", "fee_refund", "file", "invoice", "invoice_payment", "invoiceitem", "item", "line_item", "login_link", "mandate", "payment_intent", "payment_method", "payment_method_configuration", "payment_method_domain", "payout", "person", "price", "product", "promotion_code", "radar.early_fraud_warning", "radar.value_list", "radar.value_list_item", "refund", "reporting.report_run", "reporting.report_type", "review", "setup_attempt", "setup_intent", "subscription", "subscription_item", "tax.calculation", "tax.calculation_line_item", "tax.settings", "tax.transaction", "tax.transaction_line_item", "tax_id", "tax_rate", "test_helpers.test_clock", "topup", "tax_code", "transfer", "transfer_reversal", "webhook_endpoint", "v2.core.account", "v2.core.account_link", "v2.core.event", "v2.core.event_destination"]
)
# payment method families whose details stay written out in answers
FAMILIES = frozenset(
    ["Affirm", "AfterpayClearpay", "AmazonPay", "BacsDebit", "Bancontact", "Card", "Cashapp", "CustomerBalance", "Ideal", "Klarna", "Link", "Paypal", "RevolutPay", "SepaDebit", "UsBankAccount"]
)
