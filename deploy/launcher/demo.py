"""The demo: everything that Marquee needs, on one machine, with a small world of organizers to look at."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from celery import Celery

from deploy.launcher import processes, table
from deploy.launcher.dotenv import setting
from deploy.launcher.place import ROOT, VAR, Place, port_is_free
from deploy.launcher.postgres import APPLICATION, OWNER, Postgres
from deploy.launcher.progress import LauncherError, last_lines, say, step
from deploy.launcher.python_services import (
    Mailbox,
    answers,
    mailbox,
    product_env,
    python_env,
)
from deploy.launcher.redis_server import RedisServer
from deploy.launcher.supervisor import Service, Supervisor

_BEAT_FRESH_SECONDS = 30.0
_STRIPE_SETTINGS = (
    "STRIPE_SECRET_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "STRIPE_CONNECT_WEBHOOK_SECRET",
)


@dataclass
class Demo:
    """One demo: its web port decides its place, so that several run side by side. `base` holds places, by default `var`."""

    port: int
    is_for_development: bool = False
    base: Path = VAR

    def __post_init__(self) -> None:
        self.place = Place.named(f"demo-{self.port}", base=self.base)
        self.supervisor = Supervisor()
        self.env: dict[str, str] = {}
        self.mailbox: Mailbox | None = None

    @property
    def base_url(self) -> str:
        """Return the platform's address."""
        return f"http://localhost:{self.port}"

    @property
    def facts_file(self) -> Path:
        """Return the file with addresses and logins that the demo world writes."""
        return self.place.folder / "demo.json"

    def run(self) -> int:
        """Start everything, show the table, stay until Ctrl-C, stop everything; return the exit code."""
        started = time.monotonic()
        if not self.place.acquire():
            raise LauncherError(
                f"This demo is running already (process {self.place.holder()}) at {self.base_url}."
                " Another one beside it: make demo PORT=8123"
            )
        if not port_is_free(self.port):
            raise LauncherError(f"Port {self.port} is in use by another program. Choose one: make demo PORT=8123")
        self.supervisor.install_signals()
        code = 0
        try:
            self.start()
            self._publish_facts()
            table.show(self.facts_file, self._addresses(), seconds=time.monotonic() - started)
            self.supervisor.watch()
        except KeyboardInterrupt:
            say("")
        except LauncherError as error:
            say(f"\n{error}", stream=sys.stderr)
            code = 1
        finally:
            self.supervisor.stop()
            self.place.release()
        return code

    def start(self) -> None:
        """Bring every part up in order. Raises LauncherError when one does not come up.

        The world is loaded while the product's processes start: they need its tables, not its rows.
        """
        self.start_backing()
        self.start_providers()
        self.place.write("env.json", {name: value for name, value in self.env.items() if os.environ.get(name) != value})
        services = [self._web(), self._worker(), self._clock(), self._announcer()]
        if self.is_for_development:
            services.append(self._front_end())
        self.supervisor.launch(*services)
        with step("Loading the demo world", watch=self.place.log("manage")):
            self.manage("load_demo")
        self.supervisor.wait_for_all()

    def start_backing(self) -> None:
        """Start Postgres and Redis, or use those named by the settings; bring the tables up to date."""
        inherited = {name: value for name, value in python_env().items() if value}  # an empty one means: yours
        self.env = {
            **inherited,
            **product_env(self.place, base_url=setting("BASE_URL") or self.base_url),
            "DEMO_FILE": str(self.facts_file),
            "DEBUG": setting("DEBUG") or ("1" if self.is_for_development else "0"),
            "SECRET_KEY": setting("SECRET_KEY") or self.place.secret("secret_key"),
        }
        services: list[Service] = []
        postgres: Postgres | None = None
        if url := setting("DATABASE_URL"):
            self.env |= {"DATABASE_URL": url, "DATABASE_OWNER_URL": setting("DATABASE_OWNER_URL") or url}
        else:
            postgres = Postgres(self.place)
            self.env |= {"DATABASE_URL": postgres.url(APPLICATION), "DATABASE_OWNER_URL": postgres.url(OWNER)}
            if postgres.is_new():
                with step("Creating the database server"):
                    postgres.initialise()
            services.append(postgres.service())
        if url := setting("REDIS_URL"):
            self.env["REDIS_URL"] = url
        else:
            server = RedisServer(self.place)
            self.env["REDIS_URL"] = server.url()
            services.append(server.service())
        self.supervisor.start(*services)
        if postgres:
            postgres.create_roles()
        self._migrate(is_embedded=postgres is not None)

    def _migrate(self, *, is_embedded: bool) -> None:
        """Bring the tables up to date; an embedded database that saw these very migrations needs no look."""
        wanted = {"migrations": _fingerprint_of_migrations()}
        if is_embedded and self.place.read("migrated.json") == wanted:
            return
        with step("Bringing the tables up to date", watch=self.place.log("manage")):
            self.manage("migrate_schemas")
        self.place.write("migrated.json", wanted)

    def start_providers(self) -> None:
        """Start the mailbox and the payments sandbox, or use what the settings name."""
        services: list[Service] = []
        if url := setting("EMAIL_URL"):
            self.env["EMAIL_URL"] = url
        else:
            self.mailbox = mailbox(self.place)
            self.env |= {"EMAIL_URL": self.mailbox.smtp_url, "MAIL_API": self.mailbox.api_url}
            services.append(self.mailbox.service)
        if setting("STRIPE_SECRET_KEY"):
            self.env |= {name: setting(name) for name in _STRIPE_SETTINGS if setting(name)}
        else:
            services.append(self._sandbox())
        self.supervisor.start(*services)

    def manage(self, *arguments: str) -> None:
        """Run a management command with its output in `manage.log`. Raises LauncherError with its end when it fails."""
        log = self.place.log("manage")
        started = processes.spawn([sys.executable, "manage.py", *arguments], env=self.env, cwd=ROOT, log=log)
        try:
            code = started.wait()
        except KeyboardInterrupt:
            processes.signal_group(started, signal.SIGTERM)
            started.wait()
            raise
        if code != 0:
            tail = "\n".join(f"      {line}" for line in last_lines(log, 25))
            raise LauncherError(f"manage.py {' '.join(arguments)} failed (exit code {code}). The end of {log}:\n{tail}")

    def _sandbox(self) -> Service:
        port = self.place.port("stripe")
        address = f"http://localhost:{port}"
        secrets = {name: f"whsec_{self.place.secret(name)}" for name in ("stripe_webhook", "stripe_connect_webhook")}
        self.env |= {
            "STRIPE_SECRET_KEY": "sk_test_marquee_demo",
            "STRIPE_PUBLISHABLE_KEY": "pk_test_marquee_demo",
            "STRIPE_API_BASE": address,
            "STRIPE_JS_URL": f"{address}/v3/",
            "STRIPE_WEBHOOK_SECRET": secrets["stripe_webhook"],
            "STRIPE_CONNECT_WEBHOOK_SECRET": secrets["stripe_connect_webhook"],
        }
        webhook = f"{self.base_url}/webhooks/stripe"  # by name: the platform's host is known, an address is not
        return Service(
            name="stripe sandbox",
            argv=[
                *(sys.executable, "-m", "payments.sandbox", "--port", str(port)),
                *("--state", self.place.folder / "stripe.sqlite"),
                *("--webhook-url", webhook, "--webhook-secret", secrets["stripe_webhook"]),
                *("--connect-webhook-url", webhook, "--connect-webhook-secret", secrets["stripe_connect_webhook"]),
            ],
            env=python_env(),
            cwd=ROOT,
            log=self.place.log("stripe"),
            is_ready=answers(f"http://127.0.0.1:{port}/healthz"),
        )

    def _web(self) -> Service:
        address = ["-b", "127.0.0.1", "-p", str(self.port)]
        argv: list[str | Path] = [sys.executable, "-m", "daphne", *address, "config.asgi:application"]
        if self.is_for_development:  # restarts itself when a source file changes
            argv = [sys.executable, "manage.py", "runserver", f"127.0.0.1:{self.port}"]
        return self._product("web", argv, is_ready=answers(f"http://127.0.0.1:{self.port}/healthz"))

    def _worker(self) -> Service:
        node = f"marquee-{self.port}@localhost"
        argv = ["-m", "celery", "-A", "config.celery:app", "worker", "--concurrency", "2", "--hostname", node]
        return self._product(
            "worker",
            [sys.executable, *argv, "--loglevel", "INFO"],
            is_ready=_answers_ping(self.env["REDIS_URL"], node),
        )

    def _announcer(self) -> Service:
        heartbeat = self.place.folder / "announcer.heartbeat"
        argv: list[str | Path] = [sys.executable, "manage.py", "announce", "--heartbeat", heartbeat]
        service = self._product("announcer", argv, is_ready=_is_fresh(heartbeat))
        service.prepare = lambda: heartbeat.unlink(missing_ok=True)
        return service

    def _clock(self) -> Service:
        heartbeat = self.place.folder / "clock.heartbeat"
        schedule = self.place.folder / "clock.schedule"
        argv = ["-m", "celery", "-A", "config.celery:app", "beat", "--scheduler", "deploy.launcher.clock:Clock"]
        service = self._product(
            "clock",
            [sys.executable, *argv, "--schedule", schedule, "--pidfile", "", "--loglevel", "INFO"],
            is_ready=_is_fresh(heartbeat),
        )
        service.env = {**service.env, "CLOCK_HEARTBEAT": str(heartbeat)}
        service.prepare = lambda: heartbeat.unlink(missing_ok=True)
        return service

    def _front_end(self) -> Service:
        """Return the build that follows the sources; its unnamed files are replaced by the next ordinary set-up."""
        (VAR / "static-build.stamp").unlink(missing_ok=True)
        manifest = VAR / "static-build" / "manifest.json"
        programs = Path(sys.executable).parent
        service = self._product("front end", [programs / "npm", "run", "dev"], is_ready=manifest.exists)
        service.env = {**service.env, "PATH": os.pathsep.join([str(programs), service.env.get("PATH", os.defpath)])}
        return service

    def _product(
        self, name: str, argv: list[str | Path], *, is_ready: processes.Check, stop_seconds: float = 30
    ) -> Service:
        """Return a process of the product itself."""
        return Service(
            name=name,
            argv=argv,
            env=self.env,
            cwd=ROOT,
            log=self.place.log(name.replace(" ", "-")),
            is_ready=is_ready,
            stop_seconds=stop_seconds,
        )

    def _publish_facts(self) -> None:
        """Copy the facts of this demo, now the newest, to where programs look for them."""
        if self.facts_file.exists():
            draft = self.base / f"demo.json.{os.getpid()}"
            draft.write_bytes(self.facts_file.read_bytes())
            draft.replace(self.base / "demo.json")

    def _addresses(self) -> dict[str, str]:
        found = {"Platform": self.env["BASE_URL"], "Console": f"{self.env['BASE_URL']}/console/"}
        if self.mailbox:
            found["Mailbox"] = self.mailbox.page_url
        if base := self.env.get("STRIPE_API_BASE"):
            found["Stripe sandbox"] = base
        if self.mailbox:
            found["Mail for programs"] = self.mailbox.api_url
        found["Logs"] = os.path.relpath(self.place.folder / "logs")
        return found


