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
    earn(first, "refund:1", -600)  # the hall's thousand is not full without them
    assert owed_and_owing() == {"hall": (600, 0), "band": (0, 0)}
    assert off_plan() == []


def test_a_later_version_has_what_its_rules_say_of_what_is_there_whatever_goes_back_under_older_ones(
    northside: world.House,
) -> None:
    """The first 300.00 to the hall, then 70 %, later 60 %, to the band; 200.00 and 1,000.00 are sold, then the 200.00 go back."""

    def to_band(basis_points: int) -> Rules:
        return Rules((Step((Share(HALL, WHOLE, cap=30_000),)), Step((Share(BAND, basis_points),))))

    first = plan(to_band(7000))
    earn(first, "sale:1", 20_000)
    second, third = plan(to_band(6000)), plan(to_band(5000))
    earn(second, "sale:2", 100_000)
    assert owed_and_owing() == {"hall": (30_000, 0), "band": (54_000, 0)}

    earn(first, "refund:1", -20_000)

    assert owed_and_owing() == {"hall": (30_000, 0), "band": (42_000, 0)}
    moved = SplitLine.objects.get(key="rebase:refund:1:2")
    assert (moved.version, moved.amount, moved.before, moved.base, moved.base_moved) == (second, 0, 100_000, 0, -20_000)
    assert [(one["reference"], one["amount"]) for one in moved.parts] == [
        ("hall", 20_000),
        ("band", -12_000),
        ("", -8000),
    ]
    assert off_plan() == []
    assert earn(first, "refund:1", -20_000) is None

    earn(third, "sale:3", 10_000)  # goes on from the 1,000.00, not from what there was when it was made
    assert (SplitLine.objects.get(key="sale:3").before, third.base) == (100_000, 20_000)
    earn(first, "refund-failed:1", 20_000)  # and back again
    assert owed_and_owing() == {"hall": (30_000, 0), "band": (54_000 + 5000, 0)}
    assert SplitLine.objects.filter(key__startswith="rebase:refund-failed:1:").count() == 2
    earn(first, "refund:2", -20_500)  # more than nothing cannot go back
    assert owed_and_owing() == {"hall": (30_000, 0), "band": (42_000 + 5000, 0)}
    assert off_plan() == []


@pytest.mark.parametrize(
    ("rules", "due"),
    [
        (Rules((Step((Share(BAND, 1000),), above=1000),)), 50),
        (Rules((Step((Share(BAND, 0, per_ticket=150, cap=600),)),)), 600),
    ],
)
def test_so_do_thresholds_and_caps_by_the_ticket(northside: world.House, rules: Rules, due: int) -> None:
    first = plan(Rules((Step((Share(HALL, 1),)),)))
    with transaction.atomic():
        share_out(version=first, key="sale:1", amount=2000, tickets=4)
    second = plan(rules)
    with transaction.atomic():
        share_out(version=second, key="sale:2", amount=1500, tickets=5)
        share_out(version=first, key="refund:1", amount=-2000, tickets=-4)
    assert payable(BAND, "EUR") == due
    assert off_plan() == []


def test_a_version_that_does_not_go_on_from_what_is_there_is_found(northside: world.House) -> None:
    first = plan()
    earn(first, "sale:1", 600)
    second = plan(Rules((Step((Share(BAND, 5000),)),)))
    earn(second, "sale:2", 600)
    SplitLine.objects.create(version=first, key="refund:1", amount=-600, before=600, base=0, parts=[])
    assert [second.pk, "base", [0, 0], [600, 0]] in off_plan()


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
