"""Terms, privacy and imprint: an organizer's own words or sound defaults, and consents that say which were shown."""

import pytest
from django.db import IntegrityError, transaction

from audit.actions import SYSTEM
from audit.models import AuditEntry
from people.actions import LONGEST_LEGAL_TEXT, write_legal_text
from people.errors import LegalTextTooLong
from people.models import Consent, LegalText
from tests import world
from tests.organizer_portal.conftest import nora  # noqa: F401 - for pytest to find
from tests.staff import Visitor, text

Kind = LegalText.Kind
FORM = "/portal/settings/legal/"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/terms/", "Your tickets are sold by Northside Hall."),
        ("/privacy/", "Northside Hall is responsible for your details"),
        ("/imprint/", "Tickets on these pages are sold by Northside Hall."),
    ],
)
def test_without_own_words_the_default_names_the_organizer(northside: world.House, path: str, words: str) -> None:
    answer = Visitor(northside.host).get(path)

    assert answer.status_code == 200
    assert words in text(answer)


def test_every_page_of_the_shop_leads_there(northside: world.House) -> None:
    page = text(Visitor(northside.host).get("/"))

    for path in ("/terms/", "/privacy/", "/imprint/"):
        assert f'href="{path}"' in page


def test_an_owner_writes_them_and_takes_them_back(nora: Visitor, northside: world.House) -> None:  # noqa: F811
    shop = Visitor(northside.host)

    assert nora.post(FORM, {"terms": "Our <b>terms</b>\r\n\r\nSecond", "privacy": "", "imprint": "Nora, 1 North Road"})

    assert "<p>Our &lt;b&gt;terms&lt;/b&gt;</p> <p>Second</p>" in text(shop.get("/terms/"))
    assert "1 North Road" in text(shop.get("/imprint/"))
    assert "is responsible for your details" in text(shop.get("/privacy/"))
    assert "Shown now: your text." in text(nora.get(FORM))
    nora.post(FORM, {"terms": "", "privacy": "", "imprint": "Nora, 1 North Road"})
    assert "Your tickets are sold by Northside Hall." in text(shop.get("/terms/"))
    assert list(LegalText.objects.values_list("kind", "version").order_by("pk")) == [
        ("terms", 1),
        ("imprint", 1),
        ("terms", 2),
    ]
    assert AuditEntry.objects.filter(verb="write_legal_text").count() == 3


def test_a_version_never_changes(northside: world.House) -> None:
    write_legal_text(kind=Kind.TERMS, text="Ours", actor=SYSTEM)

    for change in (lambda: LegalText.objects.update(text="Theirs"), lambda: LegalText.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert LegalText.objects.get().text == "Ours"


def test_a_consent_says_which_terms_were_shown(northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest list", 0, 9),))
    world.place_order(event, **{"Guest list": 1})
    write_legal_text(kind=Kind.TERMS, text="Ours", actor=SYSTEM)
    write_legal_text(kind=Kind.TERMS, text="Ours, again", actor=SYSTEM)

    world.place_order(event, **{"Guest list": 1})

    versions = Consent.objects.filter(kind="terms").order_by("pk").values_list("text_version", flat=True)
    assert list(versions) == ["2026-11, default 2026-11", "2026-11, own 2"]


def test_a_text_without_end_is_refused(northside: world.House, nora: Visitor) -> None:  # noqa: F811
    endless = "x" * (LONGEST_LEGAL_TEXT + 1)

    with pytest.raises(LegalTextTooLong):
        write_legal_text(kind=Kind.TERMS, text=endless, actor=SYSTEM)
    assert nora.post(FORM, {"terms": endless}).status_code == 422

    assert not LegalText.objects.exists()


def test_the_checkout_leads_to_what_is_agreed_to(northside: world.House) -> None:
    held = world.hold(world.make_event(kinds=(("Guest list", 0, 9),)), **{"Guest list": 1})

    page = text(Visitor(northside.host).get(f"/checkout/{held.pk}/{held.token}/"))

    assert 'href="/terms/" target="_blank"' in page
    assert 'href="/privacy/" target="_blank"' in page
