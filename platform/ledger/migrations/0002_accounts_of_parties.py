from django.db import migrations, models
from django.db.models import Q

from tenants.append_only import AppendOnly

KINDS = [
    ("provider", "Held at the payment provider"),
    ("bank", "Paid out to the bank"),
    ("disputed", "Taken back by buyers' banks"),
    ("unexplained", "Moved at the provider for a reason unknown here"),
    ("sales", "Ticket sales"),
    ("platform_fees", "Platform fees"),
    ("payment_costs", "The payment provider's charges"),
    ("shares", "Partners' shares"),
    ("payable", "Owed to a party"),
    ("reserve", "Owed to a party, held back"),
    ("receivable", "Owed by a party"),
]
PARTIES = [
    ("organizer", "Organizer"),
    ("venue", "Venue"),
    ("artist", "Artist"),
    ("promoter", "Promoter"),
    ("affiliate", "Affiliate"),
    ("platform", "Platform"),
]
OWED = ["payable", "reserve", "receivable"]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.AlterField("account", "kind", models.CharField(choices=KINDS, max_length=20)),
        migrations.AddField(
            "account",
            "party",
            models.CharField(blank=True, choices=PARTIES, db_default="", default="", max_length=10),
        ),
        migrations.AddField(
            "account", "reference", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
        migrations.RemoveConstraint("account", "account_once"),
        migrations.AddConstraint(
            "account",
            models.UniqueConstraint(fields=["kind", "currency", "party", "reference"], name="account_of_party_once"),
        ),
        migrations.AddConstraint(
            "account", models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="account_has_a_currency")
        ),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                condition=Q(kind__in=OWED, party__in=[word for word, _label in PARTIES])
                | (~Q(kind__in=OWED) & Q(party="", reference="")),
                name="account_party_where_owed",
            ),
        ),
        AppendOnly("ledger_account"),
    ]
