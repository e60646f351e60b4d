from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from seating.models import MapVersion, Venue
from ui.ids import uuid7
from ui.money import percent_text


class ChargeModel(models.TextChoices):
    """Whose account a buyer's payment goes to, and whose name the buyer reads beside it (docs/charge-models.md)."""

    DIRECT = "direct", _("You take the payment, on your own Stripe account")
    ON_BEHALF = "on_behalf", _("We take the payment in your name and pass on everybody's part")
    PLATFORM = "platform", _("We take the payment in our name and pass on everybody's part")

    @property
    def is_separate(self) -> bool:
        """Whether the platform is charged, and everybody's part follows by transfer."""
        return self != ChargeModel.DIRECT


class EventCategory(models.TextChoices):
    """What sort of event it is: the platform's list, the same for all organizers, so that people can search across them."""

    CONCERT = "concert", _("Concert")
    CLASSICAL = "classical", _("Classical music and opera")
    PARTY = "party", _("Party and club")
    FESTIVAL = "festival", _("Festival")
    THEATRE = "theatre", _("Theatre")
    DANCE = "dance", _("Dance and musical")
    COMEDY = "comedy", _("Comedy and cabaret")
    FILM = "film", _("Film")
    EXHIBITION = "exhibition", _("Exhibition and museum")
    LITERATURE = "literature", _("Reading and talk")
    SPORT = "sport", _("Sport")
    FAMILY = "family", _("Children and family")
    WORKSHOP = "workshop", _("Course and workshop")
    CONFERENCE = "conference", _("Conference and fair")
    FOOD = "food", _("Food and drink")
    TOUR = "tour", _("Tour and attraction")
    COMMUNITY = "community", _("Community and charity")
    OTHER = "other", _("Other")


MOST_TAGS, LONGEST_TAG = 10, 30


