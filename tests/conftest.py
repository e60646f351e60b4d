"""Two organizers for every test, the Stripe sandbox as a real process, and a look at the invariants afterwards."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation
from django_tenants.utils import tenant_context
from pytest_django import DjangoDbBlocker

from payments import gateway
from tests import depth, world
from tests.browser import browser  # noqa: F401 - for pytest to find
from tests.processes import Sandbox, start_sandbox

pytest_plugins = ["tests.asked_to_stop"]

assert depth.settings.default.deadline is None  # loaded before any property test
# In this process a test is all visitors of a page at once, and each wants what it did just now. (tests/storefront/test_edge.py)
settings.KEEPS_HOT_PAGES = False


@pytest.fixture(scope="session")
def django_db_setup(  # type: ignore[override]
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> Iterator[None]:
    """Both houses exist, committed, before the first test; what a test adds is rolled back.

    pytest-django's own fixture makes the test database only when a collected test is marked for it, so that tests which
    commit (tests/tenants) would run on the developer's database.
    """
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False, keepdb=django_db_keepdb and not django_db_createdb)
        assert connection.settings_dict["NAME"].startswith("test_")
        connection.set_schema_to_public()
        caches["public"].clear()
        caches["default"].clear()
        HOUSES["northside"] = world.open_house("Northside Hall", "northside", owner="Nora", door="Dora")
        HOUSES["southside"] = world.open_house(
            "Southside Yard", "southside", owner="Sam", door="Charlie", color="#0b5cad"
        )
        connection.set_schema_to_public()
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            _end_sessions(connection.settings_dict["NAME"])
            teardown_databases(databases, verbosity=0)


def _end_sessions(database: str) -> None:
    """Threads that have ended keep their connections, and a database in use cannot be dropped."""
    connection.close()
    connection.close_pool()
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND backend_type = 'client backend'",
            [database],
        )


def _cancel_until_all_have_ended(loop: asyncio.AbstractEventLoop) -> None:
    for _time in range(100):
        left = asyncio.all_tasks(loop)
        if not left:
            return
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.wait(left, timeout=0.2))


# A loop that closes cancels its tasks once and waits for them. On Python before 3.11.3 a cancellation can get lost in the
# Redis client (in one of some thousand tests on a busy machine), and what it was meant for would be waited for for ever.
asyncio.runners._cancel_all_tasks = _cancel_until_all_have_ended  # type: ignore[attr-defined]


HOUSES: dict[str, world.House] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs the running product comes after what does not, and browser tests come last.

    The product's worker drains every outbox of the test database, also one that a test wants to drain itself; and
    Playwright's loop stays open in this thread, so that no asynchronous test could start its own. `make test` runs both
    halves beside each other and says by MARQUEE_HALF which one this is (deploy/launcher/backing.py).
    """
    items.sort(key=lambda item: ("browser" in item.fixturenames, "stack" in item.fixturenames))  # type: ignore[attr-defined]
    if half := os.environ.get("MARQUEE_HALF"):
        others = {item for item in items if _is_of_products_half(item) != (half == "product")}
        config.hook.pytest_deselected(items=list(others))
        items[:] = [item for item in items if item not in others]


# Need no product, but half the time: in its half they come first.
ALSO_IN_PRODUCTS_HALF = {"isolation", "launcher", "seating"}


def _is_of_products_half(item: pytest.Item) -> bool:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return folder in ALSO_IN_PRODUCTS_HALF or not {"stack", "browser"}.isdisjoint(item.fixturenames)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _default_language() -> None:
    """A test begins in the default language, whatever an earlier one's visitor read."""
    translation.deactivate()


@pytest.fixture
def northside(db: None) -> Iterator[world.House]:
    """Northside Hall, entered: what the test does happens there."""
    with tenant_context(HOUSES["northside"].organizer):
        yield HOUSES["northside"]
    connection.set_schema_to_public()


@pytest.fixture
def southside(db: None) -> world.House:
    """Southside Yard, not entered."""
    return HOUSES["southside"]


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The Stripe sandbox, a process of its own with its own state."""
    with start_sandbox(tmp_path_factory.mktemp("stripe")) as sandbox:
        yield sandbox


@pytest.fixture
def stripe_sandbox(sandbox_process: Sandbox, settings: object) -> Iterator[Sandbox]:
    """The product talks to the sandbox."""
    for name, value in sandbox_process.settings().items():
        setattr(settings, name, value)
    gateway.client.cache_clear()
    yield sandbox_process
    gateway.client.cache_clear()


@pytest.fixture
def paying(northside: world.House, stripe_sandbox: Sandbox) -> world.House:
    """Northside Hall, entered, with Stripe connected."""
    world.connect_stripe(northside)
    return northside


@pytest.fixture
def media(tmp_path: Path, settings: object) -> Path:
    """Uploads and PDFs of this test only."""
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    return tmp_path
