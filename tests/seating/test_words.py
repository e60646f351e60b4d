"""What people call the things of a seat map."""

import pytest
from django.utils.translation import override

from seating.words import size_words


@pytest.mark.parametrize(
    ("language", "seats", "places", "words"),
    [
        ("en", 20_138, 2_500, "20,138 seats, 2,500 standing places"),
        ("de", 20_138, 2_500, "20.138 Sitzplätze, 2.500 Stehplätze"),
        ("en", 1, 0, "1 seat"),
        ("en", 0, 600, "600 standing places"),
        ("de", 0, 1, "1 Stehplatz"),
        ("en", 0, 0, "0 seats"),
    ],
)
def test_the_size_of_a_map_leaves_out_what_there_is_none_of(language: str, seats: int, places: int, words: str) -> None:
    with override(language):
        assert size_words(seats, places) == words
