"""What of a party's money is not paid out yet: a bank disputes what earned it, or its date is not due. Amounts are minor units."""

from django.db import connection

from ledger.split_rules import ORGANIZER, Payee
from payouts.keys import ITS, WAITS

_SALES = """
WITH sale AS (
    SELECT o.id, pay.id AS payment_id FROM orders_order o JOIN payments_payment pay ON pay.order_id = o.id
     WHERE o.currency = %(currency)s AND pay.state = 'captured' AND ({which})),
"""
_FROZEN = "o.frozen_at IS NOT NULL"
_TO_COME = "NOT EXISTS (SELECT FROM payouts_maturity m WHERE m.performance_id = o.performance_id)"
_PART = f"""
SELECT coalesce(sum((part ->> 'amount')::bigint), 0)::bigint FROM its JOIN ledger_splitline l ON l.key = its.key
 CROSS JOIN jsonb_array_elements(l.parts) part
 WHERE part ->> 'party' = %(party)s AND part ->> 'reference' = %(reference)s AND NOT {WAITS}
"""
# Order by order, less what banks took of it for good and charged: that left under the keys of their lines, and withholds nothing else.
_OWN = """
SELECT coalesce(sum(greatest(0, of_it)), 0)::bigint FROM (
    SELECT sum(e.amount)
           - coalesce((SELECT sum(d.taken + d.fee) FROM payments_dispute d WHERE d.payment_id = sale.payment_id), 0) AS of_it
      FROM sale JOIN its ON its.order_id = sale.id JOIN ledger_ledgertransaction t ON t.key = 'own:' || its.key
      JOIN ledger_ledgerentry e ON e.transaction_id = t.id JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'own'
     GROUP BY sale.id, sale.payment_id) part
"""


def held_share(payee: Payee, currency: str, *, to_come: bool = False) -> int:
    """What this party got of orders that are frozen now, less what went back of it; never below nothing. With `to_come` also
    of orders for dates that are not due. What waits for approval is in no payable, so it is not held out of one.

    Of the organizer's own only what is to come: what a bank disputes was taken out of it at once.
    """
    if payee == ORGANIZER:
        return max(0, _sum(_OWN, payee, currency, f"{_TO_COME} AND NOT {_FROZEN}")) if to_come else 0
    return max(0, _sum(_PART, payee, currency, f"{_FROZEN} OR {_TO_COME}" if to_come else _FROZEN))


def _sum(what: str, payee: Payee, currency: str, which: str) -> int:
    about = {"currency": currency, "party": payee.party.value, "reference": payee.reference}
    with connection.cursor() as cursor:
        cursor.execute(_SALES.format(which=which) + ITS + what, about)
        return int(cursor.fetchone()[0])
