"""The ways the door's API may refuse. A refused *ticket* is no error: it is a result with an outcome."""

from django.utils.translation import gettext_lazy as _

from ui.errors import DomainError, NotFound, NotSignedIn


class DeviceUnknown(NotSignedIn):
    """The token is missing, wrong, or was revoked."""

    code = "device_unknown"
    title = _("This device is not paired with a gate")


class NonceReused(DomainError):
    """The nonce belongs to a scan of another code."""

    code = "nonce_reused"
    status = 409
    title = _("This nonce was used for another code")


class GateNotFound(NotFound):
    code = "gate_not_found"
    title = _("There is no such gate")


class DeviceNotFound(NotFound):
    code = "device_not_found"
    title = _("There is no such device")


class EventNotFound(NotFound):
    code = "event_not_found"
    title = _("There is no such event")
