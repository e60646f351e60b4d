"""Test controls under `/_sandbox/`: only for programs on this machine, never part of Stripe's API."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from payments.sandbox import intents
from payments.sandbox.call import Call
from payments.sandbox.errors import StripeError
from payments.sandbox.faults import Fault
from payments.sandbox.resources import accounts, disputes, payouts
from payments.sandbox.server import SANDBOX, Sandbox
from payments.sandbox.store import JsonObject
from payments.sandbox.views import visible

MODES = ("normal", "hold", "drop", "duplicate")
Control = Callable[[web.Request, Sandbox, dict[str, Any]], Awaitable[Any]]
SETTLE_SECONDS = 20


def add_routes(app: web.Application) -> None:
    """Put the controls into the application."""
    for method, path, control in CONTROLS:
        app.router.add_route(method, f"/_sandbox/{path}", _guarded(control))


def _guarded(control: Control) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Let a control run for this machine only, and not for a page of another site in its browser."""

    async def run(request: web.Request) -> web.Response:
        sandbox = request.app[SANDBOX]
        if not _is_here(request.remote or ""):
            return web.json_response({"error": "the controls answer on this machine only"}, status=403)
        origin = request.headers.get("Origin")
        if origin and origin != f"{request.scheme}://{request.host}":
            return web.json_response({"error": "the controls answer no other site's pages"}, status=403)
        try:
            text = await request.text()
            body = json.loads(text) if text else {}
            return web.json_response(await control(request, sandbox, body))
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        except StripeError as error:
            return web.json_response({"error": error.error}, status=error.status)

    return run


def _is_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


