"""A brand is any colour at all, and everything derived from it can be read."""

from random import Random

import pytest

from ui.brand import (
    DARK_PAPER,
    EDGE_CONTRAST,
    LIGHT_PAPER,
    TEXT_CONTRAST,
    Palette,
    brand,
    contrast,
    normalised,
    text_on,
    theme_css,
)
from ui.poster import poster

COLORS = 20_000


def test_every_colour_of_20_000_is_readable_on_light_and_dark_pages() -> None:
    random = Random(2026)

    for _ in range(COLORS):
        color = f"#{random.randrange(1 << 24):06x}"
        derived = brand.__wrapped__(color)

        _assert_readable(color, derived.light, LIGHT_PAPER)
        _assert_readable(color, derived.dark, DARK_PAPER)


def _assert_readable(color: str, palette: Palette, paper: tuple[str, str]) -> None:
    assert palette.primary == color
    assert contrast(palette.primary_content, palette.primary) >= TEXT_CONTRAST, color
    assert contrast(palette.primary_content, palette.hover) >= TEXT_CONTRAST, color
    assert min(contrast(palette.ink, sheet) for sheet in paper) >= TEXT_CONTRAST, color
    if palette.edge == "transparent":
        assert contrast(palette.primary, paper[0]) >= EDGE_CONTRAST, color
    else:
        assert contrast(palette.edge, paper[0]) >= EDGE_CONTRAST, color


def test_a_readable_colour_is_kept_as_it_is() -> None:
    assert brand("#0b5cad").light.ink == "#0b5cad"


def test_yellow_becomes_its_own_dark_tone_as_text() -> None:
    assert brand("#ffd400").light.ink == "#866e00"
    assert brand("#ffd400").light.edge == "#866e00"
    assert brand("#ffd400").dark.ink == "#ffd400"


def test_text_on_a_fill_is_white_or_pure_black() -> None:
    assert text_on("#c4121a") == "#ffffff"
    assert text_on("#777777") == "#000000"


@pytest.mark.parametrize(("typed", "stored"), [("#ABC", "#aabbcc"), (" ffd400 ", "#ffd400"), ("#FFD400", "#ffd400")])
def test_what_people_type_becomes_six_digits(typed: str, stored: str) -> None:
    assert normalised(typed) == stored


@pytest.mark.parametrize("typed", ["", "red", "#12345", "#12345g", "#fff;}body{display:none", "url(//x)"])
def test_what_is_no_colour_is_refused_and_never_reaches_a_stylesheet(typed: str) -> None:
    with pytest.raises(ValueError):
        theme_css(typed)


def test_the_stylesheet_is_small_and_named_by_its_content() -> None:
    name, css = theme_css("#ffd400")

    assert len(css) < 2000
    assert len(name) == 16
    assert theme_css("#FFD400") == (name, css)
    assert theme_css("#ffd401")[0] != name


def test_a_poster_is_the_same_for_the_same_title_and_colour() -> None:
    assert poster("Autumn Strings", "#0b5cad") == poster("Autumn Strings", "#0b5cad")
    assert poster("Autumn Strings", "#0b5cad") != poster("Harbour Lights", "#0b5cad")
    assert poster("No colour", "").background == poster("No colour", "nonsense").background
