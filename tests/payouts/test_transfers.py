"""Partners are paid through the provider from what the platform takes in with each sale, and give back what was too much."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import httpx
import pytest
from django.conf import settings
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context

from analytics.invariants import breaches
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.refunds import GivingBack, give_back
from config import failpoints
from config.stripe_events import VERBS
from events.models import Event
from ledger.actions import Kind
from ledger.collecting import collected
from ledger.models import Party
from ledger.queries import balance, standings
from ledger.split_rules import WHOLE, Rules, Share, Step
from ledger.splits import set_split_plan
from orders.models import Order
from outbox.actions import drain
from payments import gateway
from payments.models import ConnectedAccount, Payment
from payouts.errors import NothingToTransfer
from payouts.models import Partner, Transfer, TransferReversal
from payouts.transfers import request_transfers, run_transfers, send_reversal, send_transfer, take_back, transferable
from reconciliation.actions import request_check, work_on_check
from reconciliation.models import Incident, ProviderLine
from tests import world
from tests.processes import Sandbox
from tests.reconciliation.conftest import connected_partner, fresh_account
from tests.world import STANDARD

NORA = user_actor(UUID(int=1))


class Died(Exception):
    """The process, at a failpoint."""


@pytest.fixture
def paying(northside: world.House, stripe_sandbox: Sandbox) -> world.House:
    """Northside Hall, entered, with an account that no other test has used."""
    fresh_account(northside)
    return northside


@pytest.fixture
def hall(paying: world.House) -> Partner:
    return connected_partner(paying, Partner.Kind.VENUE, "Hall")


@pytest.fixture
def band(paying: world.House) -> Partner:
    return connected_partner(paying, Partner.Kind.ARTIST, "Band")


@pytest.fixture
def event(paying: world.House, hall: Partner, band: Partner) -> Event:
    """The first 50.00 to the hall, then 70 % to the band."""
    made = world.make_event(kinds=((STANDARD, 2400, 40),))
    rules = Rules((Step((Share(hall.payee, WHOLE, cap=5000),)), Step((Share(band.payee, 7000),))))
    set_split_plan(subject=str(made.pk), currency="EUR", rules=rules, actor=NORA)
    return made


def _let_money_arrive() -> None:
    """All that is pending, and enough of the platform's own, whatever other tests left on its balance."""
    params: Any = {
        "amount": 500_000,
        "currency": "eur",
        "confirm": True,
        "payment_method": "pm_card_bypassPending",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    gateway.client().v1.payment_intents.create(params=params)
    httpx.post(f"{settings.STRIPE_API_BASE}/_sandbox/balance/available", json={}).raise_for_status()


def refund(order: Order, amount: int) -> None:
    made = give_back(order_id=order.pk, asked=GivingBack(amount=amount), actor=NORA)
    assert made is not None
    checkout.send_refund(refund_id=made.pk)


def at_provider(account_id: str) -> int:
    return gateway.fetch_balance(account_id).get("EUR", 0)


def owed() -> dict[Party, tuple[int, int]]:
    return {one.party: (one.payable, one.receivable) for one in standings()}


@pytest.fixture
def sound(paying: world.House) -> Callable[[], None]:
    """Our books of the organizer's account say what the provider's do since the test began, and no invariant is broken."""
    account_id = ConnectedAccount.objects.get().account_id
    began_with = at_provider(account_id)

    def check() -> None:
        assert balance(Kind.PROVIDER).get("EUR", 0) == at_provider(account_id) - began_with
        assert breaches() == {}

    return check


def test_each_sale_brings_the_partners_parts_and_they_are_paid_and_taken_back(
    paying: world.House, event: Event, hall: Partner, band: Partner, sound: Callable[[], None]
) -> None:
    order = world.paid_order(event, **{STANDARD: 3})  # 72.00 beside our fee: 50.00 the hall's, 15.40 the band's
    payment = Payment.objects.get()
    assert (payment.application_fee, payment.partners_part) == (330, 6540)
    assert owed() == {Party.VENUE: (5000, 0), Party.ARTIST: (1540, 0)}
    assert collected("EUR") == 6540
    sound()

    _let_money_arrive()
    for partner in (hall, band):
        request_transfers(partner=partner, currency="EUR", actor=NORA)
    drain()
    assert [transfer.state for transfer in Transfer.objects.all()] == ["sent", "sent"]
    assert (at_provider(hall.account_id), at_provider(band.account_id)) == (5000, 1540)
    assert owed() == {Party.VENUE: (0, 0), Party.ARTIST: (0, 0)}
    assert collected("EUR") == 0

    refund(order, 2510)  # a third of all: 1.10 of our fee and 21.80 of the partners' part leave the platform
    assert owed() == {Party.VENUE: (0, 200), Party.ARTIST: (0, 1540)}
    assert collected("EUR") == -2180
    drain()
    assert owed() == {Party.VENUE: (0, 0), Party.ARTIST: (0, 0)}
    assert (at_provider(hall.account_id), at_provider(band.account_id)) == (4800, 0)
    assert collected("EUR") == -440  # the organizer has it, and the next sale brings it back
    sound()

    world.paid_order(event, **{STANDARD: 1})  # 24.00 more: 2.00 and 15.40, and the 4.40
    assert Payment.objects.latest("created_at").partners_part == 200 + 1540 + 440
    assert collected("EUR") == 1740
    assert transferable(hall, "EUR") == 200
    sound()
    check = request_check(actor=world.SYSTEM)  # every line at the provider is what the books say
    work_on_check(check_id=check.pk, event_types=tuple(VERBS))
    assert not Incident.objects.exists()
    drain()
    with schema_context(get_public_schema_name()):
        mine = [one for one in standings() if one.reference == str(paying.organizer.pk)]
    assert [(one.payable, one.receivable) for one in mine] == [(1740, 0)]


def test_a_sale_of_which_nothing_is_left_for_the_organizer_is_compared_like_any_other(
    paying: world.House, event: Event, sound: Callable[[], None]
) -> None:
    """All 24.00 beside our fee are the hall's, so the line at the provider is of nothing: once it stayed uncompared for ever."""
    world.paid_order(event, **{STANDARD: 1})
    check = request_check(actor=world.SYSTEM)
    work_on_check(check_id=check.pk, event_types=tuple(VERBS))
    (line,) = ProviderLine.objects.all()
    assert (line.net, line.state) == (0, ProviderLine.State.MATCHED)
    assert not Incident.objects.exists()
    sound()


def test_whose_balance_is_short_keeps_owing_and_pays_with_what_comes(
    paying: world.House, event: Event, hall: Partner, sound: Callable[[], None]
) -> None:
    order = world.paid_order(event, **{STANDARD: 2})
    _let_money_arrive()
    request_transfers(partner=hall, currency="EUR", actor=NORA)
    drain()
    _pay_out(hall, 4800)
    refund(order, 2510)
    drain()
    assert [reversal.state for reversal in TransferReversal.objects.all()] == ["failed"]
    assert owed() == {Party.VENUE: (0, 2400)}
    assert breaches() == {}
    world.paid_order(event, **{STANDARD: 1})
    assert owed() == {Party.VENUE: (0, 0)}
    assert collected("EUR") == 0
    sound()


def _pay_out(partner: Partner, amount: int) -> None:
    gateway.client().v1.payouts.create(
        params={"amount": amount, "currency": "eur"}, options={"stripe_account": partner.account_id}
    )


def test_money_that_has_not_arrived_is_owed_as_before(paying: world.House, event: Event, hall: Partner) -> None:
    world.paid_order(event, **{STANDARD: 1})
    (transfer,) = request_transfers(partner=hall, currency="EUR", actor=NORA)
    assert owed() == {Party.VENUE: (0, 0)}
    with pytest.raises(NothingToTransfer):
        request_transfers(partner=hall, currency="EUR", actor=NORA)
    drain()
    transfer.refresh_from_db()
    if transfer.state == Transfer.State.FAILED:  # whatever other tests left on the platform's balance
        assert transfer.failure == "balance_insufficient"
        assert owed() == {Party.VENUE: (2400, 0)}
        assert collected("EUR") == 2400
    assert breaches() == {}


def test_a_refused_transfer_is_an_incident_until_the_next_one_arrives(
    paying: world.House, event: Event, hall: Partner, stripe_sandbox: Sandbox, sound: Callable[[], None]
) -> None:
    world.paid_order(event, **{STANDARD: 1})
    _let_money_arrive()
    stripe_sandbox.control("faults", path="/v1/transfers", method="POST", status=402)
    (refused,) = request_transfers(partner=hall, currency="EUR", actor=NORA)
    drain()

    refused.refresh_from_db()
    (incident,) = Incident.objects.filter(kind="transfer_failed")
    assert (refused.state, owed()) == (Transfer.State.FAILED, {Party.VENUE: (2400, 0)})
    assert (incident.state, incident.subject, incident.ours) == ("open", hall.account_id, 2400)

    request_transfers(partner=hall, currency="EUR", actor=NORA)
    drain()

    incident.refresh_from_db()
    assert (incident.state, owed()) == ("fixed", {Party.VENUE: (0, 0)})
    assert at_provider(hall.account_id) == 2400
    sound()


@pytest.mark.parametrize(
    "crash", ["before_transfer_sent", "after_transfer_sent", "before_reversal_sent", "after_reversal_sent"]
)
def test_a_process_that_dies_moves_nothing_twice(
    paying: world.House, event: Event, hall: Partner, crash: str, sound: Callable[[], None]
) -> None:
    order = world.paid_order(event, **{STANDARD: 2})
    _let_money_arrive()
    (transfer,) = request_transfers(partner=hall, currency="EUR", actor=NORA)
    _dying(crash, lambda: send_transfer(transfer_id=transfer.pk))
    assert at_provider(hall.account_id) == 4800
    refund(order, 5020)
    (reversal,) = take_back(reference=str(hall.pk), currency="EUR")
    assert take_back(reference=str(hall.pk), currency="EUR") == []
    _dying(crash, lambda: send_reversal(reversal_id=reversal.pk))
    assert at_provider(hall.account_id) == 0
    assert owed() == {Party.VENUE: (0, 0)}
    sound()


@pytest.mark.parametrize(("hours", "was_made"), [(2, False), (25, False), (25, True)])
def test_what_the_outbox_gave_up_is_sent_by_the_clock(
    paying: world.House, event: Event, hall: Partner, hours: int, was_made: bool, sound: Callable[[], None]
) -> None:
    """A transfer, and what is asked back of it. After a day the provider may have forgotten its key: it is looked for first."""
    order = world.paid_order(event, **{STANDARD: 2})
    _let_money_arrive()
    (transfer,) = request_transfers(partner=hall, currency="EUR", actor=NORA)
    run_transfers()
    assert at_provider(hall.account_id) == 0  # as long as the outbox has its time
    about, then = f"transfer:{transfer.pk}", timezone.now() - timedelta(hours=hours)
    if was_made:
        gateway.create_transfer(
            account_id=hall.account_id, amount=4800, currency="EUR", group="northside", about=about, key=str(uuid4())
        )
    Transfer.objects.update(created_at=then)
    run_transfers()
    run_transfers()
    assert at_provider(hall.account_id) == 4800

    refund(order, 5020)
    (reversal,) = take_back(reference=str(hall.pk), currency="EUR")
    transfer.refresh_from_db()
    if was_made:
        gateway.reverse_transfer(transfer_id=transfer.provider_id, amount=4800, about=about, key=str(uuid4()))
    TransferReversal.objects.update(created_at=then)
    run_transfers()
    run_transfers()

    reversal.refresh_from_db()
    assert (reversal.state, at_provider(hall.account_id)) == ("done", 0)
    assert owed() == {Party.VENUE: (0, 0)}
    sound()


def _dying(crash: str, step: Any) -> None:
    """The step, killed at `crash`, and then again by whoever finds it in the outbox; and once more."""

    def hit(name: str) -> None:
        if name == crash:
            raise Died

    with patch.object(failpoints, "hit", hit), suppress(Died):
        step()
    step()
    step()


def test_payments_being_captured_at_once_bring_what_the_plan_says_together(
    paying: world.House, event: Event, sound: Callable[[], None]
) -> None:
    """Three are secured before any is complete: each counts on those before it, so the hall's 50.00 come once."""
    orders = [world.place_order(event, **{STANDARD: 1}) for _number in range(3)]
    for order in orders:
        world.pay(order)
        assert checkout.secure_order(order_id=order.pk)
    assert list(Payment.objects.order_by("created_at").values_list("partners_part", flat=True)) == [2400, 2400, 1740]
    for order in reversed(orders):
        checkout.settle_payment(order_id=order.pk)
    assert owed() == {Party.VENUE: (5000, 0), Party.ARTIST: (1540, 0)}
    assert collected("EUR") == 6540
    sound()
