import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import ui.ids
from tenants.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_accounts_of_parties")]

    operations = [
        migrations.CreateModel(
            name="SplitPlan",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("subject", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("subject",), name="split_plan_once")]},
        ),
        migrations.CreateModel(
            name="SplitVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("rules", models.JSONField()),
                ("base", models.BigIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("created_by", models.CharField(max_length=80)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="ledger.splitplan"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("plan", "number"), name="split_version_once"),
                    models.CheckConstraint(condition=Q(("base__gte", 0)), name="split_version_base"),
                ]
            },
        ),
        migrations.CreateModel(
            name="SplitLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120)),
                ("amount", models.BigIntegerField()),
                ("before", models.BigIntegerField()),
                ("parts", models.JSONField()),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="ledger.splitversion"
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("key",), name="split_line_once")]},
        ),
        AppendOnly("ledger_splitversion"),
        AppendOnly("ledger_splitline"),
    ]
