"""The supervisor with small real processes. It runs apart because it reaps every orphan of its process."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from .conftest import ROOT, processes_of


def _run(state: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script that has `service(name, command)` and `supervisor` at hand; return what it printed."""
    preamble = f"""
        import os, signal, sys, time
        from pathlib import Path
        from deploy.launcher.progress import LauncherError
        from deploy.launcher.supervisor import Service, Supervisor
        state = Path({str(state)!r})
        def service(name, command, ready=lambda: True, **options):
            return Service(name=name, argv=["/bin/sh", "-c", command, str(state)], env=dict(os.environ), cwd=state,
                           log=state / f"{{name}}.log", is_ready=ready, **options)
        supervisor = Supervisor(crashes_allowed=2)
        supervisor.install_signals()
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(preamble) + textwrap.dedent(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_service_that_keeps_crashing_is_named_and_stops_everything(state: Path) -> None:
    done = _run(
        state,
        """
        supervisor.start(service("steady", "exec sleep 600"))
        supervisor.start(service("flaky", "sleep 0.3; echo the disk is full; exit 3"))
        try:
            supervisor.watch()
        except LauncherError as error:
            print("GAVE UP:", error)
        finally:
            supervisor.stop()
        """,
    )
    assert done.returncode == 0, done.stderr
    assert "flaky ended with exit code 3. Its last lines" in done.stdout
    assert "the disk is full" in done.stdout
    assert done.stdout.count("restarting flaky") == 2
    assert "GAVE UP: flaky crashed 3 times in a minute" in done.stdout
    assert "Stopping steady" in done.stdout
    assert processes_of(state) == []


def test_a_service_that_never_starts_shows_its_last_lines(state: Path) -> None:
    done = _run(
        state,
        """
        try:
            supervisor.start(service("broken", "echo no such module; exit 1", ready=lambda: False))
        except LauncherError as error:
            print(error)
        finally:
            supervisor.stop()
        """,
    )
    assert "broken ended with exit code 1" in done.stdout
    assert "no such module" in done.stdout


def test_what_a_crashed_process_leaves_behind_in_its_group_is_ended(state: Path) -> None:
    done = _run(
        state,
        """
        first = service("parent", "sleep 601 & exec sleep 600")
        supervisor.start(first)
        pid = first.process.pid
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
        supervisor.look()
        assert first.process.pid != pid
        try:
            os.killpg(pid, 0)
            print("LEFT BEHIND")
        except ProcessLookupError:
            print("clean")
        supervisor.stop()
        """,
    )
    assert "clean" in done.stdout, done.stdout + done.stderr


def test_services_stop_in_reverse_order_and_a_stubborn_one_is_killed(state: Path) -> None:
    done = _run(
        state,
        """
        supervisor.start(service("first", "exec sleep 600"))
        supervisor.start(service("stubborn", "trap '' TERM; echo up; while :; do sleep 1; done", stop_seconds=1))
        time.sleep(0.5)
        supervisor.stop()
        """,
    )
    assert done.stdout.index("Stopping stubborn") < done.stdout.index("Stopping first")
    assert "stubborn did not stop within 1 s: killed" in done.stdout
    assert processes_of(state) == []
