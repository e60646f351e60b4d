"""Who is on the other end of a WebSocket: the same session, bound to the same host, past the same second step."""

from http.cookies import CookieError, SimpleCookie
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device

from accounts.middleware import SESSION_HOST, session_place
from accounts.models import User


@database_sync_to_async  # type: ignore[untyped-decorator]
def verified_user(scope: dict[str, Any], *, organizer: object) -> User | None:
    """The staff user behind a connection that arrived for `organizer`, or None."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    if cookie is None:
        return None
    request = HttpRequest()
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(cookie.value)
    if request.session.get(SESSION_HOST) != session_place(organizer, headers.get("host", "")):
        return None
    user = get_user(request)
    if not isinstance(user, User):
        return None
    device_id = request.session.get(DEVICE_ID_SESSION_KEY)
    device = Device.from_persistent_id(device_id) if device_id else None
    return user if device is not None and device.user_id == user.pk and device.confirmed else None
