"""Files with the organizer in the path: public ones (logos, posters) have a URL, private ones (tickets, exports) have none.

The first part of a stored name is the organizer's id, or `platform`. It is written into the name when the file is saved,
so it never depends on who happens to be current later; and an organizer's context cannot open another one's file.
"""

from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage
from django.utils.functional import cached_property

from tenants.current import current_organizer, is_public

PLATFORM_FOLDER = "platform"


def organizer_folder() -> str:
    """The first part of the names of files that belong to the current context."""
    return PLATFORM_FOLDER if is_public() else str(current_organizer().pk)


class _OrganizerStorage(FileSystemStorage):
    folder: str

    @cached_property
    def base_location(self) -> Path:
        """Below MEDIA_ROOT; Django forgets the value when a test changes that setting."""
        return Path(settings.MEDIA_ROOT) / self.folder

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        """Store under the current organizer's folder; returns the full name, to be kept in a model."""
        folder = organizer_folder()
        name = name or getattr(content, "name", None) or "file"
        if not name.startswith(f"{folder}/"):
            name = f"{folder}/{name}"
        return super().save(name, content, max_length=max_length)

    def path(self, name: str) -> str:
        """Where the file lies. Raises SuspiciousFileOperation for another organizer's file, however it is spelled."""
        path = super().path(name)  # refuses what leads out of the storage
        if not is_public() and not Path(path).is_relative_to(Path(self.location) / organizer_folder()):
            raise SuspiciousFileOperation("This file belongs to somebody else.")
        return path


class PublicStorage(_OrganizerStorage):
    """For what anybody may see; `url()` gives its address under MEDIA_URL."""

    folder = "public"


class PrivateStorage(_OrganizerStorage):
    """For what only a verb may hand out; it has no address."""

    folder = "private"

    def url(self, name: str | None) -> str:
        """Always raises ValueError: private files are served by views that check who asks."""
        raise ValueError("A private file has no address.")
