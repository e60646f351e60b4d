from django.db import migrations, models

REASONS = [
    ("expired", "Not paid in time"),
    ("places_gone", "Paid after the tickets had gone"),
    ("limit", "More tickets than one person may have"),
    ("payment_lost", "The payment could not be collected"),
    ("staff", "Cancelled by staff"),
    ("disputed", "Taken back by the buyer's bank"),
]


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_absorbed_fees")]

    operations = [
        migrations.AddField(model_name="order", name="frozen_at", field=models.DateTimeField(null=True)),
        migrations.AlterField(
            model_name="order",
            name="cancel_reason",
            field=models.CharField(blank=True, choices=REASONS, max_length=20),
        ),
    ]
