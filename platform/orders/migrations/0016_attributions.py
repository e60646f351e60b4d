import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0015_test_orders"),
        ("promotions", "0002_affiliates"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attribution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "how",
                    models.CharField(
                        choices=[("code", "Code typed"), ("link", "Link followed"), ("named", "Named by the shop")],
                        max_length=5,
                    ),
                ),
                ("rate", models.JSONField()),
                ("base", models.PositiveBigIntegerField()),
                ("tickets", models.PositiveIntegerField()),
                ("tickets_before", models.PositiveIntegerField()),
                ("commission", models.PositiveBigIntegerField()),
                ("approved_at", models.DateTimeField(null=True)),
                (
                    "void_reason",
                    models.CharField(
                        blank=True,
                        choices=[("card", "Paid with the affiliate’s own card"), ("staff", "Declined")],
                        max_length=5,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=200)),
                (
                    "affiliate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attributions",
                        to="promotions.affiliate",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attribution", to="orders.order"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["affiliate"], condition=Q(approved_at=None, void_reason=""), name="attribution_waiting"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(approved_at=None) | Q(void_reason=""), name="attribution_approved_or_void"
                    ),
                    models.CheckConstraint(condition=Q(commission__lte=F("base")), name="attribution_within_its_base"),
                ],
            },
        ),
    ]
