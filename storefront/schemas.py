"""What the buyers' API takes and gives. Amounts are minor units; instants are UTC, zones are IANA names."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from events.models import EventCategory

Text = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*$")]


SeatIndex = Annotated[int, Field(ge=0, lt=100_000, strict=True)]
MapHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


CodeText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=160, pattern=r"^[^\x00]*$")]


class Strict(Schema):
    """Input: a misspelt member is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class VenueOut(Schema):
    name: str
    address: str
    city: str


class PerformanceOut(Schema):
    id: UUID
    starts_at: datetime
    ends_at: datetime
    doors_at: datetime
    timezone: str
    state: Literal["scheduled", "postponed", "cancelled"] = Field(description="Postponed: its times are the old ones")


class ChargeOut(Schema):
    """A fee of the organizer's own."""

    name: str
    amount: int = Field(description="Without a tax on top of it")
    is_per_order: bool = Field(False, description="Charged once for the order, not for each ticket")


class TaxOut(Schema):
    """A tax inside an amount, or on top of it."""

    name: str
    basis_points: int = Field(description="700 is 7 %")
    is_inclusive: bool
    base: int = Field(description="What it is worked out on")
    amount: int


class OnceOut(Schema):
    """What a paid order costs besides its tickets."""

    charges: list[ChargeOut]
    tax: int = Field(description="On top of them")
    total: int


class PhaseOut(Schema):
    """The sale phase that a ticket would be priced with now; each hold decides anew."""

    name: str
    left: int | None = Field(description="At this price, where few are")
    until: datetime | None = Field(description="When it ends at the latest")
    ends_by_quota: bool = Field(description="It ends with its last ticket, too")
    next_price: int | None = Field(description="All-in price of one ticket after it; null where nothing changes")


class TicketTypeOut(Schema):
    id: UUID
    name: str = Field(examples=["T-shirt, M"])
    listing: str = Field("", description="What it is a variant of, with the other types of this listing")
    perk: str
    price: int = Field(description="All-in price of one ticket, minor units, fees included")
    fee: int = Field(description="The part of `price` that is our fee")
    least_price: int | None = Field(
        None,
        description="The buyer chooses what to give, from this on, before fees and tax; `price` is for the suggestion",
    )
    own_fees: list[ChargeOut] = Field(description="The parts that are fees of the organizer's own")
    taxes: list[TaxOut] = Field(description="What is in `price` of each tax")
    currency: str
    is_add_on: bool = Field(
        False, description="Sold only together with tickets of `base_types`, or of any while it is empty"
    )
    base_types: list[UUID] = []
    min_per_ticket: int = Field(0, description="Of an add-on, for each of these tickets")
    max_per_ticket: int | None = None
    min_per_order: int = Field(1, description="Fewer are refused")
    max_per_order: int
    status: Literal["on_sale", "sold_out", "not_on_sale"] = Field(description="For the event's next date")
    available: int = Field(description="How many could be held now, at most `max_per_order`", ge=0)
    phase: PhaseOut | None = Field(None, description="Whose price `price` is, if the type has sale phases")


class BundlePartOut(Schema):
    ticket_type_id: UUID
    name: str
    quantity: int


class BundleOut(Schema):
    """Ticket types sold together for one price; a hold takes it by its id, like a ticket type."""

    id: UUID
    name: str
    perk: str
    price: int = Field(description="All-in price of one, minor units, fees included")
    fee: int = Field(description="The part of `price` that is our fee")
    currency: str
    max_per_order: int
    status: Literal["on_sale", "sold_out", "not_on_sale"] = Field(description="For the event's next date")
    available: int = Field(description="How many could be held now, at most `max_per_order`", ge=0)
    parts: list[BundlePartOut]


class RefundLineOut(Schema):
    """Until then so much goes back; without a time nothing does, from the line before on."""

    until: datetime | None
    percent: int


class RefundTermsOut(Schema):
    """What goes back of some tickets; no lines: a final sale."""

    ticket_types: list[str] = Field(description="The names of those that share these terms")
    lines: list[RefundLineOut]
    kept_fee: int = Field(description="Stays with the organizer of each ticket, minor units")


