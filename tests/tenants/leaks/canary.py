"""A table that holds the name of the schema it stands in, and readers of it."""

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import connection, models

from tenants.models import Organizer


class Canary(models.Model):
    """One row per schema; test_leaks.py makes the table."""

    value = models.TextField(primary_key=True)

    class Meta:
        managed = False
        app_label = "tenants"
        db_table = "leak_canary"


def read() -> str:
    """The schema that a statement runs on now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM leak_canary")
        (value,) = cursor.fetchone()
    return str(value)


async def read_async() -> str:
    """The same through the asynchronous ORM."""
    canary = await Canary.objects.aget()
    return canary.value


def _choose(organizer: Organizer) -> None:
    connection.set_tenant(organizer)  # type: ignore[attr-defined]  # the connection of the thread that runs this


class CanaryConsumer(AsyncWebsocketConsumer):
    """A consumer that chooses its organizer by itself when it connects, as the documentation of many projects shows."""

    async def connect(self) -> None:
        await database_sync_to_async(_choose)(self.scope["organizer"])
        await self.accept()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=await database_sync_to_async(read)())
