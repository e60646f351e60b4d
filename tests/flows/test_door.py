"""The door on a phone: real Chromium, a real picture before its camera, the real API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from audit.actions import SYSTEM
from scanning.actions import create_gate, pair_device, revoke_device
from scanning.models import Admission, Device
from tests import world
from tests.browser import CHROMIUM, FLAGS
from tests.flows.conftest import DESKTOP, PHONE
from tests.processes import Process, free_port, wait_for
from tests.scanning.door import committing_house
from tests.stack import product_env, web_command
from tickets.models import Ticket
from tickets.qr import qr_png
from tickets.queries import tickets_of_order

pytestmark = pytest.mark.browser


@dataclass
class Web:
    """The web server alone, on the test database: the door needs neither worker nor payments."""

    port: int

    def url(self, host: str, path: str) -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture(scope="module")
def web(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    folder, port = tmp_path_factory.mktemp("web"), free_port()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        env = product_env(f"http://localhost:{port}", folder)
        server = Process("web", web_command("daphne", port), env, folder / "web.log")
    server.start()
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", server)
        yield Web(port)
    finally:
        server.kill()


@pytest.fixture
def hall(web: Web, django_db_blocker: pytest.FixtureRequest) -> Iterator[world.House]:
    """A house of its own, entered; what happens there is committed and stays."""
    with django_db_blocker.unblock(), committing_house() as house:  # type: ignore[attr-defined]
        yield house


@pytest.fixture
def door(hall: world.House) -> tuple[list[Ticket], Device, str]:
    """Tonight's event with three tickets sold, and a device at its gate with the token."""
    now = timezone.now()
    event = world.make_event(
        "Harvest Ball",
        kinds=((world.FREE, 0, 10),),
        starts_at=now + timedelta(hours=1),
        doors_at=now - timedelta(hours=1),
    )
    tickets = tickets_of_order(world.paid_order(event, **{world.FREE: 3}).pk)
    gate = create_gate(event_id=event.pk, name="Gate A", actor=SYSTEM)
    device, token = pair_device(gate_id=gate.pk, name="Dirk's phone", actor=SYSTEM)
    return tickets, device, token


@pytest.fixture
def camera_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[[str, dict[str, int]], Page]]:
    """A page whose camera sees the QR code of a text, a little crooked, on grey."""
    opened: list[Browser] = []

    def open_page(code: str, size: dict[str, int]) -> Page:
        picture = Image.new("RGB", (1280, 720), "#8a8f98")
        shown = Image.open(BytesIO(qr_png(code))).convert("RGB").rotate(8, expand=True, fillcolor="#8a8f98")
        picture.paste(shown, (420, 130))
        film = tmp_path / "camera.mjpeg"
        picture.save(film, "JPEG", quality=85)
        camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        running = browser.browser_type.launch(
            executable_path=CHROMIUM, args=[*FLAGS, *camera, f"--use-file-for-fake-video-capture={film}"]
        )
        opened.append(running)
        context = running.new_context(viewport=size, locale="en-GB", permissions=["camera"])  # type: ignore[arg-type]
        return context.new_page()

    yield open_page
    for running in opened:
        running.close()


def faults_of(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:100]}" for fault in found]


def type_code(page: Page, code: str) -> None:
    page.get_by_label("Code on the ticket").fill(code)
    page.get_by_role("button", name="Check").click()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390", "1440"])
