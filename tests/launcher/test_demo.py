"""The whole demo as a newcomer meets it: start, look, crash, stop, start again. It takes most of a minute."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from deploy.launcher.place import pick_port

from .conftest import ROOT, processes_of, wait_for

EMBEDDED = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "EMAIL_URL", "STRIPE_SECRET_KEY", "BASE_URL", "DEBUG")
pytestmark = pytest.mark.slow


class Demo:
    """`python -m deploy.launcher demo` with its state in a folder of the test."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        env |= dict.fromkeys(EMBEDDED, "")  # not even from a developer's .env
        with self.output.open("wb") as screen:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "deploy.launcher",
                    "demo",
                    "--port",
                    str(self.port),
                    "--state",
                    str(self.folder),
                ],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                process_group=0,
            )
        wait_for(
            lambda: "Ctrl-C stops everything; the data stays" in self.screen() or self._has_ended(),
            "the demo",
            seconds=180,
        )
        assert not self._has_ended(), self.screen()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=90)

    @property
    def output(self) -> Path:
        return self.folder / f"screen-{self.starts}.txt"

    def screen(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        return found

    def status(self, address: str) -> int:
        """Return the status of a page; names below localhost go to the loopback address, as in a browser."""
        host = address.split("/")[2]
        path = "/" + "/".join(address.split("/")[3:])
        with urlopen(Request(f"http://127.0.0.1:{host.split(':')[1]}{path}", headers={"Host": host})) as response:
            return int(response.status)

    def pid_of(self, words: str) -> int:
        """Return the oldest process of this demo with `words` in its command line."""
        for pid in processes_of(self.folder) + processes_with(str(self.port)):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if words in command and "deploy.launcher demo" not in command:
                return pid
        raise AssertionError(f"no process of the demo has {words!r} in its command line")

    def kill_and_wait(self, service: str, words: str) -> None:
        """Kill a service and wait until it is named and answers again."""
        os.kill(self.pid_of(words), signal.SIGKILL)
        wait_for(lambda: f"{service} answers again" in self.screen(), f"{service} to come back")
        assert f"{service} was killed by SIGKILL. Its last lines" in self.screen()

    def _has_ended(self) -> bool:
        return self.process.poll() is not None


def processes_with(word: str) -> list[int]:
    """Return the processes with a word in their command line, oldest first."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return sorted(found)


@pytest.fixture
def demo(state: Path) -> Iterator[Demo]:
    demo = Demo(state, pick_port(taken=set(), seed=str(state)))
    yield demo
    if demo.process.poll() is None:
        demo.stop()


def test_the_demo_starts_survives_crashes_and_keeps_its_data(demo: Demo) -> None:
    demo.start()
    facts = demo.facts()
    assert facts["base_url"] == f"http://localhost:{demo.port}"
    assert facts["stripe_api_base"].startswith("http://")
    assert {"email", "password", "totp_secret"} <= facts["admin"].keys()
    assert {organizer["slug"] for organizer in facts["organizers"]} >= {"northside", "southside"}
    assert demo.status(facts["base_url"] + "/") == 200
    with urlopen(facts["mail_api"]) as response:
        assert isinstance(json.load(response), list)
    for organizer in facts["organizers"]:
        assert demo.status(organizer["storefront_url"]) == 200
        assert organizer["owner"]["email"] in demo.screen()
        assert organizer["device_token"] in demo.screen()

    demo.kill_and_wait("postgres", "bin/postgres")
    demo.kill_and_wait("redis", "redis-server")
    demo.kill_and_wait("worker", "celery -A config.celery:app worker")
    demo.kill_and_wait("web", "daphne")
    for organizer in facts["organizers"]:
        assert demo.status(organizer["storefront_url"]) == 200

    assert demo.stop() in (0, -signal.SIGINT)
    assert processes_of(demo.folder) == []

    demo.start()
    again = demo.facts()
    assert again["admin"] == facts["admin"]
    assert [o["device_token"] for o in again["organizers"]] == [o["device_token"] for o in facts["organizers"]]
    assert demo.status(facts["organizers"][0]["storefront_url"]) == 200
