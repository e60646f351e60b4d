"""The ways a change of fees may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput


class FeePlanInvalid(BadInput):
    code = "fee_plan_invalid"
    title = _("The fee cannot be saved like this")
