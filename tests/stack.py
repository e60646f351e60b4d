"""The whole product as real processes on the test database: web, worker, clock, announcer, Stripe sandbox.

For flows and crash tests.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.db import connection

from tests.processes import ROOT, Process, Sandbox, free_port, start_sandbox, wait_for


@dataclass
class Stack:
    """The running product. `failpoints` is the folder where a file named like a failpoint kills the process that hits it."""

    web: Process
    worker: Process
    clock: Process
    announcer: Process
    sandbox: Sandbox
    port: int
    failpoints: Path

    def url(self, host: str, path: str = "/") -> str:
        """For a browser, which resolves *.localhost itself."""
        return f"http://{host}:{self.port}{path}"

    def client(self, host: str, **headers: str) -> httpx.Client:
        """For Python, which does not: loopback with a Host header."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Host": f"{host}:{self.port}", **headers},
            timeout=30,
            verify=False,  # to read all the system's certificates takes 30 ms
        )

    def arm(self, failpoint: str) -> None:
        """The next process that passes `failpoint` is killed there (SIGKILL), once."""
        (self.failpoints / failpoint).touch()

    def is_armed(self, failpoint: str) -> bool:
        return (self.failpoints / failpoint).exists()

    def revive(self) -> None:
        """Start again whatever was killed."""
        for process in (self.web, self.worker, self.clock, self.announcer):
            if not process.is_alive:
                process.start()
        wait_for(f"http://127.0.0.1:{self.port}/healthz", self.web)


def database_url() -> str:
    """The address of the test database, for other processes."""
    facts: dict[str, Any] = connection.settings_dict
    return f"postgres://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


@contextmanager
def start_stack(
    folder: Path, *, server: str = "daphne", worker: tuple[str, ...] = ("--concurrency", "2"), **more_env: str
) -> Iterator[Stack]:
    """Start everything, wait until it answers, stop it by its own process ids at the end.

    `worker` are its options: with `--pool solo` a failpoint kills the whole worker and not one child of it.
    """
    port = free_port()
    base_url = f"http://localhost:{port}"
    failpoints = folder / "failpoints"
    failpoints.mkdir()
    with ExitStack() as cleanup:
        sandbox = cleanup.enter_context(start_sandbox(folder, webhooks_to=f"{base_url}/webhooks/stripe"))
        env = {
            **sandbox.env(),
            **product_env(base_url, failpoints),
            **more_env,
        }
        celery = [sys.executable, "-m", "celery", "-A", "config.celery:app"]
        commands = {
            "web": web_command(server, port),
            "worker": [*celery, "worker", *worker, "--loglevel", "INFO"],
            "clock": [*celery, "beat", "--schedule", str(folder / "beat"), "--pidfile", "", "--loglevel", "INFO"],
            "announcer": [sys.executable, "manage.py", "announce"],
        }
        made = {name: Process(name, argv, env, folder / f"{name}.log") for name, argv in commands.items()}
        for process in made.values():
            cleanup.callback(process.kill)
            process.start()
        wait_for(f"http://127.0.0.1:{port}/healthz", made["web"])
        yield Stack(sandbox=sandbox, port=port, failpoints=failpoints, **made)


@dataclass
class Web:
    """A web server alone."""

    process: Process
    port: int
    failpoints: Path
    server: str

    def host(self, slug: str) -> str:
        """The Host header of an organizer's sub-domain."""
        return f"{slug}.localhost:{self.port}"


@contextmanager
def start_web(
    folder: Path, *, server: str = "gunicorn", application: str = "config.asgi:application", **more_env: str
) -> Iterator[Web]:
    """A web server on the test database, without worker, clock and sandbox."""
    port = free_port()
    failpoints = folder / "failpoints"
    failpoints.mkdir(parents=True)
    env = {**product_env(f"http://localhost:{port}", failpoints), **more_env}
    process = Process("web", web_command(server, port, application), env, folder / "web.log").start()
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield Web(process=process, port=port, failpoints=failpoints, server=server)
    finally:
        process.kill(signal.SIGTERM)


def product_env(base_url: str, failpoints: Path) -> dict[str, str]:
    """What the product's processes need to run on the test database."""
    return {
        "BASE_URL": base_url,
        "DATABASE_URL": database_url(),
        "DATABASE_OWNER_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "SECRET_KEY": settings.SECRET_KEY,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "MARQUEE_TEST": "1",
        "FAILPOINT_DIR": str(failpoints),
        "EMAIL_URL": os.environ.get("EMAIL_URL", "smtp://127.0.0.1:1025"),
    }


def web_command(server: str, port: int, application: str = "config.asgi:application") -> list[str]:
    """How to start gunicorn (HTTP as in production), the server of the on-sale path, or daphne, with an ASGI application."""
    gunicorn = [
        *(sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn_conf", "--bind", f"127.0.0.1:{port}")
    ]
    if server == "gunicorn":
        return [
            *(*gunicorn, "config.wsgi:application"),
            # Without --reuse-port keep-alive connections pile up on one worker.
            *("--workers", "2", "--threads", "8", "--reuse-port"),
        ]
    if server == "onsale":
        return [
            *(*gunicorn, application),
            *("--worker-class", "config.onsale_worker.OnSaleWorker", "--workers", "1"),
            *("--worker-connections", "10000"),
        ]
    return [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), application]
