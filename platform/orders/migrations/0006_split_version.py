import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_refund_promises"), ("ledger", "0003_split_plans")]

    operations = [
        migrations.AddField(
            "order",
            "split_version",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.splitversion",
            ),
        ),
    ]
