from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("console", "0003_failed_refunds")]

    operations = [
        migrations.AlterField(
            model_name="countedsale",
            name="kind",
            field=models.CharField(
                choices=[("sale", "Sale"), ("refund", "Refund"), ("failed", "Failed"), ("repaid", "Repaid")],
                max_length=10,
            ),
        ),
    ]
