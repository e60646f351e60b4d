import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payouts", "0004_transfers_out_of_charges"),
        ("promotions", "0002_affiliates"),
    ]

    operations = [
        migrations.AddField(
            model_name="partner",
            name="affiliate",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="partner",
                to="promotions.affiliate",
            ),
        ),
        migrations.AddConstraint(
            model_name="partner",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("affiliate", None), models.Q(("affiliate", models.F("id")), ("kind", "affiliate")), _connector="OR"
                ),
                name="partner_of_its_affiliate",
            ),
        ),
    ]
