"""The composition root: settings, URLs, processes, and three pages that show what happens when.

`schedule.py` lists periodic work, `handlers.py` maps an outbox kind to what drains it, `stripe_events.py` maps a Stripe
event to a verb. Nothing below may import this package.
"""

from config.celery import app as celery_app

__all__ = ["celery_app"]  # imported here so that every process that sends tasks finds the broker
