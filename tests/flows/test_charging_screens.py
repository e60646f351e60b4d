"""How buyers are charged, chosen on phone and desktop; then a card paid in the browser on the platform's own account."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from events.models import ChargeModel
from orders.models import Order
from payments.queries import charge_default
from tests import world
from tests.flows.conftest import DESKTOP, PHONE
from tests.flows.test_buy_and_enter import pay_by_card
from tests.flows.test_staff_screens import sign_in
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack
from ui.ids import new_code

pytestmark = pytest.mark.browser


@pytest.fixture(params=[PHONE, DESKTOP], ids=["390", "1440"])
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param, locale="en-GB")
    yield context.new_page()
    context.close()


def looked_at(screen: Page, name: str) -> None:
    """Judged, and kept as a picture where somebody wants to see it (SCREENSHOTS names a folder)."""
    judge(screen)
    if folder := os.environ.get("SCREENSHOTS"):
        width = (screen.viewport_size or {"width": 0})["width"]
        screen.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def test_an_event_is_charged_on_the_platforms_account(screen: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Lantern Walk", kinds=(("Standard", 2400, 50),))
    sign_in(screen, stack.url(in_house.host, f"/portal/events/{event.pk}/charging/"), in_house.owner)
    looked_at(screen, "charging")
    screen.get_by_label("We take the payment in your name").check()
    screen.get_by_role("button", name="Save").click()
    expect(screen.get_by_text("Saved. It holds for orders from now on.")).to_be_visible()
    looked_at(screen, "charging-saved")
    event.refresh_from_db()
    assert event.charge_model == ChargeModel.ON_BEHALF
    screen.goto(stack.url(in_house.host, "/portal/payments/charging/"))
    looked_at(screen, "charging-default")
    assert charge_default() == ChargeModel.DIRECT
    screen.goto(stack.url(in_house.host, f"/portal/events/{event.pk}/fees/simulator/"))
    expect(screen.get_by_text("They come out of our fee")).to_be_visible()
    looked_at(screen, "simulator")

    email = f"bea.{new_code(6).lower()}@example.com"
    screen.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    screen.get_by_role("button", name="One more: Standard").click()
    screen.get_by_role("button", name="Continue").click()
    screen.get_by_label("E-mail", exact=True).fill(email)
    screen.get_by_label("Full name").fill("Bea Buyer")
    screen.get_by_label("I agree to the organizer").check()
    pay_by_card(screen, "4242 4242 4242 4242")
    heading = screen.get_by_role("heading", name="You’re going").or_(screen.get_by_text("You're going"))
    heading.first.wait_for(timeout=30_000)
    order = Order.objects.get(email=email)
    assert (order.state, order.payment.account_id, order.payment.on_behalf_of != "") == ("paid", "", True)
    screen.goto(stack.url(in_house.host, f"/portal/events/{event.pk}/statement/"))
    expect(screen.get_by_text("What went through our account")).to_be_visible()
    looked_at(screen, "statement")
    screen.goto(stack.url(in_house.host, "/portal/payouts/"))
    looked_at(screen, "payouts")
