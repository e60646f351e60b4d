"""What the product's role may do: read and write rows, never alter a table, and only append where a table only grows."""

import psycopg
from psycopg import sql

from tenants.append_only import append_only_tables
from tenants.owner import application_role, owner_role

# Written by migrations and provisioning alone.
_OWNERS_TABLES = ("django_migrations", "tenants_migrationscript", "tenants_schemamigration")


def grant_application_role(owner: psycopg.Connection, schema: str, role: str | None = None) -> None:
    """Give `role` (the product's) its rights on every table of `schema`, and nothing more; safe to repeat.

    Nothing happens where one role is both owner and product (a developer's machine): the triggers hold there alone.
    """
    role = role or application_role()
    if role == owner_role():
        return
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
    statements = [
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    ]
    for statement in statements:
        owner.execute(sql.SQL(statement).format(**names))
    _take_back(owner, schema, role, append_only_tables(), "UPDATE, DELETE, TRUNCATE")
    _take_back(owner, schema, role, _OWNERS_TABLES, "INSERT, UPDATE, DELETE, TRUNCATE")


def _take_back(
    owner: psycopg.Connection, schema: str, role: str, tables: list[str] | tuple[str, ...], privileges: str
) -> None:
    rows = owner.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY(%s)", [schema, list(tables)]
    ).fetchall()
    if rows:
        owner.execute(
            sql.SQL("REVOKE {privileges} ON {tables} FROM {role}").format(
                privileges=sql.SQL(privileges),  # one of the two literals above
                tables=sql.SQL(", ").join(sql.Identifier(schema, name) for (name,) in rows),
                role=sql.Identifier(role),
            )
        )


def close_public_schema(owner: psycopg.Connection) -> None:
    """Nobody but the owner may create anything in `public` (Postgres before 15 lets everybody)."""
    owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
