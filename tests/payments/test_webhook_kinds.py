"""Every kind of webhook that we act on, forged in every way: refused, or answered, with no row of any table written or changed."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from audit.actions import SYSTEM
from config.stripe_events import VERBS
from inbox.actions import process_due_events, receive_event
from inbox.models import ProviderEvent
from payments.actions import keep_account_facts
from payments.gateway import AccountFacts
from payments.models import Payment
from tests import world
from tests.payments.test_webhook import CONNECT, PLATFORM, deliver, event, signature
from tests.processes import Sandbox

# What each kind's object is called at the provider; the handlers ask about it under this name.
OBJECTS = {
    "payment_intent": "pi_",
    "refund": "re_",
    "charge.refund": "re_",
    "charge.dispute": "du_",
    "radar.early_fraud_warning": "issfr_",
    "payout": "po_",
    "account": "acct_",
    "capability": "acct_",
}
FORGED = {
    "with no signature": lambda body: None,
    "with somebody's secret": lambda body: signature(body, "whsec_guess"),
    "with the platform's secret": lambda body: signature(body, PLATFORM),
    "with an old signature": lambda body: signature(body, CONNECT, at=time.time() - 301),
    "with another body's signature": lambda body: signature(body + b" ", CONNECT),
    "in a test scheme": lambda body: signature(body, CONNECT, scheme="v0"),
}


@pytest.fixture(autouse=True)
def secrets(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_CONNECT_WEBHOOK_SECRET = PLATFORM, CONNECT
    monkeypatch.setattr("config.tasks.wake_inbox", lambda: None)


def rows(*schemas: str) -> dict[str, str]:
    """A digest of every row of every table in these schemas: what differs afterwards was written."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2", [list(schemas)]
        )
        for schema, table in cursor.fetchall():
            cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{schema}"."{table}" t')
            found[f"{schema}.{table}"] = cursor.fetchone()[0] or ""
    return found


def object_of(kind: str) -> str:
    prefix = next(OBJECTS[name] for name in sorted(OBJECTS, key=len, reverse=True) if kind.startswith(f"{name}."))
    return f"{prefix}{uuid4().hex[:16]}"


def test_each_kind_is_refused_however_it_is_forged(northside: world.House, southside: world.House) -> None:
    """23 kinds, six forgeries each: a 400, and no row of the platform's or of either organizer's tables is another."""
    schemas = ("public", northside.organizer.schema_name, southside.organizer.schema_name)
    before = rows(*schemas)
    for kind in VERBS:
        for how, sign in FORGED.items():
            made = event("acct_north", type=kind, data={"object": {"id": object_of(kind)}})
            body = json.dumps(made).encode()
            answer = deliver(body, sign(body))
            assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "webhook_refused"), (kind, how)
    assert len(before) > 100
    assert rows(*schemas) == before


def test_each_kind_replayed_changes_nothing_more(northside: world.House) -> None:
    """A message that was processed comes again, rightly signed: 200, and no row is another."""
    for kind in VERBS:
        event_id = f"evt_{uuid4().hex}"
        ProviderEvent.objects.create(
            event_id=event_id, type=kind, account_id="acct_north", payload={}, state="done", due_at="2026-01-01T00:00Z"
        )
        before = rows("public", northside.organizer.schema_name)
        body = json.dumps(event("acct_north", id=event_id, type=kind)).encode()
        for _time in range(3):
            assert deliver(body, signature(body, CONNECT)).status_code == 200
        assert process_due_events(VERBS) == 0
        assert rows("public", northside.organizer.schema_name) == before, kind


def test_each_kind_from_another_account_reaches_nothing(
    paying: world.House, southside: world.House, stripe_sandbox: Sandbox
) -> None:
    """Rightly signed, of Southside's account, naming what is Northside's: kept with the inbox, and nothing else is another."""
    order = world.paid_order(world.make_event(), Standard=1)
    payment = Payment.objects.get(order=order)
    dispute = stripe_sandbox.control("disputes", payment_intent=payment.intent_id, inquiry=True)
    named = {"payment_intent": payment.intent_id, "charge.dispute": dispute["id"]}
    facts = AccountFacts(
        id="acct_south", charges_enabled=True, payouts_enabled=True, requirements=(), disabled_reason=""
    )
    with schema_context(southside.organizer.schema_name):
        keep_account_facts(organizer=southside.organizer, facts=facts, actor=SYSTEM)
    connection.set_tenant(paying.organizer)  # type: ignore[attr-defined]
    schema = paying.organizer.schema_name
    before = rows(schema)
    for kind in VERBS:
        name = next((named[part] for part in named if kind.startswith(f"{part}.")), object_of(kind))
        assert receive_event(event("acct_south", type=kind, data={"object": {"id": name}}))
    process_due_events(VERBS, limit=100)
    assert rows(schema) == before
