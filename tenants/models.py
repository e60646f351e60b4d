"""Organizers and their hosts, the pool of prepared schemas, and the written-down migrations. All in `public`."""

from typing import Any

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from ui.ids import uuid7


class Organizer(TenantMixin):  # type: ignore[misc]  # untyped base
    """A business that sells tickets here: the tenant. Everything it owns lives in its own Postgres schema."""

    class State(models.TextChoices):
        PROVISIONING = "provisioning", _("Being prepared")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=200)
    slug = models.CharField(_("address"), max_length=40)  # first part of its host on the platform
    schema_name = models.CharField(max_length=63)  # generated (tenants.schemas.new_schema_name), never a user's text
    state = models.CharField(max_length=16, choices=State.choices, default=State.PROVISIONING)
    suspended_reason = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/Berlin")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    country = models.CharField(_("country"), max_length=2, default="DE")
    brand_color = models.CharField(_("brand colour"), max_length=7, default="#4f46e5")
    logo = models.CharField(_("logo"), max_length=255, blank=True)  # a name in storages["public"]
    is_canary = models.BooleanField(default=False)  # migrated before the others
    opened_by = models.CharField(max_length=64, blank=True)  # the user who signed it up; a plain id
    created_at = models.DateTimeField(auto_now_add=True)

    is_from_cache = False  # up to a minute old: for reading only
    # Schemas come from the pool (tenants.actions), never from save().
    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name"], name="organizer_schema_name_unique"),
            models.UniqueConstraint(fields=["slug"], name="organizer_slug_unique"),
            models.CheckConstraint(condition=models.Q(slug=Lower("slug")), name="organizer_slug_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuses to write a cached organizer back over newer values: verbs start from organizer_for_update()."""
        if self.is_from_cache:
            raise TypeError("This organizer comes from the cache. Use tenants.queries.organizer_for_update().")
        super().save(*args, **kwargs)

    def __enter__(self) -> Any:
        """Banned: django-tenants keeps the previous tenant in a list that all threads share. Use tenant_context()."""
        raise TypeError("Use `with tenant_context(organizer):`; `with organizer:` mixes up threads.")

    @property
    def is_active(self) -> bool:
        """Whether its pages and doors are open."""
        return self.state == self.State.ACTIVE


class Domain(DomainMixin):  # type: ignore[misc]  # untyped base
    """A host name that leads to an organizer: its sub-domain of the platform, or a domain of its own."""

    domain = models.CharField(max_length=253)
    tenant = models.ForeignKey(Organizer, on_delete=models.CASCADE, related_name="domains")
    is_primary = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain"], name="domain_unique"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_primary=True), name="domain_one_primary_per_organizer"
            ),
            models.CheckConstraint(condition=models.Q(domain=Lower("domain")), name="domain_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.domain


class PreparedSchema(models.Model):
    """An empty schema at the newest migration, waiting for an organizer; made by a task, taken by sign-up."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")
        READY = "ready", _("Ready")
        TAKEN = "taken", _("Taken")
        FAILED = "failed", _("Failed")

    schema_name = models.CharField(max_length=63)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PREPARING)
    requested_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(Organizer, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schema_name"], name="prepared_schema_name_unique")]
        indexes = [models.Index(fields=["state"], name="prepared_schema_state")]

    def __str__(self) -> str:
        return f"{self.schema_name} ({self.state})"


class MigrationScript(models.Model):
    """What one migration did on the template schema, statement by statement; replayed on every organizer's schema."""

    position = models.PositiveIntegerField()  # order of application
    app = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    statements = models.JSONField(default=list)
    # False: it runs Python or must not run in a transaction, so each schema needs Django's own executor for it.
    is_replayable = models.BooleanField(default=True)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["app", "name"], name="migration_script_unique"),
            models.UniqueConstraint(fields=["position"], name="migration_script_position_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.app}.{self.name}"


class SchemaMigration(models.Model):
    """How far `migrate_schemas` has come with one schema: the last attempt, for people to look at.

    What is applied stands in the schema's own django_migrations, written in the same transaction as the tables.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    schema_name = models.CharField(max_length=63)
    state = models.CharField(max_length=16, choices=State.choices)
    way = models.CharField(max_length=16, blank=True)  # "replay", or "executor" where that was needed
    applied = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schema_name"], name="schema_migration_schema_unique")]

    def __str__(self) -> str:
        return f"{self.schema_name}: {self.state}"
