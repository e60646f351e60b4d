import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import ui.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Partner",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("venue", "Venue"),
                            ("artist", "Artist"),
                            ("promoter", "Promoter"),
                            ("affiliate", "Affiliate"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("token", models.CharField(default=ui.ids.new_token, max_length=64)),
                ("account_id", models.CharField(blank=True, max_length=64)),
                ("transfers_enabled", models.BooleanField(default=False)),
                ("requirements", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("token",), name="partner_token_once"),
                    models.UniqueConstraint(
                        condition=~Q(("account_id", "")), fields=("account_id",), name="partner_account_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(("transfers_enabled", False), ~Q(("account_id", "")), _connector="OR"),
                        name="partner_is_paid_into_an_account",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerPayment",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("direction", models.CharField(choices=[("out", "Paid"), ("back", "Paid back")], max_length=4)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.PositiveBigIntegerField()),
                ("words", models.CharField(max_length=200)),
                ("key", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("created_by", models.CharField(max_length=80)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="payouts.partner"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("key",), name="partner_payment_once"),
                    models.CheckConstraint(condition=Q(("amount__gt", 0)), name="partner_payment_of_something"),
                ]
            },
        ),
    ]
