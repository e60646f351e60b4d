"""Whose schema this is: the one place that asks the connection."""

from django.db import connection
from django_tenants.utils import get_public_schema_name

from tenants.errors import NoOrganizer
from tenants.models import Organizer


def current_organizer() -> Organizer:
    """The organizer whose schema the current context works on. Raises NoOrganizer on the platform's own (public)."""
    tenant: object = connection.tenant  # type: ignore[attr-defined]
    if isinstance(tenant, Organizer):
        return tenant
    if is_public():
        raise NoOrganizer
    # Somebody entered by schema name alone (django_tenants.utils.schema_context).
    organizer: Organizer = Organizer.objects.get(schema_name=current_schema())
    return organizer


def current_schema() -> str:
    """The schema's name: an organizer's, or `public`."""
    return str(connection.schema_name)  # type: ignore[attr-defined]


def lock_until_commit(*names: str) -> None:
    """Let nobody else take these names in this schema until the transaction ends; in order, so that two never wait crosswise."""
    with connection.cursor() as cursor:
        for name in sorted(names):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{current_schema()}:{name}"])


def is_public() -> bool:
    """Whether no organizer is chosen."""
    return current_schema() == str(get_public_schema_name())
