"""The platform's people look after organizers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from accounts.actions import create_platform_admin
from audit.models import AuditEntry
from console.actions import count_events, count_refund, count_refund_failed, count_sale, list_incident
from console.models import CountedSale, OrganizerFigures, OrganizerTurnover
from console.urls import urlpatterns
from inbox.models import ProviderEvent
from outbox.models import OutboxMessage
from pricing.models import FeeOverride
from reconciliation.models import Check, Incident
from tenants.models import Organizer, PreparedSchema
from tests import world
from tests.staff import Visitor, signed_in, text, with_password


@pytest.fixture
def ada(northside: world.House, southside: world.House) -> Visitor:
    """The platform's admin, signed in on the platform's host, with both organizers there."""
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    user = create_platform_admin(email="ada@marquee.example", password=world.PASSWORD, name="Ada")
    return signed_in(user)


def page_of(house: world.House) -> str:
    return f"/console/organizers/{house.organizer.pk}/"


def addresses(house: world.House) -> list[tuple[str, str]]:
    """Every address of the console with its method."""
    posts = {"suspensions", "reactivations", "checks", "standard_fee", "incident_closure"}
    some = "01900000-0000-7000-8000-000000000000"
    return [
        (
            "post" if pattern.name in posts else "get",
            reverse(
                f"console:{pattern.name}",
                args=[
                    *([house.organizer.pk] if "organizer_id" in str(pattern.pattern) else []),
                    *([some] if "incident_id" in str(pattern.pattern) else []),
                    *(["EUR"] if "currency" in str(pattern.pattern) else []),
                ],
                urlconf="config.public_urls",
            ),
        )
        for pattern in urlpatterns
    ]


# --- Who may ------------------------------------------------------------------------------------------------------------------------


def test_an_owner_is_not_the_platforms_staff(northside: world.House, southside: world.House) -> None:
    nora = signed_in(northside.owner)

    for method, url in addresses(southside):
        response = getattr(nora, method)(url)
        assert response.status_code == 403, url
        assert "Southside" not in text(response)
    assert Organizer.objects.get(slug="southside").is_active


def test_a_password_alone_and_strangers_are_led_to_sign_in(southside: world.House, ada: Visitor) -> None:
    from accounts.models import User

    half = with_password(User.objects.get(email="ada@marquee.example"))
    for visitor in (Visitor(), half):
        for method, url in addresses(southside):
            response = getattr(visitor, method)(url, {"reason": "x"})
            assert response.status_code == 302, url
            assert response["Location"].startswith("/account/"), url
    assert Organizer.objects.get(slug="southside").is_active


def test_the_console_is_not_on_an_organizers_host(northside: world.House, ada: Visitor) -> None:
    visitor = Visitor(northside.host)
    visitor.cookies = ada.cookies

    assert visitor.get("/console/").status_code == 404


# --- Organizers ------------------------------------------------------------------------------------------------------------------------


def test_ada_sees_organizers_with_their_figures(ada: Visitor, northside: world.House) -> None:
    figures = OrganizerFigures.objects.create(organizer=northside.organizer, events=3, orders=12, tickets=30)
    OrganizerTurnover.objects.create(organizer=northside.organizer, currency="EUR", paid=123_450, refunded=2_510)
    OrganizerTurnover.objects.create(organizer=northside.organizer, currency="CHF", paid=9_900)

    page = text(ada.get("/console/"))

    assert "Northside Hall" in page
    assert "Southside Yard" in page
    assert "€1,234.50" in page
    assert "CHF" in page
    assert figures.orders == 12
    one = text(ada.get(page_of(northside)))
    assert "€1,209.40" in one  # kept
    assert "northside.localhost" in one


def test_organizers_are_found_by_name_address_and_state(ada: Visitor, southside: world.House) -> None:
    def slugs(**query: str) -> list[str]:
        return [row.slug for row in ada.get("/console/", query).context["page_obj"]]

    assert slugs(q="yard") == ["southside"]
    assert slugs(q="northside.localhost") == ["northside"]
    assert slugs(q="nobody") == []
    assert slugs(state="suspended") == []
    Organizer.objects.filter(pk=southside.organizer.pk).update(state=Organizer.State.SUSPENDED)
    assert slugs(state="suspended") == ["southside"]


def test_no_page_of_the_console_walks_schemas(
    ada: Visitor, northside: world.House, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    with django_assert_max_num_queries(14) as asked:
        ada.get("/console/")

    assert not [query["sql"] for query in asked.captured_queries if northside.organizer.schema_name in query["sql"]]


# --- What the platform takes ------------------------------------------------------------------------------------------------------------


def test_ada_agrees_on_a_fee_sees_it_count_and_goes_back_to_the_standard_one(
    ada: Visitor, northside: world.House
) -> None:
    fee = f"{page_of(northside)}fees/EUR/"
    assert "2.5 % + €0.50" in text(ada.get(page_of(northside)))
    page = text(ada.get(fee))
    assert "€25.10" in page  # what the buyer of a ticket at 24 pays

    typed = {"percent": "10", "fixed": "0.2", "minimum": "1", "maximum": "5"}
    example = text(ada.get(f"{fee}example/", {**typed, "price": "24"}))
    response = ada.post(fee, typed)

    for amount in ("€24.00", "€2.60", "€26.60"):
        assert amount in example
    assert response["Location"] == page_of(northside)
    assert "10 % + €0.20, at least €1.00, at most €5.00" in text(ada.get(page_of(northside)))
    entry = AuditEntry.objects.get(verb="set_platform_fee")
    assert entry.actor_kind == "user"
    assert entry.detail["is"] == {"basis_points": 1000, "fixed": 20, "minimum": 100, "maximum": 500}

    ada.post(f"{fee}standard/")
    assert "2.5 % + €0.50" in text(ada.get(page_of(northside)))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"percent": "101"}, "100"),
        ({"percent": "x"}, "Enter a number"),
        ({"fixed": ""}, "required"),
        ({"fixed": "1.234"}, "Enter an amount like"),
        ({"minimum": "2", "maximum": "1"}, "The most is less than the least."),
    ],
)
def test_a_fee_that_cannot_be_is_said_beside_its_field(
    ada: Visitor, northside: world.House, typed: dict[str, str], words: str
) -> None:
    response = ada.post(f"{page_of(northside)}fees/EUR/", {"percent": "10", "fixed": "0", **typed})

    assert response.status_code == 422
    assert words in text(response)
    assert not FeeOverride.objects.exists()


def test_a_fee_in_a_currency_that_we_do_not_sell_in_is_no_page(ada: Visitor, northside: world.House) -> None:
    assert ada.get(f"{page_of(northside)}fees/XXX/").status_code == 404
    assert ada.get(f"{page_of(northside)}fees/JPY/").status_code == 200


def test_half_a_fee_typed_makes_no_example(ada: Visitor, northside: world.House) -> None:
    example = text(ada.get(f"{page_of(northside)}fees/EUR/example/", {"percent": "1", "fixed": "", "price": "24"}))

    assert example.count("–") == 4


# --- Suspend and reopen -----------------------------------------------------------------------------------------------------------------


def test_ada_suspends_an_organizer_with_a_reason_and_opens_it_again(ada: Visitor, southside: world.House) -> None:
    response = ada.post(f"{page_of(southside)}suspensions/", {"reason": "Sold seats that do not exist"})

    assert response["Location"] == page_of(southside)
    organizer = Organizer.objects.get(pk=southside.organizer.pk)
    assert (organizer.state, organizer.suspended_reason) == ("suspended", "Sold seats that do not exist")
    entry = AuditEntry.objects.get(verb="suspend_organizer")
    assert entry.actor_kind == "user"
    assert entry.detail == {"reason": "Sold seats that do not exist"}
    page = text(ada.get(page_of(southside)))
    assert "Sold seats that do not exist" in page
    assert "Open it again" in page

    ada.post(f"{page_of(southside)}reactivations/")
    organizer.refresh_from_db()
    assert (organizer.state, organizer.suspended_reason) == ("active", "")


def test_without_a_reason_nothing_is_suspended(ada: Visitor, southside: world.House) -> None:
    response = ada.post(f"{page_of(southside)}suspensions/", {"reason": "  "})

    assert response.status_code == 422
    assert "There is a problem" in text(response)
    assert Organizer.objects.get(pk=southside.organizer.pk).is_active
    assert not AuditEntry.objects.filter(verb="suspend_organizer").exists()


def test_an_unknown_organizer_is_not_found(ada: Visitor) -> None:
    nobody = "/console/organizers/01900000-0000-7000-8000-000000000000/"

    assert ada.get(nobody).status_code == 404
    assert ada.post(f"{nobody}suspensions/", {"reason": "x"}).status_code == 404


# --- Health -------------------------------------------------------------------------------------------------------------------------------


def test_health_counts_schemas_and_what_was_given_up(ada: Visitor) -> None:
    before = ada.get("/console/health/").context["outbox"]
    PreparedSchema.objects.create(schema_name="t_broken", state="failed", error="OperationalError: disk full")
    now = timezone.now()
    OutboxMessage.objects.create(kind="x", key="late", due_at=now - timedelta(minutes=9))
    OutboxMessage.objects.create(kind="x", key="dead", due_at=now, is_dead=True)
    ProviderEvent.objects.create(event_id="evt_1", type="charge.x", payload={}, due_at=now, state="dead")

    page = ada.get("/console/health/")

    assert page.context["pool"].failed == 1
    assert "OperationalError: disk full" in text(page)
    outbox = page.context["outbox"]
    assert (outbox.late - before.late, outbox.dead - before.dead) == (1, 1)
    assert (page.context["webhooks"].waiting, page.context["webhooks"].dead) == (0, 1)


# --- The read model -------------------------------------------------------------------------------------------------------------------------


def test_a_sale_and_its_refund_count_once_each(paying: world.House, media: object) -> None:
    from checkout.actions import refund_order

    order = world.paid_order(world.make_event(), Standard=2)
    count_sale(order_id=order.pk)
    count_sale(order_id=order.pk)
    with schema_context("public"):
        turnover = OrganizerTurnover.objects.get()
        assert (turnover.organizer_id, turnover.currency) == (paying.organizer.pk, "EUR")
        assert (turnover.paid, turnover.refunded) == (5020, 0)
        figures = OrganizerFigures.objects.get()
        assert (figures.orders, figures.tickets, figures.last_sale_at) == (1, 2, order.paid_at)

    refund_order(order_id=order.pk, actor=world.SYSTEM)
    refund = order.payment.refunds.get()
    count_refund(refund_id=refund.pk)
    count_refund(refund_id=refund.pk)
    turnover.refresh_from_db()
    assert (turnover.paid, turnover.refunded, turnover.kept) == (5020, 5020, 0)
    assert CountedSale.objects.count() == 2

    count_refund_failed(refund_id=refund.pk)
    count_refund_failed(refund_id=refund.pk)
    turnover.refresh_from_db()
    assert (turnover.refunded, turnover.kept) == (0, 5020)


def test_a_free_order_counts_without_money(northside: world.House) -> None:
    order = world.place_order(world.make_event(kinds=(("Guest", 0, 5),)), Guest=2)

    count_sale(order_id=order.pk)

    assert OrganizerFigures.objects.get().orders == 1
    assert not OrganizerTurnover.objects.exists()


def test_published_events_are_counted_per_organizer(northside: world.House, southside: world.House) -> None:
    world.make_event(kinds=(("Guest", 0, 5),))
    world.make_event(kinds=(("Guest", 0, 5),), is_published=False)
    count_events()
    with tenant_context(southside.organizer):
        count_events()

    counted = dict(OrganizerFigures.objects.values_list("organizer__slug", "events"))
    assert counted == {"northside": 1, "southside": 0}


# --- Incidents -----------------------------------------------------------------------------------------------------------------------


def found_at(house: world.House, **more: object) -> Incident:
    """An incident of a house, and the platform's list brought up to date as the outbox does."""
    with tenant_context(house.organizer):
        made = Incident.objects.create(
            key=f"line:{house.organizer.slug}",
            kind=Incident.Kind.MONEY_UNKNOWN,
            subject=f"ch_{house.organizer.slug}",
            **{"currency": "EUR", "ours": 0, "theirs": 777, **more},
        )
        list_incident(incident_id=made.pk)
        list_incident(incident_id=made.pk)
    return made


