"""Files that mean harm, or are merely broken: refused in words or mended with a note, in bounded time and memory."""

import contextlib
import gzip
import json
import math
import subprocess
import sys
import textwrap
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seating.document import Document
from seating.errors import MapInvalid
from seating.formats import READERS, WRITERS, export_file, import_file

ROOT = Path(__file__).resolve().parents[2]
MOST_MEGABYTES = 600  # of a child that reads one hostile file, above what it has without
MOST_SECONDS = 60

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 900 900">%s</svg>'
)
SEATS = "".join(f'<circle id="A-{n}" cx="{n * 50}" cy="50" r="20"/>' for n in range(1, 9))


def _refused(content: bytes, format: str | None = None) -> list[str]:
    with pytest.raises(MapInvalid) as refusal:
        import_file("file", content, format)
    return [fault.code for fault in refusal.value.faults]


def _zip_bomb() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plan.json", b"0" * 10_000_000)
    return packed.getvalue()


_ENTITIES = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
LAUGHS = f'<!DOCTYPE svg [<!ENTITY a "ha">{_ENTITIES}]>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "empty_file", id="empty"),
        pytest.param(b"  \n", "empty_file", id="blank"),
        pytest.param(b"\x00\x01\x02", "format_unknown", id="binary"),
        pytest.param(b"hello", "format_unknown", id="words"),
        pytest.param("{}".encode("utf-16"), "encoding", id="utf-16"),
        pytest.param(b'{"zones": "\xff"}', "encoding", id="not-utf-8"),
        pytest.param(_zip_bomb(), "compressed", id="zip"),
        pytest.param(gzip.compress(b"0" * 10_000_000), "compressed", id="gzip"),
        pytest.param(b'{"a":' * 100_000, "too_deep", id="braces"),
        pytest.param(b"[" * 100_000, "too_deep", id="brackets"),
        pytest.param(b'{"zones": [NaN]}', "not_json", id="nan"),
        pytest.param(b'{"zones": [-Infinity]}', "not_json", id="infinity"),
        pytest.param(b'{"zones": [1', "not_json", id="cut-off"),
        pytest.param(b'{"zones": [' + b"9" * 5_000 + b"]}", "not_json", id="digits"),
        pytest.param(b'{"zones": {}}', "format_unknown", id="zones-are-no-list"),
        pytest.param(b'{"subChart": []}', "not_seatsio", id="sub-chart-is-a-list"),
        pytest.param(b"<svg", "not_xml", id="no-xml"),
        pytest.param(b"<html><body/></html>", "not_svg", id="html"),
        pytest.param((SVG % "").encode(), "no_seats", id="no-seats"),
        pytest.param((LAUGHS + SVG % "&j;").encode(), "entities", id="billion-laughs"),
        pytest.param(
            ('<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SVG % "<text>&x;</text>").encode(),
            "entities",
            id="external-entity",
        ),
        pytest.param(
            ('<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>' + SVG % SEATS).encode(),
            "entities",
            id="parameter-entity",
        ),
        pytest.param((SVG % ("<g>" * 500 + SEATS + "</g>" * 500)).encode(), "too_deep", id="deep-groups"),
        pytest.param(b"section,row,seat\n" + b'"' + b"a" * 200_000, "csv", id="open-quote"),
        pytest.param(b"section,row,seat\nS,A,%s\n" % (b"1" * 3_000), "csv", id="long-cell"),
        pytest.param(b"section,row,seat\n", "empty_file", id="no-lines"),
    ],
)
def test_what_is_no_map_is_refused_in_words(content: bytes, code: str) -> None:
    assert _refused(content) == [code]


def test_an_outer_document_type_is_never_fetched() -> None:
    doctype = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://127.0.0.1:1/svg11.dtd">'
    assert len(list(import_file("x", (doctype + SVG % SEATS).encode()).document.seats)) == 8


