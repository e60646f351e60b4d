"""`manage.py migrate_schemas` (and `migrate`): public, the template, then a replay for every organizer."""

import time
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any, TextIO, cast

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context

from tenants import schemas
from tenants.grants import close_public_schema, grant_application_role
from tenants.models import SchemaMigration
from tenants.owner import as_owner, owner_connection
from tenants.queries import canary_schemas, organizer_schemas, unassigned_schemas

_LOCK_ATTEMPTS = 5


class Command(BaseCommand):
    """Plans once, replays per schema, can be repeated after any interruption, and exits 1 when a schema was left behind."""

    autodetector = MigrationAutodetector  # Django's checks compare it with makemigrations'
    help = "Migrates public, then the template schema, then replays what ran there on every organizer's schema."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Django's own options of `migrate` that make sense for many schemas."""
        parser.add_argument("app_label", nargs="?", help="only this app (Django's executor does each schema then)")
        parser.add_argument("migration_name", nargs="?", help='migrate to this one; "zero" takes all back')
        parser.add_argument("-s", "--schema", dest="schema_name", help="only this organizer's schema")
        parser.add_argument("--shared", action="store_true", help="only public")
        parser.add_argument("--check", action="store_true", dest="check_unapplied", help="change nothing; 1 if behind")
        parser.add_argument("--noinput", "--no-input", action="store_false", dest="interactive")
        parser.add_argument("--run-syncdb", action="store_true", dest="run_syncdb")
        parser.add_argument("--database", default="default")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, one run at a time in the whole installation."""
        if options["migration_name"] and not options["app_label"]:
            raise CommandError("A migration's name needs its app.")
        self.verbosity: int = options["verbosity"]
        with owner_connection() as owner, schemas.schema_lock(owner), as_owner():
            if options["check_unapplied"]:
                self._check(owner)
            elif options["app_label"]:
                self._move_one_app(owner, options)
            else:
                self._migrate_all(owner, options)

    # --- everything to the newest migration ---------------------------------------------------------------------------

    def _migrate_all(self, owner: psycopg.Connection, options: dict[str, Any]) -> None:
        if not options["schema_name"]:
            self._migrate_public(owner, options)
        if options["shared"]:
            return
        started = time.monotonic()
        applied = schemas.migrate_template(report=lambda line: self._say(f"  template: {line}", 2))
        grant_application_role(owner, schemas.TEMPLATE_SCHEMA)
        self._say(f"template: {applied} migrations, {time.monotonic() - started:.1f} s")
        wanted = [options["schema_name"]] if options["schema_name"] else [*unassigned_schemas(), *organizer_schemas()]
        self._migrate_organizers(owner, wanted)

    def _migrate_public(self, owner: psycopg.Connection, options: dict[str, Any]) -> None:
        started = time.monotonic()
        with schema_context(get_public_schema_name()):
            self._run_django(options)
        close_public_schema(owner)
        grant_application_role(owner, get_public_schema_name())
        self._say(f"public: {time.monotonic() - started:.1f} s")

    def _migrate_organizers(self, owner: psycopg.Connection, wanted: list[str]) -> None:
        existing = schemas.existing_schemas(owner, wanted)
        behind = schemas.schemas_behind(owner, existing)
        self._say(f"organizers: {len(existing)} schemas, {len(behind)} behind")
        _note_all(behind)
        canaries = canary_schemas()
        failed: list[str] = []
        for number, schema in enumerate(behind, start=1):
            if failed and schema not in canaries and canaries.intersection(failed):
                raise CommandError(f"Stopped: canary {failed[0]} failed. The others were not touched.")
            if not self._migrate_one(owner, schema, f"[{number}/{len(behind)}]"):
                failed.append(schema)
        if failed:
            raise CommandError(f"{len(failed)} of {len(behind)} schemas were left behind: {', '.join(failed[:10])}")

    def _migrate_one(self, owner: psycopg.Connection, schema: str, counter: str) -> bool:
        started_at, started = timezone.now(), time.monotonic()
        try:
            outcome = _with_patience(owner, schema)
        except Exception as error:  # one organizer's trouble must not keep the others back
            self.stderr.write(f"{counter} {schema} failed: {error}")
            _note(
                schema,
                state=SchemaMigration.State.FAILED,
                started_at=started_at,
                finished_at=timezone.now(),
                error=f"{type(error).__name__}: {error}",
            )
            return False
        _note(
            schema,
            state=SchemaMigration.State.DONE,
            started_at=started_at,
            finished_at=timezone.now(),
            applied=outcome.applied,
            way=outcome.way,
        )
        spent = (time.monotonic() - started) * 1000
        self._say(f"{counter} {schema}: {outcome.applied} by {outcome.way}, {spent:.0f} ms")
        return True

    # --- one app, perhaps backwards: rare, so Django's executor does every schema ------------------------------------------

    def _move_one_app(self, owner: psycopg.Connection, options: dict[str, Any]) -> None:
        if not options["schema_name"]:
            self._migrate_public(owner, options)
        if options["shared"]:
            return
        wanted = [options["schema_name"]] if options["schema_name"] else [*unassigned_schemas(), *organizer_schemas()]
        for schema in [schemas.TEMPLATE_SCHEMA, *schemas.existing_schemas(owner, wanted)]:
            with schema_context(schema):
                self._run_django(options)
            grant_application_role(owner, schema)
            self._say(f"{schema}: {options['app_label']} moved")
        schemas.forget_unapplied_scripts()

    # --- only look -------------------------------------------------------------------------------------------------------------

    def _check(self, owner: psycopg.Connection) -> None:
        behind = [] if _is_current(get_public_schema_name()) else [get_public_schema_name()]
        if not schemas.existing_schemas(owner, [schemas.TEMPLATE_SCHEMA]) or schemas.template_plan():
            behind.append(schemas.TEMPLATE_SCHEMA)
        elif not behind:
            existing = schemas.existing_schemas(owner, [*unassigned_schemas(), *organizer_schemas()])
            behind += schemas.schemas_behind(owner, existing)
        if behind:
            raise CommandError(f"Behind: {', '.join(behind[:10])}")
        self._say("Every schema is at the newest migration.")

    def _run_django(self, options: dict[str, Any]) -> None:
        # A wrapper around a wrapper would end every part of a line with a newline: hand on the streams themselves.
        out, err = cast(TextIO, self.stdout._out), cast(TextIO, self.stderr._out)
        DjangoMigrate(stdout=out, stderr=err).execute(**_django_options(options, max(self.verbosity - 1, 0)))

    def _say(self, line: str, verbosity: int = 1) -> None:
        if self.verbosity >= verbosity:
            self.stdout.write(line)
            self.stdout.flush()


def _with_patience(owner: psycopg.Connection, schema: str) -> schemas.Outcome:
    """Live traffic may hold a table for longer than the lock's three seconds: step aside, try again."""
    for attempt in range(1, _LOCK_ATTEMPTS):
        try:
            return schemas.migrate_schema(owner, schema)
        except psycopg.errors.LockNotAvailable:
            time.sleep(attempt)
    return schemas.migrate_schema(owner, schema)


