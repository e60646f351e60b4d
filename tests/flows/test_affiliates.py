"""An affiliate's sale in a real browser: click, buy, see it, have it approved and paid, read the statement, and lose it to a refund."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from orders.models import Order
from payments import gateway
from payouts.affiliates import invite_affiliate
from promotions.affiliates import set_programme
from promotions.commission import CommissionKind, Rate
from promotions.models import AffiliateClick
from tests import world
from tests.flows.conftest import DESKTOP, PHONE
from tests.flows.test_buy_and_enter import pay_by_card
from tests.flows.test_saved_cards import sign_in as sign_in_as_buyer
from tests.flows.test_staff_screens import sign_in
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack
from ui.ids import new_code

pytestmark = pytest.mark.browser

# Playwright's own name says that nobody is there, and nobody's visits do not count.
SOMEBODY = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)


@pytest.fixture
def bea(browser: Browser) -> Iterator[Page]:
    """A buyer's phone."""
    context = browser.new_context(viewport=PHONE, locale="en-GB", user_agent=SOMEBODY)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


@pytest.fixture
def nora(browser: Browser) -> Iterator[Page]:
    """A desk of the organizer's."""
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_from_the_click_to_the_payout_and_the_clawback(
    stack: Stack,
    in_house: world.House,
    bea: Page,
    phone: Page,
    nora: Page,
    mails: Callable[..., list[dict[str, Any]]],
) -> None:
    rate = Rate(CommissionKind.PERCENT, basis_points=1000, currency="EUR")
    set_programme(rate=rate, approval_days=0, needs_approval=True, actor=SYSTEM)
    word = new_code(6).lower()
    email = f"ada.{word}@example.com"
    event = world.make_event("Paper Boats", kinds=(("Standard", 2400, 50),))
    ada = invite_affiliate(name=f"Ada {word}", email=email, code=word, actor=SYSTEM)

    # Bea follows the link on her phone and buys two tickets.
    bea.goto(stack.url(in_house.host, f"/r/{word}/{event.slug}/"))
    expect(bea.get_by_role("heading", name="Paper Boats")).to_be_visible()
    assert AffiliateClick.objects.filter(affiliate=ada).count() == 1
    for _ticket in range(2):
        bea.get_by_role("button", name="One more: Standard").click()
    bea.get_by_role("button", name="Continue").click()
    bea.get_by_label("E-mail", exact=True).fill(f"bea.{word}@example.com")
    bea.get_by_label("Full name").fill("Bea Buyer")
    bea.get_by_label("I agree to the organizer").check()
    pay_by_card(bea, "4242 4242 4242 4242")
    bea.get_by_text("You're going").first.wait_for(timeout=30_000)

    # Ada signs in by a mailed code and sees it.
    assert "/account/affiliate/" in mails(email)[0]["text"]
    phone.goto(stack.url(in_house.host, "/account/affiliate/"))
    sign_in_as_buyer(phone, email, mails, mail=2)
    expect(phone.get_by_role("heading", name=f"Hello Ada {word}")).to_be_visible()
    assert _figures(phone) >= {"Clicks": "1", "Sales": "1", "Tickets": "2"}.items()
    assert _figures(phone) >= {"Waiting": "€4.80", "Approved, to be paid": "€0.00"}.items()
    judge(phone)
    link = phone.get_by_role("listitem").filter(has=phone.get_by_role("heading", name="Paper Boats"))
    link.get_by_text("QR code").click()
    expect(link.get_by_role("img")).to_be_visible()
    judge(phone)

    # Staff approve it and note that they paid.
    sign_in(nora, stack.url(in_house.host, "/portal/affiliates/"), in_house.owner)
    judge(nora)
    nora.get_by_role("link", name=f"Ada {word}").click()
    judge(nora)
    nora.get_by_role("button", name="Approve all").click()
    expect(nora.get_by_text("1 commission approved.")).to_be_visible()
    nora.get_by_role("link", name="Pay", exact=True).click()
    nora.get_by_label("Amount").fill("4.80")
    nora.get_by_label("How", exact=True).fill("Bank transfer of 3 May")
    nora.get_by_role("button", name="Note it").click()
    expect(nora.get_by_text("The books say so from now on.")).to_be_visible()

    phone.reload()
    assert _figures(phone) >= {"Waiting": "€0.00", "Paid to you": "€4.80"}.items()
    phone.get_by_role("link", name="Statement").click()
    expect(phone.get_by_text("10% of €48.00")).to_be_visible()
    expect(phone.get_by_text("Bank transfer of 3 May")).to_be_visible()
    judge(phone)

    # The order is refunded: the commission goes back, and what was paid is to be made up for.
    order = Order.objects.get(email=f"bea.{word}@example.com")
    with override_settings(**stack.sandbox.settings()):
        gateway.client.cache_clear()
        checkout.refund_order(order_id=order.pk, actor=SYSTEM)
        checkout.send_refund(refund_id=order.payment.refunds.get().pk)
        gateway.client.cache_clear()
    phone.reload()
    expect(phone.get_by_text("To be made up by your next commissions")).to_be_visible()
    judge(phone)
    phone.get_by_role("link", name="Affiliate page").click()
    assert _figures(phone) >= {"Taken back": "€4.80", "Paid to you": "€4.80"}.items()
    expect(phone.get_by_text("€4.80 of what you were paid went back to buyers afterwards.")).to_be_visible()
    nora.goto(stack.url(in_house.host, f"/portal/affiliates/{ada.pk}/"))
    expect(nora.get_by_text("€4.80 of what was paid went back to buyers afterwards.")).to_be_visible()
    judge(nora)
    assert breaches() == {}


def _figures(page: Page) -> Any:
    """What the page says, name by name."""
    rows = page.locator(".figure-row > div").all()
    return {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in rows}.items()
