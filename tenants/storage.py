"""Files with the organizer in the path: public ones (logos, posters) have a URL, private ones (tickets, exports) have none.

The first part of a stored name is the organizer's id, or `platform`. It is written into the name when the file is saved,
so it never depends on who happens to be current later; and an organizer's context cannot open another one's file.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from tenants.current import current_organizer, is_public

PLATFORM_FOLDER = "platform"


def organizer_folder() -> str:
    """The first part of the names of files that belong to the current context."""
    return PLATFORM_FOLDER if is_public() else str(current_organizer().pk)


class _OrganizerStorage(FileSystemStorage):
    folder: str

    def __init__(self, **options: Any) -> None:
        super().__init__(location=Path(settings.MEDIA_ROOT) / self.folder, **options)

    def save(self, name: str | None, content: "File[Any]", max_length: int | None = None) -> str:
        """Store under the current organizer's folder; returns the full name, to be kept in a model."""
        folder = organizer_folder()
        name = name or content.name or "file"
        if not name.startswith(f"{folder}/"):
            name = f"{folder}/{name}"
        return super().save(name, content, max_length=max_length)

    def path(self, name: str) -> str:
        """Where the file lies. Raises SuspiciousFileOperation for another organizer's file."""
        if not is_public() and not str(name).startswith(f"{organizer_folder()}/"):
            raise SuspiciousFileOperation("This file belongs to somebody else.")
        return super().path(name)


class PublicStorage(_OrganizerStorage):
    """For what anybody may see; `url()` gives its address under MEDIA_URL."""

    folder = "public"

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"base_url": settings.MEDIA_URL, **options})


class PrivateStorage(_OrganizerStorage):
    """For what only a verb may hand out; it has no address."""

    folder = "private"

    def url(self, name: str | None) -> str:
        """Always raises ValueError: private files are served by views that check who asks."""
        raise ValueError("A private file has no address.")
