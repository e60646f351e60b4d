import uuid

import django.contrib.postgres.functions
from django.db import migrations, models

from events.triggers import EVENT_STATES, NO_EVENT_STATES


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0017_words_and_pictures"),
        ("seating", "0003_plan_placement"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="is_test",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="event",
            name="password",
            field=models.CharField(blank=True, db_default="", default="", max_length=128),
        ),
        migrations.AddField(
            model_name="event",
            name="preview_key",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="sale_starts_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="event",
            name="visibility",
            field=models.CharField(
                choices=[
                    ("public", "Everybody: it is listed and can be searched for"),
                    ("unlisted", "Whoever has the link: it is in no list and no search"),
                    ("password", "Whoever has the link and knows the password"),
                ],
                db_default="public",
                default="public",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("published", "Published"),
                    ("paused", "Paused"),
                    ("postponed", "Postponed"),
                    ("cancelled", "Cancelled"),
                    ("template", "Template"),
                    ("discarded", "Discarded"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="performance",
            name="state",
            field=models.CharField(
                choices=[("scheduled", "Scheduled"), ("postponed", "Postponed"), ("cancelled", "Cancelled")],
                default="scheduled",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("visibility", "password"), models.Q(("password", ""), _negated=True)),
                    models.Q(models.Q(("visibility", "password"), _negated=True), ("password", "")),
                    _connector="OR",
                ),
                name="event_password_where_one_is_asked_for",
            ),
        ),
        migrations.RunSQL(EVENT_STATES, NO_EVENT_STATES),
    ]
