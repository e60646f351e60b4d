"""Whatever is typed into any form of any page, the answer is one of ours and never a fault.

The forms are found by crawling, so a new one is tried as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings

from accounts.models import User
from tests import world
from tests.isolation.canary import Furnished
from tests.isolation.test_canaries import Crawl, secret_addresses
from tests.staff import Visitor, forget_limits, signed_in

JUNK = {
    "nothing": "",
    "a NUL": "a\x00b",
    "a number of 5000 digits": "9" * 5000,
    "a huge number": "1e309",
    "a negative number": "-1",
    "a fraction": "1.5",
    "no number": "NaN",
    "a number beyond any": "9e999999",
    "Arabic digits": "٣",
    "a raised digit": "²",
    "a long text": "x" * 20_000,
    "lines": "a\r\nBcc: everybody@example.com\r\n\r\nb",
    "letters from everywhere": "Zoë 東京 \u202e 🎟️ \ud7ff \ufffe",
    "code": "<script>alert(1)</script>{{ 7|add:7 }}{% debug %}${7}%s{0.__class__}",
    "SQL": "' OR 1=1; --",
    "another address": "//evil.example/\\..",
    "an id of nothing": "01900000-0000-7000-8000-000000000000",
    "a date that is none": "2026-02-30T25:61",
    "a day that is none": "2026-02-30",
    "a far day": "9999-12-31",
    "a far date": "9999-12-31T23:59",
    "an early date": "0001-01-01T00:00",
}
NEVER = ("/logout/", "/suspensions/")  # they end what the others need


@dataclass
class Form:
    """One form of a page: where it goes and what it asks."""

    page: str
    action: str
    method: str
    names: set[str] = field(default_factory=set)


class Forms(HTMLParser):
    """Reads the forms of a page, with the fields that name their form from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.found: list[Form] = []
        self.current: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = said.get("action") or said.get("hx-post") or ""
            self.current = Form(self.page, urljoin(self.page, action), said.get("method", "get").lower())
            self.found.append(self.current)
        elif tag in ("input", "select", "textarea", "button") and self.current and said.get("name"):
            self.current.names.add(said["name"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.current = None


def forms_of(crawl: Crawl) -> Iterator[Form]:
    """Each form once, whatever page it stands on."""
    seen = set()
    for page, text in crawl.texts.items():
        reader = Forms(page)
        reader.feed(text.decode("utf-8", "replace"))
        for form in reader.found:
            key = (urlsplit(form.action).path, form.method, frozenset(form.names))
            if key not in seen and not any(part in form.action for part in NEVER):
                seen.add(key)
                yield form


def try_everything(visitor: Visitor, forms: list[Form]) -> dict[str, int]:
    """Fill every form with each junk; the faults."""
    visitor.raise_request_exception = False
    faults = {}
    for form in forms:
        for what, junk in JUNK.items():
            forget_limits()
            typed = dict.fromkeys(form.names - {"csrfmiddlewaretoken"}, junk)
            path = urlsplit(form.action).path
            answer = visitor.post(path, typed) if form.method == "post" else visitor.get(path, typed)
            if answer.status_code >= 500 and answer.status_code != 503:  # the provider is away in these tests
                faults[f"{form.method} {path} {sorted(form.names)}: {what}"] = answer.status_code
    return faults


def test_no_public_form_breaks(north: Furnished) -> None:
    host = north.house.host
    crawl = Crawl(Visitor(host), host).follow("/", "/orders/", "/door/", *secret_addresses(north))
    forms = list(forms_of(crawl))

    assert {form.action.split("?")[0] for form in forms} >= {"/orders/", f"/events/{north.event.slug}/holds/"}
    assert try_everything(Visitor(host), forms) == {}


def test_no_form_of_the_portal_breaks(north: Furnished) -> None:
    host = north.house.host
    owner = signed_in(north.house.owner, host)
    crawl = Crawl(owner, host).follow("/portal/", "/portal/events/new/", "/portal/account/security/")
    forms = list(forms_of(crawl))

    assert len(forms) >= 6
    assert try_everything(owner, forms) == {}


def test_no_form_of_the_platform_breaks(north: Furnished) -> None:
    admin = User.objects.create_user("root@platform.example", world.PASSWORD, name="Root", is_platform_admin=True)
    host = settings.PLATFORM_HOST
    visitor = signed_in(admin)
    public = Crawl(Visitor(), host).follow("/", "/sign-up/", "/account/login/", "/account/password/reset/")
    console = Crawl(visitor, host).follow("/console/")

    assert try_everything(Visitor(), list(forms_of(public))) == {}
    assert try_everything(visitor, list(forms_of(console))) == {}


def test_no_address_breaks(north: Furnished) -> None:
    anybody = Visitor(north.house.host, raise_request_exception=False)
    owner = signed_in(north.house.owner, north.house.host)
    owner.raise_request_exception = False

    faults = {}
    for what, junk in JUNK.items():
        part = quote(junk[:1000], safe="") or "-"
        for visitor, paths in ((anybody, _public(north, part)), (owner, _staff(north, part))):
            answers = {path: visitor.get(path).status_code for path in paths}
            faults |= {f"{what}: {path}": status for path, status in answers.items() if status >= 500}

    assert faults == {}


def _public(north: Furnished, part: str) -> list[str]:
    order = f"/orders/{north.ordered.number}/{north.ordered.token}"
    hold = f"/checkout/{north.hold.pk}/{north.hold.token}"
    return [
        *(f"/events/{part}/", f"/events/{north.event.slug}/?date={part}&preview={part}", f"/?{part}={part}"),
        *(f"/orders/{part}/{part}/", f"/orders/{north.ordered.number}/{part}/", f"{order}/?sent={part}"),
        *(f"{order}/tickets/{part}.png", f"{hold}/?{part}", f"/checkout/{part}/{part}/", f"/theme/{part}.css"),
        *(f"/media/{part}", f"/media/{north.house.organizer.pk}/{part}", f"/{part}", f"/{part}/{part}/"),
        *(f"/portal/account/password/reset/key/{part}-{part}/", f"/portal/account/login/?next={part}"),
    ]


def _staff(north: Furnished, part: str) -> list[str]:
    return [
        *(f"/portal/orders/?q={part}&page={part}&state={part}", f"/portal/orders/{part}/", f"/portal/events/{part}/"),
        *(f"/portal/price/?price={part}&currency={part}", f"/portal/events/{north.event.pk}/sales/?date={part}"),
        *(f"/portal/settings/branding/verdict/?brand_color={part}", f"/portal/door/pairings/{part}.svg"),
    ]
