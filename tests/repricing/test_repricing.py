"""Prices follow the sale: by the rules, with a history, and never for what somebody holds already (docs/dynamic-prices.md)."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from analytics.invariants import breaches
from audit.actions import SYSTEM, user_actor
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.catalog import read_offer
from checkout.changes import change_phases
from events.actions import change_ticket_type, stop_sales
from events.dates import price_dates
from events.models import Event
from events.phases import PhaseWish
from events.queries import published_event
from inventory.queries import database_now
from marketplace.actions import list_event
from marketplace.models import ListedEvent
from pricing.dynamic import Rules, Rung, SaleState
from repricing.actions import approve_proposal, decline_proposal, reprice, set_price_rules
from repricing.errors import ProposalClosed, RulesInvalid
from repricing.models import DynamicPrice, PriceChange, PriceRules, Proposal
from repricing.queries import moved_prices, price_history, prices_at_next_date, sale_states
from storefront.offers import lowest_price, offers_for, offers_of_next_dates
from tests import world
from tests.world import STANDARD

OWNER = user_actor(UUID(int=7))
OFF, PROPOSE, APPLY = PriceRules.Mode.OFF, PriceRules.Mode.PROPOSE, PriceRules.Mode.APPLY
BY_FILL = Rules(floor=2000, cap=4000, fill=(Rung(50, 600), Rung(80, 1200)))


@pytest.fixture
def event(paying: world.House) -> Event:
    """Ten tickets for 24.00."""
    return world.make_event(kinds=((STANDARD, 2400, 10), ("Guest list", 0, 10)))


def follow(event: Event, rules: Rules = BY_FILL, mode: PriceRules.Mode = APPLY) -> PriceRules | None:
    return set_price_rules(ticket_type_id=world.kind_of(event, STANDARD).pk, rules=rules, mode=mode, actor=OWNER)


def version(event: Event) -> UUID:
    return world.the_performance(event).offer_version


def price_of_a_hold(event: Event, quantity: int = 1) -> tuple[int, list[tuple[str, int]]]:
    """What the organizer gets of a ticket that is held now, and its reasons."""
    (line,) = world.hold(event, Standard=quantity).quote["lines"]
    return line["price"], [(step["kind"], step["amount"]) for step in line.get("steps", ())]


# --- Let it run ----------------------------------------------------------------------------------------------------------------


def test_a_price_rises_with_what_is_sold_and_who_held_before_keeps_theirs(event: Event) -> None:
    follow(event)
    early = world.hold(event, Standard=1)
    world.paid_order(event, Standard=5)
    before = version(event)

    assert reprice() == 1

    assert price_of_a_hold(event) == (3000, [("base", 2400), ("dynamic", 600)])
    order = checkout.place_order(hold_id=early.pk, token=early.token, buyer=world.BEA)
    assert order.total == 2510  # 24.00 and our fee
    assert version(event) != before
    assert breaches() == {}


def test_a_change_is_written_down_with_its_reasons_the_state_of_the_sale_and_who_approved_it(event: Event) -> None:
    rules = follow(event)
    world.paid_order(event, Standard=5)
    reprice()

    (change,) = price_history(event_id=event.pk)
    assert (change.rules, change.approved_by) == (rules, "system")
    assert (change.price_before, change.price, change.base, change.amount_before, change.amount) == (
        2400,
        3000,
        2400,
        0,
        600,
    )
    assert change.why == [{"cause": "fill", "at": 50, "amount": 600}]
    assert (change.state["sold"], change.state["size"], change.state["sold_lately"]) == (5, 10, 5)
    assert change.offer_version == version(event)
    entry = AuditEntry.objects.get(verb="change_price")
    assert (entry.detail["was"], entry.detail["is"], entry.actor_kind) == (2400, 3000, "system")
    for write in (lambda: PriceChange.objects.update(price=1), PriceChange.objects.all().delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_the_same_state_changes_nothing_and_leaves_the_offer_as_it_is(event: Event) -> None:
    follow(event)
    world.paid_order(event, Standard=5)
    reprice()
    before = version(event)

    assert reprice() == 0

    assert version(event) == before
    assert PriceChange.objects.count() == 1


def test_held_tickets_move_no_price(event: Event) -> None:
    """Nobody makes tickets dearer for others by putting many into baskets."""
    follow(event)
    world.hold(event, Standard=9)

    assert reprice() == 0


def test_a_ticket_given_back_brings_the_price_back(event: Event) -> None:
    follow(event)
    order = world.paid_order(event, Standard=5)
    reprice()
    checkout.refund_order(order_id=order.pk, actor=SYSTEM)

    assert reprice() == 1
    assert price_of_a_hold(event) == (2400, [])
    assert [(one.price_before, one.price) for one in price_history(event_id=event.pk)] == [(3000, 2400), (2400, 3000)]
    assert breaches() == {}


def test_page_list_and_the_platforms_site_show_the_new_price(event: Event) -> None:
    follow(event)
    world.paid_order(event, Standard=5)
    reprice()
    now = timezone.now()

    shown = published_event(event.slug)
    (standard,) = (one for one in offers_for(shown, world.the_performance(event), None, at=now) if one.price)
    assert (standard.price, standard.line.price) == (3125, 3000)  # our fee is 2.5 % + 0.50 of 30.00
    assert lowest_price(offers_of_next_dates([shown], at=now)[event.pk]) == 3125
    offer = read_offer(world.the_performance(event).pk)
    assert offer.all_in_price(offer.kinds[standard.ticket_type.pk]) == 3125
    list_event(event_id=event.pk)
    with schema_context("public"):
        assert ListedEvent.objects.get(event_id=event.pk).price_from == 3125


def test_within_a_day_a_price_moves_no_further_than_it_may(event: Event) -> None:
    follow(event, replace(BY_FILL, most_a_day=400))
    world.paid_order(event, Standard=8)
    now = database_now()

    prices = []
    for hours in (0, 12, 25, 30, 50):
        reprice(at=now + timedelta(hours=hours))
        prices.append(price_history(event_id=event.pk)[0].price)

    assert prices == [2800, 2800, 3200, 3200, 3600]


def test_the_pace_of_the_last_hours_counts_what_was_paid_for(event: Event) -> None:
    follow(event, Rules(floor=2000, cap=4000, faster=(Rung(200, 500),), pace_hours=24))
    world.paid_order(event, Standard=6)
    kind, date = world.kind_of(event, STANDARD), world.the_performance(event)
    now = database_now()

    def state(at: object) -> SaleState:
        return sale_states(date, {kind.pk: 24}, kinds=[kind], at=at)[kind.pk]  # type: ignore[arg-type]

    assert (state(now).sold, state(now).size, state(now).house_size, state(now).sold_lately) == (6, 10, 20, 6)
    assert state(now + timedelta(hours=25)).sold_lately == 0
    reprice(at=now)
    assert price_of_a_hold(event)[0] == 2900
    reprice(at=now + timedelta(hours=25))
    assert price_of_a_hold(event)[0] == 2400


def test_a_sale_that_has_not_begun_is_not_slow(event: Event) -> None:
    kind, date = world.kind_of(event, STANDARD), world.the_performance(event)
    now = database_now()
    date.event.published_at, date.event.sale_starts_at = now - timedelta(days=2), now + timedelta(days=1)

    def hours_on_sale(at: datetime) -> int:
        return sale_states(date, {kind.pk: 24}, kinds=[kind], at=at)[kind.pk].hours_on_sale

    assert [hours_on_sale(now + timedelta(days=days)) for days in (0, 1, 2)] == [0, 0, 24]


def test_blocked_places_are_not_for_sale_and_a_category_is_compared_with_the_house(paying: world.House) -> None:
    hall = world.seat_map(("Stalls", "stalls", (10,)), ("Balcony", "balcony", (10,)))
    event = world.make_seated_event(hall, kinds=(("Adult", 3000, "stalls"), ("Upstairs", 2000, "balcony")))
    stalls = world.kind_of(event, "Adult")
    rules = Rules(floor=2000, cap=5000, ahead=(Rung(25, 700),))
    set_price_rules(ticket_type_id=stalls.pk, rules=rules, mode=APPLY, actor=OWNER)
    order = world.order_seats(event, Adult=[f"Stalls-A-{n}" for n in range(1, 6)])
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)

    assert reprice() == 1  # half of the stalls, a quarter of the house

    (line,) = world.hold_seats(event, Adult=["Stalls-A-6"]).quote["lines"]
    assert line["price"] == 3700


def test_what_is_not_on_sale_keeps_its_price(event: Event) -> None:
    follow(event)
    world.paid_order(event, Standard=5)
    date = world.the_performance(event)
    assert reprice(at=date.starts_at) == 0
    stop_sales(performance_id=date.pk, reason="does not add up", actor=SYSTEM)

    assert reprice() == 0
    assert not DynamicPrice.objects.exists()


def test_another_price_of_the_type_keeps_floor_and_cap_until_the_clock_comes_round(event: Event) -> None:
    follow(event)
    world.paid_order(event, Standard=5)
    reprice()
    kind = world.kind_of(event, STANDARD)
    same = {"name": kind.name, "perk": "", "max_per_order": 10, "actor": OWNER}

    change_ticket_type(ticket_type_id=kind.pk, price=3700, **same)
    assert price_of_a_hold(event) == (4000, [("base", 3700), ("dynamic", 300)])
    reprice()
    assert price_history(event_id=event.pk)[0].why[-1] == {"cause": "cap", "at": 4000, "amount": -300}
    assert breaches() == {}


def test_the_sale_adds_to_the_price_of_the_phase_that_is_open(event: Event) -> None:
    kind = world.kind_of(event, STANDARD)
    wish = PhaseWish("Early bird", 1800, until=timezone.now() + timedelta(days=2))
    change_phases(ticket_type_id=kind.pk, phases=[wish], actor=OWNER)
    follow(event, replace(BY_FILL, is_percent=True, fill=(Rung(50, 1000),)))
    assert reprice() == 0  # nobody brings an early bird up to the floor
    world.paid_order(event, Standard=5)

    assert reprice() == 1

    steps = [("base", 2400), ("phase", -600), ("dynamic", 180)]
    assert price_of_a_hold(event) == (1980, steps)
    assert price_history(event_id=event.pk)[0].base == 1800
    reprice(at=database_now() + timedelta(days=3))  # the phase is over: 10 % of 24.00
    assert DynamicPrice.objects.get().amount == 240
    assert breaches() == {}


def test_a_date_with_a_price_of_its_own_moves_from_there(event: Event) -> None:
    kind, date = world.kind_of(event, STANDARD), world.the_performance(event)
    price_dates(event=event, dates=[date], ticket_type=kind, price=3000, actor=OWNER)
    follow(event, replace(BY_FILL, is_percent=True, fill=(Rung(50, 1000),)))
    world.paid_order(event, Standard=5)

    assert reprice() == 1

    assert price_of_a_hold(event)[0] == 3300
    assert prices_at_next_date(event, at=timezone.now())[kind.pk] == 3300


# --- Rules ---------------------------------------------------------------------------------------------------------------------


def test_rules_have_versions_and_the_same_again_is_none(event: Event) -> None:
    first, again, second = follow(event), follow(event), follow(event, mode=PROPOSE)

    assert again is None
    assert first
    assert second
    assert (first.version, second.version, second.created_by) == (1, 2, f"user:{UUID(int=7)}")
    assert AuditEntry.objects.filter(verb="set_price_rules").count() == 2


@pytest.mark.parametrize(
    ("name", "rules", "mode", "field"),
    [
        ("Guest list", BY_FILL, OFF, ""),
        (STANDARD, replace(BY_FILL, floor=2401), OFF, "floor"),
        (STANDARD, replace(BY_FILL, fill=(Rung(50, -1),)), OFF, "fill"),
        (STANDARD, replace(BY_FILL, fill=()), APPLY, "mode"),
    ],
)
def test_rules_that_cannot_be_are_refused_and_nothing_is_kept(event, name, rules, mode, field) -> None:
    with pytest.raises(RulesInvalid) as refused:
        set_price_rules(ticket_type_id=world.kind_of(event, name).pk, rules=rules, mode=mode, actor=OWNER)

    assert refused.value.extra.get("field", "") == field
    assert not PriceRules.objects.exists()


def test_rules_that_are_off_only_wait_and_switching_off_brings_the_own_price_back(event: Event) -> None:
    follow(event, mode=OFF)
    world.paid_order(event, Standard=5)
    assert reprice() == 0
    follow(event, mode=APPLY)
    assert reprice() == 1

    follow(event, mode=OFF)

    assert price_of_a_hold(event) == (2400, [])
    last = price_history(event_id=event.pk)[0]
    assert (last.price_before, last.price, last.approved_by, last.state) == (3000, 2400, str(OWNER), None)
    assert last.why == [{"cause": "rules_off", "at": 0, "amount": 0}]
    assert breaches() == {}


def test_a_lower_cap_holds_at_once(event: Event) -> None:
    follow(event)
    world.paid_order(event, Standard=5)
    reprice()

    follow(event, replace(BY_FILL, cap=2700))

    assert price_of_a_hold(event) == (2700, [("base", 2400), ("dynamic", 300)])
    assert breaches() == {}


# --- Propose -------------------------------------------------------------------------------------------------------------------


def test_a_proposed_price_waits_for_a_yes(event: Event) -> None:
    follow(event, mode=PROPOSE)
    world.paid_order(event, Standard=5)
    before = version(event)

    assert (reprice(), reprice()) == (1, 0)
    assert price_of_a_hold(event) == (2400, [])
    assert version(event) == before
    proposal = Proposal.objects.get()
    assert (proposal.price_before, proposal.price, proposal.status) == (2400, 3000, "open")

    change = approve_proposal(proposal_id=proposal.pk, actor=OWNER)

    assert price_of_a_hold(event)[0] == 3000
    assert (change.approved_by, change.price, change.why) == (str(OWNER), 3000, proposal.why)
    with pytest.raises(ProposalClosed):
        approve_proposal(proposal_id=proposal.pk, actor=OWNER)
    assert PriceChange.objects.count() == 1
    assert reprice() == 0
    assert breaches() == {}


def test_a_newer_proposal_replaces_an_older_one_and_one_that_is_no_longer_wanted_goes(event: Event) -> None:
    follow(event, mode=PROPOSE)
    order = world.paid_order(event, Standard=5)
    reprice()
    more = world.paid_order(event, Standard=3)

    assert reprice() == 1

    first, second = Proposal.objects.all()
    assert [(one.price, one.status) for one in (first, second)] == [(3000, "superseded"), (3600, "open")]
    with pytest.raises(ProposalClosed):
        approve_proposal(proposal_id=first.pk, actor=OWNER)
    for one in (order, more):
        checkout.refund_order(order_id=one.pk, actor=SYSTEM)
    assert reprice() == 0
    second.refresh_from_db()
    assert second.status == "superseded"
    assert not PriceChange.objects.exists()


def test_what_was_declined_is_not_proposed_again_for_a_day(event: Event) -> None:
    follow(event, mode=PROPOSE)
    world.paid_order(event, Standard=5)
    reprice()

    declined = decline_proposal(proposal_id=Proposal.objects.get().pk, actor=OWNER)

    assert (declined.status, declined.decided_by) == ("declined", str(OWNER))
    assert price_of_a_hold(event) == (2400, [])
    now = database_now()
    assert reprice(at=now + timedelta(hours=23)) == 0
    assert reprice(at=now + timedelta(hours=25)) == 1


def test_a_proposal_expires_and_is_made_anew(event: Event) -> None:
    follow(event, mode=PROPOSE)
    world.paid_order(event, Standard=5)
    yesterday = database_now() - timedelta(hours=25)
    reprice(at=yesterday)
    old = Proposal.objects.get()

    with pytest.raises(ProposalClosed):
        approve_proposal(proposal_id=old.pk, actor=OWNER)
    assert reprice() == 1
    assert [one.status for one in Proposal.objects.all()] == ["expired", "open"]
    assert not PriceChange.objects.exists()


def test_other_rules_take_open_proposals_with_them(event: Event) -> None:
    follow(event, mode=PROPOSE)
    world.paid_order(event, Standard=5)
    reprice()

    follow(event, mode=OFF)

    assert Proposal.objects.get().status == "superseded"
    assert moved_prices([world.the_performance(event).pk]) == {}
