"""Celery tasks that know their organizer, and this app's own tasks.

The producer writes its schema into a header; the worker enters that schema before the task and leaves it after. A task is
either `tenant_task` (refuses to be sent from, or to run on, `public`) or `public_task` (always runs on `public`); one that
says neither refuses to run.
"""

import random
from collections.abc import Iterable
from typing import Any

from celery import Task, shared_task
from celery.signals import task_postrun, task_prerun, worker_init
from django.db import connection
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from tenants import actions
from tenants.current import current_schema
from tenants.errors import TaskRefused
from tenants.models import Organizer
from tenants.transactions import on_commit
from ui.request_id import begin_request

SCHEMA_HEADER = "organizer_schema"


class OrganizerTask(Task):  # type: ignore[misc]  # untyped base
    """The base of every task (config.celery): carries the organizer from producer to worker."""

    abstract = True
    scope: str | None = None  # "organizer" or "public"; set by the two decorators

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        """Send the task to a worker, for the organizer of now. Raises TaskRefused for a tenant task on public."""
        return super().apply_async(args, kwargs, **self._with_schema(options))

    def apply(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        """Run the task here and now as a worker would, for the organizer of now."""
        return super().apply(args, kwargs, **self._with_schema(options))

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """`delay` after the current transaction commits, for the organizer of now (not of the moment of commit)."""
        on_commit(lambda: self.delay(*args, **kwargs))

    def apply_async_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """`apply_async` after the current transaction commits, for the organizer of now."""
        on_commit(lambda: self.apply_async(*args, **kwargs))

    def _with_schema(self, options: dict[str, Any]) -> dict[str, Any]:
        headers = {SCHEMA_HEADER: current_schema(), **(options.get("headers") or {})}
        if self.scope == "organizer" and headers[SCHEMA_HEADER] == get_public_schema_name():
            raise TaskRefused(f"{self.name} needs an organizer; send it inside tenant_context().")
        return {**options, "headers": headers}

    def schema_of_request(self) -> str:
        """The schema that the message names; public for a public task and for a message that names none."""
        if self.scope == "public":
            return str(get_public_schema_name())
        # Redis' messages merge headers into the request, others keep them apart.
        headers = self.request.headers or {}
        return headers.get(SCHEMA_HEADER) or self.request.get(SCHEMA_HEADER) or str(get_public_schema_name())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the body, after a last look at where we are. Raises TaskRefused on the wrong schema."""
        if not self.request.called_directly:
            self._refuse_wrong_schema()
        return super().__call__(*args, **kwargs)

    def _refuse_wrong_schema(self) -> None:
        schema, wanted = current_schema(), self.schema_of_request()
        if self.scope is None:
            raise TaskRefused(f"{self.name} is neither a tenant_task nor a public_task.")
        if schema != wanted:  # a handler of task_prerun that fails is only logged by Celery
            raise TaskRefused(f"{self.name} was to run on {wanted}, but this is {schema}.")
        if self.scope == "organizer" and schema == get_public_schema_name():
            raise TaskRefused(f"{self.name} needs an organizer and its message names none.")


@task_prerun.connect(dispatch_uid="tenants.enter_organizer")
def _enter_organizer(task: Any, **_: Any) -> None:
    if not isinstance(task, OrganizerTask):
        return
    begin_request(task.request.id)  # the name that Celery's own log lines have
    task.request.entered_from = connection.tenant  # type: ignore[attr-defined]
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    wanted = task.schema_of_request()
    if wanted != get_public_schema_name():
        connection.set_tenant(Organizer.objects.get(schema_name=wanted))  # type: ignore[attr-defined]


@task_postrun.connect(dispatch_uid="tenants.leave_organizer")
def _leave_organizer(task: Any, **_: Any) -> None:
    # Celery publishes the rest of a chain before this, so that it inherits the organizer.
    entered_from = getattr(task.request, "entered_from", None)
    if entered_from is not None:
        connection.set_tenant(entered_from)  # type: ignore[attr-defined]
    if not task.request.is_eager:
        connection.close()  # back to the pool, which gives the next task a living one


@worker_init.connect(dispatch_uid="tenants.begin_without_connections")
def _begin_without_connections(**_: Any) -> None:
    # What the worker's first process had open its children must not share; Celery would close their end under its feet.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def tenant_task(*args: Any, **options: Any) -> Any:
    """`shared_task` for work inside one organizer: `@tenant_task` or `@tenant_task(name=..., max_retries=...)`."""
    return _scoped("organizer", args, options)


def public_task(*args: Any, **options: Any) -> Any:
    """`shared_task` for work on the platform's own tables, or that goes through organizers itself."""
    return _scoped("public", args, options)


def _scoped(scope: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    return shared_task(*args, **{"base": OrganizerTask, "scope": scope, **options})


def fan_out(
    task: OrganizerTask,
    *args: Any,
    organizers: Iterable[Organizer] | None = None,
    spread_seconds: float = 0,
    **kwargs: Any,
) -> int:
    """Send `task` once for each organizer (all active ones when None), at random within `spread_seconds`.

    Returns how many messages were sent. Periodic work is one public task that fans out, so that the clock's process never
    walks organizers and a hundred of them do not start in the same second. Keep the spread well under the broker's
    visibility timeout.
    """
    if organizers is None:
        with schema_context(get_public_schema_name()):
            organizers = list(Organizer.objects.filter(state=Organizer.State.ACTIVE))
    sent = 0
    for organizer in organizers:
        with tenant_context(organizer):
            countdown = random.uniform(0, spread_seconds) if spread_seconds else None
            task.apply_async(args, kwargs, countdown=countdown)
        sent += 1
    return sent


# --- This app's own ---------------------------------------------------------------------------------------------------------


@public_task(name="tenants.top_up_prepared_schemas")
def top_up_prepared_schemas() -> None:
    """Keep schemas ready for the next organizers (periodic, and after each sign-up)."""
    actions.top_up_prepared_schemas()


@public_task(name="tenants.finish_openings")
def finish_openings() -> None:
    """Give a schema to every organizer that still waits for one (periodic: the outbox does it at once)."""
    for organizer in Organizer.objects.filter(state=Organizer.State.PROVISIONING).order_by("pk"):
        actions.finish_opening(organizer_id=organizer.pk)
