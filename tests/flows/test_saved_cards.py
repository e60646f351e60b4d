"""A buyer's account in a real browser: sign in by the mailed code, save a card, pay with it again and 3-D Secure, remove it."""

import re

import pytest
from django.test import override_settings
from playwright.sync_api import expect

from analytics.invariants import breaches
from orders.models import Order
from payments import gateway
from payments.saved_cards import saved_methods
from people.queries import customer_by_email
from tests import world
from tests.flows.test_buy_and_enter import THREE_D_SECURE, press_pay
from tests.flows.test_storefront_screens import judge
from ui.ids import new_code

pytestmark = pytest.mark.browser


def sign_in(page, email, mails, *, mail):
    """From the sign-in page on: the address, then the code of the mail with this number."""
    page.get_by_label("E-mail", exact=True).fill(email)
    judge(page)
    page.get_by_role("button", name="Mail me a code").click()
    page.get_by_role("heading", name="Check your inbox").wait_for()
    judge(page)
    codes = [re.search(r"^(\d{6})$", one["text"], re.M) for one in mails(email, count=mail)]
    code = next(found.group() for found in reversed(codes) if found)  # other mails may come later
    page.get_by_label("Code").fill(code)
    page.keyboard.press("Enter")


def choose(page, stack, house, event):
    page.goto(stack.url(house.host, f"/events/{event.slug}/"))
    page.get_by_role("button", name="One more: Standard").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Checkout").wait_for()


def pass_the_bank(page):
    challenge = page.frame_locator("iframe[title*='3D Secure'], iframe[title*='authentication' i]")
    challenge.get_by_role("button", name="Complete").click()
    page.get_by_text("You're going").first.wait_for(timeout=30_000)


def test_a_card_is_saved_on_a_phone_and_pays_again_on_a_desk(stack, in_house, phone, desktop, mails):
    event = world.make_event("Old Friends")
    email = f"bea.{new_code(6).lower()}@example.com"

    choose(phone, stack, in_house, event)
    phone.get_by_role("link", name="Sign in for your details and saved cards").click()
    sign_in(phone, email, mails, mail=1)
    phone.get_by_role("heading", name="Checkout").wait_for()  # back where one was, the tickets still held
    assert phone.get_by_label("E-mail", exact=True).input_value() == email
    phone.get_by_label("Full name").fill("Bea Buyer")
    phone.get_by_label("I agree to the organizer").check()
    card = phone.frame_locator("#payment-element iframe")
    card.get_by_label("Card number").fill(THREE_D_SECURE)
    card.get_by_label("Expiration").fill("12 / 34")
    card.get_by_label("CVC").fill("123")
    phone.get_by_label("Save this card with the payment provider").check()
    judge(phone)
    press_pay(phone)
    pass_the_bank(phone)

    desktop.goto(stack.url(in_house.host, "/"))
    desktop.get_by_role("link", name="My tickets").click()
    sign_in(desktop, email, mails, mail=3)  # the tickets were mailed in between
    desktop.get_by_role("heading", name="My account").wait_for()
    judge(desktop)
    assert desktop.get_by_text("Visa ···· 3184").first.is_visible()
    choose(desktop, stack, in_house, event)
    desktop.frame_locator("#payment-element iframe").get_by_label("Visa ···· 3184").wait_for()
    expect(desktop.locator("#payment-wait")).to_have_count(0)  # all that could move has moved
    assert desktop.get_by_label("Full name").input_value() == "Bea Buyer"
    assert desktop.get_by_label("Save this card with the payment provider").is_hidden()  # it is saved
    desktop.get_by_label("I agree to the organizer").check()
    judge(desktop)
    press_pay(desktop)
    pass_the_bank(desktop)

    phone.goto(stack.url(in_house.host, "/account/"))
    assert phone.get_by_role("heading", name="Old Friends").count() == 2
    judge(phone)
    phone.get_by_role("button", name="Remove Visa ···· 3184").click()
    phone.get_by_text("Removed. Nothing can be paid with it here any more.").wait_for()
    judge(phone)

    orders = list(Order.objects.filter(email=email).order_by("pk"))
    assert [(one.state, one.account_id == one.customer_id, one.payment.saves_card) for one in orders] == [
        ("paid", True, True),
        ("paid", True, False),
    ]
    with override_settings(**stack.sandbox.settings()):
        gateway.client.cache_clear()
        assert saved_methods(customer_by_email(email)) == []
        gateway.client.cache_clear()
    assert breaches() == {}


def test_signing_in_by_the_link_without_script_and_closing_the_account(stack, in_house, browser, mails):
    email = f"link.{new_code(6).lower()}@example.com"
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(stack.url(in_house.host, "/account/"))
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_role("button", name="Mail me a code").click()
    link = re.search(r"https?://\S+/account/sign-in/\S+", mails(email)[0]["text"]).group()

    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="My account").wait_for()
    page.get_by_role("link", name="Close my account").click()
    page.get_by_label("Yes, close my account").check()
    page.get_by_role("button", name="Close my account").click()
    page.get_by_text("Your account is closed").wait_for()
    page.goto(link)
    page.get_by_role("heading", name="This code no longer works").wait_for()
    context.close()
    assert customer_by_email(email) is None
