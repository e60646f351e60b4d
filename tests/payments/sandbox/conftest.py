"""The sandbox as a real process, and the official SDK talking to it."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import stripe

from payments.contract import check_request, check_response
from payments.contract.recorder import RecordingClient, read_records
from tests.processes import ROOT, Process, free_port, plain_http, wait_for

RETURN_URL = "http://shop.localhost/return"


@dataclass
class Server:
    """A running sandbox. `api` is the SDK; `control` speaks to the test controls."""

    process: Process
    base: str
    recording: Path

    @property
    def api(self) -> stripe.StripeClient:
        return self.client("sk_test_marquee")

    def client(self, key: str, **options: Any) -> stripe.StripeClient:
        recorder = RecordingClient(self.recording, timeout=20)
        options = {"max_network_retries": 0, "http_client": recorder, **options}
        return stripe.StripeClient(key, base_addresses={"api": self.base}, **options)

    def control(self, path: str, method: str = "POST", /, **body: Any) -> Any:
        answer = plain_http().request(method, f"{self.base}/_sandbox/{path}", json=body or None, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def restart(self, how: Any = None) -> None:
        self.process.kill(*([how] if how else []))
        self.process.start()
        wait_for(f"{self.base}/healthz", self.process)


def start_server(folder: Path, *arguments: str) -> Server:
    port = free_port()
    argv = [sys.executable, "-m", "payments.sandbox", "--port", str(port), "--state", str(folder / "state.sqlite")]
    process = Process(
        name="stripe sandbox",
        argv=[*argv, "--settle-seconds", "3600", "--retry-seconds", "0.1,0.1,0.1", *arguments],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"},
        log=folder / "sandbox.log",
    )
    process.start()
    server = Server(process, f"http://127.0.0.1:{port}", folder / "requests.jsonl")
    wait_for(f"{server.base}/healthz", process)
    return server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One sandbox for all these tests; each makes its own accounts. At the end every exchange is held to the contract."""
    running = start_server(tmp_path_factory.mktemp("sandbox"))
    yield running
    running.process.kill()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A sandbox that a test may kill or misconfigure."""
    running = start_server(tmp_path)
    yield running
    running.process.kill()


@pytest.fixture(autouse=True)
def held_to_the_contract(server: Server) -> Iterator[None]:
    """Every answer that the SDK got in a test fits the contract, and so does every request that was not refused."""
    server.recording.unlink(missing_ok=True)
    yield
    found = []
    for record in read_records(server.recording):
        wrong = check_response(record)
        if record["response"]["status"] < 400:
            wrong += check_request(record)
        found += [f"{record['method']} {record['path']}: {violation}" for violation in wrong]
    assert found == []


@pytest.fixture
def account(server: Server) -> str:
    """A connected account that has finished onboarding: fees and losses on the platform, as ours are."""
    return onboarded(server)


def onboarded(server: Server, **params: Any) -> str:
    made = new_account(server, **params)
    server.control(f"accounts/{made}/complete")
    return made


def new_account(server: Server, **params: Any) -> str:
    given = {
        "country": "IE",
        "email": "nora@northside.example",
        "business_profile": {"name": "Northside Hall"},
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
    }
    return server.api.v1.accounts.create(params={**given, **params}).id


Sell = Callable[..., Any]


@pytest.fixture
def sell(server: Server, account: str) -> Sell:
    """Create a PaymentIntent on the account, and confirm it when a card is given."""

    def create(card: str = "", confirm: dict[str, Any] | None = None, **params: Any) -> Any:
        options = {"stripe_account": account}
        wanted = {"amount": 5000, "currency": "eur", "automatic_payment_methods": {"enabled": True}, **params}
        intent = server.api.v1.payment_intents.create(params=wanted, options=options)
        if not card:
            return intent
        given = {"payment_method": card, "return_url": RETURN_URL, **(confirm or {})}
        return server.api.v1.payment_intents.confirm(intent.id, params=given, options=options)

    return create


@dataclass
class Listener:
    """A webhook endpoint of a shop: keeps what it got, and answers as told."""

    url: str
    got: list[tuple[bytes, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    arrived: Event = field(default_factory=Event)

    def types(self) -> list[str]:
        return [self.event(i)["type"] for i in range(len(self.got))]

    def event(self, index: int) -> Any:
        import json

        return json.loads(self.got[index][0])


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A real HTTP server on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.got.append((body, self.headers["Stripe-Signature"]))
            self.send_response(heard.answers.pop(0) if heard.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            heard.arrived.set()

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard = Listener(f"http://hooks.localhost:{http.server_port}/stripe")
    Thread(target=http.serve_forever, daemon=True).start()
    yield heard
    http.shutdown()
    http.server_close()
