from django.db import migrations, models

KINDS = [
    ("provider", "Held at the payment provider"),
    ("collected", "Held by the platform for partners"),
    ("bank", "Paid out to the bank"),
    ("disputed", "Taken back by buyers' banks"),
    ("unexplained", "Moved at the provider for a reason unknown here"),
    ("sales", "Ticket sales"),
    ("platform_fees", "Platform fees"),
    ("payment_costs", "The payment provider's charges"),
    ("shares", "Partners' shares"),
    ("held_back", "The organizer's own, held back"),
    ("payable", "Owed to a party"),
    ("reserve", "Owed to a party, held back"),
    ("receivable", "Owed by a party"),
]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_held_back")]

    operations = [
        migrations.AlterField("account", "kind", models.CharField(choices=KINDS, max_length=20)),
        migrations.CreateModel(
            name="CollectedParty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "party",
                    models.CharField(
                        choices=[
                            ("organizer", "Organizer"),
                            ("venue", "Venue"),
                            ("artist", "Artist"),
                            ("promoter", "Promoter"),
                            ("affiliate", "Affiliate"),
                            ("platform", "Platform"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "verbose_name_plural": "collected parties",
                "constraints": [models.UniqueConstraint(fields=("party", "reference"), name="collected_party_once")],
            },
        ),
    ]
