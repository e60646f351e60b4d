"""What the staff map is made of: its data for the script, seats named in words, and the list as a file."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from analytics.seats import CategoryCount, SeatRow
from checkout.errors import MoveRefused
from inventory.errors import BlockInvalid
from inventory.models import Block, Place, SeatPlace
from inventory.words import seat_words
from seating.compiled import run_lengths
from ui.dates import moment_text
from ui.forms import typed_number
from ui.money import format_money, minor_unit_exponent

CODES = {"free": 0, "held": 1, "sold": 2, "blocked": 3}
NOT_FOR_SALE = 4
MOST_SEATS_NAMED = 500
_RANGE = re.compile(r"(\d{1,4})\s*[-\u2013]\s*(\d{1,4})")


def words_of(row: SeatRow) -> str:
    """Where it is, as a ticket says it."""
    return seat_words(section=row.section, row=row.row, label=row.label, is_at_table=row.is_at_table)


def map_data(rows: Sequence[SeatRow], *, n_seats: int, currency: str) -> dict[str, Any]:
    """For the staff map's script: the state of each seat, run-length coded, and who has those that are sold."""
    states = [NOT_FOR_SALE] * n_seats
    for row in rows:
        states[row.index] = CODES[row.state]
    return {
        "states": run_lengths(states),
        "sold": [
            {
                "seat": row.index,
                "position": str(row.position_id),
                "order": row.order_number,
                "name": row.holder,
                "email": row.email,
                "type": row.ticket_type,
                "price": format_money(row.price, currency) if row.price else _("Free"),
                "code": row.short_code or "",
                "isPaid": row.is_paid,
                "isEntered": row.is_entered,
            }
            for row in rows
            if row.state == "sold"
        ],
        "blocked": [[row.index, str(row.block_id)] for row in rows if row.state == "blocked"],
    }


def blocks_data(blocks: Iterable[Block], zone: str) -> list[dict[str, Any]]:
    """Every open block, in words."""
    return [
        {
            "id": str(block.pk),
            "owner": block.owner,
            "reason": block.reason,
            "note": block.note,
            "color": block.color,
            "release": moment_text(block.release_at, zone) if block.release_at else "",
        }
        for block in blocks
    ]


def found_rows(rows: Iterable[SeatRow], text: str) -> list[SeatRow]:
    """Those whose holder, e-mail, order number, short code or seat has all the words of `text`, at most 50."""
    words = text.casefold().split()
    if not words:
        return []
    plain = text.casefold().replace(" ", "").replace("-", "")
    found = []
    for row in rows:
        if row.state == "sold":
            facts = " ".join(
                part or "" for part in (row.holder, row.email, row.order_number, row.short_code, words_of(row))
            ).casefold()
            if all(word in facts for word in words) or plain == (row.short_code or "").casefold():
                found.append(row)
    return found[:50]


def seats_by_index(text: str) -> list[int]:
    """The seats that the map's script names, "3,4"; none where it names none. Raises BlockInvalid."""
    numbers = [typed_number(part) for part in text.split(",")] if text else []
    if None in numbers:
        raise BlockInvalid(_("Choose the seats again."), field="indexes")
    return [number for number in numbers if number is not None]


def seats_in_words(performance_id: UUID, *, section: str, row: str, seats: str) -> list[int]:
    """The indexes of seats named as people name them: a section, a row or table, and "1-4, 7"; "" is the whole row.

    Raises BlockInvalid with the field that names nothing.
    """
    found = SeatPlace.objects.filter(performance_id=performance_id, section=section)
    if not found.exists():
        raise BlockInvalid(_("Choose a section."), field="section")
    in_row = dict(found.filter(row__iexact=row.strip()).values_list("label", "seat_index"))
    if not in_row:
        raise BlockInvalid(_("This section has no row or table “%s”.") % row.strip()[:12], field="row")
    labels = list(in_row) if not seats.strip() else _labels(seats)
    missing = [label for label in labels if label not in in_row]
    if missing or not labels:
        raise BlockInvalid(_("Row %(row)s has no seat “%(seat)s”.") % {"row": row, "seat": missing[0]}, field="seats")
    return sorted(in_row[label] for label in labels)


def one_seat_in_words(performance_id: UUID, *, section: str, row: str, seat: str) -> int:
    """The same for a single seat. Raises MoveRefused with the field."""
    try:
        found = seats_in_words(performance_id, section=section, row=row, seats=seat)
    except BlockInvalid as refused:
        field = {"seats": "seat"}.get(refused.extra["field"], refused.extra["field"])
        raise MoveRefused(refused.detail, field=field) from refused
    if len(found) != 1:
        raise MoveRefused(_("Name one seat."), field="seat")
    return found[0]


def _labels(text: str) -> list[str]:
    labels: list[str] = []
    for part in re.split(r"[,;]", text):
        span = _RANGE.fullmatch(part.strip())
        if span:
            first, last = sorted((int(span[1]), int(span[2])))
            labels += [str(number) for number in range(first, min(last, first + MOST_SEATS_NAMED) + 1)]
        elif part.strip():
            labels.append(part.strip())
    return list(dict.fromkeys(labels))[: MOST_SEATS_NAMED + 1]


def as_csv(
    rows: Iterable[SeatRow], counts: Iterable[CategoryCount], blocks: Iterable[Block], *, zone: str, currency: str
) -> str:
    """Every seat of a date as comma-separated values; no cell is a formula in whatever opens it."""
    names = {count.quota_id: count.name for count in counts}
    kept = {block.pk: block for block in blocks}
    out = io.StringIO()
    writer = csv.writer(out)
    head = (_("Section"), _("Row"), _("Seat"), _("Category"), _("State"), _("Ticket"), _("Name"), _("E-mail"))
    writer.writerow([*head, _("Order"), _("Code"), _("Price"), _("Entered"), _("For"), _("Reason"), _("Released")])
    for row in rows:
        block = kept.get(row.block_id) if row.block_id else None
        release = moment_text(block.release_at, zone) if block and block.release_at else ""
        price = "" if row.price is None else str(Decimal(row.price).scaleb(-minor_unit_exponent(currency)))
        sold = [row.ticket_type, row.holder, row.email, row.order_number, row.short_code, price]
        entered = _("yes") if row.is_entered else ""
        state = str(Place.State(row.state).label)
        about = [block.owner, block.reason, release] if block else ["", "", ""]
        cells = [row.section, row.row, row.label, names.get(row.quota_id, ""), state, *sold, entered, *about]
        writer.writerow([harmless(cell or "") for cell in cells])
    return out.getvalue()


def harmless(cell: str) -> str:
    """What begins like a formula is text to a spreadsheet when an apostrophe stands before it."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
