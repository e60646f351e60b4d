"""`manage.py erase_buyer northside bea@example.com`"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from checkout.erasure import erase_buyer
from tenants.models import Organizer
from ui.errors import DomainError


class Command(BaseCommand):
    """Takes a buyer's name and address off an organizer's orders, for good."""

    help = "Erases a buyer whose orders are over; the orders stay, without who bought."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The organizer's slug, and the buyer's address."""
        parser.add_argument("slug")
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Says how many orders there were."""
        organizer = Organizer.objects.filter(slug=options["slug"]).first()
        if organizer is None:
            raise CommandError(f"No organizer has the address {options['slug']}.")
        with tenant_context(organizer):
            try:
                orders = erase_buyer(email=options["email"], actor=SYSTEM)
            except DomainError as refused:
                raise CommandError(refused.detail) from refused
        self.stdout.write(f"Erased from {orders} orders.")
