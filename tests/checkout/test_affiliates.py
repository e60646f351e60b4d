"""Whose a sale is, what it earns the affiliate, and how that goes back: through the real sale, with the sandbox as the provider."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from analytics.affiliates import figures_of
from analytics.invariants import breaches
from audit.actions import SYSTEM, user_actor
from checkout import actions as checkout
from checkout.affiliates import Via
from checkout.charge_models import choose_charge_model
from checkout.code_desk import create_code
from checkout.commissions import approve_commission, approve_due, decline_commission, due_commissions, run_approvals
from checkout.errors import CommissionSettled
from checkout.refunds import GivingBack, give_back
from events.charges import add_tax_rate, tax_ticket_type
from events.models import ChargeModel, Event
from ledger.models import Party
from ledger.queries import standings
from ledger.split_rules import WHOLE, Payee, Rules, Share, Step
from ledger.splits import set_split_plan
from orders.models import Attribution, Order
from payments.models import Payment, Refund
from payouts.affiliate_statement import affiliate_statement
from payouts.affiliates import change_details, change_state, invite_affiliate
from payouts.statement import event_statement
from people.actions import add_member
from people.models import Membership
from promotions.affiliates import set_event_commission, set_programme
from promotions.commission import CommissionKind, Rate, Tier
from promotions.models import Affiliate
from promotions.touches import Touch
from tests import world
from tests.reconciliation.conftest import fresh_account
from tests.world import BEA, FREE, STANDARD

NORA = user_actor(UUID(int=1))
TEN = Rate(CommissionKind.PERCENT, basis_points=1000, currency="EUR")
HALL = Payee(Party.VENUE, "hall")


@pytest.fixture
def event(paying: world.House) -> Event:
    set_programme(rate=TEN, actor=NORA)
    return world.make_event(kinds=((STANDARD, 2400, 20), (FREE, 0, 5)))


@pytest.fixture
def ada(event: Event) -> Affiliate:
    return invite_affiliate(name="Ada", email="ada@affiliates.example", code="ADA", actor=NORA)


def touch(*codes: str, ago: timedelta = timedelta(hours=1)) -> Via:
    """Links that were followed, an hour between each, the last one so long ago."""
    now = timezone.now()
    times = [now - ago - timedelta(hours=n) for n in range(len(codes))][::-1]
    return Via([Touch(code, at) for code, at in zip(codes, times, strict=True)])


def placed(event: Event, via: Via, *, buyer: checkout.Buyer = BEA, code: str = "", **wanted: int) -> Order:
    basket = {world.kind_of(event, name).pk: n for name, n in (wanted or {STANDARD: 1}).items()}
    held = checkout.place_hold(performance_id=world.the_performance(event).pk, basket=basket, code=code)
    return checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer, via=via)


def paid(order: Order, *, card: str = "pm_card_visa") -> Order:
    world.pay(order, card=card)
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    return order


def whose(order: Order) -> str:
    found = Attribution.objects.select_related("affiliate").filter(order=order).first()
    return f"{found.affiliate.code} {found.how}" if found else ""


def refund(order: Order, *numbers: int, amount: int | None = None) -> None:
    chosen = frozenset(order.positions.filter(index__in=numbers).values_list("pk", flat=True))
    made = give_back(order_id=order.pk, asked=GivingBack(chosen, cancels=bool(numbers), amount=amount), actor=NORA)
    assert made is not None
    checkout.send_refund(refund_id=made.pk)


def stands() -> dict[str, tuple[int, int, int]]:
    """By party: waiting, owed, owing."""
    return {one.reference: (one.reserve, one.payable, one.receivable) for one in standings()}


# --- Whose ----------------------------------------------------------------------------------------------------------------


def test_the_last_link_followed_or_the_first_and_a_code_before_both(event: Event, ada: Affiliate) -> None:
    invite_affiliate(name="Bo", email="bo@affiliates.example", code="BO-1", actor=NORA)
    create_code(typed="ADASFRIENDS", actor=SYSTEM, event_id=event.pk, effect="percent", value=1000)
    change_details(affiliate_id=ada.pk, name="Ada", code="ADA", promo="adas-friends", actor=NORA)

    assert whose(placed(event, touch("ADA", "BO1"))) == "BO-1 link"
    assert whose(placed(event, touch("BO1"), code="ADASFRIENDS")) == "ADA code"
    assert whose(placed(event, Via(named="bo-1", touches=touch("ADA").touches))) == "BO-1 named"
    set_programme(rate=TEN, touch="first", actor=NORA)
    assert whose(placed(event, touch("ADA", "BO1"))) == "ADA link"
    assert breaches() == {}


def test_what_is_nobodys_is_ignored_and_never_refused(event: Event, ada: Affiliate) -> None:
    set_programme(rate=TEN, window_days=7, actor=NORA)
    late = placed(event, touch("ADA", ago=timedelta(days=7, seconds=5)))
    unknown = placed(event, Via(named="'; DROP TABLE", touches=touch("NOBODY").touches))
    change_state(affiliate_id=ada.pk, state=Affiliate.State.PAUSED, actor=NORA)
    paused = placed(event, Via(named="ADA", touches=touch("ADA").touches))
    assert [whose(order) for order in (late, unknown, paused)] == ["", "", ""]

    change_state(affiliate_id=ada.pk, state=Affiliate.State.ACTIVE, actor=NORA)
    assert whose(placed(event, touch("ADA", ago=timedelta(days=7) - timedelta(seconds=5)))) == "ADA link"
    assert whose(placed(event, touch("ADA"), **{FREE: 1})) == "ADA link"
    assert Attribution.objects.get(order__total=0).commission == 0


def test_nobody_earns_by_what_they_buy_themselves(event: Event, ada: Affiliate, paying: world.House) -> None:
    herself = replace(BEA, email="Ada+tickets@affiliates.example")
    assert whose(placed(event, touch("ADA"), buyer=herself)) == ""
    own = Order.objects.latest("created_at").customer
    assert whose(placed(event, touch("ADA"), buyer=replace(BEA, account=own.pk))) == ""
    nora = replace(BEA, email=paying.owner.email)
    assert whose(placed(event, touch("ADA"), buyer=nora)) == ""
    set_programme(rate=TEN, counts_team=True, actor=NORA)
    assert whose(placed(event, touch("ADA"), buyer=nora)) == "ADA link"

    set_programme(rate=TEN, counts_team=False, actor=NORA)
    add_member(user_id=UUID(int=7), name="Ada", email=ada.email, role=Membership.Role.DOOR, actor=SYSTEM)
    assert whose(placed(event, touch("ADA"))) == ""


def test_an_affiliates_own_card_earns_nothing(event: Event, ada: Affiliate) -> None:
    paid(placed(event, Via(), buyer=replace(BEA, email=ada.email)))
    order = paid(placed(event, touch("ADA"), buyer=replace(BEA, email="friend@example.com")))
    attribution = Attribution.objects.get(order=order)
    assert (attribution.void_reason, stands()) == ("card", {})
    other = paid(placed(event, touch("ADA"), buyer=replace(BEA, email="c@example.com")), card="pm_card_mastercard")
    assert Attribution.objects.get(order=other).void_reason == ""
    assert stands() == {str(ada.pk): (240, 0, 0)}
    assert breaches() == {}


# --- How much -------------------------------------------------------------------------------------------------------------


def test_it_is_of_the_price_without_the_tax_inside_and_without_fees(event: Event, ada: Affiliate) -> None:
    rate = add_tax_rate(name="VAT", basis_points=2000, is_inclusive=True, actor=NORA)
    tax_ticket_type(ticket_type_id=world.kind_of(event, STANDARD).pk, tax_id=rate.pk, actor=NORA)
    order = paid(placed(event, touch("ADA"), **{STANDARD: 2}))
    attribution = Attribution.objects.get(order=order)
    # 2 x 24.00 with a sixth of it tax: 40.00
    assert (order.total, attribution.base, attribution.commission, attribution.tickets) == (5020, 4000, 400, 2)
    assert breaches() == {}


def test_an_event_may_pay_something_else_and_tiers_count_what_was_paid_for(event: Event, ada: Affiliate) -> None:
    set_event_commission(event_id=event.pk, rate=Rate(CommissionKind.FIXED, fixed=300, currency="EUR"), actor=NORA)
    paid(placed(event, touch("ADA"), **{STANDARD: 2}))
    set_event_commission(event_id=event.pk, rate=Rate(CommissionKind.NONE, currency="EUR"), actor=NORA)
    paid(placed(event, touch("ADA")))
    set_event_commission(event_id=event.pk, rate=None, actor=NORA)
    rising = Rate(CommissionKind.TIERS, tiers=(Tier(1, 0), Tier(5, 1000)), currency="EUR")
    set_programme(rate=rising, actor=NORA)
    placed(event, touch("ADA"), **{STANDARD: 3})  # not paid: it counts for nobody's tier
    paid(placed(event, touch("ADA"), **{STANDARD: 2}))  # tickets 4 and 5

    found = Attribution.objects.order_by("pk").values_list("commission", "tickets_before")
    assert list(found) == [(600, 0), (0, 0), (480, 3), (240, 3)]
    assert stands() == {str(ada.pk): (840, 0, 0)}
    assert breaches() == {}


def test_it_comes_out_of_what_the_organizer_keeps_and_is_never_more(event: Event, ada: Affiliate) -> None:
    """The first 30.00 are the hall's: of the first order 18.00 are left, of the second everything."""
    set_split_plan(
        subject=str(event.pk), currency="EUR", rules=Rules((Step((Share(HALL, WHOLE, cap=3000),)),)), actor=NORA
    )
    set_programme(rate=Rate(CommissionKind.PERCENT, basis_points=5000, currency="EUR"), actor=NORA)
    first = paid(placed(event, touch("ADA"), **{STANDARD: 2}))
    assert stands() == {"hall": (0, 3000, 0), str(ada.pk): (1800, 0, 0)}
    second = paid(placed(event, touch("ADA")))
    assert stands()[str(ada.pk)] == (1800 + 1200, 0, 0)
    assert breaches() == {}

    refund(first, 1)
    refund(first, 2)  # 24.00 are left of all: the hall's
    assert stands() == {"hall": (0, 2400, 0), str(ada.pk): (1200, 0, 0)}
    assert breaches() == {}
    (yours,) = [one for one in event_statement(event).sections if one.title == "What is yours"]
    assert [row.amount for row in yours.rows] == [0, 0, -1200, 0, -1200]  # as long as it waits

    assert approve_commission(order_id=second.pk, actor=NORA) == 0
    assert stands() == {"hall": (0, 2400, 0), str(ada.pk): (0, 0, 0)}
    assert breaches() == {}


