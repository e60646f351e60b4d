"""Prove the stock of organizers; prints JSON, exits 1 on any difference."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.actions import prove_stock
from analytics.queries import performances_to_prove
from tenants.models import Organizer
from ui.request_id import begin_request


class Command(BaseCommand):
    help = "Compare journal, places and tickets of every date not long over: JSON, exit status 1 on any difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organizer", help="only this organizer's slug")

    def handle(self, *args: Any, **options: Any) -> None:
        begin_request()
        organizers = Organizer.objects.exclude(state=Organizer.State.PROVISIONING).order_by("slug")
        if options["organizer"]:
            organizers = organizers.filter(slug=options["organizer"])
        proofs: list[dict[str, Any]] = []
        checked = list(organizers)
        for organizer in checked:
            with tenant_context(organizer):
                proofs += [_proof(organizer, found) for found in performances_to_prove(at=timezone.now())]
        differing = [proof for proof in proofs if proof["differences"]]
        self.stdout.write(json.dumps({"organizers": len(checked), "proofs": proofs}, indent=2))
        if differing:
            sys.exit(1)


def _proof(organizer: Organizer, performance_id: Any) -> dict[str, Any]:
    proof = prove_stock(performance_id=performance_id)
    counts = ("places", "sold_by_journal", "sold_by_places", "sold_by_tickets", "held_by_journal", "held_by_places")
    return {
        "organizer": organizer.slug,
        "performance": str(performance_id),
        **{name: getattr(proof, name) for name in (*counts, "milliseconds", "differences", "digest", "examples")},
        "is_stopped": proof.performance.is_stopped,
    }
