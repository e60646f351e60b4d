"""Under which keys the ledger has what sales earned and what became of it, as a piece of SQL for whoever adds up orders."""

# After `WITH sale AS (...)`, whose rows are orders with `id` and `payment_id`: the keys of each order, and whether they are of
# what was paid, went back, or was taken by a bank.
ITS = """
its AS (
    SELECT sale.id AS order_id, 'sale:' || sale.id AS key, 'paid' AS kind FROM sale
    UNION ALL
    SELECT sale.id, word || r.id, 'back' FROM sale JOIN payments_refund r ON r.payment_id = sale.payment_id
     CROSS JOIN unnest(ARRAY['refund:', 'refund-failed:', 'repaid:']) word
    UNION ALL
    SELECT sale.id, word || d.id, 'disputed' FROM sale JOIN payments_dispute d ON d.payment_id = sale.payment_id
     CROSS JOIN unnest(ARRAY['dispute-lost:', 'dispute-regained:']) word)
"""
