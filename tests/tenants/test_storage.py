"""Files carry their organizer's id in the path, and another organizer cannot reach them."""

from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django_tenants.utils import tenant_context

from tests.world import House


def test_the_organizers_id_is_in_the_path(northside: House, media: Path) -> None:
    name = storages["private"].save("tickets/one.pdf", ContentFile(b"pdf"))

    assert name == f"{northside.organizer.pk}/tickets/one.pdf"
    assert (media / "private" / name).read_bytes() == b"pdf"
    assert storages["private"].open(name).read() == b"pdf"


def test_a_name_that_is_taken_gets_another(northside: House, media: Path) -> None:
    first = storages["private"].save("one.pdf", ContentFile(b"1"))
    second = storages["private"].save(first, ContentFile(b"2"))

    assert first != second
    assert second.startswith(f"{northside.organizer.pk}/one")


def test_another_organizer_cannot_open_delete_or_ask(northside: House, southside: House, media: Path) -> None:
    name = storages["private"].save("one.pdf", ContentFile(b"pdf"))

    with tenant_context(southside.organizer):
        for reach in (storages["private"].open, storages["private"].delete, storages["private"].exists):
            with pytest.raises(SuspiciousFileOperation):
                reach(name)
    assert storages["private"].exists(name)


def test_no_way_up_the_tree(northside: House, southside: House, media: Path) -> None:
    with tenant_context(southside.organizer):
        name = storages["private"].save("one.pdf", ContentFile(b"pdf"))

    for path in (f"{northside.organizer.pk}/../{name}", f"../public/{name}", f"/{name}"):
        with pytest.raises(SuspiciousFileOperation):
            storages["private"].open(path)


def test_public_files_have_an_address_and_private_ones_none(northside: House, media: Path) -> None:
    logo = storages["public"].save("logo.png", ContentFile(b"png"))
    ticket = storages["private"].save("one.pdf", ContentFile(b"pdf"))

    assert storages["public"].url(logo) == f"/media/{northside.organizer.pk}/logo.png"
    with pytest.raises(ValueError, match="no address"):
        storages["private"].url(ticket)


def test_the_platforms_files_have_a_folder_of_their_own(db: None, media: Path) -> None:
    assert storages["private"].save("report.csv", ContentFile(b"x")) == "platform/report.csv"


def test_the_same_cache_key_is_another_entry_for_each(northside: House, southside: House) -> None:
    cache.set("greeting", "north", 10)

    with tenant_context(southside.organizer):
        assert cache.get("greeting") is None
        cache.set("greeting", "south", 10)
    assert cache.get("greeting") == "north"
    cache.delete("greeting")
