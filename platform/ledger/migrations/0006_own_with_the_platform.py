from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_collected_for_parties"),
    ]

    operations = [
        migrations.AlterField(
            model_name="account",
            name="kind",
            field=models.CharField(
                choices=[
                    ("provider", "Held at the payment provider"),
                    ("collected", "Held by the platform"),
                    ("transit", "On its way between the platform and the organizer's account"),
                    ("bank", "Paid out to the bank"),
                    ("disputed", "Taken back by buyers' banks"),
                    ("unexplained", "Moved at the provider for a reason unknown here"),
                    ("sales", "Ticket sales"),
                    ("platform_fees", "Platform fees"),
                    ("payment_costs", "The payment provider's charges"),
                    ("shares", "Partners' shares"),
                    ("held_back", "The organizer's own, held back"),
                    ("own", "The organizer's own, with the platform"),
                    ("payable", "Owed to a party"),
                    ("reserve", "Owed to a party, held back"),
                    ("receivable", "Owed by a party"),
                ],
                max_length=20,
            ),
        ),
    ]
