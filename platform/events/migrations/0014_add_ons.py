from django.db import migrations, models

from events.triggers import ADD_ONS_RENEW, NO_ADD_ONS_RENEW


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0013_chosen_prices"),
    ]

    operations = [
        migrations.AddField(
            model_name="tickettype",
            name="is_add_on",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="tickettype",
            name="base_types",
            field=models.ManyToManyField(related_name="add_ons", to="events.tickettype"),
        ),
        migrations.AddField(
            model_name="tickettype",
            name="min_per_ticket",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="tickettype",
            name="max_per_ticket",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="tickettype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_add_on", True),
                    models.Q(("max_per_ticket", None), ("min_per_ticket", 0)),
                    _connector="OR",
                ),
                name="ticket_type_per_ticket_is_an_add_ons",
            ),
        ),
        migrations.AddConstraint(
            model_name="tickettype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_per_ticket", None),
                    models.Q(("max_per_ticket__gte", models.F("min_per_ticket")), ("max_per_ticket__range", (1, 50))),
                    _connector="OR",
                ),
                name="ticket_type_1_to_50_per_ticket",
            ),
        ),
        migrations.RunSQL(ADD_ONS_RENEW, NO_ADD_ONS_RENEW),
    ]
