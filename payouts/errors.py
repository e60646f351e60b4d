"""The ways moving money out may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, NotFound


class PartnerInvalid(BadInput):
    code = "partner_invalid"
    title = _("The partner cannot be saved like this")


class PartnerNotFound(NotFound):
    code = "partner_not_found"
    title = _("No such partner")


class PaymentNotOwed(BadInput):
    """More than is owed."""

    code = "payment_not_owed"
    title = _("That is more than is owed")


class ScheduleInvalid(BadInput):
    code = "payout_schedule_invalid"
    title = _("Payouts cannot be made like this")


class NothingToTransfer(PaymentNotOwed):
    """Nothing is owed, or nothing of it lies with the platform."""

    code = "nothing_to_transfer"
    title = _("Nothing can be paid through Stripe now")
