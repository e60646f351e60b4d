"""The forms of venues, seat maps and the seats of a date."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.models import SeatingPlan
from inventory.blocks import COLORS
from inventory.errors import BlockInvalid
from organizer_portal.forms.fields import amount_text, instant_of, moment, plain
from organizer_portal.seat_offers import Unsold
from organizer_portal.seating import seats_by_index
from seating.document import MOST_BYTES
from ui.forms import LongSelect, offer_choices, zone_choices
from ui.money import parse_money


class VenueForm(forms.Form):
    """A place where performances happen."""

    venue = forms.CharField(label=_("Name of the venue"), max_length=120, widget=plain())
    city = forms.CharField(label=_("City"), required=False, max_length=80, widget=plain())
    address = forms.CharField(label=_("Street and number"), required=False, max_length=250, widget=plain())
    timezone = forms.ChoiceField(label=_("Time zone of the venue"), choices=zone_choices, widget=LongSelect)


class SeatMapForm(forms.Form):
    """A new seat map of a venue: blank, or like one of the houses that are ready."""

    name = forms.CharField(
        label=_("Name of the map"),
        max_length=80,
        help_text=_("For instance: Main hall, seated."),
        widget=plain(),
    )
    start = forms.ChoiceField(
        label=_("Begin with"),
        choices=[
            ("", _("An empty sheet")),
            ("theatre", _("A theatre: stalls, circle, rows of seats")),
            ("cabaret", _("A cabaret: tables")),
            ("standing", _("A standing hall with a balcony")),
            ("stadium", _("A stadium: 20,000 seats")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label=_("Or from a file"),
        required=False,
        help_text=_("pretix or seats.io JSON, SVG, CSV, or a map saved here; up to 32 MB."),
        widget=forms.FileInput(attrs={"accept": ".json,.svg,.csv,application/json,image/svg+xml,text/csv"}),
    )

    def clean_file(self) -> "UploadedFile[bytes] | None":
        """Refuse what is too large before it is read."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if upload is not None and (upload.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_now("This file is larger than 32 MB. Choose a smaller one."))
        return upload


class VersionForm(forms.Form):
    """What a version is remembered by."""

    name = forms.CharField(label=_("Name of the version"), required=False, max_length=80, widget=plain())


