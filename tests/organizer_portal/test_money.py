"""Stripe is connected; what was earned is told in plain words."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from checkout.actions import refund_order, send_refund
from checkout.charge_models import choose_charge_model
from events.models import ChargeModel
from inventory.models import Hold
from inventory.queries import database_now
from outbox.actions import drain
from payments import gateway
from payments.actions import (
    disconnect_account,
    keep_account_facts,
    look_after_account,
    refresh_account,
    register_hosts,
)
from payments.errors import NotConnected
from payments.models import ConnectedAccount, Refund, WalletDomain
from payments.queries import connected_account
from tenants.actions import add_domain
from tests import world
from tests.processes import Sandbox
from tests.reconciliation.conftest import fresh_account
from tests.staff import Visitor, signed_in, text

ACTIVE = ("active", "active")  # Apple Pay and Google Pay


@pytest.fixture
def nora(northside: world.House, stripe_sandbox: Sandbox) -> Visitor:
    return signed_in(northside.owner, northside.host)


def test_nora_connects_stripe_and_comes_back(nora: Visitor, northside: world.House, stripe_sandbox: Sandbox) -> None:
    assert "Connect Stripe to sell paid tickets" in text(nora.get("/portal/payments/"))

    away = nora.post("/portal/payments/onboardings/")
    assert away.status_code == 302
    assert away["Location"].startswith(stripe_sandbox.settings()["STRIPE_API_BASE"])
    account = ConnectedAccount.objects.get()
    assert not account.charges_enabled
    assert "Continue at Stripe" in text(nora.get("/portal/payments/"))

    world.enable_account(account.account_id)
    back = nora.get("/portal/payments/return/", follow=True)

    account.refresh_from_db()
    assert account.charges_enabled
    assert "Stripe is connected: you can sell paid tickets." in text(back)
    assert "All set." in text(back)


def test_asking_twice_makes_one_account(nora: Visitor, stripe_sandbox: Sandbox) -> None:
    nora.post("/portal/payments/onboardings/")
    nora.post("/portal/payments/onboardings/")

    assert ConnectedAccount.objects.count() == 1


def test_what_stripe_still_needs_is_said_at_home(nora: Visitor, northside: world.House) -> None:
    ConnectedAccount.objects.create(
        account_id="acct_1", charges_enabled=True, requirements=["individual.verification.document"]
    )
    world.make_event(kinds=(("Guest", 0, 5),))

    assert "Stripe needs something from you before it can pay you out." in text(nora.get("/portal/"))
    page = text(nora.get("/portal/payments/"))
    assert "A photo of an identity document of the person who represents you" in page
    assert "individual.verification.document" not in page
    assert "Payouts are paused until Stripe has what it asks for." in text(nora.get("/portal/payouts/"))


def test_wallets_are_registered_on_every_host_when_cards_can_be_taken(
    nora: Visitor, northside: world.House, stripe_sandbox: Sandbox
) -> None:
    add_domain(organizer_id=northside.organizer.pk, domain="tickets.northside.example", is_primary=False, actor=SYSTEM)
    nora.post("/portal/payments/onboardings/")
    account = ConnectedAccount.objects.get()
    assert register_hosts(organizer=northside.organizer) == []  # no card can be taken yet

    world.enable_account(account.account_id)
    page = text(nora.get("/portal/payments/return/", follow=True))

    hosts = list(WalletDomain.objects.order_by("host").values_list("host", "apple_pay", "google_pay", "failure"))
    assert hosts == [(host, *ACTIVE, "") for host in (northside.host, "tickets.northside.example")]
    assert "tickets.northside.example" in page
    assert register_hosts(organizer=northside.organizer) == []  # asked about today


def test_wallets_are_registered_with_the_platform_too_once_an_event_is_charged_there(
    paying: world.House, stripe_sandbox: Sandbox
) -> None:
    event = world.make_event()
    (own,) = register_hosts(organizer=paying.organizer)
    assert own.account is not None

    choose_charge_model(event_id=event.pk, model=ChargeModel.ON_BEHALF, actor=SYSTEM)
    drain()

    domains = WalletDomain.objects.order_by("account").values_list("account", "host", "apple_pay", "google_pay")
    assert list(domains) == [(own.account_id, paying.host, *ACTIVE), (None, paying.host, *ACTIVE)]
    there = gateway.client().v1.payment_method_domains.list(params={"domain_name": paying.host})
    assert [domain.domain_name for domain in there.data] == [paying.host]  # the platform's own
    page = text(signed_in(paying.owner, paying.host).get("/portal/payments/"))
    assert "for payments that we take for you" in page


def test_an_account_that_was_opened_without_bank_debits_asks_for_them(
    northside: world.House, nora: Visitor, stripe_sandbox: Sandbox
) -> None:
    application: dict[str, Any] = {"fees": {"payer": "application"}, "losses": {"payments": "application"}}
    account = fresh_account(northside, **application, stripe_dashboard={"type": "express"})
    assert "Ask Stripe for them" in text(nora.get("/portal/payments/"))
    ConnectedAccount.objects.update(disconnected_at=timezone.now(), charges_enabled=False, payouts_enabled=False)
    assert nora.post("/portal/payments/debits/").status_code == 409
    ConnectedAccount.objects.update(disconnected_at=None)

    page = text(nora.post("/portal/payments/debits/", follow=True))

    assert "Bank debits are on." in page
    assert "Ask Stripe for them" not in page
    assert ConnectedAccount.objects.get().capabilities["sepa_debit_payments"] == "active"
    there = gateway.client().v1.accounts.retrieve(account)
    assert there.capabilities is not None
    assert there.capabilities.sepa_debit_payments == "active"


def test_a_host_that_stripe_refuses_is_shown_with_its_reason(paying: world.House, stripe_sandbox: Sandbox) -> None:
    fault = {"path": "/v1/payment_method_domains", "status": 402}
    httpx.post(f"{stripe_sandbox.base}/_sandbox/faults", json=fault, timeout=10).raise_for_status()

    (domain,) = register_hosts(organizer=paying.organizer)

    assert (domain.host, domain.provider_id, domain.apple_pay) == (paying.host, "", "")
    assert "Not registered" in text(signed_in(paying.owner, paying.host).get("/portal/payments/"))


def test_who_takes_our_access_back_sells_nothing_paid_and_reads_what_to_do(
    paying: world.House, stripe_sandbox: Sandbox
) -> None:
    event = world.make_event()  # a paid and a free type
    account = ConnectedAccount.objects.get()
    before = world.the_performance(event).offer_version

    disconnect_account(account_id=account.account_id)

    with pytest.raises(NotConnected, match="the organizer cannot take payments"):
        world.hold(event, Standard=1)
    assert Hold.objects.count() == 0
    world.hold(event, **{world.FREE: 1})
    assert world.the_performance(event).offer_version != before  # what processes remember is worth nothing
    nora = signed_in(paying.owner, paying.host)
    assert "Stripe is no longer connected: paid tickets cannot be bought." in text(nora.get("/portal/"))
    assert "our access to your Stripe account was taken back" in text(nora.get("/portal/payments/"))

    nora.post("/portal/payments/onboardings/")

    again = connected_account()
    assert again is not None
    assert again.account_id != account.account_id
    world.enable_account(again.account_id)
    refresh_account(organizer=paying.organizer, account_id=again.account_id)
    world.hold(event, Standard=1)


def test_an_answer_does_not_undo_what_became_known_after_it_was_asked_for(paying: world.House) -> None:
    account = ConnectedAccount.objects.get()
    asked_at = database_now()
    facts = gateway.fetch_account(account.account_id)
    assert facts.charges_enabled
    disconnect_account(account_id=account.account_id)

    keep_account_facts(organizer=paying.organizer, facts=facts, asked_at=asked_at, actor=SYSTEM)

    account.refresh_from_db()
    assert (account.charges_enabled, account.disconnected_at is not None) == (False, True)
    assert keep_account_facts(organizer=paying.organizer, facts=facts, actor=SYSTEM).charges_enabled  # asked for since


def test_access_that_went_without_an_event_is_noticed(northside: world.House, stripe_sandbox: Sandbox) -> None:
    facts = gateway.create_account(email="nora@northside.example", country="DE", name="Northside", key=uuid4().hex)
    world.enable_account(facts.id)
    facts = gateway.fetch_account(facts.id)
    account = keep_account_facts(organizer=northside.organizer, facts=facts, actor=SYSTEM)
    assert (account.charges_enabled, account.capabilities["card_payments"]) == (True, "active")
    url = f"{stripe_sandbox.base}/_sandbox/accounts/{account.account_id}/deauthorise"
    httpx.post(url, timeout=10).raise_for_status()

    look_after_account(organizer=northside.organizer)

    account.refresh_from_db()
    assert (account.charges_enabled, account.disconnected_at is not None) == (False, True)


def test_an_account_of_another_organizer_is_left_alone(
    paying: world.House, southside: world.House, stripe_sandbox: Sandbox
) -> None:
    account = ConnectedAccount.objects.get()
    with tenant_context(southside.organizer):
        assert disconnect_account(account_id=account.account_id) is None
        assert refresh_account(organizer=southside.organizer, account_id=account.account_id) is None
        assert not ConnectedAccount.objects.exists()

    account.refresh_from_db()
    assert account.charges_enabled


def test_earnings_are_what_the_books_say(paying: world.House, media: object) -> None:
    nora = signed_in(paying.owner, paying.host)
    assert "Nothing earned yet" in text(nora.get("/portal/payouts/"))
    event = world.make_event()
    world.paid_order(event, Standard=2)
    gone = world.paid_order(event, Standard=1)
    refund_order(order_id=gone.pk, actor=world.SYSTEM)
    send_refund(refund_id=Refund.objects.get().pk)

    (line,) = nora.get("/portal/payouts/").context["earnings"]

    assert (line.currency, line.sales, line.fees, line.earned) == ("EUR", 5020, 220, 4800)
