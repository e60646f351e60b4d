"""What buyers agree to. Change the text, change its version; the old words stay on the rows."""

from django.utils.translation import gettext_lazy as _

VERSION = "2026-11"
TEXT = _(
    "If I do not finish this order, remind me of it by e-mail, three times at most. I can stop this in each e-mail."
)
