"""Events of the payment provider: each acted on once, in its organizer, in any order, however often it comes."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from checkout import actions as checkout
from config.stripe_events import VERBS
from events.models import Event
from inbox.actions import LEASE_SECONDS, MAX_ATTEMPTS, process_due_events, receive_event, route_account
from inbox.errors import AccountTaken
from inbox.models import ProviderAccount, ProviderEvent
from orders.models import Order
from payments.errors import NotConnected
from payments.models import ConnectedAccount
from tenants.current import current_organizer
from tests import world
from tickets.models import Ticket

Made = dict[str, Any]


def event(number: int, *, account: str = "acct_north", kind: str = "it.happened") -> Made:
    return {"id": f"evt_{number}", "type": kind, "account": account, "data": {"object": {"id": f"pi_{number}"}}}


def state_of(number: int) -> tuple[str, int]:
    row = ProviderEvent.objects.get(pk=f"evt_{number}")
    return row.state, row.attempts


@pytest.fixture
def routed(northside: world.House, southside: world.House) -> world.House:
    """Each house has its account."""
    route_account(account_id="acct_north", organizer=northside.organizer)
    route_account(account_id="acct_south", organizer=southside.organizer)
    return northside


def test_an_event_is_acted_on_once_in_its_organizer(routed: world.House, southside: world.House) -> None:
    done: list[tuple[str, str]] = []
    verbs = {"it.happened": lambda made: done.append((made["id"], current_organizer().slug))}
    for made in (event(1), event(2, account="acct_south"), event(1), event(1)):
        receive_event(made)
    connection.set_schema_to_public()

    assert process_due_events(verbs) == 2
    assert process_due_events(verbs) == 0

    assert sorted(done) == [("evt_1", "northside"), ("evt_2", "southside")]
    assert state_of(1) == state_of(2) == ("done", 1)
    assert connection.schema_name == "public"


@pytest.mark.parametrize(
    "made",
    [
        event(1, account="acct_nobody"),
        event(1, account=""),
        event(1, kind="something.else"),
        {"id": "evt_1", "type": "account.updated", "data": {"object": {"id": "acct_x"}}},
    ],
    ids=["an account that nobody has", "no account", "a kind that we do not know", "the platform's own account"],
)
def test_what_concerns_nobody_is_kept_and_set_aside(routed: world.House, made: Made) -> None:
    receive_event(made)

    process_due_events({**VERBS, "it.happened": lambda made: pytest.fail("nobody's verb ran")})

    assert state_of(1)[0] == "ignored"


def test_a_verb_that_fails_is_tried_again_later_and_the_others_go_on(routed: world.House) -> None:
    broken = {"evt_1"}

    def verb(made: Made) -> None:
        if made["id"] in broken:
            raise ConnectionError("the provider is away")

    receive_event(event(1))
    receive_event(event(2))
    before = timezone.now()

    assert process_due_events({"it.happened": verb}) == 1

    row = ProviderEvent.objects.get(pk="evt_1")
    assert (row.state, row.attempts) == ("received", 1)
    assert row.last_error == "ConnectionError: the provider is away"
    assert row.due_at > before + timedelta(seconds=3)
    assert process_due_events({"it.happened": verb}) == 0, "not due yet"

    broken.clear()
    ProviderEvent.objects.update(due_at=timezone.now())
    assert process_due_events({"it.happened": verb}) == 1
    assert state_of(1) == ("done", 2)


def test_after_so_many_attempts_it_is_given_up_and_stays_to_be_seen(routed: world.House) -> None:
    def verb(made: Made) -> None:
        raise ValueError("always")

    receive_event(event(1))
    for _ in range(MAX_ATTEMPTS + 3):
        ProviderEvent.objects.update(due_at=timezone.now())
        process_due_events({"it.happened": verb})

    assert state_of(1) == ("dead", MAX_ATTEMPTS)
    assert "always" in ProviderEvent.objects.get().last_error


def test_a_killed_workers_event_is_taken_up_after_its_lease(routed: world.House) -> None:
    class Killed(BaseException):
        """What no handler catches."""

    def verb(made: Made) -> None:
        raise Killed

    receive_event(event(1))
    with pytest.raises(Killed):
        process_due_events({"it.happened": verb})
    done: list[str] = []
    again = {"it.happened": lambda made: done.append(made["id"])}

    assert process_due_events(again) == 0, "leased"
    left = ProviderEvent.objects.get().due_at - timezone.now()
    assert timedelta(seconds=LEASE_SECONDS - 10) < left <= timedelta(seconds=LEASE_SECONDS)

    ProviderEvent.objects.update(due_at=timezone.now())
    assert process_due_events(again) == 1
    assert done == ["evt_1"]


def test_one_whose_worker_is_killed_each_time_is_given_up_too(routed: world.House) -> None:
    receive_event(event(1))
    ProviderEvent.objects.update(attempts=MAX_ATTEMPTS)

    process_due_events({"it.happened": lambda made: pytest.fail("it would kill this worker too")})

    assert state_of(1)[0] == "dead"


def test_an_account_belongs_to_one_organizer_for_good(routed: world.House, southside: world.House) -> None:
    with pytest.raises(AccountTaken):
        route_account(account_id="acct_north", organizer=southside.organizer)

    route_account(account_id="acct_north", organizer=routed.organizer)
    assert ProviderAccount.objects.get(pk="acct_north").organizer == routed.organizer


# --- The real verbs -------------------------------------------------------------------------------------------------------


def stripe_event(number: int, kind: str, *, intent: str, account: str) -> Made:
    return {
        "id": f"evt_{number}",
        "type": kind,
        "account": account,
        "data": {"object": {"id": intent, "object": "payment_intent", "metadata": {}}},
    }


KINDS = ("payment_intent.amount_capturable_updated", "payment_intent.succeeded", "payment_intent.payment_failed")


@pytest.mark.parametrize("order_of_arrival", list(itertools.permutations(range(3))))
def test_any_order_of_a_payments_events_ends_the_same(paying: world.House, order_of_arrival: tuple[int, ...]) -> None:
    order = world.place_order(world.make_event(), Standard=2)
    world.pay(order)
    payment = order.payment
    payment.refresh_from_db()

    for number in (*order_of_arrival, *order_of_arrival):
        receive_event(stripe_event(number, KINDS[number], intent=payment.intent_id, account=payment.account_id))
        process_due_events(VERBS)

    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert Ticket.objects.filter(position__order=order, state="valid").count() == 2
    assert set(ProviderEvent.objects.values_list("state", flat=True)) == {"done"}


def test_an_event_that_lies_about_a_payment_changes_nothing(paying: world.House) -> None:
    order = world.place_order(world.make_event(), Standard=1)
    intent = checkout.begin_payment(order_id=order.pk)
    receive_event(
        stripe_event(1, "payment_intent.succeeded", intent=intent.id, account=order.payment.account_id)
    )  # nobody has paid: the provider is asked, never the event believed

    process_due_events(VERBS)

    order.refresh_from_db()
    assert order.state == Order.State.PENDING
    assert not Ticket.objects.exists()


def test_an_event_of_the_other_organizers_account_changes_nothing_here(
    paying: world.House, southside: world.House
) -> None:
    world.connect_stripe(southside)
    with tenant_context(southside.organizer):
        theirs = ConnectedAccount.objects.get().account_id
    order = world.place_order(world.make_event(), Standard=1)
    world.pay(order)  # authorised at the provider, not settled here
    order.payment.refresh_from_db()

    receive_event(stripe_event(1, "payment_intent.succeeded", intent=order.payment.intent_id, account=theirs))
    process_due_events(VERBS)

    order.refresh_from_db()
    assert order.state == Order.State.PENDING
    assert state_of(1)[0] == "done"
    assert Event.objects.exists()
    assert ProviderEvent.objects.get().organizer == southside.organizer
    assert order.payment.account_id != theirs
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    assert order.state == Order.State.PAID


def test_facts_of_an_account_are_asked_for_and_not_believed(paying: world.House) -> None:
    account = ConnectedAccount.objects.get()
    ConnectedAccount.objects.update(charges_enabled=False)
    lie = {"id": account.account_id, "object": "account", "charges_enabled": False, "requirements": {}}

    receive_event({"id": "evt_1", "type": "account.updated", "account": account.account_id, "data": {"object": lie}})
    process_due_events(VERBS)

    account.refresh_from_db()
    assert account.charges_enabled
    assert SYSTEM.id == ""


def test_access_taken_back_stops_this_organizers_paid_tickets_alone(
    paying: world.House, southside: world.House
) -> None:
    account, event = ConnectedAccount.objects.get(), world.make_event()
    world.let_charge(southside)
    application = {"id": "ca_1", "object": "application", "name": "Marquee"}
    told = {"type": "account.application.deauthorized", "data": {"object": application}}
    receive_event({**told, "id": "evt_1", "account": account.account_id})
    receive_event({**told, "id": "evt_2", "account": account.account_id})

    assert process_due_events(VERBS) == 2

    account.refresh_from_db()
    assert (account.charges_enabled, account.disconnected_at is not None) == (False, True)
    with pytest.raises(NotConnected):
        world.hold(event, Standard=1)
    with tenant_context(southside.organizer):
        world.hold(world.make_event("Yard Sounds"), Standard=1)


def test_what_came_before_its_account_was_known_is_taken_up(northside: world.House) -> None:
    seen: list[str] = []
    receive_event(event(1, account="acct_new"))
    receive_event(event(2, account="acct_other"))
    process_due_events({"it.happened": lambda made: seen.append(made["id"])})
    assert (state_of(1)[0], state_of(2)[0], seen) == ("ignored", "ignored", [])

    route_account(account_id="acct_new", organizer=northside.organizer)
    route_account(account_id="acct_new", organizer=northside.organizer)
    process_due_events({"it.happened": lambda made: seen.append(current_organizer().slug)})

    assert (state_of(1)[0], state_of(2)[0], seen) == ("done", "ignored", ["northside"])


def test_an_event_of_an_account_that_nobody_has_is_reported(
    routed: world.House, caplog: pytest.LogCaptureFixture
) -> None:
    receive_event(event(1, account="acct_nobody"))
    receive_event(event(2, account=""))

    process_due_events(VERBS)

    assert [record.getMessage() for record in caplog.records] == [
        "event evt_1 (it.happened) is of account acct_nobody, which is nobody's here"
    ]
