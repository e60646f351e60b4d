"""A code in the sale: priced, its use claimed with the places and given back with them, counted per person and by budget."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from analytics.queries import performances_with_entries_after
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.code_desk import Figures, create_batch, create_code, edit_code, figures_of_codes, mail_codes
from checkout.codes import change_code, taken_of_budget
from checkout.erasure import erase_buyer
from checkout.errors import BasketInvalid, ConsentMissing
from checkout.refunds import GivingBack, give_back
from events.models import Event, TicketType
from inventory.errors import HoldEnded, NotOnSale, SoldOut, TooFewFree
from inventory.models import Hold, Place, StockEntry
from notifications.models import EmailMessage
from orders.models import Order
from outbox.actions import drain
from people.models import Customer
from pricing.quote import Quote
from promotions.actions import add_discount, change_discount, remove_discount, stop_code
from promotions.errors import CodeNotForThis, CodeNotFound, CodeUnknown, CodeUsedByPerson, PromotionInvalid
from promotions.models import CodeRecipient, CodeUse, PromoCode
from tests import world
from tests.world import BEA, FREE, STANDARD, House

ANN = replace(BEA, name="Ann", email="ann@example.com")
VIP = "VIP"
KINDS = ((STANDARD, 2400, 50), (VIP, 5000, 10), (FREE, 0, 20))


@pytest.fixture
def house(northside: House) -> House:
    world.let_charge(northside)
    return northside


@pytest.fixture
def event(house: House) -> Event:
    return world.make_event(kinds=KINDS)


def a_code(event: Event | None, typed: str = "SPRING", **fields: Any) -> PromoCode:
    """10 % off unless said otherwise."""
    fields = {"effect": "percent", "value": 1000, **fields}
    if event is not None:
        fields["event_id"] = event.pk
    return create_code(typed=typed, actor=SYSTEM, **{"currency": "EUR", **fields})


def hold(event: Event, code: str = "", **wanted: int) -> Hold:
    basket = {world.kind_of(event, name).pk: quantity for name, quantity in wanted.items()}
    return checkout.place_hold(performance_id=world.the_performance(event).pk, basket=basket, code=code)


def order(event: Event, code: str = "", buyer: checkout.Buyer = BEA, **wanted: int) -> Order:
    held = hold(event, code, **wanted)
    return checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer)


def uses(code: PromoCode) -> dict[str, int]:
    """How many of the code's uses are in each state that any is in."""
    states = list(Place.objects.filter(pool__code=code).values_list("state", flat=True))
    return {state: states.count(state) for state in sorted(set(states))}


