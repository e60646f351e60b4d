"""The composition root: settings, URLs, processes, and three pages that show what happens when.

`schedule.py` lists periodic work, `handlers.py` maps an outbox kind to what drains it, `stripe_events.py` maps a Stripe
event to a verb. Nothing below may import this package.
"""
