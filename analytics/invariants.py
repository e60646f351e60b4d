"""What must always hold in an organizer's schema, as queries that return no row. One entry per invariant; each issue adds.

The first column of a row says what is wrong with which thing; rows are capped, one is enough to stop a sale.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from checkout.commissions import off_commission
from ledger.splits import off_plan

MOST_ROWS = 20


@dataclass(frozen=True)
class Invariant:
    """`sql`, or `check` where it is arithmetic, returns a row for every breach."""

    key: str
    text: str
    sql: str = ""
    check: Callable[[], list[list[Any]]] | None = None


INVARIANTS = (
    Invariant(
        "I1",
        "A sold position has exactly one sold place in each pool that its ticket type and its sale phase draw from, "
        "and no other does.",
        """
        SELECT p.id, pool.id, count(place.id)
          FROM orders_position p
          JOIN orders_order o ON o.id = p.order_id
          JOIN LATERAL (
               SELECT quota_id FROM events_quota_ticket_types WHERE tickettype_id = p.ticket_type_id
               UNION ALL SELECT quota_id FROM events_phase WHERE id = p.phase_id) drawn ON true
          JOIN inventory_pool pool ON pool.quota_id = drawn.quota_id AND pool.performance_id = p.performance_id
          LEFT JOIN inventory_place place ON place.pool_id = pool.id AND place.position_id = p.id AND place.state = 'sold'
         WHERE p.state = 'sold' OR o.state = 'secured'
         GROUP BY p.id, pool.id HAVING count(place.id) <> 1
        UNION ALL
        SELECT place.position_id, place.pool_id, 1
          FROM inventory_place place
          LEFT JOIN orders_position p ON p.id = place.position_id
          LEFT JOIN orders_order o ON o.id = p.order_id
         WHERE place.state = 'sold' AND place.ticket_type_id IS NOT NULL
           AND (p.id IS NULL OR o.state NOT IN ('secured', 'paid') OR p.state = 'cancelled')
        """,
    ),
    Invariant(
        "uses",
        "A code has as many uses as it says; an order that is sold with it has exactly one, and nobody else has any.",
        """
        SELECT code.id, code.most_uses, count(place.id)
          FROM promotions_promocode code
          LEFT JOIN inventory_pool pool ON pool.code_id = code.id
          LEFT JOIN inventory_place place ON place.pool_id = pool.id
         GROUP BY code.id, code.most_uses HAVING count(place.id) <> coalesce(code.most_uses, 0)
        UNION ALL
        SELECT o.id, pool.id, count(place.id)
          FROM orders_order o
          JOIN promotions_codeuse used ON used.hold_id = o.hold_id
          JOIN inventory_pool pool ON pool.code_id = used.code_id
          LEFT JOIN inventory_place place
                 ON place.pool_id = pool.id AND place.position_id = o.id AND place.state = 'sold'
         WHERE o.state IN ('secured', 'paid')
         GROUP BY o.id, pool.id HAVING count(place.id) <> 1
        UNION ALL
        SELECT place.position_id, place.pool_id, 1
          FROM inventory_place place
          JOIN inventory_pool pool ON pool.id = place.pool_id
          LEFT JOIN orders_order o ON o.id = place.position_id
          LEFT JOIN promotions_codeuse used ON used.hold_id = o.hold_id AND used.code_id = pool.code_id
         WHERE place.state = 'sold' AND pool.code_id IS NOT NULL
           AND (o.state IS NULL OR o.state NOT IN ('secured', 'paid') OR used.id IS NULL)
        UNION ALL
        SELECT pool.code_id, place.pool_id, place.id
          FROM inventory_place place
          JOIN inventory_pool pool ON pool.id = place.pool_id
         WHERE place.state IN ('held', 'sold') AND (pool.code_id IS NULL) = (place.ticket_type_id IS NULL)
        """,
    ),
    Invariant(
        "budgets",
        "No code has taken off more than its budget, over all orders that have not been given back whole.",
        """
        SELECT code.id, code.budget, sum(used.taken)
          FROM promotions_promocode code
          JOIN promotions_codeuse used ON used.code_id = code.id
          JOIN orders_order o ON o.hold_id = used.hold_id AND o.state NOT IN ('cancelled', 'refunded')
         WHERE code.budget IS NOT NULL
         GROUP BY code.id, code.budget HAVING sum(used.taken) > code.budget
        """,
    ),
    Invariant(
        "I2",
        "Live holds never overlap: between two holds of a place there is a release, or a lapse not before its end.",
        """
        SELECT place_id, kind, next_kind, until, next_at FROM (
            SELECT place_id, kind, hold_id, until, lead(kind) OVER w AS next_kind, lead(at) OVER w AS next_at,
                   lead(hold_id) OVER w AS next_hold_id
              FROM inventory_stockentry WINDOW w AS (PARTITION BY place_id ORDER BY id)) entry
         WHERE kind IN ('hold', 'extend')
           AND (next_kind = 'hold' OR (next_kind = 'lapse' AND next_at < until)
                OR (next_kind IN ('extend', 'sale') AND next_hold_id IS DISTINCT FROM hold_id))
        """,
    ),
    Invariant(
        "I3",
        "A pool has exactly as many places as its quota allows, so no more than that can be held or sold.",
        """
        SELECT pool.id, coalesce(own.size, quota.size), count(place.id)
          FROM inventory_pool pool JOIN events_quota quota ON quota.id = pool.quota_id
          LEFT JOIN events_datequota own ON own.performance_id = pool.performance_id AND own.quota_id = quota.id
          LEFT JOIN inventory_place place ON place.pool_id = pool.id
         GROUP BY pool.id, own.size, quota.size HAVING count(place.id) <> coalesce(own.size, quota.size)
        """,
    ),
    Invariant(
        "dates",
        "A date has prices and numbers of its own for its own event's tickets alone, and a map of its own beside its event's.",
        """
        SELECT own.performance_id, own.ticket_type_id FROM events_dateprice own
          JOIN events_performance date ON date.id = own.performance_id
          JOIN events_tickettype kind ON kind.id = own.ticket_type_id WHERE kind.event_id <> date.event_id
         UNION ALL
        SELECT own.performance_id, NULL FROM events_datequota own
          JOIN events_performance date ON date.id = own.performance_id
          JOIN events_quota quota ON quota.id = own.quota_id WHERE quota.event_id <> date.event_id
         UNION ALL
        SELECT own.performance_id, NULL FROM events_datemap own JOIN events_performance date ON date.id = own.performance_id
         WHERE NOT EXISTS (SELECT FROM events_seatingplan plan WHERE plan.event_id = date.event_id)
        """,
    ),
    Invariant(
        "seats",
        "Every place of a seated category is one seat, whoever sits on it has no other, and knows it; what is for none is an add-on.",
        """
        SELECT pool.id::text, 'places without a seat', count(*)::text
          FROM inventory_pool pool JOIN inventory_place place ON place.pool_id = pool.id
          LEFT JOIN inventory_seatplace seat ON seat.place_id = place.id
         GROUP BY pool.id HAVING count(seat.id) > 0 AND count(seat.id) <> count(place.id)
        UNION ALL
        SELECT place.position_id::text, 'sits on several seats', count(*)::text
          FROM inventory_seatplace seat JOIN inventory_place place ON place.id = seat.place_id AND place.state = 'sold'
         GROUP BY place.position_id HAVING count(*) > 1
        UNION ALL
        SELECT position.id::text, position.seat_id, coalesce(seat.seat_id, 'no seat')
          FROM orders_position position JOIN orders_order sale ON sale.id = position.order_id
          LEFT JOIN inventory_place place ON place.position_id = position.id AND place.state = 'sold'
          LEFT JOIN inventory_seatplace seat ON seat.place_id = place.id
         WHERE sale.state IN ('secured', 'paid') AND position.state <> 'cancelled' AND position.seat_id <> ''
         GROUP BY position.id, position.seat_id, seat.seat_id
        HAVING seat.seat_id IS DISTINCT FROM position.seat_id
           AND NOT EXISTS (SELECT FROM inventory_place other JOIN inventory_seatplace its ON its.place_id = other.id
                            WHERE other.position_id = position.id AND its.seat_id = position.seat_id)
        UNION ALL
        SELECT kind.id::text, kind.name, 'no category and no add-on'
          FROM events_tickettype kind JOIN events_seatingplan plan ON plan.event_id = kind.event_id
         WHERE kind.category = '' AND kind.is_active AND NOT kind.is_add_on
        """,
    ),
    Invariant(
        "tables",
        "A table that is sold as a whole is sold to one order, or to none.",
        """
        SELECT seat.performance_id, seat.section, seat."row", count(DISTINCT place.hold_id), count(*) - count(place.hold_id)
          FROM inventory_seatplace seat
          JOIN inventory_place place ON place.id = seat.place_id
          JOIN events_performance performance ON performance.id = seat.performance_id
          JOIN events_seatingplan plan ON plan.event_id = performance.event_id
          LEFT JOIN events_datemap own ON own.performance_id = performance.id
          JOIN seating_mapversion version ON version.id = coalesce(own.version_id, plan.version_id)
          JOIN LATERAL (
               SELECT tables.value ->> 'id' AS id, tables.value ->> 'label' AS label, section.value ->> 'name' AS section,
                      coalesce((tables.value ->> 'is_whole')::boolean, false) AS is_whole
                 FROM jsonb_array_elements(version.document -> 'floors') AS floor(value),
                      jsonb_array_elements(floor.value -> 'sections') AS section(value),
                      jsonb_array_elements(section.value -> 'tables') AS tables(value)) whole
            ON whole.section = seat.section AND whole.label = seat."row" AND seat.is_at_table
         WHERE coalesce((coalesce(own.whole_tables, plan.whole_tables) ->> whole.id)::boolean, whole.is_whole)
         GROUP BY seat.performance_id, seat.section, seat."row"
        HAVING count(DISTINCT place.hold_id) FILTER (WHERE place.state = 'sold') > 1
            OR (bool_or(place.state = 'sold') AND bool_or(place.state IN ('free', 'held')))
        """,
    ),
    Invariant(
        "journal",
        "The journal's last word on a place is the state of its row.",
        """
        SELECT place.id, place.state, entry.kind FROM inventory_place place
          LEFT JOIN LATERAL (SELECT kind FROM inventory_stockentry WHERE place_id = place.id ORDER BY id DESC LIMIT 1) entry
                 ON true
         WHERE CASE place.state
               WHEN 'free' THEN coalesce(entry.kind, 'release') NOT IN ('release', 'return')
               WHEN 'held' THEN coalesce(entry.kind, '') NOT IN ('hold', 'extend')
               WHEN 'sold' THEN coalesce(entry.kind, '') <> 'sale'
               ELSE coalesce(entry.kind, '') <> 'block' END
        """,
    ),
    Invariant(
        "I4",
        "Every ledger transaction adds up to nothing, per currency.",
        """
        SELECT e.transaction_id, a.currency, sum(e.amount) FROM ledger_ledgerentry e
          JOIN ledger_account a ON a.id = e.account_id GROUP BY 1, 2 HAVING sum(e.amount) <> 0
        """,
    ),
    Invariant(
        "I5",
        "An order's total is its positions, fees and taxes on top.",
        """
        SELECT o.number, o.total, coalesce(p.sum, 0), coalesce(f.sum, 0) + coalesce(t.sum, 0) FROM orders_order o
          LEFT JOIN (SELECT order_id, sum(price) FROM orders_position GROUP BY 1) p ON p.order_id = o.id
          LEFT JOIN (SELECT order_id, sum(amount) FROM orders_fee GROUP BY 1) f ON f.order_id = o.id
          LEFT JOIN (SELECT order_id, sum(amount) FROM orders_tax WHERE NOT is_inclusive GROUP BY 1) t
                 ON t.order_id = o.id
         WHERE o.total <> coalesce(p.sum, 0) + coalesce(f.sum, 0) + coalesce(t.sum, 0)
        """,
    ),
    Invariant(
        "our fee",
        "What a payment keeps for us is our fee on top of the prices and what the organizer absorbs.",
        """
        SELECT o.number, pay.application_fee, coalesce(f.sum, 0), o.absorbed_fee FROM payments_payment pay
          JOIN orders_order o ON o.id = pay.order_id
          LEFT JOIN (SELECT order_id, sum(amount) FROM orders_fee WHERE kind = 'service' GROUP BY 1) f ON f.order_id = o.id
         WHERE pay.application_fee <> coalesce(f.sum, 0) + o.absorbed_fee
        """,
    ),
    Invariant(
        "I6",
        "A paid order's total was captured, and no more is refunded than that; the ledger has both.",
        """
        SELECT o.number, o.total, pay.state, pay.amount FROM orders_order o
          LEFT JOIN payments_payment pay ON pay.order_id = o.id
         WHERE o.state IN ('paid', 'refunded') AND o.total > 0
           AND (pay.id IS NULL OR pay.state <> 'captured' OR pay.amount <> o.total)
        UNION ALL
        SELECT pay.intent_id, pay.amount, 'refunded', sum(r.amount) FROM payments_payment pay
          JOIN payments_refund r ON r.payment_id = pay.id AND (r.state <> 'failed' OR r.made_good_as <> '')
         GROUP BY pay.id HAVING sum(r.amount) > pay.amount
        UNION ALL
        SELECT o.number, o.total, 'not in the ledger', 0 FROM orders_order o
          JOIN payments_payment pay ON pay.order_id = o.id AND pay.state = 'captured'
         WHERE NOT EXISTS (SELECT 1 FROM ledger_ledgertransaction t WHERE t.key = 'sale:' || o.id)
        UNION ALL
        SELECT o.number, sold.sum, 'sales are not payments less refunds', pay.amount - coalesce(back.sum, 0)
          FROM payments_payment pay JOIN orders_order o ON o.id = pay.order_id
          LEFT JOIN (SELECT payment_id, sum(amount) AS sum FROM payments_refund r
                      WHERE r.state <> 'failed'
                        AND EXISTS (SELECT 1 FROM ledger_ledgertransaction t WHERE t.key = 'refund:' || r.id)
                      GROUP BY 1) back ON back.payment_id = pay.id
         CROSS JOIN LATERAL (
               SELECT -sum(e.amount) AS sum FROM ledger_ledgertransaction t
                 JOIN ledger_ledgerentry e ON e.transaction_id = t.id
                 JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'sales'
                WHERE t.key IN (SELECT 'sale:' || o.id
                                UNION ALL SELECT 'refund:' || r.id FROM payments_refund r WHERE r.payment_id = pay.id
                                UNION ALL SELECT 'refund-failed:' || r.id FROM payments_refund r
                                           WHERE r.payment_id = pay.id)) sold
         WHERE pay.state = 'captured' AND sold.sum IS DISTINCT FROM pay.amount - coalesce(back.sum, 0)
        """,
    ),
    Invariant(
        "disputes",
        "An order is frozen while a bank decides about its payment and no longer, a lost dispute is booked as lost once with all "
        "that was taken, and a bank holds what the books say it holds.",
        """
        SELECT o.number, 'frozen', o.frozen_at::text, count(d.id)::text FROM orders_order o
          LEFT JOIN payments_payment pay ON pay.order_id = o.id
          LEFT JOIN payments_dispute d ON d.payment_id = pay.id AND d.state IN (
               'needs_response', 'under_review', 'appeal_needs_response', 'appeal_under_review')
         GROUP BY o.id HAVING (o.frozen_at IS NOT NULL) <> (count(d.id) > 0)
        UNION ALL
        SELECT d.provider_id, d.state, d.taken::text, coalesce(lost.sum, 0)::text FROM payments_dispute d
          LEFT JOIN LATERAL (
               SELECT sum(e.amount) AS sum FROM ledger_ledgertransaction t
                 JOIN ledger_ledgerentry e ON e.transaction_id = t.id
                 JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'sales'
                WHERE t.key IN ('dispute-lost:' || d.id, 'dispute-regained:' || d.id)) lost ON true
         WHERE d.closed_at IS NOT NULL AND coalesce(lost.sum, 0) <> CASE WHEN d.state IN ('lost', 'prevented') THEN d.taken ELSE 0 END
        UNION ALL
        SELECT currency, 'with banks', sum(theirs)::text, sum(ours)::text FROM (
            SELECT currency, taken AS theirs, 0 AS ours FROM payments_dispute
             WHERE closed_at IS NULL
            UNION ALL
            SELECT a.currency, 0, e.amount FROM ledger_ledgerentry e
              JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'disputed') held
         GROUP BY currency HAVING sum(theirs) <> sum(ours)
        """,
    ),
    Invariant(
        "I7",
        "Every line of the provider's that was compared is in the books to the minor unit, and an odd one has its incident.",
        """
        SELECT line.id, line.currency, line.net::text, coalesce(sum(e.amount), 0)::text
          FROM reconciliation_providerline line
          LEFT JOIN ledger_ledgertransaction t ON t.key IN (nullif(line.posting_key, ''), 'line:' || line.id)
          LEFT JOIN (SELECT entry.*, account.kind FROM ledger_ledgerentry entry
                       JOIN ledger_account account ON account.id = entry.account_id) e
                 ON e.transaction_id = t.id
                AND CASE line.account_id WHEN '' THEN e.kind IN ('collected', 'platform_fees') ELSE e.kind = 'provider' END
         WHERE line.state <> 'new'
         GROUP BY line.id HAVING coalesce(sum(e.amount), 0) <> line.net
        UNION ALL
        SELECT line.id, line.state, 'no incident', '' FROM reconciliation_providerline line
         WHERE line.state = 'odd'
           AND NOT EXISTS (SELECT 1 FROM reconciliation_incident i WHERE i.key = 'line:' || line.id)
        """,
    ),
    Invariant(
        "incidents",
        "Every incident's opening and settling is in the audit trail.",
        """
        SELECT i.key, i.state, verb FROM reconciliation_incident i
          CROSS JOIN LATERAL (VALUES ('open_incident', true), ('fix_incident', i.state = 'fixed'),
                              ('close_incident', i.state = 'closed')) AS expected (verb, applies)
         WHERE applies AND NOT EXISTS (SELECT 1 FROM audit_auditentry a WHERE a.verb = expected.verb
                                        AND a.target_kind = 'reconciliation.incident' AND a.target_id = i.id::text)
        """,
    ),
    Invariant(
        "given back",
        "A refund's tickets got no more than it is, our fee goes back in proportion, and an order without tickets is closed.",
        """
        SELECT r.id, r.amount, 'its tickets got', sum(line.amount) FROM payments_refund r
          JOIN payments_refundline line ON line.refund_id = r.id GROUP BY r.id HAVING sum(line.amount) > r.amount
        UNION ALL
        SELECT pay.id, pay.application_fee, 'fee back', sum(r.fee_amount) FROM payments_payment pay
          JOIN payments_refund r ON r.payment_id = pay.id AND (r.state <> 'failed' OR r.provider_id <> '')
         GROUP BY pay.id HAVING sum(r.fee_amount) > pay.application_fee
        UNION ALL
        SELECT r.id, r.amount, 'repaid, not in the ledger', 0 FROM payments_refund r
         WHERE r.made_good_as <> ''
           AND NOT EXISTS (SELECT 1 FROM ledger_ledgertransaction t WHERE t.key = 'repaid:' || r.id)
        UNION ALL
        SELECT o.id, o.total, o.state, count(p.id) FILTER (WHERE p.state = 'sold') FROM orders_order o
          JOIN orders_position p ON p.order_id = o.id
         WHERE o.state IN ('paid', 'refunded') GROUP BY o.id
        HAVING (o.state = 'paid') <> (count(p.id) FILTER (WHERE p.state = 'sold') > 0)
        """,
    ),
    Invariant(
        "shares",
        "What an order with a split plan earned was shared out, line after line, and the books have each party's part.",
        """
        SELECT o.number, 'earned', booked.earned::text, booked.shared
          FROM orders_order o JOIN payments_payment pay ON pay.order_id = o.id
          LEFT JOIN LATERAL (SELECT sum(amount) FROM orders_tax WHERE order_id = o.id) tax ON true
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(-e.amount) FILTER (WHERE a.kind = 'sales'), 0) AS sales,
                      coalesce(sum(-e.amount) FILTER (WHERE a.kind IN ('sales', 'platform_fees')), 0) AS earned,
                      (SELECT coalesce(sum(l.amount), 0) FROM ledger_splitline l
                        WHERE l.version_id = o.split_version_id AND l.key = ANY (key.all)) AS shared
                 FROM (SELECT array_agg(key) AS all FROM (
                         SELECT 'sale:' || o.id AS key
                         UNION ALL SELECT word || r.id FROM payments_refund r
                          CROSS JOIN unnest(ARRAY['refund:', 'refund-failed:', 'repaid:']) word WHERE r.payment_id = pay.id
                         UNION ALL SELECT word || d.id FROM payments_dispute d
                          CROSS JOIN unnest(ARRAY['dispute-lost:', 'dispute-regained:']) word WHERE d.payment_id = pay.id
                       ) its) key
                 LEFT JOIN ledger_ledgertransaction t ON t.key = ANY (key.all)
                 LEFT JOIN ledger_ledgerentry e ON e.transaction_id = t.id
                 LEFT JOIN ledger_account a ON a.id = e.account_id
                GROUP BY key.all) booked
         WHERE o.split_version_id IS NOT NULL AND o.total > 0
           AND booked.shared <> booked.earned - coalesce(tax.sum, 0)
                              + floor((o.total - booked.sales) * coalesce(tax.sum, 0) / o.total::numeric)
        UNION ALL
        SELECT l.key, l.amount::text, 'its parts', sum((part ->> 'amount')::bigint) FROM ledger_splitline l
          CROSS JOIN jsonb_array_elements(l.parts) part GROUP BY l.id HAVING sum((part ->> 'amount')::bigint) <> l.amount
        UNION ALL
        SELECT l.key, part ->> 'party', 'booked', coalesce(sum(e.amount), 0) FROM ledger_splitline l
          CROSS JOIN jsonb_array_elements(l.parts) part
          LEFT JOIN ledger_ledgertransaction t ON t.key = 'shares:' || l.key
          LEFT JOIN (SELECT entry.transaction_id, entry.amount, a.party, a.reference FROM ledger_ledgerentry entry
                       JOIN ledger_account a ON a.id = entry.account_id AND a.party <> '') e
                 ON e.transaction_id = t.id AND e.party = part ->> 'party' AND e.reference = part ->> 'reference'
         WHERE part ->> 'party' <> 'organizer'
         GROUP BY l.id, part HAVING coalesce(sum(e.amount), 0) <> -(part ->> 'amount')::bigint
        UNION ALL
        SELECT key, before::text, 'after', expected FROM (
            SELECT l.key, l.before, lag(l.before + l.amount, 1, coalesce(l.base, v.base) - l.base_moved)
                   OVER (PARTITION BY l.version_id ORDER BY l.id) + l.base_moved
                   AS expected FROM ledger_splitline l JOIN ledger_splitversion v ON v.id = l.version_id) line
         WHERE before <> expected
        """,
    ),
    Invariant(
        "plan",
        "Over all that was earned under a version of a split plan each party got what its rules say.",
        check=off_plan,
    ),
    Invariant(
        "commissions",
        "An affiliate has of each order what its rate says of the money that stayed, no more than the organizer keeps, and in reserve "
        "what waits for approval.",
        check=off_commission,
    ),
    Invariant(
        "own orders",
        "No order is its own affiliate's, and none of a test has an affiliate.",
        """
        SELECT o.number, one.how, f.code, o.is_test::text FROM orders_attribution one
          JOIN orders_order o ON o.id = one.order_id JOIN promotions_affiliate f ON f.id = one.affiliate_id
         WHERE o.is_test OR lower(o.email) = lower(f.email)
        """,
    ),
    Invariant(
        "owed",
        "No party is owed less than nothing, and none owes less than nothing: what is missing is a receivable.",
        """
        SELECT a.party, a.reference, a.kind || ' ' || a.currency, sum(e.amount) FROM ledger_ledgerentry e
          JOIN ledger_account a ON a.id = e.account_id AND a.party <> ''
         GROUP BY a.id HAVING (a.kind = 'receivable') <> (sum(e.amount) > 0) AND sum(e.amount) <> 0
        """,
    ),
    Invariant(
        "payouts",
        "What is held back of the organizer's own is the reserves of dates that became due and were not released, and each payout "
        "that the provider took is in the books with what it moved.",
        """
        SELECT currency, 'held back', sum(ours)::text, sum(booked)::text FROM (
            SELECT currency, reserve AS ours, 0 AS booked FROM payouts_maturity WHERE released_at IS NULL
            UNION ALL
            SELECT a.currency, 0, e.amount FROM ledger_ledgerentry e
              JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'held_back') held
         GROUP BY currency HAVING sum(ours) <> sum(booked)
        UNION ALL
        SELECT id::text, state, amount::text, 'unknown to the provider' FROM payouts_payout
         WHERE state IN ('sent', 'paid') AND provider_id = ''
        UNION ALL
        SELECT m.performance_id::text, m.currency, m.reserve::text, 'reserve not booked' FROM payouts_maturity m
         WHERE m.reserve > 0
           AND NOT EXISTS (SELECT FROM ledger_ledgertransaction t WHERE t.key = 'reserve:' || m.performance_id)
        """,
    ),
    Invariant(
        "transfers",
        "What was moved to partners and from the platform to the organizer is in the books, no more came back of a transfer than it was, and of a sale no more than its part.",
        """
        SELECT t.id::text, t.state, 'books', coalesce(sum(e.amount), 0)::text FROM payouts_transfer t
          LEFT JOIN ledger_ledgertransaction l ON l.key IN ('transfer:' || t.id, 'transfer-failed:' || t.id)
          LEFT JOIN (SELECT entry.* FROM ledger_ledgerentry entry
                       JOIN ledger_account account ON account.id = entry.account_id AND account.kind = 'collected') e
                 ON e.transaction_id = l.id
         GROUP BY t.id HAVING coalesce(sum(e.amount), 0) <> CASE t.state WHEN 'failed' THEN 0 ELSE -t.amount END
        UNION ALL
        SELECT r.id::text, r.state, 'books', coalesce(sum(e.amount), 0)::text FROM payouts_transferreversal r
          LEFT JOIN ledger_ledgertransaction l ON l.key = 'reversal:' || r.id
          LEFT JOIN (SELECT entry.* FROM ledger_ledgerentry entry
                       JOIN ledger_account account ON account.id = entry.account_id AND account.kind = 'collected') e
                 ON e.transaction_id = l.id
         GROUP BY r.id HAVING coalesce(sum(e.amount), 0) <> CASE r.state WHEN 'done' THEN r.amount ELSE 0 END
        UNION ALL
        SELECT t.id::text, t.state, 'came back', sum(r.amount)::text FROM payouts_transfer t
          JOIN payouts_transferreversal r ON r.transfer_id = t.id AND r.state <> 'failed'
         GROUP BY t.id HAVING sum(r.amount) > t.amount
        UNION ALL
        SELECT pay.id::text, pay.partners_part::text, 'went back', sum(r.partners_amount)::text FROM payments_payment pay
          JOIN payments_refund r ON r.payment_id = pay.id
         GROUP BY pay.id HAVING sum(r.partners_amount) > pay.partners_part
        """,
    ),
    Invariant(
        "passed on",
        "A separate charge moved nothing on the organizer's account, what the platform owes the organizer itself is its own there, "
        "and no more was transferred out of a charge than it is.",
        """
        SELECT o.number, o.charge_model, pay.account_id, pay.on_behalf_of FROM orders_order o
          JOIN payments_payment pay ON pay.order_id = o.id
         WHERE (o.charge_model = 'direct') <> (pay.account_id <> '')
            OR (o.charge_model = 'on_behalf') <> (pay.on_behalf_of <> '')
        UNION ALL
        SELECT o.number, a.kind, t.key, e.amount::text FROM orders_order o
          JOIN payments_payment pay ON pay.order_id = o.id AND pay.account_id = ''
          JOIN ledger_ledgertransaction t ON t.key = 'sale:' || o.id OR t.key IN (
               SELECT word || r.id FROM payments_refund r CROSS JOIN unnest(ARRAY['refund:', 'refund-failed:']) word
                WHERE r.payment_id = pay.id)
          JOIN ledger_ledgerentry e ON e.transaction_id = t.id
          JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'provider'
        UNION ALL
        SELECT a.currency, 'own', sum(e.amount) FILTER (WHERE a.kind = 'own')::text,
               sum(e.amount) FILTER (WHERE a.kind <> 'own')::text FROM ledger_ledgerentry e
          JOIN ledger_account a ON a.id = e.account_id
         WHERE a.kind = 'own' OR (a.party = 'organizer' AND a.reference = '' AND a.kind IN ('payable', 'receivable'))
         GROUP BY a.currency HAVING sum(e.amount) <> 0
        UNION ALL
        SELECT o.number, 'transferred', sum(t.amount)::text, pay.amount::text FROM payouts_transfer t
          JOIN orders_order o ON o.id = t.order_id JOIN payments_payment pay ON pay.order_id = o.id
         WHERE t.state <> 'failed' GROUP BY o.id, pay.id
        HAVING sum(t.amount) - coalesce((SELECT sum(r.amount) FROM payouts_transferreversal r JOIN payouts_transfer x
                                            ON x.id = r.transfer_id WHERE x.order_id = o.id AND r.state = 'done'), 0) > pay.amount
        """,
    ),
    Invariant(
        "I8",
        "Every captured payment has its tickets or a refund within ten minutes.",
        """
        SELECT o.number, o.state, pay.captured_at FROM payments_payment pay JOIN orders_order o ON o.id = pay.order_id
         WHERE pay.state = 'captured' AND pay.captured_at < now() - interval '10 minutes'
           AND NOT (o.state IN ('paid', 'refunded') AND
                    (SELECT count(*) FROM orders_position p WHERE p.order_id = o.id AND p.state <> 'cancelled') =
                    (SELECT count(*) FROM tickets_ticket t JOIN orders_position p ON p.id = t.position_id
                      WHERE p.order_id = o.id AND t.state = 'valid'))
           AND NOT EXISTS (SELECT 1 FROM payments_refund r WHERE r.payment_id = pay.id AND r.state <> 'failed')
        """,
    ),
    Invariant(
        "told",
        "A buyer whose payment went back because the tickets were gone, or too many for one person, is told so.",
        """
        SELECT o.number, pay.state FROM orders_order o JOIN payments_payment pay ON pay.order_id = o.id
         WHERE o.cancel_reason IN ('places_gone', 'limit') AND (pay.state = 'voided' OR EXISTS (
               SELECT 1 FROM payments_refund r WHERE r.payment_id = pay.id))
           AND NOT EXISTS (SELECT 1 FROM outbox_outboxmessage m
                            WHERE m.kind = 'mail_payment_returned' AND m.key = o.id::text)
        """,
    ),
    Invariant(
        "I9",
        "Every valid ticket belongs to a sold position of a paid order.",
        """
        SELECT t.id, p.state, o.state FROM tickets_ticket t
          JOIN orders_position p ON p.id = t.position_id JOIN orders_order o ON o.id = p.order_id
         WHERE t.state = 'valid' AND (o.state <> 'paid' OR p.state <> 'sold')
        """,
    ),
    Invariant(
        "I10",
        "No ticket is valid on a cancelled position, and a paid order has one for each position.",
        """
        SELECT p.id, p.state, count(t.id) FROM orders_position p JOIN orders_order o ON o.id = p.order_id
          LEFT JOIN tickets_ticket t ON t.position_id = p.id AND t.state = 'valid'
         GROUP BY p.id, p.state, o.state
        HAVING (p.state = 'cancelled' AND count(t.id) > 0) OR (o.state = 'paid' AND p.state = 'sold' AND count(t.id) <> 1)
        """,
    ),
    Invariant(
        "I11",
        "A ticket was admitted as often as it entered: once at most.",
        """
        SELECT t.id, count(DISTINCT s.id), count(DISTINCT a.id) FROM tickets_ticket t
          LEFT JOIN scanning_scan s ON s.ticket_id = t.id AND s.outcome = 'admitted'
          LEFT JOIN scanning_admission a ON a.ticket_id = t.id
         GROUP BY t.id HAVING count(DISTINCT s.id) <> count(DISTINCT a.id) OR count(DISTINCT a.id) > 1
        """,
    ),
    Invariant(
        "I14",
        "Nobody, by e-mail, account or card, has bought more tickets of a type for a date than one person might.",
        """
        SELECT mark, performance_id, ticket_type_id, count(*), max(coalesce(max_per_person, 32767)) FROM (
            SELECT o.buyer_key AS mark, p.* FROM orders_position p JOIN orders_order o ON o.id = p.order_id
             WHERE o.state IN ('secured', 'paid') AND p.state <> 'cancelled' AND o.buyer_key <> ''
            UNION ALL
            SELECT o.account_id::text, p.* FROM orders_position p JOIN orders_order o ON o.id = p.order_id
             WHERE o.state IN ('secured', 'paid') AND p.state <> 'cancelled' AND o.account_id IS NOT NULL
            UNION ALL
            SELECT pay.card_fingerprint, p.* FROM orders_position p JOIN orders_order o ON o.id = p.order_id
              JOIN payments_payment pay ON pay.order_id = o.id
             WHERE o.state IN ('secured', 'paid') AND p.state <> 'cancelled' AND pay.card_fingerprint <> '') bought
         GROUP BY mark, performance_id, ticket_type_id
        HAVING count(*) > max(coalesce(max_per_person, 32767))
        """,
    ),
    Invariant(
        "I15",
        "Every order's placing, completing, cancelling and refunding is in the audit trail.",
        """
        SELECT o.number, o.state, verb FROM orders_order o
          CROSS JOIN LATERAL (VALUES ('place_order', true), ('complete_order', o.state IN ('paid', 'refunded')),
                              ('cancel_order', o.state = 'cancelled'),
                              ('refund_order', o.state = 'refunded' AND o.cancel_reason <> 'disputed'),
                              ('charge_back_order', o.cancel_reason = 'disputed'))
                  AS expected (verb, applies)
         WHERE applies AND NOT EXISTS (SELECT 1 FROM audit_auditentry a WHERE a.verb = expected.verb
                                        AND a.target_kind = 'orders.order' AND a.target_id = o.id::text)
        """,
    ),
    Invariant(
        "I16",
        "A place's history has only allowed steps, and an order was secured before its money was taken.",
        """
        SELECT place_id::text, coalesce(kind, 'nothing'), next_kind FROM (
            SELECT place_id, lag(kind) OVER (PARTITION BY place_id ORDER BY id) AS kind, kind AS next_kind
              FROM inventory_stockentry) step
         WHERE CASE coalesce(kind, 'release')
               WHEN 'hold' THEN next_kind NOT IN ('extend', 'lapse', 'release', 'sale')
               WHEN 'extend' THEN next_kind NOT IN ('extend', 'lapse', 'release', 'sale')
               WHEN 'lapse' THEN next_kind NOT IN ('hold', 'block')
               WHEN 'sale' THEN next_kind <> 'return'
               WHEN 'block' THEN next_kind NOT IN ('release', 'return')
               ELSE next_kind NOT IN ('hold', 'block') END
        UNION ALL
        SELECT o.number, o.state, 'not secured' FROM orders_order o
         WHERE o.state IN ('paid', 'refunded') AND o.total > 0
           AND NOT EXISTS (SELECT 1 FROM audit_auditentry a WHERE a.verb = 'secure_order'
                            AND a.target_kind = 'orders.order' AND a.target_id = o.id::text)
        """,
    ),
    Invariant(
        "I18",
        "A waiting room lets in one position after the other, never more than its highest rate allows, and nobody twice.",
        """
        SELECT line_id, 'out of order', first, before FROM (
            SELECT line_id, first, lag(last, 1, 0) OVER (PARTITION BY line_id ORDER BY id) AS before
              FROM waiting_room_admissionstep) step
         WHERE first <> before + 1
        UNION ALL
        SELECT line.id, 'mark', line.mark, coalesce(max(step.last), 0) FROM waiting_room_line line
          LEFT JOIN waiting_room_admissionstep step ON step.line_id = line.id
         GROUP BY line.id HAVING line.mark <> coalesce(max(step.last), 0)
        UNION ALL
        SELECT step.line_id, 'too fast', step.last, highest.rate FROM waiting_room_admissionstep step
          JOIN waiting_room_line line ON line.id = step.line_id
          CROSS JOIN LATERAL (SELECT max(rate_max) AS rate FROM waiting_room_admissionstep s
                               WHERE s.line_id = step.line_id AND s.id <= step.id) highest
         WHERE step.last > 1 + highest.rate * extract(epoch FROM step.at - line.started_at) / 60
        UNION ALL
        SELECT line.id, 'early', line.early_total, count(early.id) FROM waiting_room_line line
          LEFT JOIN waiting_room_earlyentry early ON early.line_id = line.id
         WHERE line.started_at IS NOT NULL GROUP BY line.id HAVING line.early_total <> count(early.id)
        """,
    ),
    Invariant(
        "I19",
        "A blocked place is kept by one block of its performance that is not over; no other place is, and no other block is open.",
        """
        SELECT place.id::text, place.state, coalesce(block.id::text, 'no block') FROM inventory_place place
          JOIN inventory_pool pool ON pool.id = place.pool_id
          LEFT JOIN inventory_blockedplace kept ON kept.place_id = place.id
          LEFT JOIN inventory_block block ON block.id = kept.block_id
         WHERE (place.state = 'blocked') <> (block.id IS NOT NULL)
            OR block.performance_id <> pool.performance_id OR block.released_at IS NOT NULL
        UNION ALL
        SELECT block.id::text, 'open', 'keeps nothing' FROM inventory_block block
         WHERE block.released_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM inventory_blockedplace kept WHERE kept.block_id = block.id)
        """,
    ),
    Invariant(
        "prices",
        "What is added to a price is what its history says last; the history has no gap, and no price outside its rules' bounds.",
        """
        SELECT moved.performance_id::text, moved.ticket_type_id::text, moved.amount, coalesce(last.amount, 0)
          FROM repricing_dynamicprice moved
          LEFT JOIN LATERAL (SELECT amount FROM repricing_pricechange change
                              WHERE change.performance_id = moved.performance_id
                                AND change.ticket_type_id = moved.ticket_type_id ORDER BY id DESC LIMIT 1) last ON true
         WHERE moved.amount <> coalesce(last.amount, 0)
        UNION ALL
        SELECT id::text, 'gap', amount_before, before FROM (
            SELECT id, amount_before, lag(amount, 1, 0) OVER (PARTITION BY performance_id, ticket_type_id ORDER BY id) AS before
              FROM repricing_pricechange) change
         WHERE amount_before <> before
        UNION ALL
        SELECT change.id::text, 'bounds', change.price, change.base
          FROM repricing_pricechange change JOIN repricing_pricerules rules ON rules.id = change.rules_id
         WHERE change.amount <> 0
           AND change.price NOT BETWEEN least(change.base, (rules.rules ->> 'floor')::int)
                                    AND greatest(change.base, (rules.rules ->> 'cap')::int)
        """,
    ),
    Invariant(
        "tests",
        "A test event has test orders alone and another event none; no money, payment or admission is a test order's.",
        """
        SELECT o.number, 'of an event', e.is_test, o.is_test FROM orders_order o JOIN events_event e ON e.id = o.event_id
         WHERE o.is_test <> e.is_test
        UNION ALL
        SELECT o.number, 'costs', o.is_test, o.total > 0 FROM orders_order o WHERE o.is_test AND o.total > 0
        UNION ALL
        SELECT o.number, 'has a payment', true, true FROM orders_order o JOIN payments_payment pay ON pay.order_id = o.id
         WHERE o.is_test
        UNION ALL
        SELECT o.number, 'is in the books', true, true FROM orders_order o
          JOIN ledger_ledgertransaction t ON t.key = 'sale:' || o.id WHERE o.is_test
        UNION ALL
        SELECT o.number, 'let somebody in', true, true FROM orders_order o JOIN orders_position p ON p.order_id = o.id
          JOIN scanning_admission a ON a.position_id = p.id WHERE o.is_test
        """,
    ),
    Invariant(
        "I17",
        "Nothing in the outbox is dead, or has waited five minutes without an attempt.",
        """
        SELECT kind, key, attempts, last_error FROM outbox_outboxmessage
         WHERE is_dead OR (done_at IS NULL AND attempts = 0 AND due_at < now() - interval '5 minutes')
        """,
    ),
)


def breaches() -> dict[str, list[list[Any]]]:
    """The invariants that do not hold in the current schema, each with up to MOST_ROWS rows that break it."""
    found: dict[str, list[list[Any]]] = {}
    with connection.cursor() as cursor:
        for invariant in INVARIANTS:
            if invariant.check is not None:
                rows = invariant.check()[:MOST_ROWS]
            else:
                cursor.execute(invariant.sql)
                rows = cursor.fetchmany(MOST_ROWS)
            if rows:
                found[invariant.key] = [[str(value) for value in row] for row in rows]
    return found
