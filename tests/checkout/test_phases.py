"""Early bird, general, last chance: each claim decides, with no gap and no double."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.changes import change_quantity
from checkout.holding import Asked
from checkout.publish import publish_event
from checkout.refunds import GivingBack, give_back
from events.errors import EventInvalid
from events.models import Phase, Quota
from events.phases import PhaseWish
from inventory.errors import NotOnSale, SoldOut, TooFewFree
from inventory.models import Hold, Place, Pool
from orders.models import Order
from pricing.quote import Quote
from tests import world
from tests.world import STANDARD

NORA = user_actor("00000000-0000-0000-0000-000000000001")
EARLY, GENERAL = PhaseWish("Early bird", 2000, quantity=3), PhaseWish("General", 2200, quantity=4)


@pytest.fixture(autouse=True)
def _may_charge(northside: world.House) -> None:
    world.let_charge(northside)


def phased_event(*phases: PhaseWish, places: int = 50, price: int = 2400) -> world.Event:
    event = world.make_event(kinds=((STANDARD, price, places),))
    world.set_phases(event, STANDARD, *(phases or (EARLY, GENERAL)))
    return event


def priced(hold: Hold) -> list[tuple[int, int, str]]:
    """Per line how many, for how much, in which phase."""
    lines = Quote.from_dict(hold.quote).lines
    return [(line.quantity, line.price, line.steps[-1].name if line.steps else "") for line in lines]


def held(event: world.Event) -> dict[str, int]:
    """By the quota's name, how many places are not free."""
    pools = Pool.objects.filter(performance__event=event).select_related("quota")
    return {pool.quota.name: pool.places.exclude(state=Place.State.FREE).count() for pool in pools}


def test_what_is_left_of_a_phase_goes_at_its_price_and_the_rest_at_the_next_ones(paying):
    event = phased_event()

    first, second = world.hold(event, Standard=2), world.hold(event, Standard=6)

    assert priced(first) == [(2, 2000, "Early bird")]
    assert priced(second) == [(1, 2000, "Early bird"), (4, 2200, "General"), (1, 2400, "")]
    line = Quote.from_dict(second.quote).lines[0]
    assert [(step.kind, step.name, step.amount) for step in line.steps] == [
        ("base", "", 2400),
        ("phase", "Early bird", -400),
    ]
    assert held(event) == {"Standard": 8, "Standard · Early bird": 3, "Standard · General": 4}
    order = checkout.place_order(hold_id=second.pk, token=second.token, buyer=world.BEA)
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    names = [one.phase.name if one.phase else "" for one in order.positions.order_by("index")]
    assert (order.state, names) == (Order.State.PAID, ["Early bird", *["General"] * 4, ""])
    assert compare_stock(world.the_performance(event).pk).differences == 0
    assert breaches() == {}

    early = order.positions.get(phase__name="Early bird")
    left = GivingBack(positions=frozenset([early.pk]), cancels=True, amount=2110)
    give_back(order_id=order.pk, asked=left, actor=NORA)

    assert priced(world.hold(event, Standard=2)) == [(1, 2000, "Early bird"), (1, 2400, "")]
    assert compare_stock(world.the_performance(event).pk).differences == 0
    assert breaches() == {}


def test_a_lapsed_and_a_released_early_place_make_the_early_price_available_again(northside):
    event = phased_event()
    with world.an_hour_ago():
        world.hold(event, Standard=3)

    again = world.hold(event, Standard=3)
    assert priced(again) == [(3, 2000, "Early bird")]
    assert priced(world.hold(event, Standard=1)) == [(1, 2200, "General")]

    checkout.release_hold(hold_id=again.pk, token=again.token)

    assert priced(world.hold(event, Standard=1)) == [(1, 2000, "Early bird")]
    assert breaches() == {}


@pytest.mark.parametrize("skew", [timedelta(minutes=-5), timedelta(0), timedelta(minutes=5)], ids=str)
@pytest.mark.parametrize("ends_in", [timedelta(minutes=-2), timedelta(minutes=2)], ids=str)
def test_the_databases_clock_decides_which_phase_it_is(northside, skew, ends_in):
    """A process whose clock is late or early prices a moment before the switch, and the buyer does not notice."""
    event = phased_event(PhaseWish("Early bird", 2000, until=timezone.now() + ends_in))
    apart = timezone.now() + skew
    key = Asked("create_hold", f"k{skew}{ends_in}", "f")
    basket = {world.kind_of(event, STANDARD).pk: 2}

    with patch("checkout.phases.timezone.now", lambda: apart):
        hold = checkout.place_hold(performance_id=world.the_performance(event).pk, basket=basket, asked=key)
        same = checkout.place_hold(performance_id=world.the_performance(event).pk, basket=basket, asked=key)

    expected = [(2, 2400, "")] if ends_in < timedelta(0) else [(2, 2000, "Early bird")]
    assert (priced(hold), same.pk) == (expected, hold.pk)
    assert held(event) == {"Standard": 2}
    assert breaches() == {}


def test_a_phase_that_ends_by_its_date_leaves_what_it_has_not_sold(northside):
    early = PhaseWish("Early bird", 2000, until=timezone.now() + timedelta(hours=1), quantity=3)
    event = phased_event(early, PhaseWish("General", 2200, until=timezone.now() + timedelta(hours=2)))

    assert priced(world.hold(event, Standard=4)) == [(3, 2000, "Early bird"), (1, 2200, "General")]

    (first, second) = Phase.objects.order_by("sort_order")
    gone = PhaseWish(first.name, first.price, timezone.now() - timedelta(minutes=1), 3, first.pk)
    stays = PhaseWish(second.name, second.price, second.until, None, second.pk)
    world.set_phases(event, STANDARD, gone, stays)

    assert priced(world.hold(event, Standard=4)) == [(4, 2200, "General")]
    assert breaches() == {}


