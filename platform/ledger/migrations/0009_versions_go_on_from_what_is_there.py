from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0008_commissions"),
    ]

    operations = [
        migrations.AddField(model_name="splitline", name="base", field=models.BigIntegerField(null=True)),
        migrations.AddField(model_name="splitline", name="base_tickets", field=models.IntegerField(null=True)),
        migrations.AddField(
            model_name="splitline", name="base_moved", field=models.BigIntegerField(db_default=0, default=0)
        ),
        migrations.AddField(
            model_name="splitline", name="base_tickets_moved", field=models.IntegerField(db_default=0, default=0)
        ),
        migrations.AddConstraint(
            model_name="splitline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("base_moved", 0), ("base_tickets_moved", 0)),
                    models.Q(("amount", 0), ("key__regex", "^rebase:"), ("tickets", 0)),
                    _connector="OR",
                ),
                name="split_line_rebased",
            ),
        ),
    ]
