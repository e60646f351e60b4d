"""What changed between two documents, by ids."""

from copy import deepcopy
from typing import Any

from organizer_portal.map_changes import category_names, change_groups, changes_between
from organizer_portal.map_drawing import difference_drawings
from seating.document import parse
from tests.seating.test_drafts import row, small_map


def change(data: dict[str, Any]) -> dict[str, Any]:
    section = data["floors"][0]["sections"][0]
    first, second = section["rows"]
    first["label"] = "AA"  # relabels three
    first["seats"][0]["x"] += 20  # moves one
    first["seats"][1]["category"] = "vip"
    second["seats"] = [*second["seats"][:2], *row("row-c", "C", 1, 300.0)["seats"]]
    data["categories"].append({"key": "vip", "name": "VIP", "color": "#e69f00"})
    area = {"id": "pit", "name": "Pit", "capacity": 80, "category": None, "outline": []}
    data["floors"][0]["areas"] = [area]
    return data


def test_seats_that_came_went_moved_and_are_called_otherwise() -> None:
    found = changes_between(parse(small_map()), parse(change(small_map())))

    assert found.kept == 2
    assert [spot.words for spot in found.added] == [("Stalls", "B", "1")]
    assert [spot.id for spot in found.removed] == ["row-b-3"]
    assert [(a.x, b.x) for a, b in found.moved] == [(50.0, 70.0)]
    assert [b.words for _a, b in found.relabelled] == [("Stalls", "AA", n) for n in ("1", "2", "3")]
    assert [(b.id, a.category, b.category) for a, b in found.recategorised] == [("row-a-2", "standard", "vip")]
    assert found.areas == [("Pit", 0, 80)]
    assert not found.is_empty


def test_a_document_differs_from_itself_in_nothing() -> None:
    document = parse(small_map())

    assert changes_between(document, document).is_empty


def test_seats_of_a_row_are_told_together() -> None:
    before = {**small_map(), "name": "Before"}
    section = before["floors"][0]["sections"][0]
    section["rows"] = [row("row-a", "A", 12), row("row-b", "B", 12, 100.0)]
    after = parse(before).floors[0]  # read strictly once
    assert len(list(after.sections[0].seats)) == 24
    changed = deepcopy(before)
    first, second = changed["floors"][0]["sections"][0]["rows"]
    first["seats"] = [one for one in first["seats"] if one["label"] not in ("3", "4", "5", "9")]
    for one in second["seats"][:6]:
        one["label"] = str(100 + int(one["label"]))
    for one in second["seats"][6:8]:
        one["category"] = "vip"
    changed["categories"].append({"key": "vip", "name": "VIP", "color": "#e69f00"})
    old, new = parse(before), parse(changed)

    groups = {
        one["key"]: (one["count"], one["lines"])
        for one in change_groups(changes_between(old, new), category_names(old, new))
    }

    assert groups["removed"] == (4, ["Stalls A 3–5, 9"])
    assert groups["relabelled"] == (6, ["Stalls B 1–6 → Stalls B 101–106"])
    assert groups["recategorised"] == (2, ["Stalls B 7–8: Standard → VIP"])


def test_where_little_changed_that_part_is_drawn_large_and_the_whole_floor_beneath() -> None:
    def house(n: int) -> Any:
        data = small_map()
        rows = [row(f"row-{at}", str(at), 40, 100.0 * at) for at in range(30)]
        rows[2]["seats"] = rows[2]["seats"][:n]
        data["floors"][0]["sections"][0]["rows"] = rows
        return parse(data)

    before, after = house(40), house(38)

    (drawn,) = difference_drawings(before, after, changes_between(before, after))

    assert drawn.whole is not None
    assert drawn.drawing.count("#b3131b") == drawn.whole.count("#b3131b") == 2
    assert drawn.drawing.count("<circle") < drawn.whole.count("<circle") / 4
    assert ">Stalls</text>" in drawn.drawing


def test_only_floors_with_a_change_are_drawn() -> None:
    def house() -> dict[str, Any]:
        section = {"id": "circle", "name": "Circle", "category": "standard", "rows": [row("row-z", "Z", 2)]}
        data = small_map()
        return {**data, "floors": [*data["floors"], {"id": "upper", "name": "Upper", "sections": [section]}]}

    before, after = parse(house()), parse(change(house()))

    assert [one.name for one in difference_drawings(before, after, changes_between(before, after))] == ["Ground"]
    assert difference_drawings(before, before, changes_between(before, before)) == []
