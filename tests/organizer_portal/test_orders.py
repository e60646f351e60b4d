"""Staff find an order, look into it, refund it, send its tickets again."""

import pytest

from audit.actions import SYSTEM
from audit.models import AuditEntry
from checkout.actions import Buyer, settle_payment
from checkout.letters import mail_tickets
from events.actions import change_event
from inventory.models import Place
from notifications.models import EmailMessage
from orders.models import Order
from outbox.models import OutboxMessage
from payments.models import Refund
from people.models import Membership
from scanning.actions import create_gate, pair_device, scan
from tests import world
from tests.staff import Visitor, text
from tickets.models import Ticket

ADA = Buyer(name="Ada Lovelace", email="ada@engines.example", consents=frozenset({"terms"}))


@pytest.fixture
def nora(paying: world.House) -> Visitor:
    """The owner, signed in, with Stripe connected."""
    from tests.staff import signed_in

    return signed_in(paying.owner, paying.host)


@pytest.fixture
def order(paying: world.House, media: object) -> Order:
    """Bea's two paid tickets."""
    return world.paid_order(world.make_event("Hafen Nacht"), Standard=2)


# --- Find ------------------------------------------------------------------------------------------------------------------------


def test_orders_are_found_by_number_name_and_mail(nora: Visitor, order: Order) -> None:
    other = world.place_order(order.event, buyer=ADA, **{"Guest list": 1})

    for words in (other.number.lower(), "lovelace", "ADA@", "engines.example"):
        found = nora.get("/portal/orders/", {"q": words}).context["page_obj"]
        assert [row.number for row in found] == [other.number], words
    newest_first = nora.get("/portal/orders/").context["page_obj"]
    assert [row.number for row in newest_first] == [other.number, order.number]
    assert "No order found" in text(nora.get("/portal/orders/", {"q": "nobody"}))
    assert nora.get("/portal/orders/", {"q": "\x00'; DROP TABLE--%_"}).status_code == 200


def test_a_state_narrows_the_list(nora: Visitor, order: Order) -> None:
    waiting = world.place_order(order.event, buyer=ADA, Standard=1)

    assert [row.number for row in nora.get("/portal/orders/?state=pending").context["page_obj"]] == [waiting.number]
    assert [row.number for row in nora.get("/portal/orders/?state=paid").context["page_obj"]] == [order.number]


# --- Look into ----------------------------------------------------------------------------------------------------------------------


def test_an_order_tells_its_story(nora: Visitor, order: Order) -> None:
    mail_tickets(order_id=order.pk)
    ticket = Ticket.objects.filter(position__order=order).order_by("position__index")[0]
    gate = create_gate(event_id=order.event_id, name="Gate A", actor=world.SYSTEM)
    device, _token = pair_device(gate_id=gate.pk, name="Phone", actor=world.SYSTEM)
    scan(device=device, code=ticket.code, nonce="n1")

    page = nora.get(f"/portal/orders/{order.number}/")

    words = text(page)
    assert [str(moment.words) for moment in page.context["timeline"]][:3] == [
        "Order placed",
        "Places secured, payment being collected",
        "Tickets issued",
    ]
    assert "Scanned: Not yet valid" in words  # doors open in a month
    assert ticket.short_code in words
    assert "€50.20" in words  # 2 x (24.00 + 0.60 + 0.50)
    assert "€2.20" in words
    assert [mail.to for mail in page.context["mails"]] == ["bea@example.com"]
    assert order.token not in words  # the buyer's secret link is not staff's
    assert ticket.code not in words


def test_an_unknown_number_is_not_found(nora: Visitor) -> None:
    assert nora.get("/portal/orders/NOSUCH12/").status_code == 404


def test_the_other_organizers_order_does_not_exist(nora: Visitor, southside: world.House) -> None:
    from django_tenants.utils import tenant_context

    with tenant_context(southside.organizer):
        foreign = world.place_order(world.make_event(kinds=(("Guest", 0, 5),)), Guest=1)

    for path in ("", "refund/", "refund/quote/"):
        assert nora.get(f"/portal/orders/{foreign.number}/{path}").status_code == 404
    assert nora.post(f"/portal/orders/{foreign.number}/deliveries/").status_code == 404
    assert foreign.number not in text(nora.get("/portal/orders/"))


