"""Files in and out: everything is kept, or it is said what was not."""

import json
import math
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from seating.checks import faults_of
from seating.document import Area, Category, Decoration, Document, Floor, Row, Seat, Section, Table, as_dict, parse
from seating.errors import Fault, MapInvalid
from seating.formats import WRITERS, Imported, export_file, import_file
from seating.plan import compile_plan, preset


def _codes(faults: Any) -> list[tuple[str, str, str]]:
    return [(fault.severity, fault.code, fault.where) for fault in faults]


def _pretix(**members: Any) -> dict[str, Any]:
    seat = {"seat_guid": "g1", "seat_number": "1", "position": {"x": 0, "y": 0}, "category": "Stalls"}
    other = {**seat, "seat_guid": "g2", "seat_number": "2", "position": {"x": 25, "y": 0}}
    row = {"row_number": "A", "position": {"x": 10, "y": 20}, "seats": [seat, other]}
    return {
        "name": "Hall",
        "size": {"width": 400, "height": 300},
        "categories": [{"name": "Stalls", "color": "red"}],
        "zones": [{"name": "Main", "position": {"x": 100, "y": 50}, "rows": [row]}],
        **members,
    }


def _read(data: Any, **options: Any) -> Imported:
    return import_file("plan.json", json.dumps(data).encode(), options=options)


# --- pretix --------------------------------------------------------------------------------------------------------------


def test_pretix_positions_add_up_and_a_pixel_is_two_centimetres() -> None:
    imported = _read(_pretix())
    (section,) = imported.document.floors[0].sections
    assert (imported.format, section.name, section.rows[0].label) == ("pretix", "Main", "A")
    assert [(s.id, s.label, s.x, s.y) for s in section.seats] == [("g1", "1", 220, 140), ("g2", "2", 270, 140)]
    assert (imported.document.width, imported.document.height) == (800, 600)
    assert imported.document.categories == (Category("stalls", "Stalls", "#ff0000"),)
    assert section.category == "stalls"
    assert imported.faults == []


def test_pretix_duplicates_and_missing_things_are_mended_one_by_one() -> None:
    plan = _pretix(size=None)
    seats = plan["zones"][0]["rows"][0]["seats"]
    seats += [
        {**seats[0], "seat_number": "3", "position": {"x": 50, "y": 0}},
        {**seats[0], "seat_guid": "g4", "seat_number": "4", "position": {"x": 75, "y": 0}, "category": "Gold"},
        {**seats[0], "seat_guid": "g5", "seat_number": "5", "position": {"x": "1e400", "y": 0}, "x_note": 1},
        "seat",
    ]
    imported = _read(plan)
    at = "zones[0].rows[0].seats"
    assert _codes(imported.faults) == [
        ("lost", "not_an_object", f"{at}[5]"),
        ("repaired", "id_twice", f"{at}[2]"),
        ("repaired", "category_missing", f"{at}[3].category"),
        ("lost", "position", f"{at}[4]"),
        ("repaired", "size_missing", "size"),
        ("lost", "member_not_kept", f"{at}[4]"),
    ]
    assert [seat.id for seat in imported.document.seats] == ["g1", "g2", "g1-2", "g4"]
    assert [category.name for category in imported.document.categories] == ["Stalls", "Gold"]


def test_the_older_pretix_revision_and_parted_rows() -> None:
    plan = _pretix()
    zone = plan["zones"][0]
    left, right = zone["rows"][0], json.loads(json.dumps(zone["rows"][0]))
    for number, seat in enumerate(right["seats"]):
        seat |= {"seat_guid": f"r{number}", "seat_number": str(number + 3)}
    right["position"] = {"x": 135, "y": 20}
    zone |= {"displayed": True, "areas": [{"position": {"x": 0, "y": -40}, "width": 90, "height": 20, "text": "Stage"}]}
    zone["rows"] = [{**right, "number_of_seats": 2, "seats_spacing": 25}, left]
    imported = _read(plan)
    (row,) = imported.document.floors[0].sections[0].rows
    assert [seat.label for seat in row.seats] == ["1", "2", "3", "4"]
    assert row.gaps == (1,)
    (stage,) = imported.document.floors[0].decorations
    assert (stage.kind, stage.text, stage.x, stage.y, stage.width) == ("stage", "Stage", 290, 40, 180)
    assert sorted(fault.code for fault in imported.faults) == ["member_not_kept"] * 3 + ["rows_joined"]


