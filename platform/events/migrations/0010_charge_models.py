from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0009_delayed_payments"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="charge_model",
            field=models.CharField(
                blank=True,
                choices=[
                    ("direct", "You take the payment, on your own Stripe account"),
                    ("on_behalf", "We take the payment in your name and pass on everybody's part"),
                    ("platform", "We take the payment in our name and pass on everybody's part"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
    ]
