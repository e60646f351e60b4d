"""Plans: a few words that make a whole map, the same one each time, or a list of what is wrong with them."""

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seating.checks import faults_of
from seating.document import Document, Row, as_dict, parse
from seating.errors import MapInvalid
from seating.numbering import row_label, seat_numbers
from seating.plan import PRESETS, compile_plan, preset


def _plan(*blocks: dict[str, Any], **section: Any) -> dict[str, Any]:
    return {
        "format": "marquee-seat-plan",
        "version": 1,
        "name": "Little house",
        "categories": [{"key": "a", "name": "A", "color": "#0072b2"}, {"key": "b", "name": "B", "color": "#E69F00"}],
        "floors": [
            {
                "name": "Ground",
                "stage": {"at": [0, 0], "size": [800, 300], "text": "Stage"},
                "sections": [{"name": "Stalls", "category": "a", "blocks": list(blocks), **section}],
            }
        ],
    }


def _rows(document: Document, section: int = 0) -> list[Row]:
    return list(document.floors[0].sections[section].rows)


def _labels(row: Row) -> list[str]:
    return [seat.label for seat in row.seats]


def _codes(plan: object) -> dict[str, str]:
    with pytest.raises(MapInvalid) as refusal:
        compile_plan(plan)
    return {fault.where: fault.code for fault in refusal.value.faults}


def test_a_block_is_rows_from_front_to_back_each_from_left_to_right() -> None:
    document = compile_plan(_plan({"rows": 3, "seats": 4, "at": [0, 600], "pitch": 50, "row_pitch": 90})).document
    front, second, third = _rows(document)
    assert [front.label, second.label, third.label] == ["A", "B", "C"]
    assert _labels(front) == ["1", "2", "3", "4"]
    assert [seat.x - front.seats[0].x for seat in front.seats] == [0, 50, 100, 150]
    assert third.seats[0].y - front.seats[0].y == 180
    assert [seat.id for seat in second.seats] == ["stalls_1_2_1", "stalls_1_2_2", "stalls_1_2_3", "stalls_1_2_4"]
    assert [fault.code for fault in faults_of(document)] == ["few_wheelchairs"]


def test_an_aisle_takes_room_and_parts_the_row() -> None:
    block = {"rows": 1, "seats": 6, "pitch": 50, "aisles": [{"at": 2, "width": 100}], "flag_aisles": True}
    (row,) = _rows(compile_plan(_plan(block)).document)
    assert row.gaps == (1,)
    assert [seat.x - row.seats[0].x for seat in row.seats] == [0, 50, 200, 250, 300, 350]
    assert [sorted(seat.flags) for seat in row.seats] == [[], ["aisle"], ["aisle"], [], [], []]


def test_aisles_beside_the_middle_stay_straight_while_rows_grow() -> None:
    aisles = [{"at": -2, "from": "middle"}, {"at": 2, "from": "middle"}]
    rows = _rows(compile_plan(_plan({"rows": 3, "seats": {"first": 8, "growth": 2}, "aisles": aisles})).document)
    assert [row.gaps for row in rows] == [(1, 5), (2, 6), (3, 7)]
    edges = [(row.seats[row.gaps[0] + 1].x, row.seats[row.gaps[1]].x) for row in rows]
    assert len(set(edges)) == 1


def test_curved_rows_keep_their_distance_from_the_focal_point() -> None:
    block = {"rows": 2, "seats": 9, "at": [0, 1000], "focal": [0, 0], "row_pitch": 100}
    plan = _plan(block)
    plan |= {"width": 4000, "height": 4000}  # coordinates stay as they are
    front, back = _rows(compile_plan(plan).document)
    assert {round(math.hypot(seat.x, seat.y)) for seat in front.seats} == {1000}
    assert {round(math.hypot(seat.x, seat.y)) for seat in back.seats} == {1100}
    assert front.shape == {"kind": "arc", "pitch": 52.0, "radius": 1000.0, "center": [0.0, 0.0]}


def test_a_wedge_is_filled_with_as_many_seats_as_it_holds() -> None:
    block = {"rows": 2, "seats": {"degrees": 90}, "radius": 1000, "pitch": 100, "row_pitch": 100}
    assert [len(row.seats) for row in _rows(compile_plan(_plan(block)).document)] == [15, 17]
    assert _codes(_plan({"rows": 2, "seats": {"degrees": 90}})) == {"floors[0].sections[0].blocks[0].seats": "straight"}