class Event(models.Model):
    """A listing. Its performances say when, its ticket types what for."""

    class State(models.TextChoices):
        """What was decided about it. What people read is its stage (events.lifecycle)."""

        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        PAUSED = "paused", _("Paused")
        POSTPONED = "postponed", _("Postponed")
        CANCELLED = "cancelled", _("Cancelled")
        TEMPLATE = "template", _("Template")
        DISCARDED = "discarded", _("Discarded")

    class Visibility(models.TextChoices):
        PUBLIC = "public", _("Everybody: it is listed and can be searched for")
        UNLISTED = "unlisted", _("Whoever has the link: it is in no list and no search")
        PASSWORD = "password", _("Whoever has the link and knows the password")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.CharField(max_length=80)
    title = models.CharField(max_length=140)
    summary = models.CharField(max_length=140, blank=True)
    description = models.TextField(blank=True)  # as it was typed: Markdown, of which plain text is a part
    description_html = models.TextField(blank=True, default="", db_default="")  # the same, clean (ui.rich_text)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="events")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    hold_minutes = models.PositiveSmallIntegerField(default=10)
    refund_policy = models.TextField(blank=True)
    fee_share = models.PositiveSmallIntegerField(default=100, db_default=100)  # percent of our fee that buyers bear
    # Until how many days before a date its buyers may pay by what takes days (bank debits); null: not at all.
    delayed_payment_days = models.PositiveSmallIntegerField(null=True)
    # How its orders are charged from now on; empty: as the organizer's other events are.
    charge_model = models.CharField(max_length=10, choices=ChargeModel, blank=True, default="", db_default="")
    poster = models.CharField(max_length=200, blank=True)  # path in public storage; the first of its pictures
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    sale_starts_at = models.DateTimeField(null=True)  # nothing is sold before; null: as soon as it is published
    visibility = models.CharField(
        max_length=10, choices=Visibility, default=Visibility.PUBLIC, db_default=Visibility.PUBLIC.value
    )
    password = models.CharField(max_length=128, blank=True, default="", db_default="")  # hashed
    preview_key = models.UUIDField(default=uuid4, db_default=RandomUUID(), editable=False)  # another one ends old links
    is_test = models.BooleanField(
        default=False, db_default=False
    )  # its orders are tests: free, and purged before it is real
    category = models.CharField(max_length=12, choices=EventCategory, blank=True, default="", db_default="")
    tags = ArrayField(
        models.CharField(max_length=LONGEST_TAG), blank=True, default=list, db_default=[]
    )  # as events.facts has them
    properties = models.JSONField(
        blank=True, default=dict, db_default={}
    )  # values by Property.key (events/properties.py)
    least_age = models.PositiveSmallIntegerField(null=True)  # years; null: everybody may come
    contact_email = models.EmailField(blank=True, default="", db_default="")
    contact_phone = models.CharField(max_length=40, blank=True, default="", db_default="")
    terms = models.TextField(
        blank=True, default="", db_default=""
    )  # the event's own, beside the organizer's terms of sale

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("slug"), name="event_slug_once"),
            models.CheckConstraint(
                condition=Q(category="") | Q(category__in=EventCategory.values), name="event_category_of_the_list"
            ),
            models.CheckConstraint(condition=Q(tags__len__lte=MOST_TAGS), name="event_10_tags"),
            models.CheckConstraint(condition=Q(least_age=None) | Q(least_age__range=(1, 99)), name="event_age_1_to_99"),
            models.CheckConstraint(
                condition=Q(visibility="password") & ~Q(password="") | ~Q(visibility="password") & Q(password=""),
                name="event_password_where_one_is_asked_for",
            ),
            models.CheckConstraint(condition=Q(hold_minutes__range=(5, 30)), name="event_hold_5_to_30_minutes"),
            models.CheckConstraint(
                condition=Q(delayed_payment_days=None) | Q(delayed_payment_days__range=(7, 365)),
                name="event_delayed_payments_7_to_365_days",
            ),
            models.CheckConstraint(condition=Q(fee_share__range=(0, 100)), name="event_fee_share_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_published(self) -> bool:
        """Whether it is on sale, or will be when its time comes."""
        return self.state == self.State.PUBLISHED

    @property
    def is_paused(self) -> bool:
        return self.state == self.State.PAUSED

    @property
    def is_under_way(self) -> bool:
        """Whether it was published and not called off: people may have tickets, and more may be sold some day."""
        return self.state in UNDER_WAY

    @property
    def is_listed(self) -> bool:
        """Whether strangers may come across it: in lists, calendars, searches and on the platform's site."""
        return self.visibility == self.Visibility.PUBLIC and not self.is_test


UNDER_WAY = (Event.State.PUBLISHED, Event.State.PAUSED, Event.State.POSTPONED)


class Property(models.Model):
    """Something that the organizer says of its events beside what we ask for: its language, its length, whether there is a bar.

    `key` is how addresses and the API name it and never changes; nor does its `kind`. What an event says is in `Event.properties`.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("One of a list")
        DATE = "date", _("Date")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=6, choices=Kind)
    choices = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    is_filterable = models.BooleanField(default=True)
    sort_order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "properties"
        ordering = ["sort_order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="property_key_once"),
            models.UniqueConstraint(Lower("name"), name="property_name_once"),
            models.CheckConstraint(
                condition=Q(kind="choice", choices__len__gte=2) | ~Q(kind="choice") & Q(choices__len=0),
                name="property_choices_of_a_choice",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Picture(models.Model):
    """A picture of an event, in the sizes that pages ask for; the first is its cover.

    `files` are names in public storage by their width in pixels; `width` and `height` are the largest's. `alt` says what it
    shows, "" where it shows nothing that words could.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="pictures")
    files = models.JSONField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = models.CharField(max_length=200, blank=True)
    sort_order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["sort_order", "pk"]

    @property
    def largest(self) -> str:
        """The name of the largest file."""
        return str(self.files[max(self.files, key=int)])


