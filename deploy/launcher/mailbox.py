"""A local mailbox: an SMTP server that keeps every message, with a JSON interface and a page to read them.

    python -m deploy.launcher.mailbox --smtp-port N --http-port N --state FILE.sqlite

`GET /` is the page. `GET /api/mails` returns a JSON list, oldest first, of `{id, at, from, to, message_id, subject, text,
html, attachments: [{name, content_type, size, url}]}` (`?to=` keeps one recipient's); `DELETE /api/mails` empties it.
`GET /healthz` answers 200. Loopback only, no authentication: it is for a developer's machine.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

_MAX_BYTES = 30_000_000
_CSP = "default-src 'none'; style-src 'self'; frame-src 'self'; img-src 'self' data:; form-action 'self'"
# A message may open links in a new tab, and do nothing else.
_CSP_MESSAGE = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)


class Store:
    """Messages in one SQLite file, so that a restart keeps them."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        with self._open() as connection:
            connection.execute("pragma journal_mode=wal")
            connection.execute(
                "create table if not exists mail (id integer primary key autoincrement, at text not null,"
                " sender text not null, recipients text not null, raw blob not null)"
            )

    def add(self, *, sender: str, recipients: list[str], raw: bytes) -> None:
        """Keep one message as it came over the wire."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._open() as connection:
            connection.execute(
                "insert into mail (at, sender, recipients, raw) values (?, ?, ?, ?)",
                [now, sender, ", ".join(recipients), raw],
            )

    def all(self, *, recipient: str = "") -> list[tuple[int, str, str, str, bytes]]:
        """Return (id, at, sender, recipients, raw) of every message, oldest first, or of one recipient's."""
        with self._open() as connection:
            rows = connection.execute("select id, at, sender, recipients, raw from mail order by id").fetchall()
        wanted = recipient.lower()
        return [row for row in rows if not wanted or wanted in row[3].lower().split(", ")]

    def one(self, number: int) -> bytes | None:
        """Return a message as it came, or None."""
        with self._open() as connection:
            row = connection.execute("select raw from mail where id = ?", [number]).fetchone()
        return None if row is None else bytes(row[0])

    def clear(self) -> None:
        """Delete every message."""
        with self._open() as connection:
            connection.execute("delete from mail")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that commits at the end of the block and is closed."""
        with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
            yield connection


class _Receiver:
    """What the SMTP server calls for each message."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        self.store.add(sender=envelope.mail_from or "", recipients=list(envelope.rcpt_tos), raw=raw)
        return "250 kept"


