"""All or nothing, an expired hold is claimable at once, and every change is in the journal."""

from datetime import timedelta

import pytest
from django.db import connection

from checkout import actions as checkout
from checkout.errors import PersonLimitReached
from checkout.holding import Asked
from inventory.errors import HoldEnded, LimitExceeded, NotOnSale, SoldOut
from inventory.models import Hold, Place, StockEntry
from inventory.queries import Stock, availability, database_now
from tests import world
from tests.bench.figures.holds_sql import claim_of_one
from tests.world import FREE, House


def states(event: object) -> dict[str, int]:
    counted: dict[str, int] = {}
    for state in Place.objects.filter(pool__performance__event=event).values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted


@pytest.fixture
def free_event(northside: House) -> object:
    return world.make_event(kinds=((FREE, 0, 3),))


def test_a_hold_takes_its_places_and_freezes_its_price(free_event):
    hold = world.hold(free_event, **{FREE: 2})

    assert states(free_event) == {"free": 1, "held": 2}
    assert hold.quote["total"] == 0
    assert hold.quote["lines"][0]["quantity"] == 2
    assert (hold.expires_at - hold.created_at) == timedelta(minutes=10)
    assert StockEntry.objects.filter(hold_id=hold.pk, kind="hold").count() == 2


def test_all_or_nothing(free_event):
    with pytest.raises(SoldOut) as refused:
        world.hold(free_event, **{FREE: 4})

    assert refused.value.extra["available"] == 3
    assert str(refused.value.detail) == "Only 3 of “Guest list” left."
    assert states(free_event) == {"free": 3}
    assert Hold.objects.count() == 0
    assert StockEntry.objects.count() == 0


def test_sold_out_says_so(free_event):
    world.hold(free_event, **{FREE: 3})

    with pytest.raises(SoldOut) as refused:
        world.hold(free_event, **{FREE: 1})

    assert str(refused.value.detail) == "“Guest list” is sold out."


def test_an_expired_hold_is_claimable_at_once_and_its_buyer_is_told(free_event):
    with world.an_hour_ago():
        lost = world.hold(free_event, **{FREE: 3})

    taken = world.hold(free_event, **{FREE: 2})

    assert states(free_event) == {"held": 3}
    assert Place.objects.filter(hold=taken).count() == 2
    assert list(StockEntry.objects.order_by("pk").values_list("kind", flat=True)) == [
        *["hold"] * 3,
        *["lapse"] * 2,
        *["hold"] * 2,
    ]
    with pytest.raises(HoldEnded):
        checkout.place_order(hold_id=lost.pk, token=lost.token, buyer=world.BEA)


def test_a_lapsed_hold_counts_as_available(free_event):
    with world.an_hour_ago():
        world.hold(free_event, **{FREE: 3})

    performance = world.the_performance(free_event)
    assert availability([performance.pk])[performance.pk].types == {
        world.kind_of(free_event, FREE).pk: Stock(3, is_few=False)
    }


def test_releasing_gives_back_at_once_and_twice_is_once(free_event):
    hold = world.hold(free_event, **{FREE: 3})

    checkout.release_hold(hold_id=hold.pk, token=hold.token)
    checkout.release_hold(hold_id=hold.pk, token=hold.token)

    assert states(free_event) == {"free": 3}
    assert StockEntry.objects.filter(kind="release").count() == 3


def test_extending_is_bounded_at_thirty_minutes(free_event):
    hold = world.hold(free_event, **{FREE: 1})
    for _minute in range(3):
        Hold.objects.filter(pk=hold.pk).update(
            created_at=hold.created_at - timedelta(minutes=9), expires_at=hold.expires_at - timedelta(minutes=9)
        )
        hold.refresh_from_db()
        checkout.extend_hold(hold_id=hold.pk, token=hold.token)
        hold.refresh_from_db()

    assert hold.expires_at - hold.created_at == timedelta(minutes=30)
    with pytest.raises(checkout.stock.ExtensionRefused):
        checkout.extend_hold(hold_id=hold.pk, token=hold.token)


def test_at_most_so_many_per_order(northside):
    event = world.make_event(kinds=((FREE, 0, 30),), max_per_order=4)

    with pytest.raises(LimitExceeded) as refused:
        world.hold(event, **{FREE: 5})

    assert refused.value.extra["limit"] == 4
    assert states(event) == {"free": 30}


def test_not_on_sale_before_its_time(free_event):
    kind = world.kind_of(free_event, FREE)
    kind.on_sale_from = database_now() + timedelta(hours=1)
    kind.save()

    with pytest.raises(NotOnSale):
        world.hold(free_event, **{FREE: 1})

    assert states(free_event) == {"free": 3}


def test_the_journal_only_grows(free_event):
    from django.db import IntegrityError, transaction

    world.hold(free_event, **{FREE: 1})
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        StockEntry.objects.update(cause="forged")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        StockEntry.objects.all().delete()


def test_one_person_holds_no_more_of_a_type_than_the_limit_says(northside):
    event = world.make_event(kinds=((FREE, 0, 30), ("Guest", 0, 30)))
    event.ticket_types.filter(name=FREE).update(max_per_person=4)
    performance = world.the_performance(event)
    kind, other = world.kind_of(event, FREE).pk, world.kind_of(event, "Guest").pk

    def hold(person: str, **basket: int) -> Hold:
        wanted = {kind: basket.get("limited", 0), other: basket.get("free", 0)}
        return checkout.place_hold(performance_id=performance.pk, basket=wanted, asked=Asked(person=person))

    first = hold("ann", limited=3)
    with pytest.raises(PersonLimitReached) as refused:
        hold("ann", limited=2, free=1)

    assert str(refused.value.detail) == f"You may have 1 more of “{FREE}” for this date."
    assert refused.value.extra == {"ticket_type_id": str(kind), "available": 1}
    assert states(event) == {"held": 3, "free": 57}
    hold("ann", limited=1, free=5)
    hold("ben", limited=4)
    checkout.release_hold(hold_id=first.pk, token=first.token)
    hold("ann", limited=3)
    assert states(event) == {"held": 13, "free": 47}


def test_the_claim_that_is_measured_by_itself_is_this_one(northside: House) -> None:
    event = world.make_event(kinds=((world.STANDARD, 0, 2),))

    with connection.cursor() as cursor:
        cursor.execute(claim_of_one(event))
        assert cursor.fetchone() == (1,)

    assert states(event) == {"free": 1, "held": 1}
