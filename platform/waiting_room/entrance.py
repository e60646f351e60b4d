"""How somebody gets a place: a proof of work or the slower lane, the network's share, then a number."""

from waiting_room import proof, store, tend
from waiting_room.errors import LineUnavailable, ProofMissing
from waiting_room.models import Line
from waiting_room.network import count_entry
from waiting_room.tokens import Entry, Kind, entry_id

_KINDS = {"early": Kind.EARLY, "late": Kind.LATE, "placed": Kind.PLACED}


def join(*, line: Line, browser: str, network: str, payload: str = "") -> Entry:
    """This browser's place in an open line, the same one however often it joins.

    With a solved challenge as `payload` a network may take many places a minute, without one only a few. Raises
    ProofMissing, TooManyEntries, LineUnavailable; after any of them nobody has a further place.
    """
    nonce = proof.solved_nonce(payload, line.pk) if payload else ""
    count_entry(network, line=line.pk.hex, has_proof=bool(nonce))
    if nonce and not store.spend(nonce, seconds=proof.VALID_SECONDS):
        raise ProofMissing
    entry = entry_id(line.pk, browser)
    for _attempt in range(3):
        kind, number = store.enter(line.pk, entry)
        if kind in _KINDS:
            return Entry(line.pk, entry, _KINDS[kind], number)
        if kind == "reserve":
            tend.more_numbers(line)
        else:
            tend.restore(line)
    raise LineUnavailable
