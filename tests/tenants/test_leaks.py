"""Each leak of the stock backend is shown there, and shown to be gone with ours (docs/tenancy.md lists them)."""

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from tenants import schemas
from tenants.models import Domain, Organizer
from tenants.owner import owner_connection
from tests.tenants.conftest import remove_organizer

Seen = dict[str, tuple[str, str]]

LEAKS = [
    "cache_in_async_view",
    "schema_context_in_coroutine",
    "task_after_response",
    "thread_that_is_not_sensitive",
    "sockets_share_a_thread",
    "failing_set",
    "organizer_as_context_manager",
    "on_commit_in_nested_context",
    "organizer_after_response",
    "file_in_another_schema",
]
# No backend can mend these two; tests/tenants/test_rules.py keeps them out of the code.
FORBIDDEN = ["schema_context_as_decorator", "lazy_queryset"]
SOUND = ["gathered_reads", "requests_at_once", "rollbacks_in_nested_contexts", "threads_on_the_pool"]


@pytest.fixture(scope="module")
def seen(committed: None) -> dict[str, Seen]:
    """What every scenario saw, with each engine, in processes of their own."""
    made = []
    with owner_connection() as owner:
        for slug in ("eastgate", "westgate"):
            made.append(_gate(owner, slug))
        try:
            return {engine: _run(engine) for engine in ("ours", "stock")}
        finally:
            for organizer in made:
                remove_organizer(owner, organizer)


def _gate(owner: psycopg.Connection, slug: str) -> Organizer:
    for left_over in Organizer.objects.filter(slug=slug):
        remove_organizer(owner, left_over)
    organizer = Organizer.objects.create(name=slug, slug=slug, schema_name=schemas.new_schema_name(), state="active")
    Domain.objects.create(domain=f"{slug}.localhost", tenant=organizer)
    schemas.create_schema(owner, organizer.schema_name)
    table = sql.Identifier(organizer.schema_name, "leak_canary")
    owner.execute(sql.SQL("CREATE TABLE {} (value text PRIMARY KEY)").format(table))
    owner.execute(sql.SQL("INSERT INTO {} VALUES (%s)").format(table), [organizer.schema_name])
    return organizer


def _run(engine: str) -> Seen:
    url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    finished = subprocess.run(
        [sys.executable, "-m", "tests.tenants.leaks.run"],
        cwd=settings.ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(settings.ROOT), str(settings.ROOT / "platform")]),
            "DJANGO_SETTINGS_MODULE": "tests.tenants.leaks.settings",
            "LEAK_ENGINE": engine,
            "DATABASE_URL": url,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    answers: Seen = json.loads(finished.stdout.splitlines()[-1])
    return answers


def test_every_scenario_is_judged(seen: dict[str, Seen]) -> None:
    for engine in seen:
        assert sorted(seen[engine]) == sorted([*LEAKS, *FORBIDDEN, *SOUND])


@pytest.mark.parametrize("name", [*LEAKS, *SOUND])
def test_our_backend_does_not_leak(seen: dict[str, Seen], name: str) -> None:
    found, right = seen["ours"][name]

    assert found == right


@pytest.mark.parametrize("name", [*LEAKS, *FORBIDDEN])
def test_the_stock_backend_leaks(seen: dict[str, Seen], name: str) -> None:
    found, right = seen["stock"][name]

    assert found != right, "The stock backend got better: is ours still needed for this?"


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_no_backend_mends(seen: dict[str, Seen], name: str) -> None:
    found, right = seen["ours"][name]

    assert found != right
