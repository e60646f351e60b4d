"""The ways a verb of the ledger may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput


class SplitPlanInvalid(BadInput):
    """Rules that cannot be; `problem` says what is wrong, in a word of `Rules.problem`."""

    code = "split_plan_invalid"
    title = _("These shares cannot be paid like this")
