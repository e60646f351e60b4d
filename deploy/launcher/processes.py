"""Child processes that cannot be orphaned, and the account that database servers run as when we are root."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True)
_LINUX = sys.platform == "linux"

_SPAWNED: list[subprocess.Popen[bytes]] = []

Check = Callable[[], bool]


@dataclass(frozen=True)
class Account:
    """An existing user of this machine that a server is started as."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """Return whom database servers run as: None for ourselves, or `postgres`, else `nobody`, when we are root.

    Raises RuntimeError when root has neither: Postgres refuses to run as root and needs a listed account.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise RuntimeError("Neither a postgres nor a nobody account exists: run this as an ordinary user.")


def become_subreaper() -> None:
    """Make orphans of our children ours to reap, so that no zombie of theirs holds a lock file."""
    if _LINUX:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_orphans() -> None:
    """Collect dead processes that were handed to us; the exit codes of our own children stay for their Popen."""
    try:
        if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return
    except ChildProcessError:
        return
    own = {process.pid for process in _SPAWNED if process.returncode is None}
    for pid in children():
        if pid not in own and not is_running(pid):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _before_exec(parent: int, death_signal: int) -> Callable[[], None]:
    """Return what the child does after it changed its user: ask for a signal when we die, and die if we already did."""

    def prepare() -> None:
        if _LINUX:
            _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def spawn(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path | None,
    account: Account | None = None,
    death_signal: int = signal.SIGTERM,
    own_group: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, output appended to `log` (None: our own output).

    Call it from the main thread: the kernel ties the death signal to the thread that started the child.
    """
    identity = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    output = log.open("ab") if log else None
    try:
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload,misc]
            [str(word) for word in argv],
            env=dict(env),
            cwd="/" if account else cwd,
            stdin=subprocess.DEVNULL if own_group else None,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            process_group=0 if own_group else None,
            preexec_fn=_before_exec(os.getpid(), death_signal),
            **identity,
        )
    finally:
        if output:
            output.close()
    _SPAWNED[:] = [known for known in _SPAWNED if known.returncode is None] + [process]
    return process


def run_as(
    argv: Sequence[str | Path], *, account: Account | None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a short command to its end as `account` with a minimal environment; the caller looks at the exit code."""
    identity = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
    try:
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [str(word) for word in argv],
            env=env,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=timeout,
            **identity,
        )
    except OSError as error:
        return subprocess.CompletedProcess(args=list(argv), returncode=126, stdout="", stderr=str(error))


def is_running(pid: int) -> bool:
    """Tell whether a process lives; one that is dead but not yet reaped (state Z) counts as dead."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return not _LINUX
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def command_name(pid: int) -> str:
    """Return the short name of a running process, or an empty string."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def children() -> list[int]:
    """Return our child processes, orphans that were handed to us included."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[1]) == os.getpid():
            found.append(int(stat.parent.name))
    return found


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a child's whole process group, if any of it is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def group_exists(pid: int) -> bool:
    """Tell whether a process group still has a member (zombies included)."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def wait_until(condition: Callable[[], bool], *, seconds: float, pause: float = 0.1) -> bool:
    """Poll until `condition` holds; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
