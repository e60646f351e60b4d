"""What an answer to a dispute is made of, by Stripe's names, in the order in which it is shown."""

from typing import Any

from django.utils.translation import gettext_lazy as _

LONGEST_EVIDENCE = 20_000  # characters of one part (docs.stripe.com/api/disputes/update)
LONGEST_IN_ALL = 150_000

FIELDS: dict[str, Any] = {
    "customer_name": _("The buyer's name"),
    "customer_email_address": _("The buyer's e-mail"),
    "customer_purchase_ip": _("Address the order came from"),
    "product_description": _("What was sold"),
    "service_date": _("When it takes place"),
    "access_activity_log": _("Tickets opened and scanned"),
    "refund_policy_disclosure": _("How the refund terms were shown"),
    "refund_refusal_explanation": _("Why there is no refund"),
    "uncategorized_text": _("Anything else"),
}
SHORT = ("customer_name", "customer_email_address", "customer_purchase_ip", "service_date")  # one line each
