"""`manage.py migrate` is `migrate_schemas`: what Django's test runner and habit call does every schema."""

from tenants.management.commands.migrate_schemas import Command

__all__ = ["Command"]