def test_a_phone_reads_a_ticket_and_says_go_then_stop(
    web: Web,
    hall: world.House,
    door: tuple[list[Ticket], Device, str],
    camera_page: Callable[[str, dict[str, int]], Page],
    size: dict[str, int],
) -> None:
    (first, second, third), _device, token = door
    page = camera_page(first.code, size)
    verdict = page.get_by_role("alertdialog")

    page.goto(web.url(hall.host, "/door/"))
    expect(page.get_by_role("heading", name="Pair this phone with a gate")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_label("Device token").fill(token)
    page.get_by_role("button", name="Pair", exact=True).click()
    expect(page.get_by_role("heading", name="Gate A")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("button", name="Start scanning").click()

    expect(verdict).to_have_attribute("data-verdict", "go", timeout=15_000)
    expect(verdict).to_contain_text("Admitted")
    expect(verdict).to_be_hidden(timeout=5_000)  # green goes by itself
    assert Admission.objects.filter(position=first.position).count() == 1
    # A ticket that stays before the camera is one scan; the same place again is told as what it is.
    expect(page.get_by_role("listitem")).to_have_count(1)
    type_code(page, first.short_code)
    expect(verdict).to_have_attribute("data-verdict", "stop")
    expect(verdict).to_contain_text("Already in")
    expect(verdict).to_contain_text("Gate A")
    assert faults_of(page) == []
    page.get_by_role("button", name="Next").click()

    page.get_by_role("button", name="Pause").click()
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('no camera')) }")
    page.get_by_role("button", name="Start scanning").click()
    expect(page.get_by_text("The camera is off.")).to_be_visible()
    assert faults_of(page) == []
    type_code(page, second.short_code_text.lower())
    expect(verdict).to_contain_text("Admitted")
    verdict.click()
    type_code(page, "NOSVCH00")
    expect(verdict).to_have_attribute("data-verdict", "check")
    page.keyboard.press("Escape")
    expect(verdict).to_be_hidden()
    expect(page.locator("#strip-count")).to_have_text("2 / 3")
    assert page.get_by_role("listitem").count() >= 4

    page.context.set_offline(True)
    type_code(page, third.short_code)
    expect(verdict).to_contain_text("No answer")
    expect(page.locator("#offline")).to_have_text("No connection")
    assert not Admission.objects.filter(position=third.position).exists()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(verdict).to_contain_text("Admitted")
    assert Admission.objects.filter(position=third.position).count() == 1


def test_an_answer_that_got_lost_is_given_again(
    web: Web, hall: world.House, door: tuple[list[Ticket], Device, str], phone: Page
) -> None:
    (first, *_), _device, token = door
    verdict = phone.get_by_role("alertdialog")
    phone.goto(web.url(hall.host, f"/door/#{token}"))
    phone.get_by_role("button", name="Start scanning").click()
    assert phone.url.endswith("/door/")  # the secret is out of the address

    def swallow(route: Route) -> None:
        headers = {
            "Host": f"{hall.host}:{web.port}",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
        }
        answer = httpx.post(
            f"http://127.0.0.1:{web.port}/api/v1/scans", content=route.request.post_data_buffer, headers=headers
        )
        assert answer.json()["outcome"] == "admitted"
        route.abort()

    phone.route("**/api/v1/scans", swallow)
    type_code(phone, first.short_code)
    expect(verdict).to_contain_text("No answer")
    assert Admission.objects.filter(position=first.position).count() == 1
    phone.unroute("**/api/v1/scans")
    phone.get_by_role("button", name="Try again").click()

    expect(verdict).to_have_attribute("data-verdict", "go")
    expect(verdict).to_contain_text("Admitted")


def test_a_revoked_phone_is_back_at_pairing(
    web: Web, hall: world.House, door: tuple[list[Ticket], Device, str], phone: Page
) -> None:
    (first, *_), device, token = door
    phone.goto(web.url(hall.host, f"/door/#{token}"))
    phone.get_by_role("button", name="Start scanning").click()
    revoke_device(device_id=device.pk, actor=SYSTEM)

    type_code(phone, first.short_code)

    expect(phone.get_by_role("heading", name="Pair this phone with a gate")).to_be_visible()
    expect(phone.get_by_role("alert")).to_contain_text("This token does not open a gate")
    assert phone.evaluate("localStorage.length") == 0
    assert not Admission.objects.filter(position=first.position).exists()