def test_who_cannot_have_all_tickets_holds_none_of_any_phase(northside):
    event = phased_event(places=5)

    with pytest.raises(SoldOut, match="Only 5 of “Standard” left"):
        world.hold(event, Standard=6)

    assert held(event) == {"Standard": 0, "Standard · Early bird": 0, "Standard · General": 0}
    kind = world.kind_of(event, STANDARD)
    kind.on_sale_until = timezone.now() - timedelta(minutes=1)
    kind.save()
    with pytest.raises(NotOnSale):
        world.hold(event, Standard=1)
    assert not Hold.objects.exists()


def test_a_phase_may_be_free_and_need_no_account(northside):
    event = world.make_event(kinds=((STANDARD, 2400, 5),), is_published=False)
    world.set_phases(event, STANDARD, PhaseWish("Friends", 0, quantity=2))
    publish_event(event_id=event.pk, actor=NORA)

    order = world.place_order(event, Standard=2)

    assert (order.state, order.total) == (Order.State.PAID, 0)
    assert breaches() == {}


def test_seats_are_parted_among_phases_too(northside):
    event = world.make_seated_event(kinds=(("Adult", 3000, world.STALLS),))
    world.set_phases(event, "Adult", PhaseWish("Early bird", 2500, quantity=1))

    hold = world.hold_seats(event, Adult=["Stalls-A-1", "Stalls-A-2"])
    best = world.hold(event, Adult=2)

    lines = Quote.from_dict(hold.quote).lines
    assert [(line.price, line.seats) for line in lines] == [(2500, ("Stalls-A-1",)), (3000, ("Stalls-A-2",))]
    assert priced(best) == [(2, 3000, "")]
    order = checkout.place_order(hold_id=hold.pk, token=hold.token, buyer=world.BEA)
    assert [(one.seat_id, one.price) for one in order.positions.all()] == [("Stalls-A-1", 2500), ("Stalls-A-2", 3000)]
    assert checkout.secure_order(order_id=order.pk)
    assert breaches() == {}


def test_paid_too_late_an_early_ticket_needs_an_early_place(northside):
    event = phased_event(PhaseWish("Early bird", 2000, quantity=1))
    with world.an_hour_ago():
        late = world.place_order(event, Standard=1)
    world.hold(event, Standard=1)

    assert not checkout.secure_order(order_id=late.pk)

    late.refresh_from_db()
    assert (late.state, late.cancel_reason) == (Order.State.CANCELLED, Order.CancelReason.PLACES_GONE)
    assert breaches() == {}


# --- Setting them ----------------------------------------------------------------------------------------------------------------


def test_phases_come_and_go_while_the_event_is_on_sale(northside):
    event = phased_event(EARLY)
    world.hold(event, Standard=2)
    early = Phase.objects.get()

    with pytest.raises(TooFewFree):
        world.set_phases(event, STANDARD, PhaseWish("Early bird", 2000, None, 1, early.pk))
    with pytest.raises(EventInvalid, match="remove it and add another one"):
        world.set_phases(event, STANDARD, PhaseWish("Early bird", 2000, timezone.now(), None, early.pk))
    assert priced(world.hold(event, Standard=1)) == [(1, 2000, "Early bird")]

    world.set_phases(event, STANDARD, PhaseWish("Earliest", 1900, None, 5, early.pk), PhaseWish("Last", 2600))
    assert priced(world.hold(event, Standard=3)) == [(2, 1900, "Earliest"), (1, 2600, "Last")]

    world.set_phases(event, STANDARD)
    assert priced(world.hold(event, Standard=1)) == [(1, 2400, "")]
    assert not Phase.objects.filter(is_active=True).exists()
    assert breaches() == {}


@pytest.mark.parametrize(
    ("phases", "words"),
    [
        ((PhaseWish("Endless", 2000), EARLY), "Say when it ends"),
        ((PhaseWish(" ", 2000, quantity=1),), "cannot be empty"),
        ((PhaseWish("Dear", 100_000_000, quantity=1),), "eight digits"),
        ((PhaseWish("None", 2000, quantity=0),), "Between 1 and 100,000"),
        ((EARLY,) * 11, "At most 10 phases"),
    ],
)
def test_phases_that_make_no_sense_are_refused_and_change_nothing(northside, phases, words):
    event = phased_event(EARLY)

    with pytest.raises(EventInvalid, match=words):
        world.set_phases(event, STANDARD, *phases)

    assert list(Phase.objects.values_list("name", "is_active")) == [("Early bird", True)]


def test_a_drafts_phases_leave_nothing_behind(northside):
    event = world.make_event(kinds=((STANDARD, 2400, 5),), is_published=False)
    world.set_phases(event, STANDARD, EARLY, GENERAL)
    world.set_phases(event, STANDARD)

    assert (Phase.objects.count(), Quota.objects.count()) == (0, 1)


def test_a_types_own_number_does_not_count_its_phases(northside):
    event = phased_event()

    change_quantity(ticket_type_id=world.kind_of(event, STANDARD).pk, quantity=60, actor=NORA)

    assert Place.objects.filter(pool__quota__ticket_types__name=STANDARD).count() == 60
    assert breaches() == {}
