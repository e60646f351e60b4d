"""The Celery application: `celery -A config.celery worker` and `... beat`."""

import os

from celery import Celery

from config.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Every task is an OrganizerTask: its message carries the organizer's schema (tenants/tasks.py).
app = Celery("marquee", task_cls="tenants.tasks:OrganizerTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()
app.autodiscover_tasks(["config"])