@pytest.mark.parametrize("model", [ChargeModel.DIRECT, ChargeModel.ON_BEHALF])
def test_approved_is_what_partners_leave_of_all_orders_whichever_went_back(
    paying: world.House, event: Event, ada: Affiliate, model: ChargeModel
) -> None:
    """The first 30.00 to the hall, 50 % to Ada; of two orders of 48.00 the first, which paid the hall, goes back."""
    if model == ChargeModel.ON_BEHALF:
        fresh_account(paying)
        choose_charge_model(event_id=event.pk, model=model, actor=NORA)
    set_split_plan(
        subject=str(event.pk), currency="EUR", rules=Rules((Step((Share(HALL, WHOLE, cap=3000),)),)), actor=NORA
    )
    set_programme(rate=Rate(CommissionKind.PERCENT, basis_points=5000, currency="EUR"), actor=NORA)
    first = paid(placed(event, touch("ADA"), **{STANDARD: 2}))
    second = paid(placed(event, touch("ADA"), **{STANDARD: 2}))
    assert standing_of(ada) == (1800 + 2400, 0, 0)
    refund(first, 1, 2)
    assert standing_of(ada) == (2400, 0, 0)
    assert breaches() == {}

    assert approve_commission(order_id=second.pk, actor=NORA) == 1800
    assert standing_of(ada) == (0, 1800, 0)
    assert breaches() == {}
    statement = event_statement(event)
    (yours,) = [one for one in statement.sections if one.title == "What is yours"]
    assert [row.amount for row in yours.rows] == [1800, 0, -1800, 0, 0]
    assert [(one.what, one.amount) for one in affiliate_statement(ada, "EUR").entries][-1] == (
        "Cut: partners’ shares come first",
        -600,
    )
    refund(second, amount=10)  # of 24.00 its own order leaves 23.96, which is more
    assert standing_of(ada) == (0, 1800, 0)
    third = paid(placed(event, touch("ADA"), **{STANDARD: 2}))
    assert approve_commission(order_id=third.pk, actor=NORA) == 2400  # 48.00 more are the organizer's
    assert standing_of(ada) == (0, 4200, 0)
    assert breaches() == {}


