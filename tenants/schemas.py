"""Schemas made and moved on: a migration is run once by Django, on the template schema, and replayed everywhere else.

While Django migrates the template, the statements that its schema editor really executes are written down
(MigrationScript). A new schema is all scripts replayed on nothing; an old one gets those it lacks. Both in one transaction
per schema together with the rows of django_migrations, so a schema is wholly at one point and a run can be repeated.
A migration that runs Python or refuses a transaction is marked, and Django's own executor does it schema by schema.
"""

import logging
import secrets
import string
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import psycopg
from django.db import connection, router
from django.db.migrations import Migration, RunPython, SeparateDatabaseAndState
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.utils import schema_context
from psycopg import sql

from tenants.grants import grant_application_role
from tenants.models import MigrationScript
from tenants.owner import as_owner
from tenants.pg.schema import recorded_statements

logger = logging.getLogger(__name__)

TEMPLATE_SCHEMA = "organizer_template"
# Base32 without the letters that read alike; 16 of them are 80 random bits.
_NAME_ALPHABET = string.ascii_lowercase.replace("l", "").replace("o", "") + "23456789"
_LOCK_KEY = 0x6D617271756565  # "marquee": one migration run at a time, and no new schema meanwhile
_LOCK_TIMEOUT = "3s"


def new_schema_name() -> str:
    """A random name such as `t_k7f3...`: never anything a user typed."""
    return "t_" + "".join(secrets.choice(_NAME_ALPHABET) for _ in range(16))


@dataclass(frozen=True)
class Outcome:
    """What bringing one schema to the newest migration took."""

    applied: int
    way: str  # "replay", or "executor" when at least one migration needed Django's own


@dataclass(frozen=True)
class _Script:
    app: str
    name: str
    statements: list[str] | None  # None: not replayable


@contextmanager
def schema_lock(owner: psycopg.Connection, *, shared: bool = False) -> Iterator[None]:
    """Waits until no one else migrates; creating schemas share the lock, migrating takes it alone."""
    kind = "_shared" if shared else ""
    owner.execute(f"SELECT pg_advisory_lock{kind}({_LOCK_KEY})")
    try:
        yield
    finally:
        owner.execute(f"SELECT pg_advisory_unlock{kind}({_LOCK_KEY})")


# --- The template: where migrations really run and are written down ------------------------------------------------------


def template_plan() -> list[Migration]:
    """The migrations that the template still lacks, in order. Needs the template to exist."""
    with schema_context(TEMPLATE_SCHEMA):
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [migration for migration, _backwards in plan]


def migrate_template(report: Callable[[str], None]) -> int:
    """Run what the template lacks and write it down; `report` gets a line per migration. Returns how many ran.

    Must run inside `as_owner()`. Each migration's script is stored right after it ran; one that was interrupted in
    between counts as not replayable, which is slow but right.
    """
    _ensure_schema(TEMPLATE_SCHEMA)
    with schema_context(TEMPLATE_SCHEMA):
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        recorder = _Recorder(report)
        with recorded_statements() as statements:
            recorder.statements = statements
            executor.progress_callback = recorder  # type: ignore[assignment]  # the stubs want exact overloads
            executor.migrate(executor.loader.graph.leaf_nodes(), plan=plan)
    return len(plan)


