import django.db.models.deletion
from django.db import migrations, models

import ui.ids


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0007_who_bears_our_fee"),
        ("payouts", "0001_partners"),
    ]

    operations = [
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("account_id", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.PositiveBigIntegerField()),
                ("working", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Being sent"),
                            ("sent", "On its way"),
                            ("paid", "Paid"),
                            ("failed", "Came back"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("provider_id", models.CharField(blank=True, max_length=64)),
                ("failure", models.CharField(blank=True, max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("arrives_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="payout_of_something"),
                    models.UniqueConstraint(
                        condition=models.Q(("provider_id", ""), _negated=True),
                        fields=("provider_id",),
                        name="payout_provider_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")), fields=("currency",), name="payout_one_asked"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayoutSchedule",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("days_after", models.PositiveSmallIntegerField(default=3)),
                ("reserve_percent", models.PositiveSmallIntegerField(default=0)),
                ("reserve_days", models.PositiveSmallIntegerField(default=60)),
                ("most_disputes", models.PositiveSmallIntegerField(default=2)),
                ("held_because", models.CharField(blank=True, max_length=200)),
                ("manual_account_id", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="payout_schedule_is_one"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("days_after__lte", 60), ("reserve_days__lte", 180), ("reserve_percent__lte", 50)
                        ),
                        name="payout_schedule_within",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Maturity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("net", models.BigIntegerField()),
                ("reserve", models.BigIntegerField()),
                ("due_at", models.DateTimeField()),
                ("release_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
                (
                    "performance",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="maturity", to="events.performance"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "maturities",
                "indexes": [
                    models.Index(
                        condition=models.Q(("released_at", None)), fields=["release_at"], name="maturity_to_release"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("reserve__gte", 0)), name="maturity_reserve")
                ],
            },
        ),
    ]
