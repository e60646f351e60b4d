"""The forms of who shares in what an event earns."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ledger.split_rules import ORGANIZER, WHOLE, Payee, Rules, Share, Step
from organizer_portal.forms.fields import amount_text, basis_points, plain
from payouts.models import Partner, PartnerPayment
from ui.forms import offer_choices
from ui.money import format_money, parse_money

PROBLEMS = {
    "steps": _("These are too many lines."),
    "percent": _("Lines that share with each other can have 100 % between them, each more than nothing."),
    "amount": _("Amounts start at the smallest coin and cannot be this large."),
    "ticket": _("So much for each ticket is a line of its own, of everything that reaches it."),
    "twice": _("Somebody has two lines that share with each other. Give them one line, or another step."),
}


class PartnerForm(forms.Form):
    """Somebody who shares in what events earn."""

    kind = forms.ChoiceField(
        label=_("Who they are"), choices=Partner.Kind.choices, widget=forms.Select(attrs={"class": "select"})
    )
    name = forms.CharField(label=_("Name"), max_length=120, widget=plain())
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False, widget=plain(inputmode="email"))


class PartnerPaymentForm(forms.Form):
    """Money that went to a partner, or came back, outside Stripe."""

    direction = forms.ChoiceField(
        label=_("What happened"), choices=[(PartnerPayment.Direction.OUT, _("We paid them")), (PartnerPayment.Direction.BACK, _("They paid back"))],
        widget=forms.Select(attrs={"class": "select"}),
    )  # fmt: skip
    currency = forms.ChoiceField(label=_("Currency"), widget=forms.Select(attrs={"class": "select"}))
    amount = forms.CharField(label=_("Amount"), max_length=14, widget=plain(inputmode="decimal"))
    words = forms.CharField(
        label=_("How"), max_length=200, help_text=_("The statement says so: “Bank transfer of 3 May”."), widget=plain()
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self, "currency", [(one, one) for one in currencies])

    def clean(self) -> dict[str, Any]:
        """`amount` in minor units."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("amount") and cleaned.get("currency"):
            try:
                cleaned["amount"] = parse_money(cleaned["amount"], cleaned["currency"])
            except ValueError:
                self.add_error("amount", _now("Enter an amount like %s.") % format_money(200, cleaned["currency"]))
        return cleaned


