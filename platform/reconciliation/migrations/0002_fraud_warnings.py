from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="incident",
            name="kind",
            field=models.CharField(
                choices=[
                    ("unsettled", "Paid, but without tickets"),
                    ("refund_unknown", "A refund that we did not know of"),
                    ("refund_failed", "A refund came back"),
                    ("events_missed", "Messages from Stripe that never came"),
                    ("disputed", "A buyer's bank took a payment back"),
                    ("fraud_warning", "A payment that looks like fraud"),
                    ("payout_failed", "A payout came back"),
                    ("amount_differs", "Another amount than in our books"),
                    ("money_unknown", "Money that we cannot explain"),
                    ("line_missing", "In our books, but not at Stripe"),
                    ("balance_differs", "Another balance than the sum of its lines"),
                ],
                max_length=20,
            ),
        ),
    ]
