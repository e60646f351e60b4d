"""Staff screens in a real browser: every page passes axe at two widths; sales appear by themselves; sign-up to portal."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_otp.oath import TOTP
from playwright.sync_api import Browser, Page, expect

from accounts.actions import create_platform_admin
from accounts.models import User
from analytics.actions import prove_stock
from events.actions import stop_sales
from people.actions import invite_member
from people.models import Membership
from scanning.actions import create_gate, pair_device
from tests import world
from tests.flows.conftest import DESKTOP, PHONE
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack
from tests.staff import code_now, has_app

pytestmark = pytest.mark.browser


@pytest.fixture(params=[PHONE, DESKTOP], ids=["390", "1440"])
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param, locale="en-GB")
    yield context.new_page()
    context.close()


def sign_in(page: Page, url: str, user: User) -> None:
    """With the keyboard's Enter, as people do."""
    has_app(user)
    page.goto(url)
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(world.PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.get_by_label("Code").fill(code_now(user))
    page.get_by_label("Code").press("Enter")
    page.wait_for_url(lambda address: "/account/" not in address)


def test_signing_in(screen: Page, stack: Stack, in_house: world.House) -> None:
    user = User.objects.create_user(f"new-{time.time_ns()}@flowers.example", world.PASSWORD, name="New")
    from people.actions import add_member
    from people.models import Membership

    add_member(user_id=user.pk, name="New", email=user.email, role=Membership.Role.OWNER, actor=world.SYSTEM)
    for path in ("login/", "password/reset/", "password/reset/sent/", "password/reset/key/abc-def/", "signup/"):
        screen.goto(stack.url(in_house.host, f"/portal/account/{path}"))
        judge(screen)
    screen.goto(stack.url(in_house.host, "/portal/"))
    screen.get_by_label("E-mail").fill(user.email)
    screen.get_by_label("Password").fill("wrong")
    screen.get_by_role("button", name="Sign in").click()
    screen.get_by_role("alert").wait_for()
    judge(screen)

    screen.get_by_label("Password").fill(world.PASSWORD)
    screen.get_by_role("button", name="Sign in").click()
    screen.get_by_role("heading", name="Protect your account").wait_for()
    judge(screen)
    assert screen.get_by_alt_text("QR code").evaluate(
        "picture => picture.decode().then(() => picture.naturalWidth > 0)"
    )
    screen.get_by_text("Can't scan? Type the secret").click()
    secret = screen.locator("details p").inner_text().replace(" ", "")
    screen.get_by_label("Six digits").fill(_code_of(secret))
    screen.get_by_role("button", name="Turn it on").click()
    screen.get_by_role("heading", name="Keep these recovery codes").wait_for()
    judge(screen)
    screen.get_by_role("link", name="I have kept them").click()
    screen.wait_for_url("**/portal/")
    screen.goto(stack.url(in_house.host, "/portal/account/security/"))
    judge(screen)


def _code_of(secret: str) -> str:
    from base64 import b32decode

    totp = TOTP(b32decode(secret))
    totp.time = time.time()
    return f"{totp.token():06d}"


def test_the_portal(screen: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Portal Night", kinds=(("Guest", 0, 30), ("Press", 0, 5)))
    draft = world.make_event("Portal Draft", kinds=(("Standard", 2400, 10),), is_published=False)
    order = world.place_order(event, Guest=2)
    gate = create_gate(event_id=event.pk, name="Gate A", actor=world.SYSTEM)
    pair_device(gate_id=gate.pk, name="Phone", actor=world.SYSTEM)
    invitation = invite_member(email="ben@new.example", role=Membership.Role.DOOR, actor=world.SYSTEM)
    kind = event.ticket_types.first()
    assert kind is not None
    sign_in(screen, stack.url(in_house.host, "/portal/"), in_house.owner)

    for path in (
        "",
        "events/",
        "events/new/",
        f"events/{event.pk}/",
        f"events/{draft.pk}/",
        f"events/{event.pk}/waiting-room/",
        f"events/{event.pk}/details/",
        f"events/{event.pk}/dates/{world.the_performance(event).pk}/",
        f"events/{event.pk}/ticket-types/{kind.pk}/",
        f"events/{draft.pk}/ticket-types/new/",
        "orders/",
        "orders/?q=nobody-has-this-name",
        f"orders/{order.number}/",
        f"orders/{order.number}/refund/",
        f"door/{event.pk}/",
        "payments/",
        "payouts/",
        "settings/",
        "settings/team/",
        f"settings/team/{Membership.objects.earliest('pk').pk}/",
        "settings/api-keys/",
        "settings/legal/",
        f"invitations/{invitation.token}/",
        "invitations/over/",
        "settings/branding/",
        "account/logout/",
    ):
        screen.goto(stack.url(in_house.host, f"/portal/{path}"))
        judge(screen)
    for path in ("events/new/", f"events/{draft.pk}/ticket-types/new/", "settings/team/"):
        screen.goto(stack.url(in_house.host, f"/portal/{path}"))
        screen.locator("main form button[type=submit]").last.click()
        summary = screen.get_by_role("alert")
        summary.wait_for()
        assert summary.evaluate("element => element === document.activeElement")
        judge(screen)
    screen.goto(stack.url(in_house.host, f"/portal/door/{event.pk}/"))
    screen.get_by_label("Whose phone is it?").fill("Dirk")
    screen.get_by_role("button", name="Pair a phone").click()
    screen.get_by_role("heading", name="Pair Dirk").wait_for()
    assert screen.get_by_alt_text("QR code").evaluate(
        "picture => picture.decode().then(() => picture.naturalWidth > 0)"
    )
    judge(screen)


def test_a_stopped_sale_is_red_and_goes_on_with_a_reason(screen: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Doubtful Night", kinds=(("Guest", 0, 30),))
    world.place_order(event, Guest=2)
    performance = world.the_performance(event)
    proof = prove_stock(performance_id=performance.pk)
    assert proof.is_proved
    proof.sold_by_tickets, proof.differences, proof.digest = 1, 1, "as-if"
    proof.examples = [
        {"what": "ticket", "quota": "Guest", "by_tickets": 0, "by_places": 1, "order": event.orders.get().number}
    ]
    proof.save()
    stop_sales(performance_id=performance.pk, reason="As if it did not add up", actor=world.SYSTEM)
    sign_in(screen, stack.url(in_house.host, "/portal/orders/"), in_house.owner)

    screen.get_by_role("link", name="Sales are stopped: Doubtful Night").first.click()
    screen.get_by_text("Sales of this date are stopped").wait_for()
    judge(screen)
    screen.get_by_role("button", name="Let sales go on").click()
    screen.get_by_text("Say why sales may go on.").wait_for()
    judge(screen)
    screen.get_by_label("Why may it go on?").fill("Counted by hand")
    screen.get_by_role("button", name="Let sales go on").click()
    screen.get_by_text("Sales go on.").wait_for()
    screen.get_by_role("button", name="Compare now").click()
    screen.get_by_text("Stock proved", exact=True).wait_for()
    judge(screen)


def test_an_event_from_nothing_to_sale(phone: Page, stack: Stack, in_house: world.House) -> None:
    sign_in(phone, stack.url(in_house.host, "/portal/events/new/"), in_house.owner)
    when = timezone.now() + timedelta(days=2)  # soon: the platform's site shows the next 24 events of all organizers

    phone.get_by_label("Title").fill("From Nothing")
    phone.get_by_label("Date").fill(when.strftime("%Y-%m-%d"))
    phone.get_by_label("Starts").fill("20:00")
    phone.get_by_label("Venue", exact=True).fill("A New Room")
    phone.get_by_role("button", name="Save and add tickets").click()
    phone.get_by_label("Price you get").fill("24")
    phone.get_by_text("Buyer pays €25.10 · you get €24.00").wait_for()
    phone.get_by_label("How many").fill("40")
    phone.get_by_role("button", name="Add", exact=True).click()
    with phone.expect_popup() as opened:
        phone.get_by_role("link", name="Preview").click()
    opened.value.get_by_role("heading", name="From Nothing").wait_for()
    opened.value.close()
    phone.get_by_role("button", name="Publish").click()

    phone.get_by_text("“From Nothing” is on sale.").wait_for()
    phone.goto(stack.url(in_house.host, "/"))
    phone.get_by_role("link", name="From Nothing").first.wait_for()
    phone.goto(stack.url(settings.PLATFORM_HOST, "/"))
    assert _listed(phone, "From Nothing")


def _listed(page: Page, title: str) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if page.get_by_role("link", name=title).count():
            return True
        page.wait_for_timeout(500)
        page.reload()
    return False


def test_sales_appear_without_reloading(desktop: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Live Night", kinds=(("Guest", 0, 30),))
    sockets: list[Any] = []
    desktop.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sockets.append(frame)))
    sign_in(desktop, stack.url(in_house.host, f"/portal/events/{event.pk}/"), in_house.owner)
    sold = desktop.locator("#sales dd").first
    expect(sold).to_have_text("0")
    desktop.evaluate("() => { window.stillHere = true }")

    world.place_order(event, Guest=3)

    expect(sold).to_have_text("3", timeout=15_000)
    assert desktop.evaluate("() => window.stillHere")
    deadline = time.monotonic() + 15
    while not sockets and time.monotonic() < deadline:
        desktop.wait_for_timeout(100)
    assert any(str(event.pk) in str(frame) for frame in sockets)

    table = desktop.locator("#sales details").first
    table.get_by_text("As a table").click()
    world.place_order(event, Guest=1)
    desktop.wait_for_timeout(7_000)
    assert table.evaluate("details => details.open")  # nothing moves under the eyes of a reader
    table.get_by_text("As a table").click()
    table.get_by_text("As a table").blur()
    expect(sold).to_have_text("4", timeout=15_000)


def test_the_platforms_own_pages(screen: Page, stack: Stack, in_house: world.House) -> None:
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    admin = User.objects.filter(email="ada@marquee.example").first() or create_platform_admin(
        email="ada@marquee.example", password=world.PASSWORD, name="Ada"
    )
    for path in ("/", "/sign-up/", "/account/login/", "/nothing-here/"):
        screen.goto(stack.url(settings.PLATFORM_HOST, path))
        judge(screen)
    screen.goto(stack.url(settings.PLATFORM_HOST, "/sign-up/"))
    screen.get_by_role("button", name="Open it").click()
    screen.get_by_role("alert").wait_for()
    judge(screen)
    sign_in(screen, stack.url(settings.PLATFORM_HOST, "/console/"), admin)
    _agree_on_a_fee(screen, stack, in_house)
    for path in ("", "?q=nobody", f"organizers/{in_house.organizer.pk}/", "health/"):
        screen.goto(stack.url(settings.PLATFORM_HOST, f"/console/{path}"))
        judge(screen)


def _agree_on_a_fee(screen: Page, stack: Stack, house: world.House) -> None:
    screen.goto(stack.url(settings.PLATFORM_HOST, f"/console/organizers/{house.organizer.pk}/"))
    screen.get_by_role("link", name="Change the fee in EUR").click()
    example = screen.locator("#fee-example")
    expect(example).to_contain_text("€25.10")
    screen.get_by_label("Percent of the price").fill("10")
    screen.get_by_label("At most").fill("2")
    expect(example).to_contain_text("€26.00")
    judge(screen)
    screen.get_by_label("Percent of the price").fill("ten")
    expect(example).not_to_contain_text("€")
    screen.get_by_role("button", name="Save").click()
    screen.get_by_role("alert").wait_for()
    judge(screen)
    screen.get_by_label("Percent of the price").fill("10")
    screen.get_by_role("button", name="Save").click()
    screen.get_by_text("10 % + €0.50, at most €2.00").wait_for()
    screen.get_by_role("link", name="Change the fee in EUR").click()
    screen.get_by_role("button", name="Back to the standard fee").click()
    screen.get_by_text("2.5 % + €0.50").wait_for()


def test_signing_up_leads_to_the_new_portal(phone: Page, stack: Stack, in_house: world.House) -> None:
    slug = f"fresh-{time.time_ns() % 10**9}"
    phone.goto(stack.url(settings.PLATFORM_HOST, "/sign-up/"))
    phone.get_by_label("Name of your organization").fill("Fresh Stage")
    phone.get_by_label("Your e-mail").fill(f"{slug}@example.com")
    phone.get_by_label("Password").fill(world.PASSWORD)
    phone.get_by_text("Address, currency, time zone").click()
    phone.get_by_label("Your address").fill(slug)

    began = time.monotonic()
    phone.get_by_role("button", name="Open it").click()
    phone.wait_for_url(re.compile(rf"http://{slug}\.localhost:\d+/portal/account/login/"), timeout=20_000)
    took = time.monotonic() - began

    phone.get_by_text("To the box office of Fresh Stage.").wait_for()
    assert took < 5


def test_a_forgotten_password_by_real_mail(phone: Page, stack: Stack, in_house: world.House, mails: Any) -> None:
    from people.actions import add_member
    from people.models import Membership

    email = f"forgetful-{time.time_ns()}@flowers.example"
    user = User.objects.create_user(email, world.PASSWORD, name="Forgetful")
    add_member(user_id=user.pk, name="F", email=email, role=Membership.Role.OWNER, actor=world.SYSTEM)
    has_app(user)
    phone.goto(stack.url(in_house.host, "/portal/account/login/"))
    phone.get_by_role("link", name="I forgot my password").click()
    phone.get_by_label("E-mail").fill(email)
    phone.get_by_role("button", name="Send the link").click()
    phone.get_by_role("heading", name="Look in your inbox").wait_for()

    (mail,) = mails(email)
    link = re.search(r"http://\S+/password/reset/key/\S+/", mail["text"])
    assert link is not None
    assert link[0] in mail["html"]
    phone.goto(link[0])
    phone.get_by_label("New password").fill("seven quiet harbour lanterns")
    phone.get_by_role("button", name="Save the new password").click()
    phone.get_by_role("link", name="Sign in").click()
    phone.get_by_label("E-mail").fill(email)
    phone.get_by_label("Password").fill("seven quiet harbour lanterns")
    phone.get_by_label("Password").press("Enter")
    phone.get_by_label("Code").fill(code_now(user))
    phone.get_by_label("Code").press("Enter")
    phone.wait_for_url("**/portal/")


def test_connecting_stripe_and_coming_back(phone: Page, stack: Stack, in_house: world.House) -> None:
    from django_tenants.utils import schema_context

    with schema_context("public"):
        fresh = world.open_house("Not Connected", f"unpaid-{time.time_ns() % 10**9}", owner="Uma", door="Dirk")
    sign_in(phone, stack.url(fresh.host, "/portal/payments/"), fresh.owner)

    phone.get_by_role("button", name="Connect Stripe").click()
    phone.wait_for_url(lambda address: fresh.host not in address)
    phone.get_by_role("button", name="Complete with test data").click()

    phone.wait_for_url("**/portal/payments/")
    phone.get_by_text("Stripe is connected: you can sell paid tickets.").wait_for()
    judge(phone)
