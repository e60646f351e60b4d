"""What runs after a commit runs for the organizer it was registered for."""

from collections.abc import Callable

from django.db import connection, transaction
from django_tenants.utils import tenant_context


def on_commit(callback: Callable[[], object], *, robust: bool = False) -> None:
    """Run `callback` after the current transaction commits, in the organizer's schema of now.

    Django's own `transaction.on_commit` runs it in whatever schema is current when the outermost block ends, which is
    another one when the registration happened inside a nested `tenant_context`. At once when no transaction is open.
    """
    tenant = connection.tenant  # type: ignore[attr-defined]

    def run() -> None:
        with tenant_context(tenant):
            callback()

    transaction.on_commit(run, robust=robust)
