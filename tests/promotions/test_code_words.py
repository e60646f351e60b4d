"""What two ways of writing one code have in common."""

import pytest

from promotions.words import code_key


@pytest.mark.parametrize(
    "typed",
    [
        "SPRING-24",
        "spring 24",
        "  Spring24 ",
        "spring–24",
        "ｓｐｒｉｎｇ２４",
        "S.P.R.I.N.G_24",
        "spring\u00a024",
        "SPRING\u200b24",
    ],
)
def test_one_code_is_written_in_many_ways(typed: str) -> None:
    assert code_key(typed) == "SPRING24"


@pytest.mark.parametrize("typed", ["", "   ", "--", "a'b", "x;y", "ab\x00c", "€5", "A" * 41, "<b>"])
def test_what_is_no_code_has_no_key(typed: str) -> None:
    assert code_key(typed) == ""


def test_letters_of_other_alphabets_are_letters() -> None:
    assert code_key("frühling") == "FRÜHLING"
    assert code_key("straße") == code_key("STRASSE") == "STRASSE"
