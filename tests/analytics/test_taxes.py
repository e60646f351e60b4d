"""The tax report: by rate and place, with what went back in the month in which it went; its months add up to the year."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from analytics.taxes import Row, Taxed, currencies_sold, tax_report
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.refunds import GivingBack, give_back
from events.charges import add_tax_rate, tax_ticket_type
from orders.models import Order
from tests import world
from tests.staff import signed_in, text
from tests.world import FREE, STANDARD

BALCONY, GUEST = "Balcony", "Guest"
ZONE = ZoneInfo("Europe/Berlin")


@pytest.fixture
def order(paying: world.House) -> Order:
    """24.00 at 19 % inside, 40.00 with 7.5 % on top, 10.00 without tax: 25.10, 41.50 + 3.11 and 10.75."""
    event = world.make_event(kinds=((STANDARD, 2400, 9), (BALCONY, 4000, 9), (GUEST, 1000, 9), (FREE, 0, 9)))
    inside = add_tax_rate(name="VAT", basis_points=1900, is_inclusive=True, actor=SYSTEM)
    on_top = add_tax_rate(name="City tax", basis_points=750, is_inclusive=False, actor=SYSTEM)
    tax_ticket_type(ticket_type_id=world.kind_of(event, STANDARD).pk, tax_id=inside.pk, actor=SYSTEM)
    tax_ticket_type(ticket_type_id=world.kind_of(event, BALCONY).pk, tax_id=on_top.pk, actor=SYSTEM)
    world.paid_order(event, **{FREE: 1})
    return world.paid_order(event, **{STANDARD: 1, BALCONY: 1, GUEST: 1})


def send_back(order: Order, amount: int) -> None:
    made = give_back(order_id=order.pk, asked=GivingBack(amount=amount), actor=SYSTEM)
    assert made is not None
    checkout.send_refund(refund_id=made.pk)


def booked_days_ago(days: int) -> None:
    """What was booked so far was booked earlier. Only a test may: nothing else can change an entry."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_ledgertransaction DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_ledgertransaction SET at = at - make_interval(days => %s)", [days])
        cursor.execute("ALTER TABLE ledger_ledgertransaction ENABLE TRIGGER USER")


def test_what_was_sold_and_went_back_by_rate_and_place(order: Order, paying: world.House) -> None:
    today = timezone.now().astimezone(ZONE).date()
    send_back(order, 2000)  # of 80.46: 1.76 of 7.12 tax, 0.99 and 0.77 of it
    report = tax_report(currency="EUR", since=today, until=today, zone=ZONE)

    venue = order.event.venue
    where = f"{venue.city or venue.name}, Germany"
    ids = {order.pk}
    assert dict(report.rows) == {
        Taxed(where, "", 0, False): Row(1075, 0, 267, 0, ids),
        Taxed(where, "City tax", 750, False): Row(4150, 311, 1032, 77, ids),
        Taxed(where, "VAT", 1900, True): Row(2109, 401, 525, 99, ids),
    }
    total = report.total
    assert (total.net + total.tax, total.back_net + total.back_tax) == (order.total, 2000) == (8046, 2000)
    assert (total.tax, total.back_tax, total.owed) == (712, 176, 536)
    assert report.months == ((today.replace(day=1), 536),)
    assert currencies_sold() == ["EUR"]


def test_what_goes_back_later_counts_then_and_the_periods_add_up(order: Order) -> None:
    today = timezone.now().astimezone(ZONE).date()
    booked_days_ago(70)
    send_back(order, order.total)
    then = today - timedelta(days=70)

    sold = tax_report(currency="EUR", since=then - timedelta(days=1), until=then + timedelta(days=1), zone=ZONE)
    back = tax_report(currency="EUR", since=today, until=today, zone=ZONE)
    whole = tax_report(currency="EUR", since=then - timedelta(days=40), until=today, zone=ZONE)

    assert (sold.total.owed, back.total.owed, whole.total.owed) == (712, -712, 0)
    assert (sold.total.left, back.total.left, whole.total.left) == (7334, -7334, 0)
    months = dict(whole.months)
    assert (months[then.replace(day=1)], months[today.replace(day=1)]) == (712, -712)
    assert sum(months.values()) == 0
    nothing = tax_report(currency="EUR", since=date(2020, 1, 1), until=date(2020, 12, 31), zone=ZONE)
    assert (nothing.rows, len(nothing.months)) == ((), 12)


def test_it_is_a_page_with_its_months_and_a_table(order: Order, paying: world.House, southside: world.House) -> None:
    nora, today = signed_in(paying.owner, paying.host), timezone.now().astimezone(ZONE).date()
    page = text(nora.get("/portal/taxes/"))
    for words in ("€7.12", "VAT 19%", "City tax 7.5%", "No tax", "Germany"):
        assert words in page, words
    assert nora.get("/portal/taxes/?since=2026-02-01&until=2026-01-01").status_code == 422
    assert nora.get("/portal/taxes/?since=2020-01-01").status_code == 422
    for far in ("until=9999-12-31", "since=9999-12-01&until=9999-12-31", "until=0001-01-01"):
        refused = nora.get(f"/portal/taxes/?{far}")
        assert (refused.status_code, "Enter a date of these years." in text(refused)) == (422, True)
        assert nora.get(f"/portal/taxes.csv?{far}").status_code == 404
    assert "Nothing sold in these days" in text(nora.get("/portal/taxes/?since=2020-01-01&until=2020-12-31"))

    lines = list(csv.reader(io.StringIO(nora.get(f"/portal/taxes.csv?since={today}").content.decode("utf-8-sig"))))
    head, *rows, total = lines[2:]
    assert (head[0], head[-1], total[0]) == ("Where", "Tax owed", "All")
    for column in range(5, 11):
        assert sum(Decimal(row[column]) for row in rows) == Decimal(total[column])
    sam = signed_in(southside.owner, southside.host)
    assert "Nothing sold in these days" in text(sam.get("/portal/taxes/"))
