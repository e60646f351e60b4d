"""Two organizers for every test, the Stripe sandbox as a real process, and a look at the invariants afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from django.db import connection
from django_tenants.utils import tenant_context
from payments import gateway
from tests import world
from tests.processes import Sandbox, start_sandbox


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:  # type: ignore[override]
    """Both houses exist, committed, before the first test; what a test adds is rolled back."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.set_schema_to_public()
        caches["public"].clear()
        HOUSES["northside"] = world.open_house("Northside Hall", "northside", owner="Nora", door="Dora")
        HOUSES["southside"] = world.open_house(
            "Southside Yard", "southside", owner="Sam", door="Charlie", color="#0b5cad"
        )
        connection.set_schema_to_public()


HOUSES: dict[str, world.House] = {}


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
