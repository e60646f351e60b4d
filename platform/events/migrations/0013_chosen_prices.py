from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0012_ticket_types_in_full"),
    ]

    operations = [
        migrations.AddField(
            model_name="tickettype",
            name="least_price",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="tickettype",
            constraint=models.CheckConstraint(
                condition=models.Q(("least_price", None), ("least_price__lte", models.F("price")), _connector="OR"),
                name="ticket_type_suggests_what_is_enough",
            ),
        ),
    ]