# --- Give back ------------------------------------------------------------------------------------------------------------------------


def typed(order: Order, *numbers: int, amount: str = "", act: str = "both", **more: str) -> dict[str, object]:
    """The form as Nora fills it in, for the tickets with these numbers in the order."""
    chosen = [str(pk) for pk in order.positions.filter(index__in=numbers).values_list("pk", flat=True)]
    return {"tickets": chosen, "amount": amount, "act": act, "restock": "now", "key": "one-form", "words": "", **more}


def nothing_changed(order: Order) -> bool:
    order.refresh_from_db()
    tickets = set(Ticket.objects.values_list("state", flat=True))
    return (order.state, Refund.objects.count(), tickets) == (Order.State.PAID, 0, {"valid"})


def test_nora_refunds_an_order_by_typing_its_amount(nora: Visitor, order: Order, paying: world.House) -> None:
    page = nora.get(f"/portal/orders/{order.number}/refund/")
    assert "2 tickets chosen cost" in text(page)
    assert "€50.20" in text(page)

    response = nora.post(f"/portal/orders/{order.number}/refund/", typed(order, 1, 2, amount="50,20"))

    assert response["Location"] == f"/portal/orders/{order.number}/"
    order.refresh_from_db()
    assert order.state == Order.State.REFUNDED
    refund = Refund.objects.get()
    assert (refund.amount, refund.fee_amount, refund.state) == (5020, 220, Refund.State.REQUESTED)
    assert set(Ticket.objects.values_list("state", flat=True)) == {"void"}
    assert Place.objects.filter(state="sold").count() == 0
    entry = AuditEntry.objects.get(verb="refund_order")
    assert entry.actor_id == str(paying.owner.pk)
    assert entry.detail == {"amount": 5020, "cancelled": [1, 2], "restock": "now", "words": ""}
    assert OutboxMessage.objects.filter(kind="send_refund").count() == 1
    shown = text(nora.get(f"/portal/orders/{order.number}/"))
    assert "Refunded, tickets void <span" in shown
    assert "ticket 1, 2 cancelled · €50.20" in shown
    assert "Send the tickets again" not in shown


def test_one_ticket_is_cancelled_its_place_kept_back_and_released(nora: Visitor, order: Order) -> None:
    address = f"/portal/orders/{order.number}/"
    quote = nora.get(f"{address}refund/quote/", {"tickets": typed(order, 2)["tickets"]})
    assert "€25.10" in text(quote)
    assert "€1.10" in text(quote)

    answer = nora.post(f"{address}refund/", typed(order, 2, amount="25.10", restock="later"))

    assert answer.status_code == 302
    shown = nora.get(address)
    assert "1 ticket of order" in text(shown)
    assert "Partly refunded" in text(shown)
    assert "1 place is kept back: Given back" in text(shown)
    (block,) = shown.context["kept"]
    assert nora.post(f"{address}kept-places/{block.pk}/releases/").status_code == 302
    assert Place.objects.filter(state="blocked").count() == 0
    assert "kept back" not in text(nora.get(address))


def test_an_amount_of_its_own_needs_a_reason(nora: Visitor, order: Order) -> None:
    address = f"/portal/orders/{order.number}/refund/"
    refused = nora.post(address, typed(order, amount="5", act="refund"))
    assert refused.status_code == 422
    assert "Say why another amount goes back." in refused.context["form"].errors["words"][0]
    assert nothing_changed(order)

    assert nora.post(address, typed(order, amount="5", act="refund", words="Seats had no view")).status_code == 302
    refund = Refund.objects.get()
    assert (refund.amount, refund.fee_amount, refund.words) == (500, 21, "Seats had no view")
    assert set(Ticket.objects.values_list("state", flat=True)) == {"valid"}