class SeatPlanForm(forms.Form):
    """Which seats an event sells, and the rules that choosing them obeys. Times are typed in the venue's zone."""

    version = forms.ChoiceField(label=_("Seat map"), error_messages={"required": _("Choose a published seat map.")})
    orphans = forms.ChoiceField(
        label=_("Single seats"), choices=SeatingPlan.Orphans.choices, initial=SeatingPlan.Orphans.STRICT
    )
    release_access = forms.ChoiceField(
        label=_("Wheelchair spaces go to everybody"),
        choices=SeatingPlan.ReleaseAccess.choices,
        initial=SeatingPlan.ReleaseAccess.NEVER,
        help_text=_("Until then only people who need them can choose wheelchair spaces and companion seats."),
    )
    release_access_at = forms.DateTimeField(label=_("From when"), required=False, widget=moment())

    def __init__(self, *args: Any, zone: str, versions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        if versions:
            offer_choices(self, "version", versions)
        else:
            del self.fields["version"]  # on sale already: only the rules may change here

    @classmethod
    def of(cls, plan: SeatingPlan | None, *, zone: str, versions: list[tuple[str, str]]) -> "SeatPlanForm":
        """Filled in from the plan, or with the defaults while there is none."""
        if plan is None:
            return cls(zone=zone, versions=versions)
        at = plan.release_access_at
        initial = {
            "version": str(plan.version_id),
            "orphans": plan.orphans,
            "release_access": plan.release_access,
            "release_access_at": at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if at else None,
        }
        return cls(initial=initial, zone=zone, versions=versions)

    def clean_release_access_at(self) -> datetime | None:
        """An instant."""
        return instant_of(self.cleaned_data["release_access_at"], self.zone)


class MapMoveForm(forms.Form):
    """Which version an event on sale moves to, and what becomes of what it has no tickets for.

    `base` is the version that the difference was shown from. Seats of a new category are sold as those of another one, for a
    price of their own, or not at all; where nothing is said, as the first that there are tickets for. A new area has a price.
    """

    NOT_SOLD, OWN_PRICE = "-", "+"  # no keys of categories

    version = forms.ChoiceField(
        label=_("Published version"), error_messages={"required": _("Choose a published version.")}
    )
    base = forms.CharField(required=False, max_length=36)

    def __init__(self, *args: Any, versions: list[tuple[str, str]], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        offer_choices(self, "version", versions)
        self.unsold = Unsold({}, {}, {})

    def ask_about(self, unsold: Unsold, *, price: int, has_prices: bool = True) -> None:
        """A question for each category that has no tickets; validates anew when asked next. `price` is what is proposed.

        Without `has_prices` nothing new can be priced: then nothing is asked about areas, which the verb refuses.
        """
        self.unsold = unsold if has_prices else Unsold(unsold.seats, {}, unsold.sold)
        own = [(self.OWN_PRICE, _now("tickets of their own, for this price"))] if has_prices else []
        choices = [*unsold.sold.items(), *own, (self.NOT_SOLD, _now("not for sale"))]
        unsold = self.unsold
        for key, name in unsold.seats.items():
            words = _now("Sell the seats of “%(name)s” as") % {"name": name}
            self.fields[f"as-{key}"] = forms.ChoiceField(label=words, choices=choices)
        for key, name in {**unsold.seats, **unsold.areas}.items() if has_prices else ():
            words = _now("What you get for a place of “%(name)s”, in %(currency)s")
            self.fields[f"price-{key}"] = forms.CharField(
                label=words % {"name": name, "currency": self.currency},
                required=False,
                max_length=14,
                widget=plain(inputmode="decimal"),
            )
        # What was not answered yet is shown as it will be taken.
        first = {self.add_prefix(f"as-{key}"): choices[0][0] for key in unsold.seats}
        first |= {
            self.add_prefix(name): amount_text(price, self.currency)
            for key in {**unsold.seats, **unsold.areas}
            if (name := f"price-{key}") in self.fields
        }
        self.data = {**first, **{key: self.data[key] for key in self.data}}
        self._errors = None

    def clean(self) -> dict[str, Any]:
        """`instead` has the category of each that is sold as another one, None for not for sale; `prices` the others' cents."""
        cleaned = super().clean() or self.cleaned_data
        answers = {key: str(cleaned.get(f"as-{key}", "")) for key in self.unsold.seats}
        cleaned["instead"] = {
            key: None if other == self.NOT_SOLD else other for key, other in answers.items() if other != self.OWN_PRICE
        }
        own = [*(key for key, other in answers.items() if other == self.OWN_PRICE), *self.unsold.areas]
        cleaned["prices"] = {}
        for key in own:
            try:
                cleaned["prices"][key] = parse_money(cleaned.get(f"price-{key}", ""), self.currency)
            except ValueError:
                example = amount_text(parse_money("24", self.currency), self.currency)
                self.add_error(f"price-{key}", _now("Enter an amount like %(example)s.") % {"example": example})
        return cleaned

    @property
    def questions(self) -> list[forms.BoundField]:
        """The fields that `ask_about` added, those of one category together."""
        names = [f"{what}-{key}" for key in self.unsold.seats for what in ("as", "price")]
        names += [f"price-{key}" for key in self.unsold.areas]
        return [self[name] for name in names if name in self.fields]


class SeatPricesForm(forms.Form):
    """A first ticket for each category of an event's seats that has none: its price, before fees."""

    def __init__(self, *args: Any, currency: str, categories: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        for key, name in categories.items():
            self.fields[f"price-{key}"] = forms.CharField(
                label=name, required=False, max_length=14, widget=plain(inputmode="decimal")
            )

    def clean(self) -> dict[str, Any]:
        """`prices` has the minor units of each category that was given one."""
        cleaned = super().clean() or self.cleaned_data
        prices = dict[str, int]()
        for field, typed in list(cleaned.items()):
            if not str(typed).strip():
                continue
            try:
                prices[field.removeprefix("price-")] = parse_money(typed, self.currency)
            except ValueError:
                example = amount_text(parse_money("24", self.currency), self.currency)
                self.add_error(field, _now("Enter an amount like %(example)s.") % {"example": example})
        cleaned["prices"] = prices
        return cleaned


class BlockForm(forms.Form):
    """Places to set aside: `indexes` from the map, else a section with row and seats, else so many of a quota."""

    indexes = forms.CharField(required=False, max_length=140_000, widget=forms.HiddenInput)
    section = forms.ChoiceField(label=_("Section"), required=False)
    row = forms.CharField(label=_("Row or table"), required=False, max_length=12, widget=plain())
    seats = forms.CharField(
        label=_("Seats"),
        required=False,
        max_length=200,
        help_text=_("Like 1-4, 7. Empty: the whole row."),
        widget=plain(),
    )
    quota = forms.ChoiceField(label=_("Ticket without seats"), required=False)
    quantity = forms.IntegerField(label=_("How many"), required=False, min_value=1, max_value=100_000)
    owner = forms.CharField(
        label=_("For whom"),
        max_length=40,
        help_text=_("A word: house, press, promoter."),
        widget=plain(list="block-owners", maxlength=40),
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=120, widget=plain(maxlength=120))
    note = forms.CharField(
        label=_("Note for the team"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    color = forms.ChoiceField(label=_("Colour on the map"))
    release_at = forms.DateTimeField(
        label=_("Back on sale"),
        required=False,
        help_text=_("Empty: until somebody releases them."),
        widget=moment(),
    )

    def __init__(
        self, *args: Any, sections: list[str], quotas: list[tuple[str, str]], zone: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        names = (_("Amber"), _("Blue"), _("Violet"), _("Pink"), _("Green"), _("Grey"))
        offer_choices(self, "section", [("", _("Choose")), *((name, name) for name in sections)])
        offer_choices(self, "quota", [("", _("Choose")), *quotas])
        offer_choices(self, "color", list(zip(COLORS, names, strict=True)))
        if not sections:
            for name in ("section", "row", "seats"):
                del self.fields[name]
        if not quotas:
            for name in ("quota", "quantity"):
                del self.fields[name]

    def clean_indexes(self) -> list[int]:
        """The seats that the map's script chose."""
        try:
            return seats_by_index(self.cleaned_data["indexes"])
        except BlockInvalid as refusal:
            raise forms.ValidationError(refusal.detail) from refusal

    def clean_release_at(self) -> datetime | None:
        """As an instant: what was typed is the time at the venue."""
        return instant_of(self.cleaned_data["release_at"], self.zone)

    def clean(self) -> dict[str, Any]:
        """Members of both ways are there, whichever the page showed; only one of them may be used."""
        words: dict[str, Any] = {
            "section": "",
            "row": "",
            "seats": "",
            "quota": "",
            "quantity": None,
            **self.cleaned_data,
        }
        if words["quota"] and (words["section"] or words.get("indexes")):
            self.add_error("quota", _now("Block seats or tickets without seats, not both at once."))
        elif not words["quota"] and not words["section"] and not words.get("indexes"):
            self.add_error("section" if "section" in self.fields else "quota", _now("Choose what to block."))
        return words


class SeatMoveForm(forms.Form):
    """Where a ticket is to go: `index` from the map, else a section, a row and a seat."""

    index = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    section = forms.ChoiceField(label=_("Section"), required=False)
    row = forms.CharField(label=_("Row or table"), required=False, max_length=12, widget=plain())
    seat = forms.CharField(label=_("Seat"), required=False, max_length=12, widget=plain())
    accepts_price = forms.BooleanField(
        label=_("The prices differ, and no money is to move"), required=False, widget=forms.CheckboxInput
    )
    offer_price = False  # the box is shown once the verb has asked for it

    def __init__(self, *args: Any, sections: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self, "section", [("", _("Choose")), *((name, name) for name in sections)])
