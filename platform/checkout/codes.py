"""Codes in the sale: a hold is priced with one, claims a use of it and of its budget, and its order is counted per person.

All of it happens in the transaction of the hold, after its places were claimed: whoever is refused here holds nothing. What
a code took is never added up anywhere: uses are places of a pool (inventory.uses), a budget is summed over live holds and orders
under the code's lock, a person's orders are counted under the locks of checkout.limits. docs/codes.md tells the rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actions import buyer_actor
from checkout.catalog import Offer, read_offer
from checkout.limits import Person, accounts_of
from inventory.errors import HoldEnded
from inventory.models import Hold, Pool, StockEntry
from inventory.queries import database_now, hold_by_token, hold_for_update
from inventory.uses import claim_use, give_use_back
from orders.models import Order
from people.identity import buyer_key
from people.queries import customer_by_email
from pricing.basket import Item, Step
from pricing.discounts import Discount, Effect
from pricing.quote import Quote, quote
from promotions import models as promotions
from promotions.actions import drop_use, note_use
from promotions.errors import CodeNotForThis, CodeSpent, CodeUsedByPerson
from promotions.models import CodeUse, PromoCode
from promotions.queries import code_by_text, code_for_update, code_for_use, use_of_hold
from ui.errors import NotFound
from ui.money import format_money


@dataclass(frozen=True)
class Wanted:
    """A code that a buyer typed, looked up and not yet claimed: `opened` are hidden types that it shows, `early` those that it
    sells before their time."""

    code: PromoCode | None
    opened: frozenset[UUID] = frozenset()
    early: frozenset[UUID] = frozenset()


NO_CODE = Wanted(None)


def find_code(typed: str, *, event_id: UUID, currency: str, at: datetime | None = None) -> PromoCode:
    """The code for this event, as it stands without counting. Raises CodeUnknown, whatever the reason."""
    code = code_by_text(typed)
    _check_valid(code, event_id=event_id, currency=currency, at=at or database_now())
    return code


def wanted_code(typed: str, offer: Offer) -> Wanted:
    """The same for a performance's offer, with what it opens. Raises CodeUnknown."""
    code = find_code(typed, event_id=offer.event_id, currency=offer.currency)
    meant, none = _meant(code, offer), frozenset[UUID]()
    return Wanted(code, meant if code.opens_hidden else none, meant if code.opens_early else none)


def _check_valid(code: PromoCode, *, event_id: UUID, currency: str, at: datetime) -> None:
    if code.event_id not in (None, event_id) or code.currency != currency or not code.is_valid(at=at):
        raise CodeSpent(field="code")


def _meant(code: PromoCode, offer: Offer) -> frozenset[UUID]:
    """The ticket types of a performance that a code is for."""
    return frozenset(offer.kinds) & frozenset(code.ticket_types) if code.ticket_types else frozenset(offer.kinds)


# --- Claim --------------------------------------------------------------------------------------------------------------


def apply_code(hold: Hold, code: PromoCode, offer: Offer) -> None:
    """Price a hold of this transaction with a code, and claim one use of it and what it takes of its budget.

    The hold's row is ours: new, or locked. Raises CodeUnknown for a code that cannot be used any more, CodeNotForThis for
    one that does nothing for these tickets, Busy; the caller's transaction must be undone then.
    """
    code = code_for_use(code.pk)
    _check_valid(code, event_id=offer.event_id, currency=offer.currency, at=database_now())
    left = None if code.budget is None else code.budget - taken_of_budget(code)
    if left is not None and left < offer.terms.step:
        raise CodeSpent(field="code")
    items = _items(Quote.from_dict(hold.quote), offer)
    found = _quoted(items, offer, [discount_of(code, most_taken=left)])
    taken = found.taken("code", code.code)
    needed = {UUID(line.ticket_type_id) for line in found.lines} & _meant(code, offer)
    if not taken and not (code.opens and needed):
        raise CodeNotForThis(_why_not(code, items, offer), field="code")
    if code.most_uses is not None and not claim_use(code=code, hold=hold, actor=buyer_actor()):
        raise CodeSpent(field="code")
    note_use(code=code, hold_id=hold.pk, taken=taken, at=hold.created_at)
    _reprice(hold, found)


