"""Separate charges and transfers: the platform is charged, and everybody's part follows, and walks the same way back."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from analytics.invariants import breaches
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.charge_models import choose_charge_default, choose_charge_model
from checkout.errors import ChargeModelRefused
from checkout.refunds import GivingBack, give_back
from config.stripe_events import VERBS
from console.platform_money import check_platform_money
from events.models import ChargeModel, Event
from inbox.actions import receive_event, route_object
from inbox.errors import AccountTaken
from inbox.models import ProviderEvent, RoutedObject
from ledger.actions import Kind
from ledger.collecting import collected
from ledger.models import Party
from ledger.queries import balance, standings
from ledger.split_rules import ORGANIZER, WHOLE, Rules, Share, Step
from ledger.splits import set_split_plan
from orders.models import Order
from outbox.actions import drain
from payments import gateway
from payments.models import Payment
from payments.queries import charge_default, charge_model_of, payment_by_intent
from payouts import transfers
from payouts.models import Maturity, Partner, Transfer
from payouts.runs import mature_dates, set_payout_schedule
from payouts.schedule import payables
from payouts.transfers import run_transfers, send_reversal, send_transfer, take_back
from reconciliation.actions import request_check, work_on_check
from reconciliation.models import Incident, ProviderLine
from tests import world
from tests.payouts.test_transfers import _dying, _let_money_arrive
from tests.processes import Sandbox
from tests.reconciliation.conftest import connected_partner, fresh_account
from tests.world import STANDARD

NORA = user_actor(UUID(int=1))


@pytest.fixture
def account(northside: world.House, stripe_sandbox: Sandbox) -> str:
    """Northside's own account at the provider, which no other test has used."""
    return fresh_account(northside)


@pytest.fixture
def hall(northside: world.House, account: str) -> Partner:
    return connected_partner(northside, Partner.Kind.VENUE, "Hall")


@pytest.fixture
def band(northside: world.House, account: str) -> Partner:
    return connected_partner(northside, Partner.Kind.ARTIST, "Band")


@pytest.fixture
def event(account: str, hall: Partner, band: Partner) -> Event:
    return shared_event(hall, band)


def shared_event(hall: Partner, band: Partner, *, currency: str = "EUR", price: int = 2400, first: int = 5000) -> Event:
    """Charged in the organizer's name on the platform's account: the first 50.00 to the hall, then 70 % to the band."""
    made = world.make_event(kinds=((STANDARD, price, 40),), currency=currency)
    rules = Rules((Step((Share(hall.payee, WHOLE, cap=first),)), Step((Share(band.payee, 7000),))))
    set_split_plan(subject=str(made.pk), currency=currency, rules=rules, actor=NORA)
    return choose_charge_model(event_id=made.pk, model=ChargeModel.ON_BEHALF, actor=NORA)


def refund(order: Order, amount: int) -> None:
    made = give_back(order_id=order.pk, asked=GivingBack(amount=amount), actor=NORA)
    assert made is not None
    checkout.send_refund(refund_id=made.pk)


def dispute(order: Order, sandbox: Sandbox) -> str:
    made = sandbox.control("disputes", payment_intent=Payment.objects.get(order=order).intent_id)
    hear(made["id"])
    return str(made["id"])


def hear(dispute_id: str) -> None:
    """As the platform's own endpoint tells: no account."""
    VERBS["charge.dispute.updated"]({"data": {"object": {"id": dispute_id}}})


def when_due(event: Event, days: int = 4) -> Any:
    return world.the_performance(event).ends_at + timedelta(days=days)


def at_provider(account_id: str, currency: str = "EUR") -> int:
    return gateway.fetch_balance(account_id).get(currency, 0)


def owed(currency: str = "EUR") -> dict[Party, tuple[int, int]]:
    return {one.party: (one.payable, one.receivable) for one in standings() if one.currency == currency}