def quoted(held: Hold) -> Quote:
    return Quote.from_dict(Hold.objects.get(pk=held.pk).quote)


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Nobody holds or uses anything more than before."""

    def counted() -> tuple[int, ...]:
        held = Place.objects.exclude(state="free").count()
        return held, Hold.objects.count(), CodeUse.objects.count(), Order.objects.count(), StockEntry.objects.count()

    before = counted()
    yield
    assert counted() == before


# --- Priced and claimed -----------------------------------------------------------------------------------------------------


def test_a_code_is_priced_frozen_and_claimed_with_the_places(event: Event) -> None:
    code = a_code(event, most_uses=3)

    held = hold(event, " spr-ing ", Standard=2)

    line = quoted(held).lines[0]
    assert (line.price, line.before_discounts, line.quantity) == (2160, 2400, 2)
    assert [(step.kind, step.name, step.amount) for step in line.steps] == [
        ("base", "", 2400),
        ("code", "SPRING", -240),
    ]
    assert quoted(held).total == 2 * 2160 + 2 * (54 + 50)  # our fee is 2.5 % of what is left + 0.50
    assert Quote.from_dict(held.quote) == quoted(held)
    assert uses(code) == {"free": 2, "held": 1}
    use = CodeUse.objects.get()
    assert (use.code, use.hold_id, use.taken) == (code, held.pk, 480)
    assert figures_of_codes([code.pk]) == {code.pk: Figures(claimed=1)}
    assert breaches() == {}


def test_an_order_sells_the_use_and_the_last_ticket_given_back_returns_it(event: Event) -> None:
    code = a_code(event, most_uses=1, ticket_types=[], value=10_000)  # nothing to pay, so that it is complete at once
    placed = order(event, "SPRING", Standard=2)

    assert (placed.is_paid, placed.total) == (True, 0)
    assert uses(code) == {"sold": 1}
    assert Place.objects.get(pool__code=code).position_id == placed.pk
    assert figures_of_codes([code.pk]) == {code.pk: Figures(paid=1, given=4800)}
    with nothing_changes(), pytest.raises(CodeUnknown):
        hold(event, "SPRING", Standard=1)

    first, second = placed.positions.order_by("index")
    give_back(order_id=placed.pk, asked=GivingBack(frozenset([first.pk]), cancels=True), actor=SYSTEM)
    assert uses(code) == {"sold": 1}
    assert breaches() == {}
    give_back(order_id=placed.pk, asked=GivingBack(frozenset([second.pk]), cancels=True), actor=SYSTEM)
    assert uses(code) == {"free": 1}
    assert figures_of_codes([code.pk]) == {}
    assert hold(event, "SPRING", Standard=1)
    assert breaches() == {}


def test_a_lapsed_hold_gives_its_use_to_the_next_and_a_released_one_at_once(event: Event) -> None:
    code = a_code(event, most_uses=1)
    with world.an_hour_ago():
        lapsed = hold(event, "SPRING", Standard=1)
    assert uses(code) == {"held": 1}

    second = hold(event, "SPRING", Standard=1)
    assert Place.objects.get(pool__code=code).hold_id == second.pk
    kinds = StockEntry.objects.filter(place_id=Place.objects.get(pool__code=code).pk).order_by("pk")
    assert [entry.kind for entry in kinds] == ["hold", "lapse", "hold"]
    assert figures_of_codes([code.pk])[code.pk].claimed == 1  # the lapsed one counts no more
    checkout.release_hold(hold_id=second.pk, token=second.token)
    assert uses(code) == {"free": 1}
    with pytest.raises(HoldEnded):
        change_code(hold_id=lapsed.pk, token=lapsed.token, typed="")
    assert breaches() == {}


def test_a_cancelled_order_returns_its_use(event: Event) -> None:
    code = a_code(event, most_uses=1)
    placed = order(event, "SPRING", Standard=1)
    assert (placed.state, uses(code)) == (Order.State.PENDING, {"held": 1})

    checkout.expire_order(order_id=placed.pk)

    assert uses(code) == {"free": 1}
    assert breaches() == {}


def test_paid_late_the_use_is_claimed_anew_or_the_order_is_cancelled(event: Event) -> None:
    code = a_code(event, most_uses=1)
    with world.an_hour_ago():
        late = order(event, "SPRING", Standard=1)
    taken_over = hold(event, "SPRING", Standard=1)

    assert not checkout.secure_order(order_id=late.pk)
    late.refresh_from_db()
    assert (late.state, late.cancel_reason) == ("cancelled", "places_gone")
    assert Place.objects.filter(hold=taken_over, state="held").count() == 2  # a ticket and the use

    checkout.release_hold(hold_id=taken_over.pk, token=taken_over.token)
    with world.an_hour_ago():
        again = order(event, "SPRING", buyer=ANN, Standard=1)
    between = hold(event, "SPRING", Standard=1)
    checkout.release_hold(hold_id=between.pk, token=between.token)
    assert checkout.secure_order(order_id=again.pk)
    assert uses(code) == {"sold": 1}
    assert breaches() == {}


def test_without_a_limit_there_is_no_pool(event: Event) -> None:
    code = a_code(event)
    for _time in range(3):
        assert order(event, "SPRING", Standard=1)
    assert not Place.objects.filter(pool__code=code).exists()
    assert figures_of_codes([code.pk])[code.pk].claimed == 3
    assert breaches() == {}


def test_where_no_places_are_left_no_use_is_taken(event: Event) -> None:
    code = a_code(event, most_uses=5)
    hold(event, VIP=10)

    with nothing_changes(), pytest.raises(SoldOut):
        hold(event, "SPRING", VIP=1, Standard=1)

    assert uses(code) == {"free": 5}


def test_the_same_key_twice_is_one_hold_and_one_use(event: Event) -> None:
    code = a_code(event, most_uses=5)
    asked = checkout.Asked("create_hold", "a-key-that-nobody-guesses", "print")
    what = {"performance_id": world.the_performance(event).pk, "basket": {world.kind_of(event, STANDARD).pk: 1}}

    first = checkout.place_hold(**what, asked=asked, code="SPRING")
    second = checkout.place_hold(**what, asked=asked, code="SPRING")

    assert (first.pk, first.token, quoted(first)) == (second.pk, second.token, Quote.from_dict(second.quote))
    assert uses(code) == {"free": 4, "held": 1}


# --- Refused ----------------------------------------------------------------------------------------------------------------


def test_unknown_used_up_over_stopped_early_and_foreign_codes_get_one_answer(event: Event, southside: House) -> None:
    now = timezone.now()
    other = world.make_event(kinds=KINDS)
    a_code(event, "USED", most_uses=1)
    hold(event, "USED", Standard=1)
    a_code(event, "OVER", ends_at=now - timedelta(minutes=1))
    a_code(event, "SOON", starts_at=now + timedelta(minutes=1))
    stop_code(code_id=a_code(event, "STOPPED").pk, is_stopped=True, actor=SYSTEM)
    a_code(other, "OTHER")
    a_code(None, "FRANCS", currency="CHF")
    a_code(event, "SPENT", effect="per_ticket", value=500, budget=500)
    hold(event, "SPENT", Standard=1)
    with tenant_context(southside.organizer):
        a_code(None, "SOUTH")

    answers = set()
    for typed in ("NOBODY", "USED", "OVER", "SOON", "STOPPED", "OTHER", "FRANCS", "SPENT", "SOUTH", "'; --", "x" * 500):
        with nothing_changes(), pytest.raises(CodeUnknown) as refused:
            hold(event, typed, Standard=1)
        answers.add((refused.value.code, refused.value.detail, refused.value.status))

    said = "This code cannot be used here. It does not exist, is over or has been used up."
    assert answers == {("code_unknown", said, 422)}


@pytest.mark.parametrize(
    ("fields", "wanted", "words"),
    [
        ({"least_tickets": 3}, {STANDARD: 2}, "This code applies from 3 tickets on."),
        ({"least_spend": 10_000}, {STANDARD: 4}, "This code applies from €100.00 on, before fees."),
        ({}, {FREE: 1}, "These tickets are free already, so there is nothing to take off."),
        (
            {"effect": "set_price", "value": 3000},
            {STANDARD: 1},
            "With this code you would pay no less than you do without it.",
        ),
    ],
)
def test_a_code_that_does_nothing_for_these_tickets_says_why(
    event: Event, fields: dict[str, Any], wanted: dict[str, int], words: str
) -> None:
    a_code(event, most_uses=5, **fields)
    with nothing_changes(), pytest.raises(CodeNotForThis) as refused:
        hold(event, "SPRING", **wanted)
    assert refused.value.detail == words
    assert refused.value.extra == {"field": "code"}


def test_a_code_for_some_tickets_names_them(event: Event) -> None:
    a_code(event, ticket_types=[world.kind_of(event, VIP).pk])
    with nothing_changes(), pytest.raises(CodeNotForThis) as refused:
        hold(event, "SPRING", Standard=1)
    assert refused.value.detail == "This code is for other tickets: “VIP”."
    assert [line.price for line in quoted(hold(event, "SPRING", Standard=1, VIP=1)).lines] == [2400, 4500]


# --- At the checkout --------------------------------------------------------------------------------------------------------


def test_a_held_basket_takes_a_code_another_one_and_none_again(event: Event) -> None:
    first, second = a_code(event, most_uses=2), a_code(event, "FIVER", effect="per_order", value=500, most_uses=2)
    held = hold(event, Standard=2)
    plain, until = quoted(held), held.expires_at

    change_code(hold_id=held.pk, token=held.token, typed="spring")
    change_code(hold_id=held.pk, token=held.token, typed="SPRING")
    assert (quoted(held).subtotal, uses(first), uses(second)) == (4320, {"free": 1, "held": 1}, {"free": 2})
    change_code(hold_id=held.pk, token=held.token, typed="fiver")
    assert (quoted(held).subtotal, uses(first), uses(second)) == (4300, {"free": 2}, {"free": 1, "held": 1})
    with nothing_changes(), pytest.raises(CodeUnknown):
        change_code(hold_id=held.pk, token=held.token, typed="nothing")
    assert quoted(held).subtotal == 4300
    change_code(hold_id=held.pk, token=held.token, typed="")
    assert quoted(held) == plain
    assert (uses(first), uses(second), CodeUse.objects.count()) == ({"free": 2}, {"free": 2}, 0)
    assert Hold.objects.get(pk=held.pk).expires_at == until
    assert breaches() == {}


def test_the_use_is_held_for_as_long_as_the_tickets(event: Event) -> None:
    code = a_code(event, most_uses=2, budget=1000)
    held = hold(event, "SPRING", Standard=1)
    Hold.objects.filter(pk=held.pk).update(expires_at=held.created_at + timedelta(minutes=2))

    longer = checkout.extend_hold(hold_id=held.pk, token=held.token)

    assert Place.objects.get(pool__code=code, state="held").held_until == longer.expires_at


def test_an_order_keeps_a_code_that_was_stopped_after_the_hold(event: Event) -> None:
    code = a_code(event, most_uses=2)
    held = hold(event, "SPRING", Standard=1)
    stop_code(code_id=code.pk, is_stopped=True, actor=SYSTEM)
    placed = checkout.place_order(hold_id=held.pk, token=held.token, buyer=BEA)
    assert placed.total == 2160 + 104
    assert [step["name"] for step in placed.positions.get().steps or ()] == ["", "SPRING"]


# --- Seats ------------------------------------------------------------------------------------------------------------------


def test_seats_and_a_use_are_held_together_or_not_at_all(house: House) -> None:
    seated = world.make_seated_event()
    code = a_code(seated, most_uses=1, effect="n_for_m", buy=2, pay=1)
    named = world.choice(seated, Adult=["Stalls-A-1", "Stalls-A-2"])
    basket = {type_id: len(indexes) for type_id, indexes in named.seats.items()}
    where = world.the_performance(seated).pk

    held = checkout.place_hold(performance_id=where, basket=basket, seats=named, code="SPRING")
    lines = quoted(held).lines
    assert [(line.price, line.seats) for line in lines] == [(3000, ("Stalls-A-1",)), (0, ("Stalls-A-2",))]
    change_code(hold_id=held.pk, token=held.token, typed="")
    assert [(line.price, line.seats) for line in quoted(held).lines] == [(3000, ("Stalls-A-1", "Stalls-A-2"))]
    change_code(hold_id=held.pk, token=held.token, typed="SPRING")
    assert quoted(held).lines == lines

    more = world.choice(seated, Adult=["Stalls-A-3", "Stalls-A-4"])
    with nothing_changes(), pytest.raises(CodeUnknown):
        checkout.place_hold(performance_id=where, basket=basket, seats=more, code="SPRING")
    with nothing_changes(), pytest.raises(CodeUnknown):
        checkout.place_hold(performance_id=where, basket=basket, code="SPRING")  # the best free seats
    checkout.release_hold(hold_id=held.pk, token=held.token)
    best = checkout.place_hold(performance_id=where, basket=basket, code="SPRING")
    assert (uses(code), quoted(best).subtotal) == ({"held": 1}, 3000)
    assert breaches() == {}


# --- Limits -----------------------------------------------------------------------------------------------------------------


def test_one_person_uses_a_code_so_often_over_all_orders_and_events(event: Event) -> None:
    code = a_code(None, "FRIEND", per_buyer=1, value=10_000)
    other = world.make_event(kinds=KINDS)
    first = order(event, "FRIEND", Standard=1)
    held = hold(other, "FRIEND", Standard=1)

    with nothing_changes(), pytest.raises(CodeUsedByPerson) as refused:
        checkout.place_order(hold_id=held.pk, token=held.token, buyer=replace(BEA, email="BEA+x@example.com"))
    assert refused.value.detail == (
        "The code FRIEND can be used for 1 order per person. Your tickets are still held: remove the code to go on."
    )
    assert checkout.place_order(hold_id=held.pk, token=held.token, buyer=ANN).is_paid
    checkout.refund_order(order_id=first.pk, actor=SYSTEM)
    assert order(event, "FRIEND", Standard=1).is_paid
    assert figures_of_codes([code.pk])[code.pk].paid == 2
    assert breaches() == {}


def test_a_refusal_for_another_reason_uses_nobodys_code(event: Event) -> None:
    a_code(event, per_buyer=1)
    held = hold(event, "SPRING", Standard=1)
    with nothing_changes(), pytest.raises(ConsentMissing):
        checkout.place_order(hold_id=held.pk, token=held.token, buyer=replace(BEA, consents=frozenset()))
    assert checkout.place_order(hold_id=held.pk, token=held.token, buyer=BEA)


def test_a_budget_is_claimed_by_holds_cut_to_what_is_left_and_returned(event: Event) -> None:
    code = a_code(event, effect="per_ticket", value=1000, budget=2500)
    first = hold(event, "SPRING", Standard=2)
    second = hold(event, "SPRING", Standard=1)
    assert (quoted(first).taken("code", "SPRING"), quoted(second).taken("code", "SPRING")) == (2000, 500)
    assert taken_of_budget(code) == 2500
    with nothing_changes(), pytest.raises(CodeUnknown):
        hold(event, "SPRING", Standard=1)

    checkout.release_hold(hold_id=first.pk, token=first.token)
    assert taken_of_budget(code) == 500
    placed = checkout.place_order(hold_id=second.pk, token=second.token, buyer=BEA)
    with world.an_hour_ago():
        hold(event, "SPRING", Standard=2)
    assert taken_of_budget(code) == 500  # what lapsed has nothing
    checkout.expire_order(order_id=placed.pk)
    assert taken_of_budget(code) == 0
    assert breaches() == {}


# --- Early sale -------------------------------------------------------------------------------------------------------------


def test_a_presale_code_sells_its_tickets_before_their_time(event: Event) -> None:
    vip = world.kind_of(event, VIP)
    TicketType.objects.filter(pk=vip.pk).update(on_sale_from=timezone.now() + timedelta(days=1))
    code = a_code(event, "EARLY", effect="nothing", value=0, opens_early=True, ticket_types=[vip.pk], most_uses=2)

    with nothing_changes(), pytest.raises(NotOnSale):
        hold(event, VIP=1)
    held = hold(event, "EARLY", VIP=2)
    assert (quoted(held).subtotal, uses(code)) == (10_000, {"free": 1, "held": 1})
    with nothing_changes(), pytest.raises(CodeNotForThis) as refused:
        change_code(hold_id=held.pk, token=held.token, typed="")
    assert refused.value.detail.startswith("These tickets can be chosen with this code only.")
    with nothing_changes(), pytest.raises(CodeNotForThis):
        hold(event, "EARLY", Standard=1)
    assert breaches() == {}


def test_a_code_sells_hidden_tickets_to_who_has_it(event: Event) -> None:
    vip = world.kind_of(event, VIP)
    TicketType.objects.filter(pk=vip.pk).update(is_hidden=True)
    a_code(event, "SECRET", effect="nothing", value=0, opens_hidden=True, ticket_types=[vip.pk])

    with nothing_changes(), pytest.raises(BasketInvalid):
        hold(event, VIP=1)
    held = hold(event, "SECRET", VIP=1, Standard=1)
    assert [line.name for line in quoted(held).lines] == [VIP, STANDARD]
    with nothing_changes(), pytest.raises(CodeNotForThis):
        change_code(hold_id=held.pk, token=held.token, typed="")


# --- Without a code ---------------------------------------------------------------------------------------------------------


def test_an_automatic_discount_holds_from_the_next_hold_on_and_goes_before_the_code(event: Event) -> None:
    before = quoted(hold(event, Standard=3))
    assert before.lines[0].steps == ()
    found = add_discount(event_id=event.pk, name="3 for 2", effect="n_for_m", buy=3, pay=2, actor=SYSTEM)
    a_code(event)

    three = quoted(hold(event, "SPRING", Standard=3))
    assert [(line.quantity, line.price) for line in three.lines] == [(2, 2160), (1, 0)]
    assert [step.name for step in three.lines[1].steps] == ["", "3 for 2"]

    change_discount(
        event_id=event.pk,
        discount_id=found.pk,
        name="Group",
        effect="percent",
        value=2000,
        least_tickets=3,
        actor=SYSTEM,
    )
    assert [line.price for line in quoted(hold(event, Standard=3)).lines] == [1920]
    assert [line.price for line in quoted(hold(event, Standard=2)).lines] == [2400]
    later = timezone.now() + timedelta(hours=1)
    change_discount(
        event_id=event.pk,
        discount_id=found.pk,
        name="Group",
        effect="percent",
        value=2000,
        starts_at=later,
        actor=SYSTEM,
    )
    assert quoted(hold(event, Standard=3)) == before
    remove_discount(event_id=event.pk, discount_id=found.pk, actor=SYSTEM)
    assert quoted(hold(event, Standard=3)) == before


def test_of_discounts_that_stand_alone_the_better_one_is_taken_and_no_code_is_spent(event: Event) -> None:
    add_discount(event_id=event.pk, name="Half", effect="percent", value=5000, is_combinable=False, actor=SYSTEM)
    code = a_code(event, most_uses=1, is_combinable=False)
    with nothing_changes(), pytest.raises(CodeNotForThis):
        hold(event, "SPRING", Standard=1)
    assert (quoted(hold(event, Standard=1)).subtotal, uses(code)) == (1200, {"free": 1})


# --- Staff ------------------------------------------------------------------------------------------------------------------


def test_a_limit_grows_and_shrinks_to_what_is_used_and_a_budget_to_what_was_taken(event: Event) -> None:
    code = a_code(event, most_uses=2, budget=1000)
    hold(event, "SPRING", Standard=1)

    edit_code(code_id=code.pk, most_uses=5, actor=SYSTEM)
    assert uses(code) == {"free": 4, "held": 1}
    edit_code(code_id=code.pk, most_uses=1, budget=240, actor=SYSTEM)
    assert uses(code) == {"held": 1}
    for wrong in ({"most_uses": None}, {"budget": 239}, {"effect": "percent", "value": 0}, {"budget": 0}):
        with nothing_changes(), pytest.raises(PromotionInvalid):
            edit_code(code_id=code.pk, actor=SYSTEM, **wrong)
    edit_code(code_id=code.pk, most_uses=2, budget=None, actor=SYSTEM)
    hold(event, "SPRING", Standard=1)
    with transaction.atomic(), nothing_changes(), pytest.raises(TooFewFree):
        edit_code(code_id=code.pk, most_uses=1, actor=SYSTEM)
    assert uses(code) == {"held": 2}
    assert breaches() == {}


def test_the_journal_of_uses_belongs_to_no_date(event: Event) -> None:
    a_code(event, most_uses=1)
    last = StockEntry.objects.latest("pk").pk if StockEntry.objects.exists() else 0
    hold(event, "SPRING", Standard=1)
    assert performances_with_entries_after(last) == [world.the_performance(event).pk]


def test_the_mail_of_an_order_says_what_was_taken_off(event: Event, media: object) -> None:
    a_code(event, value=10_000)
    order(event, "SPRING", Standard=1)
    drain()
    words = EmailMessage.objects.get(key__startswith="tickets:").text.replace("\u2060", "")
    assert "Regular price €24.00 · SPRING −€24.00" in words


def test_whom_a_code_was_mailed_to_is_forgotten_with_the_buyer(event: Event) -> None:
    batch = create_batch(
        name="Members", number=2, prefix="", actor=SYSTEM, event_id=event.pk, effect="percent", value=1000
    )[0].batch
    assert batch is not None
    mail_codes(batch_id=batch.pk, addresses=["ann@example.com", "ben@example.com"], words="", actor=SYSTEM)
    Customer.objects.create(email="ann@example.com", name="Ann")

    erase_buyer(email="ann@example.com", actor=SYSTEM)

    assert sorted(CodeRecipient.objects.values_list("email", flat=True)) == ["", "ben@example.com"]
    with pytest.raises(PromotionInvalid):  # her code is nobody else's
        mail_codes(batch_id=batch.pk, addresses=["cleo@example.com"], words="", actor=SYSTEM)


def test_southside_has_none_of_northsides_codes(event: Event, southside: House) -> None:
    code = a_code(event)
    with tenant_context(southside.organizer):
        assert not PromoCode.objects.filter(pk=code.pk).exists()
        with pytest.raises(CodeNotFound):
            stop_code(code_id=code.pk, is_stopped=True, actor=SYSTEM)
        assert figures_of_codes([code.pk]) == {}
    assert PromoCode.objects.get(pk=code.pk).stopped_at is None
