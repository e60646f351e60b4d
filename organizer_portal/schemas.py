"""What the staff API takes and gives."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from promotions.models import Effect


class Strict(Schema):
    """Input: a misspelt member is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class MapFaultOut(Schema):
    """One thing that is wrong with a map or a file, or that was mended or lost."""

    code: str = Field(examples=["id_twice"])
    words: str = Field(description="For people, in the language asked for")
    where: str = Field(description="A path in what was sent, or a line of a list", examples=["zones[0].rows[3]"])
    element: str = Field(description="The id of the element of the map that is meant, or empty")
    severity: str = Field(description="error, warning, repaired or lost")


class MapLineOut(Schema):
    """A row or table of a section."""

    id: str
    label: str
    kind: str = Field(description="row, table, or whole_table")
    seats: int


class MapSectionOut(Schema):
    """A section with its lines."""

    id: str
    name: str
    floor: str
    seats: int
    lines: list[MapLineOut]


class MapAreaOut(Schema):
    """A general-admission area."""

    id: str
    name: str
    floor: str
    capacity: int
    category: str | None


class MapCategoryOut(Schema):
    """A category and how many places it has."""

    key: str
    name: str
    color: str
    seats: int
    places: int = Field(description="Of areas")


class MapSummaryOut(Schema):
    """What is on a map."""

    name: str
    width: float = Field(description="Centimetres")
    height: float
    seats: int
    places: int = Field(description="What all areas hold together")
    floors: list[str]
    sections: list[MapSectionOut]
    areas: list[MapAreaOut]
    categories: list[MapCategoryOut]
    flags: dict[str, int] = Field(description="How many seats have each flag")


class MapMadeOut(Schema):
    """What became of a file or plan."""

    format: str
    dry_run: bool
    seat_map_id: UUID | None = Field(description="Of the map that was made; null if none was")
    needs_confirmation: bool = Field(description="Send it again with the `clusters` of the proposal that are seats")
    proposal: dict[str, Any]
    summary: MapSummaryOut
    faults: list[MapFaultOut] = Field(
        description="Of the file, then of the map: its errors keep it from being published"
    )


class MapPlanIn(Schema):
    """A plan, and the venue that gets the map."""

    model_config = ConfigDict(extra="forbid")

    plan: dict[str, Any] = Field(description="A `marquee-seat-plan` (docs/seat-map-formats.md)")
    venue_id: UUID | None = Field(None, description="Needed unless it is a dry run")
    dry_run: bool = False
    with_document: bool = Field(False, description="Give the document, too")


class MapPlanOut(MapMadeOut):
    """What a plan made."""

    document: dict[str, Any] | None


class MapVenueOut(Schema):
    id: UUID
    name: str
    city: str


class MapVersionOut(Schema):
    """A published version."""

    number: int
    hash: str
    seats: int
    places: int
    published_at: datetime


class SeatMapOut(Schema):
    """A seat map as it is listed."""

    id: UUID
    name: str
    venue: MapVenueOut
    revision: int = Field(description="Of its draft; grows with each save")
    updated_at: datetime
    published: MapVersionOut | None


class SeatMapListOut(Schema):
    items: list[SeatMapOut]
    venues: list[MapVenueOut] = Field(description="Where a new map may belong")


class SeatMapDetailOut(SeatMapOut):
    """A seat map with its draft."""

    summary: MapSummaryOut
    faults: list[MapFaultOut]
    document: dict[str, Any]


class MapExportOut(Schema):
    """A seat map as a file."""

    file_name: str
    media_type: str
    content: str = Field(description="The file; UTF-8")
    lost: list[MapFaultOut] = Field(description="What this format cannot hold")


# --- Codes -----------------------------------------------------------------------------------------------------------------

Text = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*$")]
CodeWord = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^[^\x00]*$")]
Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
Minor = Annotated[int, Field(ge=0, le=2_000_000_000)]


class CodeTerms(Strict):
    """What a code gives; amounts in minor units."""

    effect: Effect
    value: Minor = Field(0, description="Basis points of a percentage (1000 is 10 %), else an amount")
    buy: int = Field(0, ge=0, le=100, description="Of `n_for_m`: of so many tickets")
    pay: int = Field(0, ge=0, le=100, description="so many are paid")
    ticket_types: list[UUID] = Field([], max_length=200, description="Of its event; empty: all")
    least_tickets: int = Field(1, ge=1, le=500)
    most_tickets: int | None = Field(None, ge=1, le=500, description="To so many of them, the dearest")
    least_spend: Minor = 0
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    is_combinable: bool = True
    most_uses: int | None = Field(None, ge=1, le=100_000, description="Orders in all; null: no limit")
    per_buyer: int | None = Field(None, ge=1, le=1000)
    budget: Minor | None = Field(None, description="What it may take off in all")
    opens_hidden: bool = Field(False, description="Shows hidden ticket types of those it is for")
    opens_early: bool = Field(False, description="Sells them before their sale begins")


class CodeTermsIn(CodeTerms):
    """Terms of new codes."""

    event_id: UUID | None = Field(None, description="null: every event in `currency`")
    currency: Annotated[str, StringConstraints(pattern=r"^([A-Z]{3})?$")] = Field(
        "", description="Of codes for every event; without it the organizer's"
    )


class PromoCodeIn(CodeTermsIn):
    """A new code."""

    code: CodeWord = Field(examples=["SPRING"], description="3 to 40 letters and digits, with dashes if you like")


class CodeBatchIn(CodeTermsIn):
    """Many new codes; each is for one order unless `most_uses` says otherwise."""

    name: Annotated[Text, Field(max_length=80)] = Field(description="Only staff read it")
    number: int = Field(ge=1, le=5000)
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{0,20}$")] = ""


class PromoCodeChangeIn(CodeTerms):
    """What is to change; what is not sent stays. Its word, its event and its currency stay always."""

    effect: Effect = Effect.PERCENT


class CodeStopIn(Strict):
    is_stopped: bool = True


class PromoCodeOut(Schema):
    """A code, its terms and what it did."""

    id: UUID
    code: str
    url: str = Field(description="Applies it: of its event, or the list of events")
    event_id: UUID | None
    batch_id: UUID | None
    effect: Effect
    value: int
    buy: int
    pay: int
    currency: str
    ticket_types: list[UUID]
    least_tickets: int
    most_tickets: int | None
    least_spend: int
    starts_at: datetime | None
    ends_at: datetime | None
    is_combinable: bool
    most_uses: int | None
    per_buyer: int | None
    budget: int | None
    opens_hidden: bool
    opens_early: bool
    stopped_at: datetime | None = Field(description="Since when nobody can use it")
    created_at: datetime
    claimed: int = Field(description="Baskets that have it now")
    paid: int = Field(description="Orders that were paid with it")
    given: int = Field(description="What it took off them")
    revenue: int = Field(description="What they brought")


class CodeListOut(Schema):
    items: list[PromoCodeOut]
    total: int


class CodeBatchOut(Schema):
    """Codes that were made together."""

    id: UUID
    name: str
    codes: list[str]
