import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

import ui.ids


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0006_refund_policies"),
        ("orders", "0005_refund_promises"),
        ("payments", "0008_failed_refunds_made_good"),
    ]

    operations = [
        migrations.CreateModel(
            name="RefundBatch",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("words", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done")], default="running", max_length=10
                    ),
                ),
                ("round", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("created_by", models.CharField(max_length=80)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refund_batch", to="events.event"
                    ),
                ),
            ],
            options={"verbose_name_plural": "refund batches"},
        ),
        migrations.CreateModel(
            name="RefundTurn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Given back"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=200)),
                ("due_at", models.DateTimeField(db_default=Now())),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="turns", to="payments.refundbatch"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.order"),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.refund"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=Q(state="waiting"), fields=["batch", "due_at"], name="refund_turn_due")
                ],
                "constraints": [models.UniqueConstraint(fields=("batch", "order"), name="refund_turn_once")],
            },
        ),
    ]
