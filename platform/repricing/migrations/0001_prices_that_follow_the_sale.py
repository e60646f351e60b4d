import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import ui.ids
from repricing.triggers import KEEP_OFFER, RENEW_OFFER
from tenants.append_only import AppendOnly


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("events", "0010_charge_models"),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceRules",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("off", "Off: the price stays as it is"),
                            ("propose", "Propose: I approve each new price"),
                            ("apply", "Let it run: new prices hold at once"),
                        ],
                        max_length=7,
                    ),
                ),
                ("rules", models.JSONField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("created_by", models.CharField(max_length=80)),
                (
                    "ticket_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="price_rules", to="events.tickettype"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "price rules",
            },
        ),
        migrations.CreateModel(
            name="PriceChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("base", models.PositiveIntegerField()),
                ("amount_before", models.IntegerField()),
                ("amount", models.IntegerField()),
                ("price_before", models.PositiveIntegerField()),
                ("price", models.PositiveIntegerField()),
                ("why", models.JSONField()),
                ("state", models.JSONField(null=True)),
                ("approved_by", models.CharField(max_length=80)),
                ("offer_version", models.UUIDField()),
                (
                    "performance",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_changes",
                        to="events.performance",
                    ),
                ),
                (
                    "ticket_type",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_changes",
                        to="events.tickettype",
                    ),
                ),
                (
                    "rules",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="repricing.pricerules",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("amount", models.IntegerField()),
                ("price", models.PositiveIntegerField()),
                ("price_before", models.PositiveIntegerField()),
                ("why", models.JSONField()),
                ("state", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                            ("superseded", "Replaced"),
                            ("expired", "Expired"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=80)),
                (
                    "performance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_proposals",
                        to="events.performance",
                    ),
                ),
                (
                    "rules",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="proposals", to="repricing.pricerules"
                    ),
                ),
                (
                    "ticket_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_proposals",
                        to="events.tickettype",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="DynamicPrice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.IntegerField(default=0)),
                ("floor", models.PositiveIntegerField()),
                ("cap", models.PositiveIntegerField()),
                ("since", models.DateTimeField()),
                (
                    "performance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dynamic_prices",
                        to="events.performance",
                    ),
                ),
                (
                    "ticket_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dynamic_prices",
                        to="events.tickettype",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("performance", "ticket_type"), name="dynamic_price_once"),
                    models.CheckConstraint(
                        condition=models.Q(("cap__gte", models.F("floor")), ("floor__gte", 1)),
                        name="dynamic_price_bounds",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="pricerules",
            constraint=models.UniqueConstraint(fields=("ticket_type", "version"), name="price_rules_version_once"),
        ),
        migrations.AddConstraint(
            model_name="pricerules",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", ["off", "propose", "apply"])), name="price_rules_mode"
            ),
        ),
        migrations.AddIndex(
            model_name="pricechange",
            index=models.Index(fields=["performance", "ticket_type", "at"], name="price_change_history"),
        ),
        migrations.AddConstraint(
            model_name="pricechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "price",
                        django.db.models.expressions.CombinedExpression(models.F("base"), "+", models.F("amount")),
                    )
                ),
                name="price_change_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")), fields=("performance", "ticket_type"), name="proposal_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("status", "open")),
                    models.Q(models.Q(("status", "open"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="proposal_decided_at_a_time",
            ),
        ),
        AppendOnly("repricing_pricerules"),
        AppendOnly("repricing_pricechange"),
        migrations.RunSQL(RENEW_OFFER, KEEP_OFFER),
    ]
