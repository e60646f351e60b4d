"""What an order earns is shared out in the transaction that completes it, and walks the same way back."""

from uuid import UUID

import pytest
from django.db import connection

from analytics.invariants import breaches
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.charge_models import choose_charge_model
from checkout.refunds import GivingBack, give_back, repaid_otherwise
from events.charges import add_tax_rate, tax_ticket_type
from events.models import ChargeModel, Event
from ledger.actions import Kind
from ledger.models import Party, SplitLine
from ledger.queries import balance, standings
from ledger.split_rules import WHOLE, Payee, Rules, Share, Step
from ledger.splits import set_split_plan
from orders.models import Order
from payments.models import Refund
from payouts.schedule import earned_by_date
from payouts.statement import event_statement
from tests import world
from tests.reconciliation.conftest import fresh_account
from tests.world import FREE, STANDARD

NORA = user_actor(UUID(int=1))
HALL, BAND, ADA = Payee(Party.VENUE, "hall"), Payee(Party.ARTIST, "band"), Payee(Party.AFFILIATE, "ada")
# Ada 5 %; the first 50.00 of the rest to the hall; then 70 % to the band.
THREE = Rules((Step((Share(ADA, 500),)), Step((Share(HALL, WHOLE, cap=5000),)), Step((Share(BAND, 7000),))))


@pytest.fixture
def event(paying: world.House) -> Event:
    made = world.make_event(kinds=((STANDARD, 2400, 20),))
    set_split_plan(subject=str(made.pk), currency="EUR", rules=THREE, actor=NORA)
    return made


def owed() -> dict[str, int]:
    return {one.reference: one.balance for one in standings()}


def refund(order: Order, *numbers: int, amount: int | None = None, card: str = "") -> Refund:
    chosen = frozenset(order.positions.filter(index__in=numbers).values_list("pk", flat=True))
    made = give_back(order_id=order.pk, asked=GivingBack(chosen, cancels=bool(numbers), amount=amount), actor=NORA)
    assert made is not None
    checkout.send_refund(refund_id=made.pk)
    made.refresh_from_db()
    return made


def test_a_sale_is_shared_and_parts_of_it_go_back_the_same_way(event: Event) -> None:
    order = world.paid_order(event, **{STANDARD: 3})  # 75.30 paid, 3.30 of it our fee
    # 5 % of 72.00 are 3.60; 50.00 to the hall; 70 % of 18.40 are 12.88
    assert owed() == {"ada": 360, "hall": 5000, "band": 1288}
    assert balance(Kind.SHARES) == {"EUR": 6648}

    refund(order, 1)  # 48.00 are left: 2.40 and 45.60
    assert owed() == {"ada": 240, "hall": 4560, "band": 0}
    refund(order, amount=1000)  # an amount of its own, 0.43 of our fee in it: 38.43 are left
    assert owed() == {"ada": 192, "hall": 3651, "band": 0}
    refund(order, 2, 3)
    assert owed() == {"ada": 0, "hall": 0, "band": 0}
    assert balance(Kind.SHARES) == {"EUR": 0}
    assert breaches() == {}


def test_an_order_keeps_the_version_it_was_placed_under(event: Event) -> None:
    placed = world.place_order(event, **{STANDARD: 1})
    set_split_plan(subject=str(event.pk), currency="EUR", rules=Rules(), actor=NORA)
    world.pay(placed)
    checkout.settle_payment(order_id=placed.pk)
    later = world.paid_order(event, **{STANDARD: 1})

    assert owed() == {"ada": 120, "hall": 2280}
    placed.refresh_from_db()
    assert placed.split_version is not None
    assert later.split_version is not None
    assert (placed.split_version.number, later.split_version.number) == (1, 2)
    assert SplitLine.objects.get(key=f"sale:{later.pk}").parts == [
        {"party": "organizer", "reference": "", "amount": 2400}
    ]
    assert breaches() == {}