async def set_webhooks(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """`{mode: normal|hold|drop|duplicate, delay: seconds}` for events from now on."""
    mode = body.get("mode", "normal")
    if mode not in MODES:
        raise ValueError(f"mode is one of {MODES}")
    sandbox.store.set_setting("webhook_mode", mode)
    sandbox.store.set_setting("webhook_delay", str(float(body.get("delay", 0))))
    return await show_webhooks(request, sandbox, body)


async def show_webhooks(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """The mode, and the latest deliveries with what the endpoint answered."""
    rows = sandbox.store.execute("select * from deliveries order by id desc limit 200")
    return {
        "mode": sandbox.store.setting("webhook_mode", "normal"),
        "delay": float(sandbox.store.setting("webhook_delay", "0")),
        "deliveries": [dict(row) for row in rows],
    }


async def flush_webhooks(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Send what was held back, and what waits for another attempt, now; answers once each was tried."""
    released = sandbox.store.execute(
        "update deliveries set state = 'pending', due = ? where state in ('held', 'pending') returning id", time.time()
    )
    settled = await _settle(sandbox)
    return {"released": len(released), "settled": settled}


async def settle_webhooks(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Wait until every event so far was tried."""
    return {"settled": await _settle(sandbox)}


async def _settle(sandbox: Sandbox) -> bool:
    assert sandbox.courier is not None
    sandbox.wake_courier()
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        if sandbox.courier.is_idle():
            return True
        await asyncio.sleep(0.02)
    return False


async def resend_event(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """`{event: evt_...}`: deliver an event once more, as a provider may at any time."""
    from payments.sandbox.events import queue_deliveries

    located = sandbox.store.locate(str(body.get("event", "")))
    if located is None or located[0]["object"] != "event":
        raise ValueError("no such event")
    queue_deliveries(sandbox.store, *located)
    sandbox.wake_courier()
    return {"event": located[0]["id"]}


async def add_fault(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """`{path, method, mode: error|disconnect|timeout|delay, when: before|after, status, seconds, count}`."""
    sandbox.faults.waiting.append(Fault.from_json(body))
    return await list_faults(request, sandbox, body)


async def list_faults(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """The faults still to come."""
    return {"faults": [asdict(fault) for fault in sandbox.faults.waiting]}


async def clear_faults(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Forget all faults."""
    sandbox.faults.waiting.clear()
    return {"faults": []}


async def list_requests(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """The latest requests to the API, newest first; `?path=/v1/refunds*` narrows them. Card data is never in them."""
    rows = sandbox.store.execute(
        "select * from requests where path glob ? order by at desc limit 200", request.query.get("path", "*")
    )
    return {"requests": [{**dict(row), "body": json.loads(row["body"])} for row in rows]}


async def show_request(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """One request to the API."""
    rows = sandbox.store.execute("select * from requests where id = ?", request.match_info["id"])
    if not rows:
        raise ValueError("no such request")
    return {**dict(rows[0]), "body": json.loads(rows[0]["body"])}


async def complete_account(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Do what an organizer does on the onboarding page."""
    call = sandbox.call(sandbox.base_url(request))
    with sandbox.store.transaction():
        account = accounts.complete(call, request.match_info["account"])
    sandbox.wake_courier()
    return visible(account)


async def restrict_account(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Stop an account's charges and payouts until more is answered."""
    call = sandbox.call(sandbox.base_url(request))
    with sandbox.store.transaction():
        account = accounts.restrict(call, request.match_info["account"])
    sandbox.wake_courier()
    return visible(account)


async def deauthorise_account(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Do what an organizer does who takes the platform's access to the account back."""
    call = sandbox.call(sandbox.base_url(request))
    with sandbox.store.transaction():
        account = accounts.deauthorise(call, request.match_info["account"])
    sandbox.wake_courier()
    return visible(account)


async def expire_intent(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Let the authorisation of a PaymentIntent run out, as after seven days."""
    located = sandbox.store.locate(request.match_info["intent"])
    if located is None or located[0]["status"] != "requires_capture":
        raise ValueError("no PaymentIntent with an authorisation has this id")
    call = sandbox.call(sandbox.base_url(request), located[1])
    with sandbox.store.transaction():
        intent = intents.cancel(call, located[0], "automatic")
    sandbox.wake_courier()
    return visible(intent)


async def open_dispute(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """`{payment_intent, reason, inquiry, amount}`: the buyer's bank disputes the payment, or a part of it."""
    call, charge = _charge_of(request, sandbox, str(body.get("payment_intent", "")))
    with sandbox.store.transaction():
        dispute = disputes.dispute_charge(
            call,
            charge,
            reason=str(body.get("reason", "fraudulent")),
            inquiry=bool(body.get("inquiry")),
            amount=int(body["amount"]) if "amount" in body else None,
        )
    sandbox.wake_courier()
    return visible(dispute)


async def decide_dispute(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """`{won: true|false}`: the bank decides now, whatever was answered."""
    located = sandbox.store.locate(request.match_info["dispute"])
    if located is None or located[0]["object"] != "dispute":
        raise ValueError("no such dispute")
    call = sandbox.call(sandbox.base_url(request), located[1])
    with sandbox.store.transaction():
        dispute = disputes.conclude(call, located[0]["id"], won=bool(body.get("won")))
    sandbox.wake_courier()
    return visible(dispute)


async def warn_of_fraud(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """`{payment_intent}`: the card's network warns that the payment looks like fraud."""
    call, charge = _charge_of(request, sandbox, str(body.get("payment_intent", "")))
    with sandbox.store.transaction():
        warning = disputes.warn_of_fraud(call, charge["id"])
    sandbox.wake_courier()
    return visible(warning)


def _charge_of(request: web.Request, sandbox: Sandbox, intent_id: str) -> tuple[Call, JsonObject]:
    located = sandbox.store.locate(intent_id)
    if located is None or located[0]["object"] != "payment_intent" or not located[0]["latest_charge"]:
        raise ValueError("no PaymentIntent with a charge has this id")
    call = sandbox.call(sandbox.base_url(request), located[1])
    return call, call.get("charge", located[0]["latest_charge"])


async def fail_payout(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Let the bank send a payout back, as it may days after it arrived."""
    located = sandbox.store.locate(request.match_info["payout"])
    if located is None or located[0]["object"] != "payout":
        raise ValueError("no such payout")
    call = sandbox.call(sandbox.base_url(request), located[1])
    with sandbox.store.transaction():
        payout = payouts.fail(call, located[0]["id"])
    sandbox.wake_courier()
    return visible(payout)


async def make_available(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Let all pending money of all balances arrive now."""
    rows = sandbox.store.execute(
        "update objects set body = json_set(body, '$.available_on', created) where kind = 'balance_transaction' "
        "and json_extract(body, '$.available_on') > ? returning id",
        int(time.time()),
    )
    return {"available": len(rows)}


async def ring_timers(request: web.Request, sandbox: Sandbox, body: dict[str, Any]) -> Any:
    """Let everything that waits for its time happen now: pending refunds, disputes, payouts."""
    rows = sandbox.store.execute("update timers set due = 0 returning id")
    sandbox.wake_courier()
    while sandbox.store.execute("select id from timers where due = 0"):
        await asyncio.sleep(0.02)
    return {"rung": len(rows)}


CONTROLS: tuple[tuple[str, str, Control], ...] = (
    ("POST", "webhooks", set_webhooks),
    ("GET", "webhooks", show_webhooks),
    ("POST", "webhooks/flush", flush_webhooks),
    ("POST", "webhooks/settle", settle_webhooks),
    ("POST", "webhooks/resend", resend_event),
    ("POST", "faults", add_fault),
    ("GET", "faults", list_faults),
    ("DELETE", "faults", clear_faults),
    ("GET", "requests", list_requests),
    ("GET", "requests/{id}", show_request),
    ("POST", "accounts/{account}/complete", complete_account),
    ("POST", "accounts/{account}/restrict", restrict_account),
    ("POST", "accounts/{account}/deauthorise", deauthorise_account),
    ("POST", "payment_intents/{intent}/expire", expire_intent),
    ("POST", "disputes", open_dispute),
    ("POST", "disputes/{dispute}/decide", decide_dispute),
    ("POST", "fraud_warnings", warn_of_fraud),
    ("POST", "payouts/{payout}/fail", fail_payout),
    ("POST", "balance/available", make_available),
    ("POST", "timers", ring_timers),
)
