"""What must happen after this commit.

Noun: OutboxMessage. Verbs: `enqueue()`, called by a verb in its own transaction, and `drain()`, called by a task right
after commit and again by the clock. A message is drained at least once, so what it runs is idempotent.
"""
