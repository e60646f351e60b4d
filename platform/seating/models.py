from django.db import models

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
