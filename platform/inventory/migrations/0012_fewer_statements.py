from typing import ClassVar

from django.db import migrations

from inventory.claim import CLAIM_PLACES


class Migration(migrations.Migration):
    dependencies: ClassVar = [("inventory", "0011_plans_of_any_size")]

    operations: ClassVar = [
        migrations.RunSQL(CLAIM_PLACES, migrations.RunSQL.noop),  # replaced in place: claims go on meanwhile
    ]
