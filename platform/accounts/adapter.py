"""How allauth speaks and links here."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import staff_home
from accounts.models import User
from notifications.actions import queue_email
from tenants.queries import portal_url
from ui.ids import uuid7

# What allauth calls its mails, and ours.
MAILS = {
    "account/email/password_reset_key": "accounts/mail/password_reset",
    "account/email/unknown_account": "accounts/mail/unknown_account",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # untyped base
    """Sign-in for people who have an account: accounts are made by sign-up and by invitation, never here."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("E-mail or password is wrong. Check both, or choose a new password."),
        "too_many_login_attempts": gettext_lazy("Too many wrong passwords. Wait five minutes, or choose a new one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """allauth's own sign-up page does not exist."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The portal on an organizer's host, the console on the platform's; each asks for the second step itself."""
        return staff_home(request)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Back to sign-in."""
        return reverse("account_login")

    def is_safe_url(self, url: str) -> bool:
        """Only paths of this very host; a redirect never leaves it."""
        return url.startswith("/") and not url.startswith(("//", "/\\"))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of the reset mail, on the host stored for the organizer: a forged Host header must not choose it."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        path = path.replace("UID-KEY", key)
        organizer = self.request.organizer
        return f"{settings.BASE_URL}{path}" if organizer is None else portal_url(organizer, path)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail like every other one; it waits out an outage of the mail server."""
        user = context.get("user")
        words = {
            "email": email,
            "name": user.name if isinstance(user, User) else "",
            "platform_name": settings.PLATFORM_NAME,
            "button_url": context.get("password_reset_url", ""),
            "button_label": _("Choose a new password"),
        }
        template = MAILS[template_prefix]
        with transaction.atomic():
            queue_email(key=f"{template.rpartition('/')[2]}:{uuid7()}", to=email, template=template, context=words)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: each page says itself what happened."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # One count per account whatever the host, else a guesser gets new tries on every organizer's.
        return str(credentials.get("email", "")).lower()
