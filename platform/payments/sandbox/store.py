"""Everything the sandbox remembers, in one SQLite file.

An object of Stripe's API is one row: its JSON, the account it belongs to (`""` is the platform) and its place in
time. Fields whose name starts with `_` are the sandbox's own and are never shown.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

JsonObject = dict[str, Any]

PLATFORM = ""
ALPHABET = string.ascii_letters + string.digits
FIELD = re.compile(r"[a-z_]+(\.[a-z_]+)*\Z")
SCHEMA = """
create table if not exists objects (
    seq integer primary key autoincrement,
    id text not null unique,
    kind text not null,
    account text not null,
    created integer not null,
    body text not null
);
create index if not exists objects_by_kind on objects (kind, account, seq);
create index if not exists objects_by_charge on objects (kind, json_extract(body, '$.charge'));
create index if not exists objects_by_intent on objects (kind, json_extract(body, '$.payment_intent'));
create table if not exists idempotency (
    account text not null,
    key text not null,
    fingerprint text not null,
    request_id text not null,
    status integer not null,
    body text not null,
    created integer not null,
    primary key (account, key)
);
create table if not exists deliveries (
    id integer primary key autoincrement,
    event text not null,
    endpoint text not null,
    state text not null,           -- pending, held, done, failed
    attempts integer not null default 0,
    due real not null,
    last_answer text not null default ''
);
create index if not exists deliveries_due on deliveries (state, due);
create index if not exists deliveries_by_event on deliveries (event);
create table if not exists timers (
    id integer primary key autoincrement,
    due real not null,
    action text not null,
    account text not null,
    object text not null
);
create table if not exists requests (
    id text primary key,
    at real not null,
    method text not null,
    path text not null,
    account text not null,
    status integer not null,
    body text not null
);
create index if not exists requests_by_time on requests (at);
create table if not exists settings (name text primary key, value text not null);
"""
KEPT_REQUESTS = 1000


def new_id(prefix: str, length: int = 24) -> str:
    """A fresh identifier such as `pi_3Q...`."""
    return f"{prefix}_" + "".join(ALPHABET[byte % len(ALPHABET)] for byte in secrets.token_bytes(length))


def now() -> int:
    """The current time in whole seconds, as the API writes it."""
    return int(time.time())


class Store:
    """The SQLite file. One process and one thread use it; every API request is one transaction."""

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        self._db = sqlite3.connect(self.path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        # A commit survives a crash of the process; only a power cut may lose the last moments.
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an exception takes back every write."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def execute(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Run one statement and return its rows."""
        return self._db.execute(sql, values).fetchall()

    # objects ---------------------------------------------------------------

    def save(self, body: JsonObject, account: str = PLATFORM) -> JsonObject:
        """Insert an object or write its new state; returns it."""
        self._db.execute(
            "insert into objects (id, kind, account, created, body) values (?, ?, ?, ?, ?) "
            "on conflict (id) do update set body = excluded.body",
            (body["id"], body["object"], account, body.get("created") or now(), json.dumps(body)),
        )
        return body

    def find(self, kind: str, identifier: str, account: str = PLATFORM) -> JsonObject | None:
        """The object, or None when this account has no such thing."""
        rows = self.execute(
            "select body from objects where id = ? and kind = ? and account = ?", identifier, kind, account
        )
        return self._body(rows[0]) if rows else None

    def locate(self, identifier: str) -> tuple[JsonObject, str] | None:
        """An object of any kind with the account that owns it."""
        rows = self.execute("select body, account from objects where id = ?", identifier)
        return (self._body(rows[0]), str(rows[0]["account"])) if rows else None

    def remove(self, identifier: str) -> None:
        self._db.execute("delete from objects where id = ?", (identifier,))

    def every(self, kind: str, account: str | None = None, **fields: Any) -> list[JsonObject]:
        """All objects of a kind, oldest first; `fields` compares top-level values."""
        where, values = self._where(kind, account, fields)
        return [
            self._body(row) for row in self.execute(f"select body from objects where {where} order by seq", *values)
        ]

    def page(
        self,
        kind: str,
        account: str,
        *,
        limit: int,
        after: int | None = None,
        before: int | None = None,
        created: dict[str, int] | None = None,
        fields: dict[str, Any] | None = None,
    ) -> tuple[list[JsonObject], bool]:
        """One page, newest first, and whether more follow; `after` and `before` are places in time (`seq_of`)."""
        where, values = self._where(kind, account, fields or {})
        for word, sign in (("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<=")):
            if created and word in created:
                where, values = f"{where} and created {sign} ?", [*values, created[word]]
        if after is not None:
            where, values = where + " and seq < ?", [*values, after]
        order = "desc"
        if before is not None:
            where, values, order = where + " and seq > ?", [*values, before], "asc"
        rows = self.execute(f"select body from objects where {where} order by seq {order} limit ?", *values, limit + 1)
        bodies = [self._body(row) for row in rows[:limit]]
        return (bodies if order == "desc" else bodies[::-1]), len(rows) > limit

    def seq_of(self, identifier: str) -> int | None:
        """An object's place in time, for cursors."""
        rows = self.execute("select seq from objects where id = ?", identifier)
        return int(rows[0]["seq"]) if rows else None

    def _where(self, kind: str, account: str | None, fields: dict[str, Any]) -> tuple[str, list[Any]]:
        where, values = "kind = ?", [kind]
        if account is not None:
            where, values = where + " and account = ?", [*values, account]
        for name, value in fields.items():
            if not FIELD.match(name):  # field names are written into the statement
                raise ValueError(f"not a field: {name}")
            where, values = f"{where} and json_extract(body, '$.{name}') = ?", [*values, value]
        return where, values

    @staticmethod
    def _body(row: sqlite3.Row) -> JsonObject:
        body: JsonObject = json.loads(row["body"])
        return body

    # small settings, timers --------------------------------------------------

    def setting(self, name: str, default: str = "") -> str:
        rows = self.execute("select value from settings where name = ?", name)
        return str(rows[0]["value"]) if rows else default

    def set_setting(self, name: str, value: str) -> None:
        self.execute(
            "insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
            name,
            value,
        )

    def add_timer(self, action: str, identifier: str, account: str, seconds: float) -> None:
        """Something that happens by itself later, such as a pending refund that succeeds."""
        self.execute(
            "insert into timers (due, action, account, object) values (?, ?, ?, ?)",
            time.time() + seconds,
            action,
            account,
            identifier,
        )

    def log_request(self, request_id: str, method: str, path: str, account: str, status: int, body: JsonObject) -> None:
        """Remember a request for the test controls; only the latest are kept."""
        self.execute(
            "insert or replace into requests values (?, ?, ?, ?, ?, ?, ?)",
            request_id,
            time.time(),
            method,
            path,
            account,
            status,
            json.dumps(body),
        )
        self.execute(
            "delete from requests where at < (select at from requests order by at desc limit 1 offset ?)", KEPT_REQUESTS
        )