def _note_all(behind: list[str]) -> None:
    """Every schema of this run is listed before the first is touched, so that what is left to do can be seen."""
    waiting = [
        SchemaMigration(schema_name=schema, state=SchemaMigration.State.WAITING, started_at=timezone.now())
        for schema in behind
    ]
    with schema_context(get_public_schema_name()):
        SchemaMigration.objects.bulk_create(
            waiting,
            update_conflicts=True,
            unique_fields=["schema_name"],
            update_fields=["state", "way", "applied", "started_at", "finished_at", "error"],
        )


def _note(schema: str, **facts: Any) -> None:
    with schema_context(get_public_schema_name()):
        SchemaMigration.objects.filter(schema_name=schema).update(**facts)


def _is_current(schema: str) -> bool:
    with schema_context(schema):
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _django_options(options: dict[str, Any], verbosity: int) -> dict[str, Any]:
    kept: Iterable[str] = ("app_label", "migration_name", "interactive", "run_syncdb", "database")
    return {
        **{name: options[name] for name in kept},
        "verbosity": verbosity,
        "fake": False,
        "fake_initial": False,
        "plan": False,
        "check_unapplied": False,
        "prune": False,
        "skip_checks": True,
        "force_color": False,
        "no_color": True,
        "traceback": False,
    }
