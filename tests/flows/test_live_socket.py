"""Who may listen to an organizer's sales: tried against the running product."""

import re
import socket

import httpx
from django_tenants.utils import schema_context
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from accounts.models import User
from tests import world
from tests.flows.conftest import open_connected_house
from tests.stack import Stack
from tests.staff import code_now, has_app


def session_of(stack: Stack, house: world.House, user: User, *, with_code: bool = True) -> str:
    """The cookie of a browser in which the user signed in, with the second step or stopping before it."""
    has_app(user)
    with stack.client(house.host) as browser:
        login = _post(browser, "/portal/account/login/", login=user.email, password=world.PASSWORD)
        assert login.status_code == 302, login.text
        if with_code:
            assert _post(browser, "/portal/account/second-factor/", code=code_now(user)).status_code == 302
        return str(browser.cookies["session"])


def _post(browser: httpx.Client, path: str, **words: str) -> httpx.Response:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(path).text)
    assert token is not None
    return browser.post(path, data={**words, "csrfmiddlewaretoken": token[1]})


def may_listen(stack: Stack, host: str, cookie: str = "", *, origin: str = "") -> bool:
    """Whether the handshake succeeds: to loopback, since Python cannot resolve the host's name."""
    try:
        with connect(
            f"ws://{host}:{stack.port}/ws/sales/",
            additional_headers={"Cookie": f"session={cookie}"} if cookie else {},
            origin=origin or stack.url(host, ""),  # type: ignore[arg-type]
            sock=socket.create_connection(("127.0.0.1", stack.port)),
            open_timeout=20,
        ):
            return True
    except InvalidStatus:
        return False


def test_only_staff_past_the_second_step_may_listen(stack: Stack, in_house: world.House) -> None:
    whole = session_of(stack, in_house, in_house.owner)
    half = session_of(stack, in_house, in_house.owner, with_code=False)
    door = session_of(stack, in_house, in_house.door)

    assert may_listen(stack, in_house.host, whole)
    assert not may_listen(stack, in_house.host)
    assert not may_listen(stack, in_house.host, "nonsense")
    assert not may_listen(stack, in_house.host, half)
    assert not may_listen(stack, in_house.host, door)
    assert not may_listen(stack, in_house.host, whole, origin="http://evil.example")


def test_a_session_of_another_host_hears_nothing(stack: Stack, in_house: world.House) -> None:
    with schema_context("public"):
        other = open_connected_house(stack, "Elsewhere", "elsewhere")
    whole = session_of(stack, in_house, in_house.owner)

    assert not may_listen(stack, other.host, whole)
    assert may_listen(stack, in_house.host, whole)
