"""Tables, a trigger, and a function that must find its own schema's table whoever calls it."""

import django.db.models.deletion
from django.db import migrations, models

from tenants.append_only import AppendOnly

COUNT_NOTES = """
CREATE FUNCTION count_notes() RETURNS bigint LANGUAGE sql SET search_path FROM CURRENT
AS $$ SELECT count(*) FROM probe_note $$
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Book",
            fields=[("id", models.BigAutoField(primary_key=True)), ("title", models.CharField(max_length=50))],
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("text", models.CharField(max_length=50)),
                ("book", models.ForeignKey("probe.Book", on_delete=django.db.models.deletion.PROTECT)),
            ],
        ),
        AppendOnly("probe_note"),
        migrations.RunSQL(COUNT_NOTES, "DROP FUNCTION count_notes()"),
    ]
