from django.db import migrations, models
from django.db.models import Q

from payments.triggers import NOT_WITHIN, WITHIN


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_refund_requests")]

    operations = [
        migrations.AddField(model_name="refund", name="made_good_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="refund", name="made_good_as", field=models.CharField(blank=True, db_default="", max_length=200)
        ),
        migrations.AddField(
            model_name="refund", name="made_good_by", field=models.CharField(blank=True, db_default="", max_length=80)
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=Q(made_good_at=None, made_good_as="") | Q(state="failed", made_good_at__isnull=False),
                name="refund_made_good_had_failed",
            ),
        ),
        migrations.RunSQL(NOT_WITHIN + WITHIN, NOT_WITHIN + WITHIN),
    ]
