"""A program that speaks to an organizer's API: HTTP to its host, nothing of a browser."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.db import connection
from django.http import HttpResponse
from django.test import Client

from events.models import Event
from tests import world

PROBLEM = "application/problem+json"


@contextmanager
def staying_here() -> Iterator[None]:
    """A request leaves its organizer; the test stays where it was."""
    tenant = connection.tenant  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.set_tenant(tenant)  # type: ignore[attr-defined]


@dataclass
class Api:
    """The API at one host. A fault of ours is an answer of 500 here, as it is outside."""

    host: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def raw(
        self, method: str, path: str, body: bytes | str = b"", *, content_type: str = "application/json", **headers: str
    ) -> HttpResponse:
        """Send exactly this; header names with underscores for dashes."""
        sent = {"host": self.host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        with staying_here():
            answer: Any = self.client.generic(method, f"/api/v1{path}", body, content_type=content_type, headers=sent)
        return answer

    def get(self, path: str, *, token: str = "") -> HttpResponse:
        return self.raw("GET", path, **_bearer(token))

    def delete(self, path: str, *, token: str = "") -> HttpResponse:
        return self.raw("DELETE", path, **_bearer(token))

    def post(self, path: str, body: Any, *, token: str = "", key: str | None = None) -> HttpResponse:
        """A new Idempotency-Key unless `key` says otherwise; "" sends none."""
        key = uuid4().hex if key is None else key
        headers = _bearer(token) | ({"idempotency_key": key} if key else {})
        return self.raw("POST", path, json.dumps(body), **headers)


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def basket(event: Event, **wanted: int) -> dict[str, Any]:
    """The body of a hold: `basket(event, Standard=2)`."""
    items = [
        {"ticket_type_id": str(world.kind_of(event, name).pk), "quantity": quantity}
        for name, quantity in wanted.items()
    ]
    return {"performance_id": str(world.the_performance(event).pk), "items": items}


def details(hold_id: object, **changed: Any) -> dict[str, Any]:
    """The body of an order by Bea."""
    buyer = {"name": "Bea Buyer", "email": "bea@example.com", "consents": ["terms"], **changed}
    return {"hold_id": str(hold_id), "buyer": buyer}


def refused(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """That this is a well-formed problem with this code; the whole document."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer["Content-Type"] == PROBLEM
    document: dict[str, Any] = json.loads(answer.content)
    assert document["code"] == code, document
    assert document["status"] == status
    assert document["type"] == "about:blank"
    assert document["title"]
    assert document["detail"]
    return document


def given(answer: HttpResponse, status: int = 200) -> dict[str, Any]:
    """That this is the good answer; its JSON."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer["Content-Type"].startswith("application/json")
    document: dict[str, Any] = json.loads(answer.content)
    return document
