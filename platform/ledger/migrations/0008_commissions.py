import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_shares_by_the_ticket"),
    ]

    operations = [
        migrations.AlterField(
            model_name="splitline",
            name="version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="ledger.splitversion"
            ),
        ),
        migrations.AddConstraint(
            model_name="splitline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("version__isnull", False), models.Q(("key__regex", "^commission:"), _negated=True)),
                    models.Q(("amount", 0), ("before", 0), ("key__regex", "^commission:"), ("version", None)),
                    _connector="OR",
                ),
                name="split_line_of_a_plan_or_commission",
            ),
        ),
    ]
