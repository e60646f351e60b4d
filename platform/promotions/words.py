"""How people write a code, and how we compare what they wrote."""

import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ui.money import format_money, percent_text

LONGEST_CODE = 40  # characters
_LEFT_OUT = dict.fromkeys(map(ord, "-‐‑‒–—_. \t\n\r\u00a0\u00ad\u200b"), None)


def code_key(typed: str) -> str:
    """What two ways of writing one code have in common: no case, no spaces, dashes or dots, no full-width letters.

    "" where nothing is left, or more than a code has.
    """
    plain = unicodedata.normalize("NFKC", typed[: 4 * LONGEST_CODE]).translate(_LEFT_OUT).upper()
    plain = unicodedata.normalize("NFKC", plain)
    return plain if len(plain) <= LONGEST_CODE and plain.isalnum() else ""


def gift_words(effect: str, *, value: int, buy: int, pay: int, currency: str) -> str:
    """What comes off, in a few words: "10% off", "€5.00 off each ticket", "3 for the price of 2"."""
    match effect:
        case "percent":
            return _("%(percent)s off") % {"percent": percent_text(value)}
        case "per_ticket":
            return _("%(amount)s off each ticket") % {"amount": format_money(value, currency)}
        case "per_order":
            return _("%(amount)s off the order") % {"amount": format_money(value, currency)}
        case "set_price":
            return _("tickets for %(amount)s") % {"amount": format_money(value, currency)}
        case "n_for_m" if pay == 0:
            return ngettext("%(buy)d ticket free", "%(buy)d tickets free", buy) % {"buy": buy}
        case "n_for_m":
            return _("%(buy)d for the price of %(pay)d") % {"buy": buy, "pay": pay}
        case _nothing:
            return _("opens tickets")


def threshold_words(*, least_tickets: int, least_spend: int, currency: str) -> str:
    """From when on, or "": "from 4 tickets on, from €50.00 on"."""
    parts = []
    if least_tickets > 1:
        parts.append(_("from %(n)d tickets on") % {"n": least_tickets})
    if least_spend:
        parts.append(_("from %(amount)s on") % {"amount": format_money(least_spend, currency)})
    return ", ".join(parts)
