"""What the door asks of a ticket, one small rule each, in this order; the first that refuses decides.

That a position enters once is not here: it is the database's decision (scanning.actions).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from keyring.queries import published_key
from orders.models import Order, Position
from scanning.models import Gate, Scan
from tickets import codes
from tickets.models import Ticket
from tickets.queries import own_public_key, ticket_at_door, ticket_at_door_by_short_code
from ui.ids import CODE_ALPHABET

Outcome = Scan.Outcome

SHORT_CODE_LENGTH = 8
# People read 0 as O and 1 as I or L; the alphabet has none of them.
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\t": None, "\n": None, "\r": None})


@dataclass(frozen=True)
class Refusal:
    """Why not. `facts` are plain JSON values that the door's words need; nothing personal."""

    outcome: Scan.Outcome
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """A genuine ticket at a gate, at instant `at`."""

    gate: Gate
    ticket: Ticket
    at: datetime


Rule = Callable[[Attempt], Refusal | None]


def identify(text: str) -> Ticket | Refusal:
    """The ticket a scanned or typed text stands for, its row locked; or why it is none of ours."""
    verdict = codes.verify(text, own_public_key)
    match verdict:
        case codes.Unreadable():
            return _typed(text)
        case codes.UnknownKey():
            return _foreign(text)
        case codes.Forged():
            return Refusal(Outcome.FORGED)
        case codes.Genuine(content):
            # Signed by us and yet not in the list: its sale never came about.
            return ticket_at_door(content.ticket_id) or Refusal(Outcome.VOID, {"void_reason": "unknown"})


def _typed(text: str) -> Ticket | Refusal:
    short_code = text.upper().translate(_MISREAD)
    if len(short_code) != SHORT_CODE_LENGTH or not set(short_code) <= set(CODE_ALPHABET):
        return Refusal(Outcome.UNREADABLE)
    return ticket_at_door_by_short_code(short_code) or Refusal(Outcome.UNREADABLE, {"typed": short_code})


def _foreign(text: str) -> Refusal:
    """Another organizer's genuine ticket is told from a forgery by their published key; whose it is stays untold."""
    is_genuine = isinstance(codes.verify(text, published_key), codes.Genuine)
    return Refusal(Outcome.UNKNOWN_ORGANIZER if is_genuine else Outcome.FORGED)


def refuse_other_event(attempt: Attempt) -> Refusal | None:
    """A gate lets in to its own event."""
    if attempt.ticket.event_id != attempt.gate.event_id:
        return Refusal(Outcome.WRONG_EVENT)
    return None


def refuse_test(attempt: Attempt) -> Refusal | None:
    """Bought in test mode: read, and nobody enters with it, at whatever gate."""
    return Refusal(Outcome.TEST) if attempt.ticket.position.order.is_test else None


def refuse_void(attempt: Attempt) -> Refusal | None:
    """Refunded, replaced or cancelled: by the ticket's own state, or its order's."""
    ticket = attempt.ticket
    if not ticket.is_valid:
        return Refusal(Outcome.VOID, {"void_reason": ticket.void_reason})
    if ticket.position.order.state == Order.State.REFUNDED:
        return Refusal(Outcome.VOID, {"void_reason": Ticket.VoidReason.REFUNDED.value})
    is_cancelled = (
        ticket.position.order.state == Order.State.CANCELLED or ticket.position.state == Position.State.CANCELLED
    )
    return Refusal(Outcome.VOID, {"void_reason": Ticket.VoidReason.CANCELLED.value}) if is_cancelled else None


def refuse_frozen(attempt: Attempt) -> Refusal | None:
    """The buyer's bank wants the money back and has not decided."""
    return Refusal(Outcome.FROZEN) if attempt.ticket.position.order.is_frozen else None


def refuse_unpaid(attempt: Attempt) -> Refusal | None:
    """The order's money has not come."""
    return None if attempt.ticket.position.order.is_paid else Refusal(Outcome.UNPAID)


def refuse_too_early(attempt: Attempt) -> Refusal | None:
    """Doors of its performance are still closed, or it is postponed and nobody knows when they will open."""
    if attempt.ticket.position.performance.is_postponed:
        return Refusal(Outcome.NOT_YET_VALID, {"postponed": "yes"})
    doors_at = attempt.ticket.position.performance.doors_at
    return Refusal(Outcome.NOT_YET_VALID, {"doors_at": doors_at.isoformat()}) if attempt.at < doors_at else None


def refuse_too_late(attempt: Attempt) -> Refusal | None:
    """Its performance is over."""
    ends_at = attempt.ticket.position.performance.ends_at
    return Refusal(Outcome.EXPIRED, {"ended_at": ends_at.isoformat()}) if attempt.at >= ends_at else None


RULES: tuple[Rule, ...] = (
    refuse_test,
    refuse_other_event,
    refuse_void,
    refuse_frozen,
    refuse_unpaid,
    refuse_too_early,
    refuse_too_late,
)


def first_refusal(attempt: Attempt) -> Refusal | None:
    """What the first refusing rule says, or None: then the ticket may enter, once."""
    return next((refusal for rule in RULES if (refusal := rule(attempt)) is not None), None)
