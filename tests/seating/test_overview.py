"""The small picture of a map: its shapes, its words, and nothing that a page's policy forbids."""

import re
from dataclasses import replace
from xml.etree import ElementTree

from seating.compiled import CompiledMap
from seating.overview import overview
from tests.seat_maps import cabaret, stadium, theatre


def texts(picture: str) -> list[str]:
    return [part.text or "" for part in ElementTree.fromstring(picture).iter("text")]


def test_a_floor_has_its_sections_its_stage_and_their_words():
    compiled = CompiledMap(theatre())

    ground = overview(compiled, label="Map of the theatre", captions={"stalls": "12 from €45.00"})
    upper = overview(compiled, floor=1, label="Map of the theatre")

    assert texts(ground) == ["Stage", "Stalls", "12 from €45.00", "Circle"]
    assert texts(upper) == ["Stage", "Balcony"]
    assert ElementTree.fromstring(ground).attrib["aria-label"] == "Map of the theatre"


def test_a_section_has_the_colour_that_the_event_paints_it():
    compiled = CompiledMap(cabaret())
    painted = ["premium" if seat.label == "1" else "standing" for seat in compiled.seats]

    shapes = [
        part for part in ElementTree.fromstring(overview(compiled, label="", categories=painted)) if part.get("fill")
    ]

    assert [part.get("fill") for part in shapes] == [
        "#cc79a7"
    ] * 13  # twelve tables as most chairs, and the standing area


def test_names_are_text_and_nothing_else():
    document = theatre()
    floor = document.floors[0]
    section = replace(floor.sections[0], name='<script>alert("x")</script>')
    hostile = replace(document, floors=(replace(floor, sections=(section,)),))

    picture = overview(CompiledMap(hostile), label='"><script>')

    assert "<script" not in picture
    assert texts(picture) == ["Stage", '<script>alert("x")</script>']


def test_a_stadium_is_a_small_picture_without_styles():
    picture = overview(CompiledMap(stadium()), label="Stadium")

    assert len(picture) < 120_000
    assert re.search(r"style|url\(|<image|<script", picture) is None
