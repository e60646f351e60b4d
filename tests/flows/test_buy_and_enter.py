"""The main job, as a buyer with a phone: choose, hold, pay with 3-D Secure, get the PDF by mail, enter once."""

from datetime import timedelta

import httpx
import pypdfium2
import pytest
import zxingcpp
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import SYSTEM
from events.actions import change_event
from orders.models import Order
from scanning.actions import create_gate, pair_device
from tests import world
from tests.flows.test_storefront_screens import judge
from ui.ids import new_code

pytestmark = pytest.mark.browser

THREE_D_SECURE = "4000 0027 6000 3184"


def pay_by_card(page, number):
    card = page.frame_locator("#payment-element iframe")
    card.get_by_label("Card number").fill(number)
    card.get_by_label("Expiration").fill("12 / 34")
    card.get_by_label("CVC").fill("123")
    press_pay(page)


def press_pay(page):
    button = page.get_by_role("button", name="Pay")
    button.scroll_into_view_if_needed()
    page.screenshot()  # until this is painted, a loaded machine aims the click at the picture of a moment ago
    button.click()


def codes_in(pdf_bytes):
    document = pypdfium2.PdfDocument(pdf_bytes)
    pages = [document[index].render(scale=2).to_pil() for index in range(len(document))]
    return [zxingcpp.read_barcodes(image)[0].text for image in pages]


def test_two_tickets_with_a_3d_secure_card_on_a_phone(stack, in_house, phone, mails):
    event = world.make_event("Flower Market", doors_at=timezone.now() - timedelta(hours=1))
    email = f"bea.{new_code(6).lower()}@example.com"  # the mailbox keeps what earlier runs sent

    phone.goto(stack.url(in_house.host))
    phone.get_by_role("link", name="Flower Market").first.click()
    for _ticket in range(2):
        phone.get_by_role("button", name="One more: Standard").click()
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_label("E-mail", exact=True).fill(email)
    phone.get_by_label("Full name").fill("Bea Buyer")
    phone.get_by_label("I agree to the organizer").check()
    pay_by_card(phone, THREE_D_SECURE)
    challenge = phone.frame_locator("iframe[title*='3D Secure'], iframe[title*='authentication' i]")
    challenge.get_by_role("button", name="Complete").wait_for()
    judge(phone)  # the busy button too
    challenge.get_by_role("button", name="Complete").click()
    phone.get_by_role("heading", name="You’re going").or_(phone.get_by_text("You're going")).first.wait_for(
        timeout=30_000
    )

    mail = mails(email)[0]
    assert "Flower Market" in mail["subject"]
    pdf = next(a for a in mail["attachments"] if a["name"].endswith(".pdf"))
    codes = codes_in(httpx.get(pdf["url"], timeout=20).content)
    assert len(set(codes)) == 2

    gate = create_gate(event_id=event.pk, name="Main entrance", actor=SYSTEM)
    _device, token = pair_device(gate_id=gate.pk, name="Dirk's phone", actor=SYSTEM)
    with stack.client(in_house.host, Authorization=f"Bearer {token}") as door:

        def scan(code, nonce):
            answer = door.post("/api/v1/scans", json={"code": code, "nonce": nonce})
            assert answer.status_code == 200, answer.text
            return answer.json()

        assert scan(codes[0], "first")["outcome"] == "admitted"
        assert scan(codes[0], "second")["outcome"] == "already_admitted"
        assert scan(codes[0], "first")["outcome"] == "admitted"  # the same attempt, told again
        forged = codes[1][:-1] + ("A" if codes[1][-1] != "A" else "B")
        assert scan(forged, "third")["outcome"] == "forged"
        assert scan(codes[1], "fourth")["outcome"] == "admitted"

    order = Order.objects.get(email=email)
    assert (order.state, order.total) == ("paid", 5020)
    assert breaches() == {}


