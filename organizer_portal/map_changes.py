"""What changed between two documents of a map, with the words and places of each seat: for people who look before they act."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from seating.compiled import CompiledMap
from seating.difference import Difference, difference
from seating.document import Document

MOST_LISTED = 300  # lines of a list, one for each stretch of a row; the drawing has all


@dataclass(frozen=True, slots=True)
class Spot:
    """A seat where it is on a floor, with the words for it: section, row or table, and number."""

    id: str
    floor: str
    x: float
    y: float
    words: tuple[str, str, str]
    category: str | None


@dataclass(frozen=True)
class Changes:
    """Seats that came, went, lie elsewhere, are called otherwise, or cost otherwise; one seat may be in several lists.

    Pairs are (before, after). `kept` counts those of which nothing changed. `areas` has (name, capacity before, capacity
    after), 0 for one that is not there.
    """

    kept: int
    added: Sequence[Spot]
    removed: Sequence[Spot]
    moved: Sequence[tuple[Spot, Spot]]
    relabelled: Sequence[tuple[Spot, Spot]]
    recategorised: Sequence[tuple[Spot, Spot]]
    areas: Sequence[tuple[str, int, int]]

    @property
    def is_empty(self) -> bool:
        """Whether nothing that a buyer could notice has changed."""
        lists = (self.added, self.removed, self.moved, self.relabelled, self.recategorised, self.areas)
        return not any(lists)


def changes_between(before: Document, after: Document) -> Changes:
    """What `after` does to the seats and areas of `before`, by `seating.difference`."""
    old, new = CompiledMap(before), CompiledMap(after)
    return changes_of(difference(old, new), old, new)


def changes_of(
    found: Difference,
    old: CompiledMap,
    new: CompiledMap,
    *,
    old_categories: Sequence[str | None] | None = None,
    new_categories: Sequence[str | None] | None = None,
) -> Changes:
    """A difference between two maps with words and places; the categories are those in force, as for `difference`."""

    def old_spot(name: str) -> Spot:
        return _spot(old, name, old_categories)

    def new_spot(name: str) -> Spot:
        return _spot(new, name, new_categories)

    def pairs(ids: Sequence[str]) -> list[tuple[Spot, Spot]]:
        return [(old_spot(name), new_spot(name)) for name in ids]

    was = {area.id: area for _floor, area in old.areas}
    now = {area.id: area for _floor, area in new.areas}
    return Changes(
        kept=len(found.kept),
        added=[new_spot(name) for name in found.added],
        removed=[old_spot(name) for name in found.removed],
        moved=pairs(found.moved),
        relabelled=pairs(found.relabelled),
        recategorised=pairs(found.recategorised),
        areas=[
            (
                (now.get(name) or was[name]).name,
                was[name].capacity if name in was else 0,
                now[name].capacity if name in now else 0,
            )
            for name in found.areas
        ],
    )


def _spot(compiled: CompiledMap, name: str, categories: Sequence[str | None] | None) -> Spot:
    index = compiled.index_of(name)
    if index is None:
        raise KeyError(name)
    seat = compiled.seats[index]
    section = compiled.sections[compiled.lines[seat.line].section]
    floor = compiled.document.floors[section.floor].id
    category = categories[index] if categories else seat.category
    return Spot(name, floor, seat.x, seat.y, compiled.place_words(index), category)


def change_groups(changes: Changes, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The lists of a difference, each with its heading, how many seats it has and at most MOST_LISTED lines.

    `names` has the words for category keys, of both maps.
    """
    one = {"added": changes.added, "removed": changes.removed}
    two = {"moved": changes.moved, "relabelled": changes.relabelled, "recategorised": changes.recategorised}
    headings = {
        "added": _("Added"),
        "removed": _("Removed"),
        "moved": _("Moved"),
        "relabelled": _("Called otherwise"),
        "recategorised": _("In another category"),
    }
    lines: dict[str, list[str]] = {name: _by_row(("", spot, "") for spot in spots) for name, spots in one.items()}
    lines["moved"] = _by_row(("", b, "") for _a, b in two["moved"])
    lines["relabelled"] = _renamed(two["relabelled"])
    lines["recategorised"] = _by_row(
        ("", b, f": {_name(a.category, names)} → {_name(b.category, names)}") for a, b in two["recategorised"]
    )
    counts = {name: len(found) for name, found in {**one, **two}.items()}
    groups = [
        {
            "key": name,
            "heading": headings[name],
            "count": counts[name],
            "lines": lines[name][:MOST_LISTED],
            "is_cut": len(lines[name]) > MOST_LISTED,
        }
        for name in headings
    ]
    groups.append(
        {
            "key": "areas",
            "heading": _("Areas"),
            "count": len(changes.areas),
            "lines": [f"{name}: {before} → {after}" for name, before, after in changes.areas],
            "is_cut": False,
        }
    )
    return [group for group in groups if group["count"]]


def _by_row(told: Iterable[tuple[str, Spot, str]]) -> list[str]:
    """A line for each stretch of seats of one row that are told alike: "Stalls A 1–4, 7: Standard → Premium".

    Of each seat: what is said before it, the seat, what is said after it.
    """
    return [
        f"{before}{section} {row} {_numbers([spot.words[2] for _before, spot, _after in seats])}{after}"
        for (section, row, before, after), seats in groupby(told, key=lambda one: (*one[1].words[:2], one[0], one[2]))
    ]


def _renamed(pairs: Sequence[tuple[Spot, Spot]]) -> list[str]:
    """A line for each row: "Stalls A 1–4 → Stalls A 101–104"."""
    lines = []
    for (old, new), seats in groupby(pairs, key=lambda pair: (pair[0].words[:2], pair[1].words[:2])):
        of_row = list(seats)
        was, now = (_numbers([pair[at].words[2] for pair in of_row]) for at in (0, 1))
        lines.append(f"{' '.join(old)} {was} → {' '.join(new)} {now}")
    return lines


def _numbers(labels: Sequence[str]) -> str:
    """Seat numbers as people write them: "1–4, 7, 9–12"; other labels one by one."""
    parts: list[list[str]] = []
    for label in labels:
        last = parts[-1] if parts else []
        steps = [int(label) - int(last[-1])] if last and label.isdecimal() and last[-1].isdecimal() else []
        if steps and abs(steps[0]) == 1 and (len(last) < 2 or int(last[-1]) - int(last[-2]) == steps[0]):
            last.append(label)
        else:
            parts.append([label])
    return ", ".join("–".join([part[0], part[-1]]) if len(part) > 1 else part[0] for part in parts)


def category_names(*documents: Document) -> dict[str, str]:
    """The name of every category by its key; a later document's name wins."""
    return {category.key: category.name for document in documents for category in document.categories}


def _name(category: str | None, names: Mapping[str, str]) -> str:
    return names.get(category, category) if category else "–"
