import django.db.models.deletion
from django.db import migrations, models

import ui.ids


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0005_buyers_sign_in"),
        ("payments", "0014_collected_for_partners"),
    ]

    operations = [
        migrations.CreateModel(
            name="Payer",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("account_id", models.CharField(blank=True, max_length=64)),
                ("provider_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payers", to="people.customer"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["customer", "account_id"], name="payer_once_per_account"),
                    models.UniqueConstraint(
                        condition=models.Q(("provider_id", ""), _negated=True),
                        fields=["account_id", "provider_id"],
                        name="payer_of_one_customer",
                    ),
                ]
            },
        ),
        migrations.AddField(
            "payment", "payer_id", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
        migrations.AddField("payment", "saves_card", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("payment", "failed_saved", models.BooleanField(db_default=False, default=False)),
        migrations.AddConstraint(
            "payment",
            models.CheckConstraint(
                condition=models.Q(("saves_card", False), models.Q(("payer_id", ""), _negated=True), _connector="OR"),
                name="payment_saves_for_a_payer",
            ),
        ),
    ]