def test_ada_sees_every_organizers_incidents(ada: Visitor, northside: world.House, southside: world.House) -> None:
    assert "No incident here" in text(ada.get("/console/incidents/"))
    here = found_at(northside, order_number="NS123456")
    found_at(southside)

    inbox = text(ada.get("/console/incidents/"))
    page = text(ada.get(f"/console/incidents/{here.pk}/"))

    assert [row.organizer.slug for row in ada.get("/console/incidents/").context["page_obj"]] == [
        "southside",
        "northside",
    ]
    assert "Money that we cannot explain" in inbox
    assert "€7.77" in inbox
    assert "ch_northside" in page
    assert f"http://{northside.host}" in page
    assert "/portal/orders/NS123456/" in page
    assert "Look it up at Stripe by its id" in page
    assert ada.get("/console/incidents/01900000-0000-7000-8000-000000000000/").status_code == 404


def test_ada_closes_an_organizers_incident(ada: Visitor, northside: world.House, southside: world.House) -> None:
    here, there = found_at(northside), found_at(southside)
    assert ada.post(f"/console/incidents/{here.pk}/closure/", {"note": ""}).status_code == 422

    closed = ada.post(f"/console/incidents/{here.pk}/closure/", {"note": "Stripe's correction"}, follow=True)

    assert "The incident is closed." in text(closed)
    assert [row.incident_id for row in ada.get("/console/incidents/").context["page_obj"]] == [there.pk]
    with tenant_context(northside.organizer):
        here.refresh_from_db()
        assert (here.state, here.note) == ("closed", "Stripe's correction")
    with tenant_context(southside.organizer):
        assert Incident.objects.get().is_open


def test_ada_has_an_organizers_books_compared(ada: Visitor, northside: world.House) -> None:
    checks = f"{page_of(northside)}checks/"
    assert "This organizer cannot take payments yet" in text(ada.post(checks, follow=True))
    with tenant_context(northside.organizer):
        assert not Check.objects.exists()
        world.let_charge(northside)

    page = text(ada.post(checks, follow=True))

    assert "The check has begun." in page
    assert "Fetching the lines of the balance" in page
    part = ada.get(f"{page_of(northside)}check/")
    assert "Fetching the lines of the balance" in text(part)
    with tenant_context(northside.organizer):
        assert Check.objects.get().asked_by.startswith("user:")
        Check.objects.update(finished_at=timezone.now(), step="done", lines=3)
    assert ada.get(f"{page_of(northside)}check/")["HX-Refresh"] == "true"
