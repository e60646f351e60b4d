"""Staff set the programme, invite and accept affiliates, approve and decline commissions; and only of their own organizer."""

from typing import Any
from uuid import UUID

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from audit.actions import user_actor
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.affiliates import Via
from events.models import Event
from orders.models import Attribution, Order
from payouts.affiliates import invite_affiliate
from promotions.affiliates import programme, rate_for, set_programme
from promotions.commission import CommissionKind, Rate, Tier
from promotions.models import Affiliate
from tests import world
from tests.staff import Visitor, signed_in, text
from tests.world import STANDARD

NORA = user_actor(UUID(int=1))
HERE = "/portal/affiliates/"
TERMS = {
    "kind": "percent",
    "percent": "12.5",
    "window_days": "30",
    "touch": "last",
    "needs_approval": "no",
    "approval_days": "0",
    "approval_from": "sale",
}


@pytest.fixture
def nora(northside: world.House) -> Visitor:
    return signed_in(northside.owner, northside.host)


def test_the_programme_is_set_and_an_event_may_differ(northside: world.House, nora: Visitor) -> None:
    world.let_charge(northside)
    event = world.make_event(kinds=((STANDARD, 2400, 20),))
    assert "No affiliate programme yet" in text(nora.get(HERE))
    for wrong, words in (
        ({"percent": ""}, "Say how much"),
        ({"window_days": "91"}, "less than or equal to 90"),
        ({"kind": "fixed", "fixed": "x"}, "Enter an amount like"),
        (
            {"kind": "tiers", "first_percent": "5", "from_1": "9", "percent_1": "6", "from_2": "3"},
            "Begin with ticket 1",
        ),
    ):
        answer = nora.post(f"{HERE}programme/", {**TERMS, **wrong})
        assert (answer.status_code, words in text(answer), programme()) == (422, True, None)
    assert nora.post(f"{HERE}programme/", TERMS).status_code == 302
    terms = programme()
    assert terms is not None
    assert terms.rate.words == "12.5% of the ticket price"

    here = f"{HERE}events/{event.pk}/"
    tiers = {"kind": "tiers", "first_percent": "5", "from_1": "51", "percent_1": "8"}
    assert nora.post(here, tiers).status_code == 302
    assert rate_for(event.pk, terms).tiers == (Tier(1, 500), Tier(51, 800))
    assert "5% of the ticket price, from ticket 51 on 8%" in text(nora.get(f"{HERE}programme/"))
    assert 'value="51"' in nora.get(here).content.decode()
    assert nora.post(here, {"kind": "none"}).status_code == 302
    assert rate_for(event.pk, terms).kind == CommissionKind.NONE
    assert nora.post(here, {"kind": "same"}).status_code == 302
    assert rate_for(event.pk, terms) == terms.rate


@pytest.fixture
def order(paying: world.House) -> Order:
    """24.00 through Ada, 2.40 of it hers."""
    set_programme(rate=Rate(CommissionKind.PERCENT, basis_points=1000, currency="EUR"), approval_days=0, actor=NORA)
    invite_affiliate(name="Ada", email="ada@affiliates.example", code="ADA", actor=NORA)
    return through_ada(world.make_event(kinds=((STANDARD, 2400, 20),)))


def through_ada(event: Event) -> Order:
    """One ticket, paid for."""
    held = world.hold(event, **{STANDARD: 1})
    placed = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA, via=Via(named="ADA"))
    world.pay(placed)
    checkout.settle_payment(order_id=placed.pk)
    return placed


def test_staff_invite_change_approve_and_pay(order: Order, nora: Visitor) -> None:
    ada = Affiliate.objects.get()
    assert "already" in text(nora.post(HERE, {"name": "B", "email": "ADA@affiliates.example", "code": ""}))
    assert "Another affiliate has this word" in text(
        nora.post(HERE, {"name": "B", "email": "b@b.example", "code": "a-d-a"})
    )
    assert Affiliate.objects.count() == 1
    page = f"{HERE}{ada.pk}/"
    assert "There is no such code" in text(nora.post(page, {"name": "Ada", "code": "ADA", "promo": "NOPE"}))
    assert nora.post(page, {"name": "Ada Lovelace", "code": "LOVE", "promo": ""}).status_code == 302
    ada.refresh_from_db()
    assert (ada.name, ada.key, ada.partner.name) == ("Ada Lovelace", "LOVE", "Ada Lovelace")

    assert "1 commission can be approved" in text(nora.get(HERE))
    assert nora.post(f"{HERE}approvals/", {"affiliate": str(ada.pk)}).headers["Location"] == page
    assert Attribution.objects.get().is_approved
    assert "€2.40" in text(nora.get(page))
    assert "10% of €24.00" in text(nora.get(f"{page}statements/EUR/"))
    assert "nothing to decide" in text(nora.get(f"{HERE}commissions/{order.pk}/"))
    assert nora.post(f"{page}states/", {"state": "ended"}).status_code == 302
    ada.refresh_from_db()
    assert ada.state == "ended"
    assert nora.post(f"{page}states/", {"state": "declined"}).status_code == 302
    ada.refresh_from_db()
    assert ada.state == "ended"
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert verbs >= {
        "set_affiliate_programme",
        "add_affiliate",
        "change_affiliate",
        "move_affiliate",
        "approve_commission",
    }


def test_the_page_of_many_sales_asks_no_more_often_than_that_of_one(order: Order, nora: Visitor) -> None:
    page = f"{HERE}{Affiliate.objects.get().pk}/"
    caches["public"].clear()  # who sells at this host is kept for a minute, which ends for nobody between the two
    nora.get(page)  # whatever is looked up once
    with CaptureQueriesContext(connection) as of_one:
        nora.get(page)
    for _sale in range(3):
        through_ada(order.event)
    with CaptureQueriesContext(connection) as of_four:
        shown = text(nora.get(page))
    assert shown.count("10% of €24.00") == 4
    assert len(of_four) == len(of_one)


def test_staff_decline_with_words(order: Order, nora: Visitor) -> None:
    page = f"{HERE}commissions/{order.pk}/"
    assert nora.post(page, {"words": " "}).status_code == 422
    assert not Attribution.objects.get().is_void
    assert nora.post(page, {"words": "Own club"}).status_code == 302
    assert Attribution.objects.get().words == "Own club"
    assert "Own club" in text(nora.get(f"{HERE}{Affiliate.objects.get().pk}/"))


def test_another_organizers_staff_find_nothing(order: Order, southside: world.House) -> None:
    ada = Affiliate.objects.get()
    with tenant_context(southside.organizer):
        sam = signed_in(southside.owner, southside.host)
        paths = (f"{HERE}{ada.pk}/", f"{HERE}commissions/{order.pk}/", f"{HERE}{ada.pk}/statements/EUR/")
        assert [sam.get(path).status_code for path in paths] == [404, 404, 404]
        assert sam.post(f"{HERE}{ada.pk}/states/", {"state": "ended"}).status_code == 404
        answer: Any = sam.post(f"{HERE}approvals/", {"affiliate": str(ada.pk)})
        assert answer.status_code == 302
    ada.refresh_from_db()
    assert (ada.state, Attribution.objects.get().is_approved) == ("active", False)