def test_a_large_pretix_area_is_offered_and_becomes_bookable_when_somebody_says_how_many() -> None:
    plan = _pretix()
    points = [{"x": 0, "y": 0}, {"x": 300, "y": 0}, {"x": 300, "y": 200}, {"x": 0, "y": 200}]
    area = {"shape": "polygon", "position": {"x": 0, "y": 60}, "polygon": {"points": points}, "text": {"text": "Floor"}}
    plan["zones"][0]["areas"] = [area]
    imported = _read(plan)
    where = "zones[0].areas[0]"
    assert imported.proposal == {"areas": [{"where": where, "text": "Floor", "square_metres": 24}]}
    assert [one.text for one in imported.document.floors[0].decorations] == ["Floor"]
    (made,) = _read(plan, areas={where: 250}).document.areas
    assert (made.name, made.capacity, made.category, len(made.outline)) == ("Floor", 250, "floor", 4)


def test_bent_rows_of_a_pretix_plan_stay_bent_rows() -> None:
    document = compile_plan(preset("theatre")).document
    back = import_file("x", export_file(document, "pretix").content).document
    rows = [row for _floor, section in document.sections for row in section.rows]
    again = [row for _floor, section in back.sections for row in section.rows]
    assert [row.shape["kind"] for row in again] == [row.shape["kind"] for row in rows]
    assert all(
        math.isclose(a.shape["radius"], b.shape["radius"], rel_tol=0.02)
        for a, b in zip(rows, again, strict=True)
        if a.shape["kind"] == "arc"
    )


_POINT = {"x", "y"}
_PRETIX_AREA = {"uuid", "shape", "position", "rotation", "text", "color", "border_color"}


def test_pretix_export_has_no_member_and_no_fraction_that_they_would_refuse() -> None:
    """Their schema refuses what it does not know, and measures of shapes are whole pixels there (positions are not)."""
    for house in ("theatre", "cabaret", "standing"):
        plan = json.loads(export_file(compile_plan(preset(house)).document, "pretix").content)
        assert plan.keys() == {"name", "categories", "zones", "size"}
        assert all(type(plan["size"][member]) is int for member in ("width", "height"))
        assert all(one.keys() <= {"name", "color"} for one in plan["categories"])
        names = {one["name"] for one in plan["categories"]}
        for zone in plan["zones"]:
            assert zone.keys() <= {"name", "uuid", "position", "rows", "areas"}
            assert zone.keys() >= {"position", "rows"}
            for row in zone["rows"]:
                assert row.keys() == {"row_number", "row_number_position", "uuid", "position", "seats"}
                for seat in row["seats"]:
                    assert seat.keys() == {"seat_guid", "uuid", "seat_number", "position", "category"}
                    assert (seat["position"].keys(), seat["category"] in names) == (_POINT, True)
            for area in zone["areas"]:
                shape = area["shape"]
                assert area.keys() <= _PRETIX_AREA | {shape}
                assert shape in ("polygon", "rectangle", "text")
                if shape == "rectangle":
                    assert all(type(area[shape][member]) is int for member in ("width", "height"))
                if "text" in area:
                    assert area["text"].keys() >= {"text", "position"}
        guids = [s["seat_guid"] for zone in plan["zones"] for row in zone["rows"] for s in row["seats"]]
        assert len(guids) == len(set(guids)) > 150


# --- seats.io --------------------------------------------------------------------------------------------------------------


