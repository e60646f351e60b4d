"""Every process that a sale passes through, killed at every step between hold and issue; and webhooks gone wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests import crashes, world
from tests.stack import Stack

Play = Callable[[Stack, world.House], object]


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong, and what must come of it; `play` raises AssertionError when it does not."""

    name: str
    outcome: str
    play: Play


ONCE = "tickets, money, mail: once"
PURCHASE = {
    "web, before the hold is committed": "before_hold_commit",
    "web, hold committed and not answered": "after_hold_commit",
    "web, before the order is committed": "before_order_commit",
    "web, before the PaymentIntent": "before_intent",
    "web, PaymentIntent made and not saved": "before_intent_saved",
    "web, PaymentIntent saved, order not answered": "after_intent",
    "web, webhook stored and not answered": "after_event_stored",
    "worker, places sold, money not taken": "after_secure",
    "worker, before the money is taken": "before_capture",
    "worker, money taken, no ticket": "after_capture",
    "worker, tickets written, not committed": "before_complete_commit",
    "worker, PDF and mail written, not ticked off": "after_mail_tickets",
    "worker, platform's fee booked, not ticked off": "after_book_platform_fee",
}
RETURN = {
    "web at the buyer's return, places sold": "after_secure",
    "web at the buyer's return, money taken": "after_capture",
    "web at the buyer's return, not committed": "before_complete_commit",
}
LATE = {
    "worker, too late: before the void": "before_void",
    "worker, too late: voided, not noted": "after_void",
}
REFUND = {
    "worker, before the refund is sent": "before_refund_sent",
    "worker, refund sent, not noted": "after_refund_sent",
    "worker, refund noted, not committed": "before_refund_noted",
    "worker, refund noted, not ticked off": "after_send_refund",
}


def cases() -> list[Case]:
    """The whole matrix, in the order of a sale."""

    def each(table: dict[str, str], play: Callable[..., object], outcome: str) -> list[Case]:
        return [Case(f"kill -9: {name}", outcome, partial(_at, play, point)) for name, point in table.items()]

    return [
        *each(PURCHASE, crashes.buy_through_a_crash, ONCE),
        Case(
            "kill -9: worker, mail sent, not ticked off",
            "as above; the mail may come twice, with one Message-ID",
            lambda stack, house: crashes.buy_through_a_crash(stack, house, "after_mail_sent", copies_of_mail=2),
        ),
        *each(RETURN, crashes.come_back_through_a_crash, ONCE),
        *each(LATE, crashes.pay_too_late_through_a_crash, "voided once, buyer told, no ticket"),
        *each(REFUND, crashes.refund_through_a_crash, "refunded once, tickets void, buyer told"),
        Case("webhooks: never", "the reconciler completes it", crashes.webhooks_never),
        Case("webhooks: late, last one first, 50 times each", ONCE, crashes.webhooks_in_a_mess),
    ]


def _at(play: Callable[..., object], point: str, stack: Stack, house: world.House) -> object:
    return play(stack, house, point)