@pytest.mark.parametrize("amount", ["", "0", "50.201", "all", "50.2.0", "5020", "50.21"])
def test_a_wrong_amount_refunds_nothing(nora: Visitor, order: Order, amount: str) -> None:
    form = typed(order, 1, 2, amount=amount, words="A good reason")
    response = nora.post(f"/portal/orders/{order.number}/refund/", form)

    assert response.status_code == 422
    assert "amount" in response.context["form"].errors
    assert nothing_changed(order)


def test_a_form_sent_twice_pays_once(nora: Visitor, order: Order) -> None:
    form = typed(order, amount="5", act="refund", words="Sorry")
    answers = [nora.post(f"/portal/orders/{order.number}/refund/", form).status_code for _time in range(2)]

    assert answers == [302, 302]
    assert Refund.objects.get().amount == 500


def test_a_manager_may_not_refund_and_nothing_changes(paying: world.House, order: Order, colleague) -> None:  # type: ignore[no-untyped-def]
    manager = colleague(Membership.Role.MANAGER)

    assert ">Refund<" not in text(manager.get(f"/portal/orders/{order.number}/"))
    response = manager.post(f"/portal/orders/{order.number}/refund/", typed(order, 1, 2, amount="50.20"))

    assert response.status_code == 403
    assert "Refunds need the Owner or Finance role." in text(response)
    assert nothing_changed(order)


def test_a_free_order_is_taken_back_without_an_amount(nora: Visitor, paying: world.House) -> None:
    order = world.place_order(world.make_event(), **{"Guest list": 1})
    address = f"/portal/orders/{order.number}/refund/"

    assert "Type the amount" not in text(nora.get(address))
    assert nora.post(address, typed(order, 1)).status_code == 302

    order.refresh_from_db()
    assert order.state == Order.State.REFUNDED
    assert Refund.objects.count() == 0
    closed = nora.get(address)
    assert closed.status_code == 409
    assert "Only a paid order can be refunded" in text(closed)
    assert "Tickets cancelled" in text(nora.get("/portal/orders/"))  # there was no money to go back


def test_a_payment_on_its_way_is_told_apart_in_the_list_and_on_the_order(nora: Visitor, paying: world.House) -> None:
    event = change_event(event_id=world.make_event().pk, actor=SYSTEM, delayed_payment_days=7)
    order = world.place_order(event, Standard=1)
    world.pay_by_debit(order)
    settle_payment(order_id=order.pk)

    for address in ("/portal/orders/?state=secured", f"/portal/orders/{order.number}/"):
        assert "Payment on its way" in text(nora.get(address))


# --- Send again -----------------------------------------------------------------------------------------------------------------------


def test_tickets_are_sent_again_to_the_orders_own_address(nora: Visitor, order: Order) -> None:
    response = nora.post(f"/portal/orders/{order.number}/deliveries/")

    assert response.status_code == 302
    message = OutboxMessage.objects.filter(kind="mail_tickets").order_by("-pk")[0]
    mail_tickets(order_id=order.pk, again=message.payload["again"])
    assert EmailMessage.objects.get().to == "bea@example.com"
    assert AuditEntry.objects.filter(verb="resend_tickets").count() == 1


def test_an_unpaid_order_has_nothing_to_send(nora: Visitor, paying: world.House) -> None:
    waiting = world.place_order(world.make_event(), Standard=1)

    response = nora.post(f"/portal/orders/{waiting.number}/deliveries/")

    assert response.status_code == 409
    assert "Only a paid order has tickets to send." in text(response)
    assert not OutboxMessage.objects.filter(kind="mail_tickets").exists()


def test_forms_of_the_portal_need_its_token(nora: Visitor, order: Order) -> None:
    nora.handler.enforce_csrf_checks = True

    response = nora.post(f"/portal/orders/{order.number}/refund/", typed(order, 1, 2, amount="50.20"))

    assert response.status_code == 403
    order.refresh_from_db()
    assert order.state == Order.State.PAID
