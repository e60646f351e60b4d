"""The forms of affiliates: what they get, how long a click counts, who they are."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from organizer_portal.forms.fees import PercentField, percent_typed
from organizer_portal.forms.fields import amount_text, minor_units, plain
from promotions.affiliate_models import LONGEST_WINDOW, AffiliateProgramme
from promotions.affiliates import MOST_APPROVAL_DAYS
from promotions.commission import CommissionKind, Rate, Tier
from ui.forms import offer_choices

EXTRA_TIERS = 3  # rows of the form beyond the first


def _number(label: Any, *, least: int, most: int, help_text: Any = "", required: bool = True) -> forms.IntegerField:
    box = forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, help_text=help_text, required=required, widget=box
    )


class RateForm(forms.Form):
    """What affiliates get, in `currency`. With `may_differ` an event's: the programme's own rate, or nothing, may be chosen too."""

    SAME = "same"

    kind = forms.ChoiceField(label=_("What affiliates get"), widget=forms.RadioSelect)
    percent = PercentField(label=_("Percent"), required=False, max_length=8)
    fixed = forms.CharField(label=_("Amount"), required=False, max_length=14, widget=plain(inputmode="decimal"))
    first_percent = PercentField(label=_("From the first ticket on, percent"), required=False, max_length=8)

    def __init__(self, *args: Any, currency: str, may_differ: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["fixed"].label = _now("Amount in %(currency)s") % {"currency": currency}
        choices: list[tuple[str, Any]] = [
            (kind.value, kind.label) for kind in CommissionKind if kind != CommissionKind.NONE
        ]
        if may_differ:
            none = CommissionKind.NONE
            choices = [(self.SAME, _now("As for all events")), *choices, (none.value, none.label)]
        offer_choices(self, "kind", choices)
        for number in range(1, EXTRA_TIERS + 1):
            self.fields[f"from_{number}"] = _number(_("From ticket"), least=2, most=1_000_000, required=False)
            self.fields[f"percent_{number}"] = PercentField(label=_("Percent"), required=False, max_length=8)

    @property
    def tier_rows(self) -> list[tuple[Any, Any]]:
        """The boxes of each tier after the first."""
        return [(self[f"from_{number}"], self[f"percent_{number}"]) for number in range(1, EXTRA_TIERS + 1)]

    @classmethod
    def initial_of(cls, rate: Rate) -> dict[str, Any]:
        """The fields, filled in."""
        filled: dict[str, Any] = {"kind": rate.kind.value}
        if rate.kind == CommissionKind.PERCENT:
            filled["percent"] = percent_typed(rate.basis_points)
        if rate.kind == CommissionKind.FIXED:
            filled["fixed"] = amount_text(rate.fixed, rate.currency)
        for number, tier in enumerate(rate.tiers):
            if number == 0:
                filled["first_percent"] = percent_typed(tier.basis_points) or "0"
            else:
                filled[f"from_{number}"] = tier.first
                filled[f"percent_{number}"] = percent_typed(tier.basis_points) or "0"
        return filled

    def clean(self) -> dict[str, Any]:
        """`rate`, or None for the programme's."""
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind", "")
        cleaned["rate"] = None
        if self.errors or kind == self.SAME:
            return cleaned
        fixed = 0
        if kind == CommissionKind.FIXED:
            try:
                fixed = minor_units(cleaned.get("fixed", ""), self.currency)
            except forms.ValidationError as error:
                self.add_error("fixed", error)
        tiers: list[Tier] = []
        if kind == CommissionKind.TIERS:
            tiers.append(Tier(1, cleaned.get("first_percent") or 0))
            for number in range(1, EXTRA_TIERS + 1):
                first = cleaned.get(f"from_{number}")
                if first:
                    tiers.append(Tier(first, cleaned.get(f"percent_{number}") or 0))
        if kind == CommissionKind.PERCENT and not cleaned.get("percent"):
            self.add_error("percent", _now("Say how much, for instance 10."))
        percent = (cleaned.get("percent") or 0) if kind == CommissionKind.PERCENT else 0
        cleaned["rate"] = Rate(CommissionKind(kind), percent, fixed, self.currency, tuple(tiers))
        return cleaned


class ProgrammeForm(RateForm):
    """How the organizer works with affiliates."""

    window_days = _number(
        _("A click counts for so many days"),
        least=1,
        most=LONGEST_WINDOW,
        help_text=_("Whoever buys later was not sent by the affiliate."),
    )
    touch = forms.ChoiceField(
        label=_("Where several affiliates’ links were followed, the sale is of"),
        choices=AffiliateProgramme.Touch.choices,
        widget=forms.RadioSelect,
    )
    needs_approval = forms.ChoiceField(
        label=_("Approval"),
        choices=[("no", _("Commissions are approved automatically when their time has come")), ("yes", _("I look at each and approve it"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    approval_days = _number(_("Days until it can be approved"), least=0, most=MOST_APPROVAL_DAYS)
    approval_from = forms.ChoiceField(
        label=_("Counted from"),
        choices=AffiliateProgramme.ApprovalFrom.choices,
        widget=forms.Select(attrs={"class": "select"}),
    )
    takes_applications = forms.BooleanField(
        label=_("Anybody may apply"),
        required=False,
        help_text=_("The storefront has a page for it. You accept or decline each application."),
    )
    counts_team = forms.BooleanField(
        label=_("The team counts too"),
        required=False,
        help_text=_("If not, nobody on your team earns commissions, and what the team buys earns none."),
    )

    @classmethod
    def of(cls, found: AffiliateProgramme | None, *, currency: str) -> "ProgrammeForm":
        """Filled in; with our defaults where there is no programme yet."""
        terms = found or AffiliateProgramme(basis_points=1000, currency=currency)
        initial = {
            **cls.initial_of(terms.rate),
            **{name: getattr(terms, name) for name in (*_PLAIN, "counts_team", "takes_applications")},
            "needs_approval": "yes" if terms.needs_approval else "no",
        }
        return cls(initial=initial, currency=currency)

    @property
    def terms(self) -> dict[str, Any]:
        """What `promotions.affiliates.set_programme` takes beside the rate."""
        typed = self.cleaned_data
        plain_fields = {name: typed[name] for name in (*_PLAIN, "counts_team", "takes_applications")}
        return {**plain_fields, "needs_approval": typed["needs_approval"] == "yes"}


_PLAIN = ("window_days", "touch", "approval_days", "approval_from")


class InviteForm(forms.Form):
    """Somebody who becomes an affiliate."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=plain())
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("They are mailed where their links are, and sign in there with this address."),
        widget=plain(inputmode="email"),
    )
    code = forms.CharField(
        label=_("Word in their links"),
        max_length=40,
        required=False,
        help_text=_("Letters, digits, dashes. Empty: a random one."),
        widget=plain(),
    )


class AffiliateForm(forms.Form):
    """What can be changed of an affiliate."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=plain())
    code = forms.CharField(
        label=_("Word in their links"), max_length=40, help_text=_("After a change the old links no longer count."), widget=plain()
    )  # fmt: skip
    promo = forms.CharField(
        label=_("Code of their own"),
        max_length=40,
        required=False,
        help_text=_("One of your codes: whoever types it counts for this affiliate, whatever link they followed."),
        widget=plain(),
    )


class DeclineForm(forms.Form):
    """Why a commission is declined."""

    words = forms.CharField(
        label=_("Why"), max_length=200, help_text=_("The affiliate reads it."), widget=plain()
    )  # fmt: skip
