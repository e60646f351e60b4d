"""What an organizer may be paid, and when the rest follows: reads over the books and its schedule. Amounts are minor units."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Performance
from ledger.collecting import collected_parties
from ledger.models import Account, Party
from ledger.queries import balance, standings
from ledger.split_rules import ORGANIZER, Payee
from payments.models import UNDECIDED, Dispute
from payouts.keys import ITS
from payouts.models import Maturity, Payout, PayoutSchedule
from ui.money import smallest_step

Kind = Account.Kind
RETRY_AFTER = timedelta(days=1)  # a payout that came back, at first; twice as long each further time
LONGEST_RETRY = timedelta(days=8)


@dataclass(frozen=True)
class Payable:
    """How much of `currency` may be paid out, and why not more. `amount` = `held` less all the others, never below nothing.

    `held` is what the books have at the provider, `future` what dates earned that are not due, partners' parts in it, `reserve` what
    is held back of those that are, `partners` what others are owed that is neither of dates to come nor with the platform already,
    `owes` what the organizer owes the platform of what it was transferred, `unexplained` what nobody knows the reason of, `asked`
    what is being sent already. `debt` is what is missing where that comes to less than nothing.
    """

    currency: str
    held: int
    future: int
    reserve: int
    partners: int
    owes: int
    unexplained: int
    asked: int

    @property
    def _left(self) -> int:
        return self.held - self.future - self.reserve - self.partners - self.owes - self.unexplained - self.asked

    @property
    def amount(self) -> int:
        return max(0, self._left) // smallest_step(self.currency) * smallest_step(self.currency)

    @property
    def debt(self) -> int:
        return max(0, -self._left)

    @property
    def waiting(self) -> int:
        """What is neither to come nor owed: unexplained, or being sent."""
        return self.unexplained + self.asked

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, to keep on a payout."""
        return {name: value for name, value in asdict(self).items() if name != "currency"}


def payout_schedule() -> PayoutSchedule:
    """What counts for the current organizer; the defaults where nothing was agreed."""
    return PayoutSchedule.objects.first() or PayoutSchedule()


# What each date that is not due yet has earned: its sales less refunds as the books have them at the provider, and the
# organizer's own of those whose money lies with the platform, less what banks hold of it or have taken for good. A date whose
# sales are others' altogether is due as well: it has earned nothing, and they are paid.
EARNED = """
WITH entry AS (
    SELECT CASE a.kind WHEN 'own' THEN substr(t.key, 5) ELSE t.key END AS key, a.kind = 'own' AS is_there, e.amount, a.currency
      FROM ledger_ledgertransaction t JOIN ledger_ledgerentry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id
       AND (a.kind = 'provider' OR (a.kind = 'own' AND left(t.key, 4) = 'own:'))),
sale AS (
    SELECT o.id, o.performance_id, o.currency, pay.id AS payment_id, pay.account_id = '' AS is_there FROM orders_order o
      JOIN payments_payment pay ON pay.order_id = o.id AND pay.state = 'captured'
     WHERE NOT EXISTS (SELECT FROM payouts_maturity m WHERE m.performance_id = o.performance_id))
SELECT performance_id, currency, coalesce(sum(amount) FILTER (WHERE NOT is_there), 0)::bigint,
       coalesce(sum(amount) FILTER (WHERE is_there), 0)::bigint FROM (
    SELECT sale.performance_id, sale.currency, sale.is_there, 0 AS amount FROM sale
    UNION ALL
    SELECT sale.performance_id, entry.currency, entry.is_there, entry.amount FROM sale
      JOIN entry ON entry.key = 'sale:' || sale.id
    UNION ALL
    SELECT sale.performance_id, entry.currency, entry.is_there, entry.amount FROM sale
      JOIN payments_refund r ON r.payment_id = sale.payment_id
      JOIN entry ON entry.key IN ('refund:' || r.id, 'refund-failed:' || r.id)
    UNION ALL
    SELECT sale.performance_id, entry.currency, entry.is_there, entry.amount FROM sale
      JOIN entry ON entry.key IN ('commission:cover:' || sale.id, 'commission:void:' || sale.id)
    UNION ALL
    SELECT sale.performance_id, entry.currency, entry.is_there, entry.amount FROM sale
      JOIN orders_position p ON p.order_id = sale.id AND p.state = 'cancelled' AND p.price > 0
      JOIN entry ON entry.key = 'cancelled:' || p.id
    UNION ALL
    SELECT sale.performance_id, d.currency, sale.is_there, -d.taken FROM sale
      JOIN payments_dispute d ON d.payment_id = sale.payment_id) part
 GROUP BY performance_id, currency
"""