def test_marks_paint_flag_and_leave_out() -> None:
    block = {
        "rows": 2,
        "seats": 6,
        "marks": [
            {"rows": 1, "category": "b"},
            {"rows": 2, "seats": [1, -1], "category": "b", "flags": ["restricted_view"]},
            {"rows": 2, "seats": "3-4", "leave_out": True},
            {"rows": 9, "flags": ["aisle"]},
        ],
    }
    planned = compile_plan(_plan(block))
    front, back = _rows(planned.document)
    assert (front.category, {seat.category for seat in front.seats}) == ("b", {None})  # a whole row is painted once
    assert back.category is None
    assert [(seat.label, seat.category) for seat in back.seats] == [("1", "b"), ("2", None), ("3", None), ("4", "b")]
    assert back.gaps == (1,)  # nobody is neighbour across a pillar
    assert [seat.id for seat in back.seats][2] == "stalls_1_2_5"
    assert [(fault.code, fault.severity) for fault in planned.faults] == [("nothing_marked", "warning")]


def test_holes_may_keep_their_numbers() -> None:
    block = {"rows": 1, "seats": 5, "seat_labels": {"keep_holes": True}, "marks": [{"seats": 3, "leave_out": True}]}
    assert _labels(_rows(compile_plan(_plan(block)).document)[0]) == ["1", "2", "4", "5"]


def test_wheelchair_spaces_know_their_companions() -> None:
    block = {"rows": 2, "seats": 6, "wheelchairs": [{"row": 2, "seat": -1, "companions": [-2, 4]}]}
    back = _rows(compile_plan(_plan(block)).document)[1]
    assert back.seats[5].flags == {"wheelchair"}
    assert back.seats[5].companions == ("stalls_1_2_5", "stalls_1_2_4")
    assert back.seats[4].flags == back.seats[3].flags == {"companion"}
    wrong = {"rows": 2, "seats": 6, "wheelchairs": [{"row": 3, "seat": 1}]}
    assert _codes(_plan(wrong)) == {"floors[0].sections[0].blocks[0].wheelchairs[0]": "no_such_seat"}


def test_the_mirror_image_reads_from_left_to_right_as_well() -> None:
    block = {
        "rows": 1,
        "seats": 4,
        "at": [-500, 400],
        "aisles": [1],
        "wheelchairs": [{"row": 1, "seat": 1, "companions": [2]}],
    }
    plan = _plan(block, mirror={"axis": 0, "name": "Stalls right"})
    document = compile_plan(plan).document
    (left,), (right,) = _rows(document, 0), _rows(document, 1)
    assert [seat.x for seat in right.seats] == sorted(seat.x for seat in right.seats)
    assert _labels(right) == ["4", "3", "2", "1"]
    assert (left.gaps, right.gaps) == ((0,), (2,))
    assert right.seats[3].companions == (right.seats[2].id,)
    assert left.seats[0].x + right.seats[3].x == 2 * document.floors[0].decorations[0].x
    again = compile_plan(_plan(block, mirror={"axis": 0, "name": "Stalls right", "numbering": "same"})).document
    assert _labels(_rows(again, 1)[0]) == ["1", "2", "3", "4"]


def test_a_repeated_section_is_moved_turned_and_numbered_on() -> None:
    block = {"rows": 2, "seats": 3, "at": [0, 1000]}
    repeat = {"count": 4, "turn": 90, "about": [0, 0], "from": 101}
    plan = _plan(block) | {"width": 5000, "height": 5000}
    plan["floors"][0]["sections"] = [{"name": "Block {n}", "category": "a", "blocks": [block], "repeat": repeat}]
    sections = compile_plan(plan).document.floors[0].sections
    assert [section.name for section in sections] == ["Block 101", "Block 102", "Block 103", "Block 104"]
    middles = [(section.rows[0].seats[1].x, section.rows[0].seats[1].y) for section in sections]
    assert middles == [(0, 1000), (-1000, 0), (0, -1000), (1000, 0)]


def test_tables_stand_in_a_grid_and_some_are_sold_whole() -> None:
    group = {"columns": 2, "rows": 2, "seats": 5, "whole": [1, 4], "labels": {"scheme": "numbers", "from": 11}}
    (section,) = compile_plan(_plan(tables=[group])).document.floors[0].sections
    assert [(table.label, table.is_whole) for table in section.tables] == [
        ("11", True),
        ("12", False),
        ("13", False),
        ("14", True),
    ]
    table = section.tables[0]
    assert {round(math.hypot(seat.x - table.x, seat.y - table.y)) for seat in table.seats} == {110}