class Performance(models.Model):
    """One dated occurrence of an event. Instants are UTC; `timezone` is the zone people read them in."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("Scheduled")
        POSTPONED = "postponed", _("Postponed")  # its times are the old ones, and count for nothing
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="performances")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    doors_at = models.DateTimeField()  # from here a ticket is valid at the gate
    timezone = models.CharField(max_length=50)
    state = models.CharField(max_length=10, choices=State, default=State.SCHEDULED)
    sales_stopped_at = models.DateTimeField(null=True)  # its stock is in doubt: nothing is held or sold until resumed
    sales_stop_reason = models.CharField(max_length=200, blank=True, db_default="")
    # The organizer sells nothing more of it for now: who has tickets in hand may still pay for them.
    sale_paused_at = models.DateTimeField(null=True)
    # Another one after every change of what is on offer (events/triggers.py): a claim names what it was priced with.
    offer_version = models.UUIDField(db_default=RandomUUID(), editable=False)

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="performance_ends_after_start"),
            models.CheckConstraint(condition=Q(doors_at__lte=F("starts_at")), name="performance_doors_before_start"),
        ]

    def takes_delayed_payments(self, *, at: datetime) -> bool:
        """Whether an order placed at `at` may be paid by a method whose money comes days later. Needs its event."""
        days = self.event.delayed_payment_days
        return days is not None and at + timedelta(days=days) <= self.starts_at

    @property
    def is_stopped(self) -> bool:
        """Whether its sale was stopped because its stock does not add up."""
        return self.sales_stopped_at is not None

    @property
    def is_paused(self) -> bool:
        """Whether the organizer has taken it off sale for a while."""
        return self.sale_paused_at is not None

    @property
    def is_cancelled(self) -> bool:
        return self.state == self.State.CANCELLED

    @property
    def is_postponed(self) -> bool:
        """Whether it waits for a new date."""
        return self.state == self.State.POSTPONED


class TaxRate(models.Model):
    """A tax that the organizer owes on tickets or fees, in basis points: 700 is 7 %. Inside the amount, or on top of it.

    Admission is taxed where the event takes place, whoever buys (docs/fees-and-tax.md): so a rate knows no buyer.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=40)
    basis_points = models.PositiveSmallIntegerField()
    is_inclusive = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(basis_points__lte=10_000), name="tax_rate_up_to_100_percent"),
            models.UniqueConstraint(Lower("name"), "basis_points", "is_inclusive", name="tax_rate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {percent_text(self.basis_points)}"


class OwnFee(models.Model):
    """What the organizer charges beside the price of an event's paid tickets: `basis_points` of the price plus `fixed`.

    Once per order it is an amount alone: a percentage of an order is that of its tickets. `fixed` is minor units of the
    event's currency.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="own_fees")
    name = models.CharField(max_length=40)
    is_per_order = models.BooleanField(default=False)
    basis_points = models.PositiveSmallIntegerField(default=0)
    fixed = models.PositiveIntegerField(default=0)
    tax = models.ForeignKey(TaxRate, null=True, on_delete=models.PROTECT, related_name="own_fees")

    class Meta:
        constraints = [
            models.UniqueConstraint("event", Lower("name"), name="own_fee_name_once"),
            models.CheckConstraint(condition=Q(basis_points__lte=10_000), name="own_fee_up_to_100_percent"),
            models.CheckConstraint(condition=Q(fixed__lte=9_999_999), name="own_fee_7_digits"),
            models.CheckConstraint(
                condition=Q(is_per_order=False) | Q(basis_points=0), name="own_fee_per_order_is_an_amount"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TicketType(models.Model):
    """What is offered. `price` is the organizer's, in minor units of the event's currency, before our fee; 0 is free.

    Types with the same `listing` are variants of one thing (a T-shirt's sizes) and listed together under it. A hidden one is on no
    public list and sold to nobody but who has what opens it. Where buyers choose what to give (`least_price`), `price` is what
    is suggested.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="ticket_types")
    name = models.CharField(max_length=80)
    perk = models.CharField(max_length=140, blank=True)
    price = models.PositiveIntegerField()
    tax = models.ForeignKey(TaxRate, null=True, on_delete=models.PROTECT, related_name="ticket_types")
    listing = models.CharField(max_length=40, blank=True, default="", db_default="")
    is_hidden = models.BooleanField(default=False, db_default=False)
    least_price = models.PositiveIntegerField(
        null=True
    )  # buyers choose what to give, from this on; null: `price` it is
    min_per_order = models.PositiveSmallIntegerField(default=1, db_default=1)
    max_per_order = models.PositiveSmallIntegerField(default=10)
    max_per_person = models.PositiveSmallIntegerField(null=True)  # for each date, over all orders; null: no limit
    hold_minutes = models.PositiveSmallIntegerField(null=True)  # null: the event's
    on_sale_from = models.DateTimeField(null=True)  # null: as soon as the event is published
    on_sale_until = models.DateTimeField(null=True)  # null: until the performance starts
    category = models.CharField(
        max_length=30, blank=True, db_default=""
    )  # of the event's map; "" on events without one
    # An add-on is bought only together with tickets: with these, or with any while there are none.
    is_add_on = models.BooleanField(default=False, db_default=False)
    base_types = models.ManyToManyField("self", symmetrical=False, related_name="add_ons")
    min_per_ticket = models.PositiveSmallIntegerField(default=0, db_default=0)
    max_per_ticket = models.PositiveSmallIntegerField(null=True)  # null: no limit but the order's
    sort_order = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["sort_order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_add_on=True) | Q(min_per_ticket=0, max_per_ticket=None),
                name="ticket_type_per_ticket_is_an_add_ons",
            ),
            models.CheckConstraint(
                condition=Q(max_per_ticket=None)
                | Q(max_per_ticket__gte=F("min_per_ticket"), max_per_ticket__range=(1, 50)),
                name="ticket_type_1_to_50_per_ticket",
            ),
            models.CheckConstraint(condition=Q(max_per_order__range=(1, 50)), name="ticket_type_1_to_50_per_order"),
            models.CheckConstraint(
                condition=Q(min_per_order__gte=1, min_per_order__lte=F("max_per_order")),
                name="ticket_type_least_is_no_more_than_most",
            ),
            models.CheckConstraint(condition=Q(price__lte=99_999_999), name="ticket_type_price_8_digits"),
            models.CheckConstraint(
                condition=Q(least_price=None) | Q(least_price__lte=F("price")),
                name="ticket_type_suggests_what_is_enough",
            ),
            models.CheckConstraint(
                condition=Q(max_per_person=None) | Q(max_per_person__range=(1, 1000)),
                name="ticket_type_1_to_1000_per_person",
            ),
            models.CheckConstraint(
                condition=Q(hold_minutes=None) | Q(hold_minutes__range=(5, 30)),
                name="ticket_type_hold_5_to_30_minutes",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What orders and tickets call it: "T-shirt, M" for a variant."""
        return f"{self.listing}, {self.name}" if self.listing else self.name

    @property
    def most_per_order(self) -> int:
        """How many one order may take: nobody may order more than one person may have."""
        return min(self.max_per_order, self.max_per_person or self.max_per_order)

    def is_on_sale(self, *, at: Any, performance: Performance) -> bool:
        """Whether it may be sold at instant `at` for `performance`."""
        starts, ends = self.on_sale_from, self.on_sale_until or performance.ends_at
        return self.is_active and (starts is None or starts <= at) and at < min(ends, performance.ends_at)


class Quota(models.Model):
    """How many may be sold, per performance, of some ticket types; a type may draw from several quotas at once."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="quotas")
    name = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    ticket_types = models.ManyToManyField(TicketType, related_name="quotas")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(size__range=(1, 100_000)), name="quota_1_to_100000")]


