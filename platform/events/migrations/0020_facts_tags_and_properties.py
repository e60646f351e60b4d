import django.contrib.postgres.fields
import django.db.models.functions.text
from django.db import migrations, models

import ui.ids


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0019_maps_of_dates"),
        ("seating", "0003_plan_placement"),
    ]

    operations = [
        migrations.CreateModel(
            name="Property",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=40)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("yes_no", "Yes or no"),
                            ("choice", "One of a list"),
                            ("date", "Date"),
                        ],
                        max_length=6,
                    ),
                ),
                (
                    "choices",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                    ),
                ),
                ("is_filterable", models.BooleanField(default=True)),
                ("sort_order", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "properties",
                "ordering": ["sort_order", "pk"],
            },
        ),
        migrations.AddField(
            model_name="event",
            name="category",
            field=models.CharField(
                blank=True,
                choices=[
                    ("concert", "Concert"),
                    ("classical", "Classical music and opera"),
                    ("party", "Party and club"),
                    ("festival", "Festival"),
                    ("theatre", "Theatre"),
                    ("dance", "Dance and musical"),
                    ("comedy", "Comedy and cabaret"),
                    ("film", "Film"),
                    ("exhibition", "Exhibition and museum"),
                    ("literature", "Reading and talk"),
                    ("sport", "Sport"),
                    ("family", "Children and family"),
                    ("workshop", "Course and workshop"),
                    ("conference", "Conference and fair"),
                    ("food", "Food and drink"),
                    ("tour", "Tour and attraction"),
                    ("community", "Community and charity"),
                    ("other", "Other"),
                ],
                db_default="",
                default="",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="contact_email",
            field=models.EmailField(blank=True, db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            model_name="event",
            name="contact_phone",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="event",
            name="least_age",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="event",
            name="properties",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="event",
            name="tags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=30), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="terms",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("category", ""),
                    (
                        "category__in",
                        [
                            "concert",
                            "classical",
                            "party",
                            "festival",
                            "theatre",
                            "dance",
                            "comedy",
                            "film",
                            "exhibition",
                            "literature",
                            "sport",
                            "family",
                            "workshop",
                            "conference",
                            "food",
                            "tour",
                            "community",
                            "other",
                        ],
                    ),
                    _connector="OR",
                ),
                name="event_category_of_the_list",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(condition=models.Q(("tags__len__lte", 10)), name="event_10_tags"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("least_age", None), ("least_age__range", (1, 99)), _connector="OR"),
                name="event_age_1_to_99",
            ),
        ),
        migrations.AddConstraint(
            model_name="property",
            constraint=models.UniqueConstraint(fields=("key",), name="property_key_once"),
        ),
        migrations.AddConstraint(
            model_name="property",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"), name="property_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="property",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("choices__len__gte", 2), ("kind", "choice")),
                    models.Q(models.Q(("kind", "choice"), _negated=True), ("choices__len", 0)),
                    _connector="OR",
                ),
                name="property_choices_of_a_choice",
            ),
        ),
    ]
