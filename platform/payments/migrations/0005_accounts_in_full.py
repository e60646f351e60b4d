"""Accounts in full: what they may do, until when something is asked, access taken back, hosts for wallets.

Whether cards can be taken is part of what a date offers: when that changes, every date's offer is another one.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

RENEW = """
CREATE FUNCTION payments_renew_offers() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
BEGIN
    -- The trigger on performances gives each its own new version (events/triggers.py).
    UPDATE events_performance SET offer_version = offer_version WHERE state = 'scheduled';
    RETURN NULL;
END
$body$;
CREATE TRIGGER renew_offers AFTER INSERT ON payments_connectedaccount
    FOR EACH ROW WHEN (NEW.charges_enabled) EXECUTE FUNCTION payments_renew_offers();
CREATE TRIGGER renew_offers_on_change AFTER UPDATE ON payments_connectedaccount
    FOR EACH ROW WHEN (OLD.charges_enabled IS DISTINCT FROM NEW.charges_enabled)
    EXECUTE FUNCTION payments_renew_offers();
"""
NO_RENEW = """
DROP TRIGGER renew_offers ON payments_connectedaccount;
DROP TRIGGER renew_offers_on_change ON payments_connectedaccount;
DROP FUNCTION payments_renew_offers();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0005_seats_renew_the_offer"),
        ("payments", "0004_refunds_made_at_the_provider"),
    ]

    operations = [
        migrations.AddField("connectedaccount", "capabilities", models.JSONField(default=dict)),
        migrations.AddField("connectedaccount", "deadline", models.DateTimeField(null=True)),
        migrations.AddField("connectedaccount", "disconnected_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "connectedaccount",
            models.CheckConstraint(
                condition=Q(disconnected_at=None) | Q(charges_enabled=False, payouts_enabled=False),
                name="connected_account_gone_does_nothing",
            ),
        ),
        migrations.CreateModel(
            name="WalletDomain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=253)),
                ("provider_id", models.CharField(blank=True, max_length=64)),
                ("apple_pay", models.CharField(blank=True, max_length=20)),
                ("google_pay", models.CharField(blank=True, max_length=20)),
                ("failure", models.CharField(blank=True, max_length=250)),
                ("asked_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wallet_domains",
                        to="payments.connectedaccount",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("account", "host"), name="wallet_domain_once")]},
        ),
        migrations.RunSQL(RENEW, NO_RENEW),
    ]
