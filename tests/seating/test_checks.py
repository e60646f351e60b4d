"""What the check panel says, fault by fault: each map here is whole but for one thing."""

from collections.abc import Callable
from typing import Any

import pytest

from seating.checks import faults_of, is_inside, wheelchair_spaces_needed
from seating.document import parse

Change = Callable[[dict[str, Any], dict[str, Any]], None]


def house() -> dict[str, Any]:
    """Two rows of ten with two wheelchair spaces and their companions, a standing area and a stage: nothing to find."""

    def row(name: str, y: float) -> dict[str, Any]:
        seats: list[dict[str, Any]] = [
            {"id": f"{name}{n}", "label": str(n), "x": 50.0 * n, "y": y, "flags": [], "companions": []}
            for n in range(1, 11)
        ]
        seats[0] |= {"flags": ["wheelchair"], "companions": [seats[1]["id"]]}
        seats[1] |= {"flags": ["companion"]}
        return {"id": f"row-{name}", "label": name, "seats": seats, "gaps": []}

    outline = [[0, 0], [600, 0], [600, 300], [0, 300]]
    stalls = {"id": "stalls", "name": "Stalls", "category": "seated", "rows": [row("A", 100), row("B", 190)]}
    return {
        "format": "marquee-seat-map",
        "version": 1,
        "name": "House",
        "width": 1000,
        "height": 1000,
        "categories": [
            {"key": "seated", "name": "Seated", "color": "#0072b2"},
            {"key": "floor", "name": "Floor", "color": "#e69f00"},
        ],
        "floors": [
            {
                "id": "ground",
                "name": "Ground",
                "sections": [{**stalls, "outline": outline}],
                "areas": [
                    {
                        "id": "pit",
                        "name": "Pit",
                        "capacity": 50,
                        "category": "floor",
                        "outline": [[0, 400], [9, 400], [9, 500]],
                    }
                ],
                "decorations": [{"id": "stage", "kind": "stage", "x": 300, "y": 0, "width": 400, "height": 50}],
            }
        ],
    }


def found(data: dict[str, Any], **options: str) -> list[tuple[str, str, str]]:
    return [(fault.code, fault.severity, fault.element) for fault in faults_of(parse(data), **options)]


def test_a_whole_map_has_no_faults() -> None:
    assert found(house()) == []


def relabel(labels: list[str]) -> Change:
    def change(_data: dict[str, Any], section: dict[str, Any]) -> None:
        for seat, label in zip(section["rows"][0]["seats"], labels, strict=True):
            seat["label"] = label

    return change


def spread(data: dict[str, Any], section: dict[str, Any]) -> None:
    for seat in section["rows"][0]["seats"][5:]:
        seat["x"] += 60
    section["outline"][1][0] = section["outline"][2][0] = 700


def first_seat(**members: Any) -> Change:
    return lambda data, section: section["rows"][0]["seats"][0].update(members)


def of_section(**members: Any) -> Change:
    return lambda data, section: section.update(members)


def of_area(**members: Any) -> Change:
    return lambda data, section: data["floors"][0]["areas"][0].update(members)


def without_stage(data: dict[str, Any], section: dict[str, Any]) -> None:
    data["floors"][0]["decorations"] = []


def few_spaces(data: dict[str, Any], section: dict[str, Any]) -> None:
    seats = section["rows"][1]["seats"]
    seats[0] |= {"flags": [], "companions": []}
    seats[1] |= {"flags": []}


EVENS = [str(n) for n in range(2, 21, 2)]
CENTRE = [str(n) for n in (9, 7, 5, 3, 1, 2, 4, 6, 8, 10)]


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (of_section(name=""), [("section_name", "error", "stalls")]),
        (lambda d, s: s["rows"][1].update(label="A"), [("line_twice", "error", "row-B")]),
        (relabel(["1", *(str(n) for n in range(1, 10))]), [("seat_twice", "error", "A2")]),
        (
            of_section(category=None),
            [("no_category", "error", "A1"), ("no_category", "error", "B1")],
        ),
        (of_area(category=None), [("no_category", "error", "pit")]),
        (of_area(category="seated"), [("area_category_shared", "error", "pit")]),
        (of_area(capacity=0), [("capacity", "error", "pit")]),
        (of_area(outline=[]), [("no_outline", "warning", "pit")]),
        (first_seat(x=75.0), [("overlap", "error", "A2")]),
        (first_seat(y=-40.0), [("outside", "warning", "A1"), ("gangway", "warning", "A2")]),
        (relabel(["1", "2", "5", "4", "3", "6", "7", "8", "9", "10"]), [("numbers_order", "warning", "row-A")]),
        (relabel(["1", "2", "3", "4", "5", "7", "8", "9", "10", "11"]), [("number_left_out", "warning", "A6")]),
        (relabel(EVENS), []),
        (relabel(CENTRE), []),
        (relabel(list(reversed(CENTRE))), []),
        (spread, [("gangway", "warning", "A6")]),
        (lambda d, s: (spread(d, s), s["rows"][0].update(gaps=[4])), []),
        (first_seat(companions=[]), [("space_without_companion", "warning", "A1"), ("companion_without_space", "warning", "A2")]),
        (few_spaces, [("few_wheelchairs", "warning", "")]),
        (without_stage, [("no_focal", "warning", "")]),
        (lambda d, s: (without_stage(d, s), d.update(focal=[1, 1])), []),
        (
            lambda d, s: s["rows"].append({"id": "row-C", "label": "C", "seats": []}),
            [("no_seats", "warning", "row-C")],
        ),
    ],
)  # fmt: skip
def test_each_fault_is_found_where_it_is(change: Change, faults: list[tuple[str, str, str]]) -> None:
    data = house()
    change(data, data["floors"][0]["sections"][0])

    assert found(data) == faults


def test_a_map_with_nothing_to_sell() -> None:
    data = house() | {"floors": [{"id": "ground", "name": "Ground"}], "focal": [1, 1]}

    assert found(data) == [("empty", "error", "")]


@pytest.mark.parametrize(
    ("capacity", "zone", "needed"),
    [
        (0, "Europe/Berlin", 0),
        (20, "Europe/Berlin", 2),
        (2000, "Europe/Berlin", 20),
        (20_000, "Europe/Berlin", 125),
        (3, "America/New_York", 0),
        (25, "America/New_York", 1),
        (500, "America/Chicago", 6),
        (501, "America/Indiana/Knox", 7),
        (5001, "Pacific/Honolulu", 37),
        (500, "America/Sao_Paulo", 5),
    ],
)
def test_wheelchair_spaces_by_the_countrys_rule(capacity: int, zone: str, needed: int) -> None:
    assert wheelchair_spaces_needed(capacity, zone=zone) == needed


def test_inside_an_outline_that_bends_inwards() -> None:
    outline = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 5.0), (0.0, 10.0)]

    assert is_inside((5, 4), outline)
    assert not is_inside((5, 8), outline)
