"""What browsers get: the library, the card frame, the 3-D Secure page, the hosted onboarding."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web

from payments.sandbox import intents
from payments.sandbox.resources import accounts
from payments.sandbox.server import SANDBOX
from payments.sandbox.store import PLATFORM, JsonObject, now

ASSETS = Path(__file__).parent / "assets"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
# The card frame and the challenge stand inside the product's pages.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors *; base-uri 'none'",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


def add_routes(app: web.Application) -> None:
    """Where the pages are reached."""
    for path in ("/v3/", "/v3", "/stripe.js"):
        app.router.add_get(path, library)
    app.router.add_get("/assets/{file}", asset)
    app.router.add_get("/challenge/{intent}/{attempt}", challenge_page)
    app.router.add_post("/challenge/{intent}/{attempt}", finish_challenge)
    app.router.add_get("/connect/onboarding/{link}.json", onboarding_facts)
    app.router.add_get("/connect/onboarding/{link}", onboarding_page)
    app.router.add_post("/connect/onboarding/{link}", finish_onboarding)


async def library(request: web.Request) -> web.Response:
    """The browser library."""
    return _file("stripe.js")


async def asset(request: web.Request) -> web.Response:
    """A file of the pages."""
    return _file(request.match_info["file"])


async def challenge_page(request: web.Request) -> web.Response:
    """The buyer's bank asks."""
    return _file("challenge.html")


async def finish_challenge(request: web.Request) -> web.Response:
    """The buyer has answered: `{passed}`; tells where a redirected browser goes back to."""
    sandbox = request.app[SANDBOX]
    passed = bool((await request.json()).get("passed"))
    located = sandbox.store.locate(request.match_info["intent"])
    if located is None or located[0].get("_challenge") != request.match_info["attempt"]:
        return web.json_response({"status": "gone", "return_url": None}, status=410)
    intent, account = located
    with sandbox.store.transaction():
        call = sandbox.call(sandbox.base_url(request), account)
        intent = intents.finish_authentication(call, intent, passed=passed)
    sandbox.wake_courier()
    return web.json_response({"status": intent["status"], "return_url": _return_url(intent)})


async def onboarding_page(request: web.Request) -> web.StreamResponse:
    """The page, for a link that still works; an old one leads to where a new one is made."""
    link = _link(request)
    if link is None:
        raise web.HTTPNotFound
    if link["used"] or link["expires_at"] < now():
        raise web.HTTPSeeOther(link["refresh_url"])
    return _file("onboarding.html")


async def onboarding_facts(request: web.Request) -> web.Response:
    """Whose page this is."""
    link = _link(request)
    account = request.app[SANDBOX].store.find("account", link["account"], PLATFORM) if link else None
    if account is None:
        raise web.HTTPNotFound
    return web.json_response({"name": account["business_profile"]["name"], "email": account["email"]})


async def finish_onboarding(request: web.Request) -> web.Response:
    """Answer everything with test data; tells where to go next."""
    sandbox, link = request.app[SANDBOX], _link(request)
    if link is None or link["used"]:
        return web.json_response({"error": "This link has expired or was used already."}, status=410)
    with sandbox.store.transaction():
        accounts.complete(sandbox.call(sandbox.base_url(request)), link["account"])
        sandbox.store.save({**link, "used": True}, PLATFORM)
    sandbox.wake_courier()
    return web.json_response({"return_url": link["return_url"]})


def _link(request: web.Request) -> JsonObject | None:
    return request.app[SANDBOX].store.find("account_link", request.match_info["link"], PLATFORM)


def _return_url(intent: JsonObject) -> str | None:
    """The address that a redirected buyer comes back to, with what Stripe adds to it."""
    url = intent["_confirmation"]["return_url"]
    if not url:
        return None
    status = "succeeded" if intent["status"] in ("succeeded", "requires_capture") else "failed"
    added = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": status,
    }
    return f"{url}{'&' if '?' in url else '?'}{urlencode(added)}"


def _file(name: str) -> web.Response:
    path = ASSETS / name
    if path.parent != ASSETS or not path.is_file():
        raise web.HTTPNotFound
    return web.Response(body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8", headers=HEADERS)
