"""Saved cards: kept with the provider for who is signed in and said so, offered again, removed for good."""

from dataclasses import replace

import httpx
import pytest
import stripe
from django.conf import settings
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.actions import SYSTEM
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.charge_models import choose_charge_model
from checkout.publish import publish_event
from events.actions import change_event
from events.models import ChargeModel
from orders.models import Order
from payments.actions import disconnect_account
from payments.errors import ProviderUnavailable
from payments.models import Payer, Payment
from payments.saved_cards import card_session, forget_cards, remove_method, saved_methods
from people.models import Consent, Customer
from people.queries import customer_by_email
from storefront.payments import payment_details
from tests import world
from tests.staff import Visitor, forget_limits, text
from tests.world import BEA, STANDARD, House, signed_in_buyer
from ui.errors import NotFound

THREE_D_SECURE = "pm_card_authenticationRequired"


@pytest.fixture(autouse=True)
def _fresh_limits():
    forget_limits()


@pytest.fixture
def event(paying: House):
    return world.make_event()


@pytest.fixture
def bea(paying: House) -> Customer:
    """Bea, who has an account."""
    return Customer.objects.create(email=BEA.email, name=BEA.name)


def order_as(account: Customer, event, *, saves: bool = True) -> Order:
    consents = frozenset({"terms", "card"} if saves else {"terms"})
    return world.place_order(event, buyer=replace(BEA, account=account.pk, consents=consents), **{STANDARD: 1})


def save_a_card(account: Customer, event, card: str = "pm_card_visa") -> Order:
    order = order_as(account, event)
    world.pay(order, card=card)
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    assert order.is_paid
    return order


def offered(session: str) -> list[str]:
    """What the provider's form shows in a browser."""
    answer = httpx.get(f"{settings.STRIPE_API_BASE}/elements/saved/{session}", timeout=10)
    return [card["last4"] for card in answer.json()["cards"]] if answer.status_code == 200 else ["none"]


def test_a_card_is_saved_where_its_owner_said_so_and_pays_again(event, bea):
    first = save_a_card(bea, event)

    payment, payer = Payment.objects.get(order=first), Payer.objects.get()
    assert (payment.saves_card, payment.payer_id) == (True, payer.provider_id)
    assert (payer.customer_id, payer.account_id) == (bea.pk, payment.account_id)
    agreed = Consent.objects.get(kind="card")
    assert (agreed.customer_id, agreed.is_given, agreed.text_version) == (bea.pk, True, "2026-11")
    assert agreed.text.startswith("Save this card with the payment provider for my next orders here.")
    assert agreed.reference == str(first.pk)
    [card] = saved_methods(bea)
    assert (card.name, card.exp_month) == ("Visa ···· 4242", 12)
    assert offered(card_session(customer=bea, account_id=payer.account_id)) == ["4242"]

    second = order_as(bea, event, saves=False)
    world.pay(second, card=card.id)
    checkout.settle_payment(order_id=second.pk)

    second.refresh_from_db()
    assert second.is_paid
    assert [one.id for one in saved_methods(bea)] == [card.id]
    assert Payer.objects.count() == 1
    assert breaches() == {}


def test_nothing_is_saved_for_a_guest_or_for_who_did_not_say_so(event, bea):
    guest = world.place_order(event, buyer=replace(BEA, consents=frozenset({"terms", "card"})), **{STANDARD: 1})
    for order in (guest, order_as(bea, event, saves=False)):
        world.pay(order)
        checkout.settle_payment(order_id=order.pk)

    assert list(Payment.objects.order_by("pk").values_list("saves_card", flat=True)) == [False, False]
    assert Payment.objects.get(order=guest).payer_id == ""
    assert saved_methods(bea) == []
    assert list(Consent.objects.filter(kind="card").values_list("is_given", flat=True)) == [False]


def test_a_saved_card_still_asks_its_bank(event, bea):
    order = order_as(bea, event)
    asked = world.pay(order, card=THREE_D_SECURE)
    assert asked.status == "requires_action"
    answer_bank(asked)
    checkout.settle_payment(order_id=order.pk)
    [card] = saved_methods(bea)

    again = order_as(bea, event, saves=False)
    asked = world.pay(again, card=card.id)
    assert asked.status == "requires_action"
    answer_bank(asked, "fail")
    checkout.settle_payment(order_id=again.pk)
    payment = Payment.objects.get(order=again)
    assert (payment.last_error, payment.failed_saved) == ("payment_intent_authentication_failure", True)
    answer_bank(world.pay(again, card=card.id))
    checkout.settle_payment(order_id=again.pk)

    again.refresh_from_db()
    assert again.is_paid
    assert breaches() == {}