def _chart() -> dict[str, Any]:
    def seat(number: int, **more: Any) -> dict[str, Any]:
        return {"x": 20.0 * number, "y": 0, "label": str(number), "categoryKey": None, "uuid": f"u{number}", **more}

    row = {
        "label": "A",
        "uuid": "r1",
        "curve": 0,
        "chairSpacing": 4,
        "seats": [seat(1, accessible=True), seat(2, companionSeat=True), seat(3, restrictedView=True, categoryKey=2)],
    }
    table = {
        "label": "T1",
        "uuid": "t1",
        "center": {"x": 300, "y": 200},
        "radius": 25,
        "bookAsAWhole": True,
        "seats": [
            {"x": 300, "y": 160, "label": "1", "categoryKey": 1},
            {"x": 340, "y": 200, "label": "2", "categoryKey": 1},
        ],
    }
    area = {
        "label": "Floor",
        "capacity": 300,
        "categoryKey": 1,
        "points": [{"x": 0, "y": 300}, {"x": 90, "y": 300}, {"x": 90, "y": 400}],
    }
    return {
        "name": "Arena",
        "version": 20,
        "venueType": "SIMPLE",
        "categories": {
            "list": [{"key": 1, "label": "A", "color": "#ff0000"}, {"key": 2, "label": "B", "color": "rgb(0, 0, 255)"}]
        },
        "zones": {"list": [{"key": "z", "label": "Balcony", "focalPoint": {"x": 5, "y": 5}}]},
        "subChart": {
            "sections": [
                {
                    "label": "Left",
                    "categoryKey": 1,
                    "zone": "z",
                    "entrance": "Gate 1",
                    "topLeft": {"x": 1000, "y": 500},
                    "points": [{"x": 990, "y": 490}, {"x": 1100, "y": 490}, {"x": 1100, "y": 520}],
                    "subChart": {"rows": [row]},
                    "labelAngle": 3,
                }
            ],
            "tables": [table],
            "generalAdmissionAreas": [area],
            "booths": [{"label": "B1", "center": {"x": 0, "y": 0}, "width": 40, "height": 30, "categoryKey": 2}],
            "texts": [{"text": "Bar", "centerX": 10, "centerY": 20}],
            "imageObjects": [{"href": "https://example.com/x.png"}],
            "focalPoint": {"x": 500, "y": 0},
        },
    }


def test_a_seats_io_chart_with_all_its_kinds() -> None:
    imported = _read(_chart())
    document = imported.document
    left, loose = document.floors[0].sections
    assert (left.name, left.category, left.zone, left.entrance) == ("Left", "a", "Balcony", "Gate 1")
    first, second, third = left.rows[0].seats
    assert (first.flags, first.companions) == ({"wheelchair"}, (second.id,))
    assert (second.category, third.category, third.flags) == (None, "b", {"restricted_view"})
    table, booth = loose.tables
    assert (table.label, table.is_whole, table.category, table.width) == ("T1", True, "a", 100)
    # a section's seats are relative to its corner at 1000, 500, the table's middle is where it says; a pixel is 2 cm
    assert (first.x - table.x, first.y - table.y) == (2 * (1000 + 20 - 300), 2 * (500 - 200))
    assert (booth.label, len(booth.seats), booth.is_whole) == ("B1", 1, True)
    (area,) = document.areas
    assert (area.capacity, area.category) == (300, "a-floor")
    assert sorted(fault.code for fault in imported.faults) == [
        "area_category_shared",
        "booth",
        "companions_linked",
        "image",
        "member_not_kept",
    ]
    assert [fault.code for fault in faults_of(document) if fault.severity == "error"] == []


def test_seats_io_floors_become_floors() -> None:
    chart = _chart()
    sub = chart.pop("subChart")
    other = {"rows": sub["sections"][0]["subChart"]["rows"], "floorName": "Upper"}
    chart["subChartFloors"] = [{**sub, "floorName": "Lower"}, other]
    document = _read(chart).document
    assert [floor.name for floor in document.floors] == ["Lower", "Upper"]
    assert [len(list(section.seats)) for section in document.floors[1].sections] == [3]


# --- CSV -------------------------------------------------------------------------------------------------------------------


