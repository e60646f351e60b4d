import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0001_initial"),
        ("tenants", "0001_start"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoutedObject",
            fields=[
                ("object_id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.AddField(
            model_name="providerevent",
            name="intent_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddIndex(
            model_name="providerevent",
            index=models.Index(
                condition=models.Q(("intent_id", ""), _negated=True), fields=["intent_id"], name="provider_event_intent"
            ),
        ),
        migrations.AddField(
            model_name="routedobject",
            name="organizer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.organizer"
            ),
        ),
    ]