def test_cycles_of_uses_are_cut_and_told() -> None:
    body = (
        '<g id="a"><use href="#b"/></g><g id="b"><use xlink:href="#a"/></g><use id="c" href="#c"/><use href="#gone"/>'
    )
    imported = import_file("x", (SVG % (body + SEATS)).encode())
    codes = [fault.code for fault in imported.faults]
    assert codes.count("use_cycle") >= 3
    assert codes.count("use_missing") == 1
    assert len(list(imported.document.seats)) == 8


def test_copies_of_copies_stop_at_a_bound() -> None:
    levels = "".join(f'<g id="l{n + 1}">{f"""<use href="#l{n}" x="{n}"/>""" * 10}</g>' for n in range(8))
    bomb = f'<defs><circle id="l0" r="9"/>{levels}</defs><use href="#l8"/>'
    assert _refused((SVG % bomb).encode()) == ["too_many"]


def test_nothing_active_survives_in_what_is_made_or_given_back() -> None:
    evil = (
        "<script>alert(1)</script><script xlink:href='https://evil.example/x.js'/>"
        '<foreignObject><iframe srcdoc="&lt;script&gt;alert(2)&lt;/script&gt;"/></foreignObject>'
        '<image href="https://evil.example/pixel.png"/><a href="javascript:alert(3)"><rect x="0" y="200" width="90" height="90"/></a>'
        '<text x="9" y="400">&lt;script&gt;alert(4)&lt;/script&gt;</text>'
        '<style>@import url("https://evil.example/x.css")</style>'
        '<set attributeName="onmouseover" to="alert(5)"/>'
    )
    seats = SEATS.replace("<circle", '<circle onload="alert(6)" style="background:url(javascript:alert(7))"')
    imported = import_file("x", (SVG % (evil + seats)).encode())
    assert {fault.code for fault in imported.faults} >= {"active_content"}
    for name in WRITERS:
        content = export_file(imported.document, name).content.decode()
        for word in ("<script", "javascript:", "onload=", "evil.example", "<iframe", "foreignObject", "@import"):
            if name == "svg" or word != "<script":  # as plain words in JSON or CSV it is a text like any other
                assert word not in content, (name, word)


def test_labels_that_are_markup_stay_words() -> None:
    data = {
        "name": '"><script>alert(1)</script>',
        "size": {"width": 10, "height": 10},
        "categories": [{"name": "<b>", "color": 'red;"onload="x'}],
        "zones": [
            {
                "name": "]]><script>",
                "position": {"x": 0, "y": 0},
                "rows": [
                    {
                        "row_number": "'\"<&",
                        "seats": [
                            {"seat_guid": "<g>", "seat_number": "&lt;", "position": {"x": 1, "y": 1}, "category": "<b>"}
                        ],
                    }
                ],
            }
        ],
    }
    imported = import_file("x", json.dumps(data).encode())
    svg = export_file(imported.document, "svg").content.decode()
    assert "<script" not in svg
    assert "onload=" not in svg
    again = import_file("x", svg.encode()).document
    assert [seat.label for seat in again.seats] == ["&lt;"]
    assert again.floors[0].sections[0].name == "]]><script>"


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "1e308", '"NaN"', '"inf"', "true", "null", "[]", '"12px"', "1e7"]
)
def test_a_seat_without_a_place_is_left_out_and_told(number: str) -> None:
    text = (
        '{"name": "x", "size": {"width": 1, "height": 1}, "categories": [], "zones": [{"position": {"x": 0, "y": 0}, "rows":'
        ' [{"row_number": "A", "seats": [{"seat_guid": "a", "seat_number": "1", "position": {"x": 0, "y": 0}},'
        ' {"seat_guid": "b", "seat_number": "2", "position": {"x": NUMBER, "y": 0}}]}]}]}'
    )
    imported = import_file("x", text.replace("NUMBER", number).encode())
    assert [seat.id for seat in imported.document.seats] == ["a"]
    assert [fault.where for fault in imported.faults if fault.code == "position"] == ["zones[0].rows[0].seats[1]"]


