"""At most so many tickets of a type per person and date, over all orders.

A person is whoever shares an e-mail address (people.identity), an account that was signed in or a card with an earlier order. An
account is a customer: it counts what was placed while it was signed in, and what went to its address. Whoever
counts holds an advisory lock on each of these until the transaction ends, so that orders of one person that come at the same
moment are counted one after the other; those of different people never wait for each other.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from checkout.errors import PersonLimitReached
from events.models import TicketType
from orders.models import Order, Position
from people.identity import buyer_key
from people.queries import customer_by_email
from pricing.quote import Quote


@dataclass(frozen=True)
class Person:
    """Who buys, by everything that tells people apart; `card` is the provider's fingerprint.

    They are counted for a performance, or for a code (checkout.codes), whose id is then the `performance_id`.
    """

    performance_id: UUID
    buyer_key: str
    accounts: frozenset[UUID] = frozenset()  # ids of customers
    card: str = ""

    def lock(self) -> None:
        """Wait until no other order of this person is being counted. In the caller's transaction."""
        marks = {f"e-mail {self.buyer_key}", f"card {self.card}", *(f"account {one}" for one in self.accounts)}
        with connection.cursor() as cursor:
            for mark in sorted(mark for mark in marks if not mark.endswith(" ")):
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"person {self.performance_id} {mark}"]
                )

    def bought(self, ticket_type_ids: Iterable[UUID], *, orders: Q, besides: UUID | None = None) -> Counter[UUID]:
        """How many tickets of each of these types this person's other orders have, of those in `orders`."""
        same = Q(order__buyer_key=self.buyer_key)
        if self.accounts:
            same |= Q(order__account__in=self.accounts) | Q(order__customer__in=self.accounts)
        if self.card:
            same |= Q(order__payment__card_fingerprint=self.card)
        positions = Position.objects.filter(
            same, orders, performance_id=self.performance_id, ticket_type_id__in=list(ticket_type_ids)
        ).exclude(state=Position.State.CANCELLED)
        if besides is not None:
            positions = positions.exclude(order_id=besides)
        return Counter(dict(positions.order_by().values_list("ticket_type_id").annotate(number=Count("pk"))))


def accounts_of(*ids: UUID | None) -> frozenset[UUID]:
    """The customers among these ids."""
    return frozenset(one for one in ids if one is not None)


SOLD = Q(order__state__in=(Order.State.SECURED, Order.State.PAID))


def limits_of(quote: Quote) -> dict[UUID, int]:
    """The limit per person of each ticket type of a basket that has one."""
    types = TicketType.objects.filter(pk__in=[line.ticket_type_id for line in quote.lines])
    limits = types.values_list("pk", "max_per_person")
    return {type_id: limit for type_id, limit in limits if limit is not None}


def check_person(
    *,
    performance_id: UUID,
    email: str,
    quote: Quote,
    limits: dict[UUID, int],
    at: datetime,
    account: UUID | None = None,
) -> None:
    """Count a basket and everything that this buyer has paid or may still pay at `at`. Raises PersonLimitReached.

    `account` is the signed-in customer's id. Runs in the transaction that places the order.
    """
    if not limits:
        return
    customer = customer_by_email(email)
    person = Person(performance_id, buyer_key(email), accounts_of(account, customer.pk if customer else None))
    person.lock()
    waiting = Q(order__state=Order.State.PENDING, order__expires_at__gt=at)
    bought = person.bought(limits, orders=SOLD | waiting)
    wanted = Counter[UUID]()  # a type has several lines where its tickets cost differently, or come in a bundle too
    for line in quote.lines:
        type_id = UUID(line.ticket_type_id)
        wanted[type_id] += line.quantity
        limit = limits.get(type_id)
        if limit is not None and bought[type_id] + wanted[type_id] > limit:
            # How many there are already is not said: anybody may type anybody's address.
            words = _(
                "At most %(limit)d of “%(name)s” per person for this date, over all orders. Your tickets are still held: "
                "give them back and choose fewer."
            )
            raise PersonLimitReached(
                words % {"limit": limit, "name": line.name},
                field="email",
                ticket_type_id=line.ticket_type_id,
                limit=limit,
            )


def is_over_limit(order: Order, *, card: str) -> bool:
    """Whether this order, whose money is authorised by `card`, is too much beside what the same person has bought.

    Judged by the limits that held when it was placed. Runs in the transaction that secures it.
    """
    limited = order.positions.exclude(max_per_person=None)
    limits = {type_id: limit for type_id, limit in limited.values_list("ticket_type_id", "max_per_person") if limit}
    if not limits:
        return False
    accounts = accounts_of(order.account_id, order.customer_id)
    person = Person(order.performance_id, order.buyer_key, accounts, card)
    person.lock()
    bought = person.bought(limits, orders=SOLD, besides=order.pk)
    wanted = Counter(limited.values_list("ticket_type_id", flat=True))
    return any(bought[type_id] + wanted[type_id] > limit for type_id, limit in limits.items())
