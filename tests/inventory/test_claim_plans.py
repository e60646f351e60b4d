"""What a claim reads does not grow with a sale, whatever the planner knew when it made the plans that a connection keeps.

A plan lives as long as its connection, or until the next autovacuum of one of its tables. A connection has claimed at a small event
whose tables were vacuumed just before, and seconds later the sale of a large one begins: the plans of the first must not serve it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from inventory.claim import CALL, ClaimLine, ClaimRequest, parameters
from inventory.lanes import _address
from inventory.models import Pool
from tests import world

GROUPS, IN_GROUP = 60, 50
FEW = 5 * IN_GROUP  # there are 3,000 of each
READ = """
    SELECT c.relname, pg_stat_get_xact_tuples_returned(c.oid)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = %s AND c.relkind IN ('r', 'i') AND pg_stat_get_xact_tuples_returned(c.oid) > 0
"""


class Fair(NamedTuple):
    performance_id: UUID
    offer_version: UUID
    pool_id: int
    ticket_type_id: UUID
    schema: str
    places: int


@pytest.fixture
def elsewhere(django_db_setup: None, django_db_blocker: Any) -> Fair:
    """A larger event of another organizer, for whom the same connection claims, too."""
    with django_db_blocker.unblock():
        house = world.open_house("Far Fields", f"far-{uuid4().hex[:8]}", owner="Flo", door="Fritz")
        with tenant_context(house.organizer):
            return open_fair(house.organizer.schema_name, places=2 * GROUPS * IN_GROUP)


@pytest.fixture
def schema(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """An organizer of its own whose rows are committed, as autovacuum and a lane see them."""
    with django_db_blocker.unblock():
        house = world.open_house("Fair Grounds", f"fair-{uuid4().hex[:8]}", owner="Fay", door="Fin")
        with tenant_context(house.organizer):
            yield house.organizer.schema_name
            connection.close()


@pytest.mark.parametrize("is_vacuumed", [True, False])
def test_a_claim_reads_few_rows_however_many_are_held_or_gone(elsewhere, schema, is_vacuumed):
    with psycopg.connect(_address()) as other, psycopg.connect(_address(), autocommit=True) as lane:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT txid_current()")  # whoever looks at an older state keeps what was from being cleared
        claim(lane, group(elsewhere, 0), "held")
        small = open_fair(schema, places=IN_GROUP)
        if is_vacuumed:
            vacuum(schema)
        claim(lane, group(small, 0), "held")
        large = open_fair(schema, places=GROUPS * IN_GROUP)
        for number in range(1, GROUPS):
            claim(lane, group(large, number), "held")

        last = rows_read(lane, group(large, GROUPS), "held")
        refused = rows_read(lane, group(large, GROUPS + 1), "sold_out")

    for rows in (last, refused):
        rows.pop("place_free", None)  # what is free no more stays in this index until it is cleared
        assert {name: many for name, many in rows.items() if many > FEW} == {}


def rows_read(lane: psycopg.Connection[Any], asked: "Group", outcome: str) -> dict[str, int]:
    """How many rows a claim reads, by table and index."""
    with lane.transaction():
        before = dict(lane.execute(READ, [asked.fair.schema]).fetchall())
        claim(lane, asked, outcome)
        after = dict(lane.execute(READ, [asked.fair.schema]).fetchall())
    return {name: many - before.get(name, 0) for name, many in after.items()}


def open_fair(schema: str, *, places: int) -> Fair:
    event = world.make_event(f"Fair of {places}", kinds=(("Standard", 0, places),))
    performance = world.the_performance(event)
    pool = Pool.objects.get(performance=performance)
    kind = world.kind_of(event, "Standard").pk
    return Fair(performance.pk, performance.offer_version, pool.pk, kind, schema, places)


def vacuum(schema: str) -> None:
    """As autovacuum does, for all tables of an organizer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = %s", [schema])
        cursor.execute(f"VACUUM ANALYZE {', '.join(table for (table,) in cursor.fetchall())}")


class Group(NamedTuple):
    fair: Fair
    requests: list[ClaimRequest]


def group(fair: Fair, number: int) -> Group:
    """Requests of people who come once, with a limit and a key each."""
    line = ClaimLine(
        pool_id=fair.pool_id, pool_size=fair.places, ticket_type_id=fair.ticket_type_id, quantity=1, person_limit=4
    )
    requests = [
        ClaimRequest(
            hold_id=uuid4(),
            token="t",
            quote="{}",
            seconds=600,
            lines=(line,),
            person=f"person {number} {index}",
            scope=f"plans of {fair.places}",
            key=f"{number} {index}",
        )
        for index in range(IN_GROUP)
    ]
    return Group(fair, requests)


def claim(lane: psycopg.Connection[Any], asked: Group, outcome: str) -> None:
    fair = asked.fair
    values = parameters(fair.performance_id, fair.offer_version, asked.requests, at=None, waits=False)
    answered = lane.execute(CALL.format(schema=f"{fair.schema}."), values, prepare=True).fetchall()
    assert {verdict for _request, verdict, *_rest in answered} == {outcome}
