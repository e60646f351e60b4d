from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ticket",
            name="void_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("refunded", "Refunded"),
                    ("reissued", "Replaced by a new ticket"),
                    ("cancelled", "Cancelled"),
                    ("disputed", "Taken back by the buyer's bank"),
                ],
                max_length=12,
            ),
        ),
    ]