def test_a_list_without_positions_is_laid_out() -> None:
    content = b"Bereich;Reihe;Platz;Kategorie\nParkett;A;1;Gold\nParkett;A;2;Gold\nParkett;B;1;Silber\n"
    imported = import_file("seats.csv", content)
    (section,) = imported.document.floors[0].sections
    assert [(row.label, len(row.seats), row.category) for row in section.rows] == [("A", 2, "gold"), ("B", 1, "silber")]
    assert [fault.code for fault in imported.faults] == ["laid_out"]
    assert section.rows[1].seats[0].y - section.rows[0].seats[0].y == 90


def test_csv_faults_name_their_line() -> None:
    content = b"section,row,seat,x,y,flags,price\nS,A,1,0,0,aisle,9\nS,A,1,50,0,gold,9\nS,A,,1,1,,\nS,A,3,x,0,,\n"
    imported = import_file("seats.csv", content)
    assert _codes(imported.faults) == [
        ("lost", "flag", "3"),
        ("warning", "seat_twice", "3"),
        ("lost", "seat_label", "4"),
        ("repaired", "position", "5"),
        ("repaired", "positions", ""),
        ("lost", "member_not_kept", "1"),
    ]


def test_what_is_not_kept_is_told_in_the_readers_language_one_thing_as_one() -> None:
    content = b"section,row,seat,x,y,flags,price\nS,A,1,0,0,aisle,9\nS,A,2,,,,9\n"
    with translation.override("de"):
        imported = import_file("seats.csv", content)
        lost = export_file(imported.document, "pretix").lost
    assert [fault.words for fault in imported.faults] == [
        "1 Platz hat keine Position, darum werden alle Reihen neu angeordnet.",
        "„price“ von 1 × Zeile bleibt nicht erhalten.",
    ]
    assert [fault.words for fault in lost if fault.code == "flags"] == [
        "Was über Platz A 1 in „S“ gesagt ist, bleibt nicht erhalten: am Gang."
    ]


def test_cells_that_would_be_formulas_are_written_as_text_and_read_back() -> None:
    seats = (Seat("s1", "=1+1", 0, 0), Seat("s2", "-5", 50, 0))
    section = Section("x", "@SUM(A1)", rows=(Row("r", "+A", seats),))
    document = Document("F", 100, 100, floors=(Floor("f", "F", sections=(section,)),))
    exported = export_file(document, "csv")
    lines = exported.content.decode().split("\r\n")
    assert lines[1].startswith("'@SUM(A1),'+A,'=1+1,")
    assert lines[2].startswith("'@SUM(A1),'+A,-5,")
    back = import_file("x.csv", exported.content).document.floors[0].sections[0]
    assert (back.name, back.rows[0].label, [seat.label for seat in back.seats]) == ("@SUM(A1)", "+A", ["=1+1", "-5"])


# --- SVG -------------------------------------------------------------------------------------------------------------------


def _circles(document: Document, floor: int = 0) -> bytes:
    """The seats of a floor as nothing but circles, and the rows' labels as text beside them."""
    colors = {category.key: category.color for category in document.categories}
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {document.width} {document.height}">']
    for section in document.floors[floor].sections:
        for row in section.rows:
            out += [
                f'<circle cx="{s.x}" cy="{s.y}" r="20" fill="{colors[s.category or row.category or section.category or ""]}"/>'
                for s in row.seats
            ]
            out.append(f'<text x="{row.seats[0].x - 55}" y="{row.seats[0].y}">{row.label}</text>')
    return "".join([*out, "</svg>"]).encode()


def test_rows_are_found_again_among_bare_circles() -> None:
    document = compile_plan(preset("theatre")).document
    imported = import_file("plan.svg", _circles(document, floor=2))
    assert imported.needs_confirmation
    (section,) = imported.document.floors[0].sections
    rows = document.floors[2].sections[0].rows
    assert [(row.label, len(row.seats), len(row.gaps)) for row in section.rows] == [
        (row.label, len(row.seats), len(row.gaps)) for row in rows
    ]
    assert {row.shape["kind"] for row in section.rows} == {"arc"}
    assert [(c["id"], c["count"], c["is_proposed"]) for c in imported.proposal["clusters"]] == [("c1", 522, True)]


