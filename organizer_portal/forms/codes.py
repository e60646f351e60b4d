"""Codes, many codes at once, and discounts without a code: what each gives, from when on, how often."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.models import TicketType
from organizer_portal.forms.fees import PercentField, percent_typed
from organizer_portal.forms.fields import amount_text, instant_of, moment, plain
from promotions.actions import MOST_IN_BATCH, MOST_TICKETS, MOST_USES
from promotions.models import AutomaticDiscount, Effect, PromoCode
from ui.forms import offer_choices
from ui.money import parse_money

_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


def _number(label: Any, *, most: int, least: int = 1, help_text: Any = "", initial: int | None = None) -> Any:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=least,
        max_value=most,
        help_text=help_text,
        initial=initial,
        widget=forms.NumberInput(attrs=_NUMBER),
    )


class MoneyField(forms.CharField):
    """An amount as typed; minor units of the form's currency, None when empty."""

    widget = plain(inputmode="decimal")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=14, **kwargs)


class TermsForm(forms.Form):
    """What codes and discounts have in common. Amounts are typed in `currency`, times in `zone`."""

    effect = forms.ChoiceField(
        label=_("What it gives"), choices=Effect.choices, widget=forms.RadioSelect, initial=Effect.PERCENT
    )
    percent = PercentField(label=_("Percent"), required=False, max_length=8)
    amount = MoneyField(label=_("Amount"))
    buy = _number(_("So many tickets together"), most=100)
    pay = _number(_("Of them are paid"), most=100, least=0)
    ticket_types = forms.MultipleChoiceField(
        label=_("For these tickets"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: for all."),
    )
    least_tickets = _number(_("From so many tickets on"), most=MOST_TICKETS)
    most_tickets = _number(_("For at most so many"), most=MOST_TICKETS, help_text=_("The dearest of them."))
    least_spend = MoneyField(label=_("From so much money on"), help_text=_("Before fees."))
    starts_at = forms.DateTimeField(label=_("Valid from"), required=False, widget=moment())
    ends_at = forms.DateTimeField(label=_("Valid until"), required=False, widget=moment())
    is_combinable = forms.BooleanField(
        label=_("May be used together with other discounts"),
        required=False,
        initial=True,
        help_text=_("If not, buyers get whichever costs them less."),
    )

    def __init__(
        self, *args: Any, currency: str, zone: str, kinds: Iterable[TicketType], has_nothing: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.zone = currency, zone
        offer_choices(self, "ticket_types", [(str(kind.pk), kind.title) for kind in kinds])
        if not has_nothing:
            offer_choices(self, "effect", [one for one in Effect.choices if one[0] != Effect.NOTHING])

    @property
    def has_types(self) -> bool:
        """Whether there are ticket types to choose from."""
        field = self.fields["ticket_types"]
        return isinstance(field, forms.MultipleChoiceField) and bool(field.choices)

    @classmethod
    def initial_of(cls, terms: PromoCode | AutomaticDiscount, *, zone: str) -> dict[str, Any]:
        """The fields, filled in."""
        is_money = terms.effect in (Effect.PER_TICKET, Effect.PER_ORDER, Effect.SET_PRICE)
        return {
            "effect": terms.effect,
            "percent": percent_typed(terms.value) if terms.effect == Effect.PERCENT else "",
            "amount": amount_text(terms.value, terms.currency) if is_money else "",
            "buy": terms.buy or None,
            "pay": terms.pay if terms.buy else None,
            "ticket_types": [str(one) for one in terms.ticket_types],
            "least_tickets": terms.least_tickets if terms.least_tickets > 1 else None,
            "most_tickets": terms.most_tickets,
            "least_spend": amount_text(terms.least_spend, terms.currency) if terms.least_spend else "",
            "starts_at": _local(terms.starts_at, zone),
            "ends_at": _local(terms.ends_at, zone),
            "is_combinable": terms.is_combinable,
        }

    def clean(self) -> dict[str, Any]:
        """Amounts become minor units, times instants; what the chosen effect needs is there."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("amount", "least_spend", "budget"):
            if name in self.fields and name in cleaned:
                cleaned[name] = self._money(name, cleaned[name])
        for name in ("starts_at", "ends_at"):
            try:
                cleaned[name] = instant_of(cleaned.get(name), self.zone)
            except forms.ValidationError as error:
                self.add_error(name, error)
        effect = cleaned.get("effect")
        if effect == Effect.PERCENT and not cleaned.get("percent") and "percent" not in self.errors:
            self.add_error("percent", _now("Say how much, for instance 10."))
        is_money = effect in (Effect.PER_TICKET, Effect.PER_ORDER, Effect.SET_PRICE)
        if is_money and cleaned.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _now("Say how much, for instance %s.") % self._example())
        if effect == Effect.N_FOR_M and not self.errors and (not cleaned.get("buy") or cleaned.get("pay") is None):
            self.add_error("buy", _now("Say both numbers, for instance 3 and 2."))
        return cleaned

    def _money(self, name: str, typed: str) -> int | None:
        if not typed.strip():
            return None
        try:
            return parse_money(typed, self.currency)
        except ValueError:
            self.add_error(name, _now("Enter an amount like %(example)s.") % {"example": self._example()})
            return None

    def _example(self) -> str:
        return amount_text(parse_money("5", self.currency), self.currency)

    @property
    def terms(self) -> dict[str, Any]:
        """What the verbs take of it."""
        words = self.cleaned_data
        is_percent = words["effect"] == Effect.PERCENT
        return {
            "effect": words["effect"],
            "value": words["percent"] if is_percent else words["amount"] or 0,
            "buy": words["buy"] or 0,
            "pay": words["pay"] or 0,
            "currency": self.currency,
            "ticket_types": [UUID(one) for one in words["ticket_types"]],
            "least_tickets": words["least_tickets"] or 1,
            "most_tickets": words["most_tickets"],
            "least_spend": words["least_spend"] or 0,
            "starts_at": words["starts_at"],
            "ends_at": words["ends_at"],
            "is_combinable": words["is_combinable"],
        }


def _local(at: datetime | None, zone: str) -> datetime | None:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if at else None


class CodeForm(TermsForm):
    """One code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("What people type, like SPRING. Small letters, spaces and dashes make no difference."),
        widget=plain(autocapitalize="characters", spellcheck="false"),
    )
    most_uses = _number(
        _("Orders in all"), most=MOST_USES, help_text=_("Each order uses it once. Empty: as many as like.")
    )
    per_buyer = _number(_("Orders per person"), most=1000, help_text=_("By e-mail address, account and card."))
    budget = MoneyField(label=_("May take off in all"), help_text=_("The last order gets what is left of it."))
    opens_early = forms.BooleanField(
        label=_("Opens the sale early: its tickets can be bought with it before their sale begins"), required=False
    )
    opens_hidden = forms.BooleanField(
        label=_("Shows hidden tickets: those of its tickets that nobody sees without it"), required=False
    )

    @classmethod
    def of(cls, code: PromoCode, *, zone: str, kinds: Iterable[TicketType]) -> "CodeForm":
        """Filled in from the code."""
        initial = {
            **cls.initial_of(code, zone=zone),
            "code": code.code,
            "most_uses": code.most_uses,
            "per_buyer": code.per_buyer,
            "budget": amount_text(code.budget, code.currency) if code.budget else "",
            "opens_early": code.opens_early,
            "opens_hidden": code.opens_hidden,
        }
        return cls(initial=initial, currency=code.currency, zone=zone, kinds=kinds)

    @property
    def fields_of_code(self) -> dict[str, Any]:
        """What the verbs take."""
        words = self.cleaned_data
        more = ("most_uses", "per_buyer", "budget", "opens_early", "opens_hidden")
        return {**self.terms, **{name: words[name] for name in more if name in self.fields}}


class BatchForm(CodeForm):
    """Many codes of the same terms: so many new ones, or the organizer's own."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Only you read it."), widget=plain())
    number = _number(_("How many"), most=MOST_IN_BATCH, initial=100)
    begins_with = forms.CharField(
        label=_("Begins with"), required=False, max_length=20, help_text=_("For instance SPRING."), widget=plain()
    )
    own = forms.CharField(
        label=_("Or your own codes"),
        required=False,
        max_length=300_000,
        help_text=_("One per line, or the first column of a CSV. Then the number above does not count."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["code"], self.fields["most_uses"], self.fields["per_buyer"], self.fields["budget"]

    def clean(self) -> dict[str, Any]:
        """`words`, the organizer's own codes, empty for new ones."""
        cleaned = super().clean()
        cleaned["words"] = first_column(cleaned.get("own", ""))
        if not cleaned["words"] and not cleaned.get("number") and "number" not in self.errors:
            self.add_error("number", _now("Say how many codes to make, or enter your own."))
        return cleaned


class DiscountForm(TermsForm):
    """A discount without a code."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("Buyers read it beside the price, for instance: Group of 4."),
        widget=plain(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, has_nothing=False, **kwargs)

    @classmethod
    def of(cls, discount: AutomaticDiscount, *, zone: str, kinds: Iterable[TicketType]) -> "DiscountForm":
        """Filled in from the discount."""
        initial = {**cls.initial_of(discount, zone=zone), "name": discount.name}
        return cls(initial=initial, currency=discount.currency, zone=zone, kinds=kinds)

    @property
    def fields_of_discount(self) -> dict[str, Any]:
        """What the verbs take."""
        return {"name": self.cleaned_data["name"], **self.terms}


class MailOutForm(forms.Form):
    """Whom a batch's codes are mailed to."""

    addresses = forms.CharField(
        label=_("E-mail addresses"),
        max_length=300_000,
        help_text=_(
            "One per line, or the first column of a CSV. Who has a code of this batch already gets no second one."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )
    words = forms.CharField(
        label=_("Your words"),
        required=False,
        max_length=1000,
        help_text=_("Above the code. Plain text."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    has_consent = forms.BooleanField(
        label=_("These people have agreed to get mail like this from us"),
        help_text=_("Without it such a mail is not allowed in the EU. That you said so is kept."),
        error_messages={"required": _("Only write to people who have agreed to it.")},
    )


def first_column(text: str) -> list[str]:
    """The first cell of each line of a pasted list or CSV, without a heading that says what it is."""
    rows = csv.reader(io.StringIO(text), delimiter=";" if ";" in text and "," not in text else ",")
    cells = [row[0].strip() for row in rows if row and row[0].strip()]
    headings = ("code", "codes", "email", "e-mail", "mail", "address", "adresse")
    return cells[1:] if cells and cells[0].casefold() in headings else cells
