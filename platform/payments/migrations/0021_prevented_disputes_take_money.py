from django.db import migrations

from payments.triggers import NOT_WITHIN, WITHIN


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0020_disputes_known_at"),
    ]

    operations = [
        migrations.RunSQL(NOT_WITHIN + WITHIN, NOT_WITHIN + WITHIN),
    ]
