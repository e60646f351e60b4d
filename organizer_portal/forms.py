"""The portal's forms: they read what was typed; the verbs judge it."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from events.actions import local_time
from events.models import Event, Performance, SeatingPlan, TicketType
from inventory.blocks import COLORS
from people.actions import LONGEST_LEGAL_TEXT
from people.models import LegalText, Membership
from seating.document import MOST_BYTES
from seating.models import Venue
from ui.brand import normalised
from ui.money import format_money, parse_money
from waiting_room.models import Room

DEFAULT_LENGTH = timedelta(hours=3)
DEFAULT_DOORS = timedelta(hours=1)
LARGEST_LOGO = 4 * 1024 * 1024


def _zone_choices() -> list[tuple[str, str]]:
    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if zone.startswith(areas)]


def _plain(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class EventTextForm(forms.Form):
    """What an event is called and says of itself."""

    title = forms.CharField(label=_("Title"), max_length=140, widget=_plain())
    summary = forms.CharField(
        label=_("Summary"),
        required=False,
        max_length=140,
        help_text=_("One sentence for lists and search, up to 140 characters."),
        widget=_plain(maxlength=140),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=20_000,
        help_text=_("Line-up, times, access. Plain text; a blank line begins a paragraph."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class EventForm(EventTextForm):
    """A new event. The end and the doors have defaults, so that a title, a date, a time and a venue are enough."""

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    starts = forms.TimeField(label=_("Starts"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(
        label=_("Ends"),
        required=False,
        help_text=_("3 hours later if left empty."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    doors = forms.TimeField(
        label=_("Doors"),
        required=False,
        help_text=_("1 hour earlier if left empty."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    venue = forms.CharField(label=_("Venue"), max_length=120, widget=_plain(list="venues"))
    city = forms.CharField(label=_("City"), required=False, max_length=80, widget=_plain())
    address = forms.CharField(label=_("Street and number"), required=False, max_length=250, widget=_plain())
    timezone = forms.ChoiceField(label=_("Time zone of the venue"), choices=_zone_choices, required=False)

    field_order = ["title", "date", "starts", "ends", "doors", "venue", "city", "address", "timezone"]

    def __init__(self, *args: Any, zone: str, venues: list[Venue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default_zone, self.venues = zone, venues

    def known_venue(self) -> Venue | None:
        """The venue of this name that is already there."""
        name = self.cleaned_data.get("venue", "").strip().casefold()
        return next((venue for venue in self.venues if venue.name.casefold() == name), None)

    def clean(self) -> dict[str, Any]:
        """Turn the wall-clock times into instants in the venue's zone: `starts_at`, `ends_at`, `doors_at`."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("date") or not cleaned.get("starts"):
            return cleaned
        known = self.known_venue()
        zone = known.timezone if known else cleaned.get("timezone") or self.default_zone
        starts = datetime.combine(cleaned["date"], cleaned["starts"])
        cleaned["zone"] = zone
        cleaned["starts_at"] = local_time(starts, zone)
        cleaned["ends_at"] = local_time(_after(starts, cleaned.get("ends")), zone)
        cleaned["doors_at"] = local_time(_before(starts, cleaned.get("doors")), zone)
        return cleaned


def _after(starts: datetime, ends: time | None) -> datetime:
    """The end as typed; one that is not after the start means the next day."""
    if ends is None:
        return starts + DEFAULT_LENGTH
    end = datetime.combine(starts.date(), ends)
    return end if end > starts else end + timedelta(days=1)


def _before(starts: datetime, doors: time | None) -> datetime:
    """The doors as typed; a time after the start means the evening before."""
    if doors is None:
        return starts - DEFAULT_DOORS
    opens = datetime.combine(starts.date(), doors)
    return opens if opens <= starts else opens - timedelta(days=1)


