"""Starts services in order, watches them, names a crash on screen, restarts it, stops everything in reverse order."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.launcher import processes
from deploy.launcher.processes import Account
from deploy.launcher.progress import LauncherError, last_lines, say, step

_CRASHES_ALLOWED = 5
_CRASH_WINDOW_SECONDS = 60.0
_TAIL_LINES = 12
_SIGNAL_NAMES = {int(number): number.name for number in signal.Signals}


@dataclass
class Service:
    """One child process: how to start it, how to tell that it works, how to stop it.

    `prepare` runs before each start (first or restart), `is_ready` is polled for at most `start_seconds`.
    """

    name: str
    argv: Sequence[str | Path]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    is_ready: Callable[[], bool]
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 15.0
    start_seconds: float = 60.0
    prepare: Callable[[], None] | None = None
    process: subprocess.Popen[bytes] | None = None
    crashes: list[float] = field(default_factory=list)
    is_ready_now: bool = False
    launched_at: float = 0.0

    def launch(self) -> None:
        """Start the process; it is not ready yet."""
        if self.prepare:
            self.prepare()
        self.is_ready_now = False
        self.launched_at = time.monotonic()
        self.process = processes.spawn(
            self.argv,
            env=self.env,
            cwd=self.cwd,
            log=self.log,
            account=self.account,
            death_signal=self.stop_signal,
        )

    def check(self) -> bool:
        """Tell whether the service answers, and remember it. Raises LauncherError when its process has ended."""
        if self.process is None or self.process.poll() is not None:
            raise LauncherError(self.obituary())
        self.is_ready_now = self.is_ready()
        return self.is_ready_now

    def wait_ready(self) -> None:
        """Wait until the service answers. Raises LauncherError when it ends or stays silent."""
        if not processes.wait_until(self.check, seconds=self.start_seconds):
            raise LauncherError(f"{self.name} did not answer within {self.start_seconds:.0f} s.\n{self.tail()}")

    def begin_stop(self) -> None:
        """Ask the process to end."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def finish_stop(self) -> None:
        """Wait for the end, use force when it takes too long, and let no member of its process group outlive it."""
        if self.process is None:
            return
        try:
            self.process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            say(f"  ! {self.name} did not stop within {self.stop_seconds:.0f} s: killed")
        self.clear_group()
        self.process = None

    def clear_group(self) -> None:
        """Kill whatever is left of the process group (a worker's children, a server's helpers) and wait for its end."""
        if self.process is None:
            return
        processes.signal_group(self.process, signal.SIGKILL)
        self.process.wait()
        pid = self.process.pid

        def is_gone() -> bool:
            processes.reap_orphans()
            return not processes.group_exists(pid)

        processes.wait_until(is_gone, seconds=5, pause=0.02)

    def obituary(self) -> str:
        """Say how the process ended, with the last lines of its log."""
        code = self.process.returncode if self.process else None
        how = "was not started"
        if code is not None:
            how = f"was killed by {_SIGNAL_NAMES.get(-code, -code)}" if code < 0 else f"ended with exit code {code}"
        return f"{self.name} {how}. Its last lines ({self.log}):\n{self.tail()}"

    def tail(self) -> str:
        """Return the last lines of the log, indented."""
        return "\n".join(f"      {line}" for line in last_lines(self.log, _TAIL_LINES)) or "      (nothing)"


class Supervisor:
    """Owns the running services of one place; more than `crashes_allowed` of one within a minute are the end of all."""

    def __init__(self, *, crashes_allowed: int = _CRASHES_ALLOWED) -> None:
        self.crashes_allowed = crashes_allowed
        self.services: list[list[Service]] = []
        self.stop_requested = False
        processes.become_subreaper()

    def install_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal ask for a clean stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        if not self.stop_requested:
            self.stop_requested = True
            raise KeyboardInterrupt

    def start(self, *services: Service) -> None:
        """Start services side by side and wait until all answer. They are stopped together too."""
        self.launch(*services)
        self.wait_for_all()

    def launch(self, *services: Service) -> None:
        """Start services side by side and go on; `wait_for_all` waits for them."""
        self.services.append([])
        for service in services:
            self.services[-1].append(service)
            service.launch()

    def wait_for_all(self) -> None:
        """Wait until every service answers. Raises LauncherError when one ends or stays silent."""
        for service in self._all():
            if not service.is_ready_now:
                with step(f"Waiting for {service.name}", watch=service.log):
                    service.wait_ready()

    def watch(self) -> None:
        """Stay until a stop is asked for; restart what crashes. Raises LauncherError when one keeps crashing."""
        while not self.stop_requested:
            self.look()
            time.sleep(0.2)

    def look(self) -> None:
        """Look at every service once, restart what has ended, reap orphans."""
        for service in self._all():
            self._look_at(service)
        processes.reap_orphans()

    def _look_at(self, service: Service) -> None:
        """Restart one service if it has ended; say so when a restarted one answers again."""
        if service.process is None:
            return
        if service.process.poll() is None:
            self._await_restarted(service)
            return
        say(f"\n  ✗ {time.strftime('%H:%M:%S')} {service.obituary()}")
        now = time.monotonic()
        service.crashes = [at for at in service.crashes if now - at < _CRASH_WINDOW_SECONDS] + [now]
        if len(service.crashes) > self.crashes_allowed:
            raise LauncherError(
                f"{service.name} crashed {len(service.crashes)} times in a minute: stopping everything."
            )
        service.clear_group()
        time.sleep(min(0.2 * 2 ** (len(service.crashes) - 1), 5))
        say(
            f"  → restarting {service.name} (crash {len(service.crashes)} of {self.crashes_allowed} allowed in a minute)"
        )
        service.launch()

    def _await_restarted(self, service: Service) -> None:
        """Say that a restarted service answers again; one that stays silent is killed, which counts as a crash."""
        if service.is_ready_now:
            return
        if service.is_ready():
            service.is_ready_now = True
            say(f"  ✓ {service.name} answers again")
        elif service.process and time.monotonic() - service.launched_at > service.start_seconds:
            say(f"  ! {service.name} did not answer within {service.start_seconds:.0f} s: killed")
            processes.signal_group(service.process, signal.SIGKILL)
            service.process.wait()

    def stop(self) -> None:
        """Stop everything in the reverse order of its start; a second Ctrl-C does not interrupt this."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for group in reversed(self.services):
            running = [service for service in group if service.process]
            if not running:
                continue
            with step("Stopping " + ", ".join(service.name for service in running)):
                for service in running:
                    service.begin_stop()
                for service in running:
                    service.finish_stop()
        self.services = []

    def _all(self) -> list[Service]:
        return [service for group in self.services for service in group]
