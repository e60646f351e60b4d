"""What browsers see: the library and its card form, the 3-D Secure page, onboarding, receipts."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import web

from payments.contract.rules import THREE_DECIMAL, ZERO_DECIMAL
from payments.sandbox import intents
from payments.sandbox.resources import account_links, accounts, customer_sessions
from payments.sandbox.server import SANDBOX, Sandbox
from payments.sandbox.settlement import balances
from payments.sandbox.store import JsonObject

ASSETS = Path(__file__).parent / "assets"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self' http: https:; base-uri 'none'; frame-ancestors "
)
# The card form and the 3-D Secure page live in frames of the sites that sell; nothing else may be framed.
FRAMED, ALONE = "http: https:", "'none'"
LIBRARY_PATHS = ("/v3", "/v3/", "/stripe.js", "/{train}/stripe.js")


def add_routes(app: web.Application) -> None:
    """Put the pages into the application."""
    for path in LIBRARY_PATHS:
        app.router.add_get(path, library)
    app.router.add_get("/assets/{name}", asset)
    app.router.add_get("/elements/payment", card_form)
    app.router.add_get("/elements/saved/{secret}", saved)
    app.router.add_get("/challenge/{intent}/{attempt}", challenge)
    app.router.add_post("/challenge/{intent}/{attempt}", answer_challenge)
    app.router.add_get("/connect/onboarding/{link}", onboarding)
    app.router.add_post("/connect/onboarding/{link}", finish_onboarding)
    app.router.add_get("/connect/express/{account}", express_dashboard)
    app.router.add_get("/receipts/{charge}", receipt)
    app.router.add_get("/", front_page)


def page(name: str, /, *, framed: bool = False, status: int = 200, **values: str) -> web.Response:
    """A page from its template; every value is escaped."""
    template = Template((ASSETS / name).read_text(encoding="utf-8"))
    text = template.substitute({key: html.escape(value) for key, value in values.items()})
    headers = {
        "Content-Security-Policy": POLICY + (FRAMED if framed else ALONE),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return web.Response(text=text, content_type="text/html", headers=headers, status=status)


def message(title: str, text: str, *, status: int = 200) -> web.Response:
    """A page that only says something."""
    return page("message.html", title=title, text=text, status=status)


async def library(request: web.Request) -> web.Response:
    """The browser library, which finds this server by its own address."""
    return _file(ASSETS / "stripe.js", api_version=request.app[SANDBOX].contract.version)


async def asset(request: web.Request) -> web.Response:
    """A script or a stylesheet of the pages."""
    path = ASSETS / request.match_info["name"]
    if path.parent != ASSETS or path.suffix not in TYPES or not path.is_file():
        raise web.HTTPNotFound
    return _file(path)


def _file(path: Path, **values: str) -> web.Response:
    text = path.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*"}
    return web.Response(text=text, content_type=TYPES[path.suffix], headers=headers)


async def card_form(request: web.Request) -> web.Response:
    """The form that the library puts into a frame: for cards, and for debits where the account may take them."""
    account = request.app[SANDBOX].store.find("account", request.query.get("account", "")) or {"capabilities": {}}
    takes_debits = account["capabilities"].get("sepa_debit_payments") == "active"
    return page("card.html", framed=True, methods="card sepa_debit" if takes_debits else "card")


async def saved(request: web.Request) -> web.Response:
    """The cards that the form offers to the customer of a session; 404 once the session is over."""
    cards = customer_sessions.saved_methods(request.app[SANDBOX].store, request.match_info["secret"])
    if cards is None:
        raise web.HTTPNotFound
    return web.json_response({"cards": cards}, headers={"Cache-Control": "no-store"})


def money(amount: int, currency: str) -> str:
    """Minor units as people write them: `45.00 EUR`."""
    places = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    return f"{amount / 10**places:,.{places}f} {currency.upper()}"


def _waiting_intent(request: web.Request) -> tuple[JsonObject, str] | None:
    """The PaymentIntent that waits for this very challenge, with its account."""
    located = request.app[SANDBOX].store.locate(request.match_info["intent"])
    if located is None or located[0].get("_challenge") != request.match_info["attempt"]:
        return None
    return located


async def challenge(request: web.Request) -> web.Response:
    """The bank's page: does the buyer authenticate or not?"""
    located = _waiting_intent(request)
    if located is None:
        return page("challenge_done.html", framed=True, status=410, text="This page was answered already.")
    intent, account = located
    sandbox = request.app[SANDBOX]
    seller = sandbox.store.find("account", account or sandbox.store.setting("platform_account"))
    name = ((seller or {}).get("business_profile") or {}).get("name") or "the seller"
    method = sandbox.store.find("payment_method", intent["payment_method"], account) or {}
    return page(
        "challenge.html",
        framed=True,
        amount=money(intent["amount"], intent["currency"]),
        seller=name,
        last4=(method.get("card") or {}).get("last4", "····"),
    )