def standing_of(affiliate: Affiliate) -> tuple[int, int, int]:
    return stands()[str(affiliate.pk)]


# --- Approved, given back -------------------------------------------------------------------------------------------------


def test_parts_go_back_in_proportion_to_the_cent(event: Event, ada: Affiliate) -> None:
    order = paid(placed(event, touch("ADA"), **{STANDARD: 3}))  # 75.30, 7.20 of it Ada's
    assert stands() == {str(ada.pk): (720, 0, 0)}
    refund(order, amount=1000)  # 7.20 x 10.00 / 75.30 = 0.956: 0.95
    assert stands() == {str(ada.pk): (625, 0, 0)}
    refund(order, amount=1)
    assert stands() == {str(ada.pk): (625, 0, 0)}
    assert approve_commission(order_id=order.pk, actor=NORA) == 625
    assert approve_commission(order_id=order.pk, actor=NORA) == 0
    assert stands() == {str(ada.pk): (0, 625, 0)}
    refund(order, 1)  # 35.10 are back: 7.20 x 35.10 / 75.30 = 3.35
    refund(order, 2, 3)
    assert stands() == {str(ada.pk): (0, 0, 0)}
    figures = figures_of([ada.pk])[ada.pk]
    assert (figures.orders, figures.tickets, figures.money_in("EUR").clawed_back) == (1, 3, 720)
    assert breaches() == {}


