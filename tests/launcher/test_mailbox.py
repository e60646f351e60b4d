"""The local mailbox as its users meet it: SMTP in, JSON and pages out."""

from __future__ import annotations

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from deploy.launcher.place import pick_port

from .conftest import ROOT, wait_for

PDF = b"%PDF-1.7 not a real one \xff\x00"


class Mailbox:
    """A mailbox process with its state in a folder."""

    def __init__(self, state: Path) -> None:
        self.smtp_port = pick_port(taken=set(), seed=f"{state}smtp")
        self.url = f"http://127.0.0.1:{pick_port(taken={self.smtp_port}, seed=f'{state}http')}"
        self.command = [
            *(sys.executable, "-m", "deploy.launcher.mailbox", "--state", str(state / "mail.sqlite")),
            *("--smtp-port", str(self.smtp_port), "--http-port", self.url.rpartition(":")[2]),
        ]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, cwd=ROOT, stdout=subprocess.DEVNULL)
        wait_for(self._is_up, "the mailbox")

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=10) == 0

    def _is_up(self) -> bool:
        try:
            urlopen(f"{self.url}/healthz").close()
        except OSError:
            return False
        return True

    def send(self, subject: str, *, to: str = "Bea <bea@example.com>", html: str = "", text: str = "") -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "Northside <tickets@example.com>", to, subject
        message.set_content(text or "Your tickets\nare attached.")
        message.add_alternative(html or "<p>Your tickets</p>", subtype="html")
        message.add_attachment(PDF, maintype="application", subtype="pdf", filename="Täglich 1.pdf")
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as smtp:
            smtp.send_message(message)

    def mails(self, query: str = "") -> list[dict[str, Any]]:
        with urlopen(f"{self.url}/api/mails{query}") as response:
            found: list[dict[str, Any]] = json.load(response)
        return found

    def page(self, path: str) -> tuple[str, dict[str, str]]:
        with urlopen(f"{self.url}{path}") as response:
            return response.read().decode(), dict(response.headers)


@pytest.fixture
def box(state: Path) -> Iterator[Mailbox]:
    mailbox = Mailbox(state)
    yield mailbox
    mailbox.stop()


def test_a_mail_is_kept_with_its_texts_and_attachments(box: Mailbox) -> None:
    box.send("Deine Karten für Grün")
    [mail] = box.mails()
    assert mail["to"] == "bea@example.com"
    assert mail["subject"] == "Deine Karten für Grün"
    assert mail["text"].strip() == "Your tickets\nare attached."
    assert mail["html"].strip() == "<p>Your tickets</p>"
    [attachment] = mail["attachments"]
    assert attachment["name"] == "Täglich 1.pdf"
    with urlopen(attachment["url"]) as response:
        assert response.read() == PDF
        assert response.headers["Content-Type"] == "application/pdf"


def test_mails_are_listed_in_order_by_recipient_and_emptied(box: Mailbox) -> None:
    box.send("one")
    box.send("two", to="nora@example.com")
    assert [mail["subject"] for mail in box.mails()] == ["one", "two"]
    assert [mail["subject"] for mail in box.mails("?to=Nora@example.com")] == ["two"]
    with urlopen(Request(f"{box.url}/api/mails", method="DELETE")) as response:
        assert response.status == 204
    assert box.mails() == []


def test_a_restart_keeps_the_mail(box: Mailbox) -> None:
    box.send("kept")
    box.stop()
    box.start()
    assert [mail["subject"] for mail in box.mails()] == ["kept"]


def test_pages_show_mail_and_run_nothing_from_it(box: Mailbox) -> None:
    box.send('<script>alert("subject")</script>', html="<script>alert(1)</script><p>body</p>")
    [mail] = box.mails()
    listing, headers = box.page("/")
    assert "<script>" not in listing
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    page, _ = box.page(f"/mails/{mail['id']}")
    assert "<script>" not in page
    assert mail["attachments"][0]["url"] in page
    _, headers = box.page(f"/mails/{mail['id']}/body")
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert "allow-scripts" not in headers["Content-Security-Policy"]


def test_addresses_in_a_text_are_links(box: Mailbox) -> None:
    box.send("Order", text="See http://northside.localhost:8000/orders/abc?a=1&b=<2>")
    page, _ = box.page("/mails/1")
    assert '<a href="http://northside.localhost:8000/orders/abc?a=1&amp;b=">' in page
    assert "&lt;2&gt;" in page


def test_what_does_not_exist_is_a_404_and_another_site_cannot_empty_the_mailbox(box: Mailbox) -> None:
    box.send("stays")
    for path in ("/mails/99", "/mails/1/attachments/7/x.pdf"):
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{box.url}{path}")
        assert refused.value.code == 404
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{box.url}/empty", method="POST", headers={"Origin": "http://evil.example"}))
    assert refused.value.code == 403
    assert len(box.mails()) == 1
