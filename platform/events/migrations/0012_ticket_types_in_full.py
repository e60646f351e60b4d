from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0011_phases"),
    ]

    operations = [
        migrations.AddField(
            model_name="tickettype",
            name="listing",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="tickettype",
            name="is_hidden",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="tickettype",
            name="min_per_order",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddConstraint(
            model_name="tickettype",
            constraint=models.CheckConstraint(
                condition=models.Q(("min_per_order__gte", 1), ("min_per_order__lte", models.F("max_per_order"))),
                name="ticket_type_least_is_no_more_than_most",
            ),
        ),
    ]
