"""The product's own database role works with rows, alters nothing, and only appends where a table only grows."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg import sql

from tenants import schemas
from tenants.append_only import append_only_tables
from tenants.grants import close_public_schema, grant_application_role
from tenants.models import Organizer
from tenants.owner import owner_connection
from tenants.pg.base import DatabaseWrapper

APP_URL = os.environ["DATABASE_APP_URL"]  # the launcher makes a plain role beside the owner


@pytest.fixture(scope="module")
def organizer(gates: tuple[Organizer, Organizer]) -> Organizer:
    """An organizer whose schema the plain role was given its rights on."""
    organizer = gates[0]
    role = psycopg.conninfo.conninfo_to_dict(APP_URL)["user"]
    with owner_connection() as owner:
        close_public_schema(owner)
        for schema in (organizer.schema_name, "public"):
            grant_application_role(owner, schema, str(role))
    return organizer


@pytest.fixture
def product(organizer: Organizer) -> Iterator[psycopg.Connection]:
    """What the product can do in that organizer's schema."""
    with psycopg.connect(APP_URL, dbname=connection.settings_dict["NAME"], autocommit=True) as product:
        product.execute(sql.SQL("SET search_path = {}, public").format(sql.Identifier(organizer.schema_name)))
        yield product


ENTRY = (
    "INSERT INTO {} (at, actor_kind, actor_id, verb, target_kind, target_id, detail)"
    " VALUES (now(), 'system', '', 'test', 'x', '1', '{{}}')"
)


def test_it_is_a_plain_role(product: psycopg.Connection) -> None:
    (facts,) = product.execute(
        "SELECT (rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication) FROM pg_roles"
        " WHERE rolname = current_user"
    ).fetchall()

    assert facts == (("f", "f", "f", "f", "f"),)


def test_it_reads_and_writes_rows(product: psycopg.Connection) -> None:
    product.execute(
        "INSERT INTO outbox_outboxmessage (kind, key, payload, created_at, due_at, attempts, is_dead, last_error)"
        " VALUES ('x', 'y', '{}', now(), now(), 0, false, '')"
    )
    product.execute("UPDATE outbox_outboxmessage SET attempts = 1")
    assert product.execute("SELECT attempts FROM outbox_outboxmessage").fetchall() == [(1,)]
    product.execute("DELETE FROM outbox_outboxmessage")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE outbox_outboxmessage ADD COLUMN extra int",
        "DROP TABLE outbox_outboxmessage",
        "TRUNCATE outbox_outboxmessage",
        "CREATE TABLE mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE audit_auditentry DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON audit_auditentry",
        "SET session_replication_role = replica",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())",
        "UPDATE public.tenants_migrationscript SET statements = '[]'",
        "UPDATE audit_auditentry SET verb = 'nothing'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
        "DELETE FROM public.audit_auditentry",
    ],
)
def test_it_may_not(product: psycopg.Connection, statement: str) -> None:
    product.execute(ENTRY.format("audit_auditentry"))

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        product.execute(statement)


def test_even_the_owner_only_appends(owner: psycopg.Connection, organizer: Organizer) -> None:
    table = f'"{organizer.schema_name}".audit_auditentry'
    owner.execute(ENTRY.format(table))

    for statement in (f"UPDATE {table} SET verb = 'nothing'", f"DELETE FROM {table}"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            owner.execute(statement)
    with pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute(f"WITH gone AS (DELETE FROM {table} RETURNING *) SELECT count(*) FROM gone")


def test_every_append_only_table_has_its_trigger(owner: psycopg.Connection, organizer: Organizer) -> None:
    """Who writes `append_only = True` on a model must not forget the migration's AppendOnly."""
    public_apps = {config.label for config in apps.get_app_configs() if config.name in settings.SHARED_APPS}
    tenant_apps = {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
    assert len(append_only_tables()) >= 4
    for model in apps.get_models():
        if not getattr(model, "append_only", False):
            continue
        wanted = []
        if model._meta.app_label in public_apps:
            wanted.append("public")
        if model._meta.app_label in tenant_apps:
            wanted += [schemas.TEMPLATE_SCHEMA, organizer.schema_name]
        for schema in wanted:
            rows = owner.execute(
                "SELECT t.tgname FROM pg_trigger t WHERE t.tgrelid = %s::regclass AND t.tgenabled = 'O'"
                " AND t.tgname = 'append_only'",
                [f'"{schema}"."{model._meta.db_table}"'],
            ).fetchall()
            assert rows == [("append_only",)], f"{schema}.{model._meta.db_table}"


def test_a_database_that_forgets_commits_is_refused(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseWrapper, "_durability_checked", False)
    with owner_connection() as forgetful:
        forgetful.execute("SET synchronous_commit = off")
        with pytest.raises(ImproperlyConfigured, match="synchronous_commit"):
            DatabaseWrapper._check_durability(forgetful)

        forgetful.execute("SET synchronous_commit = on")
        DatabaseWrapper._check_durability(forgetful)
