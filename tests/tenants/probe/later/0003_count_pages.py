"""Python that depends on each schema's rows: no script can stand for it."""

from django.db import migrations


def double(apps, schema_editor):
    for book in apps.get_model("probe", "Book").objects.all():
        book.pages = book.pages * 2 + len(book.title)
        book.save()


class Migration(migrations.Migration):
    dependencies = [("probe", "0002_drop_constraint")]
    operations = [migrations.RunPython(double, migrations.RunPython.noop)]
