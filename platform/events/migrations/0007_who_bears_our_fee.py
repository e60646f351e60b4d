from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0006_refund_policies")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="fee_share",
            field=models.PositiveSmallIntegerField(default=100, db_default=100),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("fee_share__range", (0, 100))), name="event_fee_share_is_a_percentage"
            ),
        ),
    ]
