"""A settlement whose every number a reader can check: three parties, an affiliate, a part that went back, a dispute lost."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.refunds import GivingBack, give_back
from config.stripe_events import VERBS
from events.charges import add_tax_rate, tax_ticket_type
from events.models import Event
from ledger.queries import standings
from ledger.split_rules import ORGANIZER, WHOLE, Payee, Rules, Share, Step
from ledger.splits import set_split_plan
from orders.models import Order
from outbox.actions import drain
from payments.models import Payment
from payouts.accounts import partner_account
from payouts.actions import add_partner, note_payment
from payouts.models import Partner, PartnerPayment
from payouts.statement import Section, Statement, event_statement, statement_pdf
from tests import world
from tests.processes import Sandbox
from tests.reconciliation.conftest import fresh_account
from tests.staff import signed_in, text
from tests.world import STANDARD

NORA = user_actor(UUID(int=1))


@pytest.fixture
def account(northside: world.House, stripe_sandbox: Sandbox) -> str:
    return fresh_account(northside)


def partner(kind: Partner.Kind, name: str) -> Partner:
    return add_partner(kind=kind, name=name, email="", actor=NORA)


@pytest.fixture
def three(account: str) -> tuple[Partner, Partner, Partner]:
    """Ada sends buyers, the hall lets the house, the band plays."""
    Kind = Partner.Kind
    return partner(Kind.AFFILIATE, "Ada"), partner(Kind.VENUE, "Hall"), partner(Kind.ARTIST, "Band")


def plan(event: Event, three: tuple[Partner, Partner, Partner]) -> None:
    """5 % to Ada; of the rest the first 50.00 to the hall; then 70/30 between band and organizer."""
    ada, hall, band = (one.payee for one in three)
    steps = (Step((Share(ada, 500),)), Step((Share(hall, WHOLE, cap=5000),)), Step((Share(band, 7000),)))
    set_split_plan(subject=str(event.pk), currency="EUR", rules=Rules(steps), actor=NORA)


def send_back(order: Order, amount: int) -> None:
    made = give_back(order_id=order.pk, asked=GivingBack(amount=amount), actor=NORA)
    assert made is not None
    checkout.send_refund(refund_id=made.pk)


def lose(order: Order, sandbox: Sandbox, account: str) -> None:
    """The buyer's bank wants it back, and gets it."""

    def hear(kind: str) -> None:
        VERBS[f"charge.dispute.{kind}"]({"account": account, "data": {"object": {"id": made}}})

    intent = Payment.objects.get(order=order).intent_id
    made = str(sandbox.control("disputes", payment_intent=intent)["id"])
    hear("created")
    sandbox.control(f"disputes/{made}/decide", won=False)
    hear("closed")


def rows(section: Section) -> list[tuple[str, str, int]]:
    return [(row.words, row.how, row.amount) for row in section.rows]


def part(statement: Statement, number: int, payee: Payee) -> int:
    return statement.orders[number].parts[payee]