def test_the_clock_approves_and_staff_decline(event: Event, ada: Affiliate) -> None:
    set_programme(rate=TEN, approval_days=14, approval_from="sale", actor=NORA)
    first, second = (paid(placed(event, touch("ADA"))) for _ in range(2))
    now = timezone.now()
    assert run_approvals(at=now + timedelta(days=13, hours=23)) == 0
    decline_commission(order_id=second.pk, words="Bought by your own club", actor=NORA)
    assert run_approvals(at=now + timedelta(days=14, minutes=1)) == 1
    assert stands() == {str(ada.pk): (0, 240, 0)}
    with pytest.raises(CommissionSettled):
        approve_commission(order_id=second.pk, actor=NORA)
    with pytest.raises(CommissionSettled):
        decline_commission(order_id=first.pk, words="Too late", actor=NORA)
    assert stands() == {str(ada.pk): (0, 240, 0)}
    refund(second, 1)  # of what was declined nothing is there to be taken back
    assert stands() == {str(ada.pk): (0, 240, 0)}
    assert breaches() == {}


def test_after_the_event_and_not_without_staff_where_they_want_to_look(event: Event, ada: Affiliate) -> None:
    set_programme(rate=TEN, approval_days=3, approval_from="event", needs_approval=True, actor=NORA)
    order = paid(placed(event, touch("ADA")))
    over = world.the_performance(event).ends_at + timedelta(days=3)

    def due(at: datetime) -> list[UUID]:
        return [one.order_id for one in due_commissions(at=at)]

    assert (due(over - timedelta(seconds=1)), due(over)) == ([], [order.pk])
    assert run_approvals(at=over) == 0
    assert approve_due(actor=NORA, at=over) == 1
    assert breaches() == {}


def test_what_was_not_paid_earns_nothing(event: Event, ada: Affiliate) -> None:
    order = placed(event, touch("ADA"))
    with pytest.raises(CommissionSettled):
        approve_commission(order_id=order.pk, actor=NORA)
    checkout.expire_order(order_id=order.pk)
    assert stands() == {}
    assert figures_of([ada.pk])[ada.pk].orders == 0
    assert not Payment.objects.filter(order=order).exists()
    assert not Refund.objects.exists()
    assert breaches() == {}
