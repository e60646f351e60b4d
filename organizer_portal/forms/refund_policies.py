"""The form of a refund policy."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.refund_rules import LONGEST, RefundRules, Tier
from organizer_portal.forms.fields import amount_text, instant_of, moment, plain
from ui.forms import offer_choices
from ui.money import format_money, parse_money


class RefundPolicyForm(forms.Form):
    """What goes back and until when: lines from the farthest to the nearest to the start, or none of it."""

    LINES = 4

    class Kind(models.TextChoices):
        """What a policy says, in the words of the form."""

        NONE = "none", _("Promise nothing: staff decide on each request")
        EVENT = "event", _("The same as for the event")
        TIERS = "tiers", _("Money goes back, depending on when")
        FINAL = "final", _("Final sale: no money goes back")

    kind = forms.ChoiceField(label=_("When a buyer cancels"), widget=forms.RadioSelect)
    kept_fee = forms.CharField(
        label=_("Kept of each ticket"),
        max_length=14,
        required=False,
        help_text=_("An amount that stays with you whatever the line says. Empty for nothing."),
        widget=plain(inputmode="decimal"),
    )
    deadline = forms.DateTimeField(
        label=_("Last moment of all"),
        required=False,
        help_text=_("Nothing goes back after it, whatever the lines say."),
        widget=moment(),
    )

    def __init__(self, *args: Any, currency: str, zone: str, for_type: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.zone = currency, zone
        first = self.Kind.EVENT if for_type else self.Kind.NONE
        kinds = (first, self.Kind.TIERS, self.Kind.FINAL)
        offer_choices(self, "kind", [(kind.value, kind.label) for kind in kinds])
        for number in range(1, self.LINES + 1):
            names = {"n": number}
            self.fields[f"before_{number}"] = forms.IntegerField(
                label=_now("Line %(n)d: until") % names,
                required=False,
                min_value=0,
                max_value=LONGEST,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "input tnum"}),
            )
            self.fields[f"unit_{number}"] = forms.ChoiceField(
                label=_now("Line %(n)d: unit") % names,
                choices=[("24", _("days before")), ("1", _("hours before"))],
                required=False,
                widget=forms.Select(attrs={"class": "select"}),
            )
            self.fields[f"percent_{number}"] = forms.IntegerField(
                label=_now("Line %(n)d: per cent") % names,
                required=False,
                min_value=1,
                max_value=100,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "input tnum"}),
            )

    def lines(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """The fields of each line."""
        return [(self[f"before_{n}"], self[f"unit_{n}"], self[f"percent_{n}"]) for n in range(1, self.LINES + 1)]

    @classmethod
    def filled(cls, rules: RefundRules | None, *, currency: str, zone: str, for_type: bool) -> "RefundPolicyForm":
        """Filled in from the rules in force."""
        kind = cls.Kind.EVENT if for_type else cls.Kind.NONE
        initial: dict[str, Any] = {"kind": kind}
        if rules is not None:
            initial["kind"] = cls.Kind.FINAL if rules.is_final_sale else cls.Kind.TIERS
            initial["kept_fee"] = amount_text(rules.kept_fee, currency) if rules.kept_fee else ""
            local = rules.deadline.astimezone(ZoneInfo(zone)) if rules.deadline else None
            initial["deadline"] = local.replace(tzinfo=None) if local else None
            for number, tier in enumerate(rules.tiers[: cls.LINES], start=1):
                unit = 24 if tier.hours and tier.hours % 24 == 0 else 1
                initial |= {f"before_{number}": tier.hours // unit, f"unit_{number}": str(unit)}
                initial[f"percent_{number}"] = tier.percent
        return cls(initial=initial, currency=currency, zone=zone, for_type=for_type)

    def clean_kept_fee(self) -> int:
        """Minor units."""
        try:
            return parse_money(self.cleaned_data["kept_fee"] or "0", self.currency)
        except ValueError as error:
            raise forms.ValidationError(_now("Enter an amount like %s.") % format_money(200, self.currency)) from error

    def clean_deadline(self) -> datetime | None:
        """An instant."""
        return instant_of(self.cleaned_data["deadline"], self.zone)

    def clean(self) -> dict[str, Any]:
        """`rules`, which the verb judges; None for no promise of its own."""
        cleaned = super().clean() or self.cleaned_data
        tiers = []
        for number in range(1, self.LINES + 1):
            before, percent = cleaned.get(f"before_{number}"), cleaned.get(f"percent_{number}")
            if (before is None) != (percent is None) and not self.errors:
                self.add_error(
                    f"percent_{number}", _now("Fill in both the time and the per cent of a line, or neither.")
                )
            if before is not None and percent is not None:
                tiers.append(Tier(before * int(cleaned.get(f"unit_{number}") or 24), percent))
        kind = cleaned.get("kind")
        if kind == self.Kind.TIERS and not tiers and not self.errors:
            self.add_error("before_1", _now("Say until when how much goes back, or choose a final sale."))
        cleaned["rules"] = None
        if kind == self.Kind.FINAL:
            cleaned["rules"] = RefundRules()
        elif kind == self.Kind.TIERS:
            cleaned["rules"] = RefundRules(tuple(tiers), cleaned.get("kept_fee", 0), cleaned.get("deadline"))
        return cleaned