def test_three_parties_an_affiliate_a_part_that_went_back_and_a_dispute_lost(
    northside: world.House, account: str, stripe_sandbox: Sandbox, three: tuple[Partner, Partner, Partner]
) -> None:
    event = world.make_event("Hafen Nacht", kinds=((STANDARD, 2400, 20),))
    early = world.paid_order(event, **{STANDARD: 1})  # before there was a plan
    plan(event, three)
    a, b, c = (world.paid_order(event, **{STANDARD: number}) for number in (3, 2, 1))
    ada, hall, band = (one.payee for one in three)
    out = PartnerPayment.Direction.OUT
    note_payment(partner=three[2], direction=out, currency="EUR", amount=4000, words="Cash", key="c", actor=NORA)
    send_back(c, 1000)  # 0.43 of our fee in it
    lose(b, stripe_sandbox, account)  # 50.20, of which we keep our 2.20; and the provider's 20.00
    drain()

    statement = event_statement(event)
    stayed, earned, shares, yours, *accounts = statement.sections
    assert rows(stayed) == [
        ("Buyers paid", "4 orders", 2510 + 7530 + 5020 + 2510),
        ("Went back to them", "1 order", -1000),
        ("Taken back by their banks", "1 order", -5020),
        ("What stayed", "", 11_550),
    ]
    assert rows(earned) == [
        ("What stayed", "", 11_550),
        ("Our fee", "what of it did not go back", -(110 + 330 + 220 + 67)),
        ("Tax in the prices and on top", "what of it did not go back", 0),
        ("Proceeds", "", 10_823),
    ]
    # Under the plan: 72.00 of A, 14.43 of C, and B cost our fee: 84.23. The early order's 24.00 are not shared.
    assert shares.note == "3 orders: €84.23"
    assert rows(shares) == [
        ("Ada: 5 % of everything", "5 % of €84.23 = 4.2115", 421),
        ("Hall: the first €50.00 of what is left", "100 % of €80.02 = 80.02, at most €50.00", 5000),
        ("Band: 70 % of what is left", "70 % of €30.02 = 21.014", 2101),
        ("Organizer: the rest", "", 901),
        ("Proceeds under this version", "", 8423),
    ]
    assert rows(yours) == [
        ("The rest of what was shared", "3 orders", 901),
        ("Sold while nothing was shared", "1 order", 2400),
        ("What the provider charged for disputes", "", -2000),
        ("Yours, before you pay the tax", "", 1301),
    ]
    assert [one.title for one in accounts] == ["Ada (Affiliate)", "Band (Artist)", "Hall (Venue)"]
    assert [amount for _words, _how, amount in rows(accounts[0])] == [421, 0, 0, 0, 0, 0, 421]
    # The band had 40.00 in cash while 44.08 were owed to it; now it has earned 21.01, and owes the difference.
    assert rows(accounts[1])[0] == ("Earned by this event", "", 2101)
    assert rows(accounts[1])[4] == ("Paid by hand", "", -4000)
    assert rows(accounts[1])[-1] == ("Owed by the partner", "", 2101 - 4000)
    assert {one.reference: (one.payable, one.receivable) for one in standings()} == {
        str(three[0].pk): (421, 0),
        str(three[1].pk): (5000, 0),
        str(three[2].pk): (0, 1899),
    }

    # Line by line: each amount with its order and the step that gives it, running to what the sections say.
    told = {
        account.name: [(line.what, line.about, line.amount, line.balance) for line in account.lines]
        for account in statement.accounts
    }
    assert [(one.name, one.opening, one.closing) for one in statement.accounts] == [
        ("Ada", 0, 421),
        ("Hall", 0, 5000),
        ("Band", 0, 2101),
        ("Organizer", 0, 1301),
    ]
    assert told["Hall"] == [("Sold", a.number, 5000, 5000)]  # the first 50.00, and nothing of the rest
    assert told["Band"] == [
        ("Sold", a.number, 1288, 1288),
        ("Sold", b.number, 3192, 4480),
        ("Sold", c.number, 1596, 6076),
        ("Went back to the buyer", c.number, -636, 5440),
        ("Lost to the buyer's bank", b.number, -3339, 2101),
    ]
    own = [(line.what, line.amount) for line in statement.accounts[3].lines]
    # The provider says when it charged to the second alone: here that may be before or after all that happened in it.
    own.remove(("What the provider charged for disputes", -2000))
    assert (own[0], own[-1]) == (("Sold while nothing was shared", 2400), ("Lost to the buyer's bank", -1430))
    first = statement.accounts[2].lines[0]
    assert first.how == "Step 3: 70 % of what is left; proceeds €0.00 → €72.00"

    # The band's own account goes over all events, with what it was paid; it ends where the books do.
    zone = ZoneInfo(northside.organizer.timezone)
    whole = partner_account(three[2], "EUR", zone=zone)
    assert [(line.what, line.amount, line.balance) for line in whole.lines] == [
        ("Sold", 1288, 1288),
        ("Sold", 3192, 4480),
        ("Sold", 1596, 6076),
        ("Paid by hand", -4000, 2076),
        ("Went back to the buyer", -636, 1440),
        ("Lost to the buyer's bank", -3339, -1899),
    ]
    assert whole.lines[0].about == f"{a.number} · Hafen Nacht"
    assert whole.lines[3].about == "Cash"
    assert (whole.opening, whole.closing, whole.newest(2).opening) == (0, -1899, 2076)
    tomorrow = timezone.now().astimezone(zone).date() + timedelta(days=1)
    later = partner_account(three[2], "EUR", zone=zone, since=tomorrow)
    assert (later.opening, later.lines, later.closing) == (-1899, (), -1899)
    assert partner_account(three[2], "EUR", zone=zone, until=tomorrow).closing == -1899

    # Each order's parts are its own proceeds, and all orders together are the sections.
    assert [one.order_id for one in statement.orders] == [early.pk, a.pk, b.pk, c.pk]
    assert [one.earned for one in statement.orders] == [2400, 7200, -220, 1443]
    assert [one.charge for one in statement.orders] == [0, 0, 2000, 0]
    assert all(sum(one.parts.values()) == one.earned for one in statement.orders)
    assert part(statement, 0, ORGANIZER) == 2400
    for payee, amount in ((ada, 421), (hall, 5000), (band, 2101), (ORGANIZER, 901)):
        assert sum(part(statement, number, payee) for number in (1, 2, 3)) == amount
    assert breaches() == {}


