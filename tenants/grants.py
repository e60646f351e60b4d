"""What the product's role may do: read and write rows, never alter a table, and only append where a table only grows."""

from collections import defaultdict

import psycopg
from psycopg import sql

from tenants.append_only import append_only_tables
from tenants.owner import application_role, owner_role

# Written by migrations and provisioning alone.
_OWNERS_TABLES = ("django_migrations", "tenants_migrationscript", "tenants_schemamigration")
_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")


def grant_application_role(owner: psycopg.Connection, schema: str, role: str | None = None) -> None:
    """Give `role` (the product's) its rights on every table of `schema`, and nothing more; safe to repeat.

    Nothing happens where one role is both owner and product (a developer's machine): the triggers hold there alone.
    """
    role = role or application_role()
    if role == owner_role():
        return
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), sql.Identifier(role)))
    _settle_tables(owner, schema, role)
    _settle_sequences(owner, schema, role)


def _wanted(table: str, append_only: frozenset[str]) -> set[str]:
    if table in _OWNERS_TABLES:
        return {"SELECT"}
    if table in append_only:
        return {"SELECT", "INSERT"}
    return {"SELECT", "INSERT", "UPDATE", "DELETE"}


def _settle_tables(owner: psycopg.Connection, schema: str, role: str) -> None:
    # Only differences are written: a GRANT rewrites catalog rows even when it changes nothing.
    rows = owner.execute(
        "SELECT c.relname, array(SELECT p FROM unnest(%(privileges)s::text[]) p"
        " WHERE has_table_privilege(%(role)s, c.oid, p))"
        " FROM pg_class c WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p')",
        {"privileges": list(_PRIVILEGES), "role": role, "schema": f'"{schema}"'},
    ).fetchall()
    append_only = frozenset(append_only_tables())
    grant, revoke = defaultdict(list), defaultdict(list)
    for table, has in rows:
        wanted = _wanted(table, append_only)
        for privilege in wanted.difference(has):
            grant[privilege].append(table)
        for privilege in set(has).difference(wanted):
            revoke[privilege].append(table)
    for privilege, tables in sorted(grant.items()):
        _change(owner, "GRANT {} ON {} TO {}", privilege, schema, tables, role)
    for privilege, tables in sorted(revoke.items()):
        _change(owner, "REVOKE {} ON {} FROM {}", privilege, schema, tables, role)


def _settle_sequences(owner: psycopg.Connection, schema: str, role: str) -> None:
    rows = owner.execute(
        # CASE, since Postgres may ask the second condition of an AND first, and that fails on anything but a sequence.
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = %s::regnamespace"
        " AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(%s, c.oid, 'USAGE') ELSE false END",
        [f'"{schema}"', role],
    ).fetchall()
    if rows:
        _change(owner, "GRANT {} ON SEQUENCE {} TO {}", "USAGE", schema, [name for (name,) in rows], role)


def _change(
    owner: psycopg.Connection, statement: str, privilege: str, schema: str, relations: list[str], role: str
) -> None:
    names = sql.SQL(", ").join(sql.Identifier(schema, name) for name in sorted(relations))
    owner.execute(sql.SQL(statement).format(sql.SQL(privilege), names, sql.Identifier(role)))


def close_public_schema(owner: psycopg.Connection) -> None:
    """Nobody but the owner may create anything in `public` (Postgres before 15 lets everybody)."""
    owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
