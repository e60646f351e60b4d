"""What the staff API takes and gives."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field


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
