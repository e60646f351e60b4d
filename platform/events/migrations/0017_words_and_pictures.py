import django.db.models.deletion
from django.db import migrations, models

import ui.ids


class Migration(migrations.Migration):
    dependencies = [("events", "0016_dates_of_their_own")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="description_html",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("files", models.JSONField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("alt", models.CharField(blank=True, max_length=200)),
                ("sort_order", models.PositiveSmallIntegerField(default=0)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pictures", to="events.event"
                    ),
                ),
            ],
            options={"ordering": ["sort_order", "pk"]},
        ),
    ]
