"""What pages, mails and staff read beneath a ticket: why it costs what it costs."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from pricing.basket import Step
from ui.money import format_money

register = template.Library()
JOINER = "\u2060"  # no line ends between a sign and its amount


@register.filter
def reasons(steps: Iterable[Step | Mapping[str, Any]] | None, currency: str) -> str:
    """`{{ line.steps|reasons:quote.currency }}` -> "Regular price €30.00 · Early bird −€10.00" in one line, "" for the type's own price."""
    given = [step if isinstance(step, Step) else Step(**step) for step in steps or ()]
    if [step.kind for step in given] in ([], ["base"]):
        return ""
    return " · ".join(filter(None, (_words(step, currency) for step in given)))


def _words(step: Step, currency: str) -> str:
    amount = format_money(abs(step.amount), currency)
    if step.kind == "base":
        return _("Regular price %(amount)s") % {"amount": amount}
    if step.kind == "chosen":
        return _("You chose this amount")
    if step.kind == "bundle":
        return _("Part of “%(name)s”") % {"name": step.name}
    name = step.name or _("Demand")
    sign = "−" if step.amount < 0 else "+"
    return f"{name} {sign}{JOINER}{amount}" if step.amount else name