def answer_bank(intent, answer: str = "complete") -> None:
    action = intent.next_action
    url = action.redirect_to_url.url if action.type == "redirect_to_url" else action.use_stripe_sdk["stripe_js"]
    httpx.post(url, data={"answer": answer}, timeout=10, follow_redirects=False)


def test_a_saved_card_that_is_declined_says_so_in_plain_words(event, bea, paying):
    save_a_card(bea, event)
    payer = Payer.objects.get()
    client = stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})
    expired = client.v1.payment_methods.attach(
        "pm_card_chargeDeclinedExpiredCard",
        params={"customer": payer.provider_id},
        options={"stripe_account": payer.account_id},
    )
    order = order_as(bea, event, saves=False)
    with pytest.raises(stripe.CardError):
        world.pay(order, card=expired.id)

    told = Visitor(paying.host).post(f"/orders/{order.number}/{order.token}/payment/").json()

    assert told["title"] == "Your saved card is no longer accepted. Nothing was taken."
    assert told["advice"].startswith(
        "Pay with a new card. You can remove the old one in your account. Your tickets are held"
    )
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    assert order.is_paid


def test_removing_a_card_is_for_good_and_for_its_owner_alone(event, bea, paying):
    save_a_card(bea, event)
    [card] = saved_methods(bea)
    ann = Customer.objects.create(email="ann@example.com", name="Ann")
    save_a_card(ann, event, card="pm_card_mastercard")
    browser, strangers = signed_in_buyer(paying, BEA.email), signed_in_buyer(paying, "ann@example.com")
    assert "Visa ···· 4242" in text(browser.get("/account/"))
    assert "4242" not in text(strangers.get("/account/"))

    assert strangers.post(f"/account/cards/{card.id}/removal/").status_code == 404
    assert Visitor(paying.host).post(f"/account/cards/{card.id}/removal/").status_code == 302
    assert [one.id for one in saved_methods(bea)] == [card.id]
    assert browser.post(f"/account/cards/{card.id}/removal/")["Location"] == "/account/?removed=1"

    assert saved_methods(bea) == []
    assert [one.name for one in saved_methods(ann)] == ["Mastercard ···· 4444"]
    assert AuditEntry.objects.filter(verb="remove_card", target_id=str(bea.pk)).count() == 1
    order = order_as(bea, event, saves=False)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        world.pay(order, card=card.id)
    with pytest.raises(NotFound):
        remove_method(customer=bea, method_id=card.id)


def test_one_customers_card_never_pays_for_another(event, bea):
    save_a_card(bea, event)
    [card] = saved_methods(bea)
    ann = Customer.objects.create(email="ann@example.com", name="Ann")

    for order in (order_as(ann, event), world.place_order(event, **{STANDARD: 1})):
        with pytest.raises(stripe.InvalidRequestError, match="belongs to another customer"):
            world.pay(order, card=card.id)


def test_who_pays_anothers_order_keeps_their_card_to_themselves(event, bea, paying):
    order = order_as(bea, event)
    assert payment_details(order, payer=bea)["saves_card"] is True

    page = Visitor(paying.host).get(f"/orders/{order.number}/{order.token}/")  # a friend who got the link

    assert (page.context["stripe"]["saves_card"], page.context["stripe"]["customer_session"]) == (False, "")
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    assert saved_methods(bea) == []
    assert Payment.objects.get(order=order).saves_card is False


def test_the_checkout_offers_cards_to_who_is_signed_in_and_does_without_them_when_it_must(
    event, bea, paying, stripe_sandbox
):
    save_a_card(bea, event)
    held = world.hold(event, **{STANDARD: 1})
    browser, address = signed_in_buyer(paying, BEA.email), f"/checkout/{held.pk}/{held.token}/"
    assert offered(browser.get(address).context["stripe"]["customer_session"]) == ["4242"]
    guest = Visitor(paying.host).get(address)
    assert (guest.context["stripe"]["customer_session"], guest.context["save_card"]) == ("", None)

    fault = {"path": "/v1/customer_sessions", "mode": "error", "status": 500, "count": 3}
    httpx.post(f"{stripe_sandbox.base}/_sandbox/faults", json=fault, timeout=10).raise_for_status()
    page = browser.get(address)
    assert (page.status_code, page.context["stripe"]["customer_session"]) == (200, "")
    fault["path"] = "/v1/customers/*/payment_methods"
    httpx.post(f"{stripe_sandbox.base}/_sandbox/faults", json=fault, timeout=10).raise_for_status()
    assert "We cannot show what you saved at the moment" in text(browser.get("/account/"))


