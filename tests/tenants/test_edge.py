"""Host -> organizer -> schema, over HTTP and over WebSockets."""

from collections.abc import Iterator
from typing import Any

import pytest
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.testing import WebsocketCommunicator
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from audit.actions import SYSTEM
from tenants.actions import add_domain, remove_domain, resume_organizer, suspend_organizer
from tenants.errors import DomainInvalid, DomainTaken
from tenants.middleware import TenantMiddleware
from tenants.models import Domain, Organizer
from tenants.queries import normal_host, organizer_for_host
from tenants.scope import OrganizerScope, group_name


@pytest.fixture
def edge(settings: object) -> None:
    """The edge alone in front of views that say where they are."""
    settings.MIDDLEWARE = ["tenants.middleware.TenantMiddleware"]  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = settings.PUBLIC_SCHEMA_URLCONF = "tests.tenants.leaks.views"  # type: ignore[attr-defined]


@pytest.fixture
def organizer(gates: tuple[Organizer, Organizer]) -> Iterator[Organizer]:
    """One of the gates, active and forgotten by the cache before and after."""
    caches["public"].clear()
    yield gates[0]
    Organizer.objects.filter(pk=gates[0].pk).update(state=Organizer.State.ACTIVE)
    caches["public"].clear()


def get(host: str, path: str = "/schema_now") -> tuple[int, str]:
    response = Client().get(path, headers={"host": host})
    return response.status_code, response.content.decode()


@pytest.mark.parametrize("spelling", ["{}", "{}:8000", "{}.", "www.{}", "www.{}.:443"])
@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
def test_every_spelling_of_a_host_leads_to_the_organizer(
    edge: None, organizer: Organizer, spelling: str, case: object
) -> None:
    host = case(spelling.format(f"{organizer.slug}.localhost"))  # type: ignore[operator]

    assert get(host) == (200, organizer.schema_name)


@pytest.mark.parametrize(
    ("host", "normal"),
    [("A.Example:8000", "a.example"), ("a.example.", "a.example"), ("[::1]:8000", "[::1]"), (" x ", "x"), ("", "")],
)
def test_hosts_are_normalised(host: str, normal: str) -> None:
    assert normal_host(host) == normal


def test_the_platform_has_no_organizer(edge: None, organizer: Organizer) -> None:
    assert get("localhost:8000") == (200, "public")


@pytest.mark.parametrize(
    "host", ["nobody.localhost", "127.0.0.1:8000", "[::1]", "eastgate.example", "bad host!", "localhost.evil.example"]
)
def test_an_unknown_host_gets_a_plain_page(edge: None, organizer: Organizer, host: str) -> None:
    status, page = get(host)

    assert status == 404
    assert "There is nothing at this address" in page
    assert "//" not in page.replace("http://www.w3.org/", "")  # nothing of another host


def test_an_unknown_host_in_german(edge: None, organizer: Organizer) -> None:
    response = Client().get("/", headers={"host": "nobody.localhost", "accept-language": "de"})

    assert 'lang="de"' in response.content.decode()


def test_programs_get_a_problem_document(edge: None, organizer: Organizer) -> None:
    response = Client().get("/api/v1/events", headers={"host": "nobody.localhost"})

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"


def test_health_needs_no_host(edge: None, committed: None) -> None:
    for host in ("127.0.0.1", "nobody.localhost", "localhost"):
        response = Client().get("/healthz", headers={"host": host})
        assert (response.status_code, response.json()) == (200, {"database": "ok", "redis": "ok"})


def test_a_suspended_organizer_says_so_at_once(edge: None, organizer: Organizer) -> None:
    host = f"{organizer.slug}.localhost"
    assert get(host)[0] == 200

    suspend_organizer(organizer_id=organizer.pk, reason="fraud", actor=SYSTEM)
    status, page = get(host)
    assert status == 403
    assert "closed at the moment" in page
    assert "fraud" not in page
    api = Client().get("/api/v1/events", headers={"host": host})
    assert (api.status_code, api.json()["code"]) == (403, "organizer_suspended")

    resume_organizer(organizer_id=organizer.pk, actor=SYSTEM)
    assert get(host)[0] == 200


def test_an_organizer_in_preparation_says_so(edge: None, organizer: Organizer) -> None:
    Organizer.objects.filter(pk=organizer.pk).update(state=Organizer.State.PROVISIONING)

    response = Client().get("/", headers={"host": f"{organizer.slug}.localhost"})

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "being prepared" in response.content.decode()


