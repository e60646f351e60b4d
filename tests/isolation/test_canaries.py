"""Nothing of one organizer is found at another: pages, API, mails, PDFs, calendars, files, cache."""

import io
import json
import re
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pypdf
import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import caches
from django.http import HttpResponse
from django_tenants.utils import tenant_context

from notifications.actions import deliver_email
from notifications.models import EmailMessage
from tests.api.caller import Api, basket, details, given, staying_here
from tests.isolation.canary import MACHINE_MADE, TELLTALE, Furnished, mails, tenant_models, text_fields
from tests.staff import Visitor, signed_in

LINK = re.compile(r"""(?:href|src|action|hx-get|data-[a-z-]+)="([^"\s]+)\"""")


def test_the_list_of_exceptions_names_only_fields_that_are_there() -> None:
    there = {f"{model._meta.label}.{f.name}" for model in tenant_models() for f in text_fields(model)}

    assert MACHINE_MADE.keys() <= there
    assert set(TELLTALE) <= MACHINE_MADE.keys()


def body_of(answer: HttpResponse) -> bytes:
    """The whole body; of a PDF its text."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return text_of(content)


def text_of(content: bytes) -> bytes:
    if not content.startswith(b"%PDF"):
        return content
    reader = pypdf.PdfReader(io.BytesIO(content))
    words = [page.extract_text() for page in reader.pages] + [str(reader.metadata)]
    return "\n".join(words).encode()


@dataclass
class Crawl:
    """Everything that a visitor reaches by following links, and what was read there."""

    visitor: Visitor
    host: str
    seen: dict[str, int] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)

    def follow(self, *starts: str) -> "Crawl":
        queue = deque(starts)
        while queue:
            address = queue.popleft()
            if address in self.seen or "/logout/" in address:
                continue
            answer = self.visitor.get(address)
            body = body_of(answer)
            self.seen[address] = answer.status_code
            self.texts[address] = body + b"\n" + str(dict(answer.headers)).encode()
            queue.extend(self._links(address, body.decode("utf-8", "replace")))
            if answer.status_code in (301, 302):
                queue.extend(self._links(address, f'href="{answer["Location"]}"'))
        return self

    def _links(self, base: str, page: str) -> list[str]:
        found = []
        for link in LINK.findall(page):
            url = urlsplit(urljoin(f"http://{self.host}{base}", urldefrag(link.replace("&amp;", "&"))[0]))
            if url.scheme in ("http", "https") and url.hostname == self.host and not url.path.startswith("/static/"):
                found.append(url.path + (f"?{url.query}" if url.query else ""))
        return found


def secret_addresses(of: Furnished) -> list[str]:
    """Where the organizer's mails lead its buyers."""
    orders = [f"/orders/{order.number}/{order.token}/" for order in (of.ordered, of.pending, of.refunded)]
    paid = orders[0]
    return [
        *orders,
        *(f"{paid}{tail}" for tail in ("tickets.pdf", "calendar.ics", "status/", "tickets/1.png")),
        f"/checkout/{of.hold.pk}/{of.hold.token}/",
    ]


@pytest.mark.parametrize("turned", [False, True], ids=["northside", "southside"])
def test_a_crawl_of_every_page_finds_nothing_of_the_other(north: Furnished, south: Furnished, turned: bool) -> None:
    here, there = (south, north) if turned else (north, south)
    host = here.house.host

    public = Crawl(Visitor(host), host).follow("/", "/orders/", "/door/", "/no-such-page", *secret_addresses(here))
    owner = Crawl(signed_in(here.house.owner, host), host).follow("/portal/", "/portal/account/security/")
    steward = Crawl(signed_in(here.house.door, host), host).follow("/portal/", "/portal/door/")
    buyer = Visitor(host)
    buyer.cookies[settings.BUYER_COOKIE_NAME] = here.buyer_token
    account = Crawl(buyer, host).follow("/account/")
    assert f"/orders/{here.ordered.number}/{here.ordered.token}/" in account.seen

    for crawl in (public, owner, steward, account):
        assert not [address for address, status in crawl.seen.items() if status >= 500]
        for address, text in crawl.texts.items():
            assert there.found_in(address, text) == set(), address
    assert len(public.seen) >= 14
    assert len(owner.seen) >= 20
    seen = b"".join([*public.texts.values(), *owner.texts.values()])
    kinds = ("Gala", "Hall", "Buyer", "summary", "description", "guest", "seat", "gate", "phone")
    assert [kind for kind in kinds if f"{here.word} {kind}".encode() not in seen] == []  # the crawl saw what there is


