"""The shop in a real browser: every screen passes axe at two widths; one can buy by keyboard, and without script."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from audit.actions import record
from inventory.models import Hold
from orders.models import Order
from tests import world
from tests.flows.conftest import DESKTOP, PHONE
from tests.stack import Stack

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def judge(page: Page) -> None:
    """Nothing for axe to find, nothing to scroll sideways."""
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found] == []
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0


@pytest.fixture(params=[PHONE, DESKTOP], ids=["390", "1440"])
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture
def scriptless(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, locale="en-GB", java_script_enabled=False)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_looking_around(screen: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Lantern Walk", kinds=(("Standard", 2400, 50), ("VIP", 9000, 0 + 1), ("Child", 0, 20)))

    for path in ("/", f"/events/{event.slug}/", "/orders/", "/orders/?sent=1", "/terms/", "/nothing-here/"):
        screen.goto(stack.url(in_house.host, path))
        judge(screen)


def test_a_refused_choice(screen: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Scarce Night", kinds=(("Standard", 0, 2),))
    screen.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    world.hold(event, Standard=1)

    choice = screen.get_by_label("Quantity: Standard")
    expect(choice).to_have_attribute("max", "1")  # the page knows by now; whoever types has the last word all the same
    choice.fill("2")
    screen.get_by_role("button", name="Continue").click()

    screen.get_by_role("alert").wait_for()
    assert screen.get_by_role("alert").evaluate("element => element === document.activeElement")
    assert screen.get_by_label("Quantity: Standard").input_value() == "2"
    judge(screen)


def test_checkout_and_its_mistakes(screen: Page, stack: Stack, in_house: world.House) -> None:
    held = world.hold(world.make_event("Careful Evening"), Standard=2)
    screen.goto(stack.url(in_house.host, f"/checkout/{held.pk}/{held.token}/"))
    screen.frame_locator("#payment-element iframe").get_by_label("Card number").wait_for()
    judge(screen)

    # By keyboard: with the provider's frame on the page, a loaded machine may aim a click at the picture of a moment ago.
    screen.get_by_role("button", name="Pay").press("Enter")

    summary = screen.get_by_role("alert").filter(has_text="There is a problem")
    summary.wait_for()
    assert summary.evaluate("element => element === document.activeElement")
    summary.get_by_role("link", name="Enter an e-mail address").click()
    assert screen.get_by_label("E-mail", exact=True).evaluate("element => element === document.activeElement")
    judge(screen)


def test_an_ended_hold_keeps_what_was_typed(screen: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Slow Typing")
    held = world.hold(event, Standard=1)
    screen.goto(stack.url(in_house.host, f"/checkout/{held.pk}/{held.token}/"))
    screen.get_by_label("E-mail", exact=True).fill("slow@example.com")
    Hold.objects.filter(pk=held.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    screen.reload()
    screen.get_by_role("heading", name="Your hold ended at").wait_for()
    judge(screen)
    screen.get_by_role("button", name="Look for the same tickets").click()

    screen.wait_for_url(lambda url: str(held.pk) not in url)
    screen.wait_for_function("document.querySelector('#field-email')?.value === 'slow@example.com'")


def test_the_clock_runs_and_offers_more_time(phone: Page, stack: Stack, in_house: world.House) -> None:
    held = world.hold(world.make_event("Clockwork"), **{"Guest list": 1})
    Hold.objects.filter(pk=held.pk).update(expires_at=timezone.now() + timedelta(seconds=122))
    phone.goto(stack.url(in_house.host, f"/checkout/{held.pk}/{held.token}/"))

    phone.locator("#spoken", has_text="2 minutes left").wait_for(state="attached")
    phone.get_by_role("button", name="Need more time?").click()
    phone.wait_for_load_state()

    held.refresh_from_db()
    assert held.expires_at > timezone.now() + timedelta(minutes=5)


def test_every_state_of_an_order(screen: Page, stack: Stack, in_house: world.House) -> None:
    free = world.place_order(world.make_event("Open Rehearsal"), **{"Guest list": 2})
    unpaid = world.place_order(world.make_event("Unpaid Evening"), Standard=1)
    late = world.place_order(world.make_event("Late Evening"), Standard=1)
    with transaction.atomic():
        Order.objects.filter(pk=late.pk).update(
            state="cancelled", cancel_reason="places_gone", closed_at=timezone.now()
        )
        record(verb="cancel_order", target=late, actor=world.SYSTEM)

    for order, heading in ((free, "You're going"), (unpaid, "One step left"), (late, "Your payment came too late")):
        screen.goto(stack.url(in_house.host, f"/orders/{order.number}/{order.token}/"))
        screen.get_by_role("heading", name=heading).wait_for()
        judge(screen)


def test_a_free_ticket_by_keyboard_alone(desktop: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Keys Only", kinds=(("Guest list", 0, 20),))
    desktop.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    stops = 0

    def go_to(name: str) -> None:
        """Press Tab until the element with this id or words has the focus."""
        nonlocal stops
        for _stop in range(20):
            desktop.keyboard.press("Tab")
            stops += 1
            here = desktop.evaluate("[document.activeElement.id, document.activeElement.textContent.trim()].join(' ')")
            if name in here:
                return
        raise AssertionError(f"{name} was not reached by keyboard")

    go_to("Skip to content")
    desktop.keyboard.press("Enter")
    go_to("One more")
    desktop.keyboard.press("Enter")
    go_to("Continue")
    desktop.keyboard.press("Enter")
    desktop.wait_for_url("**/checkout/**")
    go_to("field-email")
    desktop.keyboard.type("keys@example.com")
    go_to("field-name")
    desktop.keyboard.type("Kim Keys")
    go_to("field-consents")
    desktop.keyboard.press("Space")
    go_to("Get your tickets")
    desktop.keyboard.press("Enter")

    desktop.get_by_role("heading", name="You're going").wait_for()
    assert stops <= 20
    assert Order.objects.get(email="keys@example.com").state == "paid"


def test_a_free_ticket_without_script(scriptless: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Plain Paper")
    scriptless.goto(stack.url(in_house.host, f"/events/{event.slug}/"))

    scriptless.get_by_label("Quantity: Guest list").fill("1")
    scriptless.get_by_role("button", name="Continue").click()
    scriptless.get_by_label("E-mail", exact=True).fill("plain@example.com")
    scriptless.get_by_label("Full name").fill("Pat Plain")
    scriptless.get_by_label("I agree to the organizer").check()
    scriptless.get_by_role("button", name="Get your tickets").click()

    scriptless.get_by_role("heading", name="You're going").wait_for()


def test_without_script_a_paid_order_is_placed_and_says_how_to_pay(
    scriptless: Page, stack: Stack, in_house: world.House
) -> None:
    held = world.hold(world.make_event("Paper Money"), Standard=1)
    scriptless.goto(stack.url(in_house.host, f"/checkout/{held.pk}/{held.token}/"))
    scriptless.get_by_label("E-mail", exact=True).fill("paper@example.com")
    scriptless.get_by_label("Full name").fill("Pat Plain")
    scriptless.get_by_label("I agree to the organizer").check()
    scriptless.get_by_role("button", name="Pay").click()

    scriptless.get_by_role("heading", name="One step left: payment").wait_for()
    assert "Paying needs JavaScript" in scriptless.content()
    assert Order.objects.get(email="paper@example.com").state == "pending"
