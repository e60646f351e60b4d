"""`manage.py flush` is refused: it would forget every organizer while their schemas stay."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as DjangoFlush


class Command(DjangoFlush):
    """Also what Django's TransactionTestCase calls; tests that must commit use an organizer of their own instead."""

    help = "Refused: emptying public would forget every organizer while their schemas stay."

    def handle(self, **options: Any) -> None:
        """Always raises CommandError."""
        raise CommandError(self.help)
