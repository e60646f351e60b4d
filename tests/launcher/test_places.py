"""Ports, passwords and folders of a place."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.launcher.place import Place, pick_port, port_is_free, reachable_copy


@contextmanager
def _occupied(port: int) -> Iterator[None]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen()
        yield


def test_a_port_is_remembered_until_somebody_else_has_it(state: Path) -> None:
    place = Place.named("demo-1", base=state)
    port = place.port("postgres")
    assert Place.named("demo-1", base=state).port("postgres") == port
    with _occupied(port):
        assert not port_is_free(port)
        other = place.port("postgres")
        assert other != port
    assert place.port("postgres") == other


def test_services_of_a_place_never_share_a_port(state: Path) -> None:
    place = Place.named("demo-1", base=state)
    ports = [place.port(name) for name in ("postgres", "redis", "smtp", "mailbox", "stripe")]
    assert len(set(ports)) == len(ports)
    assert pick_port(taken=set(ports), seed="x") not in ports


def test_secrets_are_kept_and_private(state: Path) -> None:
    secret = Place.named("demo-1", base=state).secret("postgres")
    assert Place.named("demo-1", base=state).secret("postgres") == secret
    assert Place.named("demo-2", base=state).secret("postgres") != secret
    assert stat.S_IMODE((state / "demo-1" / "secrets.json").stat().st_mode) == 0o600


def test_a_place_has_one_holder(state: Path) -> None:
    first, second = Place.named("demo-1", base=state), Place.named("demo-1", base=state)
    assert first.acquire()
    assert not second.acquire()
    assert second.holder() == str(os.getpid())
    first.release()
    assert second.acquire()
    second.release()


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that only its owner can enter, as root's home is."""
    folder = Path(tempfile.mkdtemp(prefix="marquee-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers as another account")
def test_an_unreachable_checkout_moves_servers_outside_and_changes_no_permission(
    closed_folder: Path, state: Path
) -> None:
    place = Place.named("demo-1", base=closed_folder)
    place.runtime_base = state / "runtime"
    before = {path: stat.S_IMODE(path.stat().st_mode) for path in (closed_folder, *closed_folder.rglob("*"))}
    folder = place.server_folder("postgres")
    assert folder.is_relative_to(state / "runtime")
    assert folder.stat().st_uid != 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path: stat.S_IMODE(path.stat().st_mode) for path in before} == before
    assert not (closed_folder / "demo-1" / "postgres").exists()
    assert place.server_folder("postgres") == folder
    shutil.rmtree(place.folder)  # a place made anew must not meet data with passwords that are lost
    anew = Place.named("demo-1", base=closed_folder)
    anew.runtime_base = place.runtime_base
    assert anew.server_folder("postgres") != folder

    program = closed_folder / "bin" / "tool"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho works\n")
    program.chmod(0o700)
    copy = reachable_copy(place, sources=[program.parent], program=program, arguments=[])
    assert copy.is_relative_to(state / "runtime")
    assert stat.S_IMODE(program.stat().st_mode) == 0o700


def test_a_reachable_checkout_keeps_servers_inside(state: Path) -> None:
    place = Place.named("demo-1", base=state)
    assert place.server_folder("redis") == state / "demo-1" / "redis"
