"""The reconciler asks about everything in turn: many dead payments neither starve a fresh one nor are asked about for ever."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from payments.actions import open_payment, take_payments_to_ask_about, take_refunds_to_ask_about
from payments.models import Payment, Refund
from tests import world
from tests.world import STANDARD

NOW = timezone.now()


@pytest.fixture
def charging(northside: world.House) -> world.House:
    world.let_charge(northside)
    return northside


def payment(name: str, *, age: timedelta, ask_at: datetime = NOW) -> Payment:
    """An open payment that began `age` ago and is due at `ask_at`."""
    order = world.place_order(world.make_event(), **{STANDARD: 1})
    made = open_payment(order=order, application_fee=0)
    Payment.objects.filter(pk=made.pk).update(intent_id=name, created_at=NOW - age, ask_at=ask_at)
    return made


def taken(at: datetime, *, limit: int) -> list[str]:
    return [one.intent_id for one in take_payments_to_ask_about(at=at, limit=limit)]


def test_a_new_payment_is_due_after_20_seconds(charging: world.House) -> None:
    made = open_payment(order=world.place_order(world.make_event(), **{STANDARD: 1}), application_fee=0)

    assert timedelta(seconds=19) < made.ask_at - made.created_at <= timedelta(seconds=20)


def test_dead_payments_leave_room_for_a_fresh_one(charging: world.House) -> None:
    for number in range(6):
        payment(f"dead {number}", age=timedelta(days=3), ask_at=NOW - timedelta(days=1, seconds=-number))
    payment("fresh", age=timedelta(minutes=1))

    assert taken(NOW, limit=4) == ["fresh", "dead 0", "dead 1", "dead 2"]
    assert taken(NOW, limit=4) == ["dead 3", "dead 4", "dead 5"]
    assert taken(NOW, limit=4) == []


def test_fresh_payments_leave_room_for_an_old_one(charging: world.House) -> None:
    for number in range(4):
        payment(f"fresh {number}", age=timedelta(minutes=1), ask_at=NOW - timedelta(seconds=30 - number))
    payment("old", age=timedelta(hours=2))

    assert taken(NOW, limit=4) == ["fresh 0", "fresh 1", "fresh 2", "old"]


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(minutes=1), timedelta(seconds=20)),
        (timedelta(minutes=16), timedelta(minutes=2)),
        (timedelta(hours=4), timedelta(minutes=30)),
        (timedelta(days=30), timedelta(hours=1)),
    ],
)
def test_the_older_a_payment_the_less_often_it_is_asked_about(
    charging: world.House, age: timedelta, pause: timedelta
) -> None:
    payment("pi_1", age=age)

    assert taken(NOW, limit=4) == ["pi_1"]
    assert Payment.objects.get(intent_id="pi_1").ask_at == NOW + pause
    assert taken(NOW + pause - timedelta(seconds=1), limit=4) == []
    assert taken(NOW + pause, limit=4) == ["pi_1"]


def test_what_is_settled_or_unknown_to_the_provider_is_not_asked_about(charging: world.House) -> None:
    payment("", age=timedelta(minutes=1))
    voided = payment("pi_voided", age=timedelta(minutes=1))
    Payment.objects.filter(pk=voided.pk).update(state=Payment.State.VOIDED)

    assert taken(NOW, limit=4) == []


def test_refunds_take_turns_too(charging: world.House) -> None:
    paid = payment("pi_1", age=timedelta(days=2))
    for number in range(3):
        made = Refund.objects.create(
            payment=paid,
            amount=1,
            fee_amount=0,
            reason=Refund.Reason.STAFF,
            state=Refund.State.PENDING,
            provider_id=f"re_{number}",
        )
        Refund.objects.filter(pk=made.pk).update(
            created_at=NOW - timedelta(days=2), ask_at=NOW - timedelta(seconds=9 - number)
        )

    def round_of_two() -> list[str]:
        return [refund.provider_id for refund in take_refunds_to_ask_about(at=NOW, limit=2)]

    assert [round_of_two(), round_of_two(), round_of_two()] == [["re_0", "re_1"], ["re_2"], []]
