import django.db.models.deletion
from django.db import migrations, models

import ui.ids
from events.triggers import NO_PHASES_RENEW, PHASES_RENEW


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0010_charge_models"),
    ]

    operations = [
        migrations.CreateModel(
            name="Phase",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                ("price", models.PositiveIntegerField()),
                ("until", models.DateTimeField(null=True)),
                ("sort_order", models.PositiveSmallIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "quota",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="phase", to="events.quota"
                    ),
                ),
                (
                    "ticket_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="phases", to="events.tickettype"
                    ),
                ),
            ],
            options={
                "ordering": ["sort_order", "pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("price__lte", 99999999)), name="phase_price_8_digits")
                ],
            },
        ),
        migrations.RunSQL(PHASES_RENEW, NO_PHASES_RENEW),
    ]
