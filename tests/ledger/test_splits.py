"""What is earned is shared out by the version it was sold under, and the books say what each party is owed or owes."""

from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from audit.actions import user_actor
from audit.models import AuditEntry
from ledger.actions import Kind, post
from ledger.errors import SplitPlanInvalid
from ledger.models import LedgerTransaction, Owed, Party, SplitLine, SplitPlan, SplitVersion
from ledger.queries import balance, standings
from ledger.split_rules import WHOLE, Payee, Rules, Share, Step
from ledger.splits import off_plan, payable, set_split_plan, share_out, split_version_of
from tests import world

NORA = user_actor(UUID(int=1))
HALL, BAND = Payee(Party.VENUE, "hall"), Payee(Party.ARTIST, "band")
FIRST_TO_HALL = Rules((Step((Share(HALL, WHOLE, cap=1000),)), Step((Share(BAND, 7000),))))


def plan(rules: Rules = FIRST_TO_HALL, currency: str = "EUR") -> SplitVersion:
    made = set_split_plan(subject="night", currency=currency, rules=rules, actor=NORA)
    assert made is not None
    return made


def earn(version: SplitVersion, key: str, amount: int) -> SplitLine | None:
    with transaction.atomic():
        return share_out(version=version, key=key, amount=amount)


def owed_and_owing() -> dict[str, tuple[int, int]]:
    return {one.reference: (one.payable, one.receivable) for one in standings()}


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_sales_fill_the_waterfall_and_what_goes_back_comes_from_its_end(northside: world.House, currency: str) -> None:
    version = plan(currency=currency)
    earn(version, "sale:1", 900)
    assert owed_and_owing() == {"hall": (900, 0)}
    earn(version, "sale:2", 900)
    assert owed_and_owing() == {"hall": (1000, 0), "band": (560, 0)}
    assert balance(Kind.SHARES) == {currency: 1560}

    earn(version, "refund:1", -900)
    assert owed_and_owing() == {"hall": (900, 0), "band": (0, 0)}
    earn(version, "refund:2", -900)
    assert owed_and_owing() == {"hall": (0, 0), "band": (0, 0)}
    assert balance(Kind.SHARES) == {currency: 0}
    assert off_plan() == []


def test_sharing_the_same_thing_twice_is_once(northside: world.House) -> None:
    version = plan()
    assert earn(version, "sale:1", 900) is not None
    assert earn(version, "sale:1", 900) is None
    assert owed_and_owing() == {"hall": (900, 0)}


def test_a_party_that_was_paid_already_owes_what_must_go_back_and_pays_it_with_what_comes(
    northside: world.House,
) -> None:
    version = plan()
    earn(version, "sale:1", 900)
    post(key="paid:1", currency="EUR", amounts={Owed(Kind.PAYABLE, *HALL): 800, Kind.BANK: -800})
    earn(version, "refund:1", -900)
    assert owed_and_owing() == {"hall": (0, 800)}
    earn(version, "sale:2", 500)
    assert owed_and_owing() == {"hall": (0, 300)}
    earn(version, "sale:3", 500)
    assert owed_and_owing() == {"hall": (200, 0)}
    assert payable(HALL, "EUR") == 200


def test_a_new_version_goes_on_from_what_was_earned_and_old_sales_stay_with_the_old_one(northside: world.House) -> None:
    first = plan()
    earn(first, "sale:1", 600)
    second = plan(Rules((Step((Share(HALL, WHOLE, cap=1000),)), Step((Share(BAND, 5000),)))))
    assert (second.number, second.base) == (2, 600)
    assert split_version_of("night") == second

    earn(second, "sale:2", 600)  # 400 fill the hall's thousand, of the other 200 half are the band's
    assert owed_and_owing() == {"hall": (1000, 0), "band": (100, 0)}
    earn(first, "refund:1", -600)
    assert owed_and_owing() == {"hall": (400, 0), "band": (100, 0)}
    assert off_plan() == []


def test_the_same_rules_again_and_rules_that_cannot_be_change_nothing(northside: world.House) -> None:
    plan()
    assert set_split_plan(subject="night", currency="EUR", rules=FIRST_TO_HALL, actor=NORA) is None
    with pytest.raises(SplitPlanInvalid) as refused:
        set_split_plan(subject="night", currency="EUR", rules=Rules((Step(()),)), actor=NORA)
    assert refused.value.extra == {"problem": "steps"}
    assert set_split_plan(subject="other", currency="EUR", rules=Rules(), actor=NORA) is None
    assert (SplitPlan.objects.count(), SplitVersion.objects.count()) == (1, 1)
    assert AuditEntry.objects.filter(verb="set_split_plan").count() == 1


def test_more_going_back_than_was_earned_takes_all_from_the_parties_and_the_rest_from_the_organizer(
    northside: world.House,
) -> None:
    """Where our fee stays with us and everything goes back, the event has earned less than nothing."""
    version = plan()
    earn(version, "sale:1", 900)
    line = earn(version, "refund:1", -1000)
    assert line is not None
    assert line.parts == [
        {"party": "venue", "reference": "hall", "amount": -900},
        {"party": "artist", "reference": "band", "amount": 0},
        {"party": "organizer", "reference": "", "amount": -100},
    ]
    assert owed_and_owing() == {"hall": (0, 0)}
    earn(version, "sale:2", 200)
    assert owed_and_owing() == {"hall": (100, 0)}
    assert off_plan() == []


def test_sharing_out_needs_the_transaction_of_what_it_records(northside: world.House) -> None:
    version = plan()
    connection.in_atomic_block, was = False, connection.in_atomic_block
    try:
        with pytest.raises(RuntimeError, match="outside a transaction"):
            share_out(version=version, key="sale:1", amount=1)
    finally:
        connection.in_atomic_block = was
    assert not LedgerTransaction.objects.exists()


@pytest.mark.parametrize("table", ["ledger_splitversion", "ledger_splitline"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET id = id"])
def test_versions_and_lines_only_grow(northside: world.House, table: str, change: str) -> None:
    earn(plan(), "sale:1", 900)
    with (
        pytest.raises(DatabaseError, match=r"append-only|permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table))
