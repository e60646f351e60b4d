import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import ui.ids
from events.triggers import CHARGES_RENEW, NO_CHARGES_RENEW


class Migration(migrations.Migration):
    dependencies = [("events", "0007_who_bears_our_fee")]

    operations = [
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                ("basis_points", models.PositiveSmallIntegerField()),
                ("is_inclusive", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("basis_points__lte", 10000)), name="tax_rate_up_to_100_percent"
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        models.F("basis_points"),
                        models.F("is_inclusive"),
                        name="tax_rate_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnFee",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                ("is_per_order", models.BooleanField(default=False)),
                ("basis_points", models.PositiveSmallIntegerField(default=0)),
                ("fixed", models.PositiveIntegerField(default=0)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="own_fees", to="events.event"
                    ),
                ),
                (
                    "tax",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="own_fees",
                        to="events.taxrate",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("event"), django.db.models.functions.text.Lower("name"), name="own_fee_name_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("basis_points__lte", 10000)), name="own_fee_up_to_100_percent"
                    ),
                    models.CheckConstraint(condition=models.Q(("fixed__lte", 9999999)), name="own_fee_7_digits"),
                    models.CheckConstraint(
                        condition=models.Q(("is_per_order", False), ("basis_points", 0), _connector="OR"),
                        name="own_fee_per_order_is_an_amount",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="tickettype",
            name="tax",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ticket_types",
                to="events.taxrate",
            ),
        ),
        migrations.RunSQL(CHARGES_RENEW, NO_CHARGES_RENEW),
    ]