def test_upright_rows_are_rows_too() -> None:
    imported = import_file("plan.svg", _circles(compile_plan(preset("standing")).document, floor=1))
    assert sorted(len(row.seats) for _f, s in imported.document.sections for row in s.rows) == [
        *[22] * 4, 34, 36, 38, 40, 42, 44,
    ]  # fmt: skip


def test_a_person_says_which_shapes_are_seats() -> None:
    dots = "".join(f'<circle cx="{x}" cy="0" r="2"/>' for x in range(0, 400, 10))
    boxes = "".join(f'<rect id="A-{n}" x="{n * 50}" y="50" width="30" height="30"/>' for n in range(1, 9))
    content = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 200">{dots}{boxes}</svg>'.encode()
    guess = import_file("x.svg", content)
    assert [(c["id"], c["shape"], c["count"], c["is_proposed"]) for c in guess.proposal["clusters"]] == [
        ("c1", "circle", 40, True),
        ("c2", "rect", 8, False),
    ]
    said = import_file("x.svg", content, options={"clusters": ["c2"]})
    assert not said.needs_confirmation
    (row,) = said.document.floors[0].sections[0].rows
    assert (row.label, [seat.label for seat in row.seats]) == ("A", list("12345678"))
    with pytest.raises(MapInvalid) as refusal:
        import_file("x.svg", content, options={"clusters": ["c9"]})
    assert refusal.value.faults[0].code == "clusters"


def test_nested_uses_and_transforms_are_flattened() -> None:
    content = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 900 900">
      <defs><circle id="dot" r="10"/><g id="row"><use href="#dot" x="0"/><use href="#dot" x="50"/>
      <use xlink:href="#dot" transform="translate(100)"/></g></defs>
      <g id="left" transform="translate(100 100)"><use href="#row"/><use href="#row" y="90"/></g>
      <g id="right" transform="matrix(0 1 -1 0 600 100)"><use href="#row"/><use href="#row" y="90"/></g></svg>"""
    imported = import_file("x.svg", content)
    places = sorted((seat.x, seat.y) for seat in imported.document.seats)
    left, top = places[0]
    assert [(round(x - left), round(y - top)) for x, y in places] == [
        (0, 0), (0, 90), (50, 0), (50, 90), (100, 0), (100, 90), (410, 0), (410, 50), (410, 100), (500, 0), (500, 50), (500, 100),
    ]  # fmt: skip


# --- There and back ----------------------------------------------------------------------------------------------------------

_words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=10)
_labels = st.lists(st.from_regex(r"[A-Z0-9=+'][A-Za-z0-9.]{0,6}", fullmatch=True), min_size=1, max_size=6, unique=True)
_FLAGS = ["wheelchair", "companion", "aisle", "step_free"]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Maps with rows, tables, areas and decorations, on one floor or two."""
    categories = tuple(Category(f"k{n}", draw(_words), f"#00{n}0ff") for n in range(draw(st.integers(1, 3))))
    keys = st.sampled_from([category.key for category in categories])
    number = iter(range(10_000))
    names = iter(draw(st.lists(_words, min_size=8, max_size=8, unique=True)))

    def seats(labels: list[str], left: float, top: float, gaps: tuple[int, ...] = ()) -> tuple[Seat, ...]:
        made: list[Seat] = []
        for place, label in enumerate(labels):
            flags = frozenset(draw(st.lists(st.sampled_from(_FLAGS), max_size=2)))
            companions = (made[-1].id,) if made and "wheelchair" in flags else ()
            x = left + 50.0 * place + 110.0 * sum(gap < place for gap in gaps)
            made.append(Seat(f"n{next(number)}", label, x, top, draw(keys), flags, companions))
        return tuple(made)

    floors = []
    for f in range(draw(st.integers(1, 2))):
        sections = []
        for s in range(draw(st.integers(1, 2))):
            rows = []
            for r, label in enumerate(draw(_labels)):
                labels = draw(_labels)
                gaps = (
                    tuple(sorted(draw(st.sets(st.integers(0, len(labels) - 2), max_size=1)))) if len(labels) > 4 else ()
                )
                rows.append(Row(f"r{f}{s}{r}", label, seats(labels, 100, 100.0 + 90 * r + 900 * s, gaps), gaps=gaps))
            tables = []
            for t in range(draw(st.integers(0, 1))):
                at = 900.0 * s + 300
                tables.append(
                    Table(
                        f"t{f}{s}{t}",
                        f"T{t}_",
                        1_500,
                        at,
                        seats(draw(_labels), 1_400, at + 100),
                        is_whole=draw(st.booleans()),
                    )
                )
            sections.append(
                Section(f"s{f}{s}", next(names), tuple(rows), tuple(tables), entrance=draw(st.just("") | _words))
            )
        areas = []
        if draw(st.booleans()):
            areas.append(Area(f"a{f}", next(names), draw(st.integers(1, 900)), ((0, 0), (90, 0), (90, 90)), None))
        decorations = (Decoration(f"d{f}", "shape", 50, 50, 40, 20, 0.0, draw(_words)),)
        floors.append(Floor(f"f{f}", next(names), tuple(sections), tuple(areas), decorations))
    return parse(as_dict(Document(draw(_words), 2_000, 2_500, categories, tuple(floors))))


