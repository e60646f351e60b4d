import django.db.models.deletion
from django.db import migrations, models

from tenants.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("events", "0005_seats_renew_the_offer")]

    operations = [
        migrations.CreateModel(
            name="RefundPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("rules", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("created_by", models.CharField(max_length=80)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refund_policies", to="events.event"
                    ),
                ),
                (
                    "ticket_type",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_policies",
                        to="events.tickettype",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "refund policies",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event", "ticket_type", "version"),
                        name="refund_policy_version_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        AppendOnly("events_refundpolicy"),
    ]
