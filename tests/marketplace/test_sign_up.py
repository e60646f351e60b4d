"""An organizer signs up and is ready to work at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from accounts.models import User
from accounts.queries import user_by_email
from config.handlers import HANDLERS
from people.models import Membership
from tenants.actions import top_up_prepared_schemas
from tenants.models import Domain, Organizer, PreparedSchema
from tests import world
from tests.staff import Visitor, forget_limits, has_app, signed_in, text

WORDS = {
    "name": "Café Zentral",
    "email": "ana@zentral.example",
    "password": world.PASSWORD,
    "country": "AT",
}


@pytest.fixture(autouse=True)
def platform(db: None) -> None:
    """On the platform's own tables, with a schema at hand."""
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    forget_limits()
    top_up_prepared_schemas()


def test_the_form_asks_for_four_things_and_guesses_the_country(db: None) -> None:
    page = Visitor(HTTP_ACCEPT_LANGUAGE="de-AT,de;q=0.9,en;q=0.8").get("/sign-up/")

    assert page.status_code == 200
    assert '<option value="AT" selected>' in text(page)
    assert "form-action http://*.localhost:8000 'self'" in page["Content-Security-Policy"]


def test_ana_signs_up_and_her_box_office_is_ready_at_once(db: None) -> None:
    visitor = Visitor()
    visitor.get("/sign-up/")

    response = visitor.post("/sign-up/", WORDS)

    assert response.status_code == 302
    assert response["Location"] == "http://cafe-zentral.localhost:8000/portal/"
    organizer = Organizer.objects.get(slug="cafe-zentral")
    assert (organizer.state, organizer.country, organizer.currency, organizer.timezone) == (
        "active",
        "AT",
        "EUR",
        "Europe/Vienna",
    )
    ana = User.objects.get(email="ana@zentral.example")
    with tenant_context(organizer):
        assert [(m.user_id, m.role) for m in Membership.objects.all()] == [(ana.pk, Membership.Role.OWNER)]
    home = signed_in(has_app(ana), "cafe-zentral.localhost").get("/portal/")
    assert "Let&#x27;s sell your first ticket" in text(home) or "Let's sell your first ticket" in text(home)


def test_signing_up_makes_no_table_but_takes_a_schema_that_is_ready(db: None) -> None:
    """That is what lets her work within a second: a schema takes many times as long to make (docs/tenancy.md)."""
    top_up_prepared_schemas()
    ready = set(PreparedSchema.objects.filter(state=PreparedSchema.State.READY).values_list("schema_name", flat=True))

    with CaptureQueriesContext(connection) as made:
        assert Visitor().post("/sign-up/", WORDS).status_code == 302

    assert Organizer.objects.get(slug="cafe-zentral").schema_name in ready
    assert [query["sql"] for query in made if query["sql"].startswith(("CREATE", "ALTER"))] == []
    assert len(made) < 60


def test_with_an_empty_pool_she_sees_its_progress_and_becomes_owner_when_it_is_done(db: None) -> None:
    PreparedSchema.objects.filter(state=PreparedSchema.State.READY).update(state=PreparedSchema.State.FAILED)
    visitor = Visitor()

    response = visitor.post("/sign-up/", WORDS)

    organizer = Organizer.objects.get(slug="cafe-zentral")
    assert organizer.state == Organizer.State.PROVISIONING
    assert response["Location"] == f"/sign-up/{organizer.pk}/"
    waiting = visitor.get(response["Location"])
    assert "Building your box office" in text(waiting)
    assert '<meta http-equiv="refresh" content="2">' in text(waiting)


@pytest.mark.django_db(transaction=False)
def test_the_owner_is_welcomed_by_the_outbox_once(northside: world.House) -> None:
    late = User.objects.create_user("late@example.com", world.PASSWORD, name="Late")
    payload = {"organizer_id": str(northside.organizer.pk), "opened_by": str(late.pk)}

    HANDLERS["organizer_opened"](payload)
    membership = Membership.objects.get(user_id=late.pk)
    assert membership.role == Membership.Role.OWNER
    Membership.objects.filter(pk=membership.pk).update(role=Membership.Role.DOOR)
    HANDLERS["organizer_opened"](payload)

    assert Membership.objects.get(user_id=late.pk).role == Membership.Role.DOOR  # a second message changes nothing


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"email": "ana"}, "email", "Enter a valid email address."),
        ({"email": "NORA@northside.example"}, "email", "There is already an account with this e-mail address."),
        ({"password": "short"}, "password", "This password is too short. It must contain at least 10 characters."),
        ({"password": "password1234"}, "password", "This password is too common."),
        ({"slug": "northside"}, "slug", "This address is already taken. Choose another one."),
        ({"slug": "admin"}, "slug", "This address is already taken. Choose another one."),
        ({"slug": "a"}, "slug", "Use 3 to 40 small letters, digits and hyphens"),
        ({"slug": "no_underscores"}, "slug", "Use 3 to 40 small letters, digits and hyphens"),
        ({"country": "XX"}, "country", "Select a valid choice."),
        ({"currency": "DOGE"}, "currency", "Select a valid choice."),
        ({"timezone": "Mars/Base"}, "timezone", "Select a valid choice."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(
    southside: world.House, change: dict[str, str], field: str, words: str
) -> None:
    users, organizers = User.objects.count(), Organizer.objects.count()

    response = Visitor().post("/sign-up/", {**WORDS, **change})

    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert "There is a problem" in text(response)
    assert "<title>Error:" in text(response)
    assert (User.objects.count(), Organizer.objects.count()) == (users, organizers)


def test_once_it_is_ready_its_page_leads_on(northside: world.House) -> None:
    page = Visitor().get(f"/sign-up/{northside.organizer.pk}/")

    assert '<meta http-equiv="refresh" content="0;url=http://northside.localhost:8000/portal/">' in text(page)


def test_a_name_that_is_taken_gets_a_number_when_no_address_was_chosen(southside: world.House) -> None:
    response = Visitor().post("/sign-up/", {**WORDS, "name": "Southside"})

    assert response["Location"] == "http://southside-2.localhost:8000/portal/"


def test_an_own_address_and_currency_win_over_the_country(db: None) -> None:
    chosen = {"slug": " Zentral-Wien ", "currency": "CHF", "timezone": "Europe/Zurich"}

    response = Visitor().post("/sign-up/", {**WORDS, **chosen})

    assert response["Location"] == "http://zentral-wien.localhost:8000/portal/"
    organizer = Organizer.objects.get(slug="zentral-wien")
    assert (organizer.currency, organizer.timezone) == ("CHF", "Europe/Zurich")
    assert Domain.objects.get(tenant=organizer).domain == "zentral-wien.localhost"


def test_the_twenty_first_sign_up_in_a_minute_has_to_wait(db: None) -> None:
    visitor = Visitor()
    for _number in range(20):
        assert visitor.post("/sign-up/", {}).status_code == 422

    response = visitor.post("/sign-up/", WORDS)

    assert response.status_code == 429
    assert "Too many tries" in text(response)
    assert user_by_email(WORDS["email"]) is None


def test_a_sign_up_page_for_nobody_is_not_found(db: None) -> None:
    assert Visitor().get("/sign-up/01900000-0000-7000-8000-000000000000/").status_code == 404
