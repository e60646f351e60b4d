from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scanning", "0002_frozen_outcome"),
    ]

    operations = [
        migrations.AlterField(
            model_name="scan",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("admitted", "Admitted"),
                    ("already_admitted", "Already in"),
                    ("void", "Void"),
                    ("frozen", "Payment disputed"),
                    ("unpaid", "Not paid"),
                    ("not_yet_valid", "Not yet valid"),
                    ("expired", "Over"),
                    ("wrong_event", "Other event"),
                    ("unknown_organizer", "Other organizer"),
                    ("forged", "Not a ticket of ours"),
                    ("test", "Test ticket"),
                    ("unreadable", "Not a ticket"),
                ],
                max_length=20,
            ),
        ),
    ]
