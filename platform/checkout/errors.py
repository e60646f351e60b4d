"""The ways a sale may refuse, beside those of the apps it composes."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError, NotFound


class BasketInvalid(BadInput):
    code = "basket_invalid"
    title = _("Choose your tickets again")


class MapMoveRefused(DomainError):
    """The event cannot move to this version of its map. `extra["seats"]` has the words of taken seats that would go, by date's
    order, `extra["categories"]` the categories that nobody could buy."""

    code = "map_move_refused"
    title = _("The event cannot move to this map")


class SeatsNeeded(BadInput):
    """These tickets are for seats of a map, and no seats, or not as many, were named."""

    code = "seats_needed"
    title = _("Choose your seats")


class ConsentMissing(BadInput):
    code = "consent_required"
    title = _("Please agree to the terms")


class PersonLimitReached(BadInput):
    """This basket and the buyer's other orders together are more than one person may have."""

    code = "person_limit_reached"
    title = _("Too many tickets for one person")


class RehearsalRefused(DomainError):
    """Test mode cannot begin or end like this."""

    code = "test_mode_refused"
    title = _("Test mode stays as it is")


class NotRefundable(DomainError):
    code = "order_not_refundable"
    title = _("This order cannot be refunded")


class EvidenceRefused(DomainError):
    """A dispute takes no answer any more, or not this one."""

    code = "evidence_refused"
    title = _("This answer cannot be sent")


class ResendRefused(DomainError):
    code = "tickets_not_sendable"
    title = _("These tickets cannot be sent")


class NoReceipt(NotFound):
    """Nothing was paid, so there is no receipt of it."""


class PaymentMismatch(DomainError):
    """The provider's payment is not the one that this order asked for. Never expected; an alarm."""

    code = "payment_mismatch"
    status = 500
    title = _("The payment does not match the order")


class ChargeModelRefused(BadInput):
    """The provider does not let this organizer be paid like that today."""

    code = "charge_model_refused"
    title = _("Orders cannot be charged like this")


class MoveRefused(DomainError):
    """This ticket cannot be moved, or not to that seat."""

    code = "move_refused"
    title = _("This ticket cannot be moved")


class SeatNotFree(DomainError):
    """Somebody else has the seat by now."""

    code = "seat_not_free"
    title = _("That seat is taken")


class PriceDiffers(DomainError):
    """The new seat has another price than was paid; `extra` has both, in minor units. No money would move."""

    code = "price_differs"
    title = _("The prices differ")


class CancellationRefused(DomainError):
    """The buyer cannot cancel these tickets alone, or the request says too little."""

    code = "cancellation_refused"
    title = _("This cannot be cancelled here")


class QuoteChanged(DomainError):
    """Another amount comes back now than the buyer was shown."""

    code = "refund_quote_changed"
    title = _("The amount has changed")


class AlreadyDecided(DomainError):
    """Somebody else has decided this request."""

    code = "refund_request_decided"
    title = _("This request is decided")


class BuyerStillNeeded(DomainError):
    """Something of this buyer's is not over, so it must stay known who they are."""

    code = "buyer_still_needed"
    title = _("This buyer cannot be erased yet")


class DatesRefused(DomainError):
    """Some of the chosen dates stand in the way; none was changed. `extra["dates"]` has their ids, `extra["n"]` how many tickets
    are sold for them where that is why."""

    code = "dates_refused"
    title = _("These dates cannot be changed like this")


class PasswordWanted(NotFound):
    """The event asks for a password by now, and nobody has asked the buyer: the door does, and tries again."""


class CommissionSettled(DomainError):
    """A commission that cannot be approved or declined any more, or not yet; the words say why."""

    code = "commission_settled"
    title = _("This commission cannot be changed now")