def test_a_bank_debit_keeps_the_places_until_the_money_is_there(stack, in_house, phone, mails):
    event = world.make_event("Slow Money")
    change_event(event_id=event.pk, actor=SYSTEM, delayed_payment_days=14)
    email = f"deb.{new_code(6).lower()}@example.com"

    phone.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    phone.get_by_role("button", name="One more: Standard").click()
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_label("E-mail", exact=True).fill(email)
    phone.get_by_label("Full name").fill("Deb Debit")
    phone.get_by_label("I agree to the organizer").check()
    form = phone.frame_locator("#payment-element iframe")
    form.get_by_label("SEPA Debit").check()
    form.get_by_label("IBAN").fill("DE08 3704 0044 0532 0130 03")  # its bank takes days
    form.get_by_label("Full name").fill("Deb Debit")
    form.get_by_label("Email").fill(email)
    press_pay(phone)
    phone.get_by_role("heading", name="Your places are kept").wait_for(timeout=20_000)
    judge(phone)
    assert "Your payment is on its way" in mails(email)[0]["subject"]
    order = Order.objects.get(email=email)
    assert (order.state, order.payment.state) == ("secured", "under_way")

    stack.sandbox.control("timers")
    assert len(mails(email, count=2)) == 2  # the webhook alone brings them
    phone.reload()
    phone.get_by_text("You're going").first.wait_for()
    assert breaches() == {}


BANK = "Pay with another card, or ask your bank."
DECLINES = (
    ("4000 0000 0000 0002", "Your bank declined this card. Nothing was taken.", BANK),
    (
        "4000 0000 0000 9995",
        "There is not enough money on this card. Nothing was taken.",
        "Pay with another card, or top this one up and try again.",
    ),
    (
        "4000 0000 0000 0069",
        "This card has expired. Nothing was taken.",
        "Check the date that you typed, or pay with another card.",
    ),
    (
        "4000 0000 0000 0127",
        "The security code is not this card's. Nothing was taken.",
        "Look at the three digits on its back (four on the front of Amex), then try again.",
    ),
    ("4100 0000 0000 0019", "Your bank declined this card. Nothing was taken.", BANK),  # blocked as fraud: not said
)


def shown_end(page):
    return page.locator("[data-clock-until]").inner_text().removeprefix("Held until ")


def test_a_declined_card_says_so_and_another_one_pays(stack, in_house, phone, mails):
    event = world.make_event("Second Chance")
    email = f"dan.{new_code(6).lower()}@example.com"

    phone.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    phone.get_by_role("button", name="One more: Standard").click()
    phone.get_by_role("button", name="Continue").click()
    phone.get_by_label("E-mail", exact=True).fill(email)
    phone.get_by_label("Full name").fill("Dan Declined")
    phone.get_by_label("I agree to the organizer").check()
    for number, title, advice in DECLINES:
        pay_by_card(phone, number)
        said = phone.get_by_role("alert").filter(has_text=title)
        said.wait_for(timeout=20_000)
        assert said.inner_text() == f"{title}\n\n{advice} Your tickets are held until {shown_end(phone)}."
    judge(phone)
    pay_by_card(phone, THREE_D_SECURE)
    challenge = phone.frame_locator("iframe[title*='3D Secure'], iframe[title*='authentication' i]")
    challenge.get_by_role("button", name="Fail").click()
    phone.get_by_text("Your bank could not confirm that it is you.").wait_for(timeout=20_000)
    order = Order.objects.get(email=email)
    assert order.payment.failures == len(DECLINES) + 1
    phone.goto(stack.url(in_house.host, f"/orders/{order.number}/{order.token}/"))
    phone.get_by_text("Your bank could not confirm that it is you.").wait_for()
    pay_by_card(phone, "4242 4242 4242 4242")
    phone.get_by_text("You’re going").or_(phone.get_by_text("You're going")).first.wait_for(timeout=30_000)

    assert len(mails(email)) == 1
    assert Order.objects.get(email=email).state == "paid"
    assert breaches() == {}