def owed_by_the_platform(house: world.House, currency: str = "EUR") -> int:
    drain()
    with schema_context(get_public_schema_name()):
        mine = [one for one in standings() if (one.reference, one.currency) == (str(house.organizer.pk), currency)]
        return sum(one.balance for one in mine)


def test_the_platform_is_charged_and_everybody_is_paid_out_of_the_charge_when_the_date_is_due(
    northside: world.House, account: str, event: Event, hall: Partner, band: Partner
) -> None:
    order = world.paid_order(event, **{STANDARD: 3})  # 75.30, 3.30 of it our fee: 50.00, 15.40 and 6.60
    payment = Payment.objects.get()
    assert (order.charge_model, payment.account_id, payment.on_behalf_of) == ("on_behalf", "", account)
    there = gateway.client().v1.payment_intents.retrieve(payment.intent_id)
    assert (there.transfer_group, there.on_behalf_of, there.application_fee_amount) == (str(order.pk), account, None)
    assert at_provider(account) == 0
    assert owed() == {Party.VENUE: (5000, 0), Party.ARTIST: (1540, 0), Party.ORGANIZER: (660, 0)}
    assert (balance(Kind.COLLECTED), balance(Kind.PROVIDER)) == ({"EUR": 7200}, {})
    assert collected("EUR") == 6540  # what of it is partners'
    assert owed_by_the_platform(northside) == 7200
    assert breaches() == {}

    assert run_transfers() == 0  # the date is to come
    assert run_transfers(at=when_due(event)) == 3
    assert run_transfers(at=when_due(event)) == 0
    drain()
    transfers = Transfer.objects.order_by("pk")
    assert [(one.state, one.order, one.amount) for one in transfers] == [
        ("sent", order, amount) for amount in (1540, 5000, 660)
    ]
    assert {at_provider(hall.account_id), at_provider(band.account_id), at_provider(account)} == {5000, 1540, 660}
    assert owed() == {Party.VENUE: (0, 0), Party.ARTIST: (0, 0), Party.ORGANIZER: (0, 0)}
    assert (balance(Kind.COLLECTED), balance(Kind.PROVIDER), balance(Kind.OWN)) == (
        {"EUR": 0},
        {"EUR": 660},
        {"EUR": 0},
    )
    assert owed_by_the_platform(northside) == 0
    assert breaches() == {}


def test_a_refund_and_a_lost_dispute_are_taken_back_from_everybody_by_the_plan(
    northside: world.House, stripe_sandbox: Sandbox, account: str, event: Event, hall: Partner, band: Partner
) -> None:
    first = world.paid_order(event, **{STANDARD: 3})
    second = world.paid_order(event, **{STANDARD: 1})  # 24.00 more: 16.80 the band's
    assert run_transfers(at=when_due(event)) == 5
    drain()
    assert (at_provider(hall.account_id), at_provider(band.account_id), at_provider(account)) == (5000, 3220, 1380)

    refund(first, 2510)  # 24.00 of it are theirs: 16.80 from the band and 7.20 from the organizer
    assert owed() == {Party.VENUE: (0, 0), Party.ARTIST: (0, 1680), Party.ORGANIZER: (0, 720)}
    drain()
    assert owed() == {Party.VENUE: (0, 0), Party.ARTIST: (0, 0), Party.ORGANIZER: (0, 0)}
    assert (at_provider(hall.account_id), at_provider(band.account_id), at_provider(account)) == (5000, 1540, 660)
    assert balance(Kind.COLLECTED) == {"EUR": 0}
    assert breaches() == {}

    made = dispute(second, stripe_sandbox)  # the bank holds 25.10 and charges 15.00: until it decides, the organizer's
    assert owed() == {Party.VENUE: (0, 0), Party.ARTIST: (0, 0), Party.ORGANIZER: (0, 4010)}
    drain()
    assert owed()[Party.ORGANIZER] == (0, 3350)  # all that it had been transferred came back
    assert at_provider(account) == 0
    stripe_sandbox.control(f"disputes/{made}/decide", won=False)
    hear(made)
    drain()  # 46.90 are left of what was earned: 3.10 back from the hall and all of the band's
    assert owed() == {Party.VENUE: (0, 0), Party.ARTIST: (0, 0), Party.ORGANIZER: (0, 1500)}
    assert (at_provider(hall.account_id), at_provider(band.account_id)) == (4690, 0)
    assert balance(Kind.COLLECTED) == balance(Kind.OWN) == {"EUR": -1500}  # the platform has advanced the bank's charge
    assert owed_by_the_platform(northside) == -1500
    assert breaches() == {}

    world.paid_order(event, **{STANDARD: 1})  # 24.00: 3.10 the hall's again, 14.63 the band's; 6.27 pay what is owed
    assert owed() == {Party.VENUE: (310, 0), Party.ARTIST: (1463, 0), Party.ORGANIZER: (0, 873)}
    assert run_transfers(at=when_due(event)) == 3  # 1.10 of the hall's are still there of the first order
    drain()
    assert (at_provider(hall.account_id), at_provider(band.account_id), at_provider(account)) == (5000, 1463, 0)
    assert breaches() == {}


