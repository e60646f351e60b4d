import django.db.models.deletion
from django.db import migrations, models

from events.triggers import DATES_RENEW, NO_DATES_RENEW


class Migration(migrations.Migration):
    dependencies = [("events", "0015_bundles")]

    operations = [
        migrations.AddField(model_name="performance", name="sale_paused_at", field=models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="DatePrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("price", models.PositiveIntegerField()),
                (
                    "performance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="own_prices",
                        to="events.performance",
                    ),
                ),
                (
                    "ticket_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="date_prices",
                        to="events.tickettype",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("performance", "ticket_type"), name="date_price_once"),
                    models.CheckConstraint(condition=models.Q(("price__lte", 99999999)), name="date_price_8_digits"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DateQuota",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("size", models.PositiveIntegerField()),
                (
                    "performance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="own_quotas",
                        to="events.performance",
                    ),
                ),
                (
                    "quota",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="date_sizes", to="events.quota"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("performance", "quota"), name="date_quota_once"),
                    models.CheckConstraint(
                        condition=models.Q(("size__range", (1, 100000))), name="date_quota_1_to_100000"
                    ),
                ],
            },
        ),
        migrations.RunSQL(DATES_RENEW, NO_DATES_RENEW),
    ]
