import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0016_dates_of_their_own"), ("payments", "0017_account_asked_at")]

    operations = [
        migrations.AlterField(
            model_name="refundbatch",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="refund_batches", to="events.event"
            ),
        ),
        migrations.AddField(
            model_name="refundbatch",
            name="performance",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund_batches",
                to="events.performance",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundbatch",
            constraint=models.UniqueConstraint(
                fields=("event", "performance"), name="refund_batch_once", nulls_distinct=False
            ),
        ),
    ]