# What partners have of the sales of dates that are not due, of direct and of separate ones: a row for each party, less than nothing
# where more went back. What came to the platform with our fee is below nothing, of no party.
OTHERS = f"""
WITH sale AS (
    SELECT o.id, o.performance_id, pay.id AS payment_id, pay.account_id = '' AS is_there FROM orders_order o
      JOIN payments_payment pay ON pay.order_id = o.id AND pay.state = 'captured'
     WHERE NOT EXISTS (SELECT FROM payouts_maturity m WHERE m.performance_id = o.performance_id)), {ITS}
SELECT sale.performance_id, sale.is_there, part.party, part.reference, sum(part.amount)::bigint FROM sale JOIN (
    SELECT its.order_id, part ->> 'party' AS party, part ->> 'reference' AS reference, (part ->> 'amount')::bigint AS amount
      FROM its JOIN ledger_splitline l ON l.key = its.key CROSS JOIN jsonb_array_elements(l.parts) part
     WHERE part ->> 'party' <> 'organizer'
    UNION ALL
    SELECT its.order_id, '', '', -e.amount FROM its JOIN ledger_ledgertransaction t ON t.key = its.key
      JOIN ledger_ledgerentry e ON e.transaction_id = t.id JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'collected'
    ) part ON part.order_id = sale.id
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Earned:
    """What a date earned, minor units: `held` on the organizer's account, `coming` from the platform. Of that so much is `others`',
    by party: of those paid by hand, and, under None, of those paid by transfer what the platform did not take in."""

    currency: str
    held: int
    coming: int
    others: Mapping[Payee | None, int]

    @property
    def there(self) -> int:
        """How much of it others' parts can be paid from."""
        return max(0, self.held) + max(0, self.coming)

    @property
    def amount(self) -> int:
        """What of it is the organizer's."""
        return self.held + self.coming - min(self.there, sum(self.others.values()))


def earned_by_date() -> dict[UUID, Earned]:
    """What each date has earned that is not due yet, by its id; those without sales are absent."""
    by_transfer, others = collected_parties(), defaultdict[UUID, Counter[Payee | None]](Counter)
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        for performance_id, is_there, party, reference, amount in cursor.fetchall():
            payee = Payee(Party(party), reference) if party else None
            if payee is not None and payee not in by_transfer:
                others[performance_id][payee] += amount
            elif not is_there:  # of a separate sale, the platform has it anyway
                others[performance_id][None] += amount
        cursor.execute(EARNED)
        rows = cursor.fetchall()
    return {
        performance_id: Earned(currency, held, coming, +others[performance_id])
        for performance_id, currency, held, coming in rows
    }


def due_at(performance: Performance, schedule: PayoutSchedule) -> datetime:
    """When what a date earned may be paid out."""
    return performance.ends_at + timedelta(days=schedule.days_after)


def payables() -> dict[str, Payable]:
    """What may be paid out by currency, were nothing else in the way (`waits_because`)."""
    sums = {kind: balance(kind) for kind in (Kind.PROVIDER, Kind.UNEXPLAINED, Kind.COLLECTED, Kind.OWN)}
    by_transfer, owed = collected_parties(), Counter[tuple[str, Payee | None]]()
    reserve, partners, owes, future = (Counter[str]() for _each in range(4))
    for standing in standings():
        currency, payee = standing.currency, Payee(standing.party, standing.reference)
        if payee == ORGANIZER:
            reserve[currency] += standing.reserve
            owes[currency] += standing.receivable
        else:
            partners[currency] += standing.payable + standing.reserve
            owed[currency, None if payee in by_transfer else payee] += standing.payable + standing.reserve
    for date_earned in earned_by_date().values():
        currency, left = date_earned.currency, date_earned.there
        future[currency] += max(0, date_earned.held)
        # what partners are owed of a date to come stays with it, or comes with it
        for one, part in date_earned.others.items():
            stays = max(0, min(part, owed[currency, one], left))
            owed[currency, one] -= stays
            partners[currency] -= stays
            left -= stays
    asked = dict(Payout.objects.filter(state=Payout.State.ASKED).values_list("currency").annotate(sum=Sum("amount")))
    return {
        currency: Payable(
            currency=currency,
            held=sums[Kind.PROVIDER].get(currency, 0),
            future=future[currency],
            reserve=reserve[currency],
            partners=max(
                0, partners[currency] - sums[Kind.COLLECTED].get(currency, 0) + sums[Kind.OWN].get(currency, 0)
            ),
            owes=owes[currency],
            unexplained=max(0, -sums[Kind.UNEXPLAINED].get(currency, 0)),
            asked=asked.get(currency, 0),
        )
        for currency in sorted({*sums[Kind.PROVIDER], *future})
    }


