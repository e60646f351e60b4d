"""The browser library in real Chromium, on a page with the product's strict content policy."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1440, "height": 900}}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shop</title><script src="{base}/v3/"></script><script src="/shop.js" defer></script>
<main><h1>Pay</h1><div id="payment-element"></div><button id="pay">Pay</button><p id="result"></p></main></html>"""
SCRIPT = """
const options = %s;
const stripe = Stripe("pk_test_shop", { stripeAccount: options.account });
const elements = stripe.elements({ mode: "payment", amount: 5000, currency: "eur", captureMethod: "manual", ...options.elements });
const payment = elements.create("payment");
window.changes = [];
payment.on("change", (event) => window.changes.push(event));
payment.on("ready", () => { document.body.dataset.ready = "yes"; });
payment.mount("#payment-element");
window.stripe = stripe;
document.querySelector("#pay").addEventListener("click", async () => {
  const show = (value) => { document.querySelector("#result").textContent = JSON.stringify(value); };
  const filled = await elements.submit();
  if (filled.error) return show(filled);
  show(await stripe.confirmPayment({ elements, clientSecret: options.secret, confirmParams: { return_url: options.shop + "/return" }, redirect: options.redirect }));
});
"""


@pytest.fixture(scope="module")
def site():
    """A shop's web server. A made-up answer would not do: browsers guard this machine from pages of other places."""
    pages = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            kind, body = pages.get(self.path.split("?")[0], ("text/html", "<!doctype html><title>Back</title>"))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", pages["policy"])
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments):
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://shop.localhost:{http.server_port}", pages
    http.shutdown()
    http.server_close()


@pytest.fixture
def shop(browser, site, server, account, sell):
    """Open a shop's page on a screen with a PaymentIntent that waits."""
    opened = []
    address, pages = site
    pages["policy"] = (
        f"default-src 'self'; script-src 'self' {server.base}; connect-src 'self' {server.base}; frame-src {server.base}"
    )

    def open_shop(size="phone", redirect="if_required", elements=None):
        intent = sell(capture_method="manual", application_fee_amount=300)
        options = {
            "account": account,
            "secret": intent.client_secret,
            "elements": elements or {},
            "redirect": redirect,
            "shop": address,
        }
        pages["/"] = ("text/html", PAGE.format(base=server.base))
        pages["/shop.js"] = ("text/javascript", SCRIPT % json.dumps(options))
        context = browser.new_context(viewport=SIZES[size], reduced_motion="reduce")
        opened.append(context)
        page = context.new_page()
        page.offended = []
        page.on("console", lambda m: page.offended.append(m.text) if "Content Security Policy" in m.text else None)
        page.goto(f"{address}/")
        page.wait_for_selector("body[data-ready=yes]")
        page.intent = intent.id
        return page

    yield open_shop
    for context in opened:
        context.close()


def card_form(page):
    return page.frame_locator("#payment-element iframe")


def fill(page, number, expiry="12 / 34", cvc="123"):
    form = card_form(page)
    form.get_by_label("Card number").fill(number)
    form.get_by_label("Expiration").fill(expiry)
    form.get_by_label("CVC").fill(cvc)


def pay(page):
    page.click("#pay")


def result(page):
    page.wait_for_selector("#result:not(:empty)")
    return json.loads(page.text_content("#result"))


def challenge(page):
    return page.frame_locator("iframe[title*='3D Secure']")


def test_a_card_pays(shop, server, account):
    page = shop()
    fill(page, "4242 4242 4242 4242")
    pay(page)
    assert result(page)["paymentIntent"]["status"] == "requires_capture"
    assert page.evaluate("window.changes.at(-1).complete") is True
    assert page.offended == []
    intent = server.api.v1.payment_intents.retrieve(
        page.intent, params={"expand": ["payment_method"]}, options={"stripe_account": account}
    )
    assert intent.payment_method.card.last4 == "4242"


def test_the_answer_to_a_browser_says_nothing_of_our_fee(shop):
    page = shop()
    fill(page, "4242 4242 4242 4242")
    pay(page)
    shown = result(page)["paymentIntent"]
    assert not {"application_fee_amount", "metadata", "latest_charge"} & set(shown)


def test_card_numbers_never_reach_the_page_or_the_log(shop, server):
    page = shop()
    fill(page, "4000 0000 0000 9995")
    pay(page)
    assert "4000000000009995" not in json.dumps(result(page))
    logged = json.dumps(server.control("requests", "GET"))
    assert "4000000000009995" not in logged


@pytest.mark.parametrize(
    ("number", "code", "decline"),
    [
        ("4000 0000 0000 0002", "card_declined", "generic_decline"),
        ("4000 0000 0000 9995", "card_declined", "insufficient_funds"),
        ("4000 0000 0000 0127", "incorrect_cvc", None),
        ("4111 1111 1111 1111", "card_declined", "test_mode_live_card"),
    ],
)
def test_a_refused_card_says_why(shop, number, code, decline):
    page = shop()
    fill(page, number)
    pay(page)
    error = result(page)["error"]
    assert (error["type"], error["code"], error.get("decline_code")) == ("card_error", code, decline)
    assert error["message"].startswith("Your card")


def test_an_unfinished_form_is_not_sent(shop):
    page = shop()
    card_form(page).get_by_label("Card number").fill("4242")
    pay(page)
    assert result(page)["error"] == {
        "type": "validation_error",
        "code": "incomplete_number",
        "message": "Your card number is incomplete.",
    }
    assert card_form(page).get_by_text("Your card's security code is incomplete.").is_visible()
    assert card_form(page).get_by_label("Card number").get_attribute("aria-invalid") == "true"


