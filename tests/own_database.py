"""A fresh, migrated database for programs that are no tests (`tests.bench`, `tests.chaos`); dropped at the end."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.core.cache import caches
from django.test.utils import setup_databases, teardown_databases


@contextmanager
def own_database() -> Iterator[None]:
    """Set Django up on a new test database of the server that DATABASE_URL names."""
    django.setup()
    # This process works as the owner, the product under it as its own role: migrations must grant that one its rights.
    settings.DATABASE_URL = os.environ.get("DATABASE_APP_URL") or settings.DATABASE_URL
    for chatty in ("httpx", "stripe"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    from django.db import connection

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        assert connection.settings_dict["NAME"].startswith("test_")
        connection.set_schema_to_public()
        caches["public"].clear()
        yield
    finally:
        connection.close()
        connection.close_pool()
        with connection._nodb_cursor() as cursor:  # processes that were killed may have left sessions behind
            cursor.execute(
                # An autovacuum worker may not be ended, and ends by itself when its database goes.
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND backend_type = 'client backend'",
                [connection.settings_dict["NAME"]],
            )
        teardown_databases(databases, verbosity=0)


def application_url() -> str:
    """The address of that database for the product's own role, which owns no table; the owner's where there is none."""
    from django.db import connection

    url = os.environ.get("DATABASE_APP_URL") or os.environ["DATABASE_URL"]
    return f"{url.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
