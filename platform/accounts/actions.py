"""People get accounts and second factors."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.errors import AlreadyEnrolled, CodeWrong, EmailTaken, TooManyTries
from accounts.models import User
from accounts.queries import devices_for_update, has_second_factor, pending_device
from audit.actions import SYSTEM, Actor, record, user_actor
from ui.ids import new_code

RECOVERY_CODES = 8
RECOVERY_CODE_LENGTH = 10  # characters of 5 bits


@transaction.atomic
def create_user(*, email: str, password: str, name: str = "", actor: Actor = SYSTEM) -> User:
    """A new user who can sign in. Raises EmailTaken. The password is judged by the form that took it."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError as error:
        raise EmailTaken from error
    record(verb="create_user", target=user, actor=actor)
    return user


@transaction.atomic
def create_platform_admin(*, email: str, password: str, name: str = "", actor: Actor = SYSTEM) -> User:
    """A new user who may open the console. Raises EmailTaken."""
    user = create_user(email=email, password=password, name=name, actor=actor)
    user.is_platform_admin = True
    user.save(update_fields=["is_platform_admin"])
    record(verb="make_platform_admin", target=user, actor=actor)
    return user


@transaction.atomic
def begin_enrolment(*, user: User) -> TOTPDevice:
    """The authenticator to be set up: made, or the one already begun, so that reloading the page keeps its QR code."""
    User.objects.select_for_update().get(pk=user.pk)
    return pending_device(user) or TOTPDevice.objects.create(user=user, name="authenticator", confirmed=False)


@transaction.atomic
def add_second_factor(*, user: User, key: str, actor: Actor = SYSTEM) -> TOTPDevice:
    """A confirmed authenticator with a known secret (`key`, hexadecimal), for commands. Raises AlreadyEnrolled."""
    User.objects.select_for_update().get(pk=user.pk)
    if has_second_factor(user):
        raise AlreadyEnrolled
    device = TOTPDevice.objects.create(user=user, name="authenticator", key=key, confirmed=True)
    record(verb="add_second_factor", target=user, actor=actor)
    return device


def confirm_enrolment(*, user: User, code: str) -> tuple[TOTPDevice, list[str]]:
    """Accept the first code of the authenticator being set up; it replaces an older one.

    Returns it and new recovery codes, shown this one time. Raises CodeWrong, TooManyTries; wrong tries are counted.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        device = begin_enrolment(user=user)
        refusal = _try(device, code)
        if refusal is None:
            TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            codes = _replace_recovery_codes(user)
            record(verb="add_second_factor", target=user, actor=user_actor(user.pk))
    if refusal is not None:
        raise refusal
    return device, codes


def check_second_factor(*, user: User, code: str) -> TOTPDevice | StaticDevice:
    """The second factor that `code` belongs to: an authenticator's six digits or a recovery code, which is used up.

    Raises CodeWrong, or TooManyTries while the delay after wrong codes lasts; it doubles with each.
    """
    digits = _plain(code)
    wanted = TOTPDevice if digits.isdigit() and len(digits) == 6 else StaticDevice
    refusal: CodeWrong | TooManyTries = CodeWrong()
    with transaction.atomic():  # ends by commit also after a wrong code, so that the try is counted
        for device in devices_for_update(user):
            if not isinstance(device, wanted):
                continue
            outcome = _try(device, code)
            if outcome is None:
                if wanted is StaticDevice:
                    record(verb="use_recovery_code", target=user, actor=user_actor(user.pk))
                return device
            refusal = outcome
    raise refusal


@transaction.atomic
def replace_recovery_codes(*, user: User) -> list[str]:
    """New recovery codes, shown this one time; the old ones stop working."""
    User.objects.select_for_update().get(pk=user.pk)
    record(verb="replace_recovery_codes", target=user, actor=user_actor(user.pk))
    return _replace_recovery_codes(user)


def _replace_recovery_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes", confirmed=True)
    codes = [new_code(RECOVERY_CODE_LENGTH) for _number in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _try(device: TOTPDevice | StaticDevice, code: str) -> CodeWrong | TooManyTries | None:
    allowed, facts = device.verify_is_allowed()
    if not allowed:
        wait = max(1, round((facts["locked_until"] - timezone.now()).total_seconds()))
        return TooManyTries(
            ngettext(
                "Too many wrong codes. Wait %(seconds)d second, then try again.",
                "Too many wrong codes. Wait %(seconds)d seconds, then try again.",
                wait,
            )
            % {"seconds": wait},
            wait_seconds=wait,
        )
    return None if device.verify_token(_plain(code)) else CodeWrong()


def _plain(code: str) -> str:
    """What was meant: no spaces or hyphens, capitals, and the letters that Crockford's alphabet lacks."""
    return code.upper().replace(" ", "").replace("-", "").replace("O", "0").replace("I", "1").replace("L", "1")
