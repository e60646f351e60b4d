"""Under which keys the ledger has what sales earned and what became of it, or of their tickets, as a piece of SQL for whoever adds up orders.

What an affiliate got of it has the same keys with "commission:" before them, and what it moved under later versions of its plan
"rebase:" before and the version's number after them; of these there are split lines alone.
"""

# After `WITH sale AS (...)`, whose rows are orders with `id` and `payment_id`: the keys of each order, and whether they are of
# what was paid, went back, or was taken by a bank.
ITS = """
its_money AS (
    SELECT sale.id AS order_id, 'sale:' || sale.id AS key, 'paid' AS kind FROM sale
    UNION ALL
    SELECT sale.id, word || r.id, 'back' FROM sale JOIN payments_refund r ON r.payment_id = sale.payment_id
     CROSS JOIN unnest(ARRAY['refund:', 'refund-failed:', 'repaid:']) word
    UNION ALL
    SELECT sale.id, word || d.id, 'disputed' FROM sale JOIN payments_dispute d ON d.payment_id = sale.payment_id
     CROSS JOIN unnest(ARRAY['dispute-lost:', 'dispute-regained:']) word
    UNION ALL
    SELECT sale.id, 'cancelled:' || p.id, 'back' FROM sale
      JOIN orders_position p ON p.order_id = sale.id AND p.state = 'cancelled' AND p.price > 0),
its AS (
    SELECT order_id, key, kind FROM its_money
    UNION ALL
    SELECT order_id, 'commission:' || key, kind FROM its_money
    UNION ALL
    SELECT sale.id, word || sale.id, 'back' FROM sale CROSS JOIN unnest(ARRAY['commission:cover:', 'commission:void:']) word
    UNION ALL
    SELECT its_money.order_id, 'rebase:' || key || ':' || later.number, kind FROM its_money
      JOIN orders_order ON orders_order.id = its_money.order_id
      JOIN ledger_splitversion version ON version.id = orders_order.split_version_id
      JOIN ledger_splitversion later ON later.plan_id = version.plan_id AND later.number > version.number)
"""
# A split line `l` of an order `its` that is a commission which nobody has approved yet.
WAITS = """
(l.version_id IS NULL AND EXISTS (SELECT FROM orders_attribution one
                                   WHERE one.order_id = its.order_id AND one.approved_at IS NULL))
"""
