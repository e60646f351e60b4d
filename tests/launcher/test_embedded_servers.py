"""Real Postgres, Redis and mailbox under the launcher: what survives a restart, a crash, a killed launcher."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from .conftest import Launcher, processes_of, wait_for

Start = Callable[[], Launcher]


def _server_pid(state: Path) -> int:
    return int((state / "test" / "postgres" / "data" / "postmaster.pid").read_text().split("\n")[0])


def _faults(pid: int) -> int:
    """How often a process was given a page of memory: `minflt` of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[7])


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url, autocommit=True, connect_timeout=5)


def _accepts(url: str) -> bool:
    try:
        _connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_restart_keeps_data_ports_and_passwords_and_a_stop_leaves_no_process(state: Path, start: Start) -> None:
    first = start()
    env = first.wait_until_up()
    with _connect(env["DATABASE_URL"]) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('still here')")
    assert first.stop() == 0
    assert "Stopping postgres" in first.screen()
    assert processes_of(state) == []

    again = start().wait_until_up()
    assert again == env
    with _connect(again["DATABASE_URL"]) as connection:
        assert connection.execute("select word from kept").fetchall() == [("still here",)]


def test_a_crash_is_named_with_its_last_lines_and_the_server_comes_back(state: Path, start: Start) -> None:
    launcher = start()
    env = launcher.wait_until_up()
    with _connect(env["DATABASE_URL"]) as connection:
        connection.execute("create table kept as select 7 as number")
        os.kill(_server_pid(state), signal.SIGKILL)
    wait_for(lambda: "postgres answers again" in launcher.screen(), "postgres to come back")
    assert "postgres was killed by SIGKILL. Its last lines" in launcher.screen()
    with _connect(env["DATABASE_URL"]) as connection:
        assert connection.execute("select number from kept").fetchone() == (7,)

    redis_pid = int(redis.Redis.from_url(env["REDIS_URL"]).info("server")["process_id"])
    os.kill(redis_pid, signal.SIGKILL)
    wait_for(lambda: "redis answers again" in launcher.screen(), "redis to come back")
    assert redis.Redis.from_url(env["REDIS_URL"]).ping()


def test_a_killed_launcher_orphans_nothing_and_the_next_start_recovers(state: Path, start: Start) -> None:
    launcher = start()
    env = launcher.wait_until_up()
    with _connect(env["DATABASE_URL"]) as connection:
        connection.execute("create table kept as select 7 as number")
    launcher.kill()
    wait_for(lambda: not processes_of(state), "the servers to follow their launcher", seconds=20)
    again = start().wait_until_up()
    with _connect(again["DATABASE_URL"]) as connection:
        assert connection.execute("select number from kept").fetchone() == (7,)


def test_launcher_and_server_killed_together_leave_a_lock_that_does_not_stop_the_next_start(
    state: Path, start: Start
) -> None:
    launcher = start()
    launcher.wait_until_up()
    lock = state / "test" / "postgres" / "data" / "postmaster.pid"
    os.kill(launcher.process.pid, signal.SIGKILL)
    os.kill(_server_pid(state), signal.SIGKILL)
    launcher.process.wait()
    wait_for(lambda: not processes_of(state), "everything to end", seconds=20)
    # The number in the lock belongs to a living stranger by now, as happens soon in a container.
    lines = lock.read_text().split("\n")
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert _accepts(start().wait_until_up()["DATABASE_URL"])


def test_a_statement_does_not_fetch_its_memory_anew_from_the_system(running: Launcher) -> None:
    with _connect(running.wait_until_up()["DATABASE_URL"]) as connection:

        def sum_many(times: int) -> None:
            for _time in range(times):
                connection.execute(
                    "select sum(n) from unnest((select array_agg(n) from generate_series(1, 20000) n)) n"
                )

        sum_many(20)
        before = _faults(connection.info.backend_pid)
        sum_many(100)
        assert _faults(connection.info.backend_pid) - before < 100


def test_a_second_launcher_of_the_same_place_says_who_has_it(running: Launcher) -> None:
    second = Launcher(running.folder)
    assert second.process.wait(timeout=30) == 1
    assert f"process {running.process.pid}" in second.screen()
    assert running.process.poll() is None


def test_the_application_role_may_do_what_it_was_granted_and_nothing_by_default(running: Launcher) -> None:
    env = running.wait_until_up()
    with _connect(env["DATABASE_URL"]) as owner:
        owner.execute("create schema organizer")
        owner.execute("create table organizer.thing (id bigint generated always as identity, word text)")
        owner.execute("create table organizer.other (id bigserial)")
        owner.execute("grant usage on schema organizer to marquee_app")
        owner.execute("grant select, insert on organizer.thing to marquee_app")
    with _connect(env["DATABASE_APP_URL"]) as application:
        application.execute("insert into organizer.thing (word) values ('one')")
        assert application.execute("select word from organizer.thing").fetchall() == [("one",)]
        for forbidden in (
            "create table public.mine (id int)",
            "create schema mine",
            "alter table organizer.thing add column more text",
            "truncate organizer.thing",
            "update organizer.thing set word = 'two'",
            "select * from organizer.other",
            "select nextval('organizer.other_id_seq')",
        ):
            try:
                application.execute(forbidden)  # type: ignore[call-overload]
            except psycopg.errors.InsufficientPrivilege:
                continue
            raise AssertionError(f"the application role was allowed to: {forbidden}")


def test_servers_listen_on_loopback_alone_and_want_a_password(running: Launcher) -> None:
    env = running.wait_until_up()
    with _connect(env["DATABASE_URL"]) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
    without_password = "postgres://marquee_owner@" + env["DATABASE_URL"].rpartition("@")[2]
    assert not _accepts(without_password)
    assert redis.Redis.from_url(env["REDIS_URL"]).config_get("bind") == {"bind": "127.0.0.1"}
