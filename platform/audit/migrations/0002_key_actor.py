from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="actor_kind",
            field=models.CharField(
                choices=[
                    ("user", "User"),
                    ("buyer", "Buyer"),
                    ("device", "Device"),
                    ("key", "API key"),
                    ("system", "System"),
                ],
                max_length=10,
            ),
        ),
    ]
