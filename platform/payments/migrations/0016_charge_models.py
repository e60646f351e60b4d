from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0012_charge_models"),
        ("payments", "0015_saved_cards"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChargeDefault",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "charge_model",
                    models.CharField(
                        choices=[
                            ("direct", "You take the payment, on your own Stripe account"),
                            ("on_behalf", "We take the payment in your name and pass on everybody's part"),
                            ("platform", "We take the payment in our name and pass on everybody's part"),
                        ],
                        default="direct",
                        max_length=10,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="payment",
            name="on_behalf_of",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AlterField(
            model_name="payment",
            name="account_id",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("account_id", ""), _negated=True), ("partners_part", 0), _connector="OR"),
                name="payment_separate_collects_no_part",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("account_id", ""), ("on_behalf_of", ""), _connector="OR"),
                name="payment_on_behalf_is_separate",
            ),
        ),
        migrations.AddConstraint(
            model_name="chargedefault",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="charge_default_is_one"),
        ),
    ]