@transaction.atomic
def change_code(*, hold_id: UUID, token: str, typed: str) -> Hold:
    """Price a live hold with another code, or with none ("" ); its tickets stay held for as long as before.

    Raises HoldNotFound, HoldEnded, CodeUnknown, CodeNotForThis, Busy; the hold is as it was then, with the code it had.
    """
    hold_by_token(hold_id, token)
    hold = hold_for_update(hold_id)
    if not hold.is_live(at=database_now()):
        raise HoldEnded(_("Your hold has ended. You have not been charged."))
    try:
        offer = read_offer(hold.performance_id)
    except NotFound as error:
        raise CodeSpent(field="code") from error
    wanted = wanted_code(typed, offer) if typed.strip() else NO_CODE
    use = use_of_hold(hold.pk)
    if use is not None and wanted.code is not None and use.code_id == wanted.code.pk:
        return hold
    if use is not None:
        _check_not_needed(hold, use.code, wanted, offer)
        give_use_back(hold_id=hold.pk, kind=StockEntry.Kind.RELEASE, actor=buyer_actor(), cause="code removed")
        drop_use(hold_id=hold.pk)
        _reprice(hold, _quoted(_items(Quote.from_dict(hold.quote), offer), offer, []))
    if wanted.code is not None:
        apply_code(hold, wanted.code, offer)
    return hold


def _check_not_needed(hold: Hold, code: PromoCode, instead: Wanted, offer: Offer) -> None:
    """Raises CodeNotForThis where the hold has tickets that only this code could choose."""
    if not code.opens:
        return
    now = database_now()
    held = {UUID(line.ticket_type_id) for line in Quote.from_dict(hold.quote).lines if not line.bundle}
    early = {pk for pk, kind in offer.kinds.items() if kind.starts is not None and kind.starts > now}
    hidden = {pk for pk, kind in offer.kinds.items() if kind.is_hidden}
    if held & ((early - instead.early) | (hidden - instead.opened)):
        words = _("These tickets can be chosen with this code only. Give them back to go on without it.")
        raise CodeNotForThis(words, field="code")


def _quoted(items: Sequence[Item], offer: Offer, discounts: Sequence[Discount]) -> Quote:
    return quote(items, currency=offer.currency, terms=offer.terms, discounts=[*offer.discounts(), *discounts])


def _reprice(hold: Hold, found: Quote) -> None:
    hold.quote = replace(found, is_test=Quote.from_dict(hold.quote).is_test).as_dict()
    hold.save(update_fields=["quote"])


def _items(frozen: Quote, offer: Offer) -> list[Item]:
    """What a hold was priced from: each ticket at what it cost before discounts, which stays what the buyer was shown."""
    found: dict[tuple[str, str, str, int, tuple[Step, ...]], Item] = {}
    for line in frozen.lines:
        kind = offer.kinds.get(UUID(line.ticket_type_id))
        steps = tuple(step for step in line.steps if step.kind not in ("automatic", "code"))
        steps = () if steps == (Step("base", "", line.before_discounts),) else steps
        key = (line.ticket_type_id, line.bundle, line.phase, line.before_discounts, steps)
        before = found.get(key)
        found[key] = Item(
            UUID(line.ticket_type_id),
            line.name,
            line.quantity + (before.quantity if before else 0),
            line.before_discounts,
            (*(before.seats if before else ()), *line.seats),
            kind.tax if kind else None,
            steps,
            UUID(line.bundle) if line.bundle else None,
            UUID(line.phase) if line.phase else None,
        )
    return list(found.values())


def discount_of(code: PromoCode, *, most_taken: int | None = None) -> Discount:
    """A code as prices are worked out with it; it may take `most_taken` minor units at most."""
    is_nothing = code.effect == promotions.Effect.NOTHING
    return Discount(
        "code",
        code.code,
        Effect.PER_TICKET if is_nothing else Effect(code.effect),
        value=code.value,
        buy=code.buy,
        pay=code.pay,
        ticket_types=frozenset(code.ticket_types) or None,
        least_tickets=code.least_tickets,
        most_tickets=code.most_tickets,
        least_spend=code.least_spend,
        most_taken=most_taken,
        is_combinable=code.is_combinable,
    )