class DateTypeOut(Schema):
    """A ticket type on one date."""

    id: UUID
    price: int = Field(description="All-in price of one ticket on this date, minor units, fees included")
    status: Literal["on_sale", "sold_out", "not_on_sale"]
    available: int = Field(description="How many could be held now, at most `max_per_order`", ge=0)


class DateOut(PerformanceOut):
    """A date that is not over, with what it costs and what is left."""

    price_from: int | None = Field(description="The least that a ticket costs, minor units; null: nothing is offered")
    status: Literal["on_sale", "few_left", "sold_out", "not_on_sale"]
    ticket_types: list[DateTypeOut]


class PropertyOut(Schema):
    """Something the organizer says of its events in terms of its own."""

    key: str = Field(examples=["language"])
    name: str = Field(examples=["Language"])
    kind: Literal["text", "number", "yes_no", "choice", "date"]
    value: bool | int | float | str = Field(description="A number, true or false, or text; a date as 2026-12-24")


class EventOut(Schema):
    id: UUID
    slug: str
    title: str
    summary: str
    description: str
    state: Literal["scheduled", "on_sale", "paused", "sold_out", "postponed", "cancelled", "completed"]
    sale_starts_at: datetime | None = Field(description="While it is `scheduled`: when the first tickets can be bought")
    is_test: bool = Field(description="Its orders are tests: they cost nothing and admit nobody")
    category: EventCategory | None = Field(description="Of the platform's list")
    tags: list[str] = Field(description="The organizer's own, lower case")
    least_age: int | None = Field(description="From how many years on one may come; null: everybody")
    contact_email: str
    contact_phone: str
    terms: str = Field(description="Of this event, beside the organizer's terms of sale; plain text")
    properties: list[PropertyOut] = Field(description="In the organizer's order")
    currency: str
    venue: VenueOut
    performances: list[PerformanceOut]
    ticket_types: list[TicketTypeOut]
    bundles: list[BundleOut] = []
    per_order: OnceOut
    url: str


class PictureOut(Schema):
    url: str
    width: int
    height: int
    alt: str = Field(description="What it shows, in words; may be empty")


class EventDetailOut(EventOut):
    description_html: str = Field(
        description="The description as clean HTML: paragraphs, lists, links; empty: it is plain text"
    )
    pictures: list[PictureOut] = Field(description="In their order; the first is the cover")
    dates: list[DateOut] = Field(description="Soonest first, without those that are over or cancelled")
    refund_terms: list[RefundTermsOut] = Field(description="For the event's next date; empty: nothing is promised")


class EventListOut(Schema):
    items: list[EventOut]
    total: int = Field(description="How many there are in all")


class TypeStockOut(Schema):
    id: UUID
    left: int = Field(description="How many could be held now, at most `max_per_order`", ge=0)
    status: Literal["available", "few_left", "sold_out"]


class StockOut(Schema):
    seq: int = Field(description="Of this state; grows with each change. 0: not numbered, ask again in seconds", ge=0)
    types: list[TypeStockOut]


class HoldItemIn(Strict):
    """So many of one ticket type; of a seated one `seats` names them. If no item has `seats`, the best free ones are taken."""

    ticket_type_id: UUID = Field(description="Or a bundle's id")
    quantity: int = Field(ge=1, le=50, strict=True)
    seats: list[SeatIndex] | None = Field(
        None,
        min_length=1,
        max_length=50,
        description="Indexes on the map, as many as `quantity`; of a bundle, those of all its seats",
    )
    amount: int | None = Field(
        None,
        ge=0,
        le=99_999_999,
        strict=True,
        description="What the buyer gives for one, where `least_price` is there; without it the suggestion",
    )


class HoldIn(Strict):
    """What the buyer chose, for one date."""

    performance_id: UUID
    items: list[HoldItemIn] = Field(min_length=1, max_length=20)
    map: MapHash | None = Field(None, description="Hash of the map that `seats` were chosen on; required with them")
    access: bool = Field(False, strict=True, description="Wheelchair spaces are asked for as such")
    code: CodeText = Field("", description="A promo code, as people type it; the answer's `steps` say what it took off")


