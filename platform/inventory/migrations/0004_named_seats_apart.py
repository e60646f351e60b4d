"""The claim as it is now: named seats are kept from who takes any place, and from who names them in another pool."""

from django.db import migrations

from inventory.claim import CLAIM_PLACES, DROP_CLAIM_PLACES


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_claim_in_groups")]

    operations = [
        migrations.RunSQL(DROP_CLAIM_PLACES, migrations.RunSQL.noop),
        migrations.RunSQL(CLAIM_PLACES, DROP_CLAIM_PLACES),
    ]