def test_what_a_refund_moves_under_a_later_version_of_the_plan_is_taken_back_too(
    account: str, event: Event, hall: Partner, band: Partner
) -> None:
    first = world.paid_order(event, **{STANDARD: 2})  # 48.00, all the hall's
    half = Rules((Step((Share(hall.payee, WHOLE, cap=5000),)), Step((Share(band.payee, 5000),))))
    set_split_plan(subject=str(event.pk), currency="EUR", rules=half, actor=NORA)
    world.paid_order(event, **{STANDARD: 4})  # 96.00: 2.00 fill the hall's 50.00
    run_transfers(at=when_due(event))
    drain()
    assert [at_provider(one) for one in (hall.account_id, band.account_id, account)] == [5000, 4700, 4700]

    refund(first, 5020)  # of the 96.00 that stay the first 50.00 are the hall's
    assert owed() == {Party.VENUE: (0, 0), Party.ARTIST: (0, 2400), Party.ORGANIZER: (0, 2400)}
    drain()
    assert [at_provider(one) for one in (hall.account_id, band.account_id, account)] == [5000, 2300, 2300]
    assert balance(Kind.COLLECTED) == balance(Kind.OWN) == {"EUR": 0}
    assert breaches() == {}


def test_a_dispute_that_is_won_is_passed_on_again(
    stripe_sandbox: Sandbox, account: str, event: Event, band: Partner
) -> None:
    order = world.paid_order(event, **{STANDARD: 3})
    made = dispute(order, stripe_sandbox)  # nothing was transferred yet: 6.60 are kept, and the rest is owed
    assert owed() == {Party.VENUE: (5000, 0), Party.ARTIST: (1540, 0), Party.ORGANIZER: (0, 7530 + 1500 - 660)}
    assert run_transfers(at=when_due(event)) == 0  # nothing of a disputed order leaves
    stripe_sandbox.control(f"disputes/{made}/decide", won=True)
    hear(made)
    assert owed() == {Party.VENUE: (5000, 0), Party.ARTIST: (1540, 0), Party.ORGANIZER: (0, 840)}
    _let_money_arrive()
    assert (
        run_transfers(at=when_due(event)) == 3
    )  # the charge lacks the bank's 15.00: 8.40 come from the available balance
    drain()
    assert sorted(Transfer.objects.values_list("state", "amount")) == [("sent", 840), ("sent", 1540), ("sent", 4160)]
    assert breaches() == {}