class StepOut(Schema):
    """One reason of a ticket's price."""

    kind: Literal["base", "phase", "dynamic", "chosen", "bundle", "automatic", "code"]
    name: str = Field(description="The phase, the discount or the code; empty where it has no name")
    amount: int = Field(description="Per ticket; below 0 for what comes off")


class QuoteLineOut(Schema):
    """Tickets of one type that cost the same; a type whose tickets cost differently has several lines."""

    ticket_type_id: UUID
    name: str
    quantity: int
    price: int = Field(description="Organizer's price per ticket")
    fee: int = Field(description="Our fee on top of it, per ticket")
    absorbed: int = Field(0, description="Our fee per ticket that the organizer bears; it is in `price`")
    own: list[ChargeOut] = Field([], description="Fees of the organizer's own, per ticket")
    tax: int = Field(0, description="Taxes on top, per ticket")
    included: int = Field(0, description="Taxes inside `total`")
    total: int
    seats: list[str] = Field(default=[], description="Ids of the seats; they stay when the map is drawn anew")
    steps: list[StepOut] = Field([], description="How `price` came about, adding up to it; none: it is the type's own")
    bundle: str = Field("", description="The id of the bundle that these tickets are a part of")
    phase: str = Field("", description="The id of the sale phase whose price it is")


class QuoteOut(Schema):
    """The price, frozen when the hold was made."""

    currency: str
    lines: list[QuoteLineOut]
    subtotal: int
    fees: int
    total: int
    absorbed: int = Field(0, description="What of our fees the organizer bears; it is in `subtotal`")
    own: list[ChargeOut] = Field([], description="Fees of the organizer's own, of all tickets and of the order")
    taxes: list[TaxOut] = []
    is_test: bool = Field(False, description="Of a test event: free, whatever the tickets cost")


class HoldOut(Schema):
    id: UUID
    performance_id: UUID
    state: Literal["live", "expired", "ordered", "released"]
    expires_at: datetime
    seconds_left: int = Field(ge=0, description="By the server's clock")
    quote: QuoteOut


class HoldCreatedOut(HoldOut):
    token: str = Field(description="The buyer's proof: send it as a bearer token")


class NeedsIn(Strict):
    """What a group needs, of all its seats together."""

    wheelchair: int = Field(0, ge=0, le=50, strict=True, description="How many sit in wheelchair spaces")
    companions: int = Field(0, ge=0, le=50, strict=True, description="How many sit beside those, on companion seats")
    step_free: bool = Field(False, strict=True, description="All seats are reached without steps")


class BestSeatsIn(Strict):
    """How many seats, and of what kind; whatever is left out may be anything."""

    quantity: int = Field(ge=1, le=50, strict=True)
    ticket_type_id: UUID | None = None
    category: Annotated[str, StringConstraints(max_length=30, pattern=r"^[a-z0-9_-]*$")] = ""
    max_price: int | None = Field(None, ge=0, le=2_000_000_000, strict=True, description="All-in, of one ticket")
    zone: Text = Field("", max_length=80, description="A section's name, or that of its zone")
    needs: NeedsIn | None = None
    hold: bool = Field(True, strict=True, description="false only shows what would be held")
    code: CodeText = Field("", description="A promo code for what is held")


class BestSeatsOut(Schema):
    """Seats for the group, and their price; with `hold` when they are held."""

    map: str = Field(description="Hash of the map that `seats` are indexes of")
    seats: list[int]
    words: list[str] = Field(description="Of each seat, in the same order")
    quote: QuoteOut
    hold: HoldCreatedOut | None = None


class BuyerIn(Strict):
    name: Text = Field(min_length=1, max_length=120)
    email: Text = Field(min_length=3, max_length=254, examples=["bea@example.com"])
    consents: list[Literal["terms", "news", "card"]] = Field(
        default=[],
        max_length=3,
        description="`terms` is required, `card` saves the card of a signed-in buyer; the texts are on the checkout page",
    )


class OrderIn(Strict):
    """Turns the hold whose bearer token is sent into an order."""

    hold_id: UUID
    buyer: BuyerIn
    affiliate: Text = Field(
        default="",
        max_length=40,
        description="The word in an affiliate's links; ignored where it is nobody's",
        examples=["ADA"],
    )


