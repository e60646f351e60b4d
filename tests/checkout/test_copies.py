"""A new event from another: its settings come along, its dates move by whole days, and nothing that was sold does."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout.copies import copy_event
from checkout.publish import publish_event
from events.actions import change_event
from events.charges import add_own_fee, add_tax_rate, tax_ticket_type
from events.copies import PARTS, Shift, discard_template
from events.errors import EventInvalid, NotPublishable, StateRefused
from events.models import Event, Performance, Quota, SeatingPlan, TicketType
from events.publication import set_sale_start, set_visibility
from events.refund_policies import refund_rules_of, set_refund_policy
from events.refund_rules import RefundRules, Tier
from inventory.models import Place
from ledger.models import Party
from ledger.split_rules import Payee, Rules, Share, Step
from ledger.splits import set_split_plan, split_version_of
from orders.models import Order
from promotions.affiliates import commission_of_event, set_event_commission
from promotions.commission import CommissionKind, Rate
from recovery.actions import change_rules as set_reminders
from recovery.queries import hours_of
from tests import world
from tests.world import FREE, STANDARD, House
from ui.errors import NotFound
from waiting_room.actions import change_room
from waiting_room.queries import room_of

# What is about an event and stays with it, and why.
STAYS = {
    "inventory.Pool": "made when the copy is published",
    "inventory.SeatPlace": "made when the copy is published",
    "inventory.SeatRun": "made when the copy is published",
    "inventory.Place": "made when the copy is published",
    "inventory.Hold": "somebody's who chose among the original's",
    "inventory.Block": "places of the original's, set aside for a reason of its own",
    "orders.Order": "what was sold",
    "orders.Position": "what was sold",
    "tickets.Ticket": "what was sold",
    "tickets.SigningKey": "each event has its own, made when it is published",
    "payments.RefundBatch": "money given back for the original",
    "promotions.PromoCode": "a code is one word for everybody: it cannot be of two events",
    "promotions.AffiliateClick": "a visit of the original's page",
    "recovery.Reminder": "somebody's who agreed to be reminded of the original",
    "waitlist.WaitingList": "a line of people who wait for the original",
    "waitlist.Entry": "somebody who waits for the original",
    "repricing.DynamicPrice": "what the original's sale made of a price; the copy begins with its own",
    "repricing.Proposal": "what the original's sale proposed",
    "repricing.PriceChange": "history",
    "payouts.Maturity": "when the original's money is due",
    "scanning.Admission": "who came in",
    "analytics.StockProof": "a proof of the original's stock",
}
# Copied by a verb of its own, and by which.
ELSEWHERE = {
    "events.RefundPolicy": "events.copies: as a first version",
    "waiting_room.Room": "checkout.copies",
    "scanning.Gate": "the portal: without phones",
    "promotions.AutomaticDiscount": "checkout.copies",
    "promotions.EventCommission": "checkout.copies",
    "recovery.ReminderRules": "checkout.copies",
    "repricing.PriceRules": "checkout.copies",
    "waitlist.ListRules": "checkout.copies",
}
# Models below a layer that name an event, a date or a ticket type by its id alone, and why no copy has them.
BY_ID = {
    "marketplace.ListedEvent": "the platform's copy of what is published",
    "inbox.ProviderEvent": "its event_id is the payment provider's, of another kind of event",
}
_IDS = {"event_id", "performance_id", "ticket_type_id"}


def copy(event: Event, **how: Any) -> Event:
    return copy_event(event_id=event.pk, title=how.pop("title", event.title), actor=SYSTEM, **how)


def test_every_table_about_an_event_is_copied_or_left_on_purpose() -> None:
    """A new model with a key to an event, date, ticket type or quota: name it in `events.copies.PARTS`, or above."""
    copied = {Event, *(part.model for part in PARTS)}
    about = {
        model._meta.label
        for model in apps.get_models()
        for key in [*model._meta.fields, *model._meta.many_to_many]
        if key.related_model in copied and not model._meta.auto_created
    }

    assert about == {part.model._meta.label for part in PARTS} | STAYS.keys() | ELSEWHERE.keys()
    by_id = {
        model._meta.label
        for model in apps.get_models()
        for one in model._meta.fields
        if one.name in _IDS and not one.is_relation
    }
    assert by_id == BY_ID.keys()


def test_what_was_set_up_comes_along_and_what_was_sold_does_not(paying: House) -> None:
    event = world.make_event("Hafen Nacht", kinds=((STANDARD, 2400, 50), (FREE, 0, 20)))
    kind = world.kind_of(event, STANDARD)
    tax = add_tax_rate(name="VAT", basis_points=700, is_inclusive=True, actor=SYSTEM)
    tax_ticket_type(ticket_type_id=kind.pk, tax_id=tax.pk, actor=SYSTEM)
    add_own_fee(
        event_id=event.pk, actor=SYSTEM, name="Cloakroom", is_per_order=False, basis_points=0, fixed=150, tax_id=tax.pk
    )
    change_event(event_id=event.pk, actor=SYSTEM, fee_share=40, hold_minutes=15)
    set_visibility(event_id=event.pk, visibility="password", password="tulips", actor=SYSTEM)
    deadline = world.the_performance(event).starts_at - timedelta(days=2)
    rules = RefundRules((Tier(168, 100), Tier(24, 50)), deadline=deadline)
    set_refund_policy(event_id=event.pk, rules=rules, actor=SYSTEM)
    set_refund_policy(event_id=event.pk, rules=rules, ticket_type_id=kind.pk, actor=SYSTEM)
    change_room(event_id=event.pk, actor=SYSTEM, mode="rule", rate_min=60, rate_max=600, busy_above=300)
    set_reminders(event_id=event.pk, hours=[2, 24], actor=SYSTEM)
    commission = Rate(CommissionKind.PERCENT, basis_points=1250, currency="EUR")
    set_event_commission(event_id=event.pk, rate=commission, actor=SYSTEM)
    world.paid_order(event, **{STANDARD: 2})
    world.hold(event, **{FREE: 1})
    today = world.day_of(world.the_performance(event))

    made = copy(event, first_on=today + timedelta(days=7))

    assert (made.state, made.title, made.slug != event.slug) == (Event.State.DRAFT, "Hafen Nacht", True)
    assert (made.fee_share, made.hold_minutes, made.visibility) == (40, 15, "password")
    assert (made.password, made.published_at) == (Event.objects.get(pk=event.pk).password, None)
    theirs = list(made.ticket_types.order_by("sort_order"))
    assert [(one.name, one.price, one.tax_id) for one in theirs] == [(STANDARD, 2400, tax.pk), (FREE, 0, None)]
    assert sorted(made.quotas.values_list("size", "ticket_types__name")) == [(20, FREE), (50, STANDARD)]
    assert made.own_fees.values("name", "fixed", "tax").get() == {"name": "Cloakroom", "fixed": 150, "tax": tax.pk}
    promised = refund_rules_of(made.pk)
    moved = replace(rules, deadline=deadline + timedelta(days=7))
    assert (promised.of_event, promised.of_types) == (moved, {theirs[0].pk: moved})
    room = room_of(made.pk)
    assert room is not None
    assert (room.mode, room.busy_above) == ("rule", 300)
    assert (hours_of(made.pk), commission_of_event(made.pk)) == ([2, 24], commission)
    assert (Order.objects.filter(event=made).count(), Place.objects.filter(pool__quota__event=made).count()) == (0, 0)
    assert TicketType.objects.filter(event=event).count() == 2  # the original has what it had
    assert publish_event(event_id=made.pk, actor=SYSTEM).is_published
    assert Place.objects.filter(pool__quota__event=made, state="free").count() == 70
    assert (
        world.hold(made, **{STANDARD: 1}).quote["total"] == 2400 + 44 + 150
    )  # 2.5 % and 50 cents, 40 % of it passed on
    assert breaches() == {}


def test_a_seated_event_keeps_its_map_its_painting_and_its_rules(northside: House) -> None:
    event = world.make_seated_event(
        kinds=(("Adult", 0, world.STALLS),), closed=["Stalls-A-1"], orphans=SeatingPlan.Orphans.OFF
    )

    made = copy(event, first_on=date(2030, 5, 1))

    plan, theirs = SeatingPlan.objects.get(event=made), SeatingPlan.objects.get(event=event)
    assert (plan.version_id, plan.closed, plan.orphans) == (theirs.version_id, ["Stalls-A-1"], "off")
    assert Quota.objects.get(event=made).size == 19
    publish_event(event_id=made.pk, actor=SYSTEM)
    assert world.hold_seats(made, Adult=["Stalls-A-2"]).is_live(at=timezone.now())


def test_shares_come_along(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    rules = Rules((Step((Share(Payee(Party.VENUE, "hall"), 3000),)),))
    set_split_plan(subject=str(event.pk), currency="EUR", rules=rules, actor=SYSTEM)

    made = copy(event, is_template=True)

    version = split_version_of(str(made.pk))
    assert version is not None
    assert (version.number, Rules.from_dict(version.rules)) == (1, rules)


def test_times_of_day_stay_when_clocks_change_between(northside: House) -> None:
    evening = datetime(2030, 3, 26, 18, 0, tzinfo=UTC)  # 19:00 in Berlin, in winter; clocks change on the 31st
    event = world.make_event(kinds=((FREE, 0, 5),), starts_at=evening)
    set_sale_start(event_id=event.pk, sale_starts_at=evening - timedelta(days=10), actor=SYSTEM)
    event.ticket_types.update(on_sale_until=evening - timedelta(hours=1))

    made = copy(event, first_on=date(2030, 4, 2))

    moved = world.the_performance(made)
    assert moved.starts_at == datetime(2030, 4, 2, 17, 0, tzinfo=UTC)  # 19:00 in Berlin, in summer
    assert (moved.doors_at, moved.ends_at) == (
        moved.starts_at - timedelta(hours=1),
        moved.starts_at + timedelta(hours=3),
    )
    assert made.sale_starts_at == datetime(2030, 3, 23, 18, 0, tzinfo=UTC)  # before the change, at the same time of day
    assert set(made.ticket_types.values_list("on_sale_until", flat=True)) == {moved.starts_at - timedelta(hours=1)}
    assert moved.offer_version != world.the_performance(event).offer_version


def test_a_time_that_clocks_skip_is_an_hour_later() -> None:
    skipped = Shift(1, "Europe/Berlin")(datetime(2030, 3, 30, 1, 30, tzinfo=UTC))  # 02:30 in Berlin

    assert skipped == datetime(2030, 3, 31, 1, 30, tzinfo=UTC)  # 03:30, for there is no 02:30 that night


def test_events_are_made_from_a_template_that_is_never_sold_itself(northside: House) -> None:
    event = world.make_event("Open Mic", kinds=((FREE, 0, 5),))
    template = copy(event, is_template=True, title="Open Mic, as always")

    first = copy(template, first_on=date(2030, 1, 5), title="Open Mic in January")

    assert (template.state, first.state) == (Event.State.TEMPLATE, Event.State.DRAFT)
    assert world.day_of(world.the_performance(first)) == date(2030, 1, 5)
    with pytest.raises(NotPublishable):
        publish_event(event_id=template.pk, actor=SYSTEM)
    discard_template(event_id=template.pk, actor=SYSTEM)
    for attempt in (lambda: copy(template), lambda: publish_event(event_id=template.pk, actor=SYSTEM)):
        with pytest.raises((NotFound, NotPublishable)):
            attempt()
    with pytest.raises(StateRefused):
        discard_template(event_id=event.pk, actor=SYSTEM)
    assert Event.objects.get(pk=first.pk).state == Event.State.DRAFT


def test_a_cancelled_events_copy_has_its_dates_again_and_a_title_is_needed(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    event.performances.update(state=Performance.State.CANCELLED)

    made = copy(event, first_on=date(2030, 1, 5))

    assert world.the_performance(made).state == Performance.State.SCHEDULED
    with pytest.raises(EventInvalid):
        copy(event, title=" ")
    with pytest.raises(EventInvalid, match="of these years"):
        copy(event, first_on=date(9999, 12, 31))


def test_another_organizers_event_cannot_be_copied(northside: House, southside: House) -> None:
    with tenant_context(southside.organizer):
        theirs = world.make_event(kinds=((FREE, 0, 5),))

    with pytest.raises(NotFound):
        copy(theirs)

    assert not Event.objects.filter(title=theirs.title).exists()
