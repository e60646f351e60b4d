from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("waitlist", "0001_start")]

    operations = [
        migrations.AlterField(
            model_name="entry",
            name="state",
            field=models.CharField(
                choices=[
                    ("unconfirmed", "Not confirmed"),
                    ("waiting", "Waiting"),
                    ("offered", "Offered"),
                    ("bought", "Bought"),
                    ("expired", "Let the offer pass"),
                    ("declined", "Gave the places back"),
                    ("left", "Left the list"),
                    ("removed", "Removed"),
                    ("over", "Sale ended"),
                ],
                default="unconfirmed",
                max_length=12,
            ),
        ),
    ]
