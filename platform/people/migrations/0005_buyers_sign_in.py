import django.db.models.deletion
from django.db import migrations, models

import ui.ids


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_api_keys"),
    ]

    operations = [
        # Nobody ever wrote it. The column stays for the code that still reads it, and goes with a later release.
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("customer", "user_id")]),
        migrations.AddField("customer", "verified_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "consent",
            "kind",
            models.CharField(
                choices=[("terms", "Terms of sale"), ("news", "News by e-mail"), ("card", "Saved payment method")],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("code_digest", models.CharField(max_length=64)),
                ("link_digest", models.CharField(max_length=64)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("then", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={"indexes": [models.Index(fields=["expires_at"], name="sign_in_to_forget")]},
        ),
        migrations.CreateModel(
            name="BuyerSession",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("browser", "Browser"), ("program", "Program")], max_length=10)),
                ("host", models.CharField(max_length=253)),
                ("token_digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sessions", to="people.customer"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="buyer_session_to_forget")],
                "constraints": [models.UniqueConstraint(fields=["token_digest"], name="buyer_session_token_once")],
            },
        ),
    ]
