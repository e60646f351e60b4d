"""Refunds in a real browser: the terms, the buyer's quote, staff's forms, the queue, a batch's progress; axe at two widths."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from checkout import actions as checkout
from events.models import Event
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from orders.models import Order
from payments import gateway
from payments.models import Refund, RefundRequest
from tests import world
from tests.flows.conftest import DESKTOP, PHONE
from tests.flows.test_staff_screens import sign_in
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack

pytestmark = pytest.mark.browser
RULES = RefundRules((Tier(30 * 24, 100), Tier(7 * 24, 50)), kept_fee=200)


@pytest.fixture(params=[PHONE, DESKTOP], ids=["390", "1440"])
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param, locale="en-GB")
    yield context.new_page()
    context.close()


def an_event(title: str, rules: RefundRules | None = RULES) -> Event:
    starts_at = timezone.now() + timedelta(days=60)
    event = world.make_event(title, is_published=False, starts_at=starts_at)
    set_refund_policy(event_id=event.pk, rules=rules, actor=world.SYSTEM)
    return world.publish_event(event_id=event.pk, actor=world.SYSTEM)


def bought(stack: Stack, event: Event, tickets: int, card: str = "pm_card_visa") -> Order:
    with override_settings(**stack.sandbox.settings()):
        gateway.client.cache_clear()
        order = world.place_order(event, Standard=tickets)
        world.pay(order, card=card)
        checkout.settle_payment(order_id=order.pk)
        gateway.client.cache_clear()
    order.refresh_from_db()
    return order


def test_a_buyer_reads_the_terms_and_gives_a_ticket_back(screen: Page, stack: Stack, in_house: world.House) -> None:
    event = an_event("Lantern Walk")
    screen.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    expect(screen.get_by_text("100 % back")).to_be_visible()
    judge(screen)
    held = world.hold(event, Standard=1)
    screen.goto(stack.url(in_house.host, f"/checkout/{held.pk}/{held.token}/"))
    expect(screen.get_by_role("heading", name="If you cannot come")).to_be_visible()
    judge(screen)

    order = bought(stack, event, 2)
    screen.goto(stack.url(in_house.host, f"/orders/{order.number}/{order.token}/"))
    screen.get_by_role("link", name="Give tickets back").click()
    expect(screen.get_by_role("button", name="Cancel and get €46.20 back")).to_be_visible()
    judge(screen)
    screen.get_by_label("1. Standard").uncheck()
    expect(screen.get_by_role("button", name="Cancel and get €23.10 back")).to_be_visible()
    judge(screen)
    screen.get_by_role("button", name="Cancel and get €23.10 back").click()
    expect(screen.get_by_role("heading", name="Money back")).to_be_visible()
    judge(screen)
    assert Refund.objects.get(payment__order=order).amount == 2310


def test_a_request_and_its_decision(screen: Page, stack: Stack, in_house: world.House) -> None:
    order = bought(stack, an_event("Unpromised Night", rules=None), 1)
    screen.goto(stack.url(in_house.host, f"/orders/{order.number}/{order.token}/cancellation/"))
    judge(screen)
    screen.get_by_label("What should they know?").fill("My train does not run.")
    screen.get_by_role("button", name="Send the request").click()
    expect(screen.get_by_text("Your request is with the organizer")).to_be_visible()
    judge(screen)

    request = RefundRequest.objects.get(order=order)
    sign_in(screen, stack.url(in_house.host, "/portal/refund-requests/"), in_house.owner)
    screen.goto(stack.url(in_house.host, "/portal/refund-requests/"))
    judge(screen)
    screen.goto(stack.url(in_house.host, f"/portal/refund-requests/{request.pk}/"))
    judge(screen)
    screen.get_by_role("button", name="Decline").click()
    expect(screen.get_by_role("alert")).to_contain_text("Tell the buyer why.")
    judge(screen)
    screen.get_by_label("Amount to send back").fill("20")
    screen.get_by_role("button", name="Approve").click()
    expect(screen.get_by_text("Approved. The tickets no longer admit")).to_be_visible()
    assert Refund.objects.get(payment__order=order).amount == 2000


def test_staff_refund_screens(screen: Page, stack: Stack, in_house: world.House) -> None:
    event = an_event("Portal Walk")
    order = bought(stack, event, 3, card="pm_card_refundFail")
    kind = world.kind_of(event, "Standard")
    sign_in(screen, stack.url(in_house.host, "/portal/"), in_house.owner)
    for path in (
        f"events/{event.pk}/refund-policy/",
        f"events/{event.pk}/refund-policy/{kind.pk}/",
        f"events/{event.pk}/cancellation/",
        f"events/{event.pk}/",
        "refund-requests/?state=declined",
    ):
        screen.goto(stack.url(in_house.host, f"/portal/{path}"))
        judge(screen)

    screen.goto(stack.url(in_house.host, f"/portal/orders/{order.number}/refund/"))
    expect(screen.get_by_text("€75.30").first).to_be_visible()
    screen.get_by_label("1. Standard · €25.10").uncheck()
    expect(screen.get_by_text("2 tickets chosen cost")).to_be_visible()
    judge(screen)
    screen.get_by_role("button", name="Give back").click()
    expect(screen.get_by_role("alert")).to_contain_text("Type the amount that goes back")
    judge(screen)
    screen.get_by_label("Kept back until somebody releases it").check()
    screen.get_by_label("Type the amount to send back").fill("50.20")
    screen.get_by_role("button", name="Give back").click()
    expect(screen.get_by_text("2 places are kept back")).to_be_visible()
    judge(screen)

    refund = Refund.objects.get(payment__order=order)
    for _second in range(60):
        stack.sandbox.control("timers")
        refund.refresh_from_db()
        if refund.is_owed:
            break
        screen.wait_for_timeout(500)
    screen.reload()
    expect(screen.get_by_role("heading", name="The buyer is owed €50.20")).to_be_visible()
    judge(screen)
    screen.get_by_label("How was it repaid?").fill("Bank transfer of 12 December")
    screen.get_by_role("button", name="Repaid another way").click()
    expect(screen.get_by_text("Repaid another way: Bank transfer").first).to_be_visible()
    judge(screen)
    screen.goto(stack.url(in_house.host, f"/orders/{order.number}/{order.token}/"))
    expect(screen.get_by_text("was repaid another way")).to_be_visible()
    judge(screen)


def test_a_cancelled_event_gives_everything_back(screen: Page, stack: Stack, in_house: world.House) -> None:
    event = an_event("Rained Off")
    for _n in range(4):
        bought(stack, event, 1)
    sign_in(screen, stack.url(in_house.host, "/portal/"), in_house.owner)
    screen.goto(stack.url(in_house.host, f"/portal/events/{event.pk}/cancellation/"))
    screen.get_by_label("Why?").fill("Too much rain.")
    screen.get_by_label("Type the title of the event").fill("rained off")
    screen.get_by_role("button", name="Cancel and refund everybody").click()
    expect(screen.get_by_role("heading", name="Every order is given back")).to_be_visible()
    expect(screen.get_by_text("4 given back, 0 failed, 0 left")).to_be_visible(timeout=60_000)
    judge(screen)
    screen.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    expect(screen.get_by_text("This event has been cancelled")).to_be_visible()
    judge(screen)
