"""An affiliate's link at the storefront's door, what the browser keeps of it, and the affiliate's own pages."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import caches
from django_tenants.utils import tenant_context

from audit.actions import user_actor
from events.models import Event
from notifications.models import EmailMessage
from orders.models import Attribution
from payouts.affiliates import change_state, invite_affiliate
from payouts.models import Partner
from promotions.affiliates import set_programme
from promotions.commission import CommissionKind, Rate
from promotions.models import Affiliate, AffiliateClick
from storefront.links import COOKIE
from tests import world
from tests.promotions.test_commission import FIREFOX
from tests.staff import Visitor, text
from tests.world import FREE, STANDARD, House

NORA = user_actor(UUID(int=1))
TEN = Rate(CommissionKind.PERCENT, basis_points=1000, currency="EUR")


@pytest.fixture
def event(northside: House) -> Iterator[Event]:
    caches["default"].clear()
    world.let_charge(northside)
    set_programme(rate=TEN, takes_applications=True, actor=NORA)
    yield world.make_event("Lantern Walk", kinds=((STANDARD, 2400, 20), (FREE, 0, 5)))
    caches["default"].clear()


@pytest.fixture
def ada(event: Event) -> Affiliate:
    return invite_affiliate(name="Ada", email="ada@affiliates.example", code="ADA", actor=NORA)


def browser(house: House, name: str = FIREFOX) -> Visitor:
    return Visitor(house.host, HTTP_USER_AGENT=name)


def buy(visitor: Visitor, event: Event, **more: Any) -> Any:
    """A free ticket, through the API as the checkout page's script does it."""
    held = world.hold(event, **{FREE: 1})
    body = {"hold_id": str(held.pk), "buyer": {"name": "Bea", "email": "bea@example.com", "consents": ["terms"]}}
    return visitor.post(
        "/api/v1/orders",
        json.dumps({**body, **more}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {held.token}", "Idempotency-Key": str(held.pk)},
    )


def whose() -> list[str]:
    found = Attribution.objects.order_by("pk").select_related("affiliate")
    return [f"{one.affiliate.code} {one.how}" for one in found]


def test_a_click_is_counted_once_and_remembered_for_the_order(event: Event, ada: Affiliate, northside: House) -> None:
    shop = browser(northside)
    page = shop.get(f"/events/{event.slug}/")
    answer = shop.get(f"/r/ada/{event.slug}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/events/{event.slug}/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.cookies[COOKIE]["httponly"], answer.cookies[COOKIE]["domain"]) == (True, "")
    shop.get("/r/ADA/")
    assert [(one.affiliate_id, one.event_id) for one in AffiliateClick.objects.all()] == [(ada.pk, event.pk)]
    after = shop.get(f"/events/{event.slug}/")  # the same for everybody, link or not
    assert (after.headers["ETag"], after.headers["Cache-Control"]) == (
        page.headers["ETag"],
        page.headers["Cache-Control"],
    )

    assert buy(shop, event).status_code == 201
    assert buy(browser(northside), event, affiliate="ada").status_code == 201
    assert buy(browser(northside), event, affiliate="nobody").status_code == 201
    assert whose() == ["ADA link", "ADA named"]


def test_programs_looks_ahead_and_unknown_words_leave_nothing(event: Event, ada: Affiliate, northside: House) -> None:
    change_state(affiliate_id=ada.pk, state=Affiliate.State.PAUSED, actor=NORA)
    assert COOKIE not in browser(northside).get("/r/ADA/").cookies
    change_state(affiliate_id=ada.pk, state=Affiliate.State.ACTIVE, actor=NORA)
    for shop, method, headers in (
        (browser(northside, "Googlebot/2.1"), "get", {}),
        (browser(northside), "head", {}),
        (browser(northside), "get", {"Sec-Purpose": "prefetch"}),
        (browser(northside), "get", {"Sec-Fetch-Dest": "image"}),
    ):
        answer = getattr(shop, method)("/r/ADA/", headers=headers)
        assert COOKIE not in answer.cookies
        assert answer.status_code == (503 if "Sec-Purpose" in headers else 302)
    unknown = browser(northside).get("/r/NOBODY//evil.example/")
    assert unknown.status_code == 404
    gone = browser(northside).get("/r/NOBODY/no-such-event/")
    assert (gone.status_code, gone.headers["Location"], COOKIE in gone.cookies) == (302, "/", False)
    assert not AffiliateClick.objects.exists()


def test_another_organizers_links_and_cookies_are_worth_nothing(
    event: Event, ada: Affiliate, northside: House, southside: House
) -> None:
    with tenant_context(southside.organizer):
        set_programme(rate=TEN, actor=NORA)
        invite_affiliate(name="Ada", email="ada@affiliates.example", code="ADA", actor=NORA)
        invite_affiliate(name="Zoe", email="zoe@affiliates.example", code="ZOE", actor=NORA)
        there = browser(southside)
        kept = there.get("/r/ADA/").cookies[COOKIE].value
        assert AffiliateClick.objects.count() == 1
    shop = browser(northside)
    assert COOKIE not in shop.get("/r/ZOE/").cookies
    shop.cookies[COOKIE] = kept
    assert buy(shop, event).status_code == 201
    shop.cookies[COOKIE] = "WyJBREEiLDFd:1w:forged"
    assert buy(shop, event, affiliate="ZOE").status_code == 201
    assert (whose(), AffiliateClick.objects.count()) == ([], 0)


def test_a_buyer_applies_is_accepted_and_finds_links_pictures_and_figures(event: Event, northside: House) -> None:
    stranger = browser(northside)
    assert "Sign in to apply" in text(stranger.get("/affiliates/"))
    assert stranger.post("/affiliates/", {"name": "Cy"}).headers["Location"].startswith("/account/sign-in/")
    cy = world.signed_in_buyer(northside, "cy@example.com")
    assert cy.get("/account/affiliate/").headers["Location"] == "/affiliates/"
    assert "up to 120 characters" in text(cy.post("/affiliates/", {"name": " "}))
    assert cy.post("/affiliates/", {"name": "Cy", "words": "My blog"}).status_code == 302
    assert "Your application is here" in text(cy.get("/affiliates/"))
    assert cy.get("/account/affiliate/").headers["Location"] == "/affiliates/"

    found = Affiliate.objects.get()
    assert (found.state, found.words, Partner.objects.count()) == ("applied", "My blog", 0)
    change_state(affiliate_id=found.pk, state=Affiliate.State.ACTIVE, actor=NORA)
    assert EmailMessage.objects.get(key=f"affiliate:{found.pk}").to == "cy@example.com"
    assert Partner.objects.get().payee.reference == str(found.pk)

    shop = browser(northside)
    shop.get(f"/r/{found.code}/{event.slug}/")
    buy(shop, event)
    page = text(cy.get("/account/affiliate/"))
    assert f"/r/{found.code}/{event.slug}/" in page
    assert cy.get(f"/account/affiliate/qr/{event.slug}.svg").content.startswith(b"<?xml")
    png = cy.get("/account/affiliate/qr/all.png?download")
    assert png.content.startswith(b"\x89PNG")
    assert png.headers["Content-Disposition"] == f'attachment; filename="{found.code}-all.png"'
    assert cy.get("/account/affiliate/qr/no-such-event.svg").status_code == 404
    assert cy.get("/account/affiliate/statements/EUR/").status_code == 200
    assert "Commissions, less what went back" in text(cy.get("/account/affiliate/statements/EUR.csv"))
    assert cy.get("/account/affiliate/statements/XXX/").status_code == 404
    assert browser(northside).get("/account/affiliate/").headers["Location"].startswith("/account/sign-in/")
    bea = world.signed_in_buyer(northside, "bea@example.com")
    assert bea.get(f"/account/affiliate/qr/{event.slug}.svg").headers["Location"] == "/affiliates/"
