"""`manage.py create_organizer --name "Northside Hall" --slug northside`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actions import SYSTEM
from tenants.actions import finish_opening, open_organizer
from tenants.models import Organizer
from tenants.queries import storefront_url
from ui.errors import DomainError


class Command(BaseCommand):
    """Opens an organizer as sign-up does, and waits until it is ready to work in."""

    help = "Opens an organizer and prints its address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name and address are needed; the rest has defaults."""
        parser.add_argument("--name", required=True)
        parser.add_argument("--slug", required=True)
        parser.add_argument("--currency", default="EUR")
        parser.add_argument("--timezone", default="Europe/Berlin")
        parser.add_argument("--country", default="DE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Open it and finish it here when the pool was empty."""
        try:
            organizer = open_organizer(
                name=options["name"],
                slug=options["slug"],
                actor=SYSTEM,
                currency=options["currency"],
                timezone_name=options["timezone"],
                country=options["country"],
            )
        except DomainError as error:
            raise CommandError(error.detail) from error
        finish_opening(organizer_id=organizer.pk)
        organizer = Organizer.objects.get(pk=organizer.pk)
        self.stdout.write(f"{organizer.name}: {storefront_url(organizer)} (schema {organizer.schema_name})")
