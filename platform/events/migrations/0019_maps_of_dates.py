import django.db.models.deletion
from django.db import migrations, models

from events.triggers import DATE_MAPS_RENEW, NO_DATE_MAPS_RENEW


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0018_life_and_visibility"),
        ("seating", "0003_plan_placement"),
    ]

    operations = [
        migrations.CreateModel(
            name="DateMap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("categories", models.JSONField(default=dict)),
                ("closed", models.JSONField(default=list)),
                ("whole_tables", models.JSONField(default=dict)),
                (
                    "performance",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="own_map", to="events.performance"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="date_maps",
                        to="seating.mapversion",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(model_name="datequota", name="date_quota_1_to_100000"),
        migrations.AddConstraint(
            model_name="datequota",
            constraint=models.CheckConstraint(
                condition=models.Q(("size__range", (0, 100000))), name="date_quota_0_to_100000"
            ),
        ),
        migrations.RunSQL(DATE_MAPS_RENEW, NO_DATE_MAPS_RENEW),
    ]
