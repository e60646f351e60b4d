"""Who did what to which thing, and when: append-only.

Noun: AuditEntry. Verb: `record()`, called by every verb in its own transaction. It never points at another table, so that
history outlives what it speaks of.
"""
