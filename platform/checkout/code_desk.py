"""What staff do with codes: make them with their uses, change and stop them, make and import many, mail them, see what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from checkout.codes import taken_of_budget
from events.models import Event
from inventory.uses import open_uses, resize_uses
from notifications.actions import queue_email
from outbox.actions import enqueue
from promotions.actions import add_code, change_code, make_batch, random_words
from promotions.errors import CodeNotFound, PromotionInvalid
from promotions.models import CodeBatch, CodeRecipient, PromoCode
from promotions.queries import code_for_update
from tenants.current import current_organizer
from tenants.queries import storefront_url
from ui.addresses import normal_address
from ui.money import format_money

MOST_RECIPIENTS = 2000  # of one mail-out


# --- Make and change ----------------------------------------------------------------------------------------------------


@transaction.atomic
def create_code(*, typed: str, actor: Actor, **fields: Any) -> PromoCode:
    """A new code with its uses; `fields` are the columns of PromoCode. Raises PromotionInvalid."""
    code = add_code(typed=typed, actor=actor, **fields)
    open_uses([code])
    return code


@transaction.atomic
def edit_code(*, code_id: UUID, actor: Actor, **fields: Any) -> PromoCode:
    """Change a code for who uses it from now on. Raises CodeNotFound, PromotionInvalid, TooFewFree.

    Its limit may become another number, not fewer than are used or held; from none to one or back it cannot change, because
    uses that were never claimed cannot be counted. Its budget cannot be less than what was taken.
    """
    code = code_for_update(code_id)
    before = code.most_uses
    change_code(code=code, actor=actor, **fields)
    if (before is None) != (code.most_uses is None):
        raise PromotionInvalid(_("Whether a code has a limit cannot be changed. Make another code."), field="most_uses")
    if before != code.most_uses:
        resize_uses(code, actor=actor)
    if code.budget is not None and (taken := taken_of_budget(code)) > code.budget:
        words = _("%(taken)s was taken off with it already.")
        raise PromotionInvalid(words % {"taken": format_money(taken, code.currency)}, field="budget")
    return code


@transaction.atomic
def create_batch(*, name: str, number: int, prefix: str, actor: Actor, **fields: Any) -> list[PromoCode]:
    """So many random codes for one use each, unless `most_uses` says otherwise. Raises PromotionInvalid."""
    words = random_words(number, prefix=prefix) if 1 <= number <= 5000 else []
    return _batch(name, words, actor, fields)


@transaction.atomic
def import_codes(*, name: str, words: Sequence[str], actor: Actor, **fields: Any) -> list[PromoCode]:
    """The organizer's own codes, printed elsewhere. Raises PromotionInvalid; none is made then."""
    return _batch(name, words, actor, fields)


def _batch(name: str, words: Sequence[str], actor: Actor, fields: dict[str, Any]) -> list[PromoCode]:
    codes = make_batch(name=name, words=words, actor=actor, **{"most_uses": 1, **fields})
    open_uses(codes)
    return codes


# --- Mail out -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MailedOut:
    """What became of a list of addresses: how many get a code, and who had one of this batch already."""

    sent: int
    known: tuple[str, ...]


@transaction.atomic
def mail_codes(*, batch_id: UUID, addresses: Sequence[str], words: str, actor: Actor) -> MailedOut:
    """Give each address a code of the batch that nobody has, and mail it. Asking again leaves out who has one.

    The organizer says that these people agreed to be written to: the door asks, the audit trail keeps it. Raises
    CodeNotFound, PromotionInvalid when an address is none, when there are too few codes left or too many addresses.
    """
    batch = CodeBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise CodeNotFound
    if len(words) > 1000:
        raise PromotionInvalid(_("At most %d characters.") % 1000, field="words")
    typed = list(dict.fromkeys(address.strip().lower() for address in addresses if address.strip()))
    if not 1 <= len(typed) <= MOST_RECIPIENTS:
        raise PromotionInvalid(_("From 1 to %d addresses at once.") % MOST_RECIPIENTS, field="addresses")
    wanted = list(dict.fromkeys(_address(one) for one in typed))
    have = set(CodeRecipient.objects.filter(code__batch=batch, email__in=wanted).values_list("email", flat=True))
    new = [address for address in wanted if address not in have]
    free = PromoCode.objects.filter(batch=batch, recipient=None, uses=None, stopped_at=None).order_by("key")
    codes = list(free[: len(new)])
    if len(codes) < len(new):
        left = _("%(n)d codes of this batch are left, for %(wanted)d addresses. Make more codes first.")
        raise PromotionInvalid(left % {"n": len(codes), "wanted": len(new)}, field="addresses")
    made = CodeRecipient.objects.bulk_create(
        CodeRecipient(code=code, email=address) for code, address in zip(codes, new, strict=True)
    )
    for recipient in made:
        payload = {"recipient_id": recipient.pk, "words": words.strip()}
        enqueue(kind="mail_code", key=str(recipient.code_id), payload=payload)
    record(
        verb="mail_codes", target=batch, actor=actor, detail={"sent": len(made), "known": len(have), "consent": True}
    )
    return MailedOut(len(made), tuple(sorted(have)))