def schedule_words(schedule: PayoutSchedule) -> list[str]:
    """The schedule in words, a sentence each."""
    words = [
        ngettext(
            "What a date earned goes to your bank %d day after it has ended.",
            "What a date earned goes to your bank %d days after it has ended.",
            schedule.days_after,
        )
        % schedule.days_after
        if schedule.days_after
        else _("What a date earned goes to your bank when it has ended.")
    ]
    if schedule.reserve_percent:
        words.append(
            _("%(percent)d %% of it is held back for %(days)d days, for refunds and disputes.")
            % {"percent": schedule.reserve_percent, "days": schedule.reserve_days}
        )
    words.append(
        ngettext(
            "With more than %d undecided dispute payouts wait.",
            "With more than %d undecided disputes payouts wait.",
            schedule.most_disputes,
        )
        % schedule.most_disputes
    )
    return words


def waits_because(schedule: PayoutSchedule) -> str:
    """Why no payout is made now whatever is due, in words, or ""."""
    if schedule.held_because:
        return _("The platform holds payouts: %s") % schedule.held_because
    undecided = Dispute.objects.filter(state__in=UNDECIDED).count()
    if undecided > schedule.most_disputes:
        return (
            ngettext(
                "Payouts wait while %d dispute is undecided.",
                "Payouts wait while %d disputes are undecided.",
                undecided,
            )
            % undecided
        )
    return ""


def next_try_at(currency: str) -> datetime | None:
    """When a payout may be tried again after the last ones came back; None where the last one did not."""
    delay, last = RETRY_AFTER, None
    for payout in Payout.objects.filter(currency=currency)[:4]:
        if payout.state != Payout.State.FAILED:
            break
        last = last or payout.settled_at
        delay = delay if last is payout.settled_at else min(delay * 2, LONGEST_RETRY)
    return last + delay if last else None


@dataclass(frozen=True)
class Upcoming:
    """What becomes due on a day: what dates ended with, less the reserve, or a reserve that is released."""

    on: date
    at: datetime
    currency: str
    amount: int
    words: str


def upcoming(schedule: PayoutSchedule, *, at: datetime, most: int = 8) -> list[Upcoming]:
    """What becomes due from `at` on, the next first, as the books stand now."""
    found = []
    earned = earned_by_date()
    known = Performance.objects.filter(pk__in=earned).exclude(state=Performance.State.POSTPONED)
    for performance in known.select_related("event"):
        currency, amount = earned[performance.pk].currency, earned[performance.pk].amount
        back = reserve_of(amount, currency, schedule)
        due = max(due_at(performance, schedule), at)
        if amount - back > 0:
            found.append(Upcoming(due.date(), due, currency, amount - back, performance.event.title))
    for held in Maturity.objects.filter(released_at=None, reserve__gt=0).select_related("performance__event"):
        words = _("Reserve of %s") % held.performance.event.title
        found.append(Upcoming(held.release_at.date(), held.release_at, held.currency, held.reserve, words))
    return sorted(found, key=lambda one: (one.at, one.words))[:most]


def reserve_of(amount: int, currency: str, schedule: PayoutSchedule) -> int:
    """What is held back of an amount that becomes due, rounded down to what the provider can move."""
    step = smallest_step(currency)
    return max(0, amount) * schedule.reserve_percent // (100 * step) * step
