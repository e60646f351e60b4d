"""`manage.py announce`: tell open pages what is left and let people in from the waiting rooms, until stopped."""

import signal
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from inventory.announcer import Announcer
from inventory.live import connected
from waiting_room import clock


class Command(BaseCommand):
    """Several may run at once: one works, the others take its place when it ends."""

    help = "Tell open pages what is left (docs/live.md), let people in (docs/waiting-room.md), until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--heartbeat FILE`, touched at each turn."""
        parser.add_argument("--heartbeat", type=Path, help="file to touch at each turn, for a supervisor")

    def handle(self, *, heartbeat: Path | None = None, **options: Any) -> None:
        """Run until SIGTERM or Ctrl-C. Ends with its error when either part does, for the supervisor to start both anew."""
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="waiting-rooms") as beside:
            rooms = beside.submit(clock.run, stop)
            rooms.add_done_callback(lambda _: stop.set())
            try:
                Announcer(connected()).run(stop, heartbeat=heartbeat)
            finally:
                stop.set()
        rooms.result()
