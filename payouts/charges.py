"""The platform's own charges that transfers may be paid out of, and how what is due is drawn from them (docs/charge-models.md).

Amounts are minor units. Reads and pure functions: whoever acts on them holds the locks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from ledger.models import Party
from ledger.split_rules import ORGANIZER, Payee
from payouts.keys import ITS, WAITS


@dataclass
class Charge:
    """What is `left` with the platform of an order's charge, after our fee, what went back, banks, and transfers; and what of
    it the order's split lines say is each party's and was not transferred out of it."""

    order_id: UUID
    charge_id: str
    left: int
    parts: dict[Payee, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Draw:
    """`amount` for `payee` out of a charge; None: from the platform's available balance."""

    payee: Payee
    charge: Charge | None
    amount: int


# Where the provider would not pay a transfer out of a charge, none is tried again: its money comes from the available balance.
_CHARGES = """
WITH sale AS (
    SELECT o.id AS order_id, o.paid_at, pay.id AS payment_id, pay.charge_id FROM orders_order o
      JOIN payments_payment pay ON pay.order_id = o.id AND pay.account_id = '' AND pay.state = 'captured'
     WHERE o.currency = %(currency)s AND o.frozen_at IS NULL
       AND (NOT %(due)s OR EXISTS (SELECT FROM payouts_maturity m WHERE m.performance_id = o.performance_id))
       AND NOT EXISTS (SELECT FROM payouts_transfer f WHERE f.order_id = o.id AND f.state = 'failed')),
booked AS (
    SELECT sale.order_id, coalesce(sum(e.amount), 0)::bigint AS sum FROM sale
     CROSS JOIN LATERAL (
           SELECT 'sale:' || sale.order_id AS key
            UNION ALL SELECT word || r.id FROM payments_refund r CROSS JOIN unnest(ARRAY['refund:', 'refund-failed:']) word
                       WHERE r.payment_id = sale.payment_id) its
      JOIN ledger_ledgertransaction t ON t.key = its.key JOIN ledger_ledgerentry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'collected'
     GROUP BY sale.order_id)
SELECT * FROM (
    SELECT sale.order_id, sale.charge_id, sale.paid_at, booked.sum
           - coalesce((SELECT sum(d.taken + d.fee) FROM payments_dispute d WHERE d.payment_id = sale.payment_id), 0)
           - coalesce((SELECT sum(t.amount - coalesce((SELECT sum(r.amount) FROM payouts_transferreversal r
                                                        WHERE r.transfer_id = t.id AND r.state = 'done'), 0))
                         FROM payouts_transfer t WHERE t.order_id = sale.order_id AND t.state <> 'failed'), 0) AS left_of_it
      FROM sale JOIN booked ON booked.order_id = sale.order_id) found
 WHERE left_of_it > 0 ORDER BY paid_at, order_id
"""
_PARTS = f"""
WITH sale AS (SELECT order_id AS id, id AS payment_id FROM payments_payment WHERE order_id = ANY (%(orders)s)), {ITS}
SELECT order_id, party, reference, sum(amount)::bigint FROM (
    SELECT its.order_id, part ->> 'party' AS party, part ->> 'reference' AS reference, (part ->> 'amount')::bigint AS amount
      FROM its JOIN ledger_splitline l ON l.key = its.key CROSS JOIN jsonb_array_elements(l.parts) part
     WHERE part ->> 'party' <> 'organizer' AND NOT {WAITS}
    UNION ALL
    SELECT t.order_id, p.kind, p.id::text,
           coalesce((SELECT sum(r.amount) FROM payouts_transferreversal r WHERE r.transfer_id = t.id AND r.state = 'done'), 0)
           - t.amount
      FROM payouts_transfer t JOIN payouts_partner p ON p.id = t.partner_id
     WHERE t.order_id = ANY (%(orders)s) AND t.state <> 'failed') part
 GROUP BY 1, 2, 3
"""


def charges_to_draw_from(currency: str, *, due: bool) -> list[Charge]:
    """Charges of which something is left, the oldest first: of dates that are `due`, or of all; none that a bank disputes."""
    with connection.cursor() as cursor:
        cursor.execute(_CHARGES, {"currency": currency, "due": due})
        found = {row[0]: Charge(row[0], row[1], int(row[3])) for row in cursor.fetchall()}
        cursor.execute(_PARTS, {"orders": list(found)})
        for order_id, party, reference, amount in cursor.fetchall():
            found[order_id].parts[Payee(Party(party), reference)] = amount
    return list(found.values())


def draw(due: Mapping[Payee, int], charges: Iterable[Charge], *, step: int) -> list[Draw]:
    """Who is paid what out of which charge: partners first, each out of the orders that earned its part, then out of any; the
    organizer out of what is left; and who is due more than all charges have, from the available balance.

    `due` names the organizer last. Each amount is a multiple of `step`. Changes the charges: what is drawn is gone.
    """
    found, left, charges = [], dict(due), list(charges)
    for is_own in (True, False):
        for payee in left:
            if is_own and payee == ORGANIZER:
                continue
            for charge in charges:
                most = min(left[payee], charge.left, charge.parts.get(payee, 0) if is_own else charge.left)
                amount = max(0, most) // step * step
                if amount:
                    found.append(Draw(payee, charge, amount))
                    charge.left -= amount
                    left[payee] -= amount
    rest = [Draw(payee, None, amount // step * step) for payee, amount in left.items() if amount >= step]
    return found + rest