def test_a_crawl_by_api_finds_nothing_of_the_other(north: Furnished, south: Furnished) -> None:
    api = Api(north.house.host)
    with tenant_context(north.house.organizer):
        hold = api.post("/holds", basket(north.event, **{f"{north.word} guest": 1}))
        made = given(hold, 201)
        order = api.post("/orders", details(made["id"]), token=made["token"])
        answers = [
            api.get("/events"),
            api.get(f"/events/{north.event.slug}"),
            hold,
            api.get(f"/holds/{made['id']}", token=made["token"]),
            order,
            api.get(f"/orders/{north.ordered.number}", token=north.ordered.token),
            api.get(f"/orders/{north.ordered.number}/tickets", token=north.ordered.token),
            api.post("/scans", {"code": south.ticket.code, "nonce": "theirs"}, token=north.device_token),
            api.post("/scans", {"code": south.ticket.short_code, "nonce": "theirs-typed"}, token=north.device_token),
            api.get("/scans", token=north.device_token),
            api.get("/door", token=north.device_token),
            api.get("/account", token=north.buyer_token),
            api.get("/account/orders", token=north.buyer_token),
            api.get("/openapi.json"),
        ]

    for answer in answers:
        assert answer.status_code < 300, answer.content
        assert south.found_in(answer.content, str(dict(answer.headers))) == set()
    assert json.loads(answers[7].content)["outcome"] == "unknown_organizer"
    assert north.word in answers[0].content.decode()


def test_tokens_of_one_organizer_open_nothing_at_the_other(north: Furnished, south: Furnished) -> None:
    api = Api(south.house.host)
    with tenant_context(south.house.organizer):
        answers = {
            "hold": api.get(f"/holds/{north.hold.pk}", token=north.hold.token),
            "release": api.delete(f"/holds/{north.hold.pk}", token=north.hold.token),
            "order": api.post("/orders", details(north.hold.pk), token=north.hold.token),
            "ordered": api.get(f"/orders/{north.ordered.number}", token=north.ordered.token),
            "tickets": api.get(f"/orders/{north.ordered.number}/tickets", token=north.ordered.token),
            "event": api.get(f"/events/{north.event.slug}"),
            "account": api.get("/account", token=north.buyer_token),
            "account orders": api.get("/account/orders", token=north.buyer_token),
            "account cards": api.get("/account/cards", token=north.buyer_token),
            "scan": api.post("/scans", {"code": north.ticket.code, "nonce": "n"}, token=north.device_token),
            "scans": api.get("/scans", token=north.device_token),
            "door": api.get("/door", token=north.device_token),
        }

    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {
        **dict.fromkeys(("hold", "release", "order", "ordered", "tickets", "event"), 404),
        **dict.fromkeys(("scan", "scans", "door", "account", "account orders", "account cards"), 401),
    }
    for answer in answers.values():
        assert north.found_in(answer.content) == set()
    with tenant_context(north.house.organizer):
        north.hold.refresh_from_db()
        assert north.hold.state == "live"


def test_secret_addresses_of_one_organizer_lead_nowhere_at_the_other(north: Furnished, south: Furnished) -> None:
    visitor = Visitor(south.house.host)

    for address in [*secret_addresses(north), f"/events/{north.event.slug}/"]:
        answer = visitor.get(address)
        assert answer.status_code == 404, address
        found = north.found_in(answer.content) - _spoken(address, north)
        assert found == set(), address


def _spoken(address: str, whose: Furnished) -> set[str]:
    """What the visitor said themselves: a page may repeat its own address."""
    return {marker for marker in whose.markers if marker.lower() in address.lower()}


def test_a_file_of_one_organizer_is_not_there_at_the_other(north: Furnished, south: Furnished, media: Path) -> None:
    with staying_here():
        assert body_of(Visitor(north.house.host).get(f"/media/{north.file}")) == f"{north.word} poster".encode()
    stranger = Visitor(south.house.host)
    own = str(south.house.organizer.pk)
    tries = [
        north.file,
        f"{own}/../{north.file}",
        f"{own}/%2e%2e/{north.file}",
        f"/{media}/public/{north.file}",
        f"../private/{north.file}",
        f"{own}/{'x' * 300}",
        f"{own}/posters/{south.word}.txt/more",
        f"{own}/posters",
        f"{own}/%00",
        "",
        ".",
    ]

    for path in tries:
        answer = stranger.get(f"/media/{path}")
        assert answer.status_code == 404, path
        assert f"{north.word} poster".encode() not in answer.content


def test_mails_and_what_they_carry_hold_nothing_of_the_other(north: Furnished, south: Furnished) -> None:
    for here, there in ((north, south), (south, north)):
        written = mails(here)
        assert len(written) >= 4
        mail.outbox.clear()
        with tenant_context(here.house.organizer):
            EmailMessage.objects.update(state="queued")
            for message in written:
                deliver_email(email_id=str(message.pk))
        for sent in mail.outbox:
            attached = [text_of(item.content) for item in sent.attachments]
            html = [part.content for part in sent.alternatives]
            everything = [sent.subject, sent.body, *html, *attached, str(sent.message())]
            assert there.found_in(*everything) == set(), sent.subject
            assert here.found_in(sent.body), sent.subject
        carried = [item for sent in mail.outbox for item in sent.attachments]
        assert {item.mimetype for item in carried} >= {"application/pdf"}
        assert all(here.word.encode() in text_of(item.content) for item in carried)


