"""A plan's rules in words that a partner would sign."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_decimal
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from ledger.split_rules import ORGANIZER, WHOLE, Payee, Rules, Share
from payouts.models import Partner
from ui.money import format_money


@dataclass(frozen=True)
class Line:
    """One share of a plan: which step it is in, whose it is, and the rule in words."""

    number: int
    payee: Payee
    name: str
    rule: str


def names_of(payees: Iterable[Payee]) -> dict[Payee, str]:
    """Each payee's name; the organizer's is that of its role."""
    found = {partner.payee: partner.name for partner in Partner.objects.all()}
    return {payee: found.get(payee, str(payee.party.label) if payee == ORGANIZER else "?") for payee in payees}


def percent_words(basis_points: int) -> str:
    """`basis_points` in the reader's language: 1250 -> "12.5 %"."""
    return f"{format_decimal(Decimal(basis_points) / 100, locale=to_locale(get_language() or 'en'))} %"


def rule_words(share: Share, above: int, currency: str, *, is_first: bool) -> str:
    """ "70 % of what is left", "the first €300.00", "10 % of everything above €5,000.00, at most €40.00",
    "€1.50 for each paid ticket"."""
    cap = format_money(share.cap, currency) if share.cap is not None else ""
    if share.per_ticket is not None:
        words = {"amount": format_money(share.per_ticket, currency), "cap": cap}
        return (_("%(amount)s for each paid ticket") + (_(", at most %(cap)s") if cap else "")) % words
    words = {"percent": percent_words(share.basis_points), "cap": cap, "above": format_money(above, currency)}
    if share.basis_points == WHOLE and cap and not above:
        return (_("the first %(cap)s") if is_first else _("the first %(cap)s of what is left")) % words
    if above:
        start = (
            _("%(percent)s of everything above %(above)s")
            if is_first
            else _("%(percent)s of what is left above %(above)s")
        )
    else:
        start = _("%(percent)s of everything") if is_first else _("%(percent)s of what is left")
    return (start + (_(", at most %(cap)s") if cap else "")) % words


def lines_of(rules: Rules, currency: str, names: Mapping[Payee, str]) -> list[Line]:
    """All shares of a plan in order."""
    return [
        Line(number, share.payee, names[share.payee], rule_words(share, step.above, currency, is_first=number == 1))
        for number, step in enumerate(rules.steps, start=1)
        for share in step.shares
    ]