def test_it_is_a_page_a_pdf_and_a_table_and_another_version_goes_on_from_the_first(
    northside: world.House, account: str, three: tuple[Partner, Partner, Partner], southside: world.House
) -> None:
    event = world.make_event("=Hafen", kinds=((STANDARD, 2400, 20),))
    rate = add_tax_rate(name="VAT", basis_points=700, is_inclusive=True, actor=NORA)
    tax_ticket_type(ticket_type_id=world.kind_of(event, STANDARD).pk, tax_id=rate.pk, actor=NORA)
    nora = signed_in(northside.owner, northside.host)
    address = f"/portal/events/{event.pk}/statement"
    assert "Nothing sold yet" in text(nora.get(f"{address}/"))
    plan(event, three)
    world.paid_order(event, **{STANDARD: 3})
    half = Rules((Step((Share(three[2].payee, 5000),)),))
    set_split_plan(subject=str(event.pk), currency="EUR", rules=half, actor=NORA)
    world.paid_order(event, **{STANDARD: 1})

    statement = event_statement(event)
    assert [one.tax for one in statement.orders] == [493, 164]
    second = statement.sections[3]
    assert second.title == "Who gets what, version 2"
    assert second.note == "1 order: €22.36. It goes on from €67.07 that were earned before, up to €89.43."
    assert rows(second)[0] == (
        "Band: 50 % of everything",
        "50 % of €89.43 = 44.715; less 50 % of €67.07 = 33.535",
        second.rows[0].amount,
    )
    assert second.rows[0].amount in (1117, 1118, 1119)
    page = text(nora.get(f"{address}/"))
    assert "5 % of €67.07 = 3.3535" in page
    assert "Yours, before you pay the tax" in page

    table: list[Any] = list(csv.reader(io.StringIO(nora.get(f"{address}.csv").content.decode("utf-8-sig"))))
    head = next(row for row in table if row and row[0] == "Order")
    assert head[:8] == ["Order", "Paid", "Went back", "Taken by banks", "Our fee", "Tax", "Proceeds", "Version"]
    lines = table[table.index(head) + 1 :]
    lines = lines[: lines.index([])]
    assert [line[1:8] for line in lines] == [
        ["75.30", "0.00", "0.00", "-3.30", "-4.93", "67.07", "1"],
        ["25.10", "0.00", "0.00", "-1.10", "-1.64", "22.36", "2"],
        ["100.40", "0.00", "0.00", "-4.40", "-6.57", "89.43", ""],
    ]
    assert table[0][0] == "Settlement"
    assert ", EUR, as of " in table[0][1]
    for line in lines:  # across: what it earned is whose it is; down: the last line is the sum
        assert Decimal(line[6]) == sum(map(Decimal, line[8:-1]))
    for column in (*range(1, 7), *range(8, len(head))):
        assert sum(Decimal(line[column]) for line in lines[:-1]) == Decimal(lines[-1][column])
    pdf = nora.get(f"{address}.pdf")
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert statement_pdf(statement, northside.organizer).startswith(b"%PDF-")
    account_of = f"/portal/partners/{three[2].pk}/account"
    shown = text(nora.get(f"{account_of}/?since=2026-01-01"))
    assert "Step 1: 50 % of everything; proceeds €67.07 → €89.43" in shown
    assert "Closing balance" in shown
    assert nora.get(f"{account_of}/?since=2026-02-01&until=2026-01-01").status_code == 422
    assert nora.get(f"{account_of}.pdf?until=2026-02-01").content.startswith(b"%PDF-")
    lines = list(csv.reader(io.StringIO(nora.get(f"{account_of}.csv").content.decode("utf-8-sig"))))
    assert lines[0] == ["Date", "What", "Order or payment", "By which rule", "Amount", "Balance"]
    assert Decimal(lines[-1][-1]) == sum(Decimal(line[4]) for line in lines[2:-1])
    sam = signed_in(southside.owner, southside.host)
    assert {
        sam.get(f"{where}{end}").status_code for where in (address, account_of) for end in ("/", ".pdf", ".csv")
    } == {404}
