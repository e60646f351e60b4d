import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import ui.ids


class Migration(migrations.Migration):
    dependencies = [("payouts", "0002_payout_schedules")]

    operations = [
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.PositiveBigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("requested", "On its way"), ("sent", "Paid"), ("failed", "Not paid")],
                        default="requested",
                        max_length=10,
                    ),
                ),
                ("provider_id", models.CharField(blank=True, max_length=64)),
                ("failure", models.CharField(blank=True, max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("created_by", models.CharField(max_length=80)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="transfers", to="payouts.partner"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=~Q(("provider_id", "")), fields=("provider_id",), name="transfer_once"
                    ),
                    models.CheckConstraint(condition=Q(("amount__gt", 0)), name="transfer_of_something"),
                    models.CheckConstraint(
                        condition=Q(~Q(("state", "sent")), ~Q(("provider_id", "")), _connector="OR"),
                        name="transfer_sent_has_an_id",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="TransferReversal",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("amount", models.PositiveBigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("requested", "Asked for"), ("done", "Came back"), ("failed", "Did not come back")],
                        default="requested",
                        max_length=10,
                    ),
                ),
                ("provider_id", models.CharField(blank=True, max_length=64)),
                ("failure", models.CharField(blank=True, max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reversals", to="payouts.transfer"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=~Q(("provider_id", "")), fields=("provider_id",), name="reversal_once"
                    ),
                    models.CheckConstraint(condition=Q(("amount__gt", 0)), name="reversal_of_something"),
                ]
            },
        ),
    ]
