"""The public halves of all organizers' ticket keys, so that a door can tell another organizer's ticket from a forgery.

Noun: PublishedKey. Verb: `publish_key()`, fed by the outbox of the organizer that made the key. It knows neither names nor
events: an organizer's id, an opaque tag and 32 bytes that are public by nature. No private key ever comes here.
"""
