"""What an organizer may be paid, and when the rest follows: reads over the books and its schedule. Amounts are minor units."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Performance
from ledger.models import Account, Party
from ledger.queries import balance, standings
from payments.models import UNDECIDED, Dispute
from payouts.models import Maturity, Payout, PayoutSchedule
from ui.money import smallest_step

Kind = Account.Kind
RETRY_AFTER = timedelta(days=1)  # a payout that came back, at first; twice as long each further time
LONGEST_RETRY = timedelta(days=8)


@dataclass(frozen=True)
class Payable:
    """How much of `currency` may be paid out, and why not more. `amount` = `held` less all the others, never below nothing.

    `held` is what the books have at the provider, `future` what dates earned that are not due, `reserve` what is held back of
    those that are, `partners` what others are owed of it that is not with the platform already, `unexplained` what nobody knows the reason of, `asked` what is
    being sent already. `debt` is what is missing where that comes to less than nothing.
    """

    currency: str
    held: int
    future: int
    reserve: int
    partners: int
    unexplained: int
    asked: int

    @property
    def _left(self) -> int:
        return self.held - self.future - self.reserve - self.partners - self.unexplained - self.asked

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


# What each date that is not due yet has earned: its sales less refunds as the books have them at the provider, less what banks
# hold of it or have taken for good.
EARNED = """
WITH entry AS (
    SELECT t.key, e.amount, a.currency FROM ledger_ledgertransaction t
      JOIN ledger_ledgerentry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'provider'),
sale AS (
    SELECT o.id, o.performance_id, pay.id AS payment_id FROM orders_order o
      JOIN payments_payment pay ON pay.order_id = o.id AND pay.state = 'captured'
     WHERE NOT EXISTS (SELECT FROM payouts_maturity m WHERE m.performance_id = o.performance_id))
SELECT performance_id, currency, sum(amount)::bigint FROM (
    SELECT sale.performance_id, entry.currency, entry.amount FROM sale JOIN entry ON entry.key = 'sale:' || sale.id
    UNION ALL
    SELECT sale.performance_id, entry.currency, entry.amount FROM sale
      JOIN payments_refund r ON r.payment_id = sale.payment_id
      JOIN entry ON entry.key IN ('refund:' || r.id, 'refund-failed:' || r.id)
    UNION ALL
    SELECT sale.performance_id, d.currency, -d.taken FROM sale JOIN payments_dispute d ON d.payment_id = sale.payment_id) part
 GROUP BY performance_id, currency
"""


def earned_by_date() -> dict[UUID, tuple[str, int]]:
    """Currency and minor units that each date has earned which is not due yet, by its id; those without sales are absent."""
    with connection.cursor() as cursor:
        cursor.execute(EARNED)
        return {performance_id: (currency, amount) for performance_id, currency, amount in cursor.fetchall()}


def due_at(performance: Performance, schedule: PayoutSchedule) -> datetime:
    """When what a date earned may be paid out."""
    return performance.ends_at + timedelta(days=schedule.days_after)


def payables() -> dict[str, Payable]:
    """What may be paid out by currency, were nothing else in the way (`waits_because`)."""
    sums = {kind: balance(kind) for kind in (Kind.PROVIDER, Kind.UNEXPLAINED, Kind.COLLECTED)}
    future: dict[str, int] = {}
    for currency, amount in earned_by_date().values():
        future[currency] = future.get(currency, 0) + max(0, amount)
    reserve: dict[str, int] = {}
    partners: dict[str, int] = {}
    for standing in standings():
        part, amount = (
            (reserve, standing.reserve) if standing.party == Party.ORGANIZER else (partners, standing.payable)
        )
        part[standing.currency] = part.get(standing.currency, 0) + amount
    asked = dict(Payout.objects.filter(state=Payout.State.ASKED).values_list("currency").annotate(sum=Sum("amount")))
    return {
        currency: Payable(
            currency=currency,
            held=sums[Kind.PROVIDER].get(currency, 0),
            future=future.get(currency, 0),
            reserve=reserve.get(currency, 0),
            partners=max(0, partners.get(currency, 0) - sums[Kind.COLLECTED].get(currency, 0)),
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
        return _("The platform holds your payouts: %s") % schedule.held_because
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
    for performance in Performance.objects.filter(pk__in=earned).select_related("event"):
        currency, amount = earned[performance.pk]
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