def _seats(document: Document) -> dict[str, dict[str, Any]]:
    names = {category.key: category.name for category in document.categories}
    return {
        seat.id: {
            "section": section.name,
            "line": line.label,
            "label": seat.label,
            "category": names.get(seat.category or line.category or section.category or ""),
            "flags": seat.flags,
            "companions": seat.companions,
        }
        for _floor, section in document.sections
        for line in section.lines
        for seat in line.seats
    }


def _told(lost: Any, code: str) -> set[str]:
    return {fault.element for fault in lost if fault.code == code}


@settings(max_examples=40)
@given(documents())
def test_every_seat_comes_back_from_every_format_with_no_more_lost_than_was_told(document: Document) -> None:
    assert set(WRITERS) == {"native", "pretix", "svg", "csv"}
    before = _seats(document)
    assert import_file("x", export_file(document, "native").content).document == document
    for name in ("pretix", "svg", "csv"):
        exported = export_file(document, name)
        lost: list[Fault] = list(exported.lost)
        back = import_file("x", exported.content)
        after = _seats(back.document)
        assert not back.needs_confirmation
        assert after.keys() == before.keys()
        for seat_id, seat in before.items():
            expected = dict(seat)
            if name != "svg" and (seat_id in _told(lost, "flags") or seat_id in _told(lost, "companions")):
                expected |= {"companions": ()} if name == "csv" else {"companions": (), "flags": frozenset()}
            if _told(lost, "category_renamed") or name == "csv":
                expected["category"] = after[seat_id]["category"]
            assert after[seat_id] == expected, name
        if name == "svg":
            assert [area.capacity for area in back.document.areas] == [area.capacity for area in document.areas]
            assert [[t.is_whole for t in s.tables] for _f, s in back.document.sections] == [
                [t.is_whole for t in s.tables] for _f, s in document.sections
            ]
        else:
            assert len(_told(lost, "table")) == sum(len(section.tables) for _f, section in document.sections)
        for (_f, section), (_g, again) in zip(document.sections, back.document.sections, strict=True):
            gaps = {row.label: row.gaps for row in again.rows}
            for row in section.rows:
                assert gaps[row.label] == row.gaps or row.id in _told(lost, "aisles")


def test_a_cluster_shows_shapes_of_all_its_rows() -> None:
    circles = "".join(f'<circle cx="{30 * n}" cy="{40 * row}" r="10"/>' for row in range(8) for n in range(20))
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400">{circles}</svg>'
    (cluster,) = import_file("hall.svg", svg.encode()).proposal["clusters"]
    assert {y for _x, y in cluster["points"]} == {40.0 * row for row in range(8)}
