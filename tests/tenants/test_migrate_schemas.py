"""One migration is run once, on the template, and replayed on every organizer's schema; the real command, real Postgres."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings
from psycopg import sql

from tenants import schemas
from tenants.models import MigrationScript, Organizer, SchemaMigration
from tenants.owner import owner_connection
from tests.tenants.conftest import Opener

APP = "tests.tenants.probe"


@contextmanager
def probe_installed(migrations: str = "migrations") -> Iterator[None]:
    """The probe app among the organizers' apps, at one of its two states."""
    with override_settings(
        INSTALLED_APPS=[*settings.INSTALLED_APPS, APP],
        TENANT_APPS=[*settings.TENANT_APPS, APP],
        MIGRATION_MODULES={"probe": f"{APP}.{migrations}"},
    ):
        yield


def migrate(*args: str, **options: object) -> str:
    """The command's output."""
    output = StringIO()
    call_command("migrate_schemas", *args, stdout=output, stderr=output, **options)
    return output.getvalue()


@pytest.fixture
def probe(owner: psycopg.Connection) -> Iterator[None]:
    """Everything is up to date before, and the probe is nowhere afterwards."""
    migrate()
    yield
    owner.execute("SET search_path = public")
    rows = owner.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'django_migrations'").fetchall()
    for (schema,) in rows:
        for statement in (
            "DROP TABLE IF EXISTS {0}.probe_note, {0}.probe_book",
            "DROP FUNCTION IF EXISTS {}.count_notes",
            "DELETE FROM {}.django_migrations WHERE app = 'probe'",
        ):
            owner.execute(sql.SQL(statement).format(sql.Identifier(schema)))
    MigrationScript.objects.filter(app="probe").delete()


def tables(owner: psycopg.Connection, schema: str) -> list[str]:
    rows = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema]).fetchall()
    return [name for (name,) in rows]


def columns(owner: psycopg.Connection, organizer: Organizer, table: str) -> list[str]:
    rows = owner.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
        [organizer.schema_name, table],
    ).fetchall()
    return sorted(name for (name,) in rows)


def foreign_keys(owner: psycopg.Connection, organizer: Organizer, table: str) -> int:
    (count,) = owner.execute(
        "SELECT count(*) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
        " JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = %s AND t.relname = %s AND contype = 'f'",
        [organizer.schema_name, table],
    ).fetchone()
    return int(count)


def at(organizer: Organizer, statement: str) -> sql.Composed:
    """`{}` in the statement is the organizer's schema."""
    return sql.SQL(statement).format(sql.Identifier(organizer.schema_name))


def add_book(owner: psycopg.Connection, organizer: Organizer, title: str) -> None:
    owner.execute(at(organizer, "INSERT INTO {}.probe_book (title) VALUES (%s)"), [title])
    owner.execute(at(organizer, "INSERT INTO {0}.probe_note (text, book_id) SELECT title, id FROM {0}.probe_book"))


def test_a_new_schema_equals_the_template(owner: psycopg.Connection, organizers: Opener) -> None:
    organizer = organizers("new")

    assert tables(owner, organizer.schema_name) == tables(owner, schemas.TEMPLATE_SCHEMA)
    assert len(tables(owner, organizer.schema_name)) > 20
    assert _definitions(owner, organizer.schema_name) == _definitions(owner, schemas.TEMPLATE_SCHEMA)


def _definitions(owner: psycopg.Connection, schema: str) -> list[str]:
    """Columns with types and defaults, constraints, indexes, triggers and functions, without the schema's name."""
    rows = owner.execute(
        """
        SELECT format('column %%s.%%s %%s %%s %%s %%s', table_name, column_name, data_type, is_nullable,
                      column_default, is_identity)
          FROM information_schema.columns WHERE table_schema = %(schema)s
        UNION ALL
        SELECT format('constraint %%s %%s %%s', c.relname, conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k
          JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = k.connamespace
         WHERE nspname = %(schema)s
        UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = %(schema)s
        UNION ALL
        SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = %(schema)s AND NOT tgisinternal
        UNION ALL
        SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE nspname = %(schema)s
        """,
        {"schema": schema},
    ).fetchall()
    return sorted(text.replace(schema, "SCHEMA") for (text,) in rows)


