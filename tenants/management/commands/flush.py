"""`manage.py flush` is refused: it would forget every organizer while their schemas stay."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Also what Django's TransactionTestCase calls; tests that must commit use an organizer of their own instead."""

    help = "Refused: emptying public would forget every organizer while their schemas stay."

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Always raises CommandError."""
        raise CommandError(self.help)
