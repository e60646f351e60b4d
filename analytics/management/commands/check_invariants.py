"""Run the invariant queries on every organizer; prints JSON, exits 1 on any row."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django_tenants.utils import tenant_context

from analytics.invariants import INVARIANTS, breaches
from tenants.models import Organizer


class Command(BaseCommand):
    help = "Run the invariant queries on every organizer: JSON on standard output, exit status 1 on any row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organizer", help="only this organizer's slug")

    def handle(self, *args: Any, **options: Any) -> None:
        organizers = Organizer.objects.exclude(state=Organizer.State.PROVISIONING).order_by("slug")
        if options["organizer"]:
            organizers = organizers.filter(slug=options["organizer"])
        found: dict[str, Any] = {}
        checked = list(organizers)
        for organizer in checked:
            with tenant_context(organizer):
                broken = breaches()
            if broken:
                found[organizer.slug] = broken
        report = {
            "organizers": len(checked),
            "invariants": {invariant.key: invariant.text for invariant in INVARIANTS},
            "breaches": found,
        }
        self.stdout.write(json.dumps(report, indent=2))
        if found:
            sys.exit(1)