class MoveForm(EventForm):
    """Another time or place for one date."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in EventTextForm.base_fields:
            del self.fields[name]

    @classmethod
    def of(cls, performance: Performance, *, zone: str, venues: list[Venue]) -> "MoveForm":
        """Filled in from the date."""
        here, venue = ZoneInfo(performance.timezone), performance.event.venue
        starts = performance.starts_at.astimezone(here)
        initial = {
            "date": starts.date(),
            "starts": starts.time(),
            "ends": performance.ends_at.astimezone(here).time(),
            "doors": performance.doors_at.astimezone(here).time(),
            "venue": venue.name,
            "city": venue.city,
            "address": venue.address,
            "timezone": venue.timezone,
        }
        return cls(initial=initial, zone=zone, venues=venues)


class EventChangeForm(EventTextForm):
    """What may change of an event at any time."""

    refund_policy = forms.CharField(
        label=_("Refund rule"),
        required=False,
        max_length=2000,
        help_text=_("Shown beside the tickets, for instance: refunds until 7 days before."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    hold_minutes = forms.IntegerField(
        label=_("Minutes a buyer has to pay"),
        min_value=5,
        max_value=30,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    @classmethod
    def of(cls, event: Event) -> "EventChangeForm":
        """Filled in from the event."""
        names = ("title", "summary", "description", "refund_policy", "hold_minutes")
        return cls(initial={name: getattr(event, name) for name in names})


class TicketTypeForm(forms.Form):
    """Name, price, quantity; the rest has defaults."""

    name = forms.CharField(label=_("Name"), max_length=80, widget=_plain())
    price = forms.CharField(
        label=_("Price you get"),
        max_length=14,
        help_text=_("Before fees. 0 for a free ticket."),
        widget=_plain(inputmode="decimal"),
    )
    quantity = forms.IntegerField(
        label=_("How many"),
        min_value=1,
        max_value=100_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    perk = forms.CharField(
        label=_("What it includes"),
        required=False,
        max_length=140,
        help_text=_("One line beneath the name, for instance: standing, balcony."),
        widget=_plain(),
    )
    max_per_order = forms.IntegerField(
        label=_("At most per order"),
        min_value=1,
        max_value=50,
        initial=10,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    max_per_person = forms.IntegerField(
        label=_("At most per person"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=_("For each date, over all orders with one e-mail address, account or card. Empty: no limit."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    hold_minutes = forms.IntegerField(
        label=_("Minutes a buyer has to pay"),
        required=False,
        min_value=5,
        max_value=30,
        help_text=_("Empty: as for the event."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    category = forms.ChoiceField(label=_("Category of the seat map"))

    def __init__(
        self,
        *args: Any,
        currency: str,
        with_quantity: bool = True,
        categories: list[tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        if not with_quantity or categories:
            del self.fields["quantity"]
        if categories:
            self.fields["category"].choices = categories  # type: ignore[attr-defined]
        else:
            del self.fields["category"]

    @classmethod
    def of(cls, ticket_type: TicketType, *, currency: str, quantity: int | None) -> "TicketTypeForm":
        """Filled in from the ticket type; `quantity` is None where no single quota says how many there are."""
        initial = {
            "name": ticket_type.name,
            "price": amount_text(ticket_type.price, currency),
            "perk": ticket_type.perk,
            "max_per_order": ticket_type.max_per_order,
            "max_per_person": ticket_type.max_per_person,
            "hold_minutes": ticket_type.hold_minutes,
            "quantity": quantity,
        }
        return cls(initial=initial, currency=currency, with_quantity=quantity is not None)

    def clean_price(self) -> int:
        """Minor units."""
        try:
            return parse_money(self.cleaned_data["price"], self.currency)
        except ValueError as error:
            example = amount_text(parse_money("24", self.currency), self.currency)
            raise forms.ValidationError(_now("Enter an amount like %(example)s.") % {"example": example}) from error


def amount_text(amount: int, currency: str) -> str:
    """Minor units as typed: no currency sign, "." before the decimals, no needless ones."""
    from ui.money import minor_unit_exponent

    digits = minor_unit_exponent(currency)
    whole, part = divmod(amount, 10**digits)
    return f"{whole}.{part:0{digits}d}" if digits and part else str(whole)


class RefundForm(forms.Form):
    """The amount typed again: money does not leave by a slip of the hand."""

    amount = forms.CharField(label=_("Type the amount to confirm"), max_length=20, widget=_plain(inputmode="decimal"))

    def __init__(self, *args: Any, total: int, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.total, self.currency = total, currency
        if not total:
            del self.fields["amount"]  # nothing leaves

    def clean_amount(self) -> int:
        """Minor units; exactly the order's total."""
        typed = "".join(sign for sign in self.cleaned_data["amount"] if sign.isdigit() or sign in ".,-")
        try:
            amount = parse_money(typed, self.currency)
        except ValueError:
            amount = -1
        if amount != self.total:
            words = _now("This is not the amount of the order. Type %(amount)s to refund all of it.")
            raise forms.ValidationError(words % {"amount": format_money(self.total, self.currency)})
        return amount


