"""The organizer's own money leaves after the event, less a reserve; held on risk, paid once, tried again when it came back."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import SYSTEM, user_actor
from checkout.actions import refund_order, send_refund
from checkout.charge_models import choose_charge_model
from checkout.disputes import take_up_dispute
from config import failpoints
from config.stripe_events import VERBS
from events.models import ChargeModel, Event
from ledger.actions import Kind
from ledger.queries import balance, standings
from ledger.split_rules import WHOLE, Rules, Share, Step
from ledger.splits import set_split_plan
from notifications.models import EmailMessage
from outbox.models import OutboxMessage
from payments import gateway
from payments.models import Payment, Refund
from payouts.actions import add_partner, note_payment
from payouts.errors import ScheduleInvalid
from payouts.letters import mail_payout_failed
from payouts.models import Maturity, Partner, PartnerPayment, Payout, PayoutSchedule
from payouts.queries import earnings
from payouts.runs import run_payouts, send_payout, set_payout_schedule
from payouts.schedule import next_try_at, payables, payout_schedule, upcoming, waits_because
from reconciliation.actions import note_payout_failure
from tests import world
from tests.processes import Sandbox
from tests.reconciliation.conftest import check_money, connect_partner, fresh_account, provider, told
from tests.world import STANDARD

ADA = user_actor(UUID(int=9))


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


@pytest.fixture
def account(northside: world.House, stripe_sandbox: Sandbox) -> str:
    return fresh_account(northside)


@pytest.fixture
def event(account: str) -> Event:
    """Over in ten days and three hours."""
    return world.make_event(kinds=((STANDARD, 2400, 20),), starts_at=timezone.now() + timedelta(days=10))


def agree(**changes: Any) -> PayoutSchedule:
    terms: dict[str, Any] = {
        "days_after": 3,
        "reserve_percent": 0,
        "reserve_days": 60,
        "most_disputes": 2,
        "held_because": "",
    }
    return set_payout_schedule(**{**terms, **changes}, actor=ADA)


def run(sandbox: Sandbox, *, days: float) -> list[tuple[str, int, str]]:
    """The clock comes round `days` from now, with all money available; every payout as currency, amount and state."""
    sandbox.control("balance/available")
    run_payouts(at=timezone.now() + timedelta(days=days))
    for payout in Payout.objects.filter(state="asked"):
        send_payout(payout_id=payout.pk)
    rows = Payout.objects.order_by("created_at", "pk").values_list("currency", "amount", "state")
    return [(currency, amount, str(state)) for currency, amount, state in rows]


def agrees(account: str) -> bool:
    theirs = {currency: amount for currency, amount in gateway.fetch_balance(account).items() if amount}
    return theirs == {currency: amount for currency, amount in balance(Kind.PROVIDER).items() if amount}


def hear(payout: Payout) -> None:
    VERBS["payout.updated"]({"account": payout.account_id, "data": {"object": {"id": payout.provider_id}}})
    payout.refresh_from_db()


# --- When and how much ------------------------------------------------------------------------------------------------------


def test_nothing_leaves_before_the_event_is_over_and_three_days_have_passed(
    event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    world.paid_order(event, **{STANDARD: 2})
    settings = provider().v1.balance_settings
    assert run(stripe_sandbox, days=13.1) == []
    shown = settings.retrieve(options={"stripe_account": account}).payments.payouts
    assert shown is not None
    assert shown.schedule is not None
    assert shown.schedule.interval == "manual"
    assert payables()["EUR"].future == 4800

    assert run(stripe_sandbox, days=13.2) == [("EUR", 4800, "sent")]
    assert run(stripe_sandbox, days=13.2) == [("EUR", 4800, "sent")]

    assert balance(Kind.BANK) == {"EUR": 4800}
    assert balance(Kind.PROVIDER) == {"EUR": 0}
    payout = Payout.objects.get()
    assert payout.working == {
        "held": 4800,
        "future": 0,
        "reserve": 0,
        "partners": 0,
        "owes": 0,
        "unexplained": 0,
        "asked": 0,
    }
    stripe_sandbox.control("timers")
    hear(payout)
    assert (payout.state, payout.settled_at is not None) == ("paid", True)
    check_money()
    assert told() == []
    assert agrees(account)
    assert breaches() == {}


def test_a_reserve_is_held_back_in_the_books_and_released(event: Event, account: str, stripe_sandbox: Sandbox) -> None:
    agree(reserve_percent=10, reserve_days=30)
    world.paid_order(event, **{STANDARD: 2})

    assert run(stripe_sandbox, days=14) == [("EUR", 4320, "sent")]

    maturity = Maturity.objects.get()
    assert (maturity.net, maturity.reserve, maturity.released_at) == (4800, 480, None)
    (own,) = standings()
    assert (own.party, own.reserve, own.payable, own.balance) == ("organizer", 480, 0, 480)
    assert [(line.earned, line.held, line.paid_out, line.owed) for line in earnings()] == [(4800, 480, 4320, 0)]
    assert breaches() == {}

    assert run(stripe_sandbox, days=43)[1:] == []
    assert run(stripe_sandbox, days=44)[1:] == [("EUR", 480, "sent")]
    assert standings()[0].reserve == 0
    assert balance(Kind.HELD_BACK) == {"EUR": 0}
    assert agrees(account)
    assert breaches() == {}


def test_a_refund_of_a_date_to_come_is_paid_from_what_that_date_earned(
    event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    later = world.make_event(kinds=((STANDARD, 2400, 20),), starts_at=timezone.now() + timedelta(days=100))
    world.paid_order(event, **{STANDARD: 1})
    gone = world.paid_order(later, **{STANDARD: 2})
    refund_order(order_id=gone.pk, actor=SYSTEM)
    send_refund(refund_id=Refund.objects.get().pk)

    assert run(stripe_sandbox, days=14) == [("EUR", 2400, "sent")]

    assert agrees(account)


def test_a_debt_waits_for_the_next_sales(event: Event, account: str, stripe_sandbox: Sandbox) -> None:
    """After everything was paid out a bank takes 48.00 and 20.00 back: what comes next pays that first."""
    order = world.paid_order(event, **{STANDARD: 2})
    run(stripe_sandbox, days=14)
    made = stripe_sandbox.control("disputes", payment_intent=Payment.objects.get(order=order).intent_id)
    take_up_dispute(account_id=account, provider_id=made["id"])

    assert (payables()["EUR"].amount, payables()["EUR"].debt) == (0, 7020)
    more = world.make_event(kinds=((STANDARD, 2400, 20),), starts_at=timezone.now() + timedelta(days=10))
    world.paid_order(more, **{STANDARD: 5})

    assert run(stripe_sandbox, days=14)[1:] == [("EUR", 12_000 - 7020, "sent")]
    assert agrees(account)
    assert breaches() == {}


def test_what_partners_paid_by_hand_have_of_a_date_to_come_stays_once(
    northside: world.House, event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    agree(reserve_percent=10)
    later = world.make_event(kinds=((STANDARD, 2400, 20),), starts_at=timezone.now() + timedelta(days=60))
    hall = _first_to_a_hall(later, 3000)
    world.paid_order(later, **{STANDARD: 2})
    assert (payables()["EUR"].amount, payables()["EUR"].debt) == (0, 0)
    world.paid_order(event, **{STANDARD: 1})
    assert [one.amount for one in upcoming(payout_schedule(), at=timezone.now())] == [2160, 1620]

    assert run(stripe_sandbox, days=14) == [("EUR", 2160, "sent")]
    assert (payables()["EUR"].future, payables()["EUR"].partners, payables()["EUR"].debt) == (4800, 0, 0)

    assert run(stripe_sandbox, days=64)[1:] == [("EUR", 1620, "sent")]  # 30.00 are the hall's, and no reserve of them
    assert [maturity.net for maturity in Maturity.objects.order_by("due_at")] == [2400, 1800]
    assert payables()["EUR"].partners == 3000
    agree(held_because="we ask about it")
    assert run(stripe_sandbox, days=150)[2:] == []
    assert payables()["EUR"].amount == 420  # both reserves
    note_payment(
        partner=hall,
        direction=PartnerPayment.Direction.OUT,
        currency="EUR",
        amount=3000,
        words="Transfer",
        key="1",
        actor=ADA,
    )
    assert payables()["EUR"].amount == 3420
    assert breaches() == {}


def test_a_partner_that_connects_its_account_late_takes_nothing_twice(
    northside: world.House, event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    later = world.make_event(kinds=((STANDARD, 2400, 20),), starts_at=timezone.now() + timedelta(days=60))
    hall = _first_to_a_hall(later, 3000)
    world.paid_order(event, **{STANDARD: 1})
    world.paid_order(later, **{STANDARD: 1})
    connect_partner(northside, hall)
    assert (payables()["EUR"].future, payables()["EUR"].partners) == (4800, 0)
    world.paid_order(later, **{STANDARD: 1})  # brings the hall's 30.00, as far as its 24.00 suffice
    assert (balance(Kind.COLLECTED), payables()["EUR"].future, payables()["EUR"].partners) == ({"EUR": 2400}, 4800, 0)

    assert run(stripe_sandbox, days=14) == [("EUR", 2400, "sent")]
    assert run(stripe_sandbox, days=64)[1:] == [("EUR", 1800, "sent")]
    assert payables()["EUR"].partners == 600
    assert breaches() == {}


def test_a_separate_sale_to_come_brings_what_a_partner_paid_by_hand_has_of_it(
    northside: world.House, event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    later = world.make_event(kinds=((STANDARD, 2400, 20),), starts_at=timezone.now() + timedelta(days=60))
    _first_to_a_hall(later, 3000)
    choose_charge_model(event_id=later.pk, model=ChargeModel.ON_BEHALF, actor=ADA)
    world.paid_order(event, **{STANDARD: 1})
    world.paid_order(later, **{STANDARD: 2})

    assert (payables()["EUR"].held, payables()["EUR"].partners, payables()["EUR"].debt) == (2400, 0, 0)
    assert run(stripe_sandbox, days=14) == [("EUR", 2400, "sent")]
    assert breaches() == {}


def test_of_a_date_to_come_that_a_bank_took_partners_are_owed_out_of_the_rest(
    northside: world.House, event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    later = world.make_event(kinds=((STANDARD, 2400, 20),), starts_at=timezone.now() + timedelta(days=60))
    _first_to_a_hall(later, 3000)
    world.paid_order(event, **{STANDARD: 5})
    order = world.paid_order(later, **{STANDARD: 2})
    made = stripe_sandbox.control("disputes", payment_intent=Payment.objects.get(order=order).intent_id)
    take_up_dispute(account_id=account, provider_id=made["id"])

    assert (payables()["EUR"].future, payables()["EUR"].partners) == (12_000, 3000)  # until the bank decides
    assert breaches() == {}


def _first_to_a_hall(event: Event, first: int) -> Partner:
    hall = add_partner(kind=Partner.Kind.VENUE, name="Hall", email="", actor=SYSTEM)
    rules = Rules((Step((Share(hall.payee, WHOLE, cap=first),)),))
    set_split_plan(subject=str(event.pk), currency="EUR", rules=rules, actor=ADA)
    return hall


@pytest.mark.parametrize(
    ("currency", "price", "net", "reserve"), [("JPY", 3000, 3000, 300), ("KWD", 12_000, 12_000, 1200)]
)
def test_currencies_without_cents_and_with_three_decimals(
    account: str,
    monkeypatch: pytest.MonkeyPatch,
    stripe_sandbox: Sandbox,
    currency: str,
    price: int,
    net: int,
    reserve: int,
) -> None:
    monkeypatch.setattr("events.actions.CURRENCIES", ("JPY", "KWD"))
    agree(reserve_percent=10)
    starts_at = timezone.now() + timedelta(days=1)
    event = world.make_event(kinds=((STANDARD, price, 5),), currency=currency, starts_at=starts_at)
    world.paid_order(event, **{STANDARD: 1})

    assert run(stripe_sandbox, days=5) == [(currency, net - reserve, "sent")]
    assert agrees(account)
    assert breaches() == {}


# --- Held -------------------------------------------------------------------------------------------------------------------


def test_payouts_wait_while_the_platform_holds_them_or_too_much_is_disputed(
    event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    order = world.paid_order(event, **{STANDARD: 2})
    world.paid_order(event, **{STANDARD: 2})
    agree(held_because="we look into a report")
    assert run(stripe_sandbox, days=14) == []
    assert waits_because(payout_schedule()) == "The platform holds payouts: we look into a report"

    agree(most_disputes=0)
    made = stripe_sandbox.control("disputes", payment_intent=Payment.objects.get(order=order).intent_id)
    take_up_dispute(account_id=account, provider_id=made["id"])
    assert run(stripe_sandbox, days=14) == []
    assert waits_because(payout_schedule()) == "Payouts wait while 1 dispute is undecided."

    stripe_sandbox.control(f"disputes/{made['id']}/decide", won=True)
    take_up_dispute(account_id=account, provider_id=made["id"])
    assert run(stripe_sandbox, days=14) == [("EUR", 9600 - 2000, "sent")]
    assert agrees(account)
    assert breaches() == {}


def test_terms_out_of_bounds_change_nothing(account: str) -> None:
    agree(days_after=5)
    for wrong in ({"days_after": 61}, {"reserve_percent": 51}, {"reserve_days": 181}, {"held_because": "x" * 201}):
        with pytest.raises(ScheduleInvalid):
            agree(**wrong)
    assert payout_schedule().days_after == 5


# --- Once -------------------------------------------------------------------------------------------------------------------


def test_killed_after_the_provider_paid_it_is_paid_once(event: Event, account: str, stripe_sandbox: Sandbox) -> None:
    world.paid_order(event, **{STANDARD: 2})
    stripe_sandbox.control("balance/available")
    at = timezone.now() + timedelta(days=14)
    assert run_payouts(at=at) == 1
    payout = Payout.objects.get()
    with patch.object(failpoints, "hit", _dies_at("after_payout_sent")), pytest.raises(Killed):
        send_payout(payout_id=payout.pk)
    assert run_payouts(at=at) == 0  # the first is still being sent

    send_payout(payout_id=payout.pk)

    there = provider().v1.payouts.list(options={"stripe_account": account}).data
    assert [one.amount for one in there] == [4800]
    assert agrees(account)
    assert breaches() == {}


def test_a_lost_answer_is_asked_for_again(event: Event, account: str, stripe_sandbox: Sandbox) -> None:
    world.paid_order(event, **{STANDARD: 2})
    stripe_sandbox.control("balance/available")
    run_payouts(at=timezone.now() + timedelta(days=14))
    payout = Payout.objects.get()
    stripe_sandbox.control("faults", path="/v1/payouts", method="POST", mode="disconnect", when="after", count=3)
    with pytest.raises(gateway.ProviderUnavailable):
        send_payout(payout_id=payout.pk)

    send_payout(payout_id=payout.pk)

    assert len(provider().v1.payouts.list(options={"stripe_account": account}).data) == 1
    assert agrees(account)


@pytest.mark.parametrize(("hours", "was_made"), [(2, False), (25, False), (25, True)])
def test_a_payout_whose_message_is_given_up_is_sent_by_the_clock(
    event: Event, account: str, stripe_sandbox: Sandbox, hours: int, was_made: bool
) -> None:
    """After a day the provider may have forgotten its key: then it is looked for first."""
    world.paid_order(event, **{STANDARD: 2})
    stripe_sandbox.control("balance/available")
    at = timezone.now() + timedelta(days=14)
    run_payouts(at=at)
    OutboxMessage.objects.filter(kind="send_payout").update(is_dead=True)
    run_payouts(at=at)
    assert Payout.objects.get().state == "asked"  # as long as the outbox has its time
    if was_made:
        _pay_out(account, about=f"payout:{Payout.objects.get().pk}")
    Payout.objects.update(created_at=timezone.now() - timedelta(hours=hours))

    run_payouts(at=at)
    run_payouts(at=at)

    assert Payout.objects.get().state == "sent"
    assert [one.amount for one in provider().v1.payouts.list(options={"stripe_account": account}).data] == [4800]
    assert balance(Kind.BANK) == {"EUR": 4800}
    assert agrees(account)
    assert set(breaches()) == {"I17"}  # people still see that the message is dead


def test_what_somebody_else_paid_out_is_not_taken_for_a_payout_of_ours(
    event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    world.paid_order(event, **{STANDARD: 2})
    stripe_sandbox.control("balance/available")
    at = timezone.now() + timedelta(days=14)
    run_payouts(at=at)
    OutboxMessage.objects.filter(kind="send_payout").update(is_dead=True)
    world.paid_order(event, **{STANDARD: 2})
    stripe_sandbox.control("balance/available")
    by_hand = _pay_out(account)
    Payout.objects.update(created_at=timezone.now() - timedelta(hours=25))

    send_payout(payout_id=Payout.objects.get().pk)

    ours = Payout.objects.get()
    assert (ours.state, ours.amount) == ("sent", 4800)
    paid = provider().v1.payouts.list(options={"stripe_account": account}).data
    assert [(one.id, one.amount) for one in paid] == [(ours.provider_id, 4800), (by_hand, 4800)]


def _pay_out(account: str, **said: str) -> str:
    """4,800 minor units to the bank, asked for at the provider itself."""
    options: Any = {"stripe_account": account, "idempotency_key": "gone"}
    return provider().v1.payouts.create({"amount": 4800, "currency": "eur", "metadata": said}, options).id


# --- It comes back ------------------------------------------------------------------------------------------------------------


def test_a_payout_that_came_back_is_told_and_tried_again_a_day_later(
    event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    world.paid_order(event, **{STANDARD: 2})
    run(stripe_sandbox, days=14)
    payout = Payout.objects.get()
    stripe_sandbox.control("timers")
    hear(payout)
    stripe_sandbox.control(f"payouts/{payout.provider_id}/fail")
    for _time in range(2):
        hear(payout)

    assert (payout.state, payout.failure) == ("failed", "account_closed")
    assert balance(Kind.BANK) == {"EUR": 0}
    assert balance(Kind.PROVIDER) == {"EUR": 4800}
    assert agrees(account)
    assert OutboxMessage.objects.filter(kind="mail_payout_failed").count() == 1
    mail_payout_failed(payout_id=payout.pk)
    mail = EmailMessage.objects.get(key__startswith="payout-failed:")
    assert mail.subject == "A payout of €48.00 came back"
    assert "The bank account is closed, wrong or not yours." in mail.text
    assert told() == []
    (message,) = OutboxMessage.objects.filter(kind="note_payout_failure")
    for _time in range(2):
        note_payout_failure(**message.payload)
    assert told() == [("payout_failed", "open")]  # before any check
    check_money()
    assert told() == [("payout_failed", "open")]  # which finds the same one

    Payout.objects.update(settled_at=timezone.now() + timedelta(days=14))
    again = next_try_at("EUR")
    assert again is not None
    assert run(stripe_sandbox, days=14.5)[1:] == []
    assert run(stripe_sandbox, days=15.1)[1:] == [("EUR", 4800, "sent")]
    assert agrees(account)
    assert breaches() == {}


def test_what_the_provider_does_not_take_moves_nothing(event: Event, account: str, stripe_sandbox: Sandbox) -> None:
    """Between our look at the balance and the payout somebody took the money out at Stripe."""
    world.paid_order(event, **{STANDARD: 2})
    stripe_sandbox.control("balance/available")
    run_payouts(at=timezone.now() + timedelta(days=14))
    provider().v1.payouts.create(params={"amount": 3000, "currency": "eur"}, options={"stripe_account": account})
    payout = Payout.objects.get()

    send_payout(payout_id=payout.pk)
    send_payout(payout_id=payout.pk)

    payout.refresh_from_db()
    assert (payout.state, payout.failure, payout.provider_id) == ("failed", "balance_insufficient", "")
    check_money()
    assert agrees(account)
    assert breaches() == {}


# --- What is to come ----------------------------------------------------------------------------------------------------------


def test_what_becomes_due_is_known_beforehand(event: Event, account: str, stripe_sandbox: Sandbox) -> None:
    agree(reserve_percent=25, reserve_days=10)
    world.paid_order(event, **{STANDARD: 2})
    ends = world.the_performance(event).ends_at
    (one,) = upcoming(payout_schedule(), at=timezone.now())
    assert (one.at, one.currency, one.amount, one.words) == (ends + timedelta(days=3), "EUR", 3600, event.title)

    run(stripe_sandbox, days=14)

    (one,) = upcoming(payout_schedule(), at=timezone.now())
    assert (one.at, one.amount, one.words) == (ends + timedelta(days=13), 1200, f"Reserve of {event.title}")


def _dies_at(name: str) -> Any:
    def hit(here: str, *_more: datetime) -> None:
        if here == name:
            raise Killed

    return hit