class _Recorder:
    """MigrationExecutor's progress callback: cuts the recorded statements into one script per migration."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self.report = report
        self.statements: list[str] = []

    def __call__(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if action == "apply_start":
            self.statements.clear()
        elif action == "apply_success":
            self._store(migration, [] if fake else list(self.statements))
            self.report(f"{migration.app_label}.{migration.name}")

    def _store(self, migration: Migration, statements: list[str]) -> None:
        replayable = is_replayable(migration) and not any(TEMPLATE_SCHEMA in line for line in statements)
        with schema_context("public"):
            last = MigrationScript.objects.order_by("-position").values_list("position", flat=True).first() or 0
            MigrationScript.objects.update_or_create(
                app=migration.app_label,
                name=migration.name,
                defaults={
                    "position": last + 1,
                    "statements": statements if replayable else [],
                    "is_replayable": replayable,
                },
            )


def is_replayable(migration: Migration) -> bool:
    """Whether the statements seen on the template are all there is to it (asked in the template's context)."""
    return migration.atomic and all(_is_sql(operation, migration) for operation in migration.operations)


def _is_sql(operation: Operation, migration: Migration) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return all(_is_sql(inner, migration) for inner in operation.database_operations)
    if operation.reduces_to_sql:
        return True
    if isinstance(operation, RunPython):
        hints = operation.hints or {}
        runs_here = router.allow_migrate(connection.alias, migration.app_label, **hints)
        return operation.code is RunPython.noop or not runs_here
    return False


def forget_unapplied_scripts() -> None:
    """Drop the scripts of migrations that were taken back on the template."""
    with schema_context(TEMPLATE_SCHEMA):
        applied = set(MigrationRecorder(connection).applied_migrations())
    with schema_context("public"):
        for script in MigrationScript.objects.only("app", "name"):
            if (script.app, script.name) not in applied:
                script.delete()


def _ensure_schema(schema: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    with schema_context(schema):
        connection.set_schema(schema, include_public=False)  # type: ignore[attr-defined]
        MigrationRecorder(connection).ensure_schema()  # on public's path it would find public's own table


# --- Replay: every other schema ---------------------------------------------------------------------------------------------


def create_schema(owner: psycopg.Connection, schema: str) -> Outcome:
    """Make `schema`, if it does not exist, and bring it to where the template is. Raises psycopg.Error.

    With replayable migrations alone it is one transaction: all or nothing. Somebody who makes the same schema at the same
    time waits and then finds it made; what a killed process left half made is finished.
    """
    with schema_lock(owner, shared=True):
        owner.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [schema])
        try:
            return _advance(owner, schema, create=not existing_schemas(owner, [schema]))
        finally:
            owner.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [schema])


def migrate_schema(owner: psycopg.Connection, schema: str) -> Outcome:
    """Bring an existing schema to where the template is.

    When a script does not fit (the schema was altered by hand), nothing of it stays and Django's own executor, which
    looks at the schema first, tries instead. Raises whatever that raises; psycopg.errors.LockNotAvailable when live
    traffic held a table for longer than three seconds.
    """
    try:
        return _advance(owner, schema)
    except psycopg.errors.LockNotAvailable:
        raise
    except psycopg.Error as error:
        logger.warning("Replay does not fit %s (%s); using Django's executor.", schema, str(error).splitlines()[0])
        return Outcome(applied=_execute_rest(owner, schema), way="executor")


def drop_schema(owner: psycopg.Connection, schema: str) -> None:
    """Drop a schema that no organizer has."""
    owner.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def _advance(owner: psycopg.Connection, schema: str, *, create: bool = False) -> Outcome:
    applied, way = 0, "replay"
    while True:
        with owner.transaction():
            owner.execute(
                "SELECT set_config('lock_timeout', %s, true), set_config('search_path', %s, true)",
                [_LOCK_TIMEOUT, f'"{schema}", public'],
            )
            if create:
                _create_empty(owner, schema)
                create = False
            pending = _pending_scripts(owner, schema)
            batch = list(takewhile(lambda script: script.statements is not None, pending))
            _replay(owner, batch)
            if batch:
                grant_application_role(owner, schema)
        applied += len(batch)
        rest = pending[len(batch) :]
        if not rest:
            return Outcome(applied, way)
        _execute(schema, [(rest[0].app, rest[0].name)])
        grant_application_role(owner, schema)
        applied, way = applied + 1, "executor"


