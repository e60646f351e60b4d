from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from ui.ids import new_token, uuid7


class Membership(models.Model):
    """A user's place in this organizer. `user_id` names a public user; name and e-mail are copied for display."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        MANAGER = "manager", _("Manager")
        FINANCE = "finance", _("Finance")
        DOOR = "door", _("Door staff")

    user_id = models.UUIDField(unique=True)
    role = models.CharField(max_length=10, choices=Role)
    name = models.CharField(max_length=120)
    email = models.EmailField()
    created_at = models.DateTimeField(auto_now_add=True)

    @property
    def can_sell(self) -> bool:
        """May set up events and see orders."""
        return self.role in (self.Role.OWNER, self.Role.MANAGER, self.Role.FINANCE)

    @property
    def can_edit_events(self) -> bool:
        return self.role in (self.Role.OWNER, self.Role.MANAGER)

    @property
    def can_refund(self) -> bool:
        return self.role in (self.Role.OWNER, self.Role.FINANCE)


class Invitation(models.Model):
    """A place on the team that waits for the person at `email`. `token` is the proof that the mail arrived.

    There is one per address at a time; it ends by being accepted or withdrawn, and is deleted then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.CharField(max_length=64, default=new_token)
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Membership.Role)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["token"], name="invitation_token_once"),
            models.UniqueConstraint(Lower("email"), name="invitation_once_per_email"),
        ]

    def is_open(self, *, at: datetime) -> bool:
        """Whether it can still be accepted at instant `at`."""
        return at < self.expires_at


class ApiKey(models.Model):
    """A program's access to this organizer's API, with a role like a person's. The token itself is kept nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=10, choices=Membership.Role, default=Membership.Role.MANAGER)
    token_digest = models.CharField(max_length=64)
    created_by = models.UUIDField(null=True)  # a user's id; null: the system
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["token_digest"], name="api_key_token_once")]

    @property
    def can_edit_events(self) -> bool:
        return self.role in (Membership.Role.OWNER, Membership.Role.MANAGER)


class Customer(models.Model):
    """A buyer as this organizer knows them. One per e-mail address; an account from the day they proved that it is theirs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField()
    name = models.CharField(max_length=120)
    verified_at = models.DateTimeField(null=True)  # since when somebody has signed in with a code mailed to the address
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="customer_once_per_email")]


class SignIn(models.Model):
    """A buyer's wish to sign in. The mail to `email` carries a code to type and a link; one of the two works, once.

    Neither is kept, only digests. `then` is the page that was asked for.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField()
    code_digest = models.CharField(max_length=64)
    link_digest = models.CharField(max_length=64)
    failures = models.PositiveSmallIntegerField(default=0)  # wrong codes that were tried
    then = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="sign_in_to_forget")]


class BuyerSession(models.Model):
    """That a customer is signed in: in one browser, by its cookie, or in a program, by its bearer token. On one host only."""

    class Kind(models.TextChoices):
        BROWSER = "browser", _("Browser")
        PROGRAM = "program", _("Program")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="sessions")
    kind = models.CharField(max_length=10, choices=Kind)
    host = models.CharField(max_length=253)
    token_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # signed out

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_digest"], name="buyer_session_token_once")]
        indexes = [models.Index(fields=["expires_at"], name="buyer_session_to_forget")]


class Consent(models.Model):
    """That a customer agreed to a text, word for word: the text and its version as they were shown."""

    class Kind(models.TextChoices):
        TERMS = "terms", _("Terms of sale")
        NEWS = "news", _("News by e-mail")
        CARD = "card", _("Saved payment method")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=10, choices=Kind)
    is_given = models.BooleanField()
    text_version = models.CharField(max_length=40)
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    reference = models.CharField(max_length=64)  # the order it was given with

    class Meta:
        indexes = [models.Index(fields=["customer", "kind", "at"], name="consent_latest")]


class LegalText(models.Model):
    """One version of the organizer's own words on a legal page; the newest of a kind is shown, an empty one means ours."""

    append_only: ClassVar[bool] = True

    class Kind(models.TextChoices):
        TERMS = "terms", _("Terms of sale")
        PRIVACY = "privacy", _("Privacy")
        IMPRINT = "imprint", _("Imprint")

    kind = models.CharField(max_length=10, choices=Kind)
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="legal_text_version_once")]
