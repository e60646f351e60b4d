"""Sending webhooks, and what happens by itself after a while. State is in the store, so a restart goes on."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import socket
import sqlite3
import time
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from payments.sandbox import intents
from payments.sandbox.resources import disputes, payouts, refunds
from payments.sandbox.resources.events import with_pending
from payments.sandbox.server import Sandbox
from payments.sandbox.store import JsonObject
from payments.sandbox.views import visible

logger = logging.getLogger("payments.sandbox")

ANSWER_SECONDS = 10
AT_ONCE = 16
LONGEST_NAP = 5.0
TIMERS = {
    "debit": intents.finish_debit,
    "dispute": disputes.open_dispute,
    "dispute_decided": disputes.decide,
    "fraud_warning": disputes.warn_of_fraud,
    "payout_paid": payouts.arrive,
    "refund_fails": refunds.fail,
    "refund_succeeds": refunds.succeed,
}


class LocalResolver(AbstractResolver):
    """Names under `.localhost` are this machine, as browsers have it; the system's resolver knows the rest."""

    def __init__(self) -> None:
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host == "localhost" or host.endswith(".localhost"):
            here = ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST
            )
            return [here]
        return await self._system.resolve(host, port, family)

    async def close(self) -> None:
        await self._system.close()


def signature(secret: str, body: str, at: int) -> str:
    """The `Stripe-Signature` header for a body sent at a time."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Courier:
    """Delivers what is due, again after a wait when an endpoint does not answer with 2xx."""

    def __init__(self, sandbox: Sandbox, waits: list[float]) -> None:
        self.sandbox, self.store, self.waits = sandbox, sandbox.store, waits
        self._awake = asyncio.Event()
        self._under_way: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something due."""
        self._awake.set()

    def is_idle(self) -> bool:
        """Whether nothing is due or on its way; deliveries that wait for another attempt do not count."""
        due = self.store.execute(
            "select count(*) as n from deliveries where state = 'pending' and (attempts = 0 or due <= ?)", time.time()
        )
        return not self._under_way and due[0]["n"] == 0

    async def run(self) -> None:
        """Work until cancelled."""
        connector = aiohttp.TCPConnector(resolver=LocalResolver(), limit=AT_ONCE)
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            while True:
                self._awake.clear()
                self._ring_timers()
                self._start_deliveries(session)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), self._nap())

    def _ring_timers(self) -> None:
        for row in self.store.execute("select * from timers where due <= ? order by id", time.time()):
            try:
                with self.store.transaction():
                    self.store.execute("delete from timers where id = ?", row["id"])
                    TIMERS[row["action"]](self.sandbox.call(self.sandbox.public_url, row["account"]), row["object"])
            except Exception:
                logger.exception("timer %s of %s failed", row["action"], row["object"])
                self.store.execute("delete from timers where id = ?", row["id"])

    def _start_deliveries(self, session: aiohttp.ClientSession) -> None:
        free = AT_ONCE - len(self._under_way)
        rows = self.store.execute(
            "select * from deliveries where state = 'pending' and due <= ? order by due, id limit ?",
            time.time(),
            free + len(self._under_way),
        )
        for row in [row for row in rows if row["id"] not in self._under_way][:free]:
            self._under_way.add(row["id"])
            task = asyncio.create_task(self._deliver(session, row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _nap(self) -> float:
        """Seconds until something is due."""
        rows = self.store.execute(
            "select min(due) as due from (select due from deliveries where state = 'pending' and id not in "
            "(select value from json_each(?)) union all select due from timers)",
            json.dumps(sorted(self._under_way)),
        )
        if rows[0]["due"] is None or len(self._under_way) >= AT_ONCE:
            return LONGEST_NAP
        return min(LONGEST_NAP, max(0.0, float(rows[0]["due"]) - time.time()))

    async def _deliver(self, session: aiohttp.ClientSession, row: sqlite3.Row) -> None:
        try:
            endpoint = self.store.find("webhook_endpoint", row["endpoint"])
            located = self.store.locate(row["event"])
            if endpoint is None or located is None or endpoint["status"] != "enabled":
                self._note(row, "failed", "the endpoint is gone or disabled")
                return
            succeeded, answer = await self._post(session, endpoint, with_pending(self.store, located[0]))
            if succeeded:
                self._note(row, "done", answer)
            elif row["attempts"] < len(self.waits):
                self._note(row, "pending", answer, due=time.time() + self.waits[row["attempts"]])
            else:
                self._note(row, "failed", answer)
        finally:
            self._under_way.discard(row["id"])
            self.wake()

    async def _post(self, session: aiohttp.ClientSession, endpoint: JsonObject, event: JsonObject) -> tuple[bool, str]:
        body = json.dumps(visible(event), indent=2)
        at = int(time.time())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(endpoint["_secret"], body, at),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            async with session.post(endpoint["url"], data=body, headers=headers, allow_redirects=False) as response:
                words = (await response.text(errors="replace"))[:200]
                return 200 <= response.status < 300, f"{response.status} {words}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return False, f"{type(error).__name__}: {error}"

    def _note(self, row: sqlite3.Row, state: str, answer: str, **changes: Any) -> None:
        self.store.execute(
            "update deliveries set state = ?, attempts = attempts + 1, last_answer = ?, due = ? where id = ?",
            state,
            answer,
            changes.get("due", row["due"]),
            row["id"],
        )
        if state != "done":
            logger.warning("webhook %s to %s: %s (%s)", row["event"], row["endpoint"], answer, state)
