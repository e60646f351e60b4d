from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_places_kept_back")]

    operations = [migrations.AddField(model_name="position", name="refund_promise", field=models.JSONField(null=True))]
