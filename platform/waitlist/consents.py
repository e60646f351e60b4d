"""What people agree to when they join. Change the text, change its version; the old words stay on the entries."""

from django.utils.translation import gettext_lazy as _

VERSION = "2026-11"
TEXT = _(
    "Keep my name and address for this waiting list, and e-mail me about it. I can leave at any time; "
    "all of it is deleted three months after the event."
)
