"""The HTTP server: the API's door, with keys, idempotency and the contract, and the application that holds all doors."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from aiohttp import web

from payments.contract import Contract, Violation
from payments.contract.records import check_headers
from payments.contract.rules import broken_rules
from payments.contract.validate import Operation, tree_from_pairs
from payments.sandbox import resources
from payments.sandbox.call import HANDLERS, Call, Upload
from payments.sandbox.errors import StripeError
from payments.sandbox.faults import Fault, Faults
from payments.sandbox.store import PLATFORM, JsonObject, Store, new_id, now
from payments.sandbox.views import expand, visible_answer

if TYPE_CHECKING:
    from payments.sandbox.delivery import Courier

logger = logging.getLogger("payments.sandbox")

assert resources.__all__  # importing the resources registers their endpoints

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Account, Stripe-Version",
    "Access-Control-Expose-Headers": "Request-Id, Idempotent-Replayed",
    "Access-Control-Max-Age": "300",
}
# What the browser library may call with a publishable key.
PUBLISHABLE = {
    ("get", "/v1/payment_intents/{intent}"),
    ("post", "/v1/payment_intents/{intent}/confirm"),
    ("post", "/v1/payment_methods"),
}
# Parameters of the browser library that the SDK's types do not know.
BROWSER_PARAMETERS = ("client_secret",)
KEY_LIFETIME_SECONDS = 24 * 3600


@dataclass(slots=True)
class Sandbox:
    """What all doors share."""

    store: Store
    contract: Contract
    public_url: str = ""
    settle_seconds: float = 2.0
    faults: Faults = field(default_factory=Faults)
    busy_keys: set[tuple[str, str]] = field(default_factory=set)
    courier: Courier | None = None

    def base_url(self, request: web.Request) -> str:
        """Where the sender of this request reaches us."""
        return self.public_url or f"{request.scheme}://{request.host}"

    def call(self, base_url: str, account: str = PLATFORM) -> Call:
        """A call of the sandbox itself: a page or a timer acting for someone."""
        return Call(self.store, self.contract, base_url, account, settle_seconds=self.settle_seconds)

    def wake_courier(self) -> None:
        """There may be something to deliver."""
        if self.courier is not None:
            self.courier.wake()


@dataclass(slots=True)
class Answer:
    """What goes back: status, JSON text and extra headers."""

    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


SANDBOX = web.AppKey("sandbox", Sandbox)


def make_app(sandbox: Sandbox) -> web.Application:
    """The application with every door: API, hosted pages, browser library, test controls."""
    from payments.sandbox import controls, pages

    app = web.Application(client_max_size=4 * 1024 * 1024)
    app[SANDBOX] = sandbox
    app.router.add_get("/healthz", healthz)
    app.router.add_options("/v1/{rest:.*}", preflight)
    app.router.add_route("*", "/v1/{rest:.*}", api)
    controls.add_routes(app)
    pages.add_routes(app)
    return app


async def healthz(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "api_version": request.app[SANDBOX].contract.version})


async def preflight(request: web.Request) -> web.Response:
    return web.Response(status=204, headers=CORS)


async def api(request: web.Request) -> web.Response:
    """One request to the API, from its key to its answer, with the faults that tests asked for."""
    sandbox = request.app[SANDBOX]
    pairs, upload = await _read(request)
    exchange = Exchange(sandbox, request, pairs, upload)
    key = exchange.key_in_use()
    if key is not None and key in sandbox.busy_keys:
        return exchange.response(exchange.refuse(_key_in_use()))
    if key is not None:
        sandbox.busy_keys.add(key)
    try:
        return await _answer(sandbox, request, exchange)
    finally:
        if key is not None:
            sandbox.busy_keys.discard(key)


async def _read(request: web.Request) -> tuple[list[tuple[str, str]], Upload | None]:
    """What a request's body holds: its parameters, a file's by its name, and the file."""
    if not request.content_type.startswith("multipart/"):
        body = await request.read()
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True), None
    pairs: list[tuple[str, str]] = []
    upload = None
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            upload = Upload(name=value.filename, content=value.file.read())
            pairs.append((name, value.filename))
        else:
            pairs.append((name, str(value)))
    return pairs, upload


async def _answer(sandbox: Sandbox, request: web.Request, exchange: Exchange) -> web.Response:
    fault = sandbox.faults.take(request.method, request.path)
    if fault is not None and fault.when == "before":
        lost = await _misbehave(request, fault)
        if lost is not None:
            return lost
    answer = exchange.answer()
    sandbox.wake_courier()
    if fault is not None and fault.when == "after":
        lost = await _misbehave(request, fault)
        if lost is not None:
            return lost
    return exchange.response(answer)


async def _misbehave(request: web.Request, fault: Fault) -> web.Response | None:
    """Do what a fault says; None to go on as if nothing had been."""
    await asyncio.sleep(fault.seconds)
    if fault.mode == "delay":
        return None
    if fault.mode in ("disconnect", "timeout"):
        # A timeout is a connection that says nothing (`seconds`) and then ends without an answer.
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    error = {"message": "An unknown error occurred (injected by the test controls).", "type": "api_error"}
    return web.json_response({"error": error}, status=fault.status, headers=CORS)


def _key_in_use() -> StripeError:
    return StripeError(
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        "twice, and the other request is still going through). Please try again later.",
        status=409,
        type="idempotency_error",
        code="idempotency_key_in_use",
    )


class Exchange:
    """One request and the way to its answer. Everything here runs without pause, so requests never interleave."""

    def __init__(
        self, sandbox: Sandbox, request: web.Request, pairs: list[tuple[str, str]], upload: Upload | None = None
    ) -> None:
        self.sandbox, self.request = sandbox, request
        self.request_id = new_id("req", 14)
        self.method, self.path = request.method.lower(), request.path.rstrip("/")
        self.pairs = [
            *parse_qsl(request.query_string, keep_blank_values=True),
            *pairs,
        ]
        self.upload = upload
        self.account = request.headers.get("Stripe-Account", PLATFORM)
        self.idempotency_key = request.headers.get("Idempotency-Key")
        # What the log keeps. Card data never reaches it.
        self.shown_params: JsonObject = {}

    def key_in_use(self) -> tuple[str, str] | None:
        """The idempotency key with its scope; only POST requests use one."""
        if self.method != "post" or not self.idempotency_key:
            return None
        return (self.account, self.idempotency_key)

    def answer(self) -> Answer:
        """The answer, from memory when the idempotency key was used before."""
        try:
            publishable = self._authenticate()
            operation = self._operation()
            call = self._call(operation, publishable=publishable)
            replayed = self._replay()
        except StripeError as error:
            return self.refuse(error)
        return replayed or self._execute(operation, call)

    def refuse(self, error: StripeError) -> Answer:
        """An error as an answer; nothing is remembered for the key."""
        error.error["request_log_url"] = f"{self.sandbox.base_url(self.request)}/_sandbox/requests/{self.request_id}"
        headers = {"Stripe-Should-Retry": "true"} if error.status == 409 else {}
        answer = Answer(error.status, json.dumps({"error": error.error}), headers)
        self._log(answer.status)
        return answer

    def response(self, answer: Answer) -> web.Response:
        """The answer as HTTP."""
        headers = {**CORS, **answer.headers, "Request-Id": self.request_id}
        return web.Response(status=answer.status, text=answer.text, content_type="application/json", headers=headers)

    def _authenticate(self) -> bool:
        """Whether the key is publishable; raises without a usable key."""
        header = self.request.headers.get("Authorization", "")
        scheme, _, value = header.partition(" ")
        key = value
        if scheme.lower() == "basic":
            try:
                key = base64.b64decode(value).decode().split(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                key = ""
        if not key:
            raise StripeError(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
                status=401,
            )
        if not key.startswith(("sk_test_", "rk_test_", "pk_test_")):
            raise StripeError(f"Invalid API Key provided: {key[:8]}****. The sandbox takes test keys only.", status=401)
        return key.startswith("pk_")

    def _operation(self) -> Operation:
        operation = self.sandbox.contract.find(self.method, self.path)
        if operation is None:
            raise StripeError(
                f"Unrecognized request URL ({self.method.upper()}: {self.path}). If you are trying to list objects, "
                "remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid "
                "(non-empty) identifier in your code.",
                status=404,
            )
        if (self.method, operation.template) not in HANDLERS:
            raise StripeError(f"The sandbox does not offer {self.method.upper()} {operation.template} yet.", status=501)
        return operation

    def _call(self, operation: Operation, *, publishable: bool) -> Call:
        """The call with typed parameters; raises on the first thing that the contract forbids."""
        if publishable and (self.method, operation.template) not in PUBLISHABLE:
            raise StripeError(
                "This API call cannot be made with a publishable API key. Please use a secret API key.",
                status=403,
                code="secret_key_required",
            )
        match = operation.pattern.match(self.path)
        assert match is not None
        call = Call(
            store=self.sandbox.store,
            contract=self.sandbox.contract,
            base_url=self.sandbox.base_url(self.request),
            account=self.account,
            ids=match.groupdict(),
            path=self.path,
            publishable=publishable,
            request_id=self.request_id,
            idempotency_key=self.idempotency_key,
            settle_seconds=self.sandbox.settle_seconds,
            upload=self.upload,
        )
        if call.account == call.platform_account():
            self.account = call.account = PLATFORM
        call.owner()
        call.params = self._params(operation, publishable=publishable)
        return call

    def _params(self, operation: Operation, *, publishable: bool) -> JsonObject:
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        headers.pop("authorization", None)
        if not self.pairs:
            headers.pop("content-type", None)
        aside = BROWSER_PARAMETERS if publishable and self.method == "post" else ()
        tree, found = tree_from_pairs((name, value) for name, value in self.pairs if name not in aside)
        params, wrong = self.sandbox.contract.decode(operation.request, tree)
        self.shown_params = {k: v for k, v in params.items() if k not in ("card", "payment_method_data")}
        found += wrong
        if not found:
            found = check_headers(self.sandbox.contract, operation, headers)
            found += broken_rules(self.method, operation.template, params, headers)
        if found:
            raise _refusal(found[0])
        params.update({name: value for name, value in self.pairs if name in aside})
        return params

    def _fingerprint(self) -> str:
        file = hashlib.sha256(self.upload.content).hexdigest() if self.upload else ""
        text = json.dumps([self.method, self.path, sorted(self.pairs), file])
        return hashlib.sha256(text.encode()).hexdigest()

    def _replay(self) -> Answer | None:
        """The first answer for this idempotency key; raises when the parameters were others."""
        if self.key_in_use() is None:
            return None
        rows = self.sandbox.store.execute(
            "select * from idempotency where account = ? and key = ? and created > ?",
            self.account,
            self.idempotency_key,
            now() - KEY_LIFETIME_SECONDS,
        )
        if not rows:
            return None
        if rows[0]["fingerprint"] != self._fingerprint():
            raise StripeError(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
                f"using a key other than '{self.idempotency_key}' if you meant to execute a different request.",
                type="idempotency_error",
            )
        headers = {"Idempotent-Replayed": "true", "Original-Request": rows[0]["request_id"]}
        self._log(rows[0]["status"])
        return Answer(rows[0]["status"], rows[0]["body"], headers)

    def _execute(self, operation: Operation, call: Call) -> Answer:
        """Run the handler in one transaction, together with the memory of its answer."""
        store = self.sandbox.store
        try:
            with store.transaction():
                try:
                    shown = self._handle(operation, call)
                    answer = Answer(200, json.dumps(shown))
                except StripeError as error:
                    if not error.keeps_changes:
                        raise
                    answer = Answer(error.status, json.dumps({"error": error.error}))
                self._remember(answer)
                self._log(answer.status)
        except StripeError as error:
            answer = self._remembered_error(error)
        except Exception:
            logger.exception("%s %s failed", self.method.upper(), self.path)
            message = "Sorry, there was an error on the sandbox's end: its log says more."
            answer = self._remembered_error(StripeError(message, status=500, type="api_error"))
        return answer

    def _handle(self, operation: Operation, call: Call) -> JsonObject:
        expansions = call.params.pop("expand", [])
        result = HANDLERS[self.method, operation.template](call)
        shown = visible_answer(result, publishable=call.publishable)
        expand(call.store, call.contract, shown, expansions)
        return shown

    def _remembered_error(self, error: StripeError) -> Answer:
        answer = self.refuse(error)
        with self.sandbox.store.transaction():
            self._remember(answer)
        return answer

    def _remember(self, answer: Answer) -> None:
        if self.key_in_use() is not None:
            self.sandbox.store.execute(
                "insert or replace into idempotency values (?, ?, ?, ?, ?, ?, ?)",
                self.account,
                self.idempotency_key,
                self._fingerprint(),
                self.request_id,
                answer.status,
                answer.text,
                now(),
            )

    def _log(self, status: int) -> None:
        self.sandbox.store.log_request(
            self.request_id, self.method.upper(), self.path, self.account, status, self.shown_params
        )


def _refusal(violation: Violation) -> StripeError:
    """A violation of the contract as the API's error."""
    if violation.where == "payment_method_types" and violation.code == "parameter_unknown":
        return StripeError(
            "The `payment_method_types` parameter is no longer supported. Use `automatic_payment_methods` or "
            "`allowed_payment_method_types` instead.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )
    return StripeError(violation.what, code=violation.code, param=violation.where)