def mail_code(*, recipient_id: int, words: str) -> None:
    """One recipient's mail, with the link that applies the code. Called by the outbox; a code is mailed once."""
    recipient = CodeRecipient.objects.select_related("code__event").get(pk=recipient_id)
    code = recipient.code
    with transaction.atomic():
        queue_email(
            key=f"code:{code.pk}",
            to=recipient.email,
            template="checkout/mail/code",
            context={
                "organizer": current_organizer(),
                "code": code,
                "event": code.event,
                "words": words,
                "button_url": code_url(code),
                "button_label": _("Choose tickets"),
            },
        )


def code_url(code: PromoCode, event: Event | None = None) -> str:
    """The public address that applies a code: of its event, or the list of events."""
    found = event or code.event
    page = reverse("storefront:event", args=[found.slug]) if found else reverse("storefront:events")
    return storefront_url(current_organizer(), f"{page}?code={code.code}")


# --- What they did ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """Of a code or a batch: in how many live baskets it is, how many orders were paid with it, what it took off them and what
    they brought (minor units, of orders that are not cancelled or given back whole)"""

    claimed: int = 0
    paid: int = 0
    given: int = 0
    revenue: int = 0


_FIGURES = """
SELECT code.{by}, count(*) FILTER (WHERE sale.id IS NULL OR sale.state IN ('pending', 'secured')),
       count(*) FILTER (WHERE sale.state = 'paid'),
       coalesce(sum(used.taken) FILTER (WHERE sale.state = 'paid'), 0),
       coalesce(sum(sale.total) FILTER (WHERE sale.state = 'paid'), 0)
  FROM promotions_codeuse used
  JOIN promotions_promocode code ON code.id = used.code_id
  JOIN inventory_hold hold ON hold.id = used.hold_id
  LEFT JOIN orders_order sale ON sale.hold_id = hold.id
 WHERE code.{by} = ANY (%s)
   AND CASE WHEN sale.id IS NULL THEN hold.state = 'live' AND hold.expires_at > clock_timestamp()
            ELSE sale.state NOT IN ('cancelled', 'refunded') END
 GROUP BY code.{by}
"""


def figures_of_codes(code_ids: Sequence[UUID]) -> dict[UUID, Figures]:
    """By code; who was never used is not there."""
    return _figures("id", code_ids)


def figures_of_batches(batch_ids: Sequence[UUID]) -> dict[UUID, Figures]:
    """By batch, all its codes together."""
    return _figures("batch_id", batch_ids)


def _figures(by: str, ids: Sequence[UUID]) -> dict[UUID, Figures]:
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES.format(by=by), [list(ids)])
        return {row[0]: Figures(*map(int, row[1:])) for row in cursor.fetchall()}


_ORDERS = """
SELECT code.code, coalesce(batch.name, ''), coalesce(recipient.email, ''), sale.number, sale.state, sale.created_at,
       event.title, used.taken, sale.total, sale.currency
  FROM promotions_codeuse used
  JOIN promotions_promocode code ON code.id = used.code_id
  LEFT JOIN promotions_codebatch batch ON batch.id = code.batch_id
  LEFT JOIN promotions_coderecipient recipient ON recipient.code_id = code.id
  JOIN orders_order sale ON sale.hold_id = used.hold_id
  JOIN events_event event ON event.id = sale.event_id
 ORDER BY sale.created_at, sale.id
"""


def orders_with_codes() -> list[tuple[Any, ...]]:
    """Every order that was placed with a code: code, batch, recipient, number, state, when, event, what was taken off, total,
    currency. Oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS)
        return list(cursor.fetchall())


def _address(typed: str) -> str:
    try:
        return normal_address(typed)
    except ValidationError as error:
        raise PromotionInvalid(_("“%s” is no e-mail address.") % typed[:80], field="addresses") from error
