"""Django finds the constraint's name by looking at the database: SQL collected without running would leave it standing."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("probe", "0001_start")]
    operations = [
        migrations.AlterField(
            "Note",
            "book",
            models.ForeignKey("probe.Book", on_delete=django.db.models.deletion.PROTECT, db_constraint=False),
        ),
        migrations.AddField("Book", "pages", models.IntegerField(default=10)),
    ]
