"""Sign-up takes a prepared schema in milliseconds; without one a task finishes the organizer."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context
from psycopg import sql

from audit.actions import SYSTEM
from audit.models import AuditEntry
from events.models import Event
from outbox.models import OutboxMessage
from tenants import schemas
from tenants.actions import finish_opening, open_organizer, top_up_prepared_schemas
from tenants.errors import SlugInvalid, SlugTaken
from tenants.models import Organizer, PreparedSchema
from tenants.queries import portal_url, storefront_url
from tests.tenants.conftest import remove_organizer


@pytest.fixture
def pool(owner: psycopg.Connection) -> Iterator[None]:
    """A committed pool; organizers and schemas made in the test are taken away."""
    before = set(Organizer.objects.values_list("pk", flat=True))
    prepared_before = set(PreparedSchema.objects.values_list("pk", flat=True))
    top_up_prepared_schemas()
    yield
    connection.set_schema_to_public()
    for organizer in Organizer.objects.exclude(pk__in=before):
        remove_organizer(owner, organizer)
    for prepared in PreparedSchema.objects.exclude(pk__in=prepared_before):
        schemas.drop_schema(owner, prepared.schema_name)
        prepared.delete()


def a_slug() -> str:
    return f"hall-{uuid4().hex[:8]}"


def outbox_kinds(key: str) -> set[str]:
    return set(OutboxMessage.objects.filter(key=key).values_list("kind", flat=True))


def test_an_organizer_from_the_pool_is_ready_at_once(pool: None) -> None:
    slug = a_slug()

    started = time.monotonic()
    organizer = open_organizer(name="Northside Hall", slug=slug, actor=SYSTEM, opened_by="someone", currency="SEK")
    spent = time.monotonic() - started

    assert spent < 0.5
    assert organizer.state == Organizer.State.ACTIVE
    assert organizer.schema_name.startswith("t_")
    assert slug not in organizer.schema_name
    assert organizer.currency == "SEK"
    assert list(organizer.domains.values_list("domain", "is_primary")) == [(f"{slug}.localhost", True)]
    assert storefront_url(organizer, "/x") == f"http://{slug}.localhost:8000/x"
    assert portal_url(organizer) == f"http://{slug}.localhost:8000/portal/"
    taken = PreparedSchema.objects.get(taken_by=organizer)
    assert (taken.state, taken.schema_name) == (PreparedSchema.State.TAKEN, organizer.schema_name)
    assert AuditEntry.objects.filter(verb="open_organizer", target_id=str(organizer.pk)).count() == 1
    assert outbox_kinds(str(organizer.pk)) == {"organizer_opened", "top_up_prepared_schemas"}
    message = OutboxMessage.objects.get(kind="organizer_opened", key=str(organizer.pk))
    assert message.payload == {"organizer_id": str(organizer.pk), "opened_by": "someone"}
    with tenant_context(organizer):
        assert Event.objects.count() == 0


def test_with_an_empty_pool_a_task_finishes_it(pool: None) -> None:
    PreparedSchema.objects.filter(state=PreparedSchema.State.READY).update(state=PreparedSchema.State.FAILED)

    organizer = open_organizer(name="Northside Hall", slug=a_slug(), actor=SYSTEM)

    assert organizer.state == Organizer.State.PROVISIONING
    assert outbox_kinds(str(organizer.pk)) == {"finish_opening", "top_up_prepared_schemas"}
    for _ in range(2):  # a message may be delivered twice
        finish_opening(organizer_id=organizer.pk)
    organizer.refresh_from_db()
    assert organizer.state == Organizer.State.ACTIVE
    assert "organizer_opened" in outbox_kinds(str(organizer.pk))
    with tenant_context(organizer):
        assert Event.objects.count() == 0


def test_sign_ups_at_once_take_different_schemas(pool: None) -> None:
    def sign_up(slug: str) -> tuple[str, str]:
        try:
            organizer = open_organizer(name="Hall", slug=slug, actor=SYSTEM)
            return organizer.schema_name, organizer.state
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        opened = list(threads.map(sign_up, [a_slug() for _ in range(6)]))

    assert len({schema for schema, _state in opened}) == 6
    ready = [state for _schema, state in opened].count(Organizer.State.ACTIVE)
    assert ready >= 2


def test_one_slug_goes_to_one_of_two(pool: None) -> None:
    slug = a_slug()

    def sign_up(name: str) -> str:
        try:
            open_organizer(name=name, slug=slug, actor=SYSTEM)
            return "opened"
        except SlugTaken:
            return "taken"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(sign_up, "ABCD"))

    assert sorted(outcomes) == ["opened", "taken", "taken", "taken"]
    assert PreparedSchema.objects.filter(taken_by__slug=slug).count() <= 1


@pytest.mark.parametrize(
    "slug", ["ab", "-hall", "hall-", "north side", "north_side", "a" * 41, "nörth", "north.side", "no--rth", ""]
)
def test_a_slug_must_be_a_host_label(db: None, slug: str) -> None:
    with pytest.raises(SlugInvalid):
        open_organizer(name="Hall", slug=slug, actor=SYSTEM)

    assert not Organizer.objects.filter(slug=slug).exists()


@pytest.mark.parametrize("slug", ["admin", "www", "api", "northside", "NORTHSIDE"])
def test_a_slug_must_be_free(db: None, slug: str) -> None:
    with pytest.raises(SlugTaken):
        open_organizer(name="Hall", slug=slug, actor=SYSTEM)


def test_the_pool_is_filled_to_its_size(pool: None, settings: object) -> None:
    settings.PREPARED_SCHEMAS = PreparedSchema.objects.filter(state="ready").count() + 1  # type: ignore[attr-defined]

    assert [top_up_prepared_schemas(), top_up_prepared_schemas()] == [1, 0]

    newest = PreparedSchema.objects.latest("pk")
    assert newest.state == PreparedSchema.State.READY
    assert newest.made_at is not None


def test_what_a_killed_worker_left_is_finished(owner: psycopg.Connection, pool: None) -> None:
    """Killed between the schema's transaction and the row's: the schema is there, the row still says preparing."""
    noted = PreparedSchema.objects.create(schema_name=schemas.new_schema_name())
    made = PreparedSchema.objects.create(schema_name=schemas.new_schema_name())
    schemas.create_schema(owner, made.schema_name)

    assert top_up_prepared_schemas() == 2

    for row in (noted, made):
        row.refresh_from_db()
        assert row.state == PreparedSchema.State.READY


def test_a_failure_is_visible(owner: psycopg.Connection, pool: None) -> None:
    row = PreparedSchema.objects.create(schema_name=schemas.new_schema_name(), requested_at=timezone.now())
    owner.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(row.schema_name)))  # something is in the way

    with pytest.raises(psycopg.errors.DuplicateSchema):
        top_up_prepared_schemas()

    row.refresh_from_db()
    assert row.state == PreparedSchema.State.FAILED
    assert "DuplicateSchema" in row.error


def test_the_command_opens_and_suspends(pool: None, capsys: pytest.CaptureFixture[str]) -> None:
    slug = a_slug()

    call_command("create_organizer", name="Northside Hall", slug=slug)

    assert f"http://{slug}.localhost:8000/" in capsys.readouterr().out
    organizer = Organizer.objects.get(slug=slug)
    assert organizer.is_active
    with pytest.raises(CommandError, match="Say why"):
        call_command("suspend_organizer", slug)
    call_command("suspend_organizer", slug, reason="unpaid")
    organizer.refresh_from_db()
    assert (organizer.state, organizer.suspended_reason) == ("suspended", "unpaid")
    call_command("suspend_organizer", slug, resume=True)
    organizer.refresh_from_db()
    assert (organizer.state, organizer.suspended_reason) == ("active", "")
    with pytest.raises(CommandError, match="already taken"):
        call_command("create_organizer", name="Other", slug=slug)
