import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from payments.triggers import NOT_WITHIN, WITHIN


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_places_kept_back"), ("payments", "0005_accounts_in_full")]

    operations = [
        migrations.AddField(
            model_name="refund", name="words", field=models.CharField(blank=True, db_default="", max_length=200)
        ),
        migrations.AddField(
            model_name="refund", name="key", field=models.CharField(blank=True, db_default="", max_length=64)
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
                    ("provider", "Made at the payment provider"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(condition=~Q(key=""), fields=["key"], name="refund_asked_once"),
        ),
        migrations.CreateModel(
            name="RefundLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.PositiveIntegerField()),
                (
                    "position",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refund_lines", to="orders.position"
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="payments.refund"
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("refund", "position"), name="refund_line_once")]},
        ),
        migrations.RunSQL(WITHIN, NOT_WITHIN),
    ]