def test_a_lost_dispute_of_a_date_to_come_holds_nothing_of_other_dates(account: str, stripe_sandbox: Sandbox) -> None:
    due = world.make_event(kinds=((STANDARD, 2500, 40),))
    to_come = world.make_event(kinds=((STANDARD, 2400, 40),), starts_at=timezone.now() + timedelta(days=90))
    for one in (due, to_come):
        choose_charge_model(event_id=one.pk, model=ChargeModel.ON_BEHALF, actor=NORA)
    world.paid_order(due, **{STANDARD: 4})
    order = world.paid_order(to_come, **{STANDARD: 2})
    mature_dates(at=when_due(due))
    assert transferable_by_the_clock() == 10_000

    made = dispute(order, stripe_sandbox)  # the bank takes 50.20 and charges 15.00: 48.00 of it were to come
    assert transferable_by_the_clock() == 8280
    stripe_sandbox.control(f"disputes/{made}/decide", won=False)
    hear(made)
    assert transferable_by_the_clock() == 8280

    world.paid_order(to_come, **{STANDARD: 1})  # and what others bought stays until then
    assert transferable_by_the_clock() == 8280
    assert run_transfers(at=when_due(due)) == 1
    drain()
    assert at_provider(account) == 8280
    assert breaches() == {}


def transferable_by_the_clock() -> int:
    return transfers._due(ORGANIZER, "EUR", to_come=True)


