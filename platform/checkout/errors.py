"""The ways a sale may refuse, beside those of the apps it composes."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError


class BasketInvalid(BadInput):
    code = "basket_invalid"
    title = _("Choose your tickets again")


class ConsentMissing(BadInput):
    code = "consent_required"
    title = _("Please agree to the terms")


class PersonLimitReached(BadInput):
    """This basket and the buyer's other orders together are more than one person may have."""

    code = "person_limit_reached"
    title = _("Too many tickets for one person")


class NotRefundable(DomainError):
    code = "order_not_refundable"
    title = _("This order cannot be refunded")


class ResendRefused(DomainError):
    code = "tickets_not_sendable"
    title = _("These tickets cannot be sent")


class PaymentMismatch(DomainError):
    """The provider's payment is not the one that this order asked for. Never expected; an alarm."""

    code = "payment_mismatch"
    status = 500
    title = _("The payment does not match the order")
