"""The verbs of tenancy: organizers open, are suspended and resumed; hosts come and go; schemas are prepared."""

import re
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.actions import Actor, record
from outbox.actions import enqueue
from tenants import schemas
from tenants.errors import DomainInvalid, DomainTaken, SlugInvalid, SlugTaken
from tenants.models import Domain, Organizer, PreparedSchema
from tenants.owner import owner_connection
from tenants.queries import (
    forget_host,
    forget_hosts,
    is_custom_domain,
    normal_host,
    organizer_for_update,
    ready_schema_for_update,
)
from tenants.transactions import on_commit

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")
# Names that a visitor would take for the platform's own.
RESERVED_SLUGS = frozenset(
    [
        "about",
        "account",
        "accounts",
        "admin",
        "api",
        "app",
        "apps",
        "assets",
        "billing",
        "blog",
        "cdn",
        "checkout",
        "console",
        "dashboard",
        "demo",
        "docs",
        "ftp",
        "help",
        "imap",
        "legal",
        "login",
        "mail",
        "media",
        "news",
        "ns1",
        "ns2",
        "pay",
        "payments",
        "pop",
        "portal",
        "press",
        "root",
        "security",
        "shop",
        "signin",
        "signup",
        "smtp",
        "ssl",
        "static",
        "status",
        "support",
        "system",
        "terms",
        "test",
        "tickets",
        "webhooks",
        "www",
    ]
)


# --- Organizers ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_organizer(
    *,
    name: str,
    slug: str,
    actor: Actor,
    opened_by: str = "",
    timezone_name: str = "Europe/Berlin",
    currency: str = "EUR",
    country: str = "DE",
    brand_color: str = "#4f46e5",
) -> Organizer:
    """Make an organizer at `<slug>.<platform host>`; a few milliseconds, since its schema comes from the pool.

    With an empty pool it stays `provisioning` and a task finishes it. Either way the outbox message `organizer_opened`
    (payload: organizer_id, opened_by) is written in `public` once it is ready to work in. `opened_by` is a user's id.
    Runs on `public`. Raises SlugInvalid, SlugTaken.
    """
    slug = slug.strip().lower()
    _refuse_slug(slug)
    prepared = ready_schema_for_update()
    organizer = Organizer(
        name=name,
        slug=slug,
        schema_name=prepared.schema_name if prepared else schemas.new_schema_name(),
        opened_by=opened_by,
        timezone=timezone_name,
        currency=currency,
        country=country,
        brand_color=brand_color,
    )
    try:
        with transaction.atomic():
            organizer.save(force_insert=True)
            Domain.objects.create(domain=f"{slug}.{settings.PLATFORM_HOST}", tenant=organizer, is_primary=True)
    except IntegrityError as error:  # somebody took it since we looked
        raise SlugTaken from error
    record(verb="open_organizer", target=organizer, actor=actor, detail={"slug": slug})
    if prepared:
        _take(prepared, organizer)
    else:
        enqueue(kind="finish_opening", key=str(organizer.pk), payload={"organizer_id": str(organizer.pk)})
    enqueue(kind="top_up_prepared_schemas", key=str(organizer.pk))
    return organizer


def _refuse_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug) or "--" in slug:
        raise SlugInvalid
    if slug in RESERVED_SLUGS or Organizer.objects.filter(slug=slug).exists():
        raise SlugTaken


def _take(prepared: PreparedSchema, organizer: Organizer) -> None:
    prepared.state = PreparedSchema.State.TAKEN
    prepared.taken_by = organizer
    prepared.save(update_fields=["state", "taken_by"])
    _activate(organizer)


def _activate(organizer: Organizer) -> None:
    organizer.state = Organizer.State.ACTIVE
    organizer.save(update_fields=["state"])
    payload = {"organizer_id": str(organizer.pk), "opened_by": organizer.opened_by}
    enqueue(kind="organizer_opened", key=str(organizer.pk), payload=payload)
    on_commit(lambda: forget_hosts(organizer))


def finish_opening(*, organizer_id: UUID) -> None:
    """Give an organizer that found the pool empty its schema, and activate it. Doing it again changes nothing."""
    organizer = Organizer.objects.get(pk=organizer_id)
    if organizer.state != Organizer.State.PROVISIONING:
        return
    with owner_connection() as owner:
        schemas.create_schema(owner, organizer.schema_name)
    with transaction.atomic():
        organizer = organizer_for_update(organizer_id)
        if organizer.state == Organizer.State.PROVISIONING:
            _activate(organizer)


