"""Whose a sale is: decided and frozen in the transaction that places the order (docs/affiliates.md).

Nothing here ever refuses a sale. A word that is nobody's, an affiliate who is paused or another organizer's, a cookie that is
too old: the order is nobody's then, and the buyer is told nothing of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from audit.actions import SYSTEM, record
from orders.models import Attribution, Order, Position
from payments.models import Payment
from people.identity import buyer_key
from people.models import Membership
from pricing.parts import share, split
from pricing.quote import Quote
from promotions.affiliate_models import Affiliate, AffiliateProgramme
from promotions.affiliates import active_affiliates, programme, rate_for
from promotions.commission import CommissionKind, commission_of
from promotions.models import CodeUse
from promotions.touches import Touch, by_claim
from promotions.words import code_key
from ui.addresses import is_address

How = Attribution.How


@dataclass(frozen=True)
class Via:
    """What a door knows of whose a sale may be: the links that this browser followed, and the word that a shop `named`."""

    touches: Sequence[Touch] = ()
    named: str = ""


NOBODY = Via()


def attribute(order: Order, *, frozen: Quote, via: Via, use: CodeUse | None, at: datetime) -> None:
    """Note whose a new order is, with what its affiliate gets. In the transaction that places it.

    An affiliate's own code beats the word that was named, and that beats links. Without any of these nothing is asked.
    """
    if order.is_test or (use is None and not via.touches and not via.named):
        return
    terms = programme()
    if terms is None:
        return
    for affiliate, how in _claims(via, use, terms, at):
        if not _is_their_own(affiliate, order, terms):
            _freeze(order, frozen, affiliate, how, terms)
            return


def _claims(
    via: Via, use: CodeUse | None, terms: AffiliateProgramme, at: datetime
) -> list[tuple[Affiliate, Attribution.How]]:
    """Who may claim the sale, the best claim first."""
    found: list[tuple[Affiliate, Attribution.How]] = []
    if use is not None:
        mine = Affiliate.objects.filter(promo=use.code_id, state=Affiliate.State.ACTIVE)
        found += [(one, How.CODE) for one in mine]
    is_first = terms.touch == AffiliateProgramme.Touch.FIRST
    touched = by_claim(via.touches, at=at, window_days=terms.window_days, is_first=is_first)
    named = code_key(via.named)
    if named or touched:
        known = active_affiliates([named, *touched])
        found += [(known[named], How.NAMED)] if named in known else []
        found += [(known[key], How.LINK) for key in touched if key in known]
    return found


def _is_their_own(affiliate: Affiliate, order: Order, terms: AffiliateProgramme) -> bool:
    """Whether the affiliate buys: by address or account; and with the organizer's team as it is agreed."""
    theirs = buyer_key(affiliate.email)
    people = {order.buyer_key, buyer_key(order.customer.email)}
    if order.account is not None:
        people.add(buyer_key(order.account.email))
    if theirs in people:
        return True
    if terms.counts_team:
        return False
    team = {buyer_key(email) for email in Membership.objects.values_list("email", flat=True)}
    return bool(team & {theirs, *people})


def _freeze(order: Order, frozen: Quote, affiliate: Affiliate, how: Attribution.How, terms: AffiliateProgramme) -> None:
    rate, bases = rate_for(order.event_id, terms), bases_of(frozen)
    before = tickets_sold(affiliate) if rate.kind == CommissionKind.TIERS else 0
    full = commission_of(bases, rate, currency=order.currency, sold_before=before)
    most = order.total - frozen.platform_fee - sum(tax.amount for tax in frozen.taxes)
    Attribution.objects.create(
        order=order,
        affiliate=affiliate,
        how=how,
        rate=rate.as_dict(),
        base=sum(bases),
        tickets=sum(1 for base in bases if base),
        tickets_before=before,
        commission=max(0, min(full, most)),
    )


def bases_of(frozen: Quote) -> list[int]:
    """What a commission is worked out of, ticket by ticket, minor units: the price after discounts, without the tax inside it."""
    bases: list[int] = []
    for line in frozen.lines:
        price = line.price * line.quantity
        taxed = line.total - line.tax * line.quantity  # the tax inside is of all of this, by its part also of the price
        inside = share(line.included, part=price, whole=taxed) if taxed else 0
        bases += split(price - inside, [1] * line.quantity)
    return bases


def tickets_sold(affiliate: Affiliate) -> int:
    """How many paid tickets an affiliate has sold that were not cancelled: tiers count them."""
    paid = Q(order__state__in=(Order.State.PAID, Order.State.REFUNDED), order__attribution__affiliate=affiliate)
    sold = Position.objects.filter(paid, price__gt=0, order__attribution__void_reason="")
    return sold.exclude(state=Position.State.CANCELLED).count()


def void_if_their_card(order: Order, *, card: str) -> None:
    """Before an order's money is taken: an affiliate who pays with a card of their own earned nothing by it.

    Theirs are the cards that paid for orders of their address or account here. In the transaction that secures the order.
    """
    if not card:
        return
    attribution = Attribution.objects.select_related("affiliate").filter(order=order, void_reason="").first()
    if attribution is None:
        return
    theirs = attribution.affiliate.email
    mine = Q(order__buyer_key=buyer_key(theirs)) | is_address(theirs, field="order__account__email")
    if Payment.objects.filter(mine, card_fingerprint=card).exclude(order=order).exists():
        void(attribution, Attribution.VoidReason.CARD)
        record(verb="void_commission", target=order, actor=SYSTEM, detail={"reason": attribution.void_reason})


def void(attribution: Attribution, reason: Attribution.VoidReason, words: str = "") -> None:
    """From now on the order earns its affiliate nothing. What the books have of it is the caller's to take back."""
    changes: dict[str, Any] = {"void_reason": reason, "words": words}
    for column, value in changes.items():
        setattr(attribution, column, value)
    attribution.save(update_fields=list(changes))
