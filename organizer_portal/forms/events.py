"""An event's forms: its texts and times, its kinds of tickets, its sales and its waiting room."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from events.actions import local_time
from events.facts import LONGEST_TERMS
from events.models import Event, EventCategory, Performance, Property, TaxRate, TicketType
from organizer_portal.forms.fees import offer_taxes
from organizer_portal.forms.fields import amount_text, check_day, instant_of, minor_units, moment, plain, typed_moment
from organizer_portal.forms.properties import offer_properties, properties_chosen
from seating.models import Venue
from ui.forms import LongSelect, offer_choices, zone_choices
from waiting_room.models import Room

DEFAULT_LENGTH = timedelta(hours=3)
DEFAULT_DOORS = timedelta(hours=1)


class EventTextForm(forms.Form):
    """What an event is called and says of itself."""

    title = forms.CharField(label=_("Title"), max_length=140, widget=plain())
    summary = forms.CharField(
        label=_("Summary"),
        required=False,
        max_length=140,
        help_text=_("One sentence for lists and search, up to 140 characters."),
        widget=plain(maxlength=140),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=20_000,
        help_text=_(
            "Line-up, times, access. A blank line begins a paragraph; **bold**, *italic*, - list, [words](https://…)."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class EventForm(EventTextForm):
    """A new event. The end and the doors have defaults, so that a title, a date, a time and a venue are enough."""

    date = forms.DateField(
        label=_("Date"),
        validators=[check_day],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
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
    venue = forms.CharField(label=_("Venue"), max_length=120, widget=plain(list="venues"))
    city = forms.CharField(label=_("City"), required=False, max_length=80, widget=plain())
    address = forms.CharField(label=_("Street and number"), required=False, max_length=250, widget=plain())
    timezone = forms.ChoiceField(
        label=_("Time zone of the venue"), choices=zone_choices, widget=LongSelect, required=False
    )

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

    delayed_payment_days = forms.IntegerField(
        label=_("Bank debits until so many days before"),
        required=False,
        min_value=7,
        max_value=365,
        help_text=_(
            "A debit's money comes days later, if it comes; until then the places are kept. Empty: cards and what pays at once."
        ),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", _("Not said")), *EventCategory.choices]
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=400,
        help_text=_("Up to ten, with commas between them, for instance: jazz, open air. Buyers can filter by them."),
        widget=plain(autocapitalize="none"),
    )
    least_age = forms.IntegerField(
        label=_("From what age on"),
        required=False,
        min_value=1,
        max_value=99,
        help_text=_("Years. Empty: everybody may come."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    contact_email = forms.EmailField(
        label=_("E-mail for questions"), required=False, help_text=_("Shown on the page."), widget=plain(type="email")
    )
    contact_phone = forms.CharField(
        label=_("Telephone for questions"),
        required=False,
        max_length=40,
        help_text=_("Shown on the page."),
        widget=plain(type="tel"),
    )
    terms = forms.CharField(
        label=_("Terms of this event"),
        required=False,
        max_length=LONGEST_TERMS,
        help_text=_("House rules, bags, cameras: what holds here beside your terms of sale."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, known: Sequence[Property], values: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        offer_properties(self, known, values)

    @classmethod
    def of(cls, event: Event, known: Sequence[Property], data: QueryDict | None) -> "EventChangeForm":
        """As typed, or filled in from the event; with a field for each of the organizer's properties, `known`."""
        names = ("title", "summary", "description", "refund_policy", "hold_minutes", "delayed_payment_days")
        facts = ("category", "least_age", "contact_email", "contact_phone", "terms")
        initial = {name: getattr(event, name) for name in (*names, *facts)} | {"tags": ", ".join(event.tags)}
        return cls(data, initial=initial, known=known, values=event.properties)

    @property
    def of_properties(self) -> list[forms.BoundField]:
        """A field for each property."""
        return [self[f"property-{one.key}"] for one in self.known]

    def clean_tags(self) -> list[str]:
        """Each by itself."""
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]

    def clean(self) -> dict[str, Any]:
        """`properties` by their keys."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["properties"] = properties_chosen(self, self.known)
        return cleaned


class TicketTypeForm(forms.Form):
    """Name, price, quantity; the rest has defaults."""

    name = forms.CharField(label=_("Name"), max_length=80, widget=plain())
    price = forms.CharField(
        label=_("Price you get"),
        max_length=14,
        help_text=_("Before fees. 0 for a free ticket."),
        widget=plain(inputmode="decimal"),
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
        widget=plain(),
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

    min_per_order = forms.IntegerField(
        label=_("At least per order"),
        required=False,
        min_value=1,
        max_value=50,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    on_sale_from = forms.DateTimeField(
        label=_("On sale from"), required=False, help_text=_("Empty: as soon as the event is."), widget=moment()
    )
    on_sale_until = forms.DateTimeField(
        label=_("On sale until"), required=False, help_text=_("Empty: until the date is over."), widget=moment()
    )
    listing = forms.CharField(
        label=_("Listed under"),
        required=False,
        max_length=40,
        help_text=_(
            "One heading for variants of one thing, such as “T-shirt” for the tickets M and L. Empty: for itself."
        ),
        widget=plain(),
    )
    least_price = forms.CharField(
        label=_("Buyers choose, at least"),
        required=False,
        max_length=14,
        help_text=_("For donations and “pay what you want”: the least you take; the price is then what is suggested."),
        widget=plain(inputmode="decimal"),
    )
    is_hidden = forms.BooleanField(
        label=_("Hidden"), required=False, help_text=_("On no list, and sold only with a code that opens it.")
    )

    tax = forms.ChoiceField(label=_("Tax"), required=False)
    category = forms.ChoiceField(label=_("Category of the seat map"))

    def __init__(
        self,
        *args: Any,
        currency: str,
        with_quantity: bool = True,
        categories: list[tuple[str, str]] | None = None,
        rates: Sequence[TaxRate] = (),
        zone: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.zone = currency, zone
        if rates:
            offer_taxes(self, rates)
        else:
            del self.fields["tax"]
        if not with_quantity:
            del self.fields["quantity"]
        if categories:
            self.fields["category"].required = self.fields["quantity"].required = False
            offer_choices(self, "category", [*categories, ("", _("None: an add-on without a seat"))])
            self.fields["category"].initial = categories[0][0]
        else:
            del self.fields["category"]

    @classmethod
    def of(
        cls, ticket_type: TicketType, *, currency: str, quantity: int | None, rates: Sequence[TaxRate], zone: str
    ) -> "TicketTypeForm":
        """Filled in from the ticket type; `quantity` is None where no single quota says how many there are."""
        initial = {
            "name": ticket_type.name,
            "price": amount_text(ticket_type.price, currency),
            "perk": ticket_type.perk,
            "max_per_order": ticket_type.max_per_order,
            "max_per_person": ticket_type.max_per_person,
            "hold_minutes": ticket_type.hold_minutes,
            "quantity": quantity,
            "tax": ticket_type.tax_id or "",
            "min_per_order": ticket_type.min_per_order,
            "on_sale_from": typed_moment(ticket_type.on_sale_from, zone),
            "on_sale_until": typed_moment(ticket_type.on_sale_until, zone),
            "listing": ticket_type.listing,
            "is_hidden": ticket_type.is_hidden,
            "least_price": "" if ticket_type.least_price is None else amount_text(ticket_type.least_price, currency),
        }
        return cls(initial=initial, currency=currency, with_quantity=quantity is not None, rates=rates, zone=zone)

    def clean(self) -> dict[str, Any]:
        """On an event with a map: `is_add_on` for what is for no category of it, whose number is then said here."""
        words = super().clean() or self.cleaned_data
        if "category" not in self.fields:
            return words
        is_add_on = words.get("category") == ""
        if is_add_on and words.get("quantity") is None and "quantity" not in self.errors:
            self.add_error("quantity", _("Say how many there are."))
        return {**words, "is_add_on": is_add_on, "quantity": words.get("quantity") if is_add_on else None}

    def clean_on_sale_from(self) -> datetime | None:
        """An instant."""
        return instant_of(self.cleaned_data["on_sale_from"], self.zone)

    def clean_on_sale_until(self) -> datetime | None:
        """An instant."""
        return instant_of(self.cleaned_data["on_sale_until"], self.zone)

    def clean_price(self) -> int:
        """Minor units."""
        return minor_units(self.cleaned_data["price"], self.currency)

    def clean_min_per_order(self) -> int:
        """One where nothing is said."""
        return self.cleaned_data["min_per_order"] or 1

    def clean_least_price(self) -> int | None:
        """Minor units; None for a fixed price."""
        typed: str = self.cleaned_data["least_price"]
        return minor_units(typed, self.currency) if typed.strip() else None


class ResumeForm(forms.Form):
    """Why a stopped sale may go on."""

    reason = forms.CharField(
        label=_("Why may it go on?"),
        max_length=200,
        help_text=_("Kept with your name. The same difference does not stop the sale again."),
        error_messages={"required": _("Say why sales may go on.")},
        widget=plain(),
    )


class RoomForm(forms.Form):
    """An event's waiting room. Times are typed in the venue's zone."""

    mode = forms.ChoiceField(label=_("Waiting room"), choices=Room.Mode.choices, widget=forms.RadioSelect)
    opens_at = forms.DateTimeField(label=_("Opens at"), required=False, widget=moment())
    starts_at = forms.DateTimeField(
        label=_("Starts at"),
        required=False,
        help_text=_(
            "Whoever is there by then is put in order by chance. Empty: first come, first served from the opening on."
        ),
        widget=moment(),
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
            initial[name] = typed_moment(initial[name], zone)
        return cls(initial=initial, zone=zone)

    def clean_opens_at(self) -> datetime | None:
        """An instant."""
        return instant_of(self.cleaned_data["opens_at"], self.zone)

    def clean_starts_at(self) -> datetime | None:
        """An instant."""
        return instant_of(self.cleaned_data["starts_at"], self.zone)
