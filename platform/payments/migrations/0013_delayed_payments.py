from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("payments", "0012_fraud_warnings")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="takes_delayed",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AlterField(
            model_name="payment",
            name="state",
            field=models.CharField(
                choices=[
                    ("created", "Waiting for the buyer"),
                    ("under_way", "On its way from the bank"),
                    ("authorised", "Authorised"),
                    ("captured", "Captured"),
                    ("voided", "Voided"),
                ],
                default="created",
                max_length=12,
            ),
        ),
        migrations.RemoveIndex(model_name="payment", name="payment_to_ask"),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=Q(("state__in", ["created", "under_way", "authorised"])),
                fields=["ask_at"],
                name="payment_to_ask",
            ),
        ),
    ]
