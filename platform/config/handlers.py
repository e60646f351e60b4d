"""What happens after a commit: outbox kind -> the function that does it. Each is idempotent and takes ids."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from analytics.letters import mail_stock_alarm
from analytics.live import announce_sale
from checkout import letters
from checkout.actions import send_refund
from checkout.batches import run_refund_batch
from checkout.code_desk import mail_code
from checkout.dispute_letters import mail_dispute, mail_fraud_warning
from checkout.disputes import send_evidence
from checkout.waiting import serve
from config import books
from config.stripe_events import VERBS
from config.tasks import wake_outbox
from console.actions import (
    count_events,
    count_refund,
    count_refund_failed,
    count_refund_repaid,
    count_sale,
    list_dispute,
    list_incident,
)
from marketplace.actions import list_event, note_sale, welcome_owner
from notifications.actions import deliver_email
from outbox.actions import Handler
from payments.actions import register_hosts
from payouts.letters import mail_payout_failed
from payouts.runs import send_payout
from payouts.transfers import send_reversal, send_transfer, take_back
from reconciliation.actions import note_fraud_warning, note_payout_failure, note_transfer, work_on_check
from tenants.actions import finish_opening, top_up_prepared_schemas
from tenants.current import current_organizer
from tickets.actions import publish_signing_key


def _order(function: Callable[..., object]) -> Handler:
    def run(payload: dict[str, Any]) -> None:
        function(order_id=UUID(payload["order_id"]))

    return run


def _welcome_owner(payload: dict[str, Any]) -> None:
    if payload["opened_by"]:  # a command opens organizers for nobody in particular
        welcome_owner(organizer_id=UUID(payload["organizer_id"]), user_id=UUID(payload["opened_by"]))


def _list_event(payload: dict[str, Any]) -> None:
    list_event(event_id=UUID(payload["event_id"]))
    count_events()


def _count_sale(payload: dict[str, Any]) -> None:
    count_sale(order_id=UUID(payload["order_id"]))
    note_sale(order_id=UUID(payload["order_id"]))


HANDLERS: dict[str, Handler] = {
    # organizers
    "organizer_opened": _welcome_owner,
    "finish_opening": lambda payload: finish_opening(organizer_id=UUID(payload["organizer_id"])),
    "top_up_prepared_schemas": lambda payload: top_up_prepared_schemas(),
    # mail
    "deliver_email": lambda payload: deliver_email(email_id=payload["email_id"]),
    "mail_tickets": lambda payload: letters.mail_tickets(
        order_id=UUID(payload["order_id"]), again=payload.get("again", "")
    ),
    "mail_payment_returned": _order(letters.mail_payment_returned),
    "mail_payment_under_way": _order(letters.mail_payment_under_way),
    "mail_payment_lost": _order(letters.mail_payment_lost),
    "mail_refund": lambda payload: letters.mail_refund(
        order_id=UUID(payload["order_id"]),
        act=payload["act"],
        amount=payload["amount"],
        cancelled=payload["cancelled"],
        words=payload["words"],
    ),
    "mail_refund_failed": lambda payload: letters.mail_refund_failed(refund_id=UUID(payload["refund_id"])),
    "mail_refund_made_good": lambda payload: letters.mail_refund_made_good(refund_id=UUID(payload["refund_id"])),
    "mail_refund_request": lambda payload: letters.mail_refund_request(
        request_id=UUID(payload["request_id"]), state=payload["state"]
    ),
    "mail_move": lambda payload: letters.mail_move(
        performance_id=UUID(payload["performance_id"]), moved=payload["moved"], was=payload["was"]
    ),
    "mail_postponement": lambda payload: letters.mail_postponement(
        event_id=UUID(payload["event_id"]), postponed=payload["postponed"], words=payload["words"]
    ),
    "mail_seat_moved": lambda payload: letters.mail_seat_moved(
        order_id=UUID(payload["order_id"]), ticket_id=UUID(payload["ticket_id"]), was=payload["was"]
    ),
    "mail_seats_renamed": lambda payload: letters.mail_seats_renamed(
        order_id=UUID(payload["order_id"]), renamed=payload["renamed"]
    ),
    "mail_dispute": lambda payload: mail_dispute(dispute_id=UUID(payload["dispute_id"]), news=payload["news"]),
    "mail_fraud_warning": lambda payload: mail_fraud_warning(warning_id=UUID(payload["warning_id"])),
    "mail_code": lambda payload: mail_code(recipient_id=payload["recipient_id"], words=payload["words"]),
    "mail_my_orders": lambda payload: letters.mail_my_orders(email=payload["email"], asked=payload["asked"]),
    "mail_stock_alarm": lambda payload: mail_stock_alarm(proof_id=payload["proof_id"]),
    # the waiting list
    "serve_waiting_list": lambda payload: serve(performance_id=UUID(payload["performance_id"])),
    # money
    "run_refund_batch": lambda payload: run_refund_batch(batch_id=UUID(payload["batch_id"])),
    "send_refund": lambda payload: send_refund(refund_id=UUID(payload["refund_id"])),
    "send_evidence": lambda payload: send_evidence(dispute_id=UUID(payload["dispute_id"])),
    "send_payout": lambda payload: send_payout(payout_id=UUID(payload["payout_id"])),
    "note_payout_failure": lambda payload: note_payout_failure(**payload),
    "note_transfer": lambda payload: note_transfer(**payload),
    "mail_payout_failed": lambda payload: mail_payout_failed(payout_id=UUID(payload["payout_id"])),
    "send_transfer": lambda payload: send_transfer(transfer_id=UUID(payload["transfer_id"])),
    "take_back": lambda payload: take_back(
        reference=payload["reference"],
        currency=payload["currency"],
        order_id=UUID(payload["order_id"]) if payload.get("order_id") else None,
    ),
    "send_reversal": lambda payload: send_reversal(reversal_id=UUID(payload["reversal_id"])),
    "book_platform_fee": lambda payload: books.book_platform_fee(
        transaction_key=payload["key"], charge_id=payload.get("charge_id", "")
    ),
    "register_hosts": lambda payload: register_hosts(organizer=current_organizer()),
    "check_money": lambda payload: work_on_check(check_id=UUID(payload["check_id"]), event_types=tuple(VERBS)),
    # what the platform may know of an organizer: public read models
    "count_sale": _count_sale,
    "count_refund": lambda payload: count_refund(refund_id=UUID(payload["refund_id"])),
    "count_refund_repaid": lambda payload: count_refund_repaid(refund_id=UUID(payload["refund_id"])),
    "count_refund_failed": lambda payload: count_refund_failed(refund_id=UUID(payload["refund_id"])),
    "list_event": _list_event,
    "note_fraud_warning": lambda payload: note_fraud_warning(warning_id=UUID(payload["warning_id"])),
    "list_dispute": lambda payload: list_dispute(dispute_id=UUID(payload["dispute_id"])),
    "list_incident": lambda payload: list_incident(incident_id=UUID(payload["incident_id"])),
    "publish_signing_key": publish_signing_key,
    # live screens
    "announce_sale": _order(announce_sale),
    "announce_refund": _order(announce_sale),
}


def wake(schema: str, after_seconds: float = 0) -> None:
    """Start draining the outbox of this schema now, or soon; the clock does it later when the broker is away."""
    wake_outbox(schema, after_seconds=after_seconds)
