import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0005_buyers_sign_in"),
        ("orders", "0010_own_fees_and_tax"),
    ]

    operations = [
        migrations.AddField(
            "order",
            "account",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders_as_account",
                to="people.customer",
            ),
        ),
    ]