def test_3d_secure_completes_in_a_dialog_of_the_whole_screen(shop):
    page = shop()
    fill(page, "4000 0027 6000 3184")
    pay(page)
    challenge(page).get_by_text("50.00 EUR").wait_for()
    box = page.locator("iframe[title*='3D Secure']").bounding_box()
    assert (box["x"], box["width"]) == (0, 390)
    challenge(page).get_by_role("button", name="Complete").click()
    assert result(page)["paymentIntent"]["status"] == "requires_capture"
    assert page.locator("iframe[title*='3D Secure']").count() == 0
    assert page.offended == []


def test_3d_secure_that_fails_leaves_the_payment_open_for_another_card(shop, server, account):
    page = shop()
    fill(page, "4000 0027 6000 3184")
    pay(page)
    challenge(page).get_by_role("button", name="Fail").click()
    assert result(page)["error"]["code"] == "payment_intent_authentication_failure"
    page.evaluate("document.querySelector('#result').textContent = ''")
    fill(page, "4242 4242 4242 4242")
    pay(page)
    assert result(page)["paymentIntent"]["status"] == "requires_capture"


def test_without_if_required_the_page_goes_to_the_return_address(shop):
    page = shop(redirect="always")
    fill(page, "4242 4242 4242 4242")
    pay(page)
    page.wait_for_url("**/return?*redirect_status=succeeded")


def test_elements_that_promise_another_amount_are_refused(shop):
    page = shop(elements={"amount": 4000})
    fill(page, "4242 4242 4242 4242")
    pay(page)
    assert "(4000) is not the PaymentIntent's (5000)" in result(page)["error"]["message"]


def test_the_library_refuses_a_secret_key(shop):
    page = shop()
    assert "publishable" in page.evaluate("(() => { try { Stripe('sk_test_x'); } catch (e) { return e.message; } })()")


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_form_and_dialog(shop, size, request):
    page = shop(size)
    form = card_form(page)
    form.get_by_text("Test mode: choose a test card").click()
    form.get_by_role("button", name="Asks for 3-D Secure").click()
    picture(page, f"card-{size}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert Axe().run(page).response["violations"] == []
    pay(page)
    challenge(page).get_by_role("button", name="Complete").wait_for()
    picture(page, f"challenge-{size}")
    assert Axe().run(page).response["violations"] == []


def test_fields_ask_for_digits_and_do_not_make_a_phone_zoom(shop):
    form = card_form(shop())
    for label in ("Card number", "Expiration", "CVC"):
        field = form.get_by_label(label)
        assert field.get_attribute("inputmode") == "numeric"
        assert field.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 16


def test_axe_finds_nothing_inside_the_frames_and_on_the_hosted_pages(browser, server, account, sell):
    intent = sell("pm_card_threeDSecure2Required")
    link = server.api.v1.account_links.create(
        params={
            "account": account,
            "type": "account_onboarding",
            "return_url": "http://shop.localhost/back",
            "refresh_url": "http://shop.localhost/again",
        }
    )
    page = browser.new_page(viewport=SIZES["phone"])
    addresses = {
        "form": f"{server.base}/elements/payment",
        "challenge-page": intent.next_action.redirect_to_url.url,
        "onboarding": link.url,
        "front": server.base,
    }
    for name, address in addresses.items():
        page.goto(address)
        picture(page, name)
        # The form is a part of the shop's page, whose heading it has no business to repeat.
        rules = {"page-has-heading-one": {"enabled": name != "form"}}
        assert Axe().run(page, options={"rules": rules}).response["violations"] == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.close()


def picture(page, name):
    folder = Path("var/test/screens")
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"sandbox-{name}.png")


def test_the_keyboard_stays_in_the_dialog_and_escape_does_not_end_it(shop):
    page = shop("desktop")
    fill(page, "4000 0027 6000 3184")
    pay(page)
    challenge(page).get_by_role("button", name="Complete").wait_for()
    reached = []
    for press in range(16):
        page.keyboard.press("Tab" if press < 8 else "Shift+Tab")
        reached.append(page.evaluate("document.activeElement.title || document.activeElement.tagName"))
    assert set(reached) == {"3D Secure authentication"}
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    challenge(page).get_by_role("button", name="Complete").click()
    assert result(page)["paymentIntent"]["status"] == "requires_capture"


def test_words_of_an_error_do_not_move_what_a_finger_is_about_to_press(shop):
    page = shop()
    form = card_form(page)
    form.get_by_label("Card number").press_sequentially("4242")
    box = form.get_by_text("Test mode: choose a test card").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.wait_for_timeout(80)  # as long as a press takes
    page.mouse.up()
    form.get_by_role("button", name="Succeeds").wait_for()
    form.get_by_text("Your card number is incomplete.").wait_for()


def test_the_cursor_stays_where_a_digit_was_corrected(shop):
    number = card_form(shop()).get_by_label("Card number")
    number.fill("4242 4242")
    number.evaluate("node => node.setSelectionRange(3, 3)")
    number.press_sequentially("99")
    assert number.input_value() == "4249 9242 42"
    assert number.evaluate("node => node.selectionStart") == 6


def test_a_form_that_does_not_load_says_so(shop):
    page = shop()
    page.clock.install()
    page.route("**/elements/payment?*", lambda route: route.abort())
    page.evaluate(
        """() => {
        const elements = stripe.elements({ mode: "payment", amount: 5000, currency: "eur" });
        const payment = elements.create("payment");
        window.failed = new Promise((resolve) => payment.on("loaderror", ({ error }) => resolve(error.type)));
        payment.mount("#payment-element");
        window.submitted = elements.submit();
    }"""
    )
    page.clock.fast_forward(15_000)
    assert page.evaluate("window.failed") == "api_connection_error"
    assert page.evaluate("window.submitted.then(({ error }) => error.type)") == "api_connection_error"
