import django.db.models.deletion
from django.db import migrations, models

import ui.ids


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0011_disputes"),
    ]

    operations = [
        migrations.AddField(
            model_name="disputepolicy",
            name="on_warning",
            field=models.CharField(
                choices=[("tell", "Only tell us"), ("refund", "Refund the order, unless somebody has come in with it")],
                db_default="tell",
                default="tell",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="reason",
            field=models.CharField(
                choices=[
                    ("staff", "Refunded by staff"),
                    ("places_gone", "Paid after the tickets had gone"),
                    ("limit", "More tickets than one person may have"),
                    ("buyer", "Cancelled by the buyer"),
                    ("event", "The event was cancelled"),
                    ("fraud", "A card network warned of fraud"),
                    ("provider", "Made at the payment provider"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="FraudWarning",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("provider_id", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=60)),
                (
                    "done",
                    models.CharField(
                        choices=[
                            ("told", "Nothing by itself"),
                            ("refunded", "Refunded"),
                            ("admitted", "Not refunded: somebody has come in"),
                            ("too_late", "Nothing was left to refund"),
                        ],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fraud_warnings",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("provider_id",), name="fraud_warning_once")],
            },
        ),
    ]