class ResumeForm(forms.Form):
    """Why a stopped sale may go on."""

    reason = forms.CharField(
        label=_("Why may it go on?"),
        max_length=200,
        help_text=_("Kept with your name. The same difference does not stop the sale again."),
        error_messages={"required": _("Say why sales may go on.")},
        widget=_plain(),
    )


class RoomForm(forms.Form):
    """An event's waiting room. Times are typed in the venue's zone."""

    mode = forms.ChoiceField(label=_("Waiting room"), choices=Room.Mode.choices, widget=forms.RadioSelect)
    opens_at = forms.DateTimeField(label=_("Opens at"), required=False, widget=_moment())
    starts_at = forms.DateTimeField(
        label=_("Starts at"),
        required=False,
        help_text=_(
            "Whoever is there by then is put in order by chance. Empty: first come, first served from the opening on."
        ),
        widget=_moment(),
    )
    busy_above = forms.IntegerField(
        label=_("Opens above so many visitors a minute"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    rate_min = forms.IntegerField(
        label=_("At least, people a minute"),
        min_value=1,
        max_value=60_000,
        initial=60,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    rate_max = forms.IntegerField(
        label=_("At most, people a minute"),
        min_value=1,
        max_value=60_000,
        initial=600,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    visit_minutes = forms.IntegerField(
        label=_("Minutes from one’s turn to come and choose"),
        min_value=5,
        max_value=60,
        initial=15,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    @classmethod
    def of(cls, room: Room | None, *, zone: str) -> "RoomForm":
        """Filled in from the room, or with the defaults while there is none."""
        if room is None:
            return cls(initial={"mode": Room.Mode.OFF}, zone=zone)
        initial = {name: getattr(room, name) for name in cls.base_fields}
        for name in ("opens_at", "starts_at"):
            initial[name] = initial[name].astimezone(ZoneInfo(zone)).replace(tzinfo=None) if initial[name] else None
        return cls(initial=initial, zone=zone)

    def clean_opens_at(self) -> datetime | None:
        """An instant."""
        return self._instant("opens_at")

    def clean_starts_at(self) -> datetime | None:
        """An instant."""
        return self._instant("starts_at")

    def _instant(self, name: str) -> datetime | None:
        typed: datetime | None = self.cleaned_data[name]
        if typed is None:
            return None
        if not 2000 < typed.year < 2200:
            raise forms.ValidationError(_now("Enter a date and a time of these years."))
        return local_time(typed.replace(tzinfo=None), self.zone)


class VenueForm(forms.Form):
    """A place where performances happen."""

    venue = forms.CharField(label=_("Name of the venue"), max_length=120, widget=_plain())
    city = forms.CharField(label=_("City"), required=False, max_length=80, widget=_plain())
    address = forms.CharField(label=_("Street and number"), required=False, max_length=250, widget=_plain())
    timezone = forms.ChoiceField(label=_("Time zone of the venue"), choices=_zone_choices)


class SeatMapForm(forms.Form):
    """A new seat map of a venue: blank, or like one of the houses that are ready."""

    name = forms.CharField(
        label=_("Name of the map"),
        max_length=80,
        help_text=_("For instance: Main hall, seated."),
        widget=_plain(),
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

    name = forms.CharField(label=_("Name of the version"), required=False, max_length=80, widget=_plain())


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
    release_access_at = forms.DateTimeField(label=_("From when"), required=False, widget=_moment())

    def __init__(self, *args: Any, zone: str, versions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        if versions:
            self.fields["version"].choices = versions  # type: ignore[attr-defined]
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
        typed: datetime | None = self.cleaned_data["release_access_at"]
        return local_time(typed.replace(tzinfo=None), self.zone) if typed else None


class MapMoveForm(forms.Form):
    """Which version an event on sale moves to, and what becomes of seats in categories that it has no tickets for.

    `base` is the version that the difference was shown from. Where nothing is said of a category's seats, they are sold as
    those of the first that there are tickets for.
    """

    NOT_SOLD = "-"  # no key of a category

    version = forms.ChoiceField(
        label=_("Published version"), error_messages={"required": _("Choose a published version.")}
    )
    base = forms.CharField(required=False, max_length=36)

    def __init__(self, *args: Any, versions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].choices = versions  # type: ignore[attr-defined]
        self.unsold: dict[str, str] = {}

    def ask_about(self, unsold: Mapping[str, str], sold: Mapping[str, str]) -> None:
        """A question for each category of the chosen version that has no tickets; validates anew when asked next."""
        self.unsold = dict(unsold)
        choices = [*sold.items(), (self.NOT_SOLD, _now("not for sale"))]
        for key, name in unsold.items():
            words = _now("Sell the seats of “%(name)s” as") % {"name": name}
            self.fields[f"as-{key}"] = forms.ChoiceField(label=words, choices=choices)
        if unsold:
            # What was not answered yet is shown as it will be taken.
            first = {self.add_prefix(f"as-{key}"): choices[0][0] for key in unsold}
            self.data = {**first, **{key: self.data[key] for key in self.data}}
        self._errors = None

    def clean(self) -> dict[str, Any]:
        """`instead` has the category of each that was asked about, None for not for sale."""
        cleaned = super().clean() or self.cleaned_data
        answers = {key: str(cleaned.get(f"as-{key}", "")) for key in self.unsold}
        cleaned["instead"] = {key: None if other == self.NOT_SOLD else other for key, other in answers.items()}
        return cleaned

    @property
    def questions(self) -> list[forms.BoundField]:
        """The fields that `ask_about` added."""
        return [self[f"as-{key}"] for key in self.unsold]


class SeatPricesForm(forms.Form):
    """A first ticket for each category of an event's seats that has none: its price, before fees."""

    def __init__(self, *args: Any, currency: str, categories: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        for key, name in categories.items():
            self.fields[f"price-{key}"] = forms.CharField(
                label=name, required=False, max_length=14, widget=_plain(inputmode="decimal")
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


class GateForm(forms.Form):
    """An entrance."""

    gate_name = forms.CharField(label=_("Name of the entrance"), max_length=60, widget=_plain())


class DeviceForm(forms.Form):
    """A phone at an entrance."""

    device_name = forms.CharField(label=_("Whose phone is it?"), max_length=60, widget=_plain())


class BrandForm(forms.Form):
    """Name, colour, logo."""

    name = forms.CharField(label=_("Name"), max_length=100, widget=_plain())
    brand_color = forms.CharField(
        label=_("Colour"),
        max_length=7,
        help_text=_("As hexadecimal digits, for instance #0b5cad. Any colour works: text stays readable."),
        widget=_plain(spellcheck="false"),
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG or WebP, up to 4 MB. It is shown 32 pixels high."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    remove_logo = forms.BooleanField(label=_("Show the name instead of the logo"), required=False)

    def clean_brand_color(self) -> str:
        """As #rrggbb."""
        try:
            return normalised(self.cleaned_data["brand_color"])
        except ValueError as error:
            raise forms.ValidationError(_now("Enter a colour like #0b5cad.")) from error

    def clean_logo(self) -> "UploadedFile[bytes] | None":
        """Refuse what is too large before it is decoded."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["logo"]
        if upload is not None and (upload.size or 0) > LARGEST_LOGO:
            raise forms.ValidationError(_now("This file is larger than 4 MB. Choose a smaller one."))
        return upload


class RoleForm(forms.Form):
    """What somebody may do."""

    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)


class InvitationForm(RoleForm):
    """Who is asked to join, and as what."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    field_order = ["email", "role"]


class ApiKeyForm(forms.Form):
    """What a new key is called."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("Which program uses it, so that you know later what stops when you revoke it."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NewColleagueForm(forms.Form):
    """The account of somebody who accepts an invitation and has none yet."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=256,
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        """One that is hard to guess, for this person."""
        password = str(self.cleaned_data["password"])
        validate_password(password, user=User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password


def _legal(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=LONGEST_LEGAL_TEXT,
        widget=forms.Textarea(attrs={"rows": 10}),
    )


class LegalForm(forms.Form):
    """The organizer's own words for its legal pages; the fields are named like `LegalText.Kind`."""

    terms = _legal(LegalText.Kind.TERMS.label)
    privacy = _legal(LegalText.Kind.PRIVACY.label)
    imprint = _legal(LegalText.Kind.IMPRINT.label)


class BlockForm(forms.Form):
    """Places to set aside: `indexes` from the map, else a section with row and seats, else so many of a quota."""

    indexes = forms.CharField(required=False, max_length=140_000, widget=forms.HiddenInput)
    section = forms.ChoiceField(label=_("Section"), required=False)
    row = forms.CharField(label=_("Row or table"), required=False, max_length=12, widget=_plain())
    seats = forms.CharField(
        label=_("Seats"),
        required=False,
        max_length=200,
        help_text=_("Like 1-4, 7. Empty: the whole row."),
        widget=_plain(),
    )
    quota = forms.ChoiceField(label=_("Ticket without seats"), required=False)
    quantity = forms.IntegerField(label=_("How many"), required=False, min_value=1, max_value=100_000)
    owner = forms.CharField(
        label=_("For whom"),
        max_length=40,
        help_text=_("A word: house, press, promoter."),
        widget=_plain(list="block-owners", maxlength=40),
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=120, widget=_plain(maxlength=120))
    note = forms.CharField(
        label=_("Note for the team"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    color = forms.ChoiceField(label=_("Colour on the map"))
    release_at = forms.DateTimeField(
        label=_("Back on sale"),
        required=False,
        help_text=_("Empty: until somebody releases them."),
        widget=_moment(),
    )

    def __init__(
        self, *args: Any, sections: list[str], quotas: list[tuple[str, str]], zone: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        names = (_("Amber"), _("Blue"), _("Violet"), _("Pink"), _("Green"), _("Grey"))
        self.fields["section"].choices = [("", _("Choose")), *((name, name) for name in sections)]  # type: ignore[attr-defined]
        self.fields["quota"].choices = [("", _("Choose")), *quotas]  # type: ignore[attr-defined]
        self.fields["color"].choices = list(zip(COLORS, names, strict=True))  # type: ignore[attr-defined]
        if not sections:
            for name in ("section", "row", "seats"):
                del self.fields[name]
        if not quotas:
            for name in ("quota", "quantity"):
                del self.fields[name]

    def clean_indexes(self) -> list[int]:
        """The seats that the map's script chose."""
        parts = self.cleaned_data["indexes"].split(",") if self.cleaned_data["indexes"] else []
        if not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
            raise forms.ValidationError(_now("Choose the seats again."))
        return [int(part) for part in parts]

    def clean_release_at(self) -> datetime | None:
        """As an instant: what was typed is the time at the venue."""
        typed = self.cleaned_data["release_at"]
        return local_time(typed.replace(tzinfo=None), self.zone) if typed else None

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
    row = forms.CharField(label=_("Row or table"), required=False, max_length=12, widget=_plain())
    seat = forms.CharField(label=_("Seat"), required=False, max_length=12, widget=_plain())
    accepts_price = forms.BooleanField(
        label=_("The prices differ, and no money is to move"), required=False, widget=forms.CheckboxInput
    )
    offer_price = False  # the box is shown once the verb has asked for it

    def __init__(self, *args: Any, sections: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["section"].choices = [("", _("Choose")), *((name, name) for name in sections)]  # type: ignore[attr-defined]
