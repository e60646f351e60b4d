"""Which host leads to which organizer, from the cache first; and the locked reads of tenancy's verbs."""

import zlib
from typing import Any
from uuid import UUID

from django.conf import settings
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.cache import public_delete, public_get, public_set
from tenants.models import Domain, Organizer, PreparedSchema

HOST_SECONDS = 60
# The fields' names are part of the key: after an upgrade that adds one, old entries are not read.
_FIELDS = tuple(field.attname for field in Organizer._meta.concrete_fields)
_KEY = f"host:{zlib.crc32(' '.join(_FIELDS).encode()):x}"


def normal_host(host: str) -> str:
    """A Host header as Domain rows have it: no port, small letters, no dot at the end, no `www.`."""
    host = host.strip().lower()
    if host.startswith("["):  # an IPv6 address keeps its colons
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".").removeprefix("www.")


def is_platform_host(host: str) -> bool:
    """Whether this normal host is the platform's own."""
    return host == normal_host(settings.PLATFORM_HOST)


def is_custom_domain(host: str) -> bool:
    """Whether this normal host is neither the platform's nor one of its sub-domains."""
    platform = normal_host(settings.PLATFORM_HOST)
    return host != platform and not host.endswith(f".{platform}")


def organizer_for_host(host: str) -> Organizer | None:
    """The organizer that a normal host leads to, at most a minute old, or None. Works on any schema."""
    facts = public_get(f"{_KEY}:{host}")
    if facts is None:
        with schema_context(get_public_schema_name()):
            domain = Domain.objects.select_related("tenant").filter(domain=host).first()
        if domain is None:
            return None  # unknown hosts are not cached: anybody can invent any number of them
        facts = _facts_of(domain.tenant)
        public_set(f"{_KEY}:{host}", facts, HOST_SECONDS)
    return _organizer_from(facts)


def _facts_of(organizer: Organizer) -> dict[str, Any]:
    return {name: getattr(organizer, name) for name in _FIELDS}


def _organizer_from(facts: dict[str, Any]) -> Organizer:
    organizer: Organizer = Organizer.from_db("default", _FIELDS, [facts[name] for name in _FIELDS])
    organizer.is_from_cache = True
    return organizer


def forget_hosts(organizer: Organizer) -> None:
    """Drop the cached answers for all hosts of an organizer, so that a change bites at once."""
    public_delete(f"{_KEY}:{host}" for host in organizer.domains.values_list("domain", flat=True))


def forget_host(host: str) -> None:
    """Drop the cached answer for one host."""
    public_delete([f"{_KEY}:{host}"])


def organizer_for_update(pk: UUID) -> Organizer:
    """The organizer's row, locked until the transaction ends. Raises Organizer.DoesNotExist."""
    organizer: Organizer = Organizer.objects.select_for_update().get(pk=pk)
    return organizer


def ready_schema_for_update() -> PreparedSchema | None:
    """The oldest prepared schema that nobody else is taking, locked; None when the pool is empty."""
    ready = PreparedSchema.objects.filter(state=PreparedSchema.State.READY)
    return ready.select_for_update(skip_locked=True).order_by("pk").first()


def unassigned_schemas() -> list[str]:
    """The names of ready schemas without an organizer."""
    ready = PreparedSchema.objects.filter(state=PreparedSchema.State.READY)
    return list(ready.order_by("pk").values_list("schema_name", flat=True))


def organizer_schemas() -> list[str]:
    """The schema names of all organizers that have one (suspended ones too), canaries first, then by age."""
    opened = Organizer.objects.exclude(state=Organizer.State.PROVISIONING)
    return list(opened.order_by("-is_canary", "created_at", "pk").values_list("schema_name", flat=True))


def canary_schemas() -> set[str]:
    """The schemas that are migrated before the rest."""
    return set(Organizer.objects.filter(is_canary=True).values_list("schema_name", flat=True))


def primary_host(organizer: Organizer) -> str:
    """The host that links to this organizer use."""
    domain = organizer.domains.filter(is_primary=True).first()
    return domain.domain if domain else f"{organizer.slug}.{settings.PLATFORM_HOST}"


def storefront_url(organizer: Organizer, path: str = "/") -> str:
    """An absolute address on the organizer's primary host, built from stored names and never from a request."""
    return f"{settings.PLATFORM_SCHEME}://{primary_host(organizer)}{settings.PLATFORM_PORT}{path}"


def portal_url(organizer: Organizer, path: str = "/portal/") -> str:
    """An absolute address on the organizer's sub-domain of the platform, where staff sign in."""
    return f"{settings.PLATFORM_SCHEME}://{organizer.slug}.{settings.PLATFORM_HOST}{settings.PLATFORM_PORT}{path}"
