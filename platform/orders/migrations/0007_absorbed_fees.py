from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_split_version")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="absorbed_fee",
            field=models.PositiveIntegerField(default=0, db_default=0),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("absorbed_fee__lte", models.F("total"))), name="order_absorbs_within_total"
            ),
        ),
    ]