def _fingerprint_of_migrations() -> str:
    """Return a fingerprint of everything that decides the tables: our migrations and the installed packages'."""
    total = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for folder in (ROOT / "platform", *(path.parent for path in ROOT.glob("*/__init__.py"))):
        for path in sorted(folder.rglob("migrations/*.py")):
            total.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return total.hexdigest()


def _is_fresh(heartbeat: Path) -> processes.Check:
    """Return a check that a process touched its heartbeat lately."""
    return lambda: heartbeat.exists() and time.time() - heartbeat.stat().st_mtime < _BEAT_FRESH_SECONDS


def _answers_ping(redis_url: str, node: str) -> processes.Check:
    """Return a check that a Celery worker answers a ping through the broker."""
    app = Celery(broker=broker_url(redis_url), set_as_current=False)
    app.conf.broker_transport_options = {"socket_connect_timeout": 2, "socket_timeout": 5}

    def check() -> bool:
        try:
            return bool(app.control.ping(destination=[node], timeout=1.0))
        except Exception:  # any trouble of the broker means: not now
            return False

    return check


def broker_url(redis_url: str) -> str:
    """Return the broker's address: database number 0 unless the address names one (config.settings does the same)."""
    return redis_url if urlsplit(redis_url).path.strip("/") else f"{redis_url.rstrip('/')}/0"


def manage_demo(port: int, arguments: list[str]) -> int:
    """Run a management command against a demo, which need not be running; return its exit code."""
    demo = Demo(port)
    if not demo.place.acquire():
        env = _running_demo_env(demo)
        return subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env={**os.environ, **env}).returncode
    demo.supervisor.install_signals()
    try:
        demo.start_backing()
        demo.start_providers()
        return subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=demo.env).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        demo.supervisor.stop()
        demo.place.release()


def _running_demo_env(demo: Demo) -> Mapping[str, str]:
    """Return the environment of a running demo, from its web process."""
    try:
        urlopen(f"http://127.0.0.1:{demo.port}/healthz", timeout=3).close()
    except URLError as error:
        raise LauncherError(f"The demo of process {demo.place.holder()} does not answer yet.") from error
    return demo.place.read("env.json")
