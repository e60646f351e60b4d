from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0009_refund_batches")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="failed_attempt",
            field=models.CharField(blank=True, db_default="", max_length=80),
        ),
        migrations.AddField(
            model_name="payment",
            name="failures",
            field=models.PositiveSmallIntegerField(db_default=0),
        ),
    ]
