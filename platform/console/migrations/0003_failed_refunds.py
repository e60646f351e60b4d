from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("console", "0002_listed_incidents")]

    operations = [
        migrations.AlterField(
            model_name="countedsale",
            name="kind",
            field=models.CharField(
                choices=[("sale", "Sale"), ("refund", "Refund"), ("failed", "Failed")], max_length=10
            ),
        ),
    ]
