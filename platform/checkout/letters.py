"""The mails of a sale: what each says and carries. Each is called by the outbox and may run again; a key is mailed once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from checkout.receipts import store_receipt
from events.models import Performance
from notifications.actions import Attachment, queue_email
from orders.models import Order
from orders.queries import orders_to_mail
from outbox.actions import enqueue
from payments.models import Refund, RefundRequest
from tenants.current import current_organizer
from tenants.queries import storefront_url
from tickets.actions import store_pdf
from tickets.models import Ticket
from ui.ids import uuid7


def order_url(order: Order) -> str:
    """The secret address of an order's page, on the organizer's own host."""
    return storefront_url(
        current_organizer(),
        reverse("storefront:order", args=[order.number, order.token], urlconf=settings.ROOT_URLCONF),
    )


def mail_tickets(*, order_id: UUID, again: str = "") -> None:
    """The tickets of a paid order, as one PDF, and where something was paid the receipt. `again` names a repeat that someone asked for."""
    order = Order.objects.filter(pk=order_id).first() and _order(order_id)
    if order is None or not order.is_paid:
        return  # refunded before its mail went out, or a test that is deleted
    attachments = (_pdf_of(order), *([_receipt_of(order)] if order.total else []))
    _send(order, key=f"tickets:{again or order.pk}", template="tickets", attachments=attachments)


def mail_payment_returned(*, order_id: UUID) -> None:
    """The payment came after the tickets had gone, or for more than one person may have: nothing was kept."""
    order = _order(order_id)
    template = "limit_reached" if order.cancel_reason == Order.CancelReason.LIMIT else "payment_returned"
    _send(order, key=f"payment-returned:{order.pk}", template=template)


def mail_payment_under_way(*, order_id: UUID) -> None:
    """The buyer's bank will send the money in some days; until then the places are kept and no ticket is valid."""
    order = _order(order_id)
    if order.state == Order.State.SECURED:  # else it is decided already, and another mail says how
        _send(order, key=f"payment-under-way:{order.pk}", template="payment_under_way")


def mail_payment_lost(*, order_id: UUID) -> None:
    """The money never came, so the tickets are on sale again."""
    _send(_order(order_id), key=f"payment-lost:{order_id}", template="payment_lost")


def mail_refund(*, order_id: UUID, act: str, amount: int, cancelled: list[int], words: str) -> None:
    """What was given back: `amount` minor units, the tickets with these numbers in the order, and why.

    `act` names the act; each is told once. Where tickets stay valid, the mail carries them.
    """
    order = _order(order_id)
    gone = [position for position in order.positions.all() if position.index in cancelled]
    more = {"amount": amount, "gone": gone, "stays": order.is_paid, "words": words}
    attachments = (_pdf_of(order),) if gone and order.is_paid else ()
    _send(order, key=f"refund:{order.pk}:{act}", template="refund", attachments=attachments, more=more)


def mail_refund_failed(*, refund_id: UUID) -> None:
    """Money that was on its way back never reached the buyer, who is owed it."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if not refund.is_owed:
        return  # made good before this mail went out, which the next one says
    order = _order(refund.payment.order_id)
    _send(order, key=f"refund-failed:{order.pk}:{refund.pk}", template="refund_failed", more={"refund": refund})


def mail_refund_made_good(*, refund_id: UUID) -> None:
    """The same money was sent again, or repaid another way, as the organizer says."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    order = _order(refund.payment.order_id)
    _send(order, key=f"refund-made-good:{order.pk}:{refund.pk}", template="refund_made_good", more={"refund": refund})


def mail_refund_request(*, request_id: UUID, state: str) -> None:
    """A buyer's wish to give tickets back has arrived (`state` open), or was declined, with the organizer's words."""
    request = RefundRequest.objects.get(pk=request_id)
    order = _order(request.order_id)
    gone = list(request.positions.order_by("index"))
    more = {"request": request, "is_open": state == RefundRequest.State.OPEN, "gone": gone}
    _send(order, key=f"refund-request:{order.pk}:{request.pk}:{state}", template="refund_request", more=more)