def test_each_file_lies_with_its_owner_and_holds_nothing_of_the_other(
    north: Furnished, south: Furnished, media: Path
) -> None:
    owners = {str(made.house.organizer.pk): made for made in (north, south)}
    files = [path for path in media.rglob("*") if path.is_file()]

    assert len(files) >= 4
    for path in files:
        visibility, owner, *_rest = path.relative_to(media).parts
        assert visibility in ("public", "private")
        there = south if owners[owner] is north else north
        assert there.found_in(str(path.relative_to(media)), text_of(path.read_bytes())) == set(), path


def test_the_cache_keeps_organizers_apart(north: Furnished, south: Furnished) -> None:
    caches["default"].clear()
    caches["public"].clear()
    for made in (north, south):
        visitor = signed_in(made.house.owner, made.house.host)
        for address in ("/", f"/events/{made.event.slug}/", "/portal/", *secret_addresses(made)[:1]):
            visitor.get(address)

    schemas = {made.house.organizer.schema_name: made for made in (north, south)}
    client = caches["default"]._cache.get_client()  # type: ignore[attr-defined]
    for key in client.scan_iter("*"):
        schema = key.decode().split(":")[0]
        assert schema in {*schemas, "public"}, key
        value = client.get(key) if client.type(key) == b"string" else b""
        for name, made in schemas.items():
            if name != schema:
                assert made.found_in(key, value) == set(), key
    shared = caches["public"]._cache.get_client()  # type: ignore[attr-defined]
    for key in shared.scan_iter("*"):
        owned = [made for made in (north, south) if made.house.host.encode() in key]
        for made in (north, south):
            if owned and made not in owned:
                assert made.found_in(shared.get(key) or b"") == set(), key
            assert made.word.encode() not in (shared.get(key) or b"")


def test_a_session_is_worth_nothing_at_another_host(north: Furnished, south: Furnished) -> None:
    owner = signed_in(north.house.owner, north.house.host)
    assert owner.get("/portal/").status_code == 200
    cookie = owner.cookies[settings.SESSION_COOKIE_NAME].value

    for host in (south.house.host, settings.PLATFORM_HOST):
        path = "/portal/" if host != settings.PLATFORM_HOST else "/console/"
        thief = Visitor(host)
        thief.cookies[settings.SESSION_COOKIE_NAME] = cookie
        answer = thief.get(path)
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]
    assert owner.get("/portal/").status_code == 200, "the rightful owner stays signed in"


def test_a_buyers_session_is_worth_nothing_at_the_other_organizer(north: Furnished, south: Furnished) -> None:
    for here, there in ((north, south), (south, north)):
        thief = Visitor(there.house.host)
        thief.cookies[settings.BUYER_COOKIE_NAME] = here.buyer_token
        answer = thief.get("/account/")
        assert (answer.status_code, answer["Location"]) == (302, "/account/sign-in/?next=%2Faccount%2F")
        assert here.found_in(answer.content) == set()


def test_an_owner_who_signs_in_next_door_is_nobody_there(north: Furnished, south: Furnished) -> None:
    stranger = signed_in(south.house.owner, north.house.host)
    addresses = [
        "/portal/",
        "/portal/orders/",
        f"/portal/orders/{north.ordered.number}/",
        f"/portal/events/{north.event.pk}/",
        f"/portal/door/{north.event.pk}/",
        "/portal/payouts/",
        "/portal/settings/team/",
    ]

    for address in addresses:
        answer = stranger.get(address)
        assert answer.status_code == 403, address
        assert north.word not in answer.content.decode()


def test_an_owner_finds_nothing_by_the_others_ids(north: Furnished, south: Furnished) -> None:
    owner = signed_in(north.house.owner, north.house.host)
    kind = south.ordered.positions.model.objects
    with tenant_context(south.house.organizer):
        ticket_type_id = kind.filter(order=south.ordered).values_list("ticket_type_id", flat=True)[0]
    event = f"/portal/events/{south.event.pk}"
    gets = [
        f"{event}/",
        f"{event}/sales/",
        f"{event}/details/",
        f"{event}/ticket-types/new/",
        f"{event}/ticket-types/{ticket_type_id}/",
        f"/portal/events/{north.event.pk}/ticket-types/{ticket_type_id}/",
        f"/portal/orders/{south.ordered.number}/",
        f"/portal/orders/{south.ordered.number}/refund/",
        f"/portal/orders/{south.ordered.number}/refund/quote/",
        f"/portal/door/{south.event.pk}/",
    ]
    posts = [
        f"{event}/publication/",
        f"/portal/orders/{south.ordered.number}/deliveries/",
        f"/portal/orders/{south.ordered.number}/refund/",
        f"/portal/door/{south.event.pk}/gates/",
        f"/portal/door/{north.event.pk}/gates/{south.gate_id}/devices/",
        f"/portal/door/devices/{south.device_id}/revocation/",
    ]

    statuses = {path: owner.get(path).status_code for path in gets}
    statuses |= {f"POST {path}": owner.post(path, {"name": "x", "confirm": "on"}).status_code for path in posts}

    assert {path: status for path, status in statuses.items() if status != 404} == {}
    with tenant_context(south.house.organizer):
        south.ordered.refresh_from_db()
        assert south.ordered.state == "paid"
