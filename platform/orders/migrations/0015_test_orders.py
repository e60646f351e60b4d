from django.db import migrations, models

from orders.triggers import TESTS_MAY_GO, TESTS_STAY


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0018_life_and_visibility"),
        ("inventory", "0007_blocks"),
        ("ledger", "0007_shares_by_the_ticket"),
        ("orders", "0014_buyers_anywhere"),
        ("people", "0005_buyers_sign_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="is_test",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_test", False), ("total", 0), _connector="OR"), name="order_test_costs_nothing"
            ),
        ),
        migrations.RunSQL(TESTS_MAY_GO, TESTS_STAY),
    ]
