"""A folder that server accounts can reach, and launchers started in it as real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Launcher:
    """`python -m deploy.launcher services` with its state in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / f"screen-{len(list(folder.glob('screen-*')))}.txt"
        with self.output.open("wb") as screen:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.launcher", "services", "--state", str(folder)],
                cwd=ROOT,
                env=_plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                process_group=0,
            )

    def screen(self) -> str:
        """Return everything that was printed."""
        return self.output.read_text(encoding="utf-8")

    def wait_until_up(self) -> dict[str, str]:
        """Wait until it says that all is up and return what its environment file exports."""
        wait_for(lambda: "Services are up" in self.screen() or self.process.poll() is not None, "services to come up")
        assert self.process.poll() is None, self.screen()
        env_file = self.folder / "test" / "env.sh"
        lines = [line for line in env_file.read_text(encoding="utf-8").splitlines() if line.startswith("export ")]
        return dict(line.removeprefix("export ").split("=", 1) for line in lines)

    def stop(self) -> int:
        """Ask for a clean stop as Ctrl-C does; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self.process.kill()
        self.process.wait()


def _plain_environment() -> dict[str, str]:
    """Return our environment without the services of this very test run, which would replace the embedded ones."""
    dropped = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_APP_URL", "REDIS_URL", "EMAIL_URL")
    return {name: value for name, value in os.environ.items() if name not in dropped}


def wait_for(condition: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    """Poll until `condition` holds; fail with `what` in the message when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def processes_of(folder: Path) -> list[int]:
    """Return the processes with the folder in their command line, and the servers that they forked."""
    found, parents = set(), {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            state, parent = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state == "Z":
            continue
        parents[int(entry.name)] = int(parent)
        if str(folder).encode() in words:
            found.add(int(entry.name))
    found |= {pid for pid, parent in parents.items() if parent in found}
    return sorted(found)


@contextmanager
def _reachable_folder() -> Iterator[Path]:
    """A folder that any account of this machine can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="marquee-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def _launchers(state: Path) -> Iterator[Callable[[], Launcher]]:
    """Start launchers in `state`; whatever still runs is ended afterwards."""
    launchers: list[Launcher] = []

    def begin() -> Launcher:
        launchers.append(Launcher(state))
        return launchers[-1]

    yield begin
    for launcher in launchers:
        if launcher.process.poll() is None:
            launcher.stop()
    wait_for(lambda: not processes_of(state), "every process to end")


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder of the test's own."""
    with _reachable_folder() as folder:
        yield folder


@pytest.fixture
def start(state: Path) -> Iterator[Callable[[], Launcher]]:
    """A function that starts a launcher in `state`."""
    with _launchers(state) as begin:
        yield begin


@pytest.fixture(scope="module")
def running() -> Iterator[Launcher]:
    """A launcher that is up, for tests that leave it as it is."""
    with _reachable_folder() as folder, _launchers(folder) as begin:
        launcher = begin()
        launcher.wait_until_up()
        yield launcher
