"""What a Stripe event does: type -> verb. Events come at least once and in any order, so each verb asks Stripe how things
stand and is safe to repeat."""

from typing import Any

from checkout.actions import send_refund, settle_payment
from checkout.disputes import take_up_dispute
from checkout.fraud_warnings import take_up_warning
from inbox.actions import Verb
from payments.actions import disconnect_account, refresh_account
from payments.models import Refund
from payments.queries import payment_by_intent
from payouts.actions import refresh_partner
from payouts.runs import take_up_payout
from scanning.queries import has_admissions
from tenants.current import current_organizer

Event = dict[str, Any]


def _payment_moved(event: Event) -> None:
    payment = payment_by_intent(event["data"]["object"]["id"])
    if payment is not None:
        settle_payment(order_id=payment.order_id)


def _refund_moved(event: Event) -> None:
    refund = Refund.objects.filter(provider_id=event["data"]["object"]["id"]).first()
    if refund is not None:
        send_refund(refund_id=refund.pk)


def _dispute_moved(event: Event) -> None:
    take_up_dispute(account_id=event.get("account", ""), provider_id=event["data"]["object"]["id"])


def _fraud_warned(event: Event) -> None:
    take_up_warning(
        account_id=event.get("account", ""), provider_id=event["data"]["object"]["id"], is_admitted=has_admissions
    )


def _payout_moved(event: Event) -> None:
    take_up_payout(provider_id=event["data"]["object"]["id"])


def _account_moved(event: Event) -> None:
    refresh_account(organizer=current_organizer(), account_id=event["account"])
    refresh_partner(organizer=current_organizer(), account_id=event["account"])


def _access_taken_back(event: Event) -> None:
    disconnect_account(account_id=event["account"])


VERBS: dict[str, Verb] = {
    "payment_intent.amount_capturable_updated": _payment_moved,
    "payment_intent.processing": _payment_moved,
    "payment_intent.succeeded": _payment_moved,
    "payment_intent.canceled": _payment_moved,
    "payment_intent.payment_failed": _payment_moved,
    "refund.created": _refund_moved,
    "refund.updated": _refund_moved,
    "refund.failed": _refund_moved,
    "charge.refund.updated": _refund_moved,
    "charge.dispute.created": _dispute_moved,
    "charge.dispute.updated": _dispute_moved,
    "charge.dispute.closed": _dispute_moved,
    "charge.dispute.funds_withdrawn": _dispute_moved,
    "charge.dispute.funds_reinstated": _dispute_moved,
    "radar.early_fraud_warning.created": _fraud_warned,
    "radar.early_fraud_warning.updated": _fraud_warned,
    "payout.updated": _payout_moved,
    "payout.paid": _payout_moved,
    "payout.failed": _payout_moved,
    "payout.canceled": _payout_moved,
    "account.updated": _account_moved,
    "capability.updated": _account_moved,
    "account.application.deauthorized": _access_taken_back,
}
