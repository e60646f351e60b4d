"""Services that are Python processes of this repository, and the environment that they share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from deploy.launcher.place import ROOT, VAR, Place
from deploy.launcher.supervisor import Service


def python_env() -> dict[str, str]:
    """Return our own environment with the import path of the product."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def product_env(place: Place, *, base_url: str) -> dict[str, str]:
    """Return what every process of the product gets apart from the addresses of its services."""
    media = place.folder / "media"
    media.mkdir(exist_ok=True)
    (VAR / "static").mkdir(parents=True, exist_ok=True)
    return {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "BASE_URL": base_url,
        "SECRET_KEY": place.secret("secret_key"),
        "MEDIA_ROOT": str(media),
    }


def answers(url: str) -> Callable[[], bool]:
    """Return a check that an address answers 2xx."""

    def check() -> bool:
        try:
            with urlopen(url, timeout=3) as response:
                return bool(200 <= response.status < 300)
        except (URLError, OSError):
            return False

    return check


@dataclass(frozen=True)
class Mailbox:
    """The mailbox service and its addresses."""

    service: Service
    smtp_url: str
    api_url: str
    page_url: str


def mailbox(place: Place) -> Mailbox:
    """Return the local mailbox of a place."""
    smtp, http = place.port("smtp"), place.port("mailbox")
    state: Path = place.folder / "mailbox.sqlite"
    return Mailbox(
        service=Service(
            name="mailbox",
            argv=[
                *(sys.executable, "-m", "deploy.launcher.mailbox"),
                *("--smtp-port", str(smtp), "--http-port", str(http), "--state", state),
            ],
            env=python_env(),
            cwd=ROOT,
            log=place.log("mailbox"),
            is_ready=answers(f"http://127.0.0.1:{http}/healthz"),
        ),
        smtp_url=f"smtp://127.0.0.1:{smtp}",
        api_url=f"http://127.0.0.1:{http}/api/mails",
        page_url=f"http://127.0.0.1:{http}/",
    )
