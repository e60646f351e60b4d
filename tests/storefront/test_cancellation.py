"""The page where a buyer gives tickets back: what comes back stands there before anything happens."""

import pytest

from events.models import Event
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from orders.models import Order
from payments.models import Refund, RefundRequest
from tests import world
from tests.staff import Visitor, text


@pytest.fixture
def buyer(paying: world.House) -> Visitor:
    return Visitor(paying.host)


def bought(rules: RefundRules | None) -> Order:
    event: Event = world.make_event("Hafen Nacht", is_published=False)
    set_refund_policy(event_id=event.pk, rules=rules, actor=world.SYSTEM)
    world.publish_event(event_id=event.pk, actor=world.SYSTEM)
    return world.paid_order(event, Standard=2)


def page_of(order: Order) -> str:
    return f"/orders/{order.number}/{order.token}/cancellation/"


def test_bea_sees_what_comes_back_and_cancels(buyer: Visitor) -> None:
    order = bought(RefundRules((Tier(24, 50),)))
    assert page_of(order) in text(buyer.get(f"/orders/{order.number}/{order.token}/"))

    assert "€25.10" in text(buyer.get(page_of(order)))  # both: half of 50.20
    one = buyer.get(page_of(order), {"chosen": "1", "ticket": "2"})
    assert "50 % of €25.10" in text(one)
    assert "Cancel and get €12.55 back" in text(one)
    assert "Choose the tickets" in text(buyer.get(page_of(order), {"chosen": "1"}))

    late = buyer.post(page_of(order), {"wish": "cancel", "ticket": "2", "amount": "2510"})
    assert (late.status_code, Refund.objects.count()) == (409, 0)
    assert "What comes back has changed" in text(late)
    done = buyer.post(page_of(order), {"wish": "cancel", "ticket": "2", "amount": "1255"})
    assert done["Location"] == f"/orders/{order.number}/{order.token}/?cancelled=1"
    assert Refund.objects.get().amount == 1255
    after = text(buyer.get(done["Location"]))
    assert "no longer admit anyone" in after
    assert "€12.55 is on its way back" in after


def test_without_a_promise_it_is_a_request(buyer: Visitor) -> None:
    order = bought(None)
    page = text(buyer.get(page_of(order)))
    assert "no refund promised now" in page
    assert "Northside Hall decides" in page
    refused = buyer.post(page_of(order), {"wish": "cancel", "ticket": ["1", "2"], "amount": "0"})
    assert refused.status_code == 409

    asked = buyer.post(page_of(order), {"wish": "request", "ticket": ["1", "2"], "words": "Ill."})

    assert asked.status_code == 302
    request = RefundRequest.objects.get()
    assert (request.words, request.positions.count()) == ("Ill.", 2)
    assert "Your request is with the organizer" in text(buyer.get(f"/orders/{order.number}/{order.token}/"))
    assert "Send the request" not in text(buyer.get(page_of(order)))


@pytest.mark.parametrize("amount", ["", "-1", "1e3", "²", "9" * 40])
def test_nonsense_for_an_amount_cancels_nothing(buyer: Visitor, amount: str) -> None:
    order = bought(RefundRules((Tier(24, 100),)))
    answer = buyer.post(page_of(order), {"wish": "cancel", "ticket": "1", "amount": amount})
    assert answer.status_code == 409
    assert Refund.objects.count() == 0


def test_a_wrong_secret_and_the_other_organizer_find_nothing(buyer: Visitor, southside: world.House) -> None:
    order = bought(RefundRules((Tier(24, 100),)))
    wrong = f"/orders/{order.number}/{'x' * len(order.token)}/cancellation/"
    form = {"wish": "cancel", "ticket": "1", "amount": "2510"}
    assert (buyer.get(wrong).status_code, buyer.post(wrong, form).status_code) == (404, 404)
    elsewhere = Visitor(southside.host)
    assert (elsewhere.get(page_of(order)).status_code, elsewhere.post(page_of(order), form).status_code) == (404, 404)
    assert Refund.objects.count() == 0


def test_a_closed_order_leads_back_to_its_page(buyer: Visitor) -> None:
    order = bought(RefundRules((Tier(24, 100),)))
    buyer.post(page_of(order), {"wish": "cancel", "ticket": ["1", "2"], "amount": "5020"})
    answer = buyer.get(page_of(order))
    assert answer["Location"] == f"/orders/{order.number}/{order.token}/"
    assert "This order was refunded" in text(buyer.get(answer["Location"]))
