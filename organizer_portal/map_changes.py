"""What changed between two documents of a map, with the words and places of each seat: for people who look before they act."""

from collections.abc import Sequence
from dataclasses import dataclass

from seating.compiled import CompiledMap
from seating.difference import difference
from seating.document import Document


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
    found = difference(old, new)

    def pairs(ids: Sequence[str]) -> list[tuple[Spot, Spot]]:
        return [(_spot(old, name), _spot(new, name)) for name in ids]

    was = {area.id: area for area in before.areas}
    now = {area.id: area for area in after.areas}
    return Changes(
        kept=len(found.kept),
        added=[_spot(new, name) for name in found.added],
        removed=[_spot(old, name) for name in found.removed],
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


def _spot(compiled: CompiledMap, name: str) -> Spot:
    index = compiled.index_of(name)
    if index is None:
        raise KeyError(name)
    seat = compiled.seats[index]
    section = compiled.sections[compiled.lines[seat.line].section]
    floor = compiled.document.floors[section.floor].id
    return Spot(name, floor, seat.x, seat.y, compiled.place_words(index), seat.category)
