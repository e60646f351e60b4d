"""The on-sale path: `POST /api/v1/holds` answered in front of Django, many buyers with one statement (docs/on-sale.md).

The same operation as `storefront.api.create_hold`: the same offer, claim, refusals, bytes and journal. Only what it does not
do differs: no middleware, no parsing into models, no connection of its own per request. Whatever is out of the ordinary (a
body that is not exactly right, a key that was used before, a basket that memory would refuse, an unknown host) it hands to
Django unread, which knows the words for it.
"""

import asyncio
import json
import logging
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import translation
from django.utils.translation import trans_real
from django_tenants.utils import tenant_context

from checkout.catalog import Offer, Priced, offer_kept_for, read_offer
from checkout.holding import Asked, asked_by, claim_request, created_json, refusal
from checkout.phases import NOTHING_KNOWN, Known, is_phase_over
from config import failpoints
from idempotency.actions import LONGEST_KEY, fingerprint_of
from inventory.claim import ClaimAnswer
from inventory.lanes import Lanes
from tenants.models import Organizer
from tenants.queries import normal_host, organizer_for_host
from ui.errors import DomainError, NotFound, Overloaded
from ui.middleware import data_headers
from ui.network import client_network
from ui.problems import CONTENT_TYPE, members_of, problem
from ui.request_id import HEADER, begin_request
from waiting_room import health
from waiting_room.errors import QueueRequired
from waiting_room.gate import Doors, check_admission, known_doors, read_doors
from waiting_room.tokens import HEADER as QUEUE_TOKEN

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/api/v1/holds"
MOST_BYTES = 16_384  # of a body; a longer one is Django's to refuse
HOST_SECONDS = 1.0  # an organizer that is suspended sells no longer than that
HOST_DUE_SECONDS = 0.8  # from this age on it is read anew, in the background: nobody waits for it while people come
MOST_HOSTS = 10_000  # a host may be written in any number of ways
MOST_CLAIMS = 5  # of one basket, while its price changes


class _NotOurs(Exception):
    """Django is to answer this request."""


