"""The services that the tests use, and the environment that points at them."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg

from deploy.launcher import processes
from deploy.launcher.place import ROOT, VAR, Place
from deploy.launcher.postgres import APPLICATION, DATABASE, OWNER, Postgres
from deploy.launcher.progress import LauncherError, say, step
from deploy.launcher.python_services import mailbox, product_env
from deploy.launcher.redis_server import RedisServer
from deploy.launcher.supervisor import Supervisor


def start_services(supervisor: Supervisor, place: Place, *, is_durable: bool = False) -> dict[str, str]:
    """Start Postgres, Redis and the mailbox of the tests; return the environment that points at them.

    DATABASE_URL and REDIS_URL of the environment (not of `.env`: that may name real data) replace the embedded ones.
    """
    found = {}
    if os.environ.get("DATABASE_URL"):
        found["DATABASE_URL"] = os.environ["DATABASE_URL"]
        found["DATABASE_OWNER_URL"] = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
        found["DATABASE_APP_URL"] = os.environ.get("DATABASE_APP_URL", "")
    else:
        postgres = Postgres(place, may_create_databases=True, is_durable=is_durable)
        if postgres.is_new():
            with step("Creating the test database server"):
                postgres.initialise()
        supervisor.start(postgres.service())
        postgres.create_roles()
        if is_durable:
            with step("Filling the database's log, as a server in use has it"):
                postgres.fill_log()
        # Tests create and drop databases, so they connect as the owner; DATABASE_APP_URL is what the product would use.
        found["DATABASE_URL"] = found["DATABASE_OWNER_URL"] = postgres.url(OWNER)
        found["DATABASE_APP_URL"] = postgres.url(APPLICATION)
    if os.environ.get("REDIS_URL"):
        found["REDIS_URL"] = os.environ["REDIS_URL"]
    else:
        server = RedisServer(place, is_durable=is_durable)
        supervisor.start(server.service())
        found["REDIS_URL"] = server.url()
    box = mailbox(place)
    supervisor.start(box.service)
    return {
        **product_env(place, base_url="http://localhost:8000"),
        **found,
        "EMAIL_URL": box.smtp_url,
        "MAIL_API": box.api_url,
        "MARQUEE_TEST": "1",
        # A developer's `.env` with real keys must not reach the tests.
        "STRIPE_SECRET_KEY": "",
        "STRIPE_PUBLISHABLE_KEY": "",
        "STRIPE_API_BASE": "",
        "STRIPE_JS_URL": "https://js.stripe.com/v3/",
        "STRIPE_WEBHOOK_SECRET": "",
        "STRIPE_CONNECT_WEBHOOK_SECRET": "",
    }


def run_with_services(arguments: list[str], *, is_durable: bool = False) -> int:
    """Run a Python command with the tests' services, those that are up already or our own; return its exit code.

    `is_durable` starts servers apart that are set up as the demo's, so that figures and crashes mean something.
    """
    with _services("bench" if is_durable else "test") as (env, supervisor):
        return _run_python({"": (arguments, env)}, supervisor=supervisor)


PRODUCT, REST = (
    "product",
    "rest",
)  # the halves of the test suite (tests/conftest.py): with the running product, and all others


def run_tests(arguments: list[str]) -> int:
    """Run the whole suite in two processes beside each other, or the tests that are named in one; return the exit code.

    Each half has databases and a Redis number of its own. What the product's half says comes when both have ended.
    """
    command = ["-m", "pytest", *arguments]
    if any(argument.startswith("tests") for argument in arguments):
        return run_with_services(command)
    with _services("test") as (env, supervisor):
        halves = {
            "": (command, {**env, "MARQUEE_HALF": REST}),
            PRODUCT: (command, {**_of_its_own(env, PRODUCT), "MARQUEE_HALF": PRODUCT}),
        }
        say("\nThe tests that need the running product run beside these; what they say comes at the end.")
        return _run_python(halves, supervisor=supervisor)


@contextmanager
def _services(name: str) -> Iterator[tuple[dict[str, str], Supervisor | None]]:
    """The services of the place `name`, those that are up already (but for durable ones) or our own, stopped at the end."""
    place = Place.named(name)
    if not place.acquire():
        if name != "test":
            raise LauncherError(f"Another run (process {place.holder()}) uses the services: wait for it to end.")
        yield _running_env(place), None
        return
    supervisor = Supervisor()
    supervisor.install_signals()
    try:
        yield start_services(supervisor, place, is_durable=name != "test"), supervisor
    finally:
        supervisor.stop()
        place.release()


def _of_its_own(env: Mapping[str, str], who: str) -> dict[str, str]:
    """The environment with other databases on the same servers, as MARQUEE_WHO gives them (`_write_env_file`)."""
    found = dict(env)
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_APP_URL"):
        if found.get(name):
            found[name] += f"_{who}"
    found["REDIS_URL"] = found["REDIS_URL"].rpartition("/")[0] + "/252"
    return found


def keep_services(*, state: Path) -> int:
    """Keep the tests' services up in the foreground and write `env.sh` to source; return the exit code.

    `state` is the folder that keeps them.
    """
    place = Place.named("test", base=state)
    env_file = place.folder / "env.sh"
    if not place.acquire():
        raise LauncherError(f"The services are up already (process {place.holder()}): source {env_file}")
    env_file.unlink(missing_ok=True)  # left by a launcher that was killed
    supervisor = Supervisor()
    supervisor.install_signals()
    try:
        env = start_services(supervisor, place)
        _write_env_file(env_file, env)
        say(f"\nServices are up. In another shell: source {env_file} && pytest. Ctrl-C stops them.")
        supervisor.watch()
    except KeyboardInterrupt:
        say("")
    finally:
        env_file.unlink(missing_ok=True)
        supervisor.stop()
        place.release()
    return 0


def _write_env_file(path: Path, env: Mapping[str, str]) -> None:
    """Write `export` lines; MARQUEE_WHO=name before sourcing gives databases of one's own on the same servers."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(env.items())]
    number = '$(( $(printf %s "$MARQUEE_WHO" | cksum | cut -d" " -f1) % 62 * 4 + 4 ))'
    lines += [
        "# MARQUEE_WHO=name gives each of several people a database and a Redis number of their own.",
        'if [ -n "${MARQUEE_WHO:-}" ]; then',
        *(
            f'  export {name}="${{{name}%/{DATABASE}}}/{DATABASE}_$MARQUEE_WHO"'
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_APP_URL")
        ),
        f'  export REDIS_URL="${{REDIS_URL%/0}}/{number}"',
        "fi",
        f'export PATH={shlex.quote(str(ROOT / ".venv" / "bin"))}:"$PATH"',
    ]
    draft = path.with_suffix(".draft")
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.replace(path)


