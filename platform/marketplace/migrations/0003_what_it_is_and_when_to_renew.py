import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0002_listed_states"),
        ("tenants", "0001_start"),
    ]

    operations = [
        migrations.AddField(
            model_name="listedevent",
            name="category",
            field=models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
        migrations.AddField(
            model_name="listedevent",
            name="follows_stock",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="listedevent",
            name="renew_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="listedevent",
            name="tags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=30), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="listedevent",
            name="words",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddIndex(
            model_name="listedevent",
            index=models.Index(fields=["renew_at"], name="listed_event_due"),
        ),
        # What is listed already is looked at again within seconds, and then has all of it.
        migrations.RunSQL("UPDATE marketplace_listedevent SET renew_at = now()", migrations.RunSQL.noop),
    ]
