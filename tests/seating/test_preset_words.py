"""Houses that are ready, in the reader's language."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from seating.document import Document
from seating.plan import PRESETS, compile_plan, preset
from seating.preset_words import in_words, ready_house, translated


def said(document: Document) -> list[str]:
    """All that is written on a house but the labels of rows and seats."""
    words: list[str] = []

    def hear(text: str) -> str:
        words.append(text)
        return text

    in_words(document, hear)
    return words


@pytest.fixture
def german() -> Iterator[None]:
    with translation.override("de"):
        yield


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "stadium"])
def test_a_house_is_written_in_the_readers_language_and_is_the_same_house(name: str, german: None) -> None:
    english = compile_plan(preset(name)).document
    house = ready_house(name)

    assert [seat.id for seat in house.seats] == [seat.id for seat in english.seats]
    pairs = {(before, after) for before, after in zip(said(english), said(house), strict=True) if before}
    same = {before for before, after in pairs if before == after}
    assert same <= {"Premium", "Bar", "Cabaret"}
    assert ("Stage", "Bühne") in pairs


def test_numbers_in_names_are_kept(german: None) -> None:
    assert translated("Box 3 left") == "Loge 3 links"
    assert translated("Doors 1 and 2") == "Türen 1 und 2"
    assert translated("The Old Mill 7") == "The Old Mill 7"
