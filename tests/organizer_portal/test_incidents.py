"""Nora sees where her books and Stripe's differ, what to do, and runs the comparison herself."""

import pytest
from django_tenants.utils import tenant_context

from audit.models import AuditEntry
from outbox.models import OutboxMessage
from payments import gateway
from people.models import Membership
from reconciliation.actions import close_incident
from reconciliation.models import Check, Incident
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.processes import Sandbox
from tests.reconciliation.conftest import check_money, fresh_account
from tests.staff import Visitor, signed_in, text


@pytest.fixture
def nora(northside: world.House, stripe_sandbox: Sandbox) -> Visitor:
    return signed_in(northside.owner, northside.host)


def page_of(incident: Incident) -> str:
    return f"/portal/incidents/{incident.pk}/"


def an_unknown_payment() -> Incident:
    """What a check made of 7.77 that no order explains."""
    return Incident.objects.create(
        key="line:txn_1",
        kind=Incident.Kind.MONEY_UNKNOWN,
        subject="ch_1",
        currency="EUR",
        ours=0,
        theirs=777,
    )


def test_before_stripe_is_connected_there_is_nothing_to_compare(nora: Visitor) -> None:
    page = text(nora.get("/portal/incidents/"))
    assert "Nothing to compare yet" in page
    assert "Run the check now" not in page

    refused = nora.post("/portal/incidents/checks/")

    assert refused.status_code == 409
    assert not Check.objects.exists()


def test_nora_runs_the_check_and_sees_how_far_it_is(nora: Visitor, northside: world.House) -> None:
    fresh_account(northside)
    order = world.place_order(world.make_event(), Standard=2)
    intent = world.pay(order)
    gateway.capture_intent(account_id=intent_account(order), intent_id=intent.id, key="by somebody else")
    assert "Nothing is open" in text(nora.get("/portal/incidents/"))

    nora.post("/portal/incidents/checks/")
    nora.post("/portal/incidents/checks/")  # while it is under way, the same one

    check = Check.objects.get()
    assert OutboxMessage.objects.filter(kind="check_money").count() == 1
    part = nora.get("/portal/incidents/check/")
    assert "Fetching the lines of the balance" in text(part)
    assert "HX-Refresh" not in part.headers
    Check.objects.update(step="match", done=2, total=8)
    assert "2 / 8" in text(nora.get("/portal/incidents/"))
    Check.objects.update(step="fetch", done=0, total=0)

    check_money()

    done = nora.get("/portal/incidents/check/")
    assert ": 1 line." in text(done)
    assert done["HX-Refresh"] == "true"
    assert Check.objects.get() == check
    fixed = text(nora.get("/portal/incidents/", {"state": "fixed"}))
    assert "Paid, but without tickets" in fixed
    assert order.number in fixed
    assert "€50.20" in fixed


def intent_account(order: world.Order) -> str:
    return str(order.payment.account_id)


def test_an_incident_says_what_it_is_and_what_to_do(nora: Visitor) -> None:
    incident = an_unknown_payment()

    inbox, page = text(nora.get("/portal/incidents/")), text(nora.get(page_of(incident)))

    assert "Money that we cannot explain" in inbox
    assert "Look it up at Stripe by its id, and close this when you know why." in page
    assert "€7.77" in page
    assert "ch_1" in page
    world.make_event(kinds=(("Guest", 0, 5),))
    assert "1 incident with money waits for you." in text(nora.get("/portal/"))


def test_nora_closes_it_with_what_she_found(nora: Visitor) -> None:
    incident = an_unknown_payment()

    refused = nora.post(f"{page_of(incident)}closure/", {"note": " "})
    assert refused.status_code == 422
    assert "Say in a few words what was found or done." in text(refused)
    incident.refresh_from_db()
    assert incident.is_open

    closed = nora.post(f"{page_of(incident)}closure/", {"note": "Sold at the bar"}, follow=True)

    assert "The incident is closed." in text(closed)
    assert "Sold at the bar" in text(closed)
    assert ", Nora" in text(closed)
    assert AuditEntry.objects.filter(verb="close_incident", target_id=str(incident.pk)).count() == 1
    again = nora.post(f"{page_of(incident)}closure/", {"note": "Once more"}, follow=True)
    assert "This incident is settled already" in text(again)
    incident.refresh_from_db()
    assert incident.note == "Sold at the bar"


def test_in_german(nora: Visitor) -> None:
    an_unknown_payment()

    page = nora.get("/portal/incidents/", headers={"accept-language": "de"}).content.decode()

    assert "Geld, das wir nicht erklären können" in page
    assert "Offen" in page


def test_a_manager_sees_no_money(northside: world.House, colleague: Colleague) -> None:
    manager = colleague(Membership.Role.MANAGER)
    incident = an_unknown_payment()

    for path in ("/portal/incidents/", page_of(incident)):
        assert manager.get(path).status_code == 403
    assert manager.post(f"{page_of(incident)}closure/", {"note": "x"}).status_code == 403
    assert manager.post("/portal/incidents/checks/").status_code == 403
    incident.refresh_from_db()
    assert incident.is_open


def test_the_other_organizers_incident_is_not_there(
    nora: Visitor, northside: world.House, southside: world.House
) -> None:
    with tenant_context(southside.organizer):
        theirs = an_unknown_payment()

    assert nora.get(page_of(theirs)).status_code == 404
    assert nora.post(f"{page_of(theirs)}closure/", {"note": "mine"}).status_code == 404
    assert "Money that we cannot explain" not in text(nora.get("/portal/incidents/"))

    with tenant_context(southside.organizer):
        assert Incident.objects.get().is_open
        close_incident(incident_id=theirs.pk, note="ours", actor=world.SYSTEM)
