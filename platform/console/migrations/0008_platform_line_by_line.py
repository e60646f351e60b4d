from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0007_platform_balance"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlatformBooking",
            fields=[
                ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("about", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="PlatformDifference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("about", models.CharField(max_length=80)),
                ("currency", models.CharField(max_length=3)),
                ("theirs", models.BigIntegerField()),
                ("ours", models.BigIntegerField()),
                ("account_id", models.CharField(blank=True, max_length=64)),
                ("since", models.DateTimeField()),
                ("is_told", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["since", "about"],
            },
        ),
        migrations.AddField(
            model_name="platformline",
            name="about",
            field=models.CharField(blank=True, db_default="", max_length=80),
        ),
        migrations.AddField(
            model_name="platformline",
            name="account_id",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddIndex(
            model_name="platformline",
            index=models.Index(fields=["source"], name="platform_line_source"),
        ),
        migrations.AddIndex(
            model_name="platformbooking",
            index=models.Index(fields=["about"], name="platform_booking_about"),
        ),
        migrations.AddConstraint(
            model_name="platformdifference",
            constraint=models.UniqueConstraint(fields=("about", "currency"), name="platform_difference_once"),
        ),
    ]
