"""The ways a reminder may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, NotFound


class ReminderNotFound(NotFound):
    code = "reminder_not_found"
    title = _("No such reminder")


class ReminderInvalid(BadInput):
    """What was typed; `extra["field"]` names it."""

    code = "reminder_invalid"
    title = _("There is a problem")
