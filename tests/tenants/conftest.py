"""Two organizers with committed schemas, for tests whose programs run in other processes or alter tables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tenants import schemas
from tenants.models import Domain, Organizer
from tenants.owner import owner_connection

Opener = Callable[[str], Organizer]


@pytest.fixture(scope="module")
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database outside of any transaction: what a test writes, others see and it must take away again."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        yield
        connection.close()


@pytest.fixture
def owner(committed: None) -> Iterator[psycopg.Connection]:
    """The database's owner, in autocommit; the context is public before and after."""
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    with owner_connection() as owner:
        yield owner
    connection.set_schema_to_public()  # type: ignore[attr-defined]


@pytest.fixture
def organizers(owner: psycopg.Connection) -> Iterator[Opener]:
    """Makes organizers with a committed schema, and takes them away at the end: `organizers("eastgate")`."""
    with _organizers(owner) as make:
        yield make


@pytest.fixture(scope="module")
def gates(committed: None) -> Iterator[tuple[Organizer, Organizer]]:
    """Two organizers for a whole module, for tests that leave them as they were."""
    with owner_connection() as owner, _organizers(owner) as make:
        yield make("eastgate"), make("westgate")


@contextmanager
def _organizers(owner: psycopg.Connection) -> Iterator[Opener]:
    made: list[Organizer] = []

    def make(name: str) -> Organizer:
        slug = f"{name}-{uuid4().hex[:8]}"
        organizer = Organizer.objects.create(
            name=name, slug=slug, schema_name=schemas.new_schema_name(), state=Organizer.State.ACTIVE
        )
        made.append(organizer)
        Domain.objects.create(domain=f"{slug}.localhost", tenant=organizer)
        schemas.create_schema(owner, organizer.schema_name)
        return organizer

    yield make
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    for organizer in made:
        remove_organizer(owner, organizer)


def remove_organizer(owner: psycopg.Connection, organizer: Organizer) -> None:
    """Undo what a test committed, as the owner: triggers and other apps' rows are no obstacle here."""
    for statement in (
        "DELETE FROM public.tenants_preparedschema WHERE taken_by_id = %s",
        "DELETE FROM public.tenants_domain WHERE tenant_id = %s",
        "DELETE FROM public.tenants_organizer WHERE id = %s",
    ):
        owner.execute(statement, [organizer.pk])
    schemas.drop_schema(owner, organizer.schema_name)
