"""Real processes for tests: started on free ports, waited for, ended by their own id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 40


@cache
def plain_http() -> httpx.Client:
    """A client for loopback alone. One of its own for each request would first read all the system's certificates: 30 ms."""
    return httpx.Client(verify=False, timeout=20, limits=httpx.Limits(max_keepalive_connections=0))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One child, its log and how it was started, so that a test can kill it and start it again."""

    name: str
    argv: list[str]
    env: dict[str, str]
    log: Path
    child: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> "Process":
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                self.argv,
                cwd=ROOT,
                env={**os.environ, **self.env},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self

    @property
    def is_alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it and what it started, by its own process group."""
        if self.child is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.child.pid, how)
        try:
            self.child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait(timeout=20)

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


def wait_for(url: str, process: Process, *, headers: dict[str, str] | None = None) -> None:
    """Wait until `url` answers below 500; says why with the process's last lines when it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not process.is_alive:
            break
        with suppress(httpx.HTTPError):
            if plain_http().get(url, headers=headers, timeout=5).status_code < 500:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.name} did not start:\n{process.tail()}")


@dataclass
class Sandbox:
    """The Stripe sandbox and how to reach it."""

    process: Process
    base: str
    secret: str = "whsec_test_account"
    connect_secret: str = "whsec_test_connect"

    def settings(self) -> dict[str, Any]:
        return {
            "STRIPE_API_BASE": self.base,
            "STRIPE_JS_URL": f"{self.base}/v3/",
            "STRIPE_SECRET_KEY": "sk_test_marquee",
            "STRIPE_PUBLISHABLE_KEY": "pk_test_marquee",
            "STRIPE_WEBHOOK_SECRET": self.secret,
            "STRIPE_CONNECT_WEBHOOK_SECRET": self.connect_secret,
        }

    def env(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.settings().items()}

    def control(self, path: str, /, **body: Any) -> Any:
        """Tell the sandbox how to misbehave (its docs: docs/stripe-sandbox.md)."""
        answer = plain_http().post(f"{self.base}/_sandbox/{path}", json=body, timeout=20)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def start_sandbox(folder: Path, *, webhooks_to: str = "") -> Iterator[Sandbox]:
    """A sandbox with its state in `folder`, sending webhooks to the address `webhooks_to` when given."""
    port = free_port()
    sandbox = Sandbox(
        process=Process(
            name="stripe sandbox",
            argv=[
                sys.executable,
                "-m",
                "payments.sandbox",
                "--port",
                str(port),
                "--state",
                str(folder / "stripe.sqlite"),
            ],
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"},
            log=folder / "sandbox.log",
        ),
        base=f"http://127.0.0.1:{port}",
    )
    if webhooks_to:
        sandbox.process.argv += ["--webhook-url", webhooks_to, "--webhook-secret", sandbox.secret]
        sandbox.process.argv += [
            "--connect-webhook-url",
            webhooks_to,
            "--connect-webhook-secret",
            sandbox.connect_secret,
        ]
    sandbox.process.start()
    try:
        wait_for(f"{sandbox.base}/healthz", sandbox.process)
        yield sandbox
    finally:
        sandbox.process.kill(signal.SIGTERM)