def parse(raw: bytes) -> EmailMessage:
    """Return the message with the modern policy, so that headers and bodies come decoded."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


def _attachments(message: EmailMessage) -> list[tuple[str, str, bytes]]:
    """Return (name, content type, content) of each attachment."""
    found = []
    for number, part in enumerate(message.iter_attachments(), start=1):
        content = part.get_payload(decode=True)
        name = part.get_filename() or f"attachment-{number}"
        found.append((name, part.get_content_type(), content if isinstance(content, bytes) else _nested(part)))
    return found


def _nested(part: Message) -> bytes:
    """Return an attached message (message/rfc822) as bytes."""
    return b"".join(inner.as_bytes() for inner in part.get_payload() if isinstance(inner, Message))


def describe(row: tuple[int, str, str, str, bytes], *, base_url: str) -> dict[str, Any]:
    """Return a stored message as the JSON interface shows it, with absolute attachment addresses."""
    number, at, sender, recipients, raw = row
    message = parse(raw)
    return {
        "id": number,
        "at": at,
        "from": sender,
        "to": recipients,
        "message_id": str(message["Message-ID"] or ""),
        "subject": str(message["Subject"] or ""),
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "attachments": [
            {
                "name": name,
                "content_type": content_type,
                "size": len(content),
                "url": f"{base_url}/mails/{number}/attachments/{index}/{quote(name)}",
            }
            for index, (name, content_type, content) in enumerate(_attachments(message))
        ],
    }


class Pages:
    """The HTTP side."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def application(self) -> web.Application:
        """Return the routes."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self.index),
                web.get("/healthz", self.healthz),
                web.get("/style.css", self.style),
                web.get("/api/mails", self.list_mails),
                web.delete("/api/mails", self.delete_mails),
                web.post("/empty", self.empty),
                web.get("/mails/{number:[0-9]+}", self.read),
                web.get("/mails/{number:[0-9]+}/body", self.body),
                web.get("/mails/{number:[0-9]+}/attachments/{index:[0-9]+}/{name}", self.attachment),
            ]
        )
        return app

    async def healthz(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def list_mails(self, request: web.Request) -> web.Response:
        rows = self.store.all(recipient=request.query.get("to", ""))
        return web.json_response([describe(row, base_url=_base_url(request)) for row in rows])

    async def delete_mails(self, request: web.Request) -> web.Response:
        self.store.clear()
        return web.Response(status=204)

    async def empty(self, request: web.Request) -> web.Response:
        origin = request.headers.get("Origin")
        if origin not in (None, _base_url(request)):  # another site's form must not empty the mailbox
            raise web.HTTPForbidden
        self.store.clear()
        raise web.HTTPSeeOther("/")

    async def style(self, request: web.Request) -> web.Response:
        return web.Response(text=_STYLE, content_type="text/css")

    async def index(self, request: web.Request) -> web.Response:
        rows = [describe(row, base_url=_base_url(request)) for row in reversed(self.store.all())]
        items = "".join(_list_item(mail) for mail in rows)
        empty = "<p>Nothing was sent yet. Every e-mail of this demo lands here.</p>"
        button = '<form method="post" action="/empty"><button>Empty the mailbox</button></form>'
        content = f"<ul>{items}</ul>{button}" if rows else empty
        return _page("Mailbox", f"<h1>Mailbox</h1>{content}")

    async def read(self, request: web.Request) -> web.Response:
        mail = self._mail(request)
        title = html.escape(mail["subject"] or "(no subject)")
        files = "".join(
            f'<li><a href="{html.escape(file["url"])}">{html.escape(file["name"])}</a> '
            f"{file['size'] / 1000:.1f} kB</li>"
            for file in mail["attachments"]
        )
        attachments = f"<h2>Attachments</h2><ul>{files}</ul>" if files else ""
        framed = f'<iframe title="Message" src="/mails/{mail["id"]}/body"></iframe>' if mail["html"] else ""
        text = f"<h2>As text</h2><pre>{_with_links(mail['text'])}</pre>" if mail["text"] else ""
        facts = f"<p>To {html.escape(mail['to'])}<br>From {html.escape(mail['from'])}<br>{_when(mail)}</p>"
        back = '<p><a href="/">All mail</a></p>'
        return _page(mail["subject"] or "Mail", f"{back}<h1>{title}</h1>{facts}{attachments}{framed}{text}")

    async def body(self, request: web.Request) -> web.Response:
        content = f'<base target="_blank">{self._mail(request)["html"]}'
        response = web.Response(text=content, content_type="text/html")
        response.headers["Content-Security-Policy"] = _CSP_MESSAGE
        return response

    async def attachment(self, request: web.Request) -> web.Response:
        raw = self.store.one(int(request.match_info["number"]))
        files = _attachments(parse(raw)) if raw is not None else []
        index = int(request.match_info["index"])
        if index >= len(files):
            raise web.HTTPNotFound
        name, content_type, content = files[index]
        headers = {
            "Content-Type": content_type,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=content, headers=headers)

    def _mail(self, request: web.Request) -> dict[str, Any]:
        number = int(request.match_info["number"])
        for row in self.store.all():
            if row[0] == number:
                return describe(row, base_url=_base_url(request))
        raise web.HTTPNotFound


def _base_url(request: web.Request) -> str:
    return f"http://{request.host}"


def _with_links(text: str) -> str:
    """Return plain text as HTML with its addresses as links."""
    parts = re.split(r"(https?://[^\s<>\"]+)", text)
    return "".join(
        f'<a href="{html.escape(part)}">{html.escape(part)}</a>' if number % 2 else html.escape(part)
        for number, part in enumerate(parts)
    )


def _when(mail: dict[str, Any]) -> str:
    return f'<time datetime="{mail["at"]}">{mail["at"][:19].replace("T", " ")} UTC</time>'


def _list_item(mail: dict[str, Any]) -> str:
    files = "".join(f"<span>{html.escape(file['name'])}</span>" for file in mail["attachments"])
    return (
        f'<li><a href="/mails/{mail["id"]}">{html.escape(mail["subject"] or "(no subject)")}</a>'
        f"<p>{html.escape(mail['to'])} · {_when(mail)} {files}</p></li>"
    )


def _page(title: str, content: str) -> web.Response:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{html.escape(title)}</title><link rel="stylesheet" href="/style.css"></head>'
        f"<body><main>{content}</main></body></html>"
    )
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": _CSP})


_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; }
main > ul { list-style: none; padding: 0; }
li { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .75rem 0; }
li > a { font-weight: 600; overflow-wrap: anywhere; } li p { margin: .25rem 0 0; overflow-wrap: anywhere; }
li span { border: 1px solid; border-radius: 1rem; padding: 0 .6rem; font-size: .875rem; white-space: nowrap; }
iframe { width: 100%; height: 70vh; border: 1px solid; border-radius: .5rem; background: #fff; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
button { font: inherit; padding: .6rem 1rem; }
"""


async def serve(*, smtp_port: int, http_port: int, state: Path) -> None:
    """Listen on both loopback ports until SIGTERM or SIGINT."""
    store = Store(state)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    smtp = await loop.create_server(
        lambda: SMTP(
            _Receiver(store), hostname="localhost", data_size_limit=_MAX_BYTES, enable_SMTPUTF8=True, loop=loop
        ),
        host="127.0.0.1",
        port=smtp_port,
    )
    runner = web.AppRunner(Pages(store).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", http_port).start()
    print(f"mailbox: SMTP on 127.0.0.1:{smtp_port}, pages on http://localhost:{http_port}/", flush=True)
    await stop.wait()
    smtp.close()
    await runner.cleanup()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m deploy.launcher.mailbox", description="A local mailbox.")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="SQLite file that keeps the messages")
    options = parser.parse_args()
    asyncio.run(serve(smtp_port=options.smtp_port, http_port=options.http_port, state=options.state))


if __name__ == "__main__":
    main()
