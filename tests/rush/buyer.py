"""One virtual buyer: page, line, hold, order, payment, tickets; follows Retry-After until there is a final answer."""

import asyncio
import json
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.rush.wire import Reply, Wire

PATIENCE = 900.0  # seconds: nobody waits longer, and nobody is left waiting
TRIES = 40  # of one request that is told to come back
SETTLED = {"paid", "cancelled", "refunded"}


@dataclass(frozen=True)
class Shop:
    """Where everything is: the ports of the product's two HTTP servers and of the Stripe sandbox, and what is on sale."""

    web: int
    onsale: int
    sandbox: int
    stripe_key: str
    account: str
    host: str
    slug: str
    performance_id: str
    ticket_type_id: str


@dataclass
class Diary:
    """What all buyers met: per step the times and statuses, each buyer's end, and when orders were paid."""

    started: float = field(default_factory=time.monotonic)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    ends: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    held_at: list[float] = field(default_factory=list)
    paid_at: list[float] = field(default_factory=list)
    ended_at: list[float] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    def note(self, step: str, reply: Reply) -> None:
        self.times[step].append(reply.seconds)
        self.statuses[step][reply.status] += 1

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.started


class Buyer:
    """`await Buyer(...).buy()` ends with one of: tickets, sold_out, line_sold_out, and what should not be."""

    def __init__(self, number: int, wire: Wire, shop: Shop, diary: Diary) -> None:
        self.number, self.wire, self.shop, self.diary = number, wire, shop, diary
        self.pass_ = ""
        # An address of one's own: the entrance counts networks.
        self.source = f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"

    async def buy(self) -> None:
        """Everything, once."""
        try:
            async with asyncio.timeout(PATIENCE):
                end = await self._buy()
        except TimeoutError:
            end = "out_of_patience"
        except _Stuck as stuck:
            end = str(stuck)
        self.diary.ends[end] += 1
        self.diary.ended_at.append(self.diary.now)

    async def _buy(self) -> str:
        page = await self._ask("page", self.shop.web, "GET", f"/events/{self.shop.slug}/", fine=(200, 302))
        if page.status == 302:
            end = await self._wait_in_line()
            if end:
                return end
        hold = await self._hold()
        if isinstance(hold, str):
            return hold
        self.diary.held_at.append(self.diary.now)
        await asyncio.sleep(random.uniform(0.5, 3.0))  # types name and card
        return await self._pay(hold)

    async def _wait_in_line(self) -> str:
        queue = f"/events/{self.shop.slug}/queue/"
        entered = await self._ask(
            "join",
            self.shop.web,
            "POST",
            f"{queue}entries/",
            fine=(201,),
            source=self.source,
            Accept="application/json",
        )
        token = entered.json()["token"]
        while True:
            told = await self._ask("poll", self.shop.web, "GET", f"{queue}position/", fine=(200,), Queue_Token=token)
            standing = told.json()
            if standing["state"] == "turn":
                self.pass_ = standing["pass"]
                return ""
            if standing["state"] == "sold_out":
                return "line_sold_out"
            if standing["state"] not in ("early", "waiting", "moment"):
                return f"line_{standing['state']}"
            await asyncio.sleep(standing["poll_after"] * random.uniform(0.7, 1.1))

    async def _hold(self) -> dict[str, Any] | str:
        wanted = {"ticket_type_id": self.shop.ticket_type_id, "quantity": 1}
        body = json.dumps({"performance_id": self.shop.performance_id, "items": [wanted]}).encode()
        headers = {"Content_Type": "application/json", "Idempotency_Key": f"buyer-{self.number:012d}"}
        if self.pass_:
            headers["Queue_Token"] = self.pass_
        while True:
            answer = await self._ask(
                "hold", self.shop.onsale, "POST", "/api/v1/holds", fine=(201, 409), body=body, **headers
            )
            told: dict[str, Any] = answer.json()
            if answer.status == 201:
                return told
            if told["code"] != "busy_try_again":
                return str(told["code"])
            await asyncio.sleep(answer.retry_after)

    async def _pay(self, hold: dict[str, Any]) -> str:
        buyer = {"name": f"Buyer {self.number}", "email": f"buyer-{self.number}@example.com", "consents": ["terms"]}
        order = (
            await self._ask(
                "order",
                self.shop.web,
                "POST",
                "/api/v1/orders",
                fine=(201,),
                body=json.dumps({"hold_id": hold["id"], "buyer": buyer}).encode(),
                Content_Type="application/json",
                Idempotency_Key=f"order-{self.number:012d}",
                Authorization=f"Bearer {hold['token']}",
            )
        ).json()
        secret = order["payment"]["client_secret"]
        intent = secret.partition("_secret_")[0]
        form = {"payment_method": "pm_card_visa", "return_url": "http://localhost/return"}
        await self._ask(
            "confirm",
            self.shop.sandbox,
            "POST",
            f"/v1/payment_intents/{intent}/confirm",
            fine=(200,),
            body=urlencode(form).encode(),
            Content_Type="application/x-www-form-urlencoded",
            Authorization=f"Bearer {self.shop.stripe_key}",
            Stripe_Account=self.shop.account,
        )
        confirmed = self.diary.now
        token = {"Authorization": f"Bearer {order['token']}"}
        while True:
            state = (
                await self._ask(
                    "status", self.shop.web, "GET", f"/api/v1/orders/{order['number']}", fine=(200,), **token
                )
            ).json()["state"]
            if state in SETTLED:
                break
            await asyncio.sleep(random.uniform(1.0, 2.0))
        self.diary.times["paid to tickets"].append(self.diary.now - confirmed)
        if state != "paid":
            return f"order_{state}"
        tickets = await self._ask(
            "tickets", self.shop.web, "GET", f"/api/v1/orders/{order['number']}/tickets", fine=(200,), **token
        )
        self.diary.paid_at.append(self.diary.now)
        self.diary.orders.append(order["number"])
        return "tickets" if len(tickets.json()["items"]) == 1 else "paid_without_tickets"

    async def _ask(
        self,
        step: str,
        port: int,
        method: str,
        path: str,
        *,
        fine: tuple[int, ...],
        source: str = "",
        body: bytes = b"",
        **headers: str,
    ) -> Reply:
        """Ask until the answer is one of `fine`; what says Retry-After is asked again then, a cut connection at once."""
        for _try in range(TRIES):
            reply = await self.wire.ask(port, method, path, source=source, body=body, Host=self.shop.host, **headers)
            self.diary.note(step, reply)
            if reply.status in fine:
                return reply
            if reply.status not in (0, 409, 429, 502, 503, 504):
                raise _Stuck(f"{step}_{reply.status}: {reply.body[:160]!r}")
            await asyncio.sleep(reply.retry_after * random.uniform(1.0, 1.5))
        raise _Stuck(f"{step}_gave_up")


class _Stuck(Exception):
    """Something that must not happen; counted by its name."""