def test_a_debit_that_was_saved_stands_beside_the_cards_and_can_be_removed(bea, paying, southside):
    event = change_event(event_id=world.make_event().pk, actor=SYSTEM, delayed_payment_days=14)
    save_a_card(bea, event)
    order = order_as(bea, event)
    world.pay_by_debit(order)

    debit, card = saved_methods(bea)
    assert (debit.name, card.name) == ("SEPA debit DE ···· 3000", "Visa ···· 4242")
    again = order_as(bea, event, saves=False)
    assert world.pay(again, card=debit.id).status == "processing"  # its mandate is there already

    browser = signed_in_buyer(paying, BEA.email)
    page = text(browser.get("/account/"))
    assert "SEPA debit DE ···· 3000" in page
    assert page.count("until 12/") == 1  # the card alone ends one day
    with tenant_context(southside.organizer):
        other = signed_in_buyer(southside, BEA.email)
        assert other.post(f"/account/cards/{debit.id}/removal/").status_code == 404
    assert saved_methods(bea) == [debit, card]
    assert browser.post(f"/account/cards/{debit.id}/removal/")["Location"] == "/account/?removed=1"
    assert saved_methods(bea) == [card]
    assert breaches() == {}


def test_a_customer_who_was_deleted_at_the_provider_is_made_anew(event, bea):
    save_a_card(bea, event)
    before = Payer.objects.get()
    client = stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})
    client.v1.customers.delete(before.provider_id, options={"stripe_account": before.account_id})
    assert saved_methods(bea) == []

    assert offered(card_session(customer=bea, account_id=before.account_id)) == []
    after = Payer.objects.get()
    assert (after.account_id, after.provider_id != before.provider_id) == (before.account_id, True)
    save_a_card(bea, event)
    assert len(saved_methods(bea)) == 1


def test_where_the_platform_is_charged_its_cards_are_its_own(event, bea, paying):
    ours = world.make_event(is_published=False)
    choose_charge_model(event_id=ours.pk, model=ChargeModel.PLATFORM, actor=SYSTEM)
    publish_event(event_id=ours.pk, actor=SYSTEM)
    save_a_card(bea, event)

    order = save_a_card(bea, ours, card="pm_card_mastercard")

    assert (Payment.objects.get(order=order).account_id, Payer.objects.count()) == ("", 2)
    assert [card.name for card in saved_methods(bea)] == ["Mastercard ···· 4444", "Visa ···· 4242"]
    browser = signed_in_buyer(paying, BEA.email)
    for here, last4 in ((ours, "4444"), (event, "4242")):
        held = world.hold(here, **{STANDARD: 1})
        page = browser.get(f"/checkout/{held.pk}/{held.token}/")
        assert offered(page.context["stripe"]["customer_session"]) == [last4]
    for card in saved_methods(bea):
        remove_method(customer=bea, method_id=card.id)
    assert saved_methods(bea) == []
    assert breaches() == {}


def test_an_account_that_took_its_access_back_is_forgotten_with_its_cards(event, bea):
    save_a_card(bea, event)

    disconnect_account(account_id=Payer.objects.get().account_id)

    assert Payer.objects.count() == 0
    assert saved_methods(bea) == []


def test_a_crash_while_the_customer_is_made_leaves_one(event, bea, stripe_sandbox):
    order = order_as(bea, event)
    fault = {"path": "/v1/customers", "mode": "disconnect", "when": "after", "count": 3}
    httpx.post(f"{stripe_sandbox.base}/_sandbox/faults", json=fault, timeout=10).raise_for_status()
    with pytest.raises(ProviderUnavailable):
        checkout.begin_payment(order_id=order.pk)
    assert (Payer.objects.get().provider_id, Payment.objects.get().payer_id) == ("", "")

    checkout.begin_payment(order_id=order.pk)

    client = stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})
    payer = Payer.objects.get()
    there = client.v1.customers.list(params={"limit": 100}, options={"stripe_account": payer.account_id}).data
    assert [one.id for one in there if one.metadata["customer_id"] == str(bea.pk)] == [payer.provider_id]


def test_forgetting_a_buyer_deletes_them_at_the_provider(event, bea):
    save_a_card(bea, event)
    session = card_session(customer=bea, account_id=Payer.objects.get().account_id)

    for _twice in range(2):
        forget_cards(customer=bea)

    assert (Payer.objects.count(), saved_methods(bea), offered(session)) == (0, [], [])
    assert customer_by_email(BEA.email) == bea
