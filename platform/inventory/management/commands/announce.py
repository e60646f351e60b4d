"""`manage.py announce`: tell open pages what is left, until stopped."""

import signal
from argparse import ArgumentParser
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from inventory.announcer import Announcer
from inventory.live import connected


class Command(BaseCommand):
    """Several may run at once: one works, the others take its place when it ends."""

    help = "Tell open pages what is left of each performance, until stopped (docs/live.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--heartbeat FILE`, touched at each turn."""
        parser.add_argument("--heartbeat", type=Path, help="file to touch at each turn, for a supervisor")

    def handle(self, *, heartbeat: Path | None = None, **options: Any) -> None:
        """Run until SIGTERM or Ctrl-C."""
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Announcer(connected()).run(stop, heartbeat=heartbeat)
