from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0006_fraud_incidents"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlatformBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("theirs", models.BigIntegerField()),
                ("lines", models.BigIntegerField()),
                ("ours", models.BigIntegerField()),
                ("checked_at", models.DateTimeField()),
                ("differs_since", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["currency"],
                "constraints": [models.UniqueConstraint(fields=("currency",), name="platform_balance_once")],
            },
        ),
        migrations.CreateModel(
            name="PlatformLine",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=60)),
                ("amount", models.BigIntegerField()),
                ("fee", models.BigIntegerField()),
                ("net", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("source", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["-created_at"], name="platform_line_newest")],
            },
        ),
    ]