@transaction.atomic
def suspend_organizer(*, organizer_id: UUID, reason: str, actor: Actor) -> Organizer:
    """Close an organizer's pages and doors at once; nothing is deleted. `reason` is for the platform's staff."""
    organizer = organizer_for_update(organizer_id)
    organizer.state = Organizer.State.SUSPENDED
    organizer.suspended_reason = reason
    organizer.save(update_fields=["state", "suspended_reason"])
    record(verb="suspend_organizer", target=organizer, actor=actor, detail={"reason": reason})
    on_commit(lambda: forget_hosts(organizer))
    return organizer


@transaction.atomic
def resume_organizer(*, organizer_id: UUID, actor: Actor) -> Organizer:
    """Open a suspended organizer's pages again."""
    organizer = organizer_for_update(organizer_id)
    organizer.state = Organizer.State.ACTIVE
    organizer.suspended_reason = ""
    organizer.save(update_fields=["state", "suspended_reason"])
    record(verb="resume_organizer", target=organizer, actor=actor)
    on_commit(lambda: forget_hosts(organizer))
    return organizer


@transaction.atomic
def brand_organizer(*, organizer_id: UUID, name: str, brand_color: str, logo: str, actor: Actor) -> Organizer:
    """Change what the organizer's pages look like; `logo` is a name in storages["public"] or empty."""
    organizer = organizer_for_update(organizer_id)
    organizer.name, organizer.brand_color, organizer.logo = name, brand_color, logo
    organizer.save(update_fields=["name", "brand_color", "logo"])
    record(verb="brand_organizer", target=organizer, actor=actor)
    on_commit(lambda: forget_hosts(organizer))
    return organizer


# --- Hosts ---------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_domain(*, organizer_id: UUID, domain: str, is_primary: bool, actor: Actor) -> Domain:
    """Let a custom host lead to an organizer; as primary, links point to it from now on.

    The caller has made sure that the organizer owns the name. Raises DomainInvalid, DomainTaken.
    """
    host = normal_host(domain)
    if not _DOMAIN.fullmatch(host):
        raise DomainInvalid
    organizer = organizer_for_update(organizer_id)
    if not is_custom_domain(host) or Domain.objects.filter(domain=host).exists():
        raise DomainTaken
    row: Domain = Domain.objects.create(domain=host, tenant=organizer, is_primary=is_primary)
    record(verb="add_domain", target=organizer, actor=actor, detail={"domain": host})
    on_commit(lambda: forget_hosts(organizer))
    return row


@transaction.atomic
def remove_domain(*, organizer_id: UUID, domain: str, actor: Actor) -> None:
    """Take a custom host away; the sub-domain of the platform stays and becomes primary. Raises Domain.DoesNotExist."""
    organizer = organizer_for_update(organizer_id)
    row = organizer.domains.get(domain=normal_host(domain))
    if not is_custom_domain(row.domain):
        raise DomainInvalid
    row.delete()
    if not organizer.domains.filter(is_primary=True).exists():
        organizer.domains.filter(domain=f"{organizer.slug}.{settings.PLATFORM_HOST}").update(is_primary=True)
    record(verb="remove_domain", target=organizer, actor=actor, detail={"domain": row.domain})
    on_commit(lambda: forget_host(row.domain))


# --- The pool of prepared schemas ----------------------------------------------------------------------------------------------


def top_up_prepared_schemas() -> int:
    """Make the schemas that the pool lacks, 0.1 to 0.3 s each, and finish what a killed worker left. Returns how many.

    Every row shows how it went. Two workers at once may make a schema too many, which does no harm.
    """
    at_hand = PreparedSchema.objects.filter(state__in=[PreparedSchema.State.READY, PreparedSchema.State.PREPARING])
    missing = settings.PREPARED_SCHEMAS - at_hand.count()
    PreparedSchema.objects.bulk_create(
        PreparedSchema(schema_name=schemas.new_schema_name()) for _ in range(max(missing, 0))
    )
    waiting = PreparedSchema.objects.filter(state=PreparedSchema.State.PREPARING).order_by("pk")
    return sum(_prepare(row) for row in waiting)


def _prepare(row: PreparedSchema) -> bool:
    still_waiting = PreparedSchema.objects.filter(pk=row.pk, state=PreparedSchema.State.PREPARING)
    with owner_connection() as owner:
        try:
            schemas.create_schema(owner, row.schema_name)
        except Exception as error:
            still_waiting.update(state=PreparedSchema.State.FAILED, error=f"{type(error).__name__}: {error}")
            schemas.drop_schema(owner, row.schema_name)
            raise
    return bool(still_waiting.update(state=PreparedSchema.State.READY, made_at=timezone.now()))
