from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("events", "0008_own_fees_and_tax")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="delayed_payment_days",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=Q(delayed_payment_days=None) | Q(delayed_payment_days__range=(7, 365)),
                name="event_delayed_payments_7_to_365_days",
            ),
        ),
    ]
