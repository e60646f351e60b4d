from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0016_attributions"),
    ]

    operations = [
        migrations.AddField(model_name="attribution", name="cap", field=models.PositiveBigIntegerField(null=True)),
    ]