def _running_env(place: Place) -> dict[str, str]:
    """Return the environment of services kept up by another launcher, after checking that they answer."""
    env_file = place.folder / "env.sh"
    if not env_file.exists():
        raise LauncherError(f"Another test run (process {place.holder()}) uses the services: wait for it to end.")
    shell = subprocess.run(
        ["/bin/sh", "-c", '. "$1" && env -0', "sh", str(env_file)], capture_output=True, text=True, check=True
    )
    env = dict(pair.split("=", 1) for pair in shell.stdout.split("\0") if "=" in pair)
    try:
        psycopg.connect(env["DATABASE_URL"].rpartition("/")[0] + "/postgres", connect_timeout=3).close()
        urlopen(env["MAIL_API"], timeout=3).close()
    except (psycopg.OperationalError, URLError) as error:
        raise LauncherError(f"Services of process {place.holder()} do not answer: {error}") from error
    say(f"Using the services of process {place.holder()}.")
    return env


def _run_python(commands: Mapping[str, tuple[list[str], Mapping[str, str]]], *, supervisor: Supervisor | None) -> int:
    """Run Python in the foreground, restarting services that crash meanwhile; Ctrl-C reaches it directly.

    Of several commands the one called "" is heard at once, the others when all have ended. Returns the first exit code
    that is not 0.
    """
    python = ROOT / ".venv" / "bin" / "python"
    logs = {name: VAR / "logs" / f"tests-{name}.log" for name in commands if name}
    for log in logs.values():
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
    started = {
        name: processes.spawn(
            [python, *arguments], env={**os.environ, **env}, cwd=Path(ROOT), log=logs.get(name), own_group=False
        )
        for name, (arguments, env) in commands.items()
    }
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def pass_on(number: int, _frame: object) -> None:
        for one in started.values():
            one.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    while any(one.poll() is None for one in started.values()):
        if supervisor:
            supervisor.look()
        time.sleep(0.2)
    for log in logs.values():
        say(log.read_text(encoding="utf-8", errors="replace"))
    return next((one.returncode for one in started.values() if one.returncode), 0)