def mail_move(*, performance_id: UUID, moved: str, was: dict[str, str]) -> None:
    """To everybody with tickets: the new time or place, with what it was. `moved` names the move; each is told once.

    `was` is what `events.actions.move_performance` says. Where the venue changed, holders for other dates are told too.
    """
    performance = Performance.objects.get(pk=performance_id)
    orders = Order.objects.filter(state=Order.State.PAID, event_id=performance.event_id)
    if not was["venue"]:
        orders = orders.filter(performance=performance)
    for order_id in orders.order_by("pk").values_list("pk", flat=True).iterator():
        order = _order(order_id)
        is_moved = order.performance_id == performance_id
        more = {
            "was_starts_at": datetime.fromisoformat(was["starts_at"]) if is_moved else order.performance.starts_at,
            "was_timezone": was["timezone"] if is_moved else order.performance.timezone,
            "was_venue": was["venue"] or str(order.event.venue),
        }
        _send(order, key=f"moved:{moved}:{order.pk}", template="moved", attachments=(_pdf_of(order),), more=more)


def mail_postponement(*, event_id: UUID, postponed: str, words: str) -> None:
    """To everybody with tickets of a date that waits for a new one: they stay valid. `postponed` names the act; each is told once."""
    waiting = Performance.State.POSTPONED
    orders = Order.objects.filter(state=Order.State.PAID, event_id=event_id, performance__state=waiting)
    for order_id in orders.order_by("pk").values_list("pk", flat=True).iterator():
        order = _order(order_id)
        _send(order, key=f"postponed:{postponed}:{order.pk}", template="postponed", more={"words": words})


def mail_seat_moved(*, order_id: UUID, ticket_id: UUID, was: str) -> None:
    """One ticket is for another seat now: which, and the PDF with its new code. `ticket_id` is the new ticket's."""
    order = _order(order_id)
    if not order.is_paid:
        return  # refunded meanwhile
    ticket = Ticket.objects.select_related("position").get(pk=ticket_id)
    if not ticket.is_valid:
        return  # moved again meanwhile; that mail has the ticket that counts
    more = {"was": was, "now": ticket.position.seat_words, "entrance": ticket.position.entrance}
    _send(order, key=f"seat-moved:{ticket_id}", template="seat_moved", attachments=(_pdf_of(order),), more=more)


def mail_seats_renamed(*, order_id: UUID, renamed: str) -> None:
    """The seats of this order have other names than before; its codes stay valid. `renamed` names the move of the map."""
    order = _order(order_id)
    if order.is_paid:
        _send(order, key=f"seats-renamed:{renamed}:{order.pk}", template="seats_renamed", attachments=(_pdf_of(order),))


def ask_for_orders(*, email: str) -> None:
    """For “find my order”: mail the links of all paid orders of an address to it. Says nothing about whether there are any."""
    asked = str(uuid7())
    with transaction.atomic():
        enqueue(kind="mail_my_orders", key=asked, payload={"email": email, "asked": asked})


def mail_my_orders(*, email: str, asked: str) -> None:
    """The links of the paid orders of this address; nothing when it has none. `asked` names the request."""
    orders = orders_to_mail(email)
    if not orders:
        return
    links = [{"order": order, "url": order_url(order)} for order in orders]
    with transaction.atomic():
        queue_email(
            key=f"my-orders:{asked}",
            to=orders[0].email,
            template="checkout/mail/my_orders",
            context={"organizer": current_organizer(), "links": links},
            language=orders[0].language,
        )


def _pdf_of(order: Order) -> Attachment:
    return Attachment(name=f"tickets-{order.number}.pdf", path=store_pdf(order), type="application/pdf")


def _receipt_of(order: Order) -> Attachment:
    return Attachment(name=f"receipt-{order.number}.pdf", path=store_receipt(order), type="application/pdf")


def _order(order_id: UUID) -> Order:
    return (
        Order.objects.select_related("event__venue", "performance")
        .prefetch_related("positions", "fees", "taxes")
        .get(pk=order_id)
    )


def _send(
    order: Order,
    *,
    key: str,
    template: str,
    attachments: tuple[Attachment, ...] = (),
    more: dict[str, Any] | None = None,
) -> None:
    with override(order.language):
        context: dict[str, Any] = {
            "organizer": current_organizer(),
            "order": order,
            "event": order.event,
            "performance": order.performance,
            "venue": order.event.venue,
            "button_url": order_url(order),
            "button_label": _("View your order"),
            **(more or {}),
        }
    with transaction.atomic():
        queue_email(
            key=key,
            to=order.email,
            template=f"checkout/mail/{template}",
            context=context,
            attachments=attachments,
            language=order.language,
        )
