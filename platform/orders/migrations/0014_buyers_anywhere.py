from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("orders", "0013_phases")]

    operations: ClassVar = [
        migrations.AddIndex(model_name="order", index=models.Index(fields=["buyer_key"], name="order_buyer_anywhere")),
    ]
