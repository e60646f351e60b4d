"""`manage.py suspend_organizer northside --reason "..."`, and `--resume`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actions import SYSTEM
from tenants.actions import resume_organizer, suspend_organizer
from tenants.models import Organizer


class Command(BaseCommand):
    """Closes an organizer's pages at once, or opens them again."""

    help = "Suspends an organizer, or resumes it with --resume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The organizer's slug, and why."""
        parser.add_argument("slug")
        parser.add_argument("--reason", default="")
        parser.add_argument("--resume", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Suspending asks for a reason, which the audit trail keeps."""
        organizer = Organizer.objects.filter(slug=options["slug"]).first()
        if organizer is None:
            raise CommandError(f"No organizer has the address {options['slug']}.")
        if options["resume"]:
            organizer = resume_organizer(organizer_id=organizer.pk, actor=SYSTEM)
        elif options["reason"]:
            organizer = suspend_organizer(organizer_id=organizer.pk, reason=options["reason"], actor=SYSTEM)
        else:
            raise CommandError("Say why: --reason.")
        self.stdout.write(f"{organizer.name} is {organizer.state}.")
