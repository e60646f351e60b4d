"""Make the first people who may open the console."""

import os
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import create_platform_admin
from accounts.errors import EmailTaken
from accounts.models import User
from ui.addresses import normal_address


class Command(BaseCommand):
    help = "Creates a user who may open the console. The second factor is set up at the first sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("MARQUEE_ADMIN_PASSWORD") or getpass("Password: ")
        try:
            email = normal_address(options["email"])
            validate_password(password, user=User(email=email, name=options["name"]))
            create_platform_admin(email=email, password=password, name=options["name"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except EmailTaken as error:
            raise CommandError(error.detail) from error
        self.stdout.write(self.style.SUCCESS(f"{email} may open the console."))
