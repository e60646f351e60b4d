"""The one table that `make demo` ends with: every address, every login, the door device, the test cards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.launcher.one_time_code import one_time_code
from deploy.launcher.progress import LauncherError

_CARDS = (
    ("4242 4242 4242 4242", "paid at once"),
    ("4000 0025 0000 3155", "asks for 3-D Secure"),
    ("4000 0000 0000 0002", "declined"),
    ("4000 0000 0000 9995", "declined: insufficient funds"),
)


def show(facts_file: Path, addresses: Mapping[str, str], *, seconds: float) -> None:
    """Print the table from the demo's facts file; `seconds` is how long the start took."""
    facts: dict[str, Any] = json.loads(facts_file.read_text(encoding="utf-8")) if facts_file.exists() else {}
    console = Console(highlight=False)
    width = None if console.is_terminal else 120
    table = Table(title=f"Marquee is ready ({seconds:.0f} s)", title_justify="left", show_header=False, width=width)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, address in addresses.items():
        table.add_row(name, address, "")
    if admin := facts.get("admin"):
        table.add_section()
        table.add_row("Platform admin", admin["email"], _login(admin))
    for organizer in facts.get("organizers", []):
        table.add_section()
        table.add_row(organizer.get("name", organizer["slug"]), organizer["storefront_url"], "storefront")
        table.add_row("", organizer["portal_url"], "portal")
        table.add_row("", organizer["owner"]["email"], _login(organizer["owner"]))
        table.add_row("", organizer["storefront_url"].rstrip("/") + "/door/", "door: scanner page for a phone")
        table.add_row("", organizer["device_token"], f"door: device token for “{organizer['device_event']}”")
        table.add_row("", organizer["api_key"], "API key: seat maps")
    table.add_section()
    for number, effect in _CARDS:
        table.add_row("Test card", number, f"{effect}; any future date, any CVC")
    console.print()
    console.print(table, soft_wrap=not console.is_terminal)
    print(
        "Codes change every 30 s: `make codes` prints new ones; an authenticator app takes the secrets in var/demo.json."
    )
    print("Ctrl-C stops everything; the data stays.\n", flush=True)


def show_codes(facts_file: Path) -> None:
    """Print the present one-time code of every login. Raises LauncherError when that demo was never started."""
    if not facts_file.exists():
        raise LauncherError(f"There is no {facts_file}: start the demo first.")
    facts: dict[str, Any] = json.loads(facts_file.read_text(encoding="utf-8"))
    logins = [facts["admin"], *(organizer["owner"] for organizer in facts["organizers"])]
    for login in logins:
        print(f"{one_time_code(login['totp_secret'])}  {login['email']}")


def _login(account: Mapping[str, str]) -> str:
    """Return password and present code of a login on one line."""
    secret = account.get("totp_secret", "")
    code = f" · code {one_time_code(secret)} now" if secret else ""
    return f"password {account['password']}{code}"