def test_a_custom_domain_comes_and_goes(edge: None, organizer: Organizer) -> None:
    assert get("tickets.eastgate.example")[0] == 404

    add_domain(organizer_id=organizer.pk, domain="WWW.Tickets.Eastgate.example.", is_primary=True, actor=SYSTEM)
    assert get("tickets.eastgate.example") == (200, organizer.schema_name)
    assert organizer.get_primary_domain().domain == "tickets.eastgate.example"

    remove_domain(organizer_id=organizer.pk, domain="tickets.eastgate.example", actor=SYSTEM)
    assert get("tickets.eastgate.example")[0] == 404
    assert organizer.get_primary_domain().domain == f"{organizer.slug}.localhost"


def test_staffs_pages_can_tell_a_custom_domain(organizer: Organizer) -> None:
    add_domain(organizer_id=organizer.pk, domain="box.eastgate.example", is_primary=False, actor=SYSTEM)
    seen: dict[str, tuple[bool, Organizer | None]] = {}

    def view(request: Any) -> HttpResponse:
        seen[request.get_host()] = (request.is_custom_domain, request.organizer)
        return HttpResponse()

    for host in ("box.eastgate.example", f"{organizer.slug}.localhost", "localhost"):
        TenantMiddleware(view)(RequestFactory().get("/", headers={"host": host}))

    assert seen == {
        "box.eastgate.example": (True, organizer),
        f"{organizer.slug}.localhost": (False, organizer),
        "localhost": (False, None),
    }
    connection.set_schema_to_public()
    remove_domain(organizer_id=organizer.pk, domain="box.eastgate.example", actor=SYSTEM)


def test_a_domain_belongs_to_one(organizer: Organizer, gates: tuple[Organizer, Organizer]) -> None:
    other = gates[1]
    add_domain(organizer_id=organizer.pk, domain="gate.example", is_primary=False, actor=SYSTEM)

    for taken in ("gate.example", "localhost", f"{organizer.slug}.localhost", "new.localhost"):
        with pytest.raises((DomainTaken, DomainInvalid)):
            add_domain(organizer_id=other.pk, domain=taken, is_primary=False, actor=SYSTEM)
    for bad in ("", "gate", "gate..example", "-gate.example", "gate example", "gate.example/path"):
        with pytest.raises(DomainInvalid):
            add_domain(organizer_id=other.pk, domain=bad, is_primary=False, actor=SYSTEM)
    assert Domain.objects.filter(tenant=other).count() == 1


def test_a_cached_host_costs_no_query(organizer: Organizer) -> None:
    host = f"{organizer.slug}.localhost"
    first = organizer_for_host(host)

    with connection.execute_wrapper(_no_query):
        again = organizer_for_host(host)

    assert first == again == organizer
    assert again is not None
    assert again.schema_name == organizer.schema_name
    with pytest.raises(TypeError, match="cache"):
        again.save()


def _no_query(*args: object) -> None:
    raise AssertionError("asked the database")


def test_without_redis_hosts_still_resolve(organizer: Organizer, settings: object) -> None:
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {  # type: ignore[attr-defined]
        name: {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1"} for name in ("default", "public")
    }

    assert organizer_for_host(f"{organizer.slug}.localhost") == organizer


# --- WebSockets -------------------------------------------------------------------------------------------------------------


class WhereConsumer(AsyncWebsocketConsumer):
    """Says at once where it is."""

    channel_layer_alias = None  # a Redis layer takes a second to let go

    async def connect(self) -> None:
        await self.accept()
        await self.send(text_data=connection.schema_name)


def socket(host: str, origin: str | None) -> WebsocketCommunicator:
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return WebsocketCommunicator(OrganizerScope(WhereConsumer.as_asgi()), "/", headers=headers)


async def test_a_socket_is_in_its_organizers_schema(organizer: Organizer) -> None:
    for origin in (f"http://{organizer.slug}.localhost:8000", f"https://WWW.{organizer.slug}.localhost", None):
        communicator = socket(f"{organizer.slug}.localhost:8000", origin)
        connected, _ = await communicator.connect()
        assert connected
        assert await communicator.receive_from() == organizer.schema_name
        await communicator.disconnect()


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost", "null", "http://[", "file://{host}", ""])
async def test_a_page_of_another_host_opens_no_socket(organizer: Organizer, origin: str) -> None:
    host = f"{organizer.slug}.localhost"

    connected, code = await socket(host, origin.format(host=host)).connect()

    assert (connected, code) == (False, 4403)


async def test_an_unknown_or_suspended_host_opens_no_socket(organizer: Organizer) -> None:
    assert await socket("nobody.localhost", None).connect() == (False, 4404)


def test_groups_belong_to_an_organizer(organizer: Organizer) -> None:
    assert group_name(organizer.pk, "event", 7) == f"o.{organizer.pk}.event.7"
    assert len(group_name(organizer.pk, "performance", organizer.pk)) < 100
