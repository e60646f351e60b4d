"""Staff at their screens, through HTTP: sign-in with password and second step like anybody."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.actions import add_second_factor
from accounts.models import User
from accounts.queries import has_second_factor
from tests import world


class Visitor(Client):
    """A browser on one host. The organizer that the test is in stays entered after each request."""

    def __init__(self, host: str = "", **defaults: Any) -> None:
        super().__init__(HTTP_HOST=host or settings.PLATFORM_HOST, **defaults)

    def request(self, **request: Any) -> Any:
        """Send it; leave the connection where it was."""
        tenant = connection.tenant  # type: ignore[attr-defined]
        try:
            return super().request(**request)
        finally:
            connection.set_tenant(tenant)  # type: ignore[attr-defined]


def code_now(user: User) -> str:
    """What the user's authenticator app shows; the app's memory of used codes is cleared, as if time had passed."""
    device = TOTPDevice.objects.get(user=user, confirmed=True)
    TOTPDevice.objects.filter(pk=device.pk).update(
        last_t=-1, throttling_failure_count=0, throttling_failure_timestamp=None
    )
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    return f"{totp.token():06d}"


def has_app(user: User) -> User:
    """The user with an authenticator app."""
    if not has_second_factor(user):
        add_second_factor(user=user, key="31" * 20)
    return user


def with_password(user: User, host: str = "") -> Visitor:
    """A browser in which the user typed the password, and nothing more yet."""
    forget_limits()
    visitor = Visitor(host)
    path = "/portal/account/login/" if host else "/account/login/"
    response = visitor.post(path, {"login": user.email, "password": world.PASSWORD})
    assert response.status_code == 302, response.content.decode()
    return visitor


def signed_in(user: User, host: str = "") -> Visitor:
    """A browser in which the user is signed in, second step included."""
    has_app(user)
    visitor = with_password(user, host)
    path = "/portal/account/second-factor/" if host else "/account/second-factor/"
    response = visitor.post(path, {"code": code_now(user)})
    assert response.status_code == 302, response.content.decode()
    return visitor


def forget_limits() -> None:
    """Tests sign in more often per minute than people do."""
    caches["default"].clear()


def text(response: HttpResponse) -> str:
    """The page as one line of HTML."""
    return " ".join(response.content.decode().split())
