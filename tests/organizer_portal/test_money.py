"""Stripe is connected; what was earned is told in plain words."""

import pytest

from checkout.actions import refund_order, send_refund
from payments.models import ConnectedAccount, Refund
from tests import world
from tests.processes import Sandbox
from tests.staff import Visitor, signed_in, text


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
    assert "individual.verification.document" in text(nora.get("/portal/payments/"))
    assert "Payouts are paused until Stripe has what it asks for." in text(nora.get("/portal/payouts/"))


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
