from typing import ClassVar

from django.db import migrations

from inventory.claim import CLAIM_PLACES, DROP_CLAIM_PLACES


class Migration(migrations.Migration):
    dependencies: ClassVar = [("inventory", "0007_blocks"), ("events", "0011_phases")]

    operations: ClassVar = [
        migrations.RunSQL(DROP_CLAIM_PLACES, migrations.RunSQL.noop),
        migrations.RunSQL(CLAIM_PLACES, DROP_CLAIM_PLACES),
    ]
