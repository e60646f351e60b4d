import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import ui.ids


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0018_life_and_visibility"),
        ("promotions", "0001_codes_and_discounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Affiliate",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(max_length=254)),
                ("words", models.TextField(blank=True, max_length=600)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("applied", "Applied"),
                            ("active", "Active"),
                            ("paused", "Paused"),
                            ("ended", "Ended"),
                            ("declined", "Declined"),
                        ],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "promo",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="affiliate",
                        to="promotions.promocode",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="AffiliateClick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("visitor", models.CharField(max_length=32)),
                ("at", models.DateTimeField()),
                (
                    "affiliate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clicks", to="promotions.affiliate"
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="events.event"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AffiliateProgramme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("percent", "A percentage of the ticket price"),
                            ("fixed", "An amount for each ticket"),
                            ("tiers", "A percentage that rises with the tickets sold"),
                            ("none", "Nothing"),
                        ],
                        default="percent",
                        max_length=10,
                    ),
                ),
                ("basis_points", models.PositiveIntegerField(default=0)),
                ("fixed", models.PositiveIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("tiers", models.JSONField(default=list)),
                ("takes_applications", models.BooleanField(default=False)),
                ("window_days", models.PositiveSmallIntegerField(default=30)),
                (
                    "touch",
                    models.CharField(
                        choices=[
                            ("first", "The first affiliate whose link was followed"),
                            ("last", "The last affiliate whose link was followed"),
                        ],
                        default="last",
                        max_length=5,
                    ),
                ),
                ("needs_approval", models.BooleanField(default=False)),
                ("approval_days", models.PositiveSmallIntegerField(default=14)),
                (
                    "approval_from",
                    models.CharField(
                        choices=[("sale", "the sale"), ("event", "the event")], default="sale", max_length=5
                    ),
                ),
                ("counts_team", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "percent"), _negated=True),
                            models.Q(("basis_points__gte", 1), ("basis_points__lte", 10000)),
                            _connector="OR",
                        ),
                        name="programme_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "fixed"), _negated=True), ("fixed__gte", 1), _connector="OR"
                        ),
                        name="programme_fixed",
                    ),
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="programme_once"),
                    models.CheckConstraint(
                        condition=models.Q(("window_days__gte", 1), ("window_days__lte", 90)), name="programme_window"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", "none"), _negated=True), name="programme_is_for_everything"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventCommission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("percent", "A percentage of the ticket price"),
                            ("fixed", "An amount for each ticket"),
                            ("tiers", "A percentage that rises with the tickets sold"),
                            ("none", "Nothing"),
                        ],
                        default="percent",
                        max_length=10,
                    ),
                ),
                ("basis_points", models.PositiveIntegerField(default=0)),
                ("fixed", models.PositiveIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("tiers", models.JSONField(default=list)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="commission", to="events.event"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="affiliate",
            constraint=models.UniqueConstraint(fields=("key",), name="affiliate_key_once"),
        ),
        migrations.AddConstraint(
            model_name="affiliate",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"), name="affiliate_once_per_email"
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliate",
            constraint=models.CheckConstraint(
                condition=models.Q(("key", ""), _negated=True), name="affiliate_has_a_key"
            ),
        ),
        migrations.AddIndex(
            model_name="affiliateclick",
            index=models.Index(fields=["affiliate", "at"], name="affiliate_click_at"),
        ),
        migrations.AddConstraint(
            model_name="affiliateclick",
            constraint=models.UniqueConstraint(fields=("affiliate", "visitor"), name="affiliate_click_once"),
        ),
        migrations.AddConstraint(
            model_name="eventcommission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "percent"), _negated=True),
                    models.Q(("basis_points__gte", 1), ("basis_points__lte", 10000)),
                    _connector="OR",
                ),
                name="event_commission_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="eventcommission",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("kind", "fixed"), _negated=True), ("fixed__gte", 1), _connector="OR"),
                name="event_commission_fixed",
            ),
        ),
    ]
