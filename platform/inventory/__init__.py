"""Every scarce thing as claimable rows.

Nouns: Pool, Place, Hold, StockEntry. Verbs: `open_pool`, `claim`, `release_hold`, `sell_places`, `return_places`.
Postgres alone decides who gets a place; an expired hold is claimable at once, no sweeper is part of correctness
(docs/locking.md). It knows no price and no order: a position is a plain id here.
"""
