"""Who gets what of an amount: double-entry, append-only, balanced by the database.

Nouns: Account, Party, LedgerTransaction, LedgerEntry; SplitPlan, SplitVersion, SplitLine. Verbs: `post()`, in the
transaction of what it records; `set_split_plan()`, `share_out()`. The organizer's
books are in its schema, the platform's in `public`, fed by the outbox. It knows no orders: a transaction refers by plain text.
"""