def test_the_first_of_an_evening_stays_the_halls_when_orders_of_an_older_version_go_back(event: Event) -> None:
    def first_to_hall(basis_points: int) -> None:
        rules = Rules((Step((Share(HALL, WHOLE, cap=6000),)), Step((Share(BAND, basis_points),))))
        set_split_plan(subject=str(event.pk), currency="EUR", rules=rules, actor=NORA)

    first_to_hall(7000)
    order = world.paid_order(event, **{STANDARD: 2})  # 48.00, all the hall's
    first_to_hall(5000)
    world.paid_order(event, **{STANDARD: 4})  # 96.00: 12.00 fill the hall's 60.00, half of 84.00
    assert owed() == {"hall": 6000, "band": 4200}

    refund(order, amount=2510)  # 24.00 of it were shared
    assert owed() == {"hall": 6000, "band": 3000}
    assert breaches() == {}
    refund(order, *order.positions.values_list("index", flat=True))
    assert owed() == {"hall": 6000, "band": 1800}
    statement = event_statement(event)
    assert [one.parts.get(HALL, 0) for one in statement.orders] == [4800, 1200]
    assert breaches() == {}
    assert sorted(account.closing for account in statement.accounts) == [0, 1800, 1800, 6000]  # Ada is of version 1
    (version,) = [one for one in statement.sections if one.title == "Who gets what, version 3"]
    assert [row.amount for row in version.rows] == [6000, 1800, 1800, 9600]
    (of_hall,) = [account for account in statement.accounts if account.closing == 6000]
    assert [(line.what, line.amount) for line in of_hall.lines] == [
        ("Sold", 4800),
        ("Sold", 1200),
        ("Went back to the buyer", -2400),
        ("Went back to the buyer", 2400),
        ("Went back to the buyer", -2400),
        ("Went back to the buyer", 2400),
    ]
    assert of_hall.lines[-1].how == "Step 1: the first €60.00; it goes on from €24.00 → €0.00"


def test_a_refund_that_comes_back_is_the_parties_again_until_it_is_repaid_otherwise(event: Event) -> None:
    order = world.place_order(event, **{STANDARD: 1})
    world.pay(order, card="pm_card_refundFail")
    checkout.settle_payment(order_id=order.pk)
    assert owed() == {"ada": 120, "hall": 2280}
    made = refund(order, amount=2510)
    assert owed() == {"ada": 0, "hall": 0}
    _let_it_fail(made)
    assert owed() == {"ada": 126, "hall": 2384}  # our fee stays with the organizer, so 25.10 are shared
    repaid_otherwise(refund_id=made.pk, words="By bank transfer", actor=NORA)
    assert owed() == {"ada": 0, "hall": 0}
    assert breaches() == {}


def _let_it_fail(made: Refund) -> None:
    import httpx
    from django.conf import settings

    httpx.post(f"{settings.STRIPE_API_BASE}/_sandbox/timers").raise_for_status()
    checkout.send_refund(refund_id=made.pk)
    made.refresh_from_db()
    assert made.state == Refund.State.FAILED