@pytest.mark.parametrize(
    ("currency", "price", "first", "parts", "back", "after"),
    [
        # 1,200 yen, our fee 2.5 % + 50 = 80 on top; three of them
        ("JPY", 1200, 2500, (2500, 770, 330), 1280, (2400, 0, 0)),
        # 12.000 dinars, our fee 0.350; of 5.000 back 0.141 are ours, and 0.001 and 0.008 are too little to move
        ("KWD", 12000, 25000, (25000, 7700, 3300), 5000, (25000, 4299, 1842)),
    ],
)
def test_currencies_without_decimals_and_with_three(
    account: str,
    hall: Partner,
    band: Partner,
    currency: str,
    price: int,
    first: int,
    parts: tuple[int, ...],
    back: int,
    after: tuple[int, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("events.actions.CURRENCIES", ("JPY", "KWD"))  # no event is sold in dinars yet
    event = shared_event(hall, band, currency=currency, price=price, first=first)
    order = world.paid_order(event, **{STANDARD: 3})
    fee = order.platform_fee
    assert [one[0] for one in shares(currency)] == list(parts)
    assert sum(parts) == order.total - fee
    assert run_transfers(at=when_due(event)) == 3
    drain()
    assert [at_provider(one, currency) for one in (hall.account_id, band.account_id, account)] == list(parts)
    refund(order, back)
    drain()
    left = [payable - receivable for payable, receivable in shares(currency)]
    now = [at_provider(one, currency) for one in (hall.account_id, band.account_id, account)]
    assert [there + rest for there, rest in zip(now, left, strict=True)] == list(after)
    assert breaches() == {}


def shares(currency: str) -> list[tuple[int, int]]:
    found = owed(currency)
    return [found[party] for party in (Party.VENUE, Party.ARTIST, Party.ORGANIZER)]


def test_both_models_beside_each_other(account: str, event: Event, hall: Partner, band: Partner) -> None:
    """A direct sale of another event brings its own parts with our fee, and takes nothing of what lies with the platform."""
    world.paid_order(event, **{STANDARD: 3})
    other = world.make_event(kinds=((STANDARD, 2400, 40),))
    rules = Rules((Step((Share(hall.payee, 5000),)),))
    set_split_plan(subject=str(other.pk), currency="EUR", rules=rules, actor=NORA)
    direct = world.paid_order(other, **{STANDARD: 1})  # half of 24.00 is the hall's
    assert (direct.payment.account_id, direct.payment.partners_part) == (account, 1200)
    assert owed() == {Party.VENUE: (6200, 0), Party.ARTIST: (1540, 0), Party.ORGANIZER: (660, 0)}
    assert (collected("EUR"), balance(Kind.PROVIDER)) == (7740, {"EUR": 1200})
    assert breaches() == {}


def test_what_the_provider_does_not_allow_is_refused_and_changes_nothing(northside: world.House) -> None:
    world.let_charge(northside)  # cards, but no transfers
    event = world.make_event()
    with pytest.raises(ChargeModelRefused):
        choose_charge_model(event_id=event.pk, model=ChargeModel.PLATFORM, actor=NORA)
    with pytest.raises(ChargeModelRefused):
        choose_charge_default(model=ChargeModel.ON_BEHALF, actor=NORA)
    event.refresh_from_db()
    assert (event.charge_model, charge_model_of(event)) == ("", ChargeModel.DIRECT)


def test_the_choice_holds_for_new_orders_and_the_default_for_events_that_say_nothing(
    account: str, northside: world.House, southside: world.House
) -> None:
    event = world.make_event(kinds=((STANDARD, 2400, 40),))
    placed = world.place_order(event, **{STANDARD: 1})
    choose_charge_default(model=ChargeModel.PLATFORM, actor=NORA)
    later = world.paid_order(event, **{STANDARD: 1})
    world.pay(placed)
    checkout.settle_payment(order_id=placed.pk)

    assert [(one.charge_model, one.payment.account_id) for one in (Order.objects.get(pk=placed.pk), later)] == [
        ("direct", account),
        ("platform", ""),
    ]
    assert later.payment.on_behalf_of == ""
    assert breaches() == {}
    route = RoutedObject.objects.get(object_id=later.payment.intent_id)
    assert route.organizer == northside.organizer
    with pytest.raises(AccountTaken):
        route_object(object_id=later.payment.intent_id, organizer=southside.organizer)
    with tenant_context(southside.organizer):
        assert payment_by_intent(later.payment.intent_id) is None
        assert charge_default() == ChargeModel.DIRECT


@pytest.mark.parametrize("model", [ChargeModel.ON_BEHALF, ChargeModel.DIRECT])
def test_a_date_of_which_the_organizer_earns_nothing_is_due_for_its_partners(
    account: str, event: Event, hall: Partner, model: ChargeModel
) -> None:
    choose_charge_model(event_id=event.pk, model=model, actor=NORA)
    world.paid_order(event, **{STANDARD: 1})  # 24.00 of the first 50.00: all the hall's
    _let_money_arrive()
    assert run_transfers() == 0  # the date is to come
    assert run_transfers(at=when_due(event)) == 1
    drain()
    assert (at_provider(hall.account_id), at_provider(account)) == (2400, 0)
    maturity = Maturity.objects.get()
    assert (maturity.performance, maturity.net, maturity.reserve) == (world.the_performance(event), 0, 0)
    assert breaches() == {}


@pytest.mark.parametrize("crash", ["before_transfer_sent", "after_transfer_sent", "before_reversal_sent"])
def test_a_process_that_dies_moves_nothing_twice(
    account: str, event: Event, hall: Partner, band: Partner, crash: str
) -> None:
    order = world.paid_order(event, **{STANDARD: 3})
    run_transfers(at=when_due(event))
    for transfer in Transfer.objects.all():
        _dying(crash, partial(send_transfer, transfer_id=transfer.pk))
    assert [at_provider(one) for one in (hall.account_id, band.account_id, account)] == [5000, 1540, 660]
    refund(order, 7530)
    for reference in (str(hall.pk), str(band.pk), ""):
        for reversal in take_back(reference=reference, currency="EUR", order_id=order.pk):
            _dying(crash, partial(send_reversal, reversal_id=reversal.pk))
        assert take_back(reference=reference, currency="EUR", order_id=order.pk) == []
    assert [at_provider(one) for one in (hall.account_id, band.account_id, account)] == [0, 0, 0]
    assert balance(Kind.COLLECTED) == balance(Kind.OWN) == {"EUR": 0}
    assert breaches() == {}


def test_a_charge_that_pays_no_transfer_is_paid_from_the_available_balance(
    account: str, stripe_sandbox: Sandbox, event: Event, hall: Partner, band: Partner
) -> None:
    world.paid_order(event, **{STANDARD: 3})
    stripe_sandbox.control("faults", path="/v1/transfers", method="POST", mode="error", status=400, count=3)
    assert run_transfers(at=when_due(event)) == 3
    drain()
    assert set(Transfer.objects.values_list("state", flat=True)) == {"failed"}
    assert owed() == {Party.VENUE: (5000, 0), Party.ARTIST: (1540, 0), Party.ORGANIZER: (660, 0)}
    assert breaches() == {}
    _let_money_arrive()
    assert run_transfers(at=when_due(event)) == 3
    drain()
    again = Transfer.objects.filter(state="sent")
    assert {(one.order, one.amount) for one in again} == {(None, 5000), (None, 1540), (None, 660)}
    assert breaches() == {}


def test_the_organizers_own_goes_on_to_its_bank_less_the_reserve(account: str, event: Event) -> None:
    set_payout_schedule(days_after=3, reserve_percent=10, reserve_days=30, most_disputes=2, held_because="", actor=NORA)
    world.paid_order(event, **{STANDARD: 3})
    run_transfers(at=when_due(event))
    drain()
    assert payables()["EUR"].as_dict() == {
        "held": 660, "future": 0, "reserve": 66, "partners": 0, "owes": 0, "unexplained": 0, "asked": 0
    }  # fmt: skip
    assert payables()["EUR"].amount == 594
    set_payout_schedule(
        days_after=3, reserve_percent=10, reserve_days=30, most_disputes=2, held_because="We ask about it", actor=NORA
    )
    world.paid_order(event, **{STANDARD: 1})
    assert run_transfers(at=when_due(event)) == 0
    assert breaches() == {}


def test_lines_of_the_platforms_account_are_compared_with_the_organizers_books(
    northside: world.House, account: str, event: Event
) -> None:
    order = world.paid_order(event, **{STANDARD: 3})
    refund(order, 1000)
    unheard = world.place_order(event, **{STANDARD: 1})
    world.pay(unheard)
    gateway.capture_intent(account_id="", intent_id=unheard.payment.intent_id, key="by somebody else")
    run_transfers(at=when_due(event))
    drain()
    check_platform_money(event_types=tuple(VERBS))
    lines = ProviderLine.objects.filter(account_id="").order_by("created_at", "amount")
    assert sorted((line.type, line.net) for line in lines) == [("charge", 2510), ("charge", 7530), ("refund", -1000)]

    check = request_check(actor=world.SYSTEM)
    work_on_check(check_id=check.pk, event_types=tuple(VERBS), at=timezone.now() + timedelta(minutes=6))
    unheard.refresh_from_db()
    assert unheard.is_paid
    found = sorted(Incident.objects.values_list("kind", "state"))
    assert found == [("events_missed", "fixed"), ("unsettled", "fixed")]  # no message was delivered in this test
    assert set(ProviderLine.objects.values_list("state", flat=True)) == {"matched"}
    assert breaches() == {}


def test_a_message_of_the_platforms_own_endpoint_finds_its_organizer(account: str, event: Event) -> None:
    order = world.place_order(event, **{STANDARD: 1})
    intent = checkout.begin_payment(order_id=order.pk)
    about = {"object": {"id": intent.id, "object": "payment_intent"}}
    told = {"id": f"evt_{order.pk.hex}", "type": "payment_intent.succeeded", "data": about}
    assert receive_event(told)
    stray = {"object": {"id": "re_of_nobody", "object": "refund", "payment_intent": "pi_of_nobody"}}
    assert receive_event({"id": f"evt_stray_{order.pk.hex}", "type": "refund.updated", "data": stray})
    found = ProviderEvent.objects.filter(event_id__contains=order.pk.hex).order_by("event_id")
    assert [one.organizer is not None for one in found] == [True, False]
