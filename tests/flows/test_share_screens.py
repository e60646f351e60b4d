"""Partners, a plan tried and saved, and the settlement in a real browser; axe at two widths."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.splits import split_version_of
from payouts.actions import add_partner
from payouts.models import Partner
from tests import world
from tests.flows.conftest import DESKTOP, PHONE
from tests.flows.test_refund_screens import bought
from tests.flows.test_staff_screens import sign_in
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(params=[PHONE, DESKTOP], ids=["390", "1440"])
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param, locale="en-GB")
    yield context.new_page()
    context.close()


def test_staff_share_what_an_event_earns_and_read_its_settlement(
    screen: Page, stack: Stack, in_house: world.House, request: pytest.FixtureRequest
) -> None:
    width = request.node.callspec.params["screen"]["width"]
    hall, ada = f"Grand Hall {width}", f"Ada {width}"
    add_partner(kind=Partner.Kind.AFFILIATE, name=ada, email="", actor=world.SYSTEM)
    event = world.make_event("Lantern Walk", kinds=(("Standard", 2400, 50), ("Child", 1200, 20)))
    sign_in(screen, stack.url(in_house.host, "/portal/partners/"), in_house.owner)
    screen.get_by_label("Who they are").select_option("venue")
    screen.get_by_label("Name").fill(hall)
    judge(screen)
    screen.get_by_role("button", name="Add", exact=True).click()
    expect(screen.get_by_role("heading", name=hall)).to_be_visible()
    judge(screen)

    screen.goto(stack.url(in_house.host, f"/portal/events/{event.pk}/shares/"))
    screen.get_by_label("Who 1").select_option(label=f"{ada} (Affiliate)")
    screen.get_by_label("% or amount 1").fill("5")
    screen.get_by_label("Who 2").select_option(label=f"{hall} (Venue)")
    screen.get_by_label("gets 2").select_option("first")
    screen.get_by_label("% or amount 2").fill("300")
    screen.get_by_role("button", name="Show what it means").click()
    expect(screen.get_by_text("Not saved yet.")).to_be_visible()
    expect(screen.get_by_text("the first €300.00 of what is left")).to_be_visible()
    judge(screen)
    screen.get_by_role("button", name="Save").click()
    expect(screen.get_by_text("Version 1 is in force.")).to_be_visible()
    assert split_version_of(str(event.pk)) is not None

    bought(stack, event, 2)
    screen.goto(stack.url(in_house.host, f"/portal/events/{event.pk}/statement/"))
    expect(screen.get_by_text("5 % of €48.00 = 2.4")).to_be_visible()
    judge(screen)