async def answer_challenge(request: web.Request) -> web.StreamResponse:
    """The buyer's answer; leads back to the seller when the page stood alone."""
    located = _waiting_intent(request)
    if located is None:
        return page("challenge_done.html", framed=True, status=410, text="This page was answered already.")
    sandbox = request.app[SANDBOX]
    form = await request.post()
    call = sandbox.call(sandbox.base_url(request), located[1])
    passed = form.get("answer") == "complete"
    redirects = not located[0]["_confirmation"]["use_stripe_sdk"]
    with sandbox.store.transaction():
        intent = intents.finish_authentication(call, located[0], passed=passed)
    sandbox.wake_courier()
    return_url = intent["_confirmation"]["return_url"]
    if redirects and return_url:
        raise web.HTTPSeeOther(with_result(return_url, intent))
    return page("challenge_done.html", framed=True, text="Done. You can go back to the shop.")


def with_result(return_url: str, intent: JsonObject) -> str:
    """The return address with what Stripe adds to it."""
    good = intent["status"] in ("succeeded", "requires_capture", "processing")
    added = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if good else "failed",
    }
    parts = urlsplit(return_url)
    query = "&".join(filter(None, [parts.query, urlencode(added)]))
    return urlunsplit(parts._replace(query=query))


async def onboarding(request: web.Request) -> web.StreamResponse:
    """The hosted onboarding; a link that was used or is too old leads to its refresh address."""
    sandbox = request.app[SANDBOX]
    link = account_links.open_link(sandbox.store, request.match_info["link"])
    if link is None:
        return message("This link is not known", "Ask the platform for a new one.", status=404)
    if not link["is_fresh"]:
        raise web.HTTPSeeOther(link["refresh_url"])
    account = _account(sandbox, link["account"])
    return page(
        "onboarding.html",
        name=account["business_profile"]["name"] or account["email"] or account["id"],
        email=account["email"] or "not given",
        country=account["country"],
        account=account["id"],
        state="complete" if account["details_submitted"] else "not complete yet",
        return_url=link["return_url"],
    )


async def finish_onboarding(request: web.Request) -> web.StreamResponse:
    """One click answers every question with test data."""
    sandbox = request.app[SANDBOX]
    link = sandbox.store.find("account_link", request.match_info["link"])
    if link is None:
        return message("This link is not known", "Ask the platform for a new one.", status=404)
    form = await request.post()
    if form.get("answer") == "complete":
        with sandbox.store.transaction():
            accounts.complete(sandbox.call(sandbox.base_url(request)), link["account"])
        sandbox.wake_courier()
    raise web.HTTPSeeOther(link["return_url"])


def _account(sandbox: Sandbox, identifier: str) -> JsonObject:
    account = sandbox.store.find("account", identifier)
    if account is None:
        raise web.HTTPNotFound
    return account


async def express_dashboard(request: web.Request) -> web.Response:
    """Where login links lead: an account's balance in words."""
    sandbox = request.app[SANDBOX]
    account = _account(sandbox, request.match_info["account"])
    sums = balances(sandbox.call("", account["id"]))
    lines = [f"{money(free, c)} available, {money(coming, c)} on its way" for c, (free, coming) in sums.items()]
    name = account["business_profile"]["name"] or account["id"]
    return message(f"Balance of {name}", "; ".join(lines) or "Nothing has been paid yet.")


async def receipt(request: web.Request) -> web.Response:
    """The provider's receipt of a charge."""
    located = request.app[SANDBOX].store.locate(request.match_info["charge"])
    if located is None or located[0]["object"] != "charge":
        raise web.HTTPNotFound
    charge = located[0]
    details = charge["payment_method_details"]
    last4 = details[details["type"]]["last4"]
    text = f"{money(charge['amount'], charge['currency'])}, card ending in {last4}, {charge['status']}."
    return message("Receipt (test)", text)


async def front_page(request: web.Request) -> web.Response:
    """What this server is."""
    return message(
        "Stripe sandbox",
        "This server stands in for Stripe on this machine. No real card is charged: pay with "
        "4242\N{NO-BREAK SPACE}4242\N{NO-BREAK SPACE}4242\N{NO-BREAK SPACE}4242, any future date and any code. "
        "More test cards stand beneath the card form.",
    )
