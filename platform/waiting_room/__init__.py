"""The waiting room: who may buy now, when more people come than the checkout can serve.

Nouns: Room (an event's settings), Line (one run of it, from opening to closing), EarlyEntry, AdmissionStep. Verbs: change,
open, start, admit, close. Those who come before the start are shuffled by a seed whose commitment was public before; later
ones are served in order of arrival. Redis holds the running order and Postgres what it is rebuilt from (docs/waiting-room.md).
It decides who may ask for places and never whether there are any: that is `inventory`'s. A poll must never cost a query.
"""
