"""What changed between two documents of a map, with the words and places of each seat: for people who look before they act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from seating.compiled import CompiledMap
from seating.difference import Difference, difference
from seating.document import Document

MOST_LISTED = 300  # changed seats named one by one; the drawing has them all


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
    """The lists of a difference, each with its heading, its count and at most MOST_LISTED lines.

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
    lines: dict[str, list[str]] = {name: [" ".join(spot.words) for spot in spots] for name, spots in one.items()}
    lines["moved"] = [" ".join(b.words) for _a, b in two["moved"]]
    lines["relabelled"] = [f"{' '.join(a.words)} → {' '.join(b.words)}" for a, b in two["relabelled"]]
    lines["recategorised"] = [
        f"{' '.join(b.words)}: {_name(a.category, names)} → {_name(b.category, names)}" for a, b in two["recategorised"]
    ]
    groups = [
        {"key": name, "heading": headings[name], "count": len(lines[name]), "lines": lines[name][:MOST_LISTED]}
        for name in headings
    ]
    groups.append(
        {
            "key": "areas",
            "heading": _("Areas"),
            "count": len(changes.areas),
            "lines": [f"{name}: {before} → {after}" for name, before, after in changes.areas],
        }
    )
    return [group for group in groups if group["count"]]


def category_names(*documents: Document) -> dict[str, str]:
    """The name of every category by its key; a later document's name wins."""
    return {category.key: category.name for document in documents for category in document.categories}


def _name(category: str | None, names: Mapping[str, str]) -> str:
    return names.get(category, category) if category else "–"
