"""A place: the folder, ports and passwords that belong to one demo or to the tests, kept from one start to the next."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import random
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from deploy.launcher import processes
from deploy.launcher.processes import Account
from deploy.launcher.progress import LauncherError

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
_PORTS = range(20_000, 30_000)  # below the range from which the kernel picks ports for outgoing connections
_LOG_BYTES = 5_000_000


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def pick_port(*, taken: set[int], seed: str) -> int:
    """Return a free loopback port that is not in `taken`; `seed` spreads two launchers starting at once."""
    for port in random.Random(f"{seed}{os.getpid()}").sample(_PORTS, 500):
        if port not in taken and port_is_free(port):
            return port
    raise LauncherError("No free port between 20000 and 30000 on 127.0.0.1.")


@dataclass
class Place:
    """A state folder under `var/`, held by at most one launcher at a time."""

    name: str
    folder: Path
    account: Account | None
    runtime_base: Path = Path("/var/lib/marquee")
    _lock: IO[str] | None = field(default=None, repr=False)

    @classmethod
    def named(cls, name: str, *, base: Path | None = None) -> Place:
        """Return the place called `name` below `base` (by default `var/`), its folder made when it is new."""
        folder = (base or VAR) / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "logs").mkdir(exist_ok=True)
        except OSError as error:
            raise LauncherError(f"Cannot write to {folder}: {error.strerror}.") from error
        return cls(name=name, folder=folder, account=processes.service_account())

    def acquire(self) -> bool:
        """Take the place for this process until it ends; False when another launcher has it."""
        try:
            lock = (self.folder / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise LauncherError(
                f"Cannot use {self.folder}: {error.strerror} (started by another user before?)."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        return True

    def holder(self) -> str:
        """Return the process id of the launcher that has the place, as text."""
        try:
            return (self.folder / "lock").read_text(encoding="utf-8").strip() or "unknown"
        except OSError:
            return "unknown"

    def release(self) -> None:
        """Give the place back."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def log(self, service: str) -> Path:
        """Return the log file of a service, after putting a big old one aside."""
        path = self.folder / "logs" / f"{service}.log"
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    def port(self, service: str) -> int:
        """Return the loopback port of a service: the one it had before while that is free, else a new one."""
        ports: dict[str, int] = self.read("ports.json")
        port = ports.get(service)
        if port is None or not port_is_free(port):
            port = pick_port(taken=set(ports.values()), seed=f"{self.folder}{service}")
            self.write("ports.json", {**ports, service: port})
        return port

    def secret(self, name: str) -> str:
        """Return a random secret of this place, made at its first use."""
        known: dict[str, str] = self.read("secrets.json")
        if name not in known:
            known = {**known, name: secrets.token_urlsafe(32)}
            self.write("secrets.json", known)
        return known[name]

    def server_folder(self, service: str) -> Path:
        """Return a private folder that a server's account can reach, in the place or in the runtime folder."""
        inside = self.folder / service
        if self._usable(inside):
            return inside
        # The id ties it to the passwords in this place: when the place was deleted and made anew, so are the servers.
        outside = self.runtime_folder() / f"{self.name}-{self._id()}" / service
        if self._usable(outside):
            return outside
        user = self.account.name if self.account else "you"
        raise LauncherError(f"Neither {inside} nor {outside} can be used by {user}.")

    def _id(self) -> str:
        return hashlib.sha256(self.secret("place").encode()).hexdigest()[:8]

    def runtime_folder(self) -> Path:
        """Return the folder of this checkout outside of it, for what a dropped account cannot reach inside."""
        digest = hashlib.sha256(str(self.folder.parent).encode()).hexdigest()[:12]
        folder = self.runtime_base / digest
        previous = os.umask(0o022)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LauncherError(f"Cannot create {folder}: {error.strerror}.") from error
        finally:
            os.umask(previous)
        return folder

    def _usable(self, folder: Path) -> bool:
        """Make `folder` for the service account and probe it as that account; leave nothing behind when it fails."""
        is_new = not folder.exists()
        previous = os.umask(0o022)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if is_new:
                folder.chmod(0o700)
                if self.account:
                    os.chown(folder, self.account.uid, self.account.gid)
        except OSError:
            return False
        finally:
            os.umask(previous)
        probe: list[str | Path] = ["/bin/sh", "-c", 'cd "$1" && : > .probe && rm .probe', "probe", folder]
        if processes.run_as(probe, account=self.account).returncode == 0:
            return True
        if is_new:
            folder.rmdir()
        return False

    def read(self, name: str) -> dict[str, Any]:
        """Return the content of a JSON file of this place, empty when it does not exist."""
        try:
            content: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise LauncherError(f"{self.folder / name} is not JSON: delete the folder to start afresh.") from error
        return content

    def write(self, name: str, content: Mapping[str, object]) -> None:
        """Replace a small private file in one step, so that a crash leaves the old or the new one."""
        path = self.folder / name
        draft = path.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(dict(content), file, indent=2)
        draft.replace(path)


def reachable_copy(place: Place, *, sources: list[Path], program: Path, arguments: list[str]) -> Path:
    """Return `program`, or its copy in the runtime folder when the service account cannot run it where it lies.

    `sources` are the folders to copy; they keep their layout below their common parent, as `program` must lie in one.
    """
    if processes.run_as([program, *arguments], account=place.account).returncode == 0:
        return program
    if place.account is None:
        raise LauncherError(f"{program.name} from the Python environment does not run on this machine ({program}).")
    parent = Path(os.path.commonpath(sources))
    stamp = hashlib.sha256(f"{program}{program.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    target = place.runtime_folder() / "programs" / stamp
    if not target.exists():
        draft = target.with_suffix(f".{os.getpid()}")
        previous = os.umask(0o022)
        try:
            for source in sources:
                shutil.copytree(source, draft / source.relative_to(parent), symlinks=True)
            _open_to_everyone(draft)
            draft.rename(target)
        finally:
            os.umask(previous)
    copy = target / program.relative_to(parent)
    if processes.run_as([copy, *arguments], account=place.account).returncode != 0:
        raise LauncherError(f"{place.account.name} cannot run {copy}.")
    return copy


def _open_to_everyone(folder: Path) -> None:
    """Let every account read a copy that we made, and run what its owner may run."""
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        may_run = path.is_dir() or bool(path.stat().st_mode & 0o100)
        path.chmod(0o755 if may_run else 0o644)
