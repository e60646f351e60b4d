"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """The organizer of this host (None on the platform's own) and the platform's name and address."""
    return {
        "organizer": getattr(request, "organizer", None),
        "platform_name": settings.PLATFORM_NAME,
        "platform_url": settings.BASE_URL,
    }