@pytest.mark.parametrize(
    ("number", "options", "label"),
    [
        (26, {}, "Z"),
        (27, {}, "AA"),
        (703, {}, "AAA"),
        (9, {"skip": "I"}, "J"),
        (25, {"skip": "IO"}, "AA"),
        (28, {"doubled": True}, "BB"),
        (9, {"scheme": "numbers"}, "9"),
        (49, {"scheme": "roman"}, "XLIX"),
    ],
)
def test_row_labels(number: int, options: dict[str, Any], label: str) -> None:
    assert row_label(number, **options) == label


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"direction": "right_to_left"}, [5, 4, 3, 2, 1]),
        ({"start": 2, "step": 2}, [2, 4, 6, 8, 10]),
        ({"direction": "centre_out"}, [5, 3, 1, 2, 4]),
        ({"direction": "centre_out", "odd_side_left": False}, [4, 2, 1, 3, 5]),
        ({"start": 101}, [101, 102, 103, 104, 105]),
    ],
)
def test_seat_numbers(options: dict[str, Any], numbers: list[int]) -> None:
    assert list(seat_numbers(5, **options)) == numbers


def test_every_fault_is_told_with_its_place() -> None:
    plan = _plan(
        {"rows": 0, "seats": "many", "colour": "red", "category": "z"},
        {"rows": 2, "seats": [3], "pitch": math.nan, "row_labels": ["A"]},
    )
    plan["floors"][0]["stage"]["at"] = [math.inf, 0]
    at = "floors[0].sections[0].blocks"
    assert _codes(plan) == {
        f"{at}[0].rows": "whole_number",
        f"{at}[0].seats": "seats",
        f"{at}[0].colour": "unknown_member",
        f"{at}[0].category": "category_missing",
        f"{at}[1].seats": "seats",
        f"{at}[1].pitch": "number",
        f"{at}[1].row_labels": "row_labels",
        "floors[0].stage.at.x": "number",
    }
    assert _codes([]) == {"format": "not_a_plan"}
    assert _codes({}) == {"format": "not_a_plan"}


def test_a_plan_for_more_seats_than_a_map_may_have_is_refused_before_they_are_made() -> None:
    block = {"rows": 500, "seats": 1000}
    assert _codes(_plan(block)) == {"": "too_many_seats"}


@pytest.mark.parametrize(
    ("name", "seats", "places", "wheelchairs", "floors"),
    [
        ("theatre", 2_000, 0, 20, 3),
        ("cabaret", 172, 0, 2, 1),
        ("standing", 334, 1_500, 6, 2),
        ("stadium", 20_138, 0, 126, 1),
    ],
)
def test_the_presets_can_be_published_as_they_are(
    name: str, seats: int, places: int, wheelchairs: int, floors: int
) -> None:
    planned = compile_plan(preset(name))
    document = planned.document
    assert planned.faults == []
    assert faults_of(document, zone="Europe/Berlin") == []
    assert sum(1 for _seat in document.seats) == seats
    assert sum(area.capacity for area in document.areas) == places
    assert sum("wheelchair" in seat.flags for seat in document.seats) == wheelchairs
    assert len(document.floors) == floors
    assert compile_plan(preset(name)).document == document


def test_presets_are_all_listed() -> None:
    assert set(PRESETS) == {"theatre", "cabaret", "standing", "stadium"}


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2_000) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_block = st.fixed_dictionaries(
    {"rows": st.integers(1, 12), "seats": st.integers(1, 30) | st.fixed_dictionaries({"first": st.integers(1, 9)})},
    optional={
        "at": st.lists(st.integers(-3_000, 3_000), min_size=2, max_size=2),
        "rotation": st.floats(-360, 360),
        "radius": st.integers(0, 5_000),
        "pitch": st.floats(30, 90),
        "stagger": st.sampled_from([0, 0.5]),
        "aisles": st.lists(st.integers(-3, 33), max_size=3),
        "seat_labels": st.fixed_dictionaries({"direction": st.sampled_from(["left_to_right", "centre_out"])}),
        "marks": st.lists(st.fixed_dictionaries({"seats": st.integers(1, 30), "leave_out": st.booleans()}), max_size=2),
    },
)


@settings(max_examples=60)
@given(st.lists(_block, min_size=1, max_size=3))
def test_any_plan_in_bounds_makes_the_same_whole_document_twice(blocks: list[dict[str, Any]]) -> None:
    plan = _plan(*blocks)
    document = compile_plan(plan).document
    assert compile_plan(json.loads(json.dumps(plan))).document == document
    assert parse(as_dict(document)) == document
    assert all(0 <= seat.x <= document.width and 0 <= seat.y <= document.height for seat in document.seats)
    for row in _rows(document):
        assert len(set(_labels(row))) == len(row.seats)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(["rows", "seats", "at", "aisles", "marks", "wheelchairs", "row_labels", "radius",
                                        "seat_labels", "focal", "pitch", "x"]), _json, max_size=5), _json)  # fmt: skip
def test_nothing_but_a_document_or_a_refusal_ever_comes_back(block: dict[str, Any], anything: Any) -> None:
    for plan in (_plan(block), _plan() | {"floors": anything}, anything):
        with contextlib.suppress(MapInvalid):
            assert isinstance(compile_plan(plan).document, Document)
