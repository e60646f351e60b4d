"""Who comes first: pure functions of entries and rules."""

from collections.abc import Iterable
from datetime import datetime

from people.identity import buyer_key
from waitlist.models import Entry, ListRules

MOST_GROUPS = 20
_LAST = 2**31


def groups_of(text: str) -> list[frozenset[str]]:
    """The groups that staff typed, the first one first: addresses (as `buyer_key` knows them) and "@domain"s."""
    groups: list[set[str]] = [set()]
    for line in text.splitlines():
        said = line.strip().lower()
        if not said:
            groups.append(set())
        else:
            groups[-1].add(said if said.startswith("@") else buyer_key(said))
    return [frozenset(group) for group in groups if group]


def wrong_lines(text: str) -> list[str]:
    """Lines that are neither an address nor "@domain"."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [line for line in lines if line.count("@") != 1 or " " in line or "." not in line.partition("@")[2]]


def group_of(person: str, groups: list[frozenset[str]]) -> int:
    """The number of the first group that a person is in, or one more than all."""
    domain = f"@{person.rpartition('@')[2]}"
    return next((n for n, group in enumerate(groups) if person in group or domain in group), len(groups))


def in_order(entries: Iterable[Entry], rules: ListRules) -> list[Entry]:
    """Waiting entries, the next one first: by group or draw where the rules say so, then as they were confirmed."""

    def key(entry: Entry) -> tuple[int, datetime, str]:
        first = 0
        if rules.mode == ListRules.Mode.PRIORITY:
            first = entry.group
        elif rules.mode == ListRules.Mode.LOTTERY:
            first = _LAST if entry.rank is None else entry.rank
        assert entry.confirmed_at is not None
        return first, entry.confirmed_at, str(entry.pk)

    return sorted(entries, key=key)
