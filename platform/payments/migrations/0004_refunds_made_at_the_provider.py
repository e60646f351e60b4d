from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_limits_per_person")]

    operations = [
        migrations.AlterField(
            model_name="refund",
            name="reason",
            field=models.CharField(
                choices=[
                    ("staff", "Refunded by staff"),
                    ("places_gone", "Paid after the tickets had gone"),
                    ("limit", "More tickets than one person may have"),
                    ("provider", "Made at the payment provider"),
                ],
                max_length=20,
            ),
        ),
    ]
