"""Forms of an event's dates: the rule that makes many, and what is done to those that were chosen."""

import re
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from checkout.refunds import LONGEST_WORDS
from events.models import Event, Performance, TicketType
from events.series import Occurrence, daily_rule, monthly_rule, occurrences, weekly_rule
from organizer_portal.forms.fields import amount_text, check_day, plain
from ui.dates import weekday_choices
from ui.forms import offer_choices
from ui.money import parse_money

_TIME = re.compile(r"^(\d{1,2})[:.](\d{2})$")
MOST_TIMES = 12  # a day


def _number(**attrs: Any) -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off", **attrs})


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class SeriesForm(forms.Form):
    """Which dates: on what days, until when, at which times. `found` is what the rule makes, `rule` the rule (RFC 5545)."""

    REPEATS = (
        ("weekly", _("Every week")),
        ("daily", _("Every day")),
        ("monthly_weekday", _("Every month, on the same weekday")),
        ("monthly_day", _("Every month, on the same day")),
    )
    ENDS = (("count", _("After so many days")), ("until", _("On a day")))

    first_on = forms.DateField(label=_("From"), validators=[check_day], widget=_day())
    starts = forms.CharField(
        label=_("Starts at"),
        max_length=80,
        help_text=_("One time, or several a day: 15:00, 20:00"),
        widget=plain(placeholder="20:00"),
    )
    repeats = forms.ChoiceField(label=_("Repeats"), choices=REPEATS, widget=forms.RadioSelect, initial="weekly")
    weekdays = forms.MultipleChoiceField(label=_("On"), required=False, widget=forms.CheckboxSelectMultiple, choices=())
    interval = forms.IntegerField(
        label=_("Every how many"),
        min_value=1,
        max_value=52,
        initial=1,
        help_text=_("2 is every other week, day or month."),
        widget=_number(),
    )
    ends = forms.ChoiceField(label=_("Ends"), choices=ENDS, widget=forms.RadioSelect, initial="until")
    count = forms.IntegerField(label=_("So many days"), required=False, min_value=1, max_value=366, widget=_number())
    ends_on = forms.DateField(label=_("Last day"), required=False, validators=[check_day], widget=_day())
    minutes = forms.IntegerField(label=_("Lasts, minutes"), min_value=1, max_value=10_080, widget=_number())
    doors_minutes = forms.IntegerField(
        label=_("Doors open, minutes before"), min_value=0, max_value=1440, widget=_number()
    )
    rule = forms.CharField(
        label=_("Rule"),
        required=False,
        max_length=300,
        help_text=_("An RFC 5545 rule instead of the above, for instance FREQ=MONTHLY;BYDAY=-1FR;COUNT=12"),
        widget=plain(),
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        offer_choices(self, "weekdays", weekday_choices())

    @classmethod
    def of(cls, event: Event, dates: list[Performance]) -> "SeriesForm":
        """Filled in from the event's last date: the same weekday, time, length and doors, from the week after on."""
        zone = event.venue.timezone
        form = cls(zone=zone)
        if dates:
            last = dates[-1]
            starts = last.starts_at.astimezone(ZoneInfo(last.timezone))
            form.initial = {
                "first_on": starts.date(),
                "starts": f"{starts:%H:%M}",
                "weekdays": [str(starts.weekday())],
                "minutes": int((last.ends_at - last.starts_at).total_seconds() // 60),
                "doors_minutes": int((last.starts_at - last.doors_at).total_seconds() // 60),
            }
        return form

    def clean_starts(self) -> list[time]:
        """The times of a day, soonest first."""
        parts = [part for part in re.split(r"[,;\s]+", self.cleaned_data["starts"]) if part]
        times = []
        for part in parts:
            match = _TIME.match(part)
            if match is None or int(match[1]) > 23 or int(match[2]) > 59:
                raise forms.ValidationError(_now("Write times like 20:00, with commas between them."))
            times.append(time(int(match[1]), int(match[2])))
        if not times or len(times) > MOST_TIMES:
            raise forms.ValidationError(_now("Between one and %d times a day.") % MOST_TIMES)
        return sorted(set(times))

    def clean(self) -> dict[str, Any]:
        """What only several fields together can get wrong; the rule itself is the verb's to judge."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("rule"):
            return cleaned
        if cleaned.get("ends") == "count" and not cleaned.get("count") and "count" not in self.errors:
            self.add_error("count", _now("Say how many days."))
        if cleaned.get("ends") == "until" and not cleaned.get("ends_on") and "ends_on" not in self.errors:
            self.add_error("ends_on", _now("Say on which day it ends."))
        last: date | None = cleaned.get("ends_on")
        if cleaned.get("ends") == "until" and last and cleaned.get("first_on") and last < cleaned["first_on"]:
            self.add_error("ends_on", _now("The last day is before the first."))
        return cleaned

    @property
    def rule_text(self) -> str:
        """What was asked for, as an RFC 5545 rule."""
        words = self.cleaned_data
        if words["rule"]:
            return str(words["rule"])
        end = {"count": words["count"]} if words["ends"] == "count" else {"until": words["ends_on"]}
        every: dict[str, Any] = {"interval": words["interval"], **end}
        if words["repeats"] == "daily":
            return daily_rule(**every)
        if words["repeats"] == "weekly":
            return weekly_rule(weekdays=[int(day) for day in words["weekdays"]], **every)
        by_weekday = words["repeats"] == "monthly_weekday"
        return monthly_rule(first_on=words["first_on"], by_weekday=by_weekday, **every)

    def found(self) -> list[Occurrence]:
        """The dates that it makes. Raises EventInvalid."""
        words = self.cleaned_data
        return occurrences(
            self.rule_text,
            first_on=words["first_on"],
            starts=words["starts"],
            minutes=words["minutes"],
            doors_minutes=words["doors_minutes"],
            zone=self.zone,
        )


class ShiftForm(forms.Form):
    """By how much chosen dates move."""

    WAYS = (("later", _("Later")), ("earlier", _("Earlier")))

    minutes = forms.IntegerField(label=_("By so many minutes"), min_value=1, max_value=44_640, widget=_number())
    way = forms.ChoiceField(label=_("Which way"), choices=WAYS, widget=forms.RadioSelect, initial="later")

    def asked(self) -> dict[str, Any]:
        """What the verb takes."""
        words = self.cleaned_data
        return {"minutes": words["minutes"] if words["way"] == "later" else -words["minutes"]}


class _TypeForm(forms.Form):
    ticket_type = forms.ChoiceField(label=_("Ticket"), choices=())

    def __init__(self, *args: Any, kinds: list[TicketType], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        offer_choices(self, "ticket_type", [(kind.pk, self.words(kind)) for kind in kinds])

    def words(self, kind: TicketType) -> str:
        """How a ticket type is offered for choice."""
        return kind.title


class DatePriceForm(_TypeForm):
    """What a ticket costs on chosen dates."""

    price = forms.CharField(
        label=_("Price you get"),
        max_length=14,
        required=False,
        help_text=_("Before fees. Empty: what it costs on other dates."),
        widget=plain(inputmode="decimal"),
    )

    def clean_price(self) -> int | None:
        """Minor units."""
        if not self.cleaned_data["price"].strip():
            return None
        try:
            return parse_money(self.cleaned_data["price"], self.currency)
        except ValueError as error:
            example = amount_text(parse_money("24", self.currency), self.currency)
            raise forms.ValidationError(_now("Enter an amount like %(example)s.") % {"example": example}) from error

    def words(self, kind: TicketType) -> str:
        """With what it costs on other dates."""
        return f"{kind.title} · {amount_text(kind.price, self.currency)} {self.currency}"

    def asked(self) -> dict[str, Any]:
        """What the verb takes."""
        return {"ticket_type_id": self.cleaned_data["ticket_type"], "price": self.cleaned_data["price"]}


class DateQuantityForm(_TypeForm):
    """How many of a ticket there are on chosen dates."""

    quantity = forms.IntegerField(
        label=_("How many"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("Empty: as many as on other dates."),
        widget=_number(),
    )

    def asked(self) -> dict[str, Any]:
        """What the verb takes."""
        return {"ticket_type_id": self.cleaned_data["ticket_type"], "quantity": self.cleaned_data["quantity"]}


class CancelDatesForm(forms.Form):
    """Why chosen dates do not take place, for those who have tickets."""

    words = forms.CharField(
        label=_("Why"), max_length=LONGEST_WORDS, help_text=_("The buyers read it in the e-mail."), widget=plain()
    )

    def asked(self) -> dict[str, Any]:
        """What the verb takes."""
        return {"words": self.cleaned_data["words"]}