def test_a_migration_is_replayed_with_triggers_and_functions(
    owner: psycopg.Connection, organizers: Opener, probe: None
) -> None:
    east, west = organizers("east"), organizers("west")

    with probe_installed():
        output = migrate()

    assert f"{east.schema_name}: 1 by replay" in output
    assert f"{west.schema_name}: 1 by replay" in output
    add_book(owner, east, "Faust")
    add_book(owner, west, "Nathan")
    add_book(owner, west, "Emilia")
    # The function reads its own schema's table, whatever path its caller has.
    owner.execute(at(west, "SET search_path = {}"))
    assert owner.execute(at(east, "SELECT {}.count_notes()")).fetchone() == (1,)
    assert owner.execute(at(west, "SELECT {}.count_notes()")).fetchone() == (3,)
    for organizer in (east, west):
        for statement in ("UPDATE {}.probe_note SET text = ''", "DELETE FROM {}.probe_note"):
            with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                owner.execute(at(organizer, statement))


def test_constraints_that_are_looked_up_are_dropped_everywhere(
    owner: psycopg.Connection, organizers: Opener, probe: None
) -> None:
    east, west = organizers("east"), organizers("west")
    with probe_installed():
        migrate()
    add_book(owner, east, "Faust")
    assert [foreign_keys(owner, organizer, "probe_note") for organizer in (east, west)] == [1, 1]

    with probe_installed("later"):
        output = migrate()

    assert [foreign_keys(owner, organizer, "probe_note") for organizer in (east, west)] == [0, 0]
    # 0002 by script, 0003 is Python and runs on each schema's own rows, 0004 by script again.
    assert f"{east.schema_name}: 3 by executor" in output
    assert columns(owner, east, "probe_book") == ["author", "id", "pages", "title"]
    assert owner.execute(at(east, "SELECT title, pages, author FROM {}.probe_book")).fetchall() == [
        ("Faust", 25, "nobody")
    ]
    assert [(s.name, s.is_replayable) for s in MigrationScript.objects.filter(app="probe").order_by("position")] == [
        ("0001_start", True),
        ("0002_drop_constraint", True),
        ("0003_count_pages", False),
        ("0004_add_author", True),
    ]
    assert set(SchemaMigration.objects.filter(schema_name=east.schema_name).values_list("state", "way", "applied")) == {
        ("done", "executor", 3)
    }


def test_a_new_schema_gets_python_migrations_too(owner: psycopg.Connection, organizers: Opener, probe: None) -> None:
    with probe_installed("later"):
        migrate()
        organizer = organizers("late")

    assert columns(owner, organizer, "probe_book") == ["author", "id", "pages", "title"]
    assert schemas.schemas_behind(owner, [organizer.schema_name]) == []


def test_nothing_to_do_is_seen_at_once(organizers: Opener) -> None:
    organizers("east")
    migrate()

    output = migrate()

    assert "0 behind" in output
    migrate(check_unapplied=True)


def test_check_names_who_is_behind(owner: psycopg.Connection, organizers: Opener, probe: None) -> None:
    with probe_installed():
        with pytest.raises(CommandError, match="Behind: public"):
            migrate(check_unapplied=True)
        migrate()
        organizer = organizers("east")
        owner.execute(at(organizer, "DELETE FROM {}.django_migrations WHERE app = 'probe'"))
        with pytest.raises(CommandError, match=organizer.schema_name):
            migrate(check_unapplied=True)
        owner.execute(
            at(organizer, "INSERT INTO {}.django_migrations (app, name, applied) VALUES ('probe', '0001_start', now())")
        )
        migrate(check_unapplied=True)


