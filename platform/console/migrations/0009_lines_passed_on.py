from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0008_platform_line_by_line"),
    ]

    operations = [
        migrations.AddField(
            model_name="platformline",
            name="is_passed_on",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
