"""A schema editor that can write down the statements it runs, so that a migration is planned once and replayed."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.backends.postgresql.schema import DatabaseSchemaEditor

_recording: ContextVar[list[str] | None] = ContextVar("recording", default=None)


@contextmanager
def recorded_statements() -> Iterator[list[str]]:
    """Collects, in order and ready to run without parameters, what schema editors execute inside the `with`."""
    statements: list[str] = []
    token = _recording.set(statements)
    try:
        yield statements
    finally:
        _recording.reset(token)


class RecordingSchemaEditor(DatabaseSchemaEditor):
    """Django's own editor; every statement is also noted when somebody is recording.

    The statements really run while they are noted, so those that Django finds by looking at the database (a constraint's
    name, say) are right; SQL collected without running, as `sqlmigrate` does, silently leaves them out.
    """

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Run one statement; parameters are merged into it first, because Postgres takes none in DDL."""
        if params is not None:
            sql = self.connection.ops.compose_sql(str(sql), params)
        statements = _recording.get()
        if statements is not None and not self.collect_sql:
            statements.append(str(sql))
        super().execute(sql, None)
