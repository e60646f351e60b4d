import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_order_visits")]

    operations = [
        migrations.AlterField(
            model_name="fee",
            name="kind",
            field=models.CharField(
                choices=[("service", "Service fee"), ("own", "Fee of the organizer")], max_length=20
            ),
        ),
        migrations.AddField(
            model_name="fee",
            name="name",
            field=models.CharField(blank=True, db_default="", max_length=40),
        ),
        migrations.AddConstraint(
            model_name="fee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "service"), ("name", "")),
                    models.Q(("kind", "own"), models.Q(("name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="fee_named",
            ),
        ),
        migrations.CreateModel(
            name="Tax",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("basis_points", models.PositiveSmallIntegerField()),
                ("is_inclusive", models.BooleanField()),
                ("base", models.PositiveIntegerField()),
                ("amount", models.PositiveIntegerField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="taxes", to="orders.order"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "taxes",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__lte", models.F("base"))), name="tax_within_its_base"
                    )
                ],
            },
        ),
    ]
