"""The ways money may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError


class ProviderUnavailable(DomainError):
    """The payment provider did not answer, or not with sense. Trying again with the same key is safe."""

    code = "payment_provider_unavailable"
    status = 503
    title = _("The payment service does not answer")


class ProviderRefused(DomainError):
    """The payment provider understood and said no; `extra["provider_code"]` is its word for it."""

    code = "payment_refused"
    title = _("The payment was refused")


class NotConnected(DomainError):
    """The organizer cannot be paid yet."""

    code = "payments_not_connected"
    title = _("This organizer cannot take payments yet")


class WebhookRefused(BadInput):
    """The signature is missing, wrong, or too old."""

    code = "webhook_refused"
    status = 400
    title = _("Webhook refused")
