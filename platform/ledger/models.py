from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ui.ids import uuid7


class Account(models.Model):
    """A named place for money, per currency. Debits are positive, credits negative."""

    class Kind(models.TextChoices):
        PROVIDER = "provider", _("Held at the payment provider")
        SALES = "sales", _("Ticket sales")
        PLATFORM_FEES = "platform_fees", _("Platform fees")
        ORGANIZERS = "organizers", _("Organizers")  # in the platform's own books

    kind = models.CharField(max_length=20, choices=Kind)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "currency"], name="account_once")]


class LedgerTransaction(models.Model):
    """Entries that belong together and add up to nothing. `key` makes a second posting of one thing a no-op."""

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120)  # "sale:<order id>", "refund:<refund id>"
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="ledger_transaction_once")]


class LedgerEntry(models.Model):
    """One line: `amount` minor units into (positive) or out of (negative) an account."""

    append_only: ClassVar[bool] = True

    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    amount = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "ledger entries"
