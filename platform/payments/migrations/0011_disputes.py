import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import ui.ids
from payments.triggers import NOT_WITHIN, WITHIN


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0010_failed_attempts"),
    ]

    operations = [
        migrations.CreateModel(
            name="DisputePolicy",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "on_lost",
                    models.CharField(
                        choices=[
                            ("void", "Its tickets no longer admit, and their places are for sale again"),
                            ("keep", "Its tickets stay valid"),
                        ],
                        default="void",
                        max_length=10,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "dispute policies",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="dispute_policy_is_one")],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("provider_id", models.CharField(max_length=64)),
                ("amount", models.PositiveIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("warning_needs_response", "Inquiry: needs an answer"),
                            ("warning_under_review", "Inquiry: answered"),
                            ("warning_closed", "Inquiry closed"),
                            ("needs_response", "Needs an answer"),
                            ("under_review", "With the bank"),
                            ("prevented", "Prevented"),
                            ("lost", "Lost"),
                            ("appeal_needs_response", "Appeal: needs an answer"),
                            ("appeal_under_review", "Appeal: with the bank"),
                            ("won", "Won"),
                        ],
                        max_length=24,
                    ),
                ),
                ("taken", models.IntegerField(default=0)),
                ("fee", models.IntegerField(default=0)),
                ("due_by", models.DateTimeField(null=True)),
                ("is_refundable", models.BooleanField(default=False)),
                ("opened_at", models.DateTimeField()),
                ("ask_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("closed_at", models.DateTimeField(null=True)),
                ("evidence", models.JSONField(default=dict)),
                ("file", models.CharField(blank=True, max_length=200)),
                ("file_id", models.CharField(blank=True, max_length=64)),
                ("asked_at", models.DateTimeField(null=True)),
                ("asked_by", models.CharField(blank=True, max_length=80)),
                ("submitted_at", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, max_length=200)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="payments.payment"
                    ),
                ),
            ],
            options={
                "ordering": ["-opened_at", "-pk"],
                "indexes": [
                    models.Index(condition=models.Q(("closed_at", None)), fields=["ask_at"], name="dispute_to_ask")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("provider_id",), name="dispute_provider_once"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="dispute_of_something"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at", None),
                            ("state__in", ["won", "lost", "warning_closed", "prevented"]),
                            _connector="OR",
                        ),
                        name="dispute_closed_is_decided",
                    ),
                ],
            },
        ),
        migrations.RunSQL(NOT_WITHIN + WITHIN, NOT_WITHIN + WITHIN),
    ]
