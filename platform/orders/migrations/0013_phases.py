import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0011_phases"),
        ("orders", "0012_charge_models"),
    ]

    operations = [
        migrations.AddField(
            model_name="position",
            name="phase",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="events.phase",
            ),
        ),
        migrations.AddField(model_name="position", name="steps", field=models.JSONField(null=True)),
    ]
