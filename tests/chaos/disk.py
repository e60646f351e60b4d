"""A full disk in the middle of a sale: writes are refused with 503, pages are read, nothing acknowledged is lost."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from deploy.launcher.place import Place
from tests import world
from tests.chaos import servers
from tests.chaos.matrix import Case
from tests.chaos.rush import opened
from tests.stack import Stack

MEGABYTES = 48  # of the file system that fills up
TABLES = ("inventory_hold", "inventory_stockentry", "idempotency_idempotencykey")  # those that a hold makes longer


def cases() -> list[Case]:
    """One for each path."""
    outcome = "writes 503, pages are read, nothing is lost, the sale goes on by itself"

    def of(server: str) -> Case:
        return Case(f"disk full: {server}", outcome, lambda stack, house: _sell_until_full(server, stack, house))

    return [of("gunicorn"), of("onsale")]


def _sell_until_full(server: str, stack: Stack, house: world.House) -> str:
    if os.geteuid() != 0:
        return "not played: only root can mount a small file system"
    with _small_disk() as disk, opened(server) as door:
        looked: list[str] = []

        def fill() -> None:
            ballast = _fill(disk)
            try:
                with door.client(house.host) as client:
                    looked.append(_until_refused(client, crowd_body))
                    page = client.get("/")
                    assert page.status_code == 200, f"{page.status_code} for a page while the disk is full"
            finally:
                ballast.unlink()

        event = world.make_event("Full House", kinds=((world.FREE, 0, 20_000),))
        crowd_body = servers.basket_of(event)
        facts = servers.sell_through(stack, house, fill, 2, door=door, most_silence=None)
    return f"{facts}; {looked[0]}"


def _until_refused(client: httpx.Client, body: dict[str, object]) -> str:
    """Hold until the disk is felt: what else than 201 comes must be a 503 that says when to ask again."""
    for number in range(20_000):
        answer = client.post(
            "/api/v1/holds", json=body, headers={"Idempotency-Key": f"until-the-disk-is-full-{os.urandom(9).hex()}"}
        )
        if answer.status_code != 201:
            assert answer.status_code == 503, f"{answer.status_code} {answer.text[:300]}"
            assert answer.headers.get("retry-after"), "nobody is told when to ask again"
            return f"refused after {number} more holds"
    raise AssertionError("the disk never filled")


def _fill(disk: Path) -> Path:
    """A file that takes all that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        try:
            while True:
                file.write(b"\0" * 65536)
                file.flush()
        except OSError:
            pass
    return ballast


@contextmanager
def _small_disk() -> Iterator[Path]:
    """A small file system of its own, to which the tables that grow are moved for as long as this lasts."""
    servers.check_ours()
    place = Place.named("bench")
    disk = place.server_folder("postgres") / "small"
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(disk)], check=True)
    try:
        if place.account:
            os.chown(disk, place.account.uid, place.account.gid)
        with _superuser(place) as owner:
            owner.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(sql.Literal(str(disk / "space"))))
            try:
                _move(owner, "small")
                yield disk
            finally:
                _move(owner, "pg_default")
                owner.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@contextmanager
def _superuser(place: Place) -> Iterator[psycopg.Connection]:
    space = place.server_folder("postgres") / "small" / "space"
    space.mkdir()
    if place.account:
        os.chown(space, place.account.uid, place.account.gid)
    database = settings.DATABASES["default"]
    with psycopg.connect(
        host="127.0.0.1",
        port=database["PORT"],
        user="postgres",
        password=place.secret("postgres"),
        dbname=connection.settings_dict["NAME"],
        autocommit=True,
    ) as owner:
        yield owner


def _move(owner: psycopg.Connection, space: str) -> None:
    schema = connection.tenant.schema_name
    for table in TABLES:
        name, where = sql.Identifier(schema, table), sql.Identifier(space)
        owner.execute(sql.SQL("ALTER TABLE {} SET TABLESPACE {}").format(name, where))