class Bundle(models.Model):
    """Ticket types sold as one thing for one price: a ticket, a hotel night, parking. Its parts' places are claimed together.

    It is listed beside ticket types, so it answers what a listing asks of them.
    """

    listing: ClassVar[str] = ""
    category: ClassVar[str] = ""
    least_price: ClassVar[int | None] = None
    max_per_person: ClassVar[int | None] = None
    hold_minutes: ClassVar[int | None] = None
    on_sale_from: ClassVar[datetime | None] = None
    min_per_order: ClassVar[int] = 1
    is_add_on: ClassVar[bool] = False

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="bundles")
    name = models.CharField(max_length=80)
    perk = models.CharField(max_length=140, blank=True)
    max_per_order = models.PositiveSmallIntegerField(default=10)
    sort_order = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["sort_order", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(max_per_order__range=(1, 50)), name="bundle_1_to_50_per_order")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return self.name

    @property
    def price(self) -> int:
        """What it costs before fees, in minor units: its parts together."""
        return sum(part.quantity * part.price for part in self.parts.all())

    @property
    def most_per_order(self) -> int:
        return self.max_per_order

    def is_on_sale(self, *, at: Any, performance: Performance) -> bool:
        """Whether all its parts may be sold at instant `at` for `performance`."""
        return self.is_active and all(
            part.ticket_type.is_on_sale(at=at, performance=performance) for part in self.parts.all()
        )


