import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_charge_models"),
        ("payouts", "0003_transfers"),
    ]

    operations = [
        migrations.AddField(
            model_name="transfer",
            name="account_id",
            field=models.CharField(db_default="", default="", max_length=64),
        ),
        migrations.RunSQL(
            "UPDATE payouts_transfer t SET account_id = p.account_id FROM payouts_partner p WHERE p.id = t.partner_id",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name="transfer",
            name="order",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="transfers", to="orders.order"
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="partner",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="transfers", to="payouts.partner"
            ),
        ),
    ]
