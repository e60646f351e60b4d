"""Reads about users and their second factor."""

from uuid import UUID

from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from ui.addresses import is_address


def user_by_email(email: str) -> User | None:
    """The user with this address, however its letters are written."""
    return User.objects.filter(is_address(email.strip())).first()


def user_by_id(user_id: UUID) -> User | None:
    """The user with this id."""
    return User.objects.filter(pk=user_id).first()


def platform_admins() -> list[User]:
    """The people who run the platform."""
    return list(User.objects.filter(is_platform_admin=True, is_active=True).order_by("pk"))


def has_second_factor(user: User) -> bool:
    """Whether an authenticator app is set up and confirmed."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def pending_device(user: User) -> TOTPDevice | None:
    """The authenticator that is being set up, not confirmed yet."""
    return TOTPDevice.objects.filter(user=user, confirmed=False).order_by("pk").first()


def recovery_codes_left(user: User) -> int:
    """How many recovery codes are not used up."""
    return int(StaticToken.objects.filter(device__user=user, device__confirmed=True).count())


def devices_for_update(user: User) -> list[TOTPDevice | StaticDevice]:
    """The confirmed second factors, locked until the transaction ends so that one code is accepted once."""
    return [
        *TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).order_by("pk"),
        *StaticDevice.objects.select_for_update().filter(user=user, confirmed=True).order_by("pk"),
    ]
