"""What is different between two maps, by the ids of their seats: what moving an event from one to the other would do."""

from collections.abc import Sequence
from dataclasses import dataclass

from seating.compiled import CompiledMap

MOVED = 1.0  # centimetres: less is no move


@dataclass(frozen=True)
class Difference:
    """Ids of seats, in the newer map's order (removed ones in the older's). A seat may be moved, relabelled and recategorised
    at once; `kept` are those of which nothing changed that a buyer sees. `areas` are ids of areas that came, went or have
    another capacity or category."""

    kept: Sequence[str]
    moved: Sequence[str]
    relabelled: Sequence[str]
    recategorised: Sequence[str]
    added: Sequence[str]
    removed: Sequence[str]
    areas: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether the maps are the same to everybody."""
        return not (self.moved or self.relabelled or self.recategorised or self.added or self.removed or self.areas)

    def as_dict(self) -> dict[str, int]:
        """How many of each."""
        names = ("kept", "moved", "relabelled", "recategorised", "added", "removed", "areas")
        return {name: len(getattr(self, name)) for name in names}


def difference(
    old: CompiledMap,
    new: CompiledMap,
    *,
    old_categories: Sequence[str | None] | None = None,
    new_categories: Sequence[str | None] | None = None,
) -> Difference:
    """Compare by id. The categories are those in force, by index, where an event paints over its map."""
    before = old_categories or [seat.category for seat in old.seats]
    after = new_categories or [seat.category for seat in new.seats]
    kept: list[str] = []
    moved: list[str] = []
    relabelled: list[str] = []
    recategorised: list[str] = []
    added: list[str] = []
    for seat in new.seats:
        index = old.index_of(seat.id)
        if index is None:
            added.append(seat.id)
            continue
        was = old.seats[index]
        is_moved = abs(was.x - seat.x) > MOVED or abs(was.y - seat.y) > MOVED
        is_relabelled = old.place_words(index) != new.place_words(seat.index)
        is_recategorised = before[index] != after[seat.index]
        for changed, found in ((is_moved, moved), (is_relabelled, relabelled), (is_recategorised, recategorised)):
            if changed:
                found.append(seat.id)
        if not (is_moved or is_relabelled or is_recategorised):
            kept.append(seat.id)
    of_old = {area.id: (area.capacity, area.category) for _floor, area in old.areas}
    of_new = {area.id: (area.capacity, area.category) for _floor, area in new.areas}
    return Difference(
        kept=kept,
        moved=moved,
        relabelled=relabelled,
        recategorised=recategorised,
        added=added,
        removed=[seat.id for seat in old.seats if new.index_of(seat.id) is None],
        areas=sorted(name for name in of_old.keys() | of_new.keys() if of_old.get(name) != of_new.get(name)),
    )
