from django.apps import AppConfig
from django.core.signals import request_finished, request_started


class TenantsConfig(AppConfig):
    name = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Framework wiring: checks, and the organizer is left when a request ends (a streamed body ends after middleware)."""
        from tenants import checks
        from tenants.middleware import leave_organizer

        checks.require_own_apps()
        request_started.connect(leave_organizer, dispatch_uid="tenants.leave_organizer.started")
        request_finished.connect(leave_organizer, dispatch_uid="tenants.leave_organizer.finished")
