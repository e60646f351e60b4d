"""The ways a change to an offer may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError


class ChargeInvalid(BadInput):
    code = "charge_invalid"
    title = _("The fee or tax cannot be saved like this")


class EventInvalid(BadInput):
    code = "event_invalid"
    title = _("The event cannot be saved like this")


class PropertyInvalid(EventInvalid):
    """`extra["field"]` is a field of the property, or the key of one whose value does not fit."""

    code = "property_invalid"
    title = _("The property cannot be saved like this")


class NotPublishable(DomainError):
    code = "event_not_publishable"
    title = _("The event cannot be published yet")


class PolicyStricter(EventInvalid):
    """A published event's refunds can only be made looser."""

    code = "refund_policy_stricter"
    title = _("Refunds can only become more generous")


class StateRefused(DomainError):
    """The event's state does not allow this now; `extra["state"]` is the state it is in."""

    code = "event_state_refused"
    title = _("The event cannot do this now")


class PasswordWrong(BadInput):
    """Also for an event that is not there, or asks for none."""

    code = "event_password_wrong"
    title = _("This password does not fit")
