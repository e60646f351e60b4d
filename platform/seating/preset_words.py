"""The houses that are ready in the reader's language: what is written on them, translated once they are laid out.

Their ids come of the English words and stay the same in every language.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from seating.document import Document, Floor
from seating.plan import compile_plan, preset

# fmt: off
WORDS: Final = (
    _("Balcony"), _("Bar"), _("Bar stools"), _("Box {n} left"), _("Box {n} right"), _("Boxes"), _("Cabaret"), _("Circle"),
    _("Concert hall"), _("Door {n}"), _("Doors 1 and 2"), _("Doors 3 and 4"), _("Doors 5 and 6"), _("Floor"), _("Front"),
    _("Front of stage"), _("Front tables"), _("Gate A"), _("Gate D"), _("Gate E"), _("Gate N"), _("Gate NE"), _("Gate NW"),
    _("Gate S"), _("Gate SE"), _("Gate SW"), _("Gate W"), _("Gates B and C"), _("Grand theatre"), _("Hall"),
    _("Left balcony"), _("Long tables"), _("Lower East"), _("Lower North"), _("Lower North-east"), _("Lower North-west"),
    _("Lower South"), _("Lower South-east"), _("Lower South-west"), _("Lower West"), _("Lower centre"), _("Lower corner"),
    _("Lower end"), _("Lower side"), _("Pitch"), _("Platform"), _("Premium"), _("Price A"), _("Price B"), _("Price C"),
    _("Price D"), _("Right balcony"), _("Room"), _("Side balcony"), _("Sound desk"), _("Stadium"), _("Stage"),
    _("Stairs {n}"), _("Stairs 1 and 2"), _("Stairs left"), _("Stalls"), _("Standing"), _("Tables"), _("Terrace"),
    _("Upper East"), _("Upper North"), _("Upper North-east"), _("Upper North-west"), _("Upper South"),
    _("Upper South-east"), _("Upper South-west"), _("Upper West"), _("Upper end and corner"), _("Upper side"),
    _("Wheelchair platform"),
)
# fmt: on
_NUMBER = re.compile(r"\d+")


def ready_house(name: str) -> Document:
    """One of the plans that come with the product, laid out, in the reader's language. Raises KeyError."""
    return _house(name, get_language() or "en")


@lru_cache(maxsize=8)  # a stadium takes seconds to lay out
def _house(name: str, language: str) -> Document:
    document = compile_plan(preset(name)).document
    return document if language.startswith("en") else in_words(document, translated)


def translated(words: str) -> str:
    """What is written on a ready house in the reader's language; "Box 3 left" by the pattern "Box {n} left"."""
    if words in WORDS:
        return gettext(words)
    number = _NUMBER.search(words)
    pattern = _NUMBER.sub("{n}", words, count=1)
    return gettext(pattern).replace("{n}", number[0]) if number and pattern in WORDS else words


def in_words(document: Document, say: Callable[[str], str]) -> Document:
    """The same document with other words: names, zones, entrances, what stands on it. Labels of rows and seats stay."""
    return replace(
        document,
        name=say(document.name),
        categories=tuple(replace(one, name=say(one.name)) for one in document.categories),
        floors=tuple(_floor(one, say) for one in document.floors),
    )


def _floor(floor: Floor, say: Callable[[str], str]) -> Floor:
    return replace(
        floor,
        name=say(floor.name),
        sections=tuple(
            replace(one, name=say(one.name), zone=say(one.zone), entrance=say(one.entrance)) for one in floor.sections
        ),
        areas=tuple(replace(one, name=say(one.name), entrance=say(one.entrance)) for one in floor.areas),
        # An icon's text is which one it is.
        decorations=tuple(one if one.kind == "icon" else replace(one, text=say(one.text)) for one in floor.decorations),
    )
