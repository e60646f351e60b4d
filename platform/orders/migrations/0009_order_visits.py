import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0008_disputed_orders"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("placed", "Order placed"),
                            ("page", "Order page opened"),
                            ("tickets", "Tickets opened"),
                        ],
                        max_length=10,
                    ),
                ),
                ("on", models.DateField()),
                ("at", models.DateTimeField()),
                ("address", models.CharField(max_length=45)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="visits", to="orders.order"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["on"], name="order_visit_to_forget")],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "kind", "on", "address"), name="order_visit_once_a_day")
                ],
            },
        ),
    ]
