"""Working as the database's owner: migrations and new schemas need rights that the product's own role does not have."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import environ
import psycopg
from django.conf import settings
from django.db import connection

# A migration may take long, but must not queue in front of live traffic for a lock.
_OPTIONS = "-c lock_timeout=4s -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"


def _role_of(url: str) -> dict[str, Any]:
    parts = environ.Env.db_url_config(url)
    return {key: parts.get(key, "") for key in ("HOST", "PORT", "USER", "PASSWORD")}


def _url_options(url: str) -> dict[str, Any]:
    return dict(environ.Env.db_url_config(url).get("OPTIONS", {}))  # ?sslmode=verify-full and the like


def application_role() -> str:
    """The role the product runs as (from DATABASE_URL)."""
    return str(_role_of(settings.DATABASE_URL)["USER"])


def owner_role() -> str:
    """The role that owns the tables (from DATABASE_OWNER_URL)."""
    return str(_role_of(settings.DATABASE_OWNER_URL)["USER"])


@contextmanager
def owner_connection() -> Iterator[psycopg.Connection]:
    """A plain connection of the owner to the database that Django uses now, in autocommit; closed at the end."""
    role = _role_of(settings.DATABASE_OWNER_URL)
    with psycopg.connect(
        host=role["HOST"] or None,
        port=role["PORT"] or None,
        user=role["USER"] or None,
        password=role["PASSWORD"] or None,
        dbname=connection.settings_dict["NAME"],  # tests run on another database than the URL names
        autocommit=True,
        **{**_url_options(settings.DATABASE_OWNER_URL), "options": _OPTIONS},
    ) as owner:
        yield owner


@contextmanager
def as_owner() -> Iterator[None]:
    """Django's own connection of this thread works as the owner, outside the pool, inside the `with`.

    Raises RuntimeError inside a transaction: the other role's work would be lost.
    """
    if connection.in_atomic_block:
        raise RuntimeError("The database role cannot change inside a transaction.")
    before = connection.settings_dict
    connection.close()
    connection.settings_dict = {
        **before,
        **_role_of(settings.DATABASE_OWNER_URL),
        "OPTIONS": {**_url_options(settings.DATABASE_OWNER_URL), "options": _OPTIONS},
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before
