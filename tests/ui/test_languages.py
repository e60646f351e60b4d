"""Pages speak the reader's language; what a catalogue translates keeps its placeholders."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.test import Client

from tests import world

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_translations_keep_every_placeholder(path: Path) -> None:
    with path.open("rb") as source:
        messages = [message for message in read_po(source) if message.id]

    for message in messages:
        asked = message.id if isinstance(message.id, str) else message.id[-1]
        given = message.string if isinstance(message.string, str) else message.string[-1]
        assert not given or sorted(PLACEHOLDER.findall(given)) == sorted(PLACEHOLDER.findall(asked)), asked


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_nothing_in_a_catalogue_is_left_empty_or_in_doubt(path: Path) -> None:
    with path.open("rb") as source:
        messages = [message for message in read_po(source) if message.id]

    strings = {str(m.id): [m.string] if isinstance(m.string, str) else list(m.string) for m in messages}
    assert {words for words, given in strings.items() if not all(given)} == set()
    assert {str(message.id) for message in messages if message.fuzzy} == set()


def test_what_was_added_last_is_german_too(northside: world.House) -> None:
    shop = Client(HTTP_HOST=northside.host, HTTP_ACCEPT_LANGUAGE="de-DE,de;q=0.9")

    assert "Ihre Tickets verkauft Northside Hall." in shop.get("/terms/").content.decode()
    assert "Impressum" in shop.get("/").content.decode()


def test_the_shop_speaks_german_to_a_german_browser(northside: world.House) -> None:
    shop = Client(HTTP_HOST=northside.host, HTTP_ACCEPT_LANGUAGE="de-DE,de;q=0.9")

    page = shop.get("/orders/").content.decode()

    assert '<html lang="de"' in page
    assert "Meine Tickets finden" in page


def test_an_unknown_language_reads_english(northside: world.House) -> None:
    shop = Client(HTTP_HOST=northside.host, HTTP_ACCEPT_LANGUAGE="cy")

    assert "Find my tickets" in shop.get("/orders/").content.decode()