class SeatOut(Schema):
    """Where somebody sits; of an area only the section."""

    section: str = Field(examples=["Stalls"])
    row: str = Field(description="The table's label when `is_at_table`; empty in an area", examples=["F"])
    label: str = Field(description="The seat's; empty in an area", examples=["12"])
    is_at_table: bool
    entrance: str = Field(examples=["Door A"])
    words: str = Field(examples=["Stalls, row F, seat 12"])


class PositionOut(Schema):
    index: int
    ticket_type_id: UUID
    ticket_type_name: str
    price: int
    steps: list[StepOut] | None = Field(None, description="How `price` came about; null: it was the type's own")
    state: Literal["ordered", "sold", "cancelled"]
    seat: SeatOut | None = Field(default=None, description="null for an event without a seat map")


class FeeOut(Schema):
    kind: str = Field(description="“service” is ours, “own” the organizer's")
    name: str = Field(description="Of a fee of the organizer's own")
    amount: int


class PaymentOut(Schema):
    """What the payment provider's browser library needs to take the payment."""

    client_secret: str
    publishable_key: str
    account: str = Field(description="The connected account that charges; empty where the platform does")
    on_behalf_of: str = Field(description="The connected account in whose name the platform charges, where it does")
    amount: int
    currency: str
    capture_method: Literal["manual", "automatic"] = Field(
        description="For the library's form: automatic where methods are taken whose money comes days later"
    )
    saves_card: bool = Field(description="For the library's form: `setupFutureUsage` is “on_session”")
    customer_session: str = Field(
        description="For the library's form, of a signed-in buyer with a `Buyer-Token`, else empty"
    )


class OrderOut(Schema):
    number: str
    state: Literal["pending", "secured", "paid", "cancelled", "refunded"]
    cancel_reason: str = Field(
        description="`tickets_cancelled` where its tickets were cancelled and no money went back"
    )
    event_id: UUID
    performance_id: UUID
    name: str
    email: str
    currency: str
    total: int
    refunded: int = Field(description="What went back of it or is about to")
    refund_terms: list[RefundTermsOut] = Field(
        description="What its tickets were sold under; empty: nothing was promised"
    )
    positions: list[PositionOut]
    fees: list[FeeOut]
    taxes: list[TaxOut]
    is_test: bool = Field(description="Bought of a test event: it cost nothing and admits nobody")
    created_at: datetime
    expires_at: datetime
    url: str = Field(description="The order's page; secret")


class OrderCreatedOut(OrderOut):
    token: str = Field(description="The buyer's proof: send it as a bearer token")
    payment: PaymentOut | None = Field(description="null for a free order")


class TicketOut(Schema):
    id: UUID
    position_index: int
    ticket_type_name: str
    seat: SeatOut | None = Field(default=None, description="null for an event without a seat map")
    code: str = Field(description="What the QR holds")
    short_code: str
    state: Literal["valid", "void"]


class TicketListOut(Schema):
    items: list[TicketOut]
    pdf_url: str | None


class SignInIn(Strict):
    email: Text = Field(min_length=3, max_length=254, examples=["bea@example.com"])


class SignInOut(Schema):
    id: UUID
    expires_at: datetime


class CodeIn(Strict):
    code: Text = Field(min_length=1, max_length=20, description="The six digits of the mail", examples=["123456"])


class BuyerSessionOut(Schema):
    token: str = Field(description="Send it as a bearer token, or with an order as `Buyer-Token`")
    expires_at: datetime


class AccountOut(Schema):
    email: str
    name: str = Field(description="Empty until the buyer has said it")


class OrderListOut(Schema):
    items: list[OrderOut]


class SavedCardOut(Schema):
    id: str
    brand: str = Field(examples=["visa"])
    last4: str
    exp_month: int
    exp_year: int


class SavedDebitOut(Schema):
    id: str
    country: str = Field(examples=["DE"], description="Where the bank is, two letters.")
    last4: str = Field(examples=["3000"], description="The last digits of the IBAN.")


class SavedCardListOut(Schema):
    items: list[SavedCardOut]
    debits: list[SavedDebitOut]
