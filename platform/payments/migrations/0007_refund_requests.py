import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import ui.ids


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_refund_promises"), ("payments", "0006_refunds_in_parts")]

    operations = [
        migrations.CreateModel(
            name="RefundRequest",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("words", models.TextField(blank=True)),
                ("quoted", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for a decision"),
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=80)),
                ("answer", models.TextField(blank=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refund_requests", to="orders.order"
                    ),
                ),
                ("positions", models.ManyToManyField(related_name="+", to="orders.position")),
                (
                    "refund",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request",
                        to="payments.refund",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(state="open"), fields=("order",), name="refund_request_one_open"
                    ),
                    models.CheckConstraint(
                        condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
                        name="refund_request_decided_has_a_time",
                    ),
                ],
            },
        ),
    ]