class SharesForm(forms.Form):
    """The lines of a plan, each a step of its own unless it shares with the line above."""

    LINES = 6

    class Gets(models.TextChoices):
        """What a line's number means."""

        PERCENT = "percent", _("per cent")
        FIRST = "first", _("the first")
        TICKET = "ticket", _("for each ticket")

    def __init__(self, *args: Any, currency: str, names: dict[Payee, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.payees = {f"{payee.party.value}:{payee.reference}": payee for payee in names}
        who = [("", "–"), *((key, names[payee]) for key, payee in self.payees.items())]
        for number in range(1, self.LINES + 1):
            words = {"n": number}
            self.fields |= {
                f"who_{number}": forms.ChoiceField(
                    label=_now("Line %(n)d: who") % words,
                    choices=who,
                    required=False,
                    widget=forms.Select(attrs={"class": "select"}),
                ),
                f"gets_{number}": forms.ChoiceField(
                    label=_now("Line %(n)d: gets") % words,
                    choices=self.Gets.choices,
                    required=False,
                    widget=forms.Select(attrs={"class": "select"}),
                ),
                f"value_{number}": forms.CharField(
                    label=_now("Line %(n)d: how much") % words,
                    max_length=14,
                    required=False,
                    widget=plain(inputmode="decimal", **{"class": "input tnum"}),
                ),
                f"above_{number}": forms.CharField(
                    label=_now("Line %(n)d: only above") % words,
                    max_length=14,
                    required=False,
                    widget=plain(inputmode="decimal", **{"class": "input tnum"}),
                ),
                f"cap_{number}": forms.CharField(
                    label=_now("Line %(n)d: at most") % words,
                    max_length=14,
                    required=False,
                    widget=plain(inputmode="decimal", **{"class": "input tnum"}),
                ),
                f"with_{number}": forms.BooleanField(
                    label=_now("Line %(n)d: shares with the line above") % words,
                    required=False,
                    widget=forms.CheckboxInput(attrs={"class": "checkbox"}),
                ),
            }

    def lines(self) -> list[dict[str, Any]]:
        """The `fields` of each line, by what they are; and whether it is a spare one, after those in use and two more."""
        names = ("who", "gets", "value", "above", "cap", "with")
        found = [{name: self[f"{name}_{number}"] for name in names} for number in range(1, self.LINES + 1)]
        used = max((number for number, line in enumerate(found, start=1) if _is_used(line)), default=0)
        return [{"fields": line, "is_spare": number > max(used + 1, 3)} for number, line in enumerate(found, start=1)]

    @classmethod
    def filled(cls, rules: Rules, *, currency: str, names: dict[Payee, str]) -> "SharesForm":
        """Filled in from the rules in force."""
        initial: dict[str, Any] = {}
        number = 0
        for step in rules.steps:
            for index, share in enumerate(step.shares):
                number += 1
                is_first = share.basis_points == WHOLE and share.cap is not None and not step.above
                percent = Decimal(share.basis_points) / 100
                gets = cls.Gets.FIRST if is_first else cls.Gets.PERCENT
                value = amount_text(share.cap or 0, currency) if is_first else format(percent.normalize(), "f")
                if share.per_ticket is not None:
                    gets, value = cls.Gets.TICKET, amount_text(share.per_ticket, currency)
                initial |= {
                    f"who_{number}": f"{share.payee.party.value}:{share.payee.reference}",
                    f"gets_{number}": gets,
                    f"value_{number}": value,
                    f"above_{number}": amount_text(step.above, currency) if step.above and not index else "",
                    f"cap_{number}": amount_text(share.cap, currency) if share.cap and not is_first else "",
                    f"with_{number}": index > 0,
                }
        return cls(initial=initial, currency=currency, names=names)

    def clean(self) -> dict[str, Any]:
        """`rules`, which the verb judges again."""
        cleaned = super().clean() or self.cleaned_data
        steps: list[Step] = []
        for number in range(1, self.LINES + 1):
            payee = self.payees.get(cleaned.get(f"who_{number}") or "")
            if payee is None:
                if cleaned.get(f"value_{number}"):
                    self.add_error(f"who_{number}", _now("Choose who gets this."))
                continue
            share, above = self._share(number, payee), self._amount(f"above_{number}") or 0
            if share is None:
                continue
            if cleaned.get(f"with_{number}") and steps:
                if above:
                    self.add_error(f"above_{number}", _now("Lines that share begin where the first of them does."))
                steps[-1] = Step((*steps[-1].shares, share), steps[-1].above)
            else:
                steps.append(Step((share,), above))
        cleaned["rules"] = rules = Rules(tuple(steps))
        if not self.errors and (problem := rules.problem()):
            self.add_error(None, str(PROBLEMS[problem]))
        return cleaned

    def _share(self, number: int, payee: Payee) -> Share | None:
        value = str(self.cleaned_data.get(f"value_{number}") or "")
        gets = self.cleaned_data.get(f"gets_{number}")
        if gets in (self.Gets.FIRST, self.Gets.TICKET):
            amount = self._amount(f"value_{number}")
            if not amount:
                self._add(f"value_{number}", _now("Enter an amount like %s.") % format_money(20_000, self.currency))
                return None
            if gets == self.Gets.TICKET:
                return Share(payee, 0, self._amount(f"cap_{number}") or None, per_ticket=amount)
            return Share(payee, WHOLE, amount)
        try:
            points = basis_points(value)
        except ValueError:
            points = 0
        if not points:
            self._add(f"value_{number}", _now("Enter per cent above 0 and up to 100, with two decimals at most."))
            return None
        return Share(payee, points, self._amount(f"cap_{number}") or None)

    def _amount(self, name: str) -> int | None:
        typed = self.cleaned_data.get(name) or ""
        try:
            return parse_money(typed, self.currency) if typed else None
        except ValueError:
            self._add(name, _now("Enter an amount like %s.") % format_money(20_000, self.currency))
            return None

    def _add(self, name: str, words: str) -> None:
        if name not in self.errors:
            self.add_error(name, words)


def _is_used(line: dict[str, forms.BoundField]) -> bool:
    return any(line[name].value() or line[name].errors for name in ("who", "value", "above", "cap"))


def payees_of(partners: list[Partner], own_name: str) -> dict[Payee, str]:
    """Who can be chosen: the partners, and the organizer itself."""
    return {
        **{partner.payee: f"{partner.name} ({partner.get_kind_display()})" for partner in partners},
        ORGANIZER: own_name,
    }
