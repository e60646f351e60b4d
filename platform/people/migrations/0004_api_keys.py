from django.db import migrations, models

import ui.ids


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_legal_texts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.UUIDField(default=ui.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("manager", "Manager"),
                            ("finance", "Finance"),
                            ("door", "Door staff"),
                        ],
                        default="manager",
                        max_length=10,
                    ),
                ),
                ("token_digest", models.CharField(max_length=64)),
                ("created_by", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "constraints": [models.UniqueConstraint(fields=("token_digest",), name="api_key_token_once")],
            },
        ),
    ]
