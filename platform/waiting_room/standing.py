"""Where a visitor stands: from a token and the line's facts, without the database."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis.exceptions import RedisError

from waiting_room import store
from waiting_room.errors import LineUnavailable
from waiting_room.tokens import TOKEN_COOKIE, Carried, Entry, Kind, Pass, read_entry

LONGEST_EXTENSION = 30 * 60  # seconds: as long as a hold can last
POLLS_PER_SECOND = 400  # about as many as a whole line may cost, whoever has no socket
PRE_QUEUE_POLL = 15  # seconds; who holds a socket need not ask at all


@dataclass(frozen=True)
class Standing:
    """What a visitor is told. Times are seconds from now; `position` counts from 1 and is 0 while it is not known.

    States: `early` (waits for the start), `waiting`, `turn` (let in until `until`), `missed` (was let in and did not come),
    `sold_out`, `closed` (no line any more), `moment` (the line is being put in order).
    """

    state: str
    position: int = 0
    ahead: int = 0
    total: int = 0
    wait: int | None = None
    starts_in: int | None = None
    until: int = 0
    left: int | None = None
    is_paused: bool = False

    @property
    def is_slim(self) -> bool:
        """Whether more people are ahead than tickets are left."""
        return self.state == "waiting" and self.left is not None and self.ahead >= self.left

    @property
    def progress(self) -> int:
        """How many positions the visitor has moved up since the line began."""
        return self.position - self.ahead

    @property
    def poll_after(self) -> int:
        """When to ask again: the nearer one's turn, the sooner."""
        if self.state == "early":
            return min(PRE_QUEUE_POLL, max(2, (self.starts_in or 0) // 2))
        if self.state == "waiting":
            # Whose wait nobody knows (the line stands still) need not ask often, nor need thousands all at once.
            near = next((seconds for within, seconds in _POLLS if self.wait is not None and self.wait <= within), 20)
            return max(near, min(20, self.ahead // POLLS_PER_SECOND))
        return {"moment": 3, "sold_out": 20, "turn": 30}.get(self.state, 30)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a page or program."""
        names = ("state", "position", "ahead", "total", "wait", "starts_in", "until", "left")
        known = {name: getattr(self, name) for name in names}
        return {**known, "is_paused": self.is_paused, "is_slim": self.is_slim, "poll_after": self.poll_after}


_POLLS = ((20, 2), (60, 3), (300, 6), (1200, 12))  # (wait within so many seconds, ask after so many)
NO_ENTRY = Standing("none")


def entry_of(cookies: Mapping[str, str], header: str, *, host: str) -> tuple[Carried | None, Entry | None]:
    """What the visitor carries, and the entry in it if it is valid at this (normal) host."""
    carried = Carried.from_request(cookies, header, TOKEN_COOKIE)
    return carried, read_entry(carried, host=host)


def standing_of(entry: Entry, *, slug: str) -> tuple[Standing, Entry]:
    """Where the entry stands, and the entry with its position once that is known.

    An early entry tells Redis that it is there each time, so that a loss of Redis before the start is mended by the tokens.
    An entry of another event's line is none here.
    """
    meta = store.meta(entry.line_id)
    if meta is None:
        return Standing("moment"), entry
    if meta.slug != slug:
        return NO_ENTRY, entry
    if meta.state == "closed":
        return Standing("closed"), entry
    if entry.kind is Kind.EARLY:
        entry = _looked_up(entry)
    if entry.kind is Kind.EARLY:
        return _early(meta) if meta.early_total is None else Standing("moment"), entry
    if entry.kind is Kind.LATE:
        if meta.early_total is None:
            return Standing("moment"), entry
        entry = Entry(entry.line_id, entry.entry, Kind.PLACED, meta.early_total + entry.number)
    return _placed(entry, meta), entry


def _looked_up(entry: Entry) -> Entry:
    try:
        kind, number = store.enter(entry.line_id, entry.entry)
    except LineUnavailable:
        return entry
    kinds = {"placed": Kind.PLACED, "late": Kind.LATE}
    return Entry(entry.line_id, entry.entry, kinds[kind], number) if kind in kinds else entry


def _early(meta: store.Meta) -> Standing:
    starts_in = max(0, meta.starts_at - int(time.time())) if meta.starts_at is not None else 0
    return Standing("early", starts_in=starts_in)


def _placed(entry: Entry, meta: store.Meta) -> Standing:
    position, total = entry.number, max(meta.total, entry.number)
    if position <= meta.mark:
        until = _turn_ends(entry.line_id, position, meta)
        left = int(until - time.time()) if until is not None else 0
        return Standing("turn" if left > 0 else "missed", position=position, total=total, until=max(0, left))
    if meta.state == "sold_out":
        return Standing("sold_out", position=position, total=total, left=0)
    ahead, is_paused = position - meta.mark - 1, meta.state == "paused"
    wait = int(ahead / meta.rate * 60) if meta.rate and not is_paused else None
    return Standing(
        "waiting", position=position, ahead=ahead, total=total, wait=wait, left=meta.left, is_paused=is_paused
    )


def _turn_ends(line_id: UUID, position: int, meta: store.Meta) -> int | None:
    try:
        at = store.turn_of(line_id, position)
    except RedisError:
        return None
    return at + meta.visit_seconds if at is not None else None


def pass_for(entry: Entry, standing: Standing) -> Pass:
    """The pass of somebody whose turn it is: it ends with the turn, however often it is asked for."""
    until = int(time.time()) + standing.until
    return Pass(entry.line_id, entry.entry, until, until + LONGEST_EXTENSION)


def extended(admitted: Pass, *, until: float) -> Pass:
    """The pass while its bearer holds tickets: it ends with the hold, within the bound that it was given with."""
    return Pass(
        admitted.line_id, admitted.entry, min(max(admitted.until, int(until)), admitted.latest), admitted.latest
    )