def test_lone_surrogates_and_control_characters_are_taken_out() -> None:
    text = (
        r'{"name": "a\ud800b\u0000\u202e", "categories": [], "size": {"width": 9, "height": 9, "\udfff": 1},'
        r' "zones": [{"name": "\udc00", "position": {"x": 0, "y": 0},'
        r' "rows": [{"row_number": "A\u0007", "seats": [{"seat_guid": "\ud83d", "seat_number": "1\n", "position": {"x": 0, "y": 0}}]}]}]}'
    )
    imported = import_file("x", text.encode())
    assert imported.document.name == "ab"
    (section,) = imported.document.floors[0].sections
    assert (section.name, section.rows[0].label, section.rows[0].seats[0].label) == ("Zone 1", "A", "1")
    json.dumps([fault.as_dict() for fault in imported.faults], ensure_ascii=False).encode()


def test_what_is_quoted_of_a_refused_file_can_be_printed() -> None:
    map_of_ours = (
        r'{"format": "marquee-seat-map", "version": 1, "\ud800": 1, "floors": [{"id": "f", "sections": [{"id": "\ud800", '
        r'"category": "\ud800", "rows": [{"id": "r", "\ud800": 1, "seats": [{"id": "a", "companions": ["\ud800"]}]}]}]}]}'
    )
    plan = r'{"format": "marquee-seat-plan", "version": 1, "\ud800": 1, "floors": [{"\u0000": 1}]}'
    version = r'{"format": "marquee-seat-map", "version": "\ud800"}'
    for text in (map_of_ours, plan, version):
        with pytest.raises(MapInvalid) as refusal:
            import_file("x", text.encode())
        for fault in refusal.value.faults:
            assert all(part.isprintable() for part in fault.as_dict().values()), fault


def test_more_faults_than_anybody_reads_are_counted() -> None:
    seats = [{"seat_guid": "same", "seat_number": "1", "position": {"x": n, "y": 0}} for n in range(5_000)]
    data = {"zones": [{"position": {"x": 0, "y": 0}, "rows": [{"row_number": "A", "seats": seats}]}]}
    faults = import_file("x", json.dumps(data).encode()).faults
    assert len(faults) < 2_100
    told = [fault for fault in faults if fault.code == "id_twice"]
    assert "more of the kind" in told[-1].words
    assert str(4_999 - (len(told) - 1)) in told[-1].words


# --- Size ------------------------------------------------------------------------------------------------------------------

CHILD = """
    import os, resource, sys, time
    sys.path[:0] = ["platform", "."]
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django
    django.setup()
    from seating.errors import MapInvalid
    from seating.formats import import_file
    {make}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    try:
        outcome = str(sum(1 for seat in import_file("x", content).document.seats))
    except MapInvalid as refusal:
        outcome = refusal.faults[0].code
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(outcome, (after - before) // 1024, round(time.monotonic() - began, 1))
"""

HUGE = {
    "100 MB": ('content = b"{" + b" " * 100_000_000', "too_large"),
    "empty objects": ('content = b\'{"zones": [\' + b"{}," * 8_000_000 + b"{}]}"', "too_many"),
    "short strings": ("content = b'{\"zones\": [' + b'\"ab\",' * 6_000_000 + b'\"\"]}'", "too_many"),
    "a million elements": (
        'content = b\'<svg xmlns="http://www.w3.org/2000/svg">\' + b\'<rect width="1"/>\' * 1_000_000 + b"</svg>"',
        "too_many",
    ),
    "a million lines": ('content = b"section,row,seat\\n" + b"S,A,1\\n" * 1_000_000', "too_many_seats"),
    "one long path": (
        'content = b\'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0\' + b" L1 1" * 5_000_000 + b\'"/></svg>\'',
        "no_seats",
    ),
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_files_cost_bounded_memory_and_time(name: str) -> None:
    make, expected = HUGE[name]
    code = textwrap.dedent(CHILD).format(make=make)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=2 * MOST_SECONDS, check=True
    )
    outcome, megabytes, seconds = done.stdout.split()
    assert outcome == expected
    assert int(megabytes) < MOST_MEGABYTES
    assert float(seconds) < MOST_SECONDS


