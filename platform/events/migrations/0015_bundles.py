import django.db.models.deletion
from django.db import migrations, models

import ui.ids
from events.triggers import BUNDLES_RENEW, NO_BUNDLES_RENEW


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0014_add_ons"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bundle",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("perk", models.CharField(blank=True, max_length=140)),
                ("max_per_order", models.PositiveSmallIntegerField(default=10)),
                ("sort_order", models.PositiveSmallIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bundles", to="events.event"
                    ),
                ),
            ],
            options={
                "ordering": ["sort_order", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("max_per_order__range", (1, 50))), name="bundle_1_to_50_per_order"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BundlePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.PositiveSmallIntegerField(default=1)),
                ("price", models.PositiveIntegerField()),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="events.bundle"
                    ),
                ),
                (
                    "ticket_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="events.tickettype"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("bundle", "ticket_type"), name="bundle_part_once"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__range", (1, 10))), name="bundle_part_1_to_10"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price__lte", 99999999)), name="bundle_part_price_8_digits"
                    ),
                ],
            },
        ),
        migrations.RunSQL(BUNDLES_RENEW, NO_BUNDLES_RENEW),
    ]
