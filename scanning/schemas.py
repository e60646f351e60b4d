"""What the door's API takes and gives."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import AwareDatetime, BeforeValidator, ConfigDict

from scanning.actions import ScanResult
from scanning.models import Device, Scan
from scanning.words import words_for

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _only_rfc_3339(value: Any) -> Any:
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("send a date and time with a zone, like 2026-12-12T19:42:10Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_only_rfc_3339)]


class ScanIn(Schema):
    """One attempt at the gate."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(
        min_length=1,
        max_length=500,
        description="The text of the QR code exactly as it was read, or the short code that stands on the ticket as typed.",
        examples=["K7QF 3M9Z"],
    )
    nonce: str = Field(
        pattern=r"^[!-~]{1,64}$",
        description="Names this attempt; made by the device. Sent again it gives the same answer and admits nobody else.",
        examples=["0199a1f2-6d0e-7c40-8a53-2f1d7c6b9e10"],
    )
    scanned_at: Moment | None = Field(
        default=None,
        description="When the device read the code, if that was earlier (it was offline). Missing: now. A time in the "
        "future, or more than a week ago, is a wrong clock and is not believed.",
        examples=["2026-12-12T19:42:10Z"],
    )


class ScannedTicket(Schema):
    """What a steward may know of a ticket."""

    id: UUID
    short_code: str = Field(examples=["K7QF3M9Z"])
    ticket_type: str = Field(examples=["Standing"])
    holder: str = Field(description="The name on the order.", examples=["Bea Buyer"])
    order_number: str = Field(examples=["M7K2Q9"])
    position: int = Field(description="Which ticket of the order: 1, 2, 3 ...", examples=[1])
    seat: str = Field(
        default="", description="Where to sit; empty without a seat map", examples=["Stalls, row F, seat 12"]
    )
    entrance: str = Field(default="", description="Where this seat's guests go in", examples=["Door A"])


OutcomeName = Literal[
    "admitted",
    "already_admitted",
    "void",
    "frozen",
    "unpaid",
    "not_yet_valid",
    "expired",
    "wrong_event",
    "unknown_organizer",
    "forged",
    "test",
    "unreadable",
]


class ScanOut(Schema):
    """What the door does now. Only `admitted` lets somebody in."""

    id: UUID
    nonce: str
    outcome: OutcomeName = Field(
        description="`admitted`: let in. `already_admitted`: this place is taken, see admitted_at and admitted_gate. "
        "`void`: refunded, replaced, cancelled or charged back. `frozen`: the payment is disputed. `unpaid`: the money has not come. `not_yet_valid`: doors are closed. "
        "`expired`: its performance is over. `wrong_event`: another event of this organizer. `unknown_organizer`: a "
        "genuine ticket of somebody else. `forged`: made up or altered. `test`: bought in test mode. `unreadable`: not a ticket code at all."
    )
    verdict: Literal["go", "check", "stop"] = Field(description="The colour: green, amber, red.")
    title: str = Field(description="The words that fill the screen.", examples=["Already in"])
    detail: str = Field(description="One sentence for the steward.", examples=["Used 20:14 · Gate B"])
    ticket: ScannedTicket | None = Field(description="Only for a ticket of this organizer.")
    void_reason: str | None = Field(
        description="`refunded`, `reissued`, `cancelled`, `disputed` or `unknown`; only for `void`."
    )
    admitted_at: datetime | None = Field(description="When this place was taken; for the first two outcomes.")
    admitted_gate: str | None = Field(description="At which gate.", examples=["Gate B"])
    gate: str = Field(description="The gate of this scan.", examples=["Gate A"])
    scanned_at: datetime
    received_at: datetime


class ScanPage(Schema):
    """Scans of the device's gate, newest first."""

    items: list[ScanOut]
    next: UUID | None = Field(description="Send it as `before` for the next page; null on the last one.")


class DoorOut(Schema):
    """Where this device stands and how full the house is."""

    device: str = Field(examples=["Dora's phone"])
    gate: str = Field(examples=["Gate A"])
    event: str = Field(examples=["Winter Ball"])
    organizer: str = Field(examples=["Northside Hall"])
    admitted: int = Field(description="People let in at all gates.")
    expected: int = Field(description="Tickets sold and paid.")
    timezone: str = Field(description="The zone in which people at this gate read times.", examples=["Europe/Berlin"])


def scan_out(result: ScanResult, *, device: Device, zone: str) -> dict[str, Any]:
    """The ScanOut of a result, in the reader's language."""
    words = words_for(result, zone=zone)
    facts, scan = result.facts, result.scan
    return {
        "id": scan.pk,
        "nonce": scan.nonce,
        "outcome": str(result.outcome.value),
        "verdict": words.verdict,
        "title": words.title,
        "detail": words.detail,
        "ticket": _ticket(result),
        "void_reason": facts.get("void_reason"),
        "admitted_at": facts.get("admitted_at"),
        "admitted_gate": facts.get("admitted_gate"),
        "gate": device.gate.name,
        "scanned_at": scan.scanned_at,
        "received_at": scan.received_at,
    }


def result_of(scan: Scan) -> ScanResult:
    """A stored scan as the result it was."""
    return ScanResult(scan=scan, outcome=Scan.Outcome(scan.outcome), ticket=scan.ticket, facts=scan.answer)


def _ticket(result: ScanResult) -> dict[str, Any] | None:
    ticket = result.ticket
    if ticket is None:
        return None
    order = ticket.position.order
    return {
        "id": ticket.pk,
        "short_code": ticket.short_code,
        "ticket_type": ticket.position.ticket_type_name,
        "holder": order.name,
        "order_number": order.number,
        "position": ticket.position.index,
        "seat": ticket.position.seat_words,
        "entrance": ticket.position.entrance,
    }
