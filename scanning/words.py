"""What the door reads: a verdict (go, check, stop), a word or two that fill the screen, and one sentence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext

from scanning.actions import ScanResult
from scanning.models import Scan
from tickets.models import Ticket
from ui.dates import event_date, event_time, moment_text

Verdict = Literal["go", "check", "stop"]
Outcome = Scan.Outcome

# Green lets in, red sends away; amber is for what a person at the door can settle.
_CHECK = frozenset({Outcome.UNPAID, Outcome.NOT_YET_VALID, Outcome.UNREADABLE})


@dataclass(frozen=True)
class Words:
    """In the reader's language; times in the zone of the gate's event."""

    verdict: Verdict
    title: str
    detail: str


def verdict_of(outcome: Scan.Outcome) -> Verdict:
    """The colour of an outcome."""
    if outcome == Outcome.ADMITTED:
        return "go"
    return "check" if outcome in _CHECK else "stop"


def words_for(result: ScanResult, *, zone: str) -> Words:
    """The words of a result, for people at the gate."""
    title, detail = _SAY[result.outcome](result, zone)
    return Words(verdict=verdict_of(result.outcome), title=title, detail=detail)


def _admitted(result: ScanResult, zone: str) -> tuple[str, str]:
    ticket = _ticket(result)
    position = ticket.position
    parts = (position.seat_words, position.ticket_type_name, position.order.name)
    return gettext("Admitted"), " · ".join(part for part in parts if part)


def _already_admitted(result: ScanResult, zone: str) -> tuple[str, str]:
    at, gate = _moment(result.facts, "admitted_at"), result.facts["admitted_gate"]
    same_day = event_date(at, zone) == event_date(result.scan.scanned_at, zone)
    when = event_time(at, zone) if same_day else moment_text(at, zone)
    return gettext("Already in"), gettext("Used %(when)s · %(gate)s") % {"when": when, "gate": gate}


def _void(result: ScanResult, zone: str) -> tuple[str, str]:
    match result.facts.get("void_reason"):
        case Ticket.VoidReason.REFUNDED:
            return gettext("Refunded"), gettext("The money for this ticket went back. It no longer lets anybody in.")
        case Ticket.VoidReason.DISPUTED:
            return gettext("Charged back"), gettext(
                "The buyer's bank took the money back. It no longer lets anybody in."
            )
        case Ticket.VoidReason.REISSUED:
            return gettext("Replaced"), gettext("There is a newer ticket for this place. Ask for that one.")
        case Ticket.VoidReason.CANCELLED:
            return gettext("Cancelled"), gettext("This ticket was cancelled. It no longer lets anybody in.")
        case _:
            return gettext("Not in the list"), gettext("The sale of this ticket was never completed.")


def _frozen(result: ScanResult, zone: str) -> tuple[str, str]:
    number = _ticket(result).position.order.number
    words = gettext(
        "The buyer's bank wants the money for order %(number)s back. Do not let in; the box office knows more."
    )
    return gettext("Payment disputed"), words % {"number": number}


def _unpaid(result: ScanResult, zone: str) -> tuple[str, str]:
    number = _ticket(result).position.order.number
    return gettext("Not paid"), gettext("The payment for order %(number)s has not arrived.") % {"number": number}


def _not_yet_valid(result: ScanResult, zone: str) -> tuple[str, str]:
    if result.facts.get("postponed"):
        return gettext("Postponed"), gettext("This date has no new time yet. The ticket stays valid for it.")
    when = moment_text(_moment(result.facts, "doors_at"), zone)
    return gettext("Too early"), gettext("Doors for this ticket open %(when)s.") % {"when": when}


def _expired(result: ScanResult, zone: str) -> tuple[str, str]:
    when = moment_text(_moment(result.facts, "ended_at"), zone)
    return gettext("Over"), gettext("This ticket was for a performance that ended %(when)s.") % {"when": when}


def _wrong_event(result: ScanResult, zone: str) -> tuple[str, str]:
    ticket = _ticket(result)
    starts_at = event_date(ticket.position.performance.starts_at, ticket.position.performance.timezone)
    facts = {"event": ticket.event.title, "date": starts_at}
    return gettext("Other event"), gettext("This ticket is for %(event)s, %(date)s.") % facts


def _unknown_organizer(result: ScanResult, zone: str) -> tuple[str, str]:
    return gettext("Other organizer"), gettext("A real ticket, but for somebody else's event.")


def _forged(result: ScanResult, zone: str) -> tuple[str, str]:
    return gettext("Not genuine"), gettext("It looks like a ticket but was not issued by us. Do not let in.")


def _test(result: ScanResult, zone: str) -> tuple[str, str]:
    return gettext("Test ticket"), gettext("It was read well. It was bought in test mode and lets nobody in.")


def _unreadable(result: ScanResult, zone: str) -> tuple[str, str]:
    typed = result.facts.get("typed")
    if typed:
        return gettext("Not found"), gettext("No ticket has the code %(code)s. Compare it letter by letter.") % {
            "code": f"{typed[:4]} {typed[4:]}"
        }
    return gettext("Not a ticket"), gettext("This is some other code. Ask for the one on the ticket.")


def _ticket(result: ScanResult) -> Ticket:
    if result.ticket is None:
        raise RuntimeError(f"{result.outcome} without a ticket")
    return result.ticket


def _moment(facts: dict[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(facts[name])


_SAY = {
    Outcome.ADMITTED: _admitted,
    Outcome.ALREADY_ADMITTED: _already_admitted,
    Outcome.VOID: _void,
    Outcome.FROZEN: _frozen,
    Outcome.UNPAID: _unpaid,
    Outcome.NOT_YET_VALID: _not_yet_valid,
    Outcome.EXPIRED: _expired,
    Outcome.WRONG_EVENT: _wrong_event,
    Outcome.UNKNOWN_ORGANIZER: _unknown_organizer,
    Outcome.FORGED: _forged,
    Outcome.TEST: _test,
    Outcome.UNREADABLE: _unreadable,
}
