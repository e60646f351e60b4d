"""The ways an order may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError, NotFound


class OrderNotFound(NotFound):
    code = "order_not_found"
    title = _("No such order")


class BuyerInvalid(BadInput):
    code = "buyer_invalid"
    title = _("Your details need a change")


class OrderClosed(DomainError):
    """The order is past the state in which this could be done."""

    code = "order_closed"
    title = _("The order is closed")
