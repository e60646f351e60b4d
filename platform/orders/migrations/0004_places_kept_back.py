import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_blocks"), ("orders", "0003_seat_words")]

    operations = [
        migrations.AddField(
            model_name="position",
            name="kept_back",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.block"
            ),
        ),
    ]