class BundlePart(models.Model):
    """So many of a ticket type in a bundle, each for `price` (minor units): its part of the bundle's price."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="parts")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField(default=1)
    price = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["bundle", "ticket_type"], name="bundle_part_once"),
            models.CheckConstraint(condition=Q(quantity__range=(1, 10)), name="bundle_part_1_to_10"),
            models.CheckConstraint(condition=Q(price__lte=99_999_999), name="bundle_part_price_8_digits"),
        ]


class Phase(models.Model):
    """A sale wave of a ticket type (early bird, general, last chance): its `price` holds until a date, until its quota is gone,
    or until whichever comes first; then the next one's does, and after the last the type's own.

    `price` is minor units of the event's currency. `quota` is its alone and has no ticket types: what draws from the phase is
    decided by each claim (checkout/phases.py). A phase that was on sale is never deleted, only retired (`is_active`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="phases")
    name = models.CharField(max_length=40)
    price = models.PositiveIntegerField()
    until = models.DateTimeField(null=True)  # null: its quota alone ends it
    quota = models.OneToOneField(Quota, null=True, on_delete=models.PROTECT, related_name="phase")
    sort_order = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["sort_order", "pk"]
        constraints = [models.CheckConstraint(condition=Q(price__lte=99_999_999), name="phase_price_8_digits")]

    def __str__(self) -> str:
        return self.name


class DatePrice(models.Model):
    """What a ticket type costs on one date of its event, instead of its own price; minor units, 0 is free."""

    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="own_prices")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="date_prices")
    price = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["performance", "ticket_type"], name="date_price_once"),
            models.CheckConstraint(condition=Q(price__lte=99_999_999), name="date_price_8_digits"),
        ]


class DateQuota(models.Model):
    """How many places a quota has on one date, instead of its own size."""

    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="own_quotas")
    quota = models.ForeignKey(Quota, on_delete=models.CASCADE, related_name="date_sizes")
    size = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["performance", "quota"], name="date_quota_once"),
            # 0: what is for a category that this date's own map has no places of.
            models.CheckConstraint(condition=Q(size__range=(0, 100_000)), name="date_quota_0_to_100000"),
        ]


class SeatingPlan(models.Model):
    """What an event makes of a seat map: the version it pins, its own painting, and the rules that choosing seats obeys.

    `categories` maps ids of sections, rows, tables and seats to category keys that differ from the map's; `closed` has ids of
    seats that are not for sale; `whole_tables` maps ids of tables to whether they are sold as a whole.
    """

    class Orphans(models.TextChoices):
        STRICT = "strict", _("Never leave a single seat")
        LENIENT = "lenient", _("Avoid single seats for up to four people")
        OFF = "off", _("Single seats may be left")

    class ReleaseAccess(models.TextChoices):
        NEVER = "never", _("Never")
        SOLD_OUT = "sold_out", _("When the category's other seats are gone")
        DATE = "date", _("At a date")

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seating")
    version = models.ForeignKey(MapVersion, on_delete=models.PROTECT, related_name="plans")
    categories = models.JSONField(default=dict)
    closed = models.JSONField(default=list)
    whole_tables = models.JSONField(default=dict)
    orphans = models.CharField(max_length=10, choices=Orphans, default=Orphans.STRICT)
    release_access = models.CharField(max_length=10, choices=ReleaseAccess, default=ReleaseAccess.NEVER)
    release_access_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(release_access="date") | Q(release_access_at__isnull=False),
                name="seating_plan_release_has_a_date",
            )
        ]


class DateMap(models.Model):
    """Another map for one date of an event that has one: a version of its own with its own painting; the rules are the event's.

    How many places its categories have is in the date's own numbers (`DateQuota`).
    """

    performance = models.OneToOneField(Performance, on_delete=models.PROTECT, related_name="own_map")
    version = models.ForeignKey(MapVersion, on_delete=models.PROTECT, related_name="date_maps")
    categories = models.JSONField(default=dict)
    closed = models.JSONField(default=list)
    whole_tables = models.JSONField(default=dict)


class RefundPolicy(models.Model):
    """A version of what goes back when a ticket is given back, for an event or one of its ticket types. Append-only.

    `rules` is `events.refund_rules.RefundRules.as_dict()`; of a ticket type, null says "as the event" from here on.
    """

    append_only: ClassVar[bool] = True

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="refund_policies")
    ticket_type = models.ForeignKey(TicketType, null=True, on_delete=models.PROTECT, related_name="refund_policies")
    version = models.PositiveIntegerField()  # 1, 2, 3 ... for each
    rules = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=80)  # an audit.actions.Actor as text

    class Meta:
        verbose_name_plural = "refund policies"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "ticket_type", "version"], nulls_distinct=False, name="refund_policy_version_once"
            )
        ]
