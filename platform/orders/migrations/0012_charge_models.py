from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0011_signed_in_buyers"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="charge_model",
            field=models.CharField(
                choices=[
                    ("direct", "You take the payment, on your own Stripe account"),
                    ("on_behalf", "We take the payment in your name and pass on everybody's part"),
                    ("platform", "We take the payment in our name and pass on everybody's part"),
                ],
                db_default="direct",
                default="direct",
                max_length=10,
            ),
        ),
    ]
