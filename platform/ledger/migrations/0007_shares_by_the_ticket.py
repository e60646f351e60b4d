from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_own_with_the_platform"),
    ]

    operations = [
        migrations.AddField(
            model_name="splitline",
            name="tickets",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="splitline",
            name="tickets_before",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="splitversion",
            name="base_tickets",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