def test_a_share_that_was_tampered_with_is_found(event: Event) -> None:
    world.paid_order(event, **{STANDARD: 1})
    assert breaches() == {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM ledger_splitline")
        (line_id,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO ledger_splitline (version_id, key, amount, before, parts, at)"
            ' SELECT version_id, \'sale:x\', 100, 0, \'[{"party": "venue", "reference": "hall", "amount": 90}]\', now()'
            " FROM ledger_splitline WHERE id = %s",
            [line_id],
        )
    assert set(breaches()) == {"shares", "plan"}


def test_tax_is_nobodys_share(paying: world.House) -> None:
    """7 % inside the price: of 24.00 beside our fee 1.64 are tax, and it goes back with what it was in."""
    event = world.make_event(kinds=((STANDARD, 2400, 20),))
    rate = add_tax_rate(name="VAT", basis_points=700, is_inclusive=True, actor=NORA)
    tax_ticket_type(ticket_type_id=world.kind_of(event, STANDARD).pk, tax_id=rate.pk, actor=NORA)
    set_split_plan(subject=str(event.pk), currency="EUR", rules=Rules((Step((Share(HALL, 5000),)),)), actor=NORA)
    order = world.paid_order(event, **{STANDARD: 3})
    tax = order.taxes.get().amount
    proceeds = order.total - order.platform_fee - tax
    assert (order.total, order.platform_fee, tax, proceeds) == (7530, 330, 493, 6707)
    assert owed() == {"hall": 3354}

    refund(order, amount=1000)  # 10.00, 0.43 of our fee and 0.65 of tax in it
    assert SplitLine.objects.latest("pk").amount == -(1000 - 43 - 65)
    refund(order, 1, 2, 3)
    assert owed() == {"hall": 0}
    assert breaches() == {}


def test_a_share_by_the_ticket_follows_the_tickets_that_count(paying: world.House) -> None:
    made = world.make_event(kinds=((STANDARD, 2400, 20), (FREE, 0, 20)))
    rules = Rules((Step((Share(HALL, 0, per_ticket=150),)), Step((Share(BAND, 7000),))))
    set_split_plan(subject=str(made.pk), currency="EUR", rules=rules, actor=NORA)
    order = world.paid_order(made, **{STANDARD: 3, FREE: 1})  # 72.00 beside our fee: 4.50 for three paid tickets
    assert owed() == {"hall": 450, "band": 4725}
    refund(order, amount=1000)  # no ticket: 10.00 with 0.43 of our fee in it, all three still count
    assert owed() == {"hall": 450, "band": 4055}
    refund(order, 1)  # one is cancelled: 48.00 less the 9.57
    line = SplitLine.objects.latest("pk")
    assert (line.tickets, line.tickets_before) == (-1, 3)
    assert owed()["hall"] == 300
    assert breaches() == {}

    version = set_split_plan(subject=str(made.pk), currency="EUR", rules=THREE, actor=NORA)
    assert version is not None
    assert version.base_tickets == 2  # it goes on from there
    refund(order, *order.positions.filter(state="sold", price__gt=0).values_list("index", flat=True))
    assert owed() == {"hall": 0, "band": 0}
    assert breaches() == {}


@pytest.mark.parametrize("model", [ChargeModel.DIRECT, ChargeModel.ON_BEHALF])
def test_a_ticket_cancelled_without_money_no_longer_counts(paying: world.House, model: ChargeModel) -> None:
    """1.50 a ticket to the hall, 70 % of the rest to the band: of 72.00 for three tickets, then for two."""
    made = world.make_event(kinds=((STANDARD, 2400, 20),))
    if model == ChargeModel.ON_BEHALF:
        fresh_account(paying)
        choose_charge_model(event_id=made.pk, model=model, actor=NORA)
    rules = Rules((Step((Share(HALL, 0, per_ticket=150),)), Step((Share(BAND, 7000),))))
    set_split_plan(subject=str(made.pk), currency="EUR", rules=rules, actor=NORA)
    order = world.paid_order(made, **{STANDARD: 3})

    def parties() -> dict[str, int]:
        return {name: amount for name, amount in owed().items() if name}

    assert parties() == {"hall": 450, "band": 4725}

    cancel_only(order, 1)
    assert parties() == {"hall": 300, "band": 4830}
    assert breaches() == {}
    statement = event_statement(made)
    (version,) = [one for one in statement.sections if one.title == "Who gets what, version 1"]
    assert [row.amount for row in version.rows] == [300, 4830, 2070, 7200]
    assert [account.lines[-1].what for account in statement.accounts] == ["Cancelled, no money went back"] * 3
    assert {one.amount for one in earned_by_date().values()} == {7200 - 300 - 4830}

    refund(order, 2)  # money goes back with this one: 24.00 less
    assert parties() == {"hall": 150, "band": 3255}
    cancel_only(order, 3)
    assert parties() == {"hall": 0, "band": 3360}
    assert breaches() == {}


def cancel_only(order: Order, number: int) -> None:
    chosen = frozenset(order.positions.filter(index=number).values_list("pk", flat=True))
    assert give_back(order_id=order.pk, asked=GivingBack(chosen, cancels=True, amount=0), actor=NORA) is None
