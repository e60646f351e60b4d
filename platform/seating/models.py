from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ui.ids import uuid7


class Venue(models.Model):
    """A place where performances happen; one venue serves many events."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=250, blank=True)
    city = models.CharField(max_length=80, blank=True)
    timezone = models.CharField(max_length=50)  # IANA name; performances are shown in it
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class SeatMap(models.Model):
    """A venue's seating as it is being drawn. `draft` is a document (seating.document), `revision` grows with each save.

    One editor at a time: `editor_session` names the browser tab that may save until `editing_until`; others read.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="seat_maps")
    name = models.CharField(max_length=80)
    draft = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    editor_session = models.CharField(max_length=40, blank=True)
    editor_name = models.CharField(max_length=120, blank=True)
    editing_until = models.DateTimeField(null=True)
    plan_image = models.CharField(max_length=200, blank=True)  # path in private storage: what is traced over
    plan_placement = models.JSONField(default=dict, db_default={})  # x, y, scale (cm per pixel), opacity
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def is_edited_by_another(self, *, session: str, at: Any) -> bool:
        """Whether another tab than `session` may save at instant `at`."""
        return bool(self.editing_until and self.editing_until > at and self.editor_session != session)


class MapVersion(models.Model):
    """A map as it was at one moment, named by the hash of its document; nothing of it ever changes.

    Saved ones are for going back to; only published ones may be put on sale.
    """

    append_only: ClassVar[bool] = True

    class Kind(models.TextChoices):
        SAVED = "saved", _("Saved")
        PUBLISHED = "published", _("Published")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seat_map = models.ForeignKey(SeatMap, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=80, blank=True)
    hash = models.CharField(max_length=32)
    document = models.JSONField()
    n_seats = models.PositiveIntegerField()
    n_places = models.PositiveIntegerField()  # of its areas
    actor = models.CharField(max_length=80)  # an audit.actions.Actor as text
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["seat_map", "-number"]
        constraints = [models.UniqueConstraint(fields=["seat_map", "number"], name="map_version_number_once")]
        indexes = [models.Index(fields=["hash"], name="map_version_hash")]

    def __str__(self) -> str:
        return self.name or f"{self.seat_map} {self.number}"
