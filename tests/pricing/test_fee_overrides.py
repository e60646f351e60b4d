"""The platform's fee as agreed with one organizer: it counts from the next claim on, there and nowhere else."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from audit.models import AuditEntry
from checkout.catalog import kept_offer
from events.models import Performance
from outbox.models import OutboxMessage
from pricing.actions import set_platform_fee
from pricing.errors import FeePlanInvalid
from pricing.models import FeeOverride
from pricing.plans import platform_fee_plans
from pricing.quote import FeePlan
from tests import world
from ui.money import CURRENCIES

TEN_PERCENT = FeePlan(basis_points=1000, fixed=0, minimum=100, maximum=500)


@pytest.fixture
def selling(northside: world.House) -> world.House:
    """Northside Hall, entered, where paid tickets may be held."""
    world.let_charge(northside)
    return northside


def agree(house: world.House, plan: FeePlan | None, currency: str = "EUR") -> None:
    with schema_context("public"):
        set_platform_fee(organizer_id=house.organizer.pk, currency=currency, plan=plan, actor=world.SYSTEM)


def test_there_is_a_standard_fee_for_every_currency_that_we_sell_in() -> None:
    assert set(CURRENCIES) <= set(settings.PLATFORM_FEES)
    assert FeePlan(*settings.PLATFORM_FEES["EUR"]) == FeePlan(basis_points=250, fixed=50)


def test_an_agreed_fee_counts_from_the_next_claim_on_and_what_is_held_keeps_its_price(selling: world.House) -> None:
    event = world.make_event()
    before = world.hold(event, **{world.STANDARD: 2})
    was = kept_offer(event.performances.get().pk)

    agree(selling, TEN_PERCENT)

    after = world.hold(event, **{world.STANDARD: 2, world.FREE: 1})
    assert kept_offer(event.performances.get().pk) is not was
    assert (after.quote["fees"], after.quote["total"]) == (480, 5280)
    before.refresh_from_db()
    assert (before.quote["fees"], before.quote["total"]) == (220, 5020)
    page = Client(HTTP_HOST=selling.host).get(f"/events/{event.slug}/").content.decode()
    assert "€26.40" in page
    assert "€25.10" not in page


def test_a_hold_asks_for_the_plan_once_and_then_no_more(selling: world.House) -> None:
    event = world.make_event()
    agree(selling, TEN_PERCENT)

    with CaptureQueriesContext(connection) as asked:
        world.hold(event, **{world.STANDARD: 1})
        world.hold(event, **{world.STANDARD: 1})

    asked_for = [query["sql"] for query in asked.captured_queries]
    assert sum("pricing_feeoverride" in sql for sql in asked_for) == 1
    assert sum("claim_places" in sql for sql in asked_for) == 2


def test_what_was_agreed_with_one_organizer_is_nobody_elses(selling: world.House, southside: world.House) -> None:
    agree(southside, TEN_PERCENT)

    assert platform_fee_plans()["EUR"] == FeePlan(basis_points=250, fixed=50)
    with tenant_context(southside.organizer):
        plans = platform_fee_plans()
        assert (plans["EUR"], plans["CHF"]) == (TEN_PERCENT, FeePlan(basis_points=250, fixed=50))


def test_only_dates_in_that_currency_are_priced_anew_and_listed_again(selling: world.House) -> None:
    euros, francs = world.make_event(), world.make_event(currency="CHF")
    versions = dict(Performance.objects.values_list("event_id", "offer_version"))
    OutboxMessage.objects.filter(kind="list_event").delete()

    agree(selling, TEN_PERCENT)

    now = dict(Performance.objects.values_list("event_id", "offer_version"))
    assert now[euros.pk] != versions[euros.pk]
    assert now[francs.pk] == versions[francs.pk]
    assert [message.payload for message in OutboxMessage.objects.filter(kind="list_event")] == [
        {"event_id": str(euros.pk)}
    ]


def test_the_history_says_what_it_was_and_is_and_the_same_again_is_no_change(selling: world.House) -> None:
    agree(selling, TEN_PERCENT)
    agree(selling, TEN_PERCENT)
    agree(selling, None)
    agree(selling, None)

    with schema_context("public"):
        agreed, ended = AuditEntry.objects.filter(verb="set_platform_fee").order_by("pk")
    standard = {"basis_points": 250, "fixed": 50, "minimum": 0, "maximum": None}
    ten_percent = {"basis_points": 1000, "fixed": 0, "minimum": 100, "maximum": 500}
    assert agreed.detail == {"currency": "EUR", "was": standard, "is": ten_percent}
    assert ended.detail == {"currency": "EUR", "was": ten_percent, "is": standard}
    assert agreed.target_id == str(selling.organizer.pk)
    assert not FeeOverride.objects.exists()


@pytest.mark.parametrize(
    ("plan", "currency", "field"),
    [
        (FeePlan(basis_points=10_001, fixed=0), "EUR", "percent"),
        (FeePlan(basis_points=250, fixed=-1), "EUR", "fixed"),
        (FeePlan(basis_points=250, fixed=0, maximum=100_000_000), "EUR", "maximum"),
        (FeePlan(basis_points=250, fixed=0, minimum=200, maximum=100), "EUR", "maximum"),
        (FeePlan(basis_points=250, fixed=0), "XXX", None),
    ],
)
def test_a_fee_that_cannot_be_is_refused_and_nothing_changes(
    selling: world.House, plan: FeePlan, currency: str, field: str | None
) -> None:
    world.make_event()
    agree(selling, TEN_PERCENT)
    versions = list(Performance.objects.values_list("offer_version"))

    with pytest.raises(FeePlanInvalid) as refused:
        set_platform_fee(organizer_id=selling.organizer.pk, currency=currency, plan=plan, actor=world.SYSTEM)

    assert refused.value.extra.get("field") == field
    assert platform_fee_plans()["EUR"] == TEN_PERCENT
    assert FeeOverride.objects.count() == 1
    assert list(Performance.objects.values_list("offer_version")) == versions


def test_an_organizer_that_is_not_there_is_refused(selling: world.House) -> None:
    with pytest.raises(type(selling.organizer).DoesNotExist):
        set_platform_fee(organizer_id=uuid4(), currency="EUR", plan=TEN_PERCENT, actor=world.SYSTEM)
    assert not FeeOverride.objects.exists()
