"""The forms of prices that follow the sale: their rules, and what they are tried on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.models import TicketType
from organizer_portal.forms.fees import percent_typed
from organizer_portal.forms.fields import amount_text, plain
from pricing.dynamic import LADDERS, LONGEST_HOURS, Rules, Rung
from repricing.models import PriceRules
from repricing.past_sales import Source, name_of
from ui.dates import event_date
from ui.forms import offer_choices
from ui.money import format_money, minor_unit_exponent, parse_money, smallest_step


@dataclass(frozen=True)
class Table:
    """A ladder as the form has it: how many rows, and the words around its two boxes."""

    rows: int
    title: Any
    hint: Any
    before: Any
    after: Any


TABLES: Mapping[str, Table] = {
    "fill": Table(
        5,
        _("When so much is sold"),
        _("Of the tickets for sale; held ones do not count. Only the last step that is reached counts."),
        _("from"),
        _("%\u00a0sold"),
    ),
    "days": Table(3, _("When the date comes near"), "", _("from"), _("days to go")),
    "faster": Table(
        2,
        _("When it sells fast"),
        _("Measured against the even pace that would sell out exactly at the start: 200 is twice as fast."),
        _("from"),
        _("%\u00a0of the even pace"),
    ),
    "slower": Table(
        2, _("When it sells slowly"), _("Begin the change with a minus."), _("up to"), _("%\u00a0of the even pace")
    ),
    "ahead": Table(
        2,
        _("When its category fills before the house"),
        _("In percentage points: 20 is a category that is 60 %\u00a0sold in a house that is 40 %\u00a0sold."),
        _("from"),
        _("points ahead"),
    ),
    "behind": Table(
        2,
        _("When its category stays behind the house"),
        _("Begin the change with a minus."),
        _("from"),
        _("points behind"),
    ),
}


class Unit(models.TextChoices):
    """What the steps of a rule set are in."""

    AMOUNT = "amount", _("Amounts")
    PERCENT = "percent", _("Percent of the ticket’s own price")


def roundings(currency: str) -> dict[str, tuple[int, int, str]]:
    """The ways to round in a currency: a choice's name to step, ending and words."""
    small = smallest_step(currency)
    unit = 10 ** minor_unit_exponent(currency)
    unit = unit if unit > 1 else 100  # of a currency without decimals hundreds read well

    def like(amount: int) -> str:
        return format_money(amount, currency)

    found = {
        "smallest": (small, 0, _now("As it comes out")),
        "whole": (unit, 0, _now("To whole ones, like %s") % like(23 * unit)),
        "half": (unit // 2, 0, _now("To halves, like %s") % like(23 * unit + unit // 2)),
        "ninety": (unit, unit * 9 // 10, _now("Ending like %s") % like(23 * unit + unit * 9 // 10)),
        "five": (5 * unit, 0, _now("To fives, like %s") % like(25 * unit)),
    }
    return {name: one for name, one in found.items() if one[0] % small == 0 and one[1] % small == 0}


class PriceRulesForm(forms.Form):
    """How the price of a ticket type follows its sale. Empty rows are no steps."""

    mode = forms.ChoiceField(
        label=_("What the rules may do"), choices=PriceRules.Mode.choices, widget=forms.RadioSelect
    )
    unit = forms.ChoiceField(label=_("The steps are"), choices=Unit.choices, widget=forms.RadioSelect)
    pace_hours = forms.IntegerField(
        label=_("Look at the sales of the last hours"),
        min_value=1,
        max_value=LONGEST_HOURS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    floor = forms.CharField(label=_("Lowest price"), max_length=14, widget=plain(inputmode="decimal"))
    cap = forms.CharField(label=_("Highest price"), max_length=14, widget=plain(inputmode="decimal"))
    most_a_day = forms.CharField(
        label=_("Greatest change within 24 hours"),
        required=False,
        max_length=14,
        help_text=_("Empty: as much as the steps say."),
        widget=plain(inputmode="decimal"),
    )
    rounding = forms.ChoiceField(label=_("Round new prices"))

    def __init__(self, *args: Any, kind: TicketType, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.currency = kind, currency
        self.roundings = roundings(currency)
        offer_choices(self, "rounding", [(name, words) for name, (_step, _ending, words) in self.roundings.items()])
        for name, table in TABLES.items():
            for number in range(1, table.rows + 1):
                label = {"title": table.title, "n": number}
                self.fields[f"{name}_at_{number}"] = forms.IntegerField(
                    label=_now("%(title)s, step %(n)d") % label,
                    required=False,
                    min_value=0,
                    max_value=10_000,
                    widget=forms.NumberInput(
                        attrs={"inputmode": "numeric", "class": "input tnum", "autocomplete": "off"}
                    ),
                )
                self.fields[f"{name}_value_{number}"] = forms.CharField(
                    label=_now("%(title)s, change of step %(n)d") % label,
                    required=False,
                    max_length=14,
                    widget=forms.TextInput(attrs={"class": "input tnum", "autocomplete": "off"}),
                )

    @classmethod
    def filled(cls, row: PriceRules | None, *, kind: TicketType, currency: str) -> "PriceRulesForm":
        """Filled in from the rules in force; where there are none, with bounds to begin from."""
        if row is None:
            rules, mode = Rules(floor=kind.price, cap=2 * kind.price, step=smallest_step(currency)), PriceRules.Mode.OFF
        else:
            rules, mode = Rules.from_dict(row.rules), PriceRules.Mode(row.mode)
        rounding = {(step, ending): name for name, (step, ending, _words) in roundings(currency).items()}
        initial: dict[str, Any] = {
            "mode": mode,
            "unit": Unit.PERCENT if rules.is_percent else Unit.AMOUNT,
            "pace_hours": rules.pace_hours,
            "floor": amount_text(rules.floor, currency),
            "cap": amount_text(rules.cap, currency),
            "most_a_day": amount_text(rules.most_a_day, currency) if rules.most_a_day else "",
            "rounding": rounding.get((rules.step, rules.ending), "smallest"),
        }
        for name in LADDERS:
            for number, rung in enumerate(getattr(rules, name)[: TABLES[name].rows], start=1):
                initial[f"{name}_at_{number}"] = rung.at
                initial[f"{name}_value_{number}"] = _typed(rung.value, currency, is_percent=rules.is_percent)
        return cls(initial=initial, kind=kind, currency=currency)

    @property
    def tables(self) -> list[dict[str, Any]]:
        """Each ladder with its rows of two fields, for the page: the first three always, the others folded away."""
        made = []
        for name, table in TABLES.items():
            rows = [(self[f"{name}_at_{n}"], self[f"{name}_value_{n}"]) for n in range(1, table.rows + 1)]
            is_used = any(at.value() not in (None, "") for at, _value in rows)
            problems = [words for at, value in rows for words in (*at.errors, *value.errors)]
            made.append({"name": name, "table": table, "rows": rows, "is_used": is_used, "problems": problems})
        return made

    def clean_floor(self) -> int:
        """Minor units."""
        return self._amount("floor")

    def clean_cap(self) -> int:
        """Minor units."""
        return self._amount("cap")

    def clean_most_a_day(self) -> int | None:
        """Minor units, None for no bound."""
        return self._amount("most_a_day") if self.cleaned_data["most_a_day"].strip() else None

    def _amount(self, name: str) -> int:
        try:
            return parse_money(self.cleaned_data[name], self.currency)
        except ValueError as error:
            raise forms.ValidationError(_now("Enter an amount like %s.") % format_money(2500, self.currency)) from error

    def clean(self) -> dict[str, Any]:
        """`rules`, which the verb judges."""
        cleaned = super().clean() or self.cleaned_data
        is_percent = cleaned.get("unit") == Unit.PERCENT
        ladders = {name: tuple(self._rungs(name, cleaned, is_percent=is_percent)) for name in LADDERS}
        if not self.errors:
            step, ending, _words = self.roundings[cleaned["rounding"]]
            cleaned["rules"] = Rules(
                floor=cleaned["floor"],
                cap=cleaned["cap"],
                is_percent=is_percent,
                pace_hours=cleaned["pace_hours"],
                most_a_day=cleaned["most_a_day"],
                step=step,
                ending=ending,
                **ladders,
            )
        return cleaned

    def _rungs(self, name: str, cleaned: dict[str, Any], *, is_percent: bool) -> Iterable[Rung]:
        for number in range(1, TABLES[name].rows + 1):
            at, typed = cleaned.get(f"{name}_at_{number}"), (cleaned.get(f"{name}_value_{number}") or "").strip()
            if f"{name}_at_{number}" in self.errors or (at is None and not typed):
                continue
            if at is None or not typed:
                self.add_error(f"{name}_at_{number}", _now("Fill in both boxes of a step, or neither."))
                continue
            try:
                yield Rung(at, _value(typed, self.currency, is_percent=is_percent))
            except ValueError:
                words = _now("Enter a change like 10 or -5.")
                self.add_error(f"{name}_value_{number}", words)

    def place(self, field: str, words: str) -> None:
        """Put a verb's refusal beside the part that it names."""
        name = f"{field}_at_1" if field in LADDERS else field
        self.add_error(name if name in self.fields else None, words)


def _value(typed: str, currency: str, *, is_percent: bool) -> int:
    """Basis points or minor units of a change as typed, with a sign or without. Raises ValueError."""
    text = typed.replace("%", "").replace("−", "-").replace(" ", "")
    sign = -1 if text.startswith("-") else 1
    number = text.lstrip("+-")
    # Percent have two decimals, as money has in most currencies.
    return sign * parse_money(number, "EUR" if is_percent else currency)


def _typed(value: int, currency: str, *, is_percent: bool) -> str:
    """The reverse: 1000 basis points as "10", -550 minor units as "-5.50"."""
    words = (percent_typed(abs(value)) or "0") if is_percent else amount_text(abs(value), currency)
    return f"-{words}" if value < 0 else words


class Shape(models.TextChoices):
    """When invented buyers come."""

    BOTH = "both", _("At the start and at the end")
    EVEN = "even", _("Evenly")
    EARLY = "early", _("Mostly at the start")
    LATE = "late", _("Mostly at the end")


INVENTED = "invented"
ELASTICITIES = {
    "50": _("Little: 10 %\u00a0dearer, 5 %\u00a0fewer buyers"),
    "100": _("As usual: 10 %\u00a0dearer, 10 %\u00a0fewer buyers"),
    "200": _("Much: 10 %\u00a0dearer, 20 %\u00a0fewer buyers"),
}


class PriceTrialForm(forms.Form):
    """What a rule set is tried on: past sales, or buyers that are made up. Nothing of it is saved."""

    source = forms.ChoiceField(label=_("Who buys"))
    people = forms.IntegerField(
        label=_("People who would buy at the ticket’s own price"),
        min_value=1,
        max_value=20_000,
        help_text=_("For made-up buyers only."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    curve = forms.ChoiceField(label=_("When they come"), choices=Shape.choices)
    elasticity = forms.ChoiceField(label=_("How much the price matters to them"), choices=list(ELASTICITIES.items()))
    seed = forms.IntegerField(
        label=_("Throw of the dice"),
        min_value=0,
        max_value=999_999,
        help_text=_("The same number brings the same buyers."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, sources: Iterable[Source], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        past = [(name_of(one), _source_words(one)) for one in sources]
        offer_choices(self, "source", [(INVENTED, _("Made-up buyers")), *past])

    @classmethod
    def filled(cls, *, sources: Iterable[Source], people: int) -> "PriceTrialForm":
        """To begin with."""
        initial = {"source": INVENTED, "people": people, "curve": Shape.BOTH, "elasticity": "100", "seed": 1}
        return cls(initial=initial, sources=sources)


def _source_words(source: Source) -> str:
    on = event_date(source.performance.starts_at, source.performance.timezone)
    title, name = source.performance.event.title, source.ticket_type.name
    return _now("%(title)s, %(date)s: %(sold)d of “%(name)s”") % {
        "title": title,
        "date": on,
        "sold": source.sold,
        "name": name,
    }