def test_shapes_all_on_one_spot_cost_no_more_than_others() -> None:
    body = '<circle cx="5" cy="5" r="9"/>' * 20_000 + '<rect width="0" height="9"/>' * 20_000 + SEATS
    began = time.monotonic()
    import_file("x", (SVG % body).encode())
    assert time.monotonic() - began < MOST_SECONDS


# --- Anything at all -------------------------------------------------------------------------------------------------------

_MEMBERS = st.sampled_from(
    [
        "format", "version", "name", "zones", "rows", "seats", "areas", "position", "x", "y", "shape", "polygon", "points", "text",
        "categories", "list", "key", "label", "color", "size", "width", "height", "subChart", "sections", "tables", "booths",
        "generalAdmissionAreas", "topLeft", "center", "radius", "capacity", "uuid", "seat_guid", "seat_number", "row_number",
        "category", "categoryKey", "rotation", "shapes", "texts", "floors", "focalPoint", "zone", "circle", "ellipse",
    ]
)  # fmt: skip
_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(["polygon", "rectangle", "ellipse", "circle", "text", "red", "1", "marquee-seat-map"])
)
_json = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_MEMBERS, inner, max_size=5),
    max_leaves=25,
)
_markup = st.lists(
    st.sampled_from(
        [
            "<g>", "</g>", '<use href="#a"/>', '<g id="a" transform="rotate(9e99)">', '<circle r="5" cx="1e400"/>', "<path d='M0'/>",
            '<rect width="-3" height="NaN"/>', "<path d='A1 1 0 0 1 1 1 z z M1e308 1e308 L-1e308 0'/>", "<text>7</text>", "&amp;",
            "<title>x</title>", '<circle id="A-1" r="9" data-seat="1" data-row="A"/>', "<tspan>", "</tspan>", "<symbol>", "</symbol>",
            '<circle r="9" cx="4"/>' * 5, '<use href="#A-1" x="50"/>', "<g data-table='1' data-section='s' data-row='A' data-floor='f'>",
        ]
    ),
    max_size=25,
).map("".join)  # fmt: skip


def _reads(content: bytes, format: str) -> None:
    with contextlib.suppress(MapInvalid):
        document = import_file("x", content, format).document
        assert isinstance(document, Document)
        assert all(math.isfinite(seat.x) and math.isfinite(seat.y) for seat in document.seats)
        for name in WRITERS:
            export_file(document, name)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(_json, st.sampled_from(["native", "plan", "pretix", "seatsio"]))
def test_no_json_makes_a_reader_fail(value: Any, format: str) -> None:
    wrapped = {"zones": value if isinstance(value, list) else [value], "subChart": value, "categories": value}
    for data in (value, wrapped, {"subChart": wrapped if isinstance(value, dict) else {}, "subChartFloors": value}):
        _reads(json.dumps(data).encode(), format)


@settings(max_examples=60)
@given(_markup)
def test_no_markup_makes_the_svg_reader_fail(body: str) -> None:
    _reads((SVG % body).encode(), "svg")


@settings(max_examples=60)
@given(st.text(st.sampled_from(list("section,rowseat;\n\r\"'\t1A=\x00é")), max_size=80))
def test_no_list_makes_the_csv_reader_fail(text: str) -> None:
    _reads(text.encode(), "csv")
    _reads(("section,row,seat,x,y\n" + text).encode(), "csv")


@settings(max_examples=50)
@given(st.binary(max_size=60), st.sampled_from(sorted(READERS)))
def test_no_bytes_make_a_reader_fail(content: bytes, format: str) -> None:
    _reads(content, format)
    with contextlib.suppress(MapInvalid):
        import_file("x", content)
