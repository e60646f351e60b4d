"""What the pictures show: an organizer to whom everything that can happen has happened, beside another that is suspended."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.actions import create_platform_admin
from accounts.models import User
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.affiliates import Via
from checkout.code_desk import create_code
from checkout.commissions import approve_commission
from checkout.copies import copy_event
from checkout.dates import cancel_dates
from checkout.publish import pause_event, postpone_event, publish_event
from checkout.rehearsals import set_test_mode
from console.demo_events import a_season
from console.demo_facts import say_what_they_are
from console.demo_seats import SHOWS, put_on
from events.models import Event, Performance
from events.publication import set_sale_start, set_visibility
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from inventory.models import Hold
from orders.models import Order
from payments import gateway
from payments.actions import disconnect_account
from payouts.actions import note_payment
from payouts.affiliates import apply, change_details, invite_affiliate
from payouts.models import PartnerPayment
from people.actions import add_member, remember_customer
from people.models import Membership
from promotions.affiliates import count_click, set_programme
from promotions.commission import CommissionKind, Rate
from scanning.actions import pair_device
from tenants.actions import suspend_organizer
from tests import world
from tests.isolation.canary import Furnished, furnish
from tests.stack import Stack
from waiting_room.actions import change_room

WORD = "Harbour"  # `furnish` puts it into every text
AFFILIATE = "ada@affiliates.example"


@dataclass(frozen=True)
class Scene:
    """The first organizer with what is shown of it, and the host of one that is suspended."""

    made: Furnished
    show: Event  # with seats
    seated: Order  # of it, paid
    paid: Order
    unpaid: Order
    hold: Hold
    seat_hold: Hold
    waiting: Event  # with a line before its start
    series: Event  # of many dates
    gone: Performance  # one of them, cancelled after somebody had bought
    draft: Event
    staged: dict[str, Event]  # paused, postponed, scheduled, secret (by password), template, test
    rehearsed: Order  # of the test
    brought: Order  # by an affiliate, whose commission waits
    admin: User
    newcomer: User
    closed_host: str
    door_token: str
    sign_in_id: UUID
    sign_in_token: str  # as mailed to a buyer


def set_up(stack: Stack) -> Scene:
    """Make it in the test database, committed."""
    admin = create_platform_admin(email="ada@marquee.example", password=world.PASSWORD, name="Ada")
    with override_settings(**stack.sandbox.settings()):
        gateway.client.cache_clear()
        house = world.open_house("Northside Hall", "northside", owner="Nora", door="Dora", color="#7c2d92")
        closed = world.open_house("Closed Curtain", "closed", owner="Cleo", door="Cato")
        with transaction.atomic():
            made = furnish(house, WORD)
        with tenant_context(house.organizer):
            disconnect_account(account_id=f"acct_{WORD}")  # which no provider knows
        world.connect_stripe(house)
        with tenant_context(house.organizer):
            facts = _more(made)
        gateway.client.cache_clear()
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    suspend_organizer(organizer_id=closed.organizer.pk, reason="Asked to", actor=SYSTEM)
    return Scene(made=made, admin=admin, closed_host=closed.host, **facts)


def _more(made: Furnished) -> dict[str, Any]:
    """What pictures need beyond what `furnish` makes: real payments, seats, a line, somebody new."""
    cabaret = next(one for one in SHOWS["northside"] if one.preset == "cabaret")
    put_on(cabaret)
    show = Event.objects.get(title=cabaret.title)
    about = {
        "summary": "Two pianists, one grand piano",
        "description": "Schubert, Ligeti and what the audience asks for.",
    }
    kinds = (("Standard", 2900, 180), ("Student", 1200, 40))
    salon = world.make_event("Winter Salon: Four Hands", kinds=kinds, is_published=False, **about)
    rules = RefundRules((Tier(14 * 24, 100), Tier(3 * 24, 50)), kept_fee=200)
    set_refund_policy(event_id=salon.pk, rules=rules, actor=SYSTEM)
    publish_event(event_id=salon.pk, actor=SYSTEM)
    rehearsal = world.make_event("Open Rehearsal", kinds=(("Visitor", 0, 120),), summary="Come in, listen, ask")
    newcomer = User.objects.create_user("newcomer@northside.example", world.PASSWORD, name="Nils New")
    add_member(
        user_id=newcomer.pk, name=newcomer.name, email=newcomer.email, role=Membership.Role.MANAGER, actor=SYSTEM
    )
    series = a_season(rehearsal.venue)
    gone = series.performances.all()[4]
    held = checkout.place_hold(performance_id=gone.pk, basket={series.ticket_types.earliest("pk").pk: 2})
    checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    cancel_dates(
        event_id=series.pk, performance_ids=[gone.pk], words="The pianist is ill.", gives_back=True, actor=SYSTEM
    )
    starts_at = timezone.now() + timedelta(hours=3)
    change_room(event_id=rehearsal.pk, mode="on", starts_at=starts_at, rate_min=60, rate_max=600, actor=SYSTEM)
    say_what_they_are()
    asked, token = world.ask_to_sign_in(made.house, world.BEA.email)
    _device, door_token = pair_device(gate_id=made.gate_id, name="Dora's phone", actor=SYSTEM)
    hold, seat_hold = world.hold(salon, Standard=2), Hold.objects.filter(performance__event=show).latest("expires_at")
    # However long the pictures before theirs take.
    later = timezone.now() + timedelta(hours=6)
    Hold.objects.filter(pk__in=[hold.pk, seat_hold.pk]).update(expires_at=later)
    staged = _staged()
    return {
        "staged": staged,
        "brought": _affiliate(salon),
        "rehearsed": world.place_order(staged["test"], Standard=2),
        "show": show,
        "seated": show.orders.filter(state=Order.State.PAID).latest("pk"),
        "paid": world.paid_order(salon, Standard=2, Student=1),
        "unpaid": world.place_order(salon, Standard=1),
        "hold": hold,
        "seat_hold": seat_hold,
        "waiting": rehearsal,
        "series": series,
        "gone": gone,
        "draft": Event.objects.get(title=f"{WORD} Draft"),
        "newcomer": newcomer,
        "door_token": door_token,
        "sign_in_id": asked.pk,
        "sign_in_token": token,
    }


def _affiliate(event: Event) -> Order:
    """Ada, who brought visits and sales: one is paid to her, one went back, one waits; and somebody who applies. The waiting one."""
    rate = Rate(CommissionKind.PERCENT, basis_points=1000, currency="EUR")
    set_programme(rate=rate, takes_applications=True, approval_days=0, needs_approval=True, actor=SYSTEM)
    ada = invite_affiliate(name="Ada’s concert letter", email=AFFILIATE, code="ADA", actor=SYSTEM)
    create_code(typed="LETTER", actor=SYSTEM, event_id=event.pk, effect="percent", value=500)
    change_details(affiliate_id=ada.pk, name=ada.name, code="ADA", promo="LETTER", actor=SYSTEM)
    for n in range(60):
        at = timezone.now() - timedelta(hours=11 * n)
        count_click(affiliate=ada, event_id=event.pk, network=str(n), browser="", at=at)
    orders = []
    for tickets in (2, 4, 1):
        held = world.hold(event, Standard=tickets)
        order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA, via=Via(named="ADA"))
        world.pay(order)
        checkout.settle_payment(order_id=order.pk)
        orders.append(order)
    approve_commission(order_id=orders[0].pk, actor=SYSTEM)
    out, owed = PartnerPayment.Direction.OUT, {"currency": "EUR", "amount": 580}
    note_payment(partner=ada.partner, direction=out, words="Bank transfer", key="ada", actor=SYSTEM, **owed)
    checkout.refund_order(order_id=orders[1].pk, actor=SYSTEM)
    checkout.send_refund(refund_id=orders[1].payment.refunds.get().pk)
    customer = remember_customer(email="bo@applies.example", name="Bo")
    apply(
        customer=customer, name="Bo’s record shop", words="A poster in the window, and our newsletter of 2,000 people."
    )
    return orders[2]


def _staged() -> dict[str, Event]:
    """An event in each stage that others do not show."""
    about = {"kinds": (("Standard", 2900, 180),), "summary": "An evening by candlelight"}
    names = ("paused", "postponed", "scheduled", "secret", "test")
    made = {name: world.make_event(f"Candlelight {name}", is_published=False, **about) for name in names}  # type: ignore[arg-type]
    set_test_mode(event_id=made["test"].pk, is_test=True, actor=SYSTEM)
    for event in made.values():
        publish_event(event_id=event.pk, actor=SYSTEM)
    pause_event(event_id=made["paused"].pk, actor=SYSTEM)
    postpone_event(event_id=made["postponed"].pk, words="", actor=SYSTEM)
    set_sale_start(event_id=made["scheduled"].pk, sale_starts_at=timezone.now() + timedelta(days=9), actor=SYSTEM)
    set_visibility(event_id=made["secret"].pk, visibility="password", password="tulips", actor=SYSTEM)
    template = copy_event(event_id=made["paused"].pk, title="Candlelight, as always", is_template=True, actor=SYSTEM)
    return {**made, "template": template}