def _why_not(code: PromoCode, items: Sequence[Item], offer: Offer) -> str:
    """Why a code takes nothing off these tickets, in the buyer's words."""
    types = frozenset(code.ticket_types)
    meant = [item for item in items if item.price and (not types or {item.ticket_type_id, item.bundle} & types)]
    if not meant and types:
        names = ", ".join(f"“{kind.name}”" for pk, kind in offer.kinds.items() if pk in types)
        return (
            _("This code is for other tickets: %(names)s.") % {"names": names} if names else str(CodeNotForThis.title)
        )
    if not meant:
        return _("These tickets are free already, so there is nothing to take off.")
    if sum(item.quantity for item in meant) < code.least_tickets:
        words = ngettext(
            "This code applies from %(n)d ticket on.", "This code applies from %(n)d tickets on.", code.least_tickets
        )
        return words % {"n": code.least_tickets}
    if sum(item.quantity * item.price for item in meant) < code.least_spend:
        amount = format_money(code.least_spend, offer.currency)
        return _("This code applies from %(amount)s on, before fees.") % {"amount": amount}
    return _("With this code you would pay no less than you do without it.")


# --- Budget -------------------------------------------------------------------------------------------------------------


def taken_of_budget(code: PromoCode) -> int:
    """What live holds and orders have of a code's budget, minor units. Exact while the code is locked (`code_for_use`).

    An order counts until it is cancelled or its last ticket is given back; a hold until it lapses.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [code.pk])
        return int(cursor.fetchone()[0])


_TAKEN = """
SELECT coalesce(sum(used.taken), 0)
  FROM promotions_codeuse used
  JOIN inventory_hold hold ON hold.id = used.hold_id
  LEFT JOIN orders_order sale ON sale.hold_id = hold.id
 WHERE used.code_id = %s
   AND CASE WHEN sale.id IS NULL THEN hold.state = 'live' AND hold.expires_at > clock_timestamp()
            ELSE sale.state NOT IN ('cancelled', 'refunded') END
"""


def keep_budget(hold_id: UUID) -> CodeUse | None:
    """The use of a locked hold; where its code has a budget, nobody else counts that until the transaction ends.

    Whoever makes a hold last longer asks first: a budget that was given to another as the hold lapsed must stay given.
    """
    use = use_of_hold(hold_id)
    if use is not None and use.code.budget is not None:
        use.code = code_for_update(use.code_id)
    return use


# --- Orders -------------------------------------------------------------------------------------------------------------


def pool_of_use(order: Order) -> tuple[int, UUID] | None:
    """The pool of the code that an order was priced with, and whom its use is sold to; None without code or limit."""
    pool = Pool.objects.filter(code__uses__hold_id=order.hold_id).values_list("pk", flat=True).first()
    return None if pool is None else (pool, order.pk)


_SOLD = Q(state__in=(Order.State.SECURED, Order.State.PAID))


def check_person(use: CodeUse, *, email: str, account: UUID | None, at: datetime) -> None:
    """Count the orders of this buyer that have the code, paid or that may still be at `at`. Raises CodeUsedByPerson.

    Runs in the transaction that places the order.
    """
    if use.code.per_buyer is None:
        return
    customer = customer_by_email(email)
    accounts = accounts_of(account, customer.pk if customer else None)
    person = Person(use.code_id, buyer_key(email), accounts)
    person.lock()
    waiting = Q(state=Order.State.PENDING, expires_at__gt=at)
    if _orders_with(use.code_id, person, _SOLD | waiting) >= use.code.per_buyer:
        # How often it was used already is not said: anybody may type anybody's address.
        words = ngettext(
            "The code %(code)s can be used for %(n)d order per person. Your tickets are still held: remove the code to go on.",
            "The code %(code)s can be used for %(n)d orders per person. Your tickets are still held: remove the code to go on.",
            use.code.per_buyer,
        )
        raise CodeUsedByPerson(words % {"code": use.code.code, "n": use.code.per_buyer}, field="code")


def is_over_limit(order: Order, *, card: str) -> bool:
    """Whether this order, whose money is authorised by `card`, uses its code once too often for one person.

    Runs in the transaction that secures it.
    """
    use = use_of_hold(order.hold_id)
    if use is None or use.code.per_buyer is None:
        return False
    person = Person(use.code_id, order.buyer_key, accounts_of(order.account_id, order.customer_id), card)
    person.lock()
    return _orders_with(use.code_id, person, _SOLD, besides=order.pk) >= use.code.per_buyer


def _orders_with(code_id: UUID, person: Person, which: Q, *, besides: UUID | None = None) -> int:
    same = Q(buyer_key=person.buyer_key)
    if person.accounts:
        same |= Q(account__in=person.accounts) | Q(customer__in=person.accounts)
    if person.card:
        same |= Q(payment__card_fingerprint=person.card)
    holds = CodeUse.objects.filter(code_id=code_id).values("hold_id")
    found = Order.objects.filter(same, which, hold_id__in=holds)
    return (found.exclude(pk=besides) if besides else found).distinct().count()
