from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("probe", "0003_count_pages")]
    operations = [migrations.AddField("Book", "author", models.CharField(max_length=50, default="nobody"))]
