"""Nora reads when her money comes, what is to come and why something came back; the platform sets the schedule."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from payouts.models import Payout, PayoutSchedule
from payouts.runs import run_payouts, send_payout, take_up_payout
from people.models import Membership
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.processes import Sandbox
from tests.reconciliation.conftest import fresh_account
from tests.staff import Visitor, signed_in, text
from tests.world import STANDARD


@pytest.fixture
def account(northside: world.House, stripe_sandbox: Sandbox) -> str:
    return fresh_account(northside)


def test_nora_reads_when_her_money_comes(nora: Visitor, account: str, stripe_sandbox: Sandbox) -> None:
    starts_at = timezone.now() + timedelta(days=10)
    event = world.make_event("Winter Ball", kinds=((STANDARD, 2400, 20),), starts_at=starts_at)
    world.paid_order(event, **{STANDARD: 2})
    page = text(nora.get("/portal/payouts/"))
    assert "What a date earned goes to your bank 3 days after it has ended." in page
    assert "With more than 2 undecided disputes payouts wait." in page
    assert "To come" in page
    assert "Winter Ball" in page
    assert "€48.00" in page

    stripe_sandbox.control("balance/available")
    run_payouts(at=timezone.now() + timedelta(days=14))
    payout = Payout.objects.get()
    send_payout(payout_id=payout.pk)
    assert "At your bank about" in text(nora.get("/portal/payouts/"))

    payout.refresh_from_db()
    stripe_sandbox.control(f"payouts/{payout.provider_id}/fail")
    take_up_payout(provider_id=payout.provider_id)
    page = text(nora.get("/portal/payouts/"))
    assert "Came back" in page
    assert "Enter it anew at Stripe" in page


def test_the_platform_sets_the_schedule_and_nora_reads_why_it_waits(
    nora: Visitor, northside: world.House, southside: world.House, account: str
) -> None:
    from accounts.actions import create_platform_admin

    connection.set_schema_to_public()  # type: ignore[attr-defined]
    ada = signed_in(create_platform_admin(email="ada@marquee.example", password=world.PASSWORD, name="Ada"))
    url = f"/console/organizers/{northside.organizer.pk}/payouts/"
    terms = {
        "days_after": 7,
        "reserve_percent": 10,
        "reserve_days": 90,
        "most_disputes": 0,
        "held_because": "we look into a report",
    }
    assert ada.post(url, {**terms, "reserve_percent": 60}).status_code == 422
    assert ada.post(url, terms).status_code == 302
    assert "10 % of it is held back for 90 days" in text(ada.get(f"/console/organizers/{northside.organizer.pk}/"))
    assert "The platform holds payouts: we look into a report" in text(ada.get(url))

    with tenant_context(northside.organizer):
        assert PayoutSchedule.objects.get().days_after == 7
        page = text(nora.get("/portal/payouts/"))
        assert "What a date earned goes to your bank 7 days after it has ended." in page
        assert "The platform holds payouts: we look into a report" in page
    with tenant_context(southside.organizer):
        assert not PayoutSchedule.objects.exists()
        sam = signed_in(southside.owner)
        assert sam.get(url).status_code == 403
        assert sam.post(url, terms).status_code == 403


def test_money_is_no_business_of_the_door(dora: Visitor, charlie: Visitor, colleague: Colleague, account: str) -> None:
    for visitor in (dora, charlie, colleague(Membership.Role.MANAGER)):
        assert visitor.get("/portal/payouts/").status_code == 403
