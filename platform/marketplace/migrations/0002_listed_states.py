from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="listedevent",
            name="sale_starts_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="listedevent",
            name="state",
            field=models.CharField(db_default="published", default="published", max_length=10),
        ),
    ]