def _create_empty(owner: psycopg.Connection, schema: str) -> None:
    owner.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    owner.execute(
        sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(
            sql.Identifier(schema, "django_migrations"), sql.Identifier(TEMPLATE_SCHEMA, "django_migrations")
        )
    )


def _pending_scripts(owner: psycopg.Connection, schema: str) -> list[_Script]:
    rows = owner.execute(
        sql.SQL(
            "SELECT m.app, m.name, s.statements, coalesce(s.is_replayable, false) FROM {template} m"
            " LEFT JOIN public.tenants_migrationscript s ON s.app = m.app AND s.name = m.name"
            " WHERE NOT EXISTS (SELECT 1 FROM {own} o WHERE o.app = m.app AND o.name = m.name) ORDER BY m.id"
        ).format(
            template=sql.Identifier(TEMPLATE_SCHEMA, "django_migrations"),
            own=sql.Identifier(schema, "django_migrations"),
        )
    ).fetchall()
    return [_Script(app, name, statements if replayable else None) for app, name, statements, replayable in rows]


def _replay(owner: psycopg.Connection, scripts: list[_Script]) -> None:
    parts: list[str] = []
    for script in scripts:
        if script.statements:
            # Django's migrations end a transaction here, which checks deferred constraints; ALTER TABLE refuses to work
            # while such checks are outstanding.
            parts += [*script.statements, "SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
    if parts:
        owner.execute(";\n".join(part.strip().rstrip(";") for part in parts))
    with owner.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())",
            [(script.app, script.name) for script in scripts],
        )


def _execute(schema: str, targets: list[tuple[str, str]]) -> int:
    with as_owner(), schema_context(schema):
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(targets)
        executor.migrate(targets, plan=plan)
    return len(plan)


def _execute_rest(owner: psycopg.Connection, schema: str) -> int:
    targets = [(script.app, script.name) for script in _pending_scripts(owner, schema)]
    applied = _execute(schema, targets)
    grant_application_role(owner, schema)
    return applied


# --- Who is behind --------------------------------------------------------------------------------------------------------------

_HEADS_PER_QUERY = 200


def schemas_behind(owner: psycopg.Connection, schemas: Iterable[str]) -> list[str]:
    """Those of `schemas`, in their order, that lack a migration which the template has: one query for 200 of them."""
    wanted = list(schemas)
    behind: list[str] = []
    for start in range(0, len(wanted), _HEADS_PER_QUERY):
        chunk = [TEMPLATE_SCHEMA, *wanted[start : start + _HEADS_PER_QUERY]]
        heads = _heads(owner, chunk)
        behind += [schema for schema in chunk[1:] if heads[schema] != heads[TEMPLATE_SCHEMA]]
    return behind


def _heads(owner: psycopg.Connection, schemas: list[str]) -> dict[str, str]:
    one = (
        "SELECT {name}, coalesce(md5(string_agg(app || '.' || name, ',' ORDER BY app, name)), '') FROM {table}"
        " m WHERE EXISTS (SELECT 1 FROM {template} t WHERE t.app = m.app AND t.name = m.name)"
    )
    query = sql.SQL(" UNION ALL ").join(
        sql.SQL(one).format(
            name=sql.Literal(schema),
            table=sql.Identifier(schema, "django_migrations"),
            template=sql.Identifier(TEMPLATE_SCHEMA, "django_migrations"),
        )
        for schema in schemas
    )
    return {str(schema): str(head) for schema, head in owner.execute(query).fetchall()}


def existing_schemas(owner: psycopg.Connection, schemas: Iterable[str]) -> list[str]:
    """Those of `schemas` that exist with their migration table, in their order."""
    wanted = list(schemas)
    rows = owner.execute(
        "SELECT schemaname FROM pg_tables WHERE tablename = 'django_migrations' AND schemaname = ANY(%s)", [wanted]
    ).fetchall()
    found = {name for (name,) in rows}
    return [schema for schema in wanted if schema in found]
