"""The queue of what buyers ask for beyond the terms, and staff's decisions."""

import pytest
from django_tenants.utils import tenant_context

from checkout.cancellations import request_cancellation
from orders.models import Order
from payments.models import Refund, RefundRequest
from people.models import Membership
from tests import world
from tests.staff import Visitor, signed_in, text


@pytest.fixture
def nora(paying: world.House) -> Visitor:
    return signed_in(paying.owner, paying.host)


@pytest.fixture
def order(paying: world.House) -> Order:
    return world.paid_order(world.make_event("Hafen Nacht"), Standard=2)


@pytest.fixture
def asked(order: Order) -> RefundRequest:
    ids = frozenset(order.positions.filter(index=1).values_list("pk", flat=True))
    return request_cancellation(order_id=order.pk, position_ids=ids, words="<b>Ill</b>, sorry")


def test_a_request_waits_on_the_first_page_and_in_the_queue(nora: Visitor, asked: RefundRequest) -> None:
    assert "1 buyer waits for your decision about a refund." in text(nora.get("/portal/"))
    queue = nora.get("/portal/refund-requests/")
    assert "&lt;b&gt;Ill" in text(queue)
    page = text(nora.get(f"/portal/refund-requests/{asked.pk}/"))
    assert "Bea Buyer wants to give tickets back" in page
    assert "€25.10" in page


def test_nora_approves_with_an_amount(nora: Visitor, asked: RefundRequest, order: Order) -> None:
    address = f"/portal/refund-requests/{asked.pk}/"
    wrong = nora.post(address, {"wish": "approve", "approve-amount": "a lot", "approve-restock": "now"})
    assert (wrong.status_code, Refund.objects.count()) == (422, 0)
    more = nora.post(address, {"wish": "approve", "approve-amount": "50.21", "approve-restock": "now"})
    assert "Only €50.20 of this order can still go back." in text(more)

    done = nora.post(address, {"wish": "approve", "approve-amount": "20", "approve-restock": "now"})

    assert done["Location"] == "/portal/refund-requests/"
    assert Refund.objects.get().amount == 2000
    assert [one.state for one in order.positions.all()] == ["cancelled", "sold"]
    assert "€20.00" in text(nora.get("/portal/refund-requests/?state=approved"))
    again = nora.post(address, {"wish": "approve", "approve-amount": "20", "approve-restock": "now"})
    assert (again.status_code, Refund.objects.count()) == (422, 1)


def test_nora_declines_with_words(nora: Visitor, asked: RefundRequest, order: Order) -> None:
    address = f"/portal/refund-requests/{asked.pk}/"
    assert "Tell the buyer why." in text(nora.post(address, {"wish": "decline"}))
    assert nora.post(address, {"wish": "decline", "decline-answer": "Too late."}).status_code == 302

    asked.refresh_from_db()
    assert (asked.state, asked.answer) == (RefundRequest.State.DECLINED, "Too late.")
    assert Refund.objects.count() == 0
    assert "Too late." in text(nora.get(address))


def test_a_manager_decides_nothing(asked: RefundRequest, colleague) -> None:  # type: ignore[no-untyped-def]
    manager = colleague(Membership.Role.MANAGER)
    form = {"wish": "approve", "approve-amount": "1", "approve-restock": "now"}
    assert manager.post(f"/portal/refund-requests/{asked.pk}/", form).status_code == 403
    assert Refund.objects.count() == 0


def test_the_other_organizers_request_does_not_exist(nora: Visitor, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        foreign = world.place_order(world.make_event(kinds=(("Guest", 0, 5),)), Guest=1)
        ids = frozenset(foreign.positions.values_list("pk", flat=True))
        asked = request_cancellation(order_id=foreign.pk, position_ids=ids, words="Theirs")
    address = f"/portal/refund-requests/{asked.pk}/"
    assert nora.get(address).status_code == 404
    assert nora.post(address, {"wish": "decline", "decline-answer": "No"}).status_code == 404
    assert "Theirs" not in text(nora.get("/portal/refund-requests/"))
    with tenant_context(southside.organizer):
        asked.refresh_from_db()
        assert asked.state == RefundRequest.State.OPEN
