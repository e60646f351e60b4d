from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_delayed_payments")]

    operations = [
        migrations.AddField("payment", "partners_part", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.AddField("refund", "partners_amount", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.AddConstraint(
            "payment",
            models.CheckConstraint(
                condition=models.Q(("partners_part__lte", models.F("amount") - models.F("application_fee"))),
                name="payment_partners_part_within",
            ),
        ),
    ]
