import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0004_repaid_refunds"),
        ("tenants", "0001_start"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListedDispute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dispute_id", models.UUIDField()),
                ("order_number", models.CharField(max_length=12)),
                ("amount", models.PositiveIntegerField()),
                ("fee", models.IntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("warning_needs_response", "Inquiry: needs an answer"),
                            ("warning_under_review", "Inquiry: answered"),
                            ("warning_closed", "Inquiry closed"),
                            ("needs_response", "Needs an answer"),
                            ("under_review", "With the bank"),
                            ("prevented", "Prevented"),
                            ("lost", "Lost"),
                            ("appeal_needs_response", "Appeal: needs an answer"),
                            ("appeal_under_review", "Appeal: with the bank"),
                            ("won", "Won"),
                        ],
                        max_length=24,
                    ),
                ),
                ("due_by", models.DateTimeField(null=True)),
                ("opened_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "organizer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organizer"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["-opened_at"], name="listed_dispute_newest")],
                "constraints": [models.UniqueConstraint(fields=("dispute_id",), name="listed_dispute_once")],
            },
        ),
    ]
