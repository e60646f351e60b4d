"""A test run that is asked to end, as by a CI that has run out of time."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from .conftest import ROOT, processes_of, wait_for

SLOW = """
import subprocess, time
import pytest

@pytest.fixture
def server():
    started = subprocess.Popen(["/bin/sh", "-c", "sleep 600; :", {state!r}], start_new_session=True)
    yield started
    started.kill()

def test_slow(server):
    open({begun!r}, "w").close()
    time.sleep(60)
"""


def test_a_run_that_is_asked_to_end_stops_the_servers_it_started(state: Path) -> None:
    begun = state / "begun"
    slow = state / "test_slow.py"
    slow.write_text(SLOW.format(state=str(state), begun=str(begun)))
    arguments = [
        "-p",
        "tests.asked_to_stop",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(state),
        "--noconftest",
        str(slow),
    ]
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_for(lambda: begun.exists() or run.poll() is not None, "the slow test to begin")

    run.send_signal(signal.SIGTERM)
    said, _nothing = run.communicate(timeout=60)

    assert run.returncode == 2, said  # interrupted
    assert processes_of(state) == []
