"""Why a price is what it is, in words: for staff with amounts, for buyers without any."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ui.money import format_money

Why = Iterable[Mapping[str, Any]]

PROBLEMS = {
    "bounds": gettext_lazy(
        "The ticket’s own price has to lie between the lowest and the highest price, and both above nothing."
    ),
    "smallest": gettext_lazy("In this currency the last digit of every price is 0."),
    "rounding": gettext_lazy("Choose how prices are rounded."),
    "most_a_day": gettext_lazy("Enter an amount above nothing, or leave it empty."),
    "pace_hours": gettext_lazy("Between 1 hour and 14 days."),
    "many": gettext_lazy("No more than eight steps."),
    "at": gettext_lazy("This step can never be reached."),
    "value": gettext_lazy("This change is too large."),
    "twice": gettext_lazy("Each step needs a place of its own."),
    "order": gettext_lazy(
        "The further the step, the larger the change: otherwise more demand would make tickets cheaper."
    ),
    "sign_up": gettext_lazy("More demand can only raise the price here."),
    "sign_down": gettext_lazy("Less demand can only lower the price here: begin with a minus."),
}


def cause_words(cause: str, at: int) -> str:
    """One reason, as buyers may read it: nothing of it says how many tickets there are."""
    if cause == "fill":
        return _("%(percent)d %% of the tickets were sold") % {"percent": at} if at < 100 else _("everything was sold")
    if cause == "days":
        if at == 0:
            return _("the last day")
        return ngettext("%(days)d day to go", "%(days)d days to go", at) % {"days": at}
    words = {
        "faster": _("tickets sold fast"),
        "slower": _("tickets sold slowly"),
        "ahead": _("this category filled before the others"),
        "behind": _("this category filled after the others"),
        "cap": _("the highest price"),
        "floor": _("the lowest price"),
        "day_limit": _("no more than this within a day"),
        "rules_off": _("prices no longer follow the sale"),
    }
    return words.get(cause, cause)


def public_words(why: Why) -> str:
    """All reasons of a price in one sentence without amounts, for buyers."""
    said = [cause_words(one["cause"], one["at"]) for one in why]
    return ", ".join(said) if said else _("back to the ticket’s own price")


def staff_words(why: Why, currency: str) -> list[str]:
    """Each reason with what it adds, for the organizer."""
    said = []
    for one in why:
        words = cause_words(one["cause"], one["at"])
        said.append(f"{words}: {signed_money(one['amount'], currency)}" if one["amount"] else words)
    return said or [_("back to the ticket’s own price")]


def signed_money(amount: int, currency: str) -> str:
    """ "+€5.00" or "−€5.00"."""
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    return f"{sign}{format_money(abs(amount), currency)}"
