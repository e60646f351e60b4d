"""Set codes and discounts up, change and stop them; note that a hold uses a code.

How many uses a code has is places of a pool: whoever makes or changes a code with a limit opens them in the same
transaction (checkout.code_desk).
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.actions import list_again
from events.models import Event, TicketType
from events.queries import event_for_update
from promotions.errors import CodeNotFound, PromotionInvalid
from promotions.models import AutomaticDiscount, CodeBatch, CodeRecipient, CodeUse, Effect, PromoCode, Terms
from promotions.queries import code_for_update
from promotions.words import code_key
from ui.addresses import is_address
from ui.errors import NotFound
from ui.money import CURRENCIES

MOST_PERCENT = 10_000  # basis points
MOST_MONEY = 9_999_999  # minor units, as of a price
MOST_USES, MOST_IN_BATCH, MOST_DISCOUNTS = 100_000, 5_000, 20
MOST_TICKETS = 500
# Crockford's letters without those that look like another when printed small: no 0, 1, 2, 5, 8, B, S, Z, V.
LETTERS = "34679ACDEFGHJKMNPQRTWXY"
RANDOM_LETTERS = 10  # 23 ** 10: some 45 bits, so that guessing one of 5,000 takes 8 * 10 ** 9 tries on average

_TERMS = (
    *("effect", "value", "buy", "pay", "currency", "ticket_types", "least_tickets", "most_tickets", "least_spend"),
    *("starts_at", "ends_at", "is_combinable"),
)
_OF_CODES = ("event_id", "most_uses", "per_buyer", "budget", "opens_hidden", "opens_early")


# --- Codes --------------------------------------------------------------------------------------------------------------


def add_code(*, typed: str, actor: Actor, **fields: Any) -> PromoCode:
    """A new code of these letters; `fields` are the columns of PromoCode. Raises PromotionInvalid."""
    code = PromoCode(code=typed.strip(), key=_key(typed))
    if PromoCode.objects.filter(key=code.key).exists():
        raise PromotionInvalid(_("There is a code like this already."), field="code")
    _fill_code(code, fields)
    code.save(force_insert=True)
    record(verb="add_code", target=code, actor=actor, detail={"code": code.code, **_detail(code)})
    return code


def change_code(*, code: PromoCode, actor: Actor, **fields: Any) -> None:
    """Change a locked code for who uses it from now on; holds and orders keep their price. Raises PromotionInvalid."""
    before = _detail(code)
    _fill_code(code, fields)
    code.save()
    record(verb="change_code", target=code, actor=actor, detail={"was": before, "is": _detail(code)})


@transaction.atomic
def stop_code(*, code_id: UUID, is_stopped: bool, actor: Actor) -> PromoCode:
    """Nobody can use it any more, or again; holds and orders that have it keep it. Raises CodeNotFound."""
    code = code_for_update(code_id)
    if (code.stopped_at is not None) != is_stopped:
        code.stopped_at = timezone.now() if is_stopped else None
        code.save(update_fields=["stopped_at"])
        record(verb="stop_code" if is_stopped else "resume_code", target=code, actor=actor)
    return code


@transaction.atomic
def stop_batch(*, batch_id: UUID, is_stopped: bool, actor: Actor) -> CodeBatch:
    """The same for every code of a batch. Raises CodeNotFound."""
    batch = CodeBatch.objects.filter(pk=batch_id).first()
    if batch is None:
        raise CodeNotFound
    codes = PromoCode.objects.filter(batch=batch, stopped_at__isnull=is_stopped)
    if codes.update(stopped_at=timezone.now() if is_stopped else None):
        record(verb="stop_batch" if is_stopped else "resume_batch", target=batch, actor=actor)
    return batch


def make_batch(*, name: str, words: Sequence[str], actor: Actor, **fields: Any) -> list[PromoCode]:
    """Many codes of the same terms, of these words (`random_words` makes some). Raises PromotionInvalid; none is made then.

    Runs in the caller's transaction.
    """
    if not name.strip() or len(name.strip()) > 80 or not name.isprintable():
        raise PromotionInvalid(_("Give it a name of up to 80 characters: only you read it."), field="name")
    if not 1 <= len(words) <= MOST_IN_BATCH:
        raise PromotionInvalid(_("From 1 to %d codes at once.") % MOST_IN_BATCH, field="number")
    pattern = PromoCode()
    _fill_code(pattern, fields)
    made = {_key(word, field="codes"): word.strip() for word in words}
    if len(made) < len(words):
        raise PromotionInvalid(_("Some of these codes are the same."), field="codes")
    known = PromoCode.objects.filter(key__in=made).values_list("code", flat=True).first()
    if known:
        raise PromotionInvalid(_("There is a code “%s” already.") % known, field="codes")
    batch = CodeBatch.objects.create(name=name.strip())
    same = {column: getattr(pattern, column) for column in (*_TERMS, *_OF_CODES)}
    codes = PromoCode.objects.bulk_create(
        (PromoCode(code=word, key=key, batch=batch, **same) for key, word in made.items()), batch_size=1000
    )
    record(verb="make_batch", target=batch, actor=actor, detail={"codes": len(codes), **_detail(pattern)})
    return codes


def random_words(number: int, *, prefix: str = "") -> list[str]:
    """So many different words that nobody guesses, after a prefix: "SPRING-7KQ4WMXHTA"."""
    start = f"{prefix.strip().upper()}-" if prefix.strip() else ""
    words: set[str] = set()
    while len(words) < number:
        words.add(start + "".join(secrets.choice(LETTERS) for _letter in range(RANDOM_LETTERS)))
    return sorted(words)


def note_use(*, code: PromoCode, hold_id: UUID, taken: int, at: datetime) -> CodeUse:
    """That a hold is priced with the code now. In the transaction that prices it."""
    return CodeUse.objects.create(code=code, hold_id=hold_id, taken=taken, at=at)


def drop_use(*, hold_id: UUID) -> None:
    """That it no longer is."""
    CodeUse.objects.filter(hold_id=hold_id).delete()


def forget_recipient(email: str) -> None:
    """Whom codes were mailed to is forgotten; that they were mailed to somebody is not, so that nobody else gets them."""
    CodeRecipient.objects.filter(is_address(email)).update(email="")


def _key(typed: str, *, field: str = "code") -> str:
    key = code_key(typed)
    if len(key) < 3 or len(typed.strip()) > 40 or not typed.strip().isprintable():
        raise PromotionInvalid(_("A code is 3 to 40 letters and digits, with dashes if you like."), field=field)
    return key


def _fill_code(code: PromoCode, fields: dict[str, Any]) -> None:
    for column in _OF_CODES:
        if column in fields:
            setattr(code, column, fields[column])
    _fill(code, fields)
    if code.event_id is not None:
        event = Event.objects.filter(pk=code.event_id).first()
        if event is None:
            raise NotFound
        code.currency = event.currency
    elif code.currency not in CURRENCIES:
        raise PromotionInvalid(_("Choose a currency."), field="currency")
    _check_types(code, code.event_id)
    if code.effect == Effect.NOTHING and not code.opens:
        raise PromotionInvalid(
            _("Say what the code gives: a discount, or tickets that others do not see."), field="effect"
        )
    if code.most_uses is not None and not 1 <= code.most_uses <= MOST_USES:
        raise PromotionInvalid(_("From 1 to %d uses.") % MOST_USES, field="most_uses")
    if code.per_buyer is not None and not 1 <= code.per_buyer <= 1000:
        raise PromotionInvalid(_("From 1 to %d uses.") % 1000, field="per_buyer")
    if code.budget is not None and not 1 <= code.budget <= 2_000_000_000:
        raise PromotionInvalid(_("Enter an amount above 0."), field="budget")


def _fill(terms: Terms, fields: dict[str, Any]) -> None:
    """The columns that codes and discounts share, checked."""
    for column in _TERMS:
        if column in fields:
            setattr(terms, column, fields[column])
    if terms.effect not in Effect.values:
        raise PromotionInvalid(_("Choose what it does."), field="effect")
    if terms.effect == Effect.PERCENT and not 1 <= terms.value <= MOST_PERCENT:
        raise PromotionInvalid(_("More than 0 and up to 100 percent."), field="value")
    if terms.effect in (Effect.PER_TICKET, Effect.PER_ORDER) and not 1 <= terms.value <= MOST_MONEY:
        raise PromotionInvalid(_("Enter an amount above 0."), field="value")
    if terms.effect == Effect.SET_PRICE and not 0 <= terms.value <= MOST_MONEY:
        raise PromotionInvalid(_("An amount has at most seven digits and is not negative."), field="value")
    if terms.effect == Effect.N_FOR_M and not 0 <= terms.pay < terms.buy <= 100:
        raise PromotionInvalid(_("Fewer are paid than bought: for instance 3 for the price of 2."), field="buy")
    if terms.effect != Effect.N_FOR_M:
        terms.buy, terms.pay = 0, 0
    if terms.effect in (Effect.N_FOR_M, Effect.NOTHING):
        terms.value = 0
    if not 1 <= terms.least_tickets <= MOST_TICKETS:
        raise PromotionInvalid(_("From 1 to %d tickets.") % MOST_TICKETS, field="least_tickets")
    if terms.most_tickets is not None and not terms.least_tickets <= terms.most_tickets <= MOST_TICKETS:
        raise PromotionInvalid(_("At most cannot be fewer than at least."), field="most_tickets")
    if not 0 <= terms.least_spend <= 2_000_000_000:
        raise PromotionInvalid(_("An amount is not negative."), field="least_spend")
    if terms.starts_at and terms.ends_at and terms.ends_at <= terms.starts_at:
        raise PromotionInvalid(_("It ends before it begins."), field="ends_at")


def _check_types(terms: PromoCode | AutomaticDiscount, event_id: UUID | None) -> None:
    known = TicketType.objects.filter(pk__in=terms.ticket_types, event_id=event_id).count() if event_id else 0
    if terms.ticket_types and known < len(set(terms.ticket_types)):
        raise PromotionInvalid(_("Choose tickets of the event."), field="ticket_types")


def _detail(terms: Terms) -> dict[str, Any]:
    columns = (*_TERMS, *_OF_CODES) if isinstance(terms, PromoCode) else _TERMS
    return {column: _plain(getattr(terms, column)) for column in columns}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value) if isinstance(value, UUID) else value


# --- Discounts without a code -------------------------------------------------------------------------------------------


@transaction.atomic
def add_discount(*, event_id: UUID, name: str, actor: Actor, **fields: Any) -> AutomaticDiscount:
    """A new automatic discount of an event. Raises NotFound, PromotionInvalid."""
    event = event_for_update(event_id)
    if event.discounts.count() >= MOST_DISCOUNTS:
        raise PromotionInvalid(_("No more than %d discounts.") % MOST_DISCOUNTS)
    discount = AutomaticDiscount(event=event, currency=event.currency)
    _fill_discount(discount, name, fields)
    discount.save(force_insert=True)
    record(verb="add_discount", target=discount, actor=actor, detail={"name": discount.name, **_detail(discount)})
    list_again(event)
    return discount


@transaction.atomic
def change_discount(*, event_id: UUID, discount_id: UUID, name: str, actor: Actor, **fields: Any) -> AutomaticDiscount:
    """Change one for what is priced from now on. Raises NotFound, PromotionInvalid."""
    discount = _discount_for_update(event_id, discount_id)
    before = {"name": discount.name, **_detail(discount)}
    _fill_discount(discount, name, fields)
    discount.save()
    after = {"name": discount.name, **_detail(discount)}
    record(verb="change_discount", target=discount, actor=actor, detail={"was": before, "is": after})
    list_again(discount.event)
    return discount


@transaction.atomic
def remove_discount(*, event_id: UUID, discount_id: UUID, actor: Actor) -> None:
    """Take it off no more; what is held or sold keeps its price. Raises NotFound."""
    discount = _discount_for_update(event_id, discount_id)
    record(verb="remove_discount", target=discount, actor=actor, detail={"name": discount.name, **_detail(discount)})
    discount.delete()
    list_again(discount.event)


def _fill_discount(discount: AutomaticDiscount, name: str, fields: dict[str, Any]) -> None:
    if not name.strip() or len(name.strip()) > 60 or not name.isprintable():
        raise PromotionInvalid(_("Give it a name of up to 60 characters: buyers read it."), field="name")
    discount.name = name.strip()
    others = AutomaticDiscount.objects.filter(event=discount.event, name__iexact=discount.name)
    if others.exclude(pk=discount.pk).exists():
        raise PromotionInvalid(_("There is a discount of this name already."), field="name")
    _fill(discount, {**fields, "currency": discount.event.currency})
    if discount.effect == Effect.NOTHING:
        raise PromotionInvalid(_("Choose what it does."), field="effect")
    _check_types(discount, discount.event_id)


def _discount_for_update(event_id: UUID, discount_id: UUID) -> AutomaticDiscount:
    event_for_update(event_id)
    found = AutomaticDiscount.objects.select_for_update(of=("self",)).select_related("event")
    discount = found.filter(pk=discount_id, event_id=event_id).first()
    if discount is None:
        raise NotFound
    return discount
