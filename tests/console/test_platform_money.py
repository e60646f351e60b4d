"""The platform's own balance against its books: our fees, Stripe's charges for all organizers, payouts of our own."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from accounts.actions import create_platform_admin
from audit.actions import SYSTEM
from checkout.actions import refund_order, send_refund
from config.books import book_platform_fee
from console.models import PlatformBalance, PlatformBooking, PlatformDifference, PlatformLine
from console.platform_money import check_platform_money
from ledger.actions import Kind, post
from ledger.queries import balance
from notifications.models import EmailMessage
from outbox.models import OutboxMessage
from payments.models import Payment, Refund
from tests import world
from tests.processes import Sandbox
from tests.reconciliation.conftest import provider
from tests.staff import signed_in, text


def checked(currency: str = "EUR") -> PlatformBalance:
    """The comparison now. The sandbox's platform has money from other tests that these books never saw: see `gap`."""
    check_platform_money()
    with schema_context("public"):
        return PlatformBalance.objects.get(currency=currency)


@pytest.fixture
def gap(paying: world.House) -> int:
    """What other tests left on the platform's balance and rolled back from its books."""
    check_platform_money()
    with schema_context("public"):
        found = PlatformBalance.objects.filter(currency="EUR").first()
    return found.difference if found else 0


def book_all() -> None:
    for message in OutboxMessage.objects.filter(kind="book_platform_fee"):
        book_platform_fee(transaction_key=message.payload["key"])


def test_fees_and_the_providers_charges_agree_to_the_cent(paying: world.House, gap: int) -> None:
    """Two sales of 50.20 and a refund: our fee is 2.20 of each, Stripe's charge 1.5 % and 25 cents of each sale."""
    with schema_context("public"):
        costs = balance(Kind.PAYMENT_COSTS).get("EUR", 0)
    event = world.make_event()
    world.paid_order(event, Standard=2)
    gone = world.paid_order(event, Standard=2)
    refund_order(order_id=gone.pk, actor=SYSTEM)
    send_refund(refund_id=Refund.objects.get().pk)
    book_all()

    found = checked()

    assert found.difference == gap
    assert found.theirs == found.lines
    with schema_context("public"):
        assert balance(Kind.PAYMENT_COSTS)["EUR"] - costs == 2 * 100
        kept = PlatformLine.objects.count()
    assert checked().difference == gap
    with schema_context("public"):
        assert PlatformLine.objects.count() == kept
        assert balance(Kind.PAYMENT_COSTS)["EUR"] - costs == 200


def test_a_fee_that_is_not_in_the_books_shows_until_it_is(paying: world.House, gap: int) -> None:
    world.paid_order(world.make_event(), Standard=2)
    assert checked().difference == gap + 220

    book_all()

    assert checked().difference == gap


def test_each_charge_is_compared_by_itself(paying: world.House) -> None:
    """A fee 10 too much and one 10 too little add up, and are told all the same, once; a refund belongs to its charge."""
    event = world.make_event()
    orders = [world.paid_order(event, Standard=2) for _time in range(3)]
    refund_order(order_id=orders[2].pk, actor=SYSTEM)
    send_refund(refund_id=Refund.objects.get().pk)
    book_all()
    charges = [Payment.objects.get(order=order).charge_id for order in orders]
    with schema_context("public"):
        world_of_others = PlatformDifference.objects.exclude(about__in=charges)
        check_platform_money()
        assert not PlatformDifference.objects.filter(about__in=charges).exists()
        assert PlatformBooking.objects.filter(about=charges[2]).count() == 2
        ada = create_platform_admin(email="ada@marquee.example", password=world.PASSWORD, name="Ada")
        for charge, wrong in zip(charges, (10, -10), strict=False):
            key = f"a mistake of {wrong}"
            post(key=key, currency="EUR", amounts={Kind.PROVIDER: wrong, Kind.PLATFORM_FEES: -wrong})
            PlatformBooking.objects.create(key=key, about=charge)
        now = timezone.now()
        world_of_others.delete()
        for hours in (0, 6, 12):
            check_platform_money(at=now + timedelta(hours=hours))
            world_of_others.update(is_told=True)  # what other tests left at Stripe
        found = {one.about: (one.theirs, one.ours) for one in PlatformDifference.objects.filter(about__in=charges)}
        assert found == {charges[0]: (220, 230), charges[1]: (220, 210)}
        (mail,) = EmailMessage.objects.filter(key__startswith="platform-differences:", to=ada.email)
        assert mail.subject == "2 charges and transfers of the platform do not agree"
        assert f"{charges[0]}: Stripe says €2.20, our books say €2.30." in mail.text
        world_of_others.delete()  # the page shows the fifty oldest
        assert charges[0] in text(signed_in(ada).get("/console/health/"))


def test_a_payout_of_our_own_is_booked_from_its_line(paying: world.House, gap: int, stripe_sandbox: Sandbox) -> None:
    world.paid_order(world.make_event(), Standard=10)
    book_all()
    stripe_sandbox.control("balance/available")
    with schema_context("public"):
        before = balance(Kind.BANK).get("EUR", 0)
    provider().v1.payouts.create(params={"amount": 10, "currency": "eur"})

    assert checked().difference == gap

    with schema_context("public"):
        assert balance(Kind.BANK)["EUR"] - before == 10


def test_a_difference_that_stays_is_mailed_once_and_shown(paying: world.House, stripe_sandbox: Sandbox) -> None:
    world.paid_order(world.make_event(), Standard=2)
    with schema_context("public"):
        ada = create_platform_admin(email="ada@marquee.example", password=world.PASSWORD, name="Ada")
        found = next(one for one in check_platform_money() if one.currency == "EUR")
        post(
            key="a mistake in our books",
            currency="EUR",
            amounts={Kind.PROVIDER: found.difference + 7, Kind.PLATFORM_FEES: -found.difference - 7},
        )
        now = timezone.now()
        PlatformBalance.objects.update(differs_since=None)
        for hours in (0, 6, 12):
            check_platform_money(at=now + timedelta(hours=hours))
        mails = EmailMessage.objects.filter(key__startswith="platform-balance:EUR", to=ada.email)
        assert [mail.subject for mail in mails] == ["The platform's balance in EUR does not agree"]
        assert "Differs" in text(signed_in(ada).get("/console/health/"))
    with tenant_context(paying.organizer):
        nora = signed_in(paying.owner)
        assert nora.get("/console/health/").status_code == 403