class OnSale:
    """Wraps the ASGI application: answers holds, passes on everything else."""

    def __init__(self, app: Any) -> None:
        self.app: Application = app
        self.lanes = Lanes()
        self._hosts: dict[str, tuple[float, Organizer | None]] = {}
        self._reads: dict[object, asyncio.Task[Any]] = {}
        self._fixed = [
            *((name.lower().encode(), value.encode()) for name, value in data_headers().items()),
            (b"cache-control", b"no-store"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        messages = await _messages(receive)
        name = begin_request()
        try:
            asking = _asking(scope, messages)
            organizer = self._known_organizer(asking.host) or await self._organizer(asking.host)
            doors = self._known_doors(organizer) or await self._doors(organizer)
            if doors.is_any:
                asking = asking._replace(asked=_admitted(doors, organizer, asking))
                started = time.perf_counter()
                answer = await self._hold(organizer, asking)
                health.note_request(organizer.pk, seconds=time.perf_counter() - started, status=answer.status)
            else:
                answer = await self._hold(organizer, asking)
        except _NotOurs:
            await self.app(scope, _again(messages, receive), send)
            return
        except Overloaded as error:
            answer = _Answer(503, _problem(error, asking.language), CONTENT_TYPE)
        except (OperationalError, InterfaceError):
            # Postgres went away under a read of who sells or what; nothing was asked of the claim yet.
            logger.exception("the on-sale path found the database away")
            answer = _Answer(503, _problem(Overloaded(), asking.language), CONTENT_TYPE)
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(len(answer.content)).encode()),
            (HEADER.lower().encode(), name.encode()),
            *self._fixed,
        ]
        if answer.status == 503:
            headers.append((b"retry-after", b"1"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.content})

    async def _hold(self, organizer: Organizer, asking: "_Asking") -> "_Answer":
        schema, performance_id = organizer.schema_name, asking.performance_id
        offer = offer_kept_for(schema, performance_id) or await self._read_offer(organizer, performance_id)
        known, attempts = NOTHING_KNOWN, MOST_CLAIMS
        while True:
            priced = _priced(offer, asking.basket, known)
            request = claim_request(offer, priced, asking.asked)
            failpoints.hit("before_hold_commit")
            answer = await self.lanes.claim(
                schema=schema, performance_id=performance_id, offer_version=offer.version, request=request
            )
            attempts -= 1
            if is_phase_over(answer, waited=True):  # the lane has asked `busy` ones again for a second
                known = known.after(answer)
            elif answer.verdict == "stale" and attempts > 0:
                offer = await self._read_offer(organizer, performance_id)
            else:
                break
        if answer.verdict == "held" and answer.created_at is not None:
            failpoints.hit("after_hold_commit")
            content = created_json(
                hold_id=request.hold_id,
                performance_id=performance_id,
                token=request.token,
                quote=priced.quote_json,
                created_at=answer.created_at,
                seconds=request.seconds,
            )
            return _Answer(201, content, "application/json; charset=utf-8")
        if answer.verdict in ("known", "stale"):
            raise _NotOurs
        return _refusal(offer, answer, asking.language)

    def _known_organizer(self, header: str) -> Organizer | None:
        """Who sells at this host, at most HOST_SECONDS old; read anew in the background when it is time."""
        at, organizer = self._hosts.get(header, _NOBODY)
        age = time.monotonic() - at
        if age >= HOST_DUE_SECONDS:
            self._begin(header, lambda: self._read_organizer(header))
        return organizer if age < HOST_SECONDS else None

    async def _organizer(self, header: str) -> Organizer:
        """The same when it is not known. Raises _NotOurs for a host that nobody sells at now."""
        organizer: Organizer | None = await asyncio.shield(self._begin(header, lambda: self._read_organizer(header)))
        if organizer is None:
            raise _NotOurs
        return organizer

    async def _read_organizer(self, header: str) -> Organizer | None:
        asked_at = time.monotonic()
        organizer: Organizer | None = await database_sync_to_async(organizer_for_host)(normal_host(header))
        if organizer is None or not organizer.is_active:
            self._hosts.pop(header, None)
            return None
        if len(self._hosts) >= MOST_HOSTS:
            self._hosts.clear()
        self._hosts[header] = (asked_at, organizer)
        return organizer

    def _known_doors(self, organizer: Organizer) -> Doors | None:
        """Which dates are behind a line, at most a second old; read anew in the background when it is time."""
        doors, is_due = known_doors(organizer)
        if is_due:
            self._begin((organizer.pk, "doors"), lambda: self._read_doors(organizer))
        return doors

    async def _doors(self, organizer: Organizer) -> Doors:
        """The same when they are not known."""
        reading = self._begin((organizer.pk, "doors"), lambda: self._read_doors(organizer))
        doors: Doors = await asyncio.shield(reading)
        return doors

    async def _read_doors(self, organizer: Organizer) -> Doors:
        """On the way, what the line goes by is told to Redis."""

        def read() -> Doors:
            health.flush()
            return read_doors(organizer)

        doors: Doors = await database_sync_to_async(read)()
        return doors

    async def _read_offer(self, organizer: Organizer, performance_id: UUID) -> Offer:
        def read() -> Offer:
            with tenant_context(organizer):
                return read_offer(performance_id)

        try:
            reading = self._begin((organizer.pk, performance_id), lambda: database_sync_to_async(read)())
            offer: Offer = await asyncio.shield(reading)
        except NotFound as error:
            raise _NotOurs from error
        return offer

    def _begin(self, name: object, read: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Task[Any]:
        """A read of the database that thousands may ask for at the same moment: made once for all of them."""
        task = self._reads.get(name)
        if task is None:
            task = self._reads[name] = asyncio.create_task(read())
            task.add_done_callback(lambda done: self._end(name, done))
        return task

    def _end(self, name: object, done: asyncio.Task[Any]) -> None:
        self._reads.pop(name, None)
        if not done.cancelled() and done.exception() is not None:
            # Who waits for it is told; read in the background, what is known serves until its time is over.
            logger.debug("a read of %s failed", name, exc_info=done.exception())


_NOBODY: tuple[float, Organizer | None] = (-math.inf, None)


class _Asking(NamedTuple):
    """A request that is exactly right."""

    host: str
    language: str
    queue_token: str
    performance_id: UUID
    basket: Mapping[UUID, int]
    asked: Asked


class _Answer(NamedTuple):
    status: int
    content: bytes
    content_type: str


def _admitted(doors: Doors, organizer: Organizer, asking: _Asking) -> Asked:
    """Who asks: one place in line is one person. Raises _NotOurs for who was not let in: Django has the words."""
    headers = {QUEUE_TOKEN: asking.queue_token}
    try:
        admitted = check_admission(doors, organizer, asking.performance_id, cookies={}, headers=headers)
    except QueueRequired as error:
        raise _NotOurs from error
    return asking.asked if admitted is None else asking.asked._replace(person=admitted.entry)


async def _messages(receive: Receive) -> list[Message]:
    """What came of the body, up to MOST_BYTES; the last message says whether there is more."""
    messages = [await receive()]
    size = len(messages[0].get("body", b""))
    while messages[-1].get("more_body") and size <= MOST_BYTES:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
    return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Gives the next application what was read already, then the rest."""
    kept = deque(messages)

    async def replay() -> Message:
        return kept.popleft() if kept else await receive()

    return replay


def _asking(scope: Scope, messages: list[Message]) -> _Asking:
    """The request's parts. Raises _NotOurs for whatever is not exactly as it should be."""
    if messages[-1]["type"] != "http.request" or messages[-1].get("more_body"):
        raise _NotOurs
    headers: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            if name in headers:
                raise _NotOurs
            headers[name] = value.decode("latin1")
    key = headers.get(b"idempotency-key", "")
    media_type = headers.get(b"content-type", "").partition(";")[0].strip().lower()
    if not key.strip() or len(key) > LONGEST_KEY or not key.isascii() or media_type != "application/json":
        raise _NotOurs
    if "\x00" in key:
        raise _NotOurs
    body = messages[0].get("body", b"")
    if len(messages) > 1:
        body = b"".join(message.get("body", b"") for message in messages)
    performance_id, basket, fingerprint = _parsed(body)

    def network() -> str:
        client = scope.get("client")
        return client_network(client[0] if client else "", headers.get(b"x-forwarded-for", ""))

    return _Asking(
        host=headers.get(b"host", ""),
        language=headers.get(b"accept-language", ""),
        queue_token=headers.get(b"queue-token", ""),
        performance_id=performance_id,
        basket=basket,
        asked=asked_by(key=key, fingerprint=fingerprint, network=network),
    )


_READ = frozenset(
    {b"host", b"idempotency-key", b"content-type", b"accept-language", b"x-forwarded-for", b"queue-token"}
)


@lru_cache(maxsize=1000)  # an on-sale's bodies are few: the dates and types on offer, times how many
def _parsed(body: bytes) -> tuple[UUID, Mapping[UUID, int], str]:
    """Performance, basket and the fingerprint that the API's own schema (`HoldIn`) would lead to. Raises _NotOurs."""
    try:
        given = json.loads(body)
        if given.keys() != {"performance_id", "items"} or not 1 <= len(given["items"]) <= 20:
            raise _NotOurs
        performance_id = _uuid(given["performance_id"])
        basket: dict[UUID, int] = {}
        items = []
        for item in given["items"]:
            quantity = item["quantity"]
            if item.keys() != {"ticket_type_id", "quantity"} or type(quantity) is not int or not 1 <= quantity <= 50:
                raise _NotOurs
            type_id = _uuid(item["ticket_type_id"])
            basket[type_id] = basket.get(type_id, 0) + quantity
            items.append({"ticket_type_id": str(type_id), "quantity": quantity})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _NotOurs from error
    return performance_id, basket, fingerprint_of({"performance_id": str(performance_id), "items": items})


def _uuid(text: str) -> UUID:
    if len(text) != 36:
        raise _NotOurs
    return UUID(text)


def _priced(offer: Offer, basket: Mapping[UUID, int], known: Known) -> Priced:
    try:
        return offer.price(basket, known=known, is_unproved=True)
    except DomainError as error:  # memory may be old, and Django has the words
        raise _NotOurs from error


def _refusal(offer: Offer, answer: ClaimAnswer, accept_language: str) -> _Answer:
    """The problem document; thousands get the same one, so it is written once."""
    line = answer.line
    if len(_refusals) > 1000:
        _refusals.clear()
    name = (offer.version, answer.verdict, line, answer.available, _language(accept_language))
    if name not in _refusals:
        with translation.override(_language(accept_language)):
            refused = refusal(offer, answer)
            _refusals[name] = _Answer(refused.status, problem(**members_of(refused)).content, CONTENT_TYPE)
    return _refusals[name]


_refusals: dict[object, _Answer] = {}


def _problem(error: DomainError, accept_language: str) -> bytes:
    with translation.override(_language(accept_language)):
        return problem(**members_of(error)).content


@lru_cache(maxsize=1000)
def _language(accept_language: str) -> str:
    """The language that Django's LocaleMiddleware would choose for this header."""
    for language, _weight in trans_real.parse_accept_lang_header(accept_language):
        if language == "*":
            break
        try:
            return translation.get_supported_language_variant(language)
        except LookupError:
            continue
    return str(settings.LANGUAGE_CODE)
