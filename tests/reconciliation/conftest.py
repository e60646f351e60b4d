"""Northside Hall with an account at the provider that no other test has used, and the check as people and the clock run it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import stripe
from django.conf import settings
from django.utils import timezone

from audit.actions import SYSTEM
from config.stripe_events import VERBS
from payments import gateway
from payments.actions import keep_account_facts
from payouts.actions import add_partner, keep_partner_facts
from payouts.models import Partner
from reconciliation.actions import request_check, work_on_check
from reconciliation.models import Check, Incident
from tests import world
from tests.processes import Sandbox


def fresh_account(house: world.House, **controller: Any) -> str:
    """A connected account that can charge, for this house and this test alone; `controller` as Stripe takes it."""
    made = (
        provider()
        .v1.accounts.create(
            params={
                "country": "DE",
                "controller": controller,  # type: ignore[typeddict-item]
                "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
            }
        )
        .id
        if controller
        else gateway.create_account(
            email=house.owner.email, country="DE", name=house.organizer.name, key=f"account-{uuid4()}"
        ).id
    )
    world.enable_account(made)
    keep_account_facts(organizer=house.organizer, facts=gateway.fetch_account(made), actor=SYSTEM)
    return made


def connected_partner(house: world.House, kind: Partner.Kind, name: str) -> Partner:
    """Somebody who shares in what events earn, with an account that transfers can be made to."""
    partner = add_partner(kind=kind, name=name, email=f"{name.lower()}@example.com", actor=SYSTEM)
    return connect_partner(house, partner)


def connect_partner(house: world.House, partner: Partner) -> Partner:
    """A partner that was there already connects its account."""
    facts = gateway.create_recipient(email=partner.email, country="DE", name=partner.name, key=f"partner-{partner.pk}")
    world.enable_account(facts.id)
    keep_partner_facts(partner=partner, organizer=house.organizer, facts=gateway.fetch_account(facts.id))
    partner.refresh_from_db()
    assert partner.transfers_enabled
    return partner


def provider() -> stripe.StripeClient:
    """The provider as somebody else's program or its dashboard uses it."""
    return stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})


@pytest.fixture
def account(northside: world.House, stripe_sandbox: Sandbox) -> str:
    """Northside's own, entered."""
    return fresh_account(northside)


def later() -> datetime:
    """When whatever is under way now should have come in."""
    return timezone.now() + timedelta(minutes=10)


def check_money(*, at: datetime | None = None) -> Check:
    """The comparison, from asking for it to its end; ten minutes from now unless said otherwise."""
    check = request_check(actor=SYSTEM)
    work_on_check(check_id=check.pk, event_types=tuple(VERBS), at=at or later())
    check.refresh_from_db()
    assert check.is_done
    return check


def told() -> list[tuple[str, str]]:
    """Kind and state of every incident, oldest first; lost messages left out, which no test's sandbox delivers."""
    rows = Incident.objects.exclude(kind=Incident.Kind.EVENTS_MISSED).order_by("opened_at", "pk")
    return [(one.kind, one.state) for one in rows]
