"""What a ticket type may say of itself, and what becomes of it in a basket: least, window, hidden, variants, shared quotas."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.catalog import read_offer
from checkout.changes import change_quotas
from checkout.errors import BasketInvalid
from checkout.publish import publish_event
from events.actions import change_ticket_type
from events.errors import EventInvalid
from events.quotas import QuotaWish, shared_quotas
from inventory.errors import NotOnSale, SoldOut, TooFewFree
from inventory.models import Hold, Pool
from inventory.queries import availability
from tests import world
from tests.world import STANDARD

NORA = user_actor("00000000-0000-0000-0000-000000000001")
ADULT, CHILD = "Adult", "Child"


@pytest.fixture(autouse=True)
def _may_charge(northside: world.House) -> None:
    world.let_charge(northside)


def change(event: world.Event, of: str = STANDARD, **facts: object) -> None:
    kind = world.kind_of(event, of)
    known = {"name": kind.name, "perk": "", "price": kind.price, "max_per_order": 10}
    change_ticket_type(ticket_type_id=kind.pk, actor=NORA, **{**known, **facts})


def test_an_order_takes_at_least_so_many(northside):
    event = world.make_event()
    change(event, min_per_order=2)

    with pytest.raises(BasketInvalid, match="At least 2 of “Standard” per order"):
        world.hold(event, Standard=1)

    assert not Hold.objects.exists()
    assert Hold.objects.get(pk=world.hold(event, Standard=2).pk)
    for wrong in ({"min_per_order": 11}, {"min_per_order": 0}):
        with pytest.raises(EventInvalid):
            change(event, **wrong)


def test_a_sale_window_bites_with_the_next_hold(northside):
    event = world.make_event()
    world.hold(event, Standard=1)
    change(event, on_sale_from=timezone.now() + timedelta(hours=1))
    with pytest.raises(NotOnSale):
        world.hold(event, Standard=1)
    change(event, on_sale_from=timezone.now() - timedelta(hours=1), on_sale_until=timezone.now())
    with pytest.raises(NotOnSale):
        world.hold(event, Standard=1)
    with pytest.raises(EventInvalid, match="ends after it begins"):
        change(event, on_sale_from=timezone.now(), on_sale_until=timezone.now() - timedelta(hours=1))


def test_a_hidden_type_is_sold_only_to_who_may_have_it(northside):
    event = world.make_event()
    change(event, is_hidden=True)
    kind = world.kind_of(event, STANDARD)

    with pytest.raises(BasketInvalid, match="not offered for this date"):
        world.hold(event, Standard=1)

    assert not Hold.objects.exists()
    offer = read_offer(world.the_performance(event).pk)
    assert offer.price({kind.pk: 1}, opened=frozenset([kind.pk])).quote.subtotal == 2400


def test_variants_carry_what_they_are_variants_of(northside):
    event = world.make_event(kinds=(("M", 2000, 1), ("L", 2200, 5)), is_published=False)
    change(event, "M", listing="T-shirt")
    change(event, "L", listing="T-shirt")
    publish_event(event_id=event.pk, actor=NORA)

    order = world.place_order(event, M=1, L=2)

    names = [(one.ticket_type_name, one.price) for one in order.positions.order_by("index")]
    assert names == [("T-shirt, M", 2000), ("T-shirt, L", 2200), ("T-shirt, L", 2200)]
    with pytest.raises(SoldOut, match="“T-shirt, M” is sold out"):
        world.hold(event, M=1)
    with pytest.raises(EventInvalid, match="too long together"):
        change(event, "M", name="x" * 50, listing="y" * 40)


def shared(event: world.Event, *quotas: tuple[str, int, tuple[str, ...]]) -> None:
    known = {quota.name: quota.pk for quota in shared_quotas(event)}
    wishes = [
        QuotaWish(name, size, frozenset(world.kind_of(event, kind).pk for kind in kinds), known.get(name))
        for name, size, kinds in quotas
    ]
    change_quotas(event_id=event.pk, quotas=wishes, actor=NORA)


def test_one_quota_over_many_types_and_one_type_in_many(northside):
    event = world.make_event(kinds=((ADULT, 2000, 9), (CHILD, 1000, 9)), is_published=False)
    shared(event, ("House", 5, (ADULT, CHILD)), ("Children", 2, (CHILD,)))
    publish_event(event_id=event.pk, actor=NORA)
    date = world.the_performance(event)

    def left() -> dict[str, int]:
        types = availability([date.pk])[date.pk].types
        return {name: types[world.kind_of(event, name).pk].left for name in (ADULT, CHILD)}

    assert left() == {ADULT: 5, CHILD: 2}
    hold = world.hold(event, Adult=2, Child=2)
    assert left() == {ADULT: 1, CHILD: 0}
    with pytest.raises(SoldOut, match="“Child” is sold out"):
        world.hold(event, Child=1)
    order = checkout.place_order(hold_id=hold.pk, token=hold.token, buyer=world.BEA)
    assert checkout.secure_order(order_id=order.pk)
    assert breaches() == {}

    shared(event, ("House", 6, (ADULT, CHILD)), ("Children", 3, (CHILD,)))
    assert left() == {ADULT: 2, CHILD: 1}
    for wrong in (
        (("House", 6, (ADULT,)), ("Children", 3, (CHILD,))),
        (("House", 6, (ADULT, CHILD)),),
        (("House", 6, (ADULT, CHILD)), ("Children", 3, (CHILD,)), ("More", 3, (CHILD,))),
    ):
        with pytest.raises(EventInvalid, match="only names and numbers"):
            shared(event, *wrong)
    with pytest.raises(TooFewFree):
        shared(event, ("House", 3, (ADULT, CHILD)), ("Children", 3, (CHILD,)))
    assert Pool.objects.filter(performance=date).count() == 2
    assert breaches() == {}


@pytest.mark.parametrize(
    ("quotas", "words"),
    [
        ((("House", 5, (ADULT,)),), "“Child” needs at least one quota"),
        ((("House", 5, ()),), "Choose the tickets"),
        ((("House", 0, (ADULT, CHILD)),), "Between 1 and 100,000"),
        (((" ", 5, (ADULT, CHILD)),), "cannot be empty"),
    ],
)
def test_quotas_that_make_no_sense_are_refused(northside, quotas, words):
    event = world.make_event(kinds=((ADULT, 2000, 9), (CHILD, 1000, 9)), is_published=False)

    with pytest.raises(EventInvalid, match=words):
        shared(event, *quotas)

    assert [quota.size for quota in shared_quotas(event)] == [9, 9]
