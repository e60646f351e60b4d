"""The books balance per currency, only grow, and say how things stand with every party."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from ledger.actions import Kind, post
from ledger.models import Account, LedgerEntry, LedgerTransaction, Owed, Party
from ledger.queries import Standing, balance, posted_at_provider, standings
from tests import world

AFFILIATE = Owed(Kind.PAYABLE, Party.AFFILIATE, "ada")
HELD_BACK = Owed(Kind.RESERVE, Party.AFFILIATE, "ada")
OWES = Owed(Kind.RECEIVABLE, Party.AFFILIATE, "ada")
VENUE = Owed(Kind.PAYABLE, Party.VENUE, "hall")


def commit() -> None:
    """What the database looks at when a transaction commits, now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize(
    ("currency", "total", "fee"),
    [("EUR", 2510, 110), ("JPY", 3150, 150), ("KWD", 12_350, 350)],  # 25.10 euros, 3150 yen, 12.350 dinars
)
def test_a_sale_its_partners_and_what_comes_back_in_every_kind_of_currency(
    northside: world.House, currency: str, total: int, fee: int
) -> None:
    post(
        key="sale:1",
        currency=currency,
        amounts={Kind.PROVIDER: total - fee, Kind.PLATFORM_FEES: fee, Kind.SALES: -total},
    )
    post(key="share:1", currency=currency, amounts={Kind.SHARES: 300, AFFILIATE: -100, VENUE: -200})
    post(key="hold-back:1", currency=currency, amounts={AFFILIATE: 40, HELD_BACK: -40})
    assert standings() == [
        Standing(Party.AFFILIATE, "ada", currency, payable=60, reserve=40, receivable=0),
        Standing(Party.VENUE, "hall", currency, payable=200, reserve=0, receivable=0),
    ]

    post(key="paid-out:1", currency=currency, amounts={AFFILIATE: 60, Kind.PROVIDER: -60})
    post(key="claw-back:1", currency=currency, amounts={HELD_BACK: 40, OWES: 60, Kind.SHARES: -100})
    commit()

    ada, hall = standings()
    assert (ada.payable, ada.reserve, ada.receivable, ada.balance) == (0, 0, 60, -60)
    assert hall.balance == 200
    assert balance(Kind.PROVIDER) == {currency: total - fee - 60}
    assert balance(Kind.SHARES) == {currency: 200}
    assert sum(entry.amount for entry in LedgerEntry.objects.all()) == 0


def test_each_currency_stands_for_itself(northside: world.House) -> None:
    post(key="share:eur", currency="EUR", amounts={Kind.SHARES: 100, AFFILIATE: -100})
    post(key="share:jpy", currency="JPY", amounts={Kind.SHARES: 7, AFFILIATE: -7})
    post(key="sale:jpy", currency="JPY", amounts={Kind.PROVIDER: 9, Kind.SALES: -9})

    assert [(one.currency, one.payable) for one in standings()] == [("EUR", 100), ("JPY", 7)]
    assert balance(Kind.PAYABLE) == {"EUR": -100, "JPY": -7}
    assert posted_at_provider(["sale:jpy", "share:eur", "nothing"]) == {"sale:jpy": {"JPY": 9}, "share:eur": {}}


def test_two_currencies_do_not_make_up_for_each_other(northside: world.House) -> None:
    """`post` takes one currency; past it, the database refuses what adds up across currencies alone."""
    with pytest.raises(IntegrityError, match="does not balance"):
        _mix_currencies()

    assert not LedgerTransaction.objects.exists()


@transaction.atomic
def _mix_currencies() -> None:
    made = LedgerTransaction.objects.create(key="mixed")
    for currency, amount in (("EUR", 100), ("JPY", -100)):
        account = Account.objects.create(kind=Kind.PROVIDER, currency=currency)
        LedgerEntry.objects.create(transaction=made, account=account, amount=amount)
    commit()


def test_a_posting_that_does_not_balance_is_refused_and_one_made_twice_is_one(northside: world.House) -> None:
    with pytest.raises(ValueError, match="does not balance"):
        post(key="sale:1", currency="EUR", amounts={Kind.PROVIDER: 100, Kind.SALES: -99})
    assert not LedgerTransaction.objects.exists()

    first = post(key="sale:1", currency="EUR", amounts={Kind.PROVIDER: 100, Kind.SALES: -100})
    second = post(key="sale:1", currency="EUR", amounts={Kind.PROVIDER: 100, Kind.SALES: -100})

    assert first is not None
    assert second is None
    assert LedgerEntry.objects.count() == 2


@pytest.mark.parametrize("table", ["ledger_account", "ledger_ledgertransaction", "ledger_ledgerentry"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET id = id"])
def test_nothing_that_was_posted_can_be_changed(northside: world.House, table: str, change: str) -> None:
    post(key="sale:1", currency="EUR", amounts={Kind.PROVIDER: 100, Kind.SALES: -100})

    with (
        pytest.raises(DatabaseError, match=r"append-only|permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table))

    assert balance(Kind.PROVIDER) == {"EUR": 100}


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": "payable", "currency": "EUR"},  # owed to nobody
        {"kind": "sales", "currency": "EUR", "party": "venue"},
        {"kind": "payable", "currency": "EUR", "party": "stranger"},
        {"kind": "sales", "currency": "eur"},
        {"kind": "sales", "currency": ""},
    ],
)
def test_an_account_is_of_a_party_where_something_is_owed_and_has_a_currency(
    northside: world.House, odd: dict[str, str]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(**odd)

    assert not Account.objects.exists()
