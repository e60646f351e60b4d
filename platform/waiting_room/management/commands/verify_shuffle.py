"""Check a published shuffle from its two public files, without a database: anybody can run this, or write it again."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from waiting_room.shuffle import commitment_to, digest_of, shuffled


class Command(BaseCommand):
    help = "Check a shuffle: fairness.json and order.txt as an event's queue publishes them. Exit status 1 when it is not so."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fairness", type=Path, help="the file fairness.json")
        parser.add_argument("order", type=Path, help="the file order.txt")
        parser.add_argument("--commitment", default="", help="what was published before the start, if you kept it")

    def handle(self, *args: Any, **options: Any) -> None:
        facts = json.loads(options["fairness"].read_text())
        entries = options["order"].read_text().split()
        seed = bytes.fromhex(facts["seed"] or "")
        checks = {
            "the seed is the one that was committed to": commitment_to(seed)
            == (options["commitment"] or facts["commitment"]),
            "the list is the one that was shuffled": digest_of(entries) == facts["digest"],
            "everybody stands in it once": len(set(entries)) == len(entries) == facts["early"],
            "its order is the shuffle's": shuffled(entries, seed) == entries,
        }
        for words, holds in checks.items():
            self.stdout.write(f"{'yes' if holds else 'NO '}  {words}")
        if not all(checks.values()):
            sys.exit(1)
