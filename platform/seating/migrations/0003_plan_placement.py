from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("seating", "0002_seat_maps"),
    ]

    operations = [
        migrations.AddField(
            model_name="seatmap",
            name="plan_placement",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
