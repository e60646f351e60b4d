from typing import ClassVar

from django.db import migrations, models
from django.db.models import F, Q

from inventory.claim import CLAIM_PLACES, DROP_CLAIM_PLACES


class Migration(migrations.Migration):
    dependencies: ClassVar = [("inventory", "0010_waited_pools")]

    operations: ClassVar = [
        migrations.RemoveIndex("place", "place_free"),
        migrations.AddIndex(
            "place", models.Index("pool", F("number") + 0, condition=Q(state="free"), name="place_free")
        ),
        migrations.RunSQL(DROP_CLAIM_PLACES, migrations.RunSQL.noop),
        migrations.RunSQL(CLAIM_PLACES, DROP_CLAIM_PLACES),
    ]
