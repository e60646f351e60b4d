"""What gets free is held for the next in order, bought through the normal checkout, or goes on to whoever comes after."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from audit.actions import SYSTEM, user_actor
from checkout import actions as checkout
from checkout.changes import change_quantity
from checkout.publish import publish_event
from checkout.waiting import decline, offer_by_hand, serve, serve_all
from events.actions import change_ticket_type
from events.add_ons import set_add_on
from events.models import Event
from inventory import actions as stock
from inventory import blocks
from inventory.actions import SeatedPosition, sell_places
from inventory.errors import SeatTaken, SoldOut
from inventory.models import Hold, Place
from inventory.queries import availability
from notifications.models import EmailMessage
from outbox.actions import drain
from outbox.models import OutboxMessage
from tests import world
from tests.waitlist.waiting import asks, mails_about, sold_out, state_of, waited_pools, waits
from tests.world import BEA, FREE, STALLS, House
from waiting_room.shuffle import commitment_to, shuffled
from waitlist.actions import change_rules, confirm, draw_now, leave, remove
from waitlist.errors import EntryInvalid, EntryNotFound, EntryOver, NothingToOffer, NoWaitingList, RulesInvalid
from waitlist.models import Entry, ListOffer, WaitingList
from waitlist.queries import figures_of, position_of, rows_of, rules_of

FIRST_COME = {"is_open": True, "mode": "first_come", "offer_hours": 24}


def release(hold: Hold) -> None:
    checkout.release_hold(hold_id=hold.pk, token=hold.token)


def served(event: Event) -> int:
    return serve(performance_id=world.the_performance(event).pk)


def end_now(hold: Hold) -> None:
    """Its time is over."""
    then = timezone.now() - timedelta(seconds=1)
    with transaction.atomic():
        stock.keep_hold_until(hold=hold, until=then, actor=SYSTEM, cause="a test's clock")


def buy(offer: ListOffer) -> None:
    checkout.place_order(hold_id=offer.hold_id, token=offer.hold.token, buyer=BEA)


def test_a_place_that_comes_back_goes_to_the_next_by_a_link_that_leads_to_the_checkout(northside: House) -> None:
    event, holds = sold_out()
    wanda, willi = waits(event, "wanda@example.com"), waits(event, "willi@example.com")
    while drain():
        pass

    release(holds[0])
    assert OutboxMessage.objects.filter(kind="serve_waiting_list", done_at=None).count() == 1
    with pytest.raises(SoldOut):
        world.hold(event, **{FREE: 1})
    while drain():
        pass

    offer = ListOffer.objects.get()
    assert (offer.entry, offer.quantity, offer.outcome) == (wanda, 1, "open")
    assert offer.expires_at - offer.made_at == timedelta(hours=24)
    assert (offer.hold.state, offer.hold.expires_at) == ("live", offer.expires_at)
    assert (state_of(wanda), state_of(willi)) == ("offered", "waiting")
    mail = EmailMessage.objects.get(key=f"waiting-list:{wanda.pk}:offer:{offer.pk}")
    assert (mail.to, mail.subject) == ("wanda@example.com", f"Your tickets are here: {event.title}")
    assert f"/waiting-list/{wanda.pk}/{wanda.token}/" in mail.text
    assert served(event) == 0  # nothing more is free

    buy(offer)
    assert serve_all() == 0
    assert (state_of(wanda), ListOffer.objects.get().outcome) == ("bought", "bought")
    assert position_of(Entry.objects.get(pk=willi.pk), rules_of(event.pk)) == 1
    assert breaches() == {}
    assert compare_stock(world.the_performance(event).pk).differences == 0


def test_who_does_not_buy_in_time_is_off_the_list_and_the_next_comes(northside: House) -> None:
    event, holds = sold_out()
    wanda, willi = waits(event, "wanda@example.com"), waits(event, "willi@example.com")
    release(holds[0])
    served(event)
    end_now(ListOffer.objects.get().hold)
    with pytest.raises(SoldOut):  # lapsed, and still the list's
        world.hold(event, **{FREE: 1})

    assert served(event) == 1

    assert (state_of(wanda), state_of(willi)) == ("expired", "offered")
    assert mails_about(wanda)[-1] == "passed"
    assert waited_pools(event) == []  # nobody waits any more
    assert [offer.outcome for offer in ListOffer.objects.all()] == ["expired", "open"]
    assert breaches() == {}


def test_what_nobody_waits_for_is_everybodys_again(northside: House) -> None:
    event, holds = sold_out()
    wanda = waits(event, "wanda@example.com")
    release(holds[0])
    release(holds[1])
    served(event)

    assert (state_of(wanda), waited_pools(event)) == ("offered", [])
    assert world.hold(event, **{FREE: 1})


def test_who_gives_the_places_back_makes_room_at_once(northside: House) -> None:
    event, holds = sold_out()
    wanda, willi = waits(event, "wanda@example.com"), waits(event, "willi@example.com")
    release(holds[0])
    served(event)
    with pytest.raises(EntryOver):
        leave(entry_id=wanda.pk, token=wanda.token)

    decline(entry_id=wanda.pk, token=wanda.token)

    assert (state_of(wanda), state_of(willi)) == ("declined", "offered")
    assert mails_about(wanda)[-1] == "offer"
    with pytest.raises(EntryOver):
        decline(entry_id=wanda.pk, token=wanda.token)


def test_fewer_go_to_who_said_so_and_others_are_passed_over_until_there_is_enough(northside: House) -> None:
    event, holds = sold_out(((FREE, 0, 4),))
    whole, any_ = waits(event, "whole@example.com", n=3), waits(event, "any@example.com", n=2, takes_fewer=True)
    release(holds[0])
    served(event)

    assert (state_of(whole), state_of(any_)) == ("waiting", "offered")
    assert ListOffer.objects.get().quantity == 1
    fewer = EmailMessage.objects.get(key__contains=":offer:")
    assert "That is fewer than you asked for" in fewer.text

    for hold in holds[1:3]:
        release(hold)
        assert served(event) == 0
        with pytest.raises(SoldOut):
            world.hold(event, **{FREE: 1})
    release(holds[3])
    assert served(event) == 1
    assert (state_of(whole), ListOffer.objects.get(entry=whole).quantity) == ("offered", 3)


def test_all_ways_in_which_places_get_free_lead_to_the_list(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 6),))
    performance = world.the_performance(event)
    quota = event.quotas.get()
    with world.an_hour_ago():
        world.hold(event, **{FREE: 1})  # will be seen as lapsed by whoever asks
    ordered = world.place_order(event, **{FREE: 1})
    purpose = blocks.Purpose(owner="house", release_at=timezone.now() + timedelta(days=1))
    block = blocks.block_quantity(
        performance_id=performance.pk, quota_id=quota.pk, quantity=1, purpose=purpose, actor=SYSTEM
    )
    held = [world.hold(event, **{FREE: 1}) for _one in range(4)]
    people = [waits(event, f"person{n}@example.com") for n in range(5)]

    end_now(held[0])
    blocks.release_block(block_id=block.pk, actor=SYSTEM)
    checkout.refund_order(order_id=ordered.pk, actor=SYSTEM)
    release(held[1])
    change_quantity(ticket_type_id=world.kind_of(event, FREE).pk, quantity=7, actor=SYSTEM)
    with pytest.raises(SoldOut):
        world.hold(event, **{FREE: 1})
    while drain():
        pass

    assert [state_of(one) for one in people] == ["offered"] * 5
    assert breaches() == {}


def test_who_pays_late_does_not_come_before_who_waits(northside: House) -> None:
    event, holds = sold_out()
    wanda, willi = waits(event, "wanda@example.com"), waits(event, "willi@example.com", n=2)
    end_now(holds[0])
    served(event)  # its place is wanda's now
    change_quantity(ticket_type_id=world.kind_of(event, FREE).pk, quantity=3, actor=SYSTEM)  # one more, for the list
    paid = SeatedPosition(uuid4(), world.kind_of(event, FREE).pk)

    assert not sell_places(hold=Hold.objects.get(pk=holds[0].pk), positions=[paid], actor=SYSTEM)

    assert (state_of(wanda), state_of(willi)) == ("offered", "waiting")
    assert Place.objects.filter(state="free").count() == 1


def test_groups_come_first_where_the_rules_say_so(northside: House) -> None:
    event, holds = sold_out()
    plain, member, friend = (waits(event, f"{name}@example.com") for name in ("plain", "member", "friend"))
    staff = waits(event, "lou@staff.example")
    groups = "Member@Example.com\n\n@staff.example\nfriend@example.com\n"
    rules = {**FIRST_COME, "mode": "priority", "first_groups": groups}
    with pytest.raises(RulesInvalid):
        change_rules(event_id=event.pk, actor=SYSTEM, **{**rules, "first_groups": "nobody"})  # type: ignore[arg-type]
    change_rules(event_id=event.pk, actor=SYSTEM, **rules)  # type: ignore[arg-type]
    later = waits(event, "again@staff.example")

    assert [row.entry for row in rows_of(event)] == [member, friend, staff, later, plain]
    release(holds[0])
    served(event)
    assert state_of(member) == "offered"


def test_a_draw_that_anybody_can_check_and_nothing_before_it(northside: House) -> None:
    event, holds = sold_out()
    people = [waits(event, f"person{n}@example.com") for n in range(6)]
    at = timezone.now() + timedelta(days=1)
    change_rules(event_id=event.pk, actor=SYSTEM, **{**FIRST_COME, "mode": "lottery", "draw_at": at})  # type: ignore[arg-type]
    found = WaitingList.objects.get()
    release(holds[0])
    assert served(event) == 0
    assert position_of(Entry.objects.get(pk=people[0].pk), rules_of(event.pk)) is None
    assert found.seed == ""

    draw_now(performance_id=found.performance_id, event_id=event.pk, actor=SYSTEM)
    draw_now(performance_id=found.performance_id, event_id=event.pk, actor=SYSTEM)
    late = waits(event, "late@example.com")

    found.refresh_from_db()
    seed = bytes.fromhex(found.seed)
    assert commitment_to(seed) == found.commitment
    order = shuffled([one.code for one in people], seed)
    assert [row.entry.code for row in rows_of(event)] == [*order, late.code]
    assert served(event) == 1
    assert ListOffer.objects.get().entry.code == order[0]


def test_the_draw_comes_by_the_clock(northside: House) -> None:
    event, holds = sold_out()
    wanda = waits(event, "wanda@example.com")
    at = timezone.now() - timedelta(seconds=1)
    change_rules(event_id=event.pk, actor=SYSTEM, **{**FIRST_COME, "mode": "lottery", "draw_at": at})  # type: ignore[arg-type]
    release(holds[0])

    assert serve_all() == 1
    assert (state_of(wanda), WaitingList.objects.get().drawn_at is not None) == ("offered", True)


def test_staff_offer_out_of_turn_and_remove(northside: House, southside: House) -> None:
    event, holds = sold_out()
    first, friend = waits(event, "first@example.com", n=2), waits(event, "friend@example.com")
    nora = user_actor(northside.owner.pk)
    with pytest.raises(NothingToOffer):
        offer_by_hand(entry_id=friend.pk, event_id=event.pk, actor=nora)
    release(holds[0])
    with tenant_context(southside.organizer), pytest.raises(EntryNotFound):
        offer_by_hand(entry_id=friend.pk, event_id=event.pk, actor=nora)

    offer = offer_by_hand(entry_id=friend.pk, event_id=event.pk, actor=nora)

    assert (offer.is_by_hand, offer.made_by, state_of(friend)) == (True, str(nora), "offered")
    with pytest.raises(EntryOver):
        offer_by_hand(entry_id=friend.pk, event_id=event.pk, actor=nora)
    with pytest.raises(EntryOver):
        remove(entry_id=friend.pk, event_id=event.pk, actor=nora)
    remove(entry_id=first.pk, event_id=event.pk, actor=nora)
    assert (state_of(first), waited_pools(event)) == ("removed", [])
    figures = figures_of(event)
    assert (figures.waiting, figures.tickets, figures.offered, figures.bought) == (0, 0, 1, 0)


def test_seats_are_closed_too_and_offered_together(northside: House) -> None:
    event = world.make_seated_event(
        world.seat_map(("Stalls", STALLS, (4, 4))), kinds=(("Adult", 0, STALLS),), orphans="off"
    )
    rows = [world.hold_seats(event, Adult=[f"Stalls-{row}-{n}" for n in (1, 2)]) for row in "AB"]
    rest = [world.hold_seats(event, Adult=[f"Stalls-{row}-{n}" for n in (3, 4)]) for row in "AB"]
    pair = waits(event, "pair@example.com", n=2, kind="Adult")
    release(rows[0])

    with pytest.raises(SeatTaken):
        world.hold_seats(event, Adult=["Stalls-A-1"])
    with pytest.raises(SoldOut):
        world.hold(event, Adult=1)
    assert served(event) == 1
    offer = ListOffer.objects.get()
    assert offer.hold.quote["lines"][0]["seats"] == ["Stalls-A-1", "Stalls-A-2"]

    apart = waits(event, "apart@example.com", n=2, kind="Adult")
    again = checkout.place_order(hold_id=rest[0].pk, token=rest[0].token, buyer=BEA)
    checkout.refund_order(order_id=again.pk, actor=SYSTEM)
    served(event)
    assert (state_of(pair), state_of(apart)) == ("offered", "offered")
    buy(offer)
    serve_all()
    assert state_of(pair) == "bought"
    assert breaches() == {}


def test_what_a_ticket_needs_is_offered_with_it(northside: House) -> None:
    world.let_charge(northside)
    event = world.make_event(kinds=((FREE, 0, 3), ("Coat", 500, 5)))
    set_add_on(ticket_type_id=world.kind_of(event, "Coat").pk, is_add_on=True, least=1, most=2, actor=SYSTEM)
    one, two = world.hold(event, **{FREE: 1, "Coat": 1}), world.hold(event, **{FREE: 2, "Coat": 2})
    wanda, willi = waits(event, "wanda@example.com"), waits(event, "willi@example.com", n=2)

    release(one)
    assert served(event) == 1
    release(two)
    assert served(event) == 1

    for entry, n in ((wanda, 1), (willi, 2)):
        offer = ListOffer.objects.get(entry=entry)
        lines = [(line["name"], line["quantity"], line["price"]) for line in offer.hold.quote["lines"]]
        assert (offer.quantity, lines) == (n, [(FREE, n, 0), ("Coat", n, 500)])
    assert Place.objects.filter(pool__quota__name="Coat", state="held").count() == 3
    assert waited_pools(event) == []
    assert breaches() == {}


def test_what_a_seat_needs_is_offered_with_it(northside: House) -> None:
    rows = world.seat_map(("Stalls", STALLS, (2,)))
    event = world.make_seated_event(rows, kinds=(("Adult", 0, STALLS),), add_ons=(("Coat", 0, 5),), orphans="off")
    set_add_on(ticket_type_id=world.kind_of(event, "Coat").pk, is_add_on=True, least=1, actor=SYSTEM)
    seats = world.choice(event, Adult=["Stalls-A-1", "Stalls-A-2"])
    basket = {world.kind_of(event, "Adult").pk: 2, world.kind_of(event, "Coat").pk: 2}
    held = checkout.place_hold(performance_id=world.the_performance(event).pk, basket=basket, seats=seats)
    waits(event, "pair@example.com", n=2, kind="Adult")

    release(held)
    assert served(event) == 1

    lines = [
        (line["name"], line["quantity"], line.get("seats")) for line in ListOffer.objects.get().hold.quote["lines"]
    ]
    assert lines == [("Adult", 2, ["Stalls-A-1", "Stalls-A-2"]), ("Coat", 2, None)]


def early_and_regular() -> tuple[Event, list[Hold]]:
    """Both draw on the two places of the house, which are held."""
    event = world.make_event(kinds=(("Early", 0, 5), ("Regular", 0, 2)), is_published=False)
    event.quotas.get(ticket_types__name="Regular").ticket_types.add(world.kind_of(event, "Early"))
    publish_event(event_id=event.pk, actor=SYSTEM)
    return event, [world.hold(event, Regular=1) for _one in range(2)]


def change_early(event: Event, **facts: Any) -> None:
    known = {"name": "Early", "perk": "", "price": 0, "max_per_order": 10}
    change_ticket_type(ticket_type_id=world.kind_of(event, "Early").pk, actor=SYSTEM, **{**known, **facts})


def left_of(event: Event, kind: str) -> int:
    performance = world.the_performance(event).pk
    return availability([performance])[performance].types[world.kind_of(event, kind).pk].left


def test_who_waits_for_what_is_no_longer_sold_is_told_and_keeps_nothing_from_others(northside: House) -> None:
    event, holds = early_and_regular()
    wanda = waits(event, "wanda@example.com", kind="Early")
    change_early(event, on_sale_until=timezone.now() - timedelta(seconds=1))

    release(holds[0])
    assert served(event) == 0

    assert (state_of(wanda), mails_about(wanda)[-1], waited_pools(event)) == ("over", "over", [])
    mail = EmailMessage.objects.get(key=f"waiting-list:{wanda.pk}:over")
    assert mail.subject == f"No longer sold: {event.title}"
    assert "The sale of “Early” has ended" in mail.text
    assert left_of(event, "Regular") == 1
    assert world.hold(event, Regular=1)
    assert served(event) == 0
    assert mails_about(wanda).count("over") == 1
    assert breaches() == {}


@pytest.mark.parametrize("facts", [{"is_hidden": True}, {"max_per_order": 1}, {"min_per_order": 3}])
def test_who_can_be_offered_nothing_now_keeps_nothing_from_others(northside: House, facts: dict[str, Any]) -> None:
    event, holds = early_and_regular()
    wanda = waits(event, "wanda@example.com", kind="Early", n=2)
    change_early(event, **facts)

    release(holds[0])
    assert served(event) == 0
    assert (state_of(wanda), waited_pools(event), left_of(event, "Regular")) == ("waiting", [], 1)

    again = world.hold(event, Regular=1)
    change_early(event)
    assert served(event) == 0
    assert waited_pools(event) == ["Regular"]
    release(again)
    release(holds[1])
    assert served(event) == 1
    assert state_of(wanda) == "offered"


def test_fewer_than_one_order_may_take_by_now_go_to_who_said_so(northside: House) -> None:
    event, holds = sold_out()
    wanda = waits(event, "wanda@example.com", n=2, takes_fewer=True)
    kind = world.kind_of(event, FREE)
    change_ticket_type(ticket_type_id=kind.pk, name=FREE, perk="", price=0, max_per_order=1, actor=SYSTEM)

    for hold in holds:
        release(hold)
    assert served(event) == 1

    assert (state_of(wanda), ListOffer.objects.get().quantity) == ("offered", 1)
    assert world.hold(event, **{FREE: 1})


def test_who_confirms_too_late_closes_nothing(northside: House) -> None:
    event, _holds = early_and_regular()
    asks(event, "wanda@example.com", kind="Early", n=2)
    entry = Entry.objects.get()

    for facts, refusal in (
        ({"max_per_order": 1}, EntryInvalid),
        ({"is_hidden": True}, NoWaitingList),
        ({"on_sale_until": timezone.now()}, NoWaitingList),
    ):
        change_early(event, **facts)
        with pytest.raises(refusal):
            confirm(entry_id=entry.pk, token=entry.token)
        assert (state_of(entry), waited_pools(event)) == ("unconfirmed", [])


def test_a_quota_that_has_places_stays_open_while_people_wait_for_another(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 1), ("Child", 0, 5)), is_published=False)
    house = event.quotas.get(ticket_types__name="Child")
    house.ticket_types.add(world.kind_of(event, FREE))  # both draw on the five of the house
    publish_event(event_id=event.pk, actor=SYSTEM)
    world.hold(event, **{FREE: 1})
    wanda = waits(event, "wanda@example.com")

    assert waited_pools(event) == [FREE]
    assert world.hold(event, Child=2)
    child = waits(event, "child@example.com", kind="Child") if world.hold(event, Child=2) else wanda
    assert waited_pools(event) == ["Child", FREE]
    leave(entry_id=child.pk, token=child.token)
    assert waited_pools(event) == ["Child", FREE]  # wanda needs both
