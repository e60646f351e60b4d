"""One request to the API, as its handler sees it, and the table of handlers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from payments.contract import Contract
from payments.sandbox.errors import StripeError, missing, no_access
from payments.sandbox.store import PLATFORM, JsonObject, Store


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a request, under the name that its sender gave it."""

    name: str
    content: bytes


@dataclass(slots=True)
class Call:
    """Who asks (account, kind of key), with what (typed parameters, ids from the path), and where things are kept."""

    store: Store
    contract: Contract
    base_url: str  # where a browser reaches this server, without a slash at the end
    account: str = PLATFORM
    params: JsonObject = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    path: str = ""
    publishable: bool = False
    request_id: str | None = None
    idempotency_key: str | None = None
    settle_seconds: float = 2.0
    upload: Upload | None = None

    def get(self, kind: str, identifier: str, param: str = "id") -> JsonObject:
        """The object in the caller's account; raises resource_missing otherwise."""
        found = self.store.find(kind, identifier, self.account)
        if found is None:
            raise missing(kind, identifier, param)
        return found

    def save(self, body: JsonObject) -> JsonObject:
        """Write an object of the caller's account."""
        return self.store.save(body, self.account)

    def on(self, account: str) -> Call:
        """The same call as if made on another account: for what one call causes elsewhere."""
        return Call(
            store=self.store,
            contract=self.contract,
            base_url=self.base_url,
            account=account,
            request_id=self.request_id,
            idempotency_key=self.idempotency_key,
            settle_seconds=self.settle_seconds,
        )

    def platform_account(self) -> str:
        """The id of the platform's own account."""
        return self.store.setting("platform_account")

    def owner(self) -> JsonObject:
        """The account object that this call acts on; the platform's own without `Stripe-Account`."""
        identifier = self.account or self.platform_account()
        found = self.store.find("account", identifier)
        if found is None or found.get("_deauthorised"):
            raise no_access(identifier)
        return found


Handler = Callable[[Call], JsonObject]
HANDLERS: dict[tuple[str, str], Handler] = {}


def endpoint(method: str, template: str) -> Callable[[Handler], Handler]:
    """Register a handler for a path of the contract."""

    def register(handler: Handler) -> Handler:
        HANDLERS[method.lower(), template] = handler
        return handler

    return register


def merge_metadata(body: JsonObject, params: JsonObject) -> None:
    """Stripe's rule for metadata: keys are merged, an empty value removes its key, an empty whole removes all."""
    if "metadata" not in params:
        return
    change = params["metadata"]
    if change == "":
        body["metadata"] = {}
        return
    kept = dict(body.get("metadata") or {})
    for key, value in change.items():
        kept.pop(key, None)
        if value != "":
            kept[key] = value
    body["metadata"] = kept


def assign(body: JsonObject, params: JsonObject, *names: str) -> None:
    """Copy the named parameters that were given; an empty string unsets."""
    for name in names:
        if name in params:
            body[name] = None if params[name] == "" else params[name]


def listing(call: Call, kind: str, *, fields: dict[str, Any] | None = None) -> JsonObject:
    """A page of the caller's objects by the usual parameters: limit, cursors, created."""
    created = call.params.get("created")
    bodies, more = call.store.page(
        kind,
        call.account,
        limit=page_size(call.params),
        after=_cursor(call, kind, "starting_after"),
        before=_cursor(call, kind, "ending_before"),
        created={"gte": created, "lte": created} if isinstance(created, int) else created,
        fields={name: value for name, value in (fields or {}).items() if value is not None},
    )
    return list_object(bodies, call.path, more=more)


def page_size(params: JsonObject) -> int:
    """How many objects a page holds: 1 to 100, 10 unless told."""
    limit = int(params.get("limit", 10))
    if not 1 <= limit <= 100:
        message = "This value must be greater than or equal to 1." if limit < 1 else "Limit must be at most 100."
        raise StripeError(f"Invalid integer: {message}", code="parameter_invalid_integer", param="limit")
    return limit


def _cursor(call: Call, kind: str, param: str) -> int | None:
    identifier = call.params.get(param)
    if identifier is None:
        return None
    call.get(kind, identifier, param)
    return call.store.seq_of(identifier)


def list_object(bodies: list[JsonObject], url: str, *, more: bool = False) -> JsonObject:
    """A list in Stripe's shape."""
    return {"object": "list", "data": bodies, "has_more": more, "url": url}
