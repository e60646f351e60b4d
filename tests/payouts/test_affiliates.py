"""A commission from the sale to the affiliate's bank and back, on direct and on separate charges, with its statement."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from analytics.affiliates import figures_of
from analytics.invariants import breaches
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.affiliates import Via
from checkout.charge_models import choose_charge_model
from checkout.commissions import approve_commission, decline_commission
from checkout.disputes import take_up_dispute
from checkout.refunds import GivingBack, give_back
from events.models import ChargeModel, Event
from ledger.queries import standings
from orders.models import Attribution, Order
from outbox.actions import drain
from payments.models import Payment
from payouts.accounts import partner_account
from payouts.actions import note_payment
from payouts.affiliate_statement import affiliate_statement
from payouts.affiliates import invite_affiliate
from payouts.models import Partner, PartnerPayment, TransferReversal
from payouts.schedule import payables
from payouts.statement import event_statement
from payouts.transfers import request_transfers, run_transfers, transferable
from promotions.affiliates import set_programme
from promotions.commission import CommissionKind, Rate
from promotions.models import Affiliate
from tests import world
from tests.payouts.test_transfers import _let_money_arrive, at_provider, paying, sound  # noqa: F401 - fixtures
from tests.processes import Sandbox
from tests.reconciliation.conftest import connect_partner
from tests.world import STANDARD

NORA = user_actor(UUID(int=1))


@pytest.fixture
def ada(paying: world.House) -> Affiliate:  # noqa: F811
    set_programme(rate=Rate(CommissionKind.PERCENT, basis_points=1000, currency="EUR"), actor=NORA)
    return invite_affiliate(name="Ada", email="ada@affiliates.example", code="ADA", actor=NORA)


@pytest.fixture
def event(ada: Affiliate) -> Event:
    return world.make_event(kinds=((STANDARD, 2400, 40),))


def partner_of(affiliate: Affiliate) -> Partner:
    return Partner.objects.get(affiliate=affiliate)


def sold(event: Event, n: int = 1) -> Order:
    held = world.hold(event, **{STANDARD: n})
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA, via=Via(named="ADA"))
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    assert order.is_paid
    return order


def refund(order: Order) -> None:
    sold_ones = frozenset(order.positions.values_list("pk", flat=True))
    made = give_back(order_id=order.pk, asked=GivingBack(sold_ones, cancels=True, amount=None), actor=NORA)
    assert made is not None
    checkout.send_refund(refund_id=made.pk)


def stands(affiliate: Affiliate) -> tuple[int, int, int]:
    (found,) = [one for one in standings() if one.reference == str(affiliate.pk)]
    return found.reserve, found.payable, found.receivable


def test_collected_with_our_fee_paid_by_transfer_and_taken_back(
    event: Event,
    ada: Affiliate,
    paying: world.House,  # noqa: F811
    sound: Callable[[], None],  # noqa: F811
) -> None:
    partner = connect_partner(paying, partner_of(ada))
    order = sold(event, 2)
    assert Payment.objects.get(order=order).partners_part == 480
    assert (stands(ada), transferable(partner, "EUR")) == ((480, 0, 0), 0)
    assert payables()["EUR"].partners == 0  # it lies with the platform
    sound()

    approve_commission(order_id=order.pk, actor=NORA)
    later = sold(event)  # waits, and holds nothing of what is approved
    assert transferable(partner, "EUR") == 480
    _let_money_arrive()
    request_transfers(partner=partner, currency="EUR", actor=NORA)
    drain()
    assert (at_provider(partner.account_id), stands(ada)) == (480, (240, 0, 0))
    sound()

    refund(order)
    drain()
    assert [(one.amount, one.state) for one in TransferReversal.objects.all()] == [(480, "done")]
    assert (at_provider(partner.account_id), stands(ada)) == (0, (240, 0, 0))
    sound()

    decline_commission(order_id=later.pk, words="Your own club", actor=NORA)
    assert stands(ada) == (0, 0, 0)
    sound()
    statement = affiliate_statement(ada, "EUR")
    assert [(one.what, one.how, one.amount) for one in statement.entries] == [
        ("Sale", "10% of €48.00", 480),
        ("Sale", "10% of €24.00", 240),
        ("Refund", "", -480),
        ("Declined: Your own club", "", -240),
    ]
    assert [row.amount for row in statement.payments] == [-480, 480]
    assert [row.amount for row in statement.account.rows] == [0, 0, 0, 0]
    assert figures_of([ada.pk])[ada.pk].money_in("EUR").clawed_back == 720
    assert breaches() == {}


def test_out_of_a_separate_charge_when_the_date_is_due(
    event: Event,
    ada: Affiliate,
    paying: world.House,  # noqa: F811
    sound: Callable[[], None],  # noqa: F811
) -> None:
    partner = connect_partner(paying, partner_of(ada))
    choose_charge_model(event_id=event.pk, model=ChargeModel.ON_BEHALF, actor=NORA)
    order, other = sold(event, 2), sold(event)
    approve_commission(order_id=order.pk, actor=NORA)
    sound()
    _let_money_arrive()
    run_transfers(at=timezone.now() + timedelta(days=40))
    drain()
    assert (at_provider(partner.account_id), stands(ada)) == (480, (240, 0, 0))
    sound()
    refund(other)
    refund(order)
    drain()
    assert (at_provider(partner.account_id), stands(ada)) == (0, (0, 0, 0))
    sound()


def test_paid_by_hand_and_charged_back_the_next_commission_makes_up_for_it(
    event: Event,
    ada: Affiliate,
    stripe_sandbox: Sandbox,
    sound: Callable[[], None],  # noqa: F811
) -> None:
    order = sold(event, 2)
    approve_commission(order_id=order.pk, actor=NORA)
    stays = payables()["EUR"]
    assert (stays.future, stays.partners) == (4800, 0)  # the organizer has it: it stays with the date
    note_payment(
        partner=partner_of(ada),
        direction=PartnerPayment.Direction.OUT,
        currency="EUR",
        amount=480,
        words="Bank transfer",
        key="1",
        actor=NORA,
    )
    payment = Payment.objects.get(order=order)
    made = stripe_sandbox.control("disputes", payment_intent=payment.intent_id)
    dispute = take_up_dispute(account_id=payment.account_id, provider_id=made["id"])
    assert dispute is not None
    assert stands(ada) == (0, 0, 0)
    stripe_sandbox.control(f"disputes/{dispute.provider_id}/decide", won=False)
    take_up_dispute(account_id=payment.account_id, provider_id=dispute.provider_id)
    assert stands(ada) == (0, 0, 480)
    assert affiliate_statement(ada, "EUR").account.rows[-1].amount == -480

    again = sold(event, 3)
    approve_commission(order_id=again.pk, actor=NORA)
    assert stands(ada) == (0, 240, 0)
    assert Attribution.objects.get(order=again).commission == 720
    sound()
    # The partner's account line by line, and the event's settlement, tell the same.
    account = partner_account(partner_of(ada), "EUR", zone=ZoneInfo("Europe/Berlin"))
    assert [(one.what, one.amount) for one in account.lines] == [
        ("Commission approved", 480),
        ("Paid by hand", -480),
        ("Lost to the buyer's bank", -480),
        ("Commission approved", 720),
    ]
    assert account.closing == 240
    settled = event_statement(event)
    (yours,) = [one for one in settled.sections if one.title == "What is yours"]
    by_name = {one.name: one.closing for one in settled.accounts}
    assert by_name == {"Ada": 720, "Organizer": yours.rows[-1].amount}
