"""Performances as iCalendar entries (RFC 5545), so that a buyer's calendar knows when and where."""

from collections.abc import Sequence
from datetime import UTC, datetime

from events.models import Event, Performance
from inventory.words import SeatWords
from orders.models import Order

_FOLD_AT = 75  # bytes


def calendar_of_order(order: Order, *, url: str) -> str:
    """The `.ics` text of an order's performance; `url` is the page with the tickets.

    The entry's id stays the same for a performance and buyer, so that importing it again changes it and adds none.
    """
    seats = [_seat_line(position.seat) for position in order.positions.order_by("index") if position.seat]
    uid = f"{order.pk}@tickets"
    return calendar_text(order.event, order.performance, uid=uid, url=url, stamp=order.created_at, lines_before=seats)


def _seat_line(seat: SeatWords) -> str:
    return f"{seat.words} ({seat.entrance})" if seat.entrance else seat.words


def calendar_text(
    event: Event, performance: Performance, *, uid: str, url: str, stamp: datetime, lines_before: Sequence[str] = ()
) -> str:
    """One VEVENT with CRLF lines folded at 75 bytes; instants in UTC, which every calendar shows in its own zone.

    `lines_before` (the seats) come before the address in its description.
    """
    return _calendar([_entry(event, performance, uid=uid, url=url, stamp=stamp, lines_before=lines_before)])


def calendar_of_event(event: Event, *, url: str) -> str:
    """Every date of an event that was ever announced, one entry each, for calendars that subscribe; `url` is its page.

    An entry's id is its date's: one that moves is moved in the reader's calendar, one that is cancelled says so.
    """
    stamp = event.published_at or event.created_at
    entries = [
        _entry(event, date, uid=f"{date.pk}@dates", url=f"{url}?date={date.pk}", stamp=stamp)
        for date in event.performances.all()
    ]
    return _calendar(entries, name=event.title)


def _calendar(entries: Sequence[Sequence[str]], *, name: str = "") -> str:
    # The name, and how often to look again: RFC 7986 and what calendars knew before it.
    feed = [f"NAME:{_escaped(name)}", f"X-WR-CALNAME:{_escaped(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT6H"]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Marquee//Tickets//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        *(feed if name else ()),
        *(line for entry in entries for line in entry),
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _entry(
    event: Event, performance: Performance, *, uid: str, url: str, stamp: datetime, lines_before: Sequence[str] = ()
) -> list[str]:
    venue = event.venue
    description = "\n".join([*lines_before, url])
    place = ", ".join(part for part in (venue.name, venue.address, venue.city) if part)
    is_cancelled = performance.state == Performance.State.CANCELLED
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{_instant(stamp)}",
        f"DTSTART:{_instant(performance.starts_at)}",
        f"DTEND:{_instant(performance.ends_at)}",
        f"SUMMARY:{_escaped(event.title)}",
        f"LOCATION:{_escaped(place)}",
        f"DESCRIPTION:{_escaped(description)}",
        f"URL:{_one_line(url)}",
        f"STATUS:{'CANCELLED' if is_cancelled else 'CONFIRMED'}",
        "END:VEVENT",
    ]


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return _one_line(text)


def _one_line(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _folded(line: str) -> str:
    """Long lines continue after CRLF and a space; a character is never cut in half."""
    pieces, piece, size = [], "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _FOLD_AT:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += width
    return "\r\n".join([*pieces, piece])
