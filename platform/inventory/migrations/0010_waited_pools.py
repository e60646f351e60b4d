from typing import ClassVar

from django.db import migrations, models

from inventory.claim import CLAIM_PLACES, DROP_CLAIM_PLACES


class Migration(migrations.Migration):
    dependencies: ClassVar = [("inventory", "0009_uses_of_codes")]

    operations: ClassVar = [
        migrations.AddField("pool", "is_waited_for", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(DROP_CLAIM_PLACES, migrations.RunSQL.noop),
        migrations.RunSQL(CLAIM_PLACES, DROP_CLAIM_PLACES),
    ]
