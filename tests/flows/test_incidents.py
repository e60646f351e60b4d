"""Flora runs the comparison with Stripe from her portal, is told of a payout that came back, and closes it; Ada sees it too."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from playwright.sync_api import Page, expect

from accounts.actions import create_platform_admin
from accounts.models import User
from payments import gateway
from payments.models import ConnectedAccount
from reconciliation.models import Check
from tests import world
from tests.flows.conftest import DESKTOP
from tests.flows.test_staff_screens import screen, sign_in  # noqa: F401 - for pytest to find
from tests.flows.test_storefront_screens import judge
from tests.reconciliation.conftest import provider
from tests.stack import Stack

pytestmark = pytest.mark.browser


def a_payout_that_came_back(stack: Stack) -> str:
    """A sale, paid out to a bank account that is closed; returns the payout's id."""
    with override_settings(**stack.sandbox.settings()):
        gateway.client.cache_clear()
        world.paid_order(world.make_event("Paid Night"), Standard=1)
        stack.sandbox.control("balance/available")
        account = ConnectedAccount.objects.get().account_id
        payout = provider().v1.payouts.create(
            params={"amount": 1200, "currency": "eur"}, options={"stripe_account": account}
        )
        gateway.client.cache_clear()
    stack.sandbox.control(f"payouts/{payout.id}/fail")
    return payout.id


def test_a_payout_that_came_back(screen: Page, stack: Stack, in_house: world.House) -> None:  # noqa: F811
    payout = a_payout_that_came_back(stack)
    sign_in(screen, stack.url(in_house.host, "/portal/incidents/"), in_house.owner)
    judge(screen)
    asked = Check.objects.count()

    screen.get_by_role("button", name="Run the check now").click()

    found = screen.get_by_role("link", name="A payout came back")
    expect(found.first).to_be_visible(timeout=30_000)
    assert Check.objects.count() == asked + 1
    expect(screen.get_by_text("Compared with Stripe on")).to_be_visible(timeout=30_000)
    judge(screen)
    found.first.click()
    screen.get_by_text(payout).wait_for()
    screen.get_by_role("button", name="Close the incident").click()
    screen.get_by_role("alert").wait_for()
    judge(screen)

    _ada_looks(screen, stack, in_house)

    screen.goto(stack.url(in_house.host, "/portal/incidents/"))
    screen.get_by_role("link", name="A payout came back").first.click()
    screen.get_by_label("What did you find or do?").fill("The new account is at Stripe")
    screen.get_by_role("button", name="Close the incident").click()
    screen.get_by_text("The incident is closed.").wait_for()
    judge(screen)
    for path in ("incidents/?state=open", "incidents/?state=all", "payouts/"):
        screen.goto(stack.url(in_house.host, f"/portal/{path}"))
        judge(screen)


def _ada_looks(screen: Page, stack: Stack, house: world.House) -> None:  # noqa: F811
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    ada = User.objects.filter(email="ada@marquee.example").first() or create_platform_admin(
        email="ada@marquee.example", password=world.PASSWORD, name="Ada"
    )
    connection.set_tenant(house.organizer)  # type: ignore[attr-defined]
    browser = screen.context.browser
    assert browser
    context = browser.new_context(viewport=screen.viewport_size or DESKTOP, locale="en-GB")
    page = context.new_page()
    sign_in(page, stack.url(settings.PLATFORM_HOST, "/console/incidents/"), ada)
    judge(page)
    page.get_by_role("link", name="A payout came back").first.click()
    page.get_by_role("link", name="In the organizer's portal").wait_for()
    judge(page)
    page.goto(stack.url(settings.PLATFORM_HOST, f"/console/organizers/{house.organizer.pk}/"))
    page.get_by_role("button", name="Run the check now").click()
    page.get_by_text("The check has begun.").wait_for()
    expect(page.get_by_text("Compared with Stripe on")).to_be_visible(timeout=30_000)
    judge(page)
    context.close()