def test_a_run_that_broke_off_is_taken_up_again(owner: psycopg.Connection, organizers: Opener, probe: None) -> None:
    """A table somebody made by hand stops one schema: wholly unchanged, named, and the others are done."""
    east, west = organizers("east"), organizers("west")
    owner.execute(at(east, "CREATE TABLE {}.probe_note (something int)"))

    with probe_installed():
        with pytest.raises(CommandError, match=east.schema_name):
            migrate()
        assert "probe_book" in tables(owner, west.schema_name)
        assert "probe_book" not in tables(owner, east.schema_name)
        failed = SchemaMigration.objects.get(schema_name=east.schema_name)
        assert failed.state == SchemaMigration.State.FAILED
        assert "already exists" in failed.error

        owner.execute(at(east, "DROP TABLE {}.probe_note"))
        output = migrate()

    assert "1 behind" in output
    assert "probe_book" in tables(owner, east.schema_name)


def test_a_script_that_does_not_fit_falls_back_to_the_executor(
    owner: psycopg.Connection, organizers: Opener, probe: None
) -> None:
    """The constraint has another name in one schema: the script fails there, Django finds it by looking."""
    east = organizers("east")
    with probe_installed():
        migrate()
    (name,) = owner.execute(
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass",
        [f"{east.schema_name}.probe_note"],
    ).fetchone()
    owner.execute(
        sql.SQL("ALTER TABLE {} RENAME CONSTRAINT {} TO by_hand").format(
            sql.Identifier(east.schema_name, "probe_note"), sql.Identifier(name)
        )
    )

    with probe_installed("later"):
        output = migrate()

    assert f"{east.schema_name}: 3 by executor" in output
    assert foreign_keys(owner, east, "probe_note") == 0


def test_a_failing_canary_stops_the_rest(owner: psycopg.Connection, organizers: Opener, probe: None) -> None:
    other, canary = organizers("other"), organizers("canary")
    Organizer.objects.filter(pk=canary.pk).update(is_canary=True)
    owner.execute(at(canary, "CREATE TABLE {}.probe_book (something int)"))

    with probe_installed():
        with pytest.raises(CommandError, match="canary"):
            migrate()
        assert "probe_book" not in tables(owner, other.schema_name)

        owner.execute(at(canary, "DROP TABLE {}.probe_book"))
        migrate()

    assert "probe_book" in tables(owner, other.schema_name)


def test_a_busy_table_is_waited_for(owner: psycopg.Connection, organizers: Opener, probe: None) -> None:
    """Live traffic holds a table: the replay gives up its place in the queue after three seconds and tries again."""
    east = organizers("east")
    with probe_installed():
        migrate()
    with owner_connection() as busy:
        busy.execute("BEGIN")
        busy.execute(at(east, "SELECT * FROM {}.probe_book"))
        release = threading.Timer(3.5, lambda: busy.execute("COMMIT"))
        release.start()
        with probe_installed("later"):
            output = migrate()
        release.join()

    assert f"{east.schema_name}: 3 by executor" in output


def test_one_app_is_taken_back_everywhere(owner: psycopg.Connection, organizers: Opener, probe: None) -> None:
    east = organizers("east")
    with probe_installed():
        migrate()

        migrate("probe", "zero")

        assert "probe_book" not in tables(owner, east.schema_name)
        assert "probe_book" not in tables(owner, schemas.TEMPLATE_SCHEMA)
        assert not MigrationScript.objects.filter(app="probe").exists()
        migrate()
    assert "probe_book" in tables(owner, east.schema_name)


def test_two_runs_at_once_do_the_work_once(owner: psycopg.Connection, organizers: Opener) -> None:
    """The second waits for the first one's lock."""
    started = threading.Event()

    def second() -> None:
        with owner_connection() as other, schemas.schema_lock(other):
            started.set()

    with schemas.schema_lock(owner):
        thread = threading.Thread(target=second)
        thread.start()
        assert not started.wait(0.3)
    assert started.wait(5)
    thread.join()
