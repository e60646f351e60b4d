"""Every incoming provider event, once, and which organizer it belongs to.

Nouns: ProviderEvent, ProviderAccount. Verbs: `receive_event()` stores and answers fast, `process_event()` runs the verb
that `config/stripe_events.py` names, `route_account()` says whose a connected account is. Public: an event arrives before
anyone knows its organizer.
"""
