"""E-mail addresses: brought to the one form in which they are kept, and compared as they are kept.

Two addresses that only look alike are two people. Python, Postgres and mail servers disagree on which letters beyond ASCII are
the same ("ı" and "i" are to `UPPER`, not to a domain's registry), so that what is kept and compared is ASCII alone.
"""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.db.models.functions import Lower
from django.db.models.lookups import Exact


def normal_address(typed: str) -> str:
    """The address without spaces around it and with its domain in ASCII, as it is sent to (RFC 5890). Raises ValidationError."""
    local, at, domain = typed.strip().rpartition("@")
    try:
        address = f"{local}{at}{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError as error:  # no domain could be called that
        raise ValidationError(validate_email.message) from error
    validate_email(address)
    if not address.isascii():  # the validator takes "ı" for an i
        raise ValidationError(validate_email.message)
    return address


def is_address(email: str, *, field: str = "email") -> Q:
    """For a filter: those whose `field` is this address, however its letters' case. Found by the index on `Lower`."""
    return Q(Exact(Lower(field), email.lower()))
