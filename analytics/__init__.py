"""Reports, live dashboards and proofs over everything beneath it.

It changes nothing of what it reads, with one exception: a sale whose stock cannot be proved is stopped (docs/stock-journal.md).
Noun: StockProof. Verbs: `prove_stock`, `accept_and_resume`.
"""
