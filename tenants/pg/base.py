"""django-tenants' Postgres backend with the organizer in a context variable instead of on the connection object.

The stock backend keeps the tenant on a connection, which belongs to a thread: under ASGI one request runs on several threads
and several requests share one, so it reads other organizers' rows (tests/tenants/test_leaks.py shows each case). A context
variable follows the request through `await`, `sync_to_async`, tasks and threads. It leans on private methods of
django-tenants 4.0: the version is pinned, and the leaks stay as tests.
"""

from contextvars import ContextVar
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import OperationalError
from django_tenants.postgresql_backend import base
from psycopg import Error
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from tenants.pg.schema import RecordingSchemaEditor

# (tenant, whether `public` is on the path too). No value means public.
State = tuple[Any, bool]
_states: dict[str, ContextVar[State | None]] = {}
_PUBLIC = base.FakeTenant(base.get_public_schema_name())


# Whether what runs in this context serves somebody who is paying. None of the requests that may flood us is.
_is_paying: ContextVar[bool] = ContextVar("is_paying", default=False)


def reserve_for_paying(*, is_paying: bool) -> None:
    """Have what follows in this context use the connections that are kept for people who are paying, or the others."""
    _is_paying.set(is_paying)


def _state_of(alias: str) -> ContextVar[State | None]:
    return _states.setdefault(alias, ContextVar(f"tenant:{alias}", default=None))


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]  # untyped base
    """A connection that sets `search_path` for the current context before each statement, or refuses to run it."""

    SchemaEditorClass = RecordingSchemaEditor
    _durability_checked: ClassVar[bool] = False

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        self._state_var = _state_of(alias)
        # The base switches to public here, in whatever context happens to open this thread's first connection.
        saved = self._state_var.get()
        super().__init__(settings_dict, alias)
        self._state_var.set(saved)

    def _state(self) -> State:
        return self._state_var.get() or (_PUBLIC, True)

    # The base class assigns these three; the context variable is the only truth, so assignments are dropped.
    @property
    def tenant(self) -> Any:
        """The Organizer (or a FakeTenant with a schema name alone) of the current context."""
        return self._state()[0]

    @tenant.setter
    def tenant(self, value: Any) -> None:
        pass

    @property
    def schema_name(self) -> str:
        """The schema of the current context."""
        return str(self._state()[0].schema_name)

    @schema_name.setter
    def schema_name(self, value: Any) -> None:
        pass

    @property
    def include_public_schema(self) -> bool:
        """Whether `public` follows the organizer's schema on the search path."""
        return self._state()[1]

    @include_public_schema.setter
    def include_public_schema(self, value: Any) -> None:
        pass

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Choose the schema for this context; the connection follows with its next statement."""
        self._state_var.set((tenant, include_public))

    @property
    def pool(self) -> Any:
        """The connections of this context: all share one pool, people who are paying have a second one to themselves."""
        general = super().pool
        if general is None or not _is_paying.get():
            return general
        name = f"{self.alias} for paying"
        if name not in self._connection_pools:
            options = self.settings_dict["OPTIONS"]["pool"]
            reserve = ConnectionPool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,
                configure=self._configure_connection,
                **{**options, "max_size": settings.DATABASE_PAYING_POOL_SIZE},
            )
            self._connection_pools.setdefault(name, reserve)
        return self._connection_pools[name]

    def close_pool(self) -> None:
        """Close the connections of both pools."""
        reserve = self._connection_pools.pop(f"{self.alias} for paying", None)
        if reserve is not None:
            reserve.close()
        super().close_pool()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection of the pool still has its last user's path: forget what this wrapper believed."""
        self.search_path_set_schemas = None
        connection = self._living_connection(conn_params)
        self._check_durability(connection)
        return connection

    def _living_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that has answered an empty round trip, waited for no longer than DATABASE_POOL_TIMEOUT each time.

        A restart of Postgres kills every idle connection: the first that is met dead has all of them made anew, so that it costs
        one request some milliseconds. The pool's own check would sleep a second for each, longer than a page may wait for one.
        """
        connection = super().get_new_connection(conn_params)
        try:
            ConnectionPool.check_connection(connection)
        except Error:
            connection._pool.putconn(connection)
            connection._pool.drain()
            connection = super().get_new_connection(conn_params)
        return connection

    @classmethod
    def _check_durability(cls, connection: Any) -> None:
        """Once per process: `synchronous_commit = off` loses acknowledged sales in a crash, so refuse to work with it."""
        if DatabaseWrapper._durability_checked:
            return
        with connection.cursor() as cursor:
            value = cursor.execute("SHOW synchronous_commit").fetchone()[0]
        # The pool counts a connection handed back inside a transaction as broken.
        connection.rollback()
        if value == "off":
            raise ImproperlyConfigured("Postgres has synchronous_commit = off: a crash would lose acknowledged orders.")
        DatabaseWrapper._durability_checked = True

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path or self.search_path_set_schemas == self._get_cursor_search_paths():
            return
        self.search_path_set_schemas = None
        super()._handle_search_path(cursor)
        # The base swallows a failing SET and would go on with the path of whoever had this connection before.
        if self.search_path_set_schemas is None and not self._is_transaction_aborted():
            raise OperationalError("search_path could not be set: refusing to run on an unknown schema")

    def _is_transaction_aborted(self) -> bool:
        # Postgres itself refuses everything but a rollback then, and a rollback needs no path.
        return bool(self.connection.info.transaction_status == TransactionStatus.INERROR)
