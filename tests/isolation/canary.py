"""Two furnished organizers, each with a word of its own in every text that its tables can hold.

`furnish` does with an organizer what organizer and buyers do, its word in everything they type, and then plants the word
wherever the verbs left a text empty. A text field that holds the word nowhere and is not listed in MACHINE_MADE with a
reason fails the test: so a new field must be thought of.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.actions import prove_stock
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.affiliates import Via
from checkout.cancellations import request_cancellation
from checkout.changes import give_date_a_map
from checkout.code_desk import create_batch, create_code, mail_codes
from checkout.dates import price_dates, size_dates
from checkout.disputes import set_dispute_policy
from checkout.recovery import restore, send_due
from checkout.visits import note_visit
from checkout.waiting import serve
from events.actions import change_event
from events.bundles import PartWish, set_bundle
from events.charges import add_own_fee, add_tax_rate
from events.models import ChargeModel, Event, TicketType
from events.phases import PhaseWish
from events.pictures import add_picture
from events.properties import add_property
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from events.seating_plan import plan_of
from inventory import blocks
from inventory.models import Hold
from ledger.collecting import collect_for
from ledger.split_rules import Rules, Share, Step
from ledger.splits import set_split_plan, share_out
from notifications.models import EmailMessage
from orders.models import Fee, Order, OrderVisit, Tax
from outbox.actions import drain, enqueue
from payments.actions import keep_account_facts, set_charge_default
from payments.gateway import AccountFacts
from payments.models import (
    Dispute,
    DisputePolicy,
    FraudWarning,
    Payer,
    Payment,
    Refund,
    RefundBatch,
    RefundTurn,
    WalletDomain,
)
from payouts.actions import add_partner, note_payment
from payouts.affiliates import invite_affiliate
from payouts.models import Maturity, Partner, PartnerPayment, Payout, Transfer, TransferReversal
from payouts.runs import set_payout_schedule
from people.actions import add_member, invite_member, write_legal_text
from people.keys import create_api_key
from people.models import BuyerSession, LegalText, Membership
from people.sign_in import sign_in_by_link
from pricing.dynamic import Rules as PriceLadders
from pricing.dynamic import Rung
from promotions.actions import add_discount
from promotions.affiliates import count_click, set_event_commission, set_programme
from promotions.commission import CommissionKind, Rate
from promotions.commission import Tier as CommissionTier
from reconciliation.actions import close_incident
from reconciliation.models import Check, Incident, ProviderLine
from recovery.actions import agree
from recovery.actions import change_rules as set_reminders
from recovery.models import Reminder
from repricing.actions import reprice, set_price_rules
from repricing.models import PriceRules
from scanning.actions import create_gate, pair_device, scan
from seating.drafts import PLACEMENT_MEMBERS, open_draft, set_plan
from tests import seated, world
from tickets.models import Ticket
from tickets.queries import tickets_of_order
from ui.ids import uuid7
from waiting_room import actions as room
from waiting_room.models import Line
from waiting_room.pace import Health
from waiting_room.queries import Stock, open_line
from waiting_room.tokens import entry_id, new_browser
from waitlist.actions import Joining, change_rules, confirm, join
from waitlist.models import Entry

# Texts that no person types: why they cannot hold a word. Their values are markers of their organizer all the same.
MACHINE_MADE = {
    "audit.AuditEntry.actor_id": "an id",
    "audit.AuditEntry.verb": "a function's name",
    "audit.AuditEntry.target_kind": "a model's name",
    "audit.AuditEntry.target_id": "an id",
    "events.Event.password": "a hash",
    "outbox.OutboxMessage.kind": "a name of config.handlers",
    "notifications.EmailMessage.attachments": "names and paths that the product makes",
    "notifications.EmailMessage.language": "a language",
    "idempotency.IdempotencyKey.fingerprint": "a digest",
    "ledger.Account.currency": "a currency",
    "ledger.Account.reference": "an id, append-only",
    "ledger.LedgerTransaction.key": "a kind and an id, append-only",
    "ledger.CollectedParty.reference": "an id",
    "ledger.SplitPlan.subject": "an id",
    "ledger.SplitPlan.currency": "a currency",
    "ledger.SplitVersion.rules": "parties, ids and numbers, append-only",
    "ledger.SplitVersion.created_by": "a kind and an id, append-only",
    "ledger.SplitLine.key": "a kind and an id, append-only",
    "ledger.SplitLine.parts": "parties, ids and numbers, append-only",
    "people.SignIn.code_digest": "a digest",
    "people.SignIn.link_digest": "a digest",
    "people.BuyerSession.host": "a host",
    "people.BuyerSession.token_digest": "a digest",
    "people.Consent.text_version": "a version of our own text",
    "people.Consent.reference": "an id",
    "seating.Venue.timezone": "a time zone",
    "seating.SeatMap.plan_placement": "four numbers",
    "seating.MapVersion.hash": "a digest",
    "seating.MapVersion.actor": "a kind and an id, append-only",
    "events.Event.currency": "a currency",
    "events.TicketType.category": "a key of the map's",
    "events.Performance.timezone": "a time zone",
    "events.RefundPolicy.rules": "numbers and instants, append-only",
    "events.RefundPolicy.created_by": "a kind and an id, append-only",
    "promotions.PromoCode.currency": "a currency",
    "promotions.AutomaticDiscount.currency": "a currency",
    "orders.Position.refund_promise": "numbers and instants",
    "repricing.PriceRules.rules": "numbers, append-only",
    "repricing.PriceRules.created_by": "a kind and an id, append-only",
    "repricing.PriceChange.why": "our own words and numbers, append-only",
    "repricing.PriceChange.state": "numbers, append-only",
    "repricing.PriceChange.approved_by": "a kind and an id, append-only",
    "repricing.Proposal.why": "our own words and numbers",
    "repricing.Proposal.state": "numbers",
    "repricing.Proposal.decided_by": "a kind and an id",
    "inventory.Block.color": "a colour",
    "inventory.StockEntry.cause": "our own words, append-only",
    "inventory.StockEntry.actor": "a kind and an id, append-only",
    "inventory.StockEntry.request_id": "an id, append-only",
    "inventory.Hold.token": "a random secret",
    "analytics.StockProof.actor": "a kind and an id",
    "analytics.StockProof.accepted_by": "a kind and an id",
    "analytics.StockProof.digest": "a digest",
    "orders.Attribution.rate": "numbers",
    "promotions.AffiliateClick.visitor": "a digest",
    "promotions.AffiliateProgramme.currency": "a currency",
    "promotions.AffiliateProgramme.tiers": "numbers",
    "promotions.EventCommission.currency": "a currency",
    "promotions.EventCommission.tiers": "numbers",
    "orders.Order.number": "a random name",
    "payments.Payment.card_fingerprint": "a digest",
    "payments.Payment.on_behalf_of": "an id of the provider's, where no account_id is",
    "orders.Order.token": "a random secret",
    "orders.Order.language": "a language",
    "orders.Order.currency": "a currency",
    "payments.Payment.currency": "a currency",
    "payments.Dispute.currency": "a currency",
    "payouts.Maturity.currency": "a currency",
    "payouts.Payout.currency": "a currency",
    "orders.OrderVisit.address": "an address on the internet",
    "waiting_room.Line.commitment": "a digest",
    "waiting_room.Line.seed": "a random number",
    "waiting_room.Line.early_digest": "a digest",
    "waiting_room.EarlyEntry.entry": "a digest",
    "recovery.Reminder.token": "a random secret",
    "recovery.Reminder.language": "a language",
    "recovery.Reminder.consent_version": "a version of our own text",
    "recovery.ReminderRules.hours": "numbers",
    "waitlist.WaitingList.commitment": "a digest",
    "waitlist.WaitingList.seed": "a random number",
    "waitlist.Entry.token": "a random secret",
    "waitlist.Entry.code": "a random name",
    "waitlist.Entry.language": "a language",
    "waitlist.Entry.consent_version": "a version of our own text",
    "waitlist.ListOffer.made_by": "a kind and an id",
    "tickets.SigningKey.event_tag": "a digest",
    "tickets.Ticket.code": "signed bytes",
    "tickets.Ticket.short_code": "a random name",
    "scanning.Device.token_digest": "a digest",
    "payouts.Partner.token": "a random secret",
    "payouts.Partner.requirements": "the provider's words for its fields",
    "payouts.PartnerPayment.currency": "a currency",
    "payouts.Transfer.currency": "a currency",
    "payouts.Transfer.created_by": "a kind and an id",
    "payouts.PartnerPayment.key": "an id",
    "payouts.PartnerPayment.created_by": "a kind and an id",
    "scanning.Scan.code_digest": "a digest",
    "reconciliation.ProviderLine.currency": "a currency",
    "reconciliation.Incident.order_number": "a random name",
    "reconciliation.Incident.currency": "a currency",
}
# Of these the two organizers have different values by chance or by rule, so that each value gives its organizer away.
TELLTALE = (
    "inventory.Hold.token",
    "orders.Order.number",
    "orders.Order.token",
    "waiting_room.Line.commitment",
    "waiting_room.EarlyEntry.entry",
    "recovery.Reminder.token",
    "waitlist.WaitingList.commitment",
    "waitlist.Entry.token",
    "waitlist.Entry.code",
    "tickets.SigningKey.event_tag",
    "tickets.Ticket.code",
    "tickets.Ticket.short_code",
    "payouts.Partner.token",
    "promotions.AffiliateClick.visitor",
    "scanning.Device.token_digest",
    "scanning.Scan.code_digest",
    "people.SignIn.code_digest",
    "people.SignIn.link_digest",
    "people.BuyerSession.token_digest",
)


@dataclass
class Furnished:
    """A house full of its own word, and what a visitor needs to go round in it."""

    house: world.House
    word: str
    event: Event
    ordered: Order
    pending: Order
    refunded: Order
    hold: Hold
    device_token: str
    buyer_token: str
    gate_id: object
    device_id: object
    file: str
    ticket: Ticket
    markers: set[str] = field(default_factory=set)

    def found_in(self, *texts: str | bytes) -> set[str]:
        """Which of this organizer's markers stand in these texts."""
        everything = "\n".join(t if isinstance(t, str) else t.decode("utf-8", "replace") for t in texts).lower()
        return {marker for marker in self.markers if marker.lower() in everything}


def tenant_models() -> list[type[models.Model]]:
    """Every model whose table lies in an organizer's schema."""
    return [
        model
        for label in settings.TENANT_APPS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    ]


def text_fields(model: type[models.Model]) -> list[models.Field]:  # type: ignore[type-arg]
    """The fields of a model that can hold a word: all texts but those with a fixed choice."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    return [f for f in model._meta.fields if isinstance(f, kinds) and not f.choices]


def furnish(house: world.House, word: str) -> Furnished:
    """Fill an organizer with its word. Runs in the caller's transaction; needs a MEDIA_ROOT of the test's own."""
    with tenant_context(house.organizer):
        facts = AccountFacts(
            id=f"acct_{word}",
            charges_enabled=True,
            payouts_enabled=True,
            requirements=(f"{word}.ssn",),
            disabled_reason=f"{word} reason",
        )
        account = keep_account_facts(organizer=house.organizer, facts=facts, actor=SYSTEM)
        WalletDomain.objects.create(account=account, host=f"{word}.example", asked_at=timezone.now())
        for person, role in ((house.owner, Membership.Role.OWNER), (house.door, Membership.Role.DOOR)):
            add_member(user_id=person.pk, name=f"{word} {role}", email=person.email, role=role, actor=SYSTEM)
        for kind in LegalText.Kind:
            write_legal_text(kind=kind, text=f"{word} {kind}", actor=SYSTEM)
        invite_member(email=f"{word}@invited.example", role=Membership.Role.DOOR, actor=SYSTEM)
        made = _sell(house, word)
        _plant(word)
        made.markers = _markers(made)
        return made


def _sell(house: world.House, word: str) -> Furnished:
    now = timezone.now()
    event = world.make_event(
        f"{word} Gala",
        kinds=((f"{word} guest", 0, 30), (f"{word} seat", 2400, 30), (f"{word} box", 0, 1)),
        starts_at=now + timedelta(hours=2),
        doors_at=now - timedelta(hours=1),
        venue=f"{word} Hall",
        address=f"1 {word} Road",
        city=f"{word}town",
        summary=f"{word} summary",
        description=f"{word} description",
        perk=f"{word} perk",
    )
    world.set_phases(event, f"{word} guest", PhaseWish(f"{word} early", 0, quantity=1))
    part = PartWish(world.kind_of(event, f"{word} guest").pk, 2, 0)
    set_bundle(event_id=event.pk, name=f"{word} pair", perk=word, max_per_order=5, parts=[part], actor=SYSTEM)
    draft = world.make_event(
        f"{word} Draft", kinds=((f"{word} guest", 0, 5),), is_published=False, venue=f"{word} Hall"
    )
    dated: Any = {"event_id": draft.pk, "performance_ids": [world.the_performance(draft).pk], "actor": SYSTEM}
    dated["ticket_type_id"] = world.kind_of(draft, f"{word} guest").pk
    price_dates(price=100, **dated)
    size_dates(quantity=4, **dated)
    files = {480: storages["public"].save(f"posters/{word}-480.txt", ContentFile(f"{word} poster".encode()))}
    add_picture(event_id=draft.pk, files=files, width=480, height=270, alt=f"{word} picture", actor=SYSTEM)
    asked = add_property(name=f"{word} answer", kind="choice", choices=[f"{word} yes", f"{word} no"], actor=SYSTEM)
    change_event(
        event_id=event.pk,
        tags=[f"{word} tag"],
        properties={asked.key: f"{word} yes"},
        contact_email=f"{word}@contact.example",
        terms=f"{word} rules",
        actor=SYSTEM,
    )
    rate = add_tax_rate(name=f"{word} tax", basis_points=700, is_inclusive=True, actor=SYSTEM)
    fee = {"name": f"{word} fee", "is_per_order": False, "basis_points": 0, "fixed": 100, "tax_id": rate.pk}
    add_own_fee(event_id=draft.pk, actor=SYSTEM, **fee)
    add_discount(event_id=draft.pk, name=f"{word} group", effect="percent", value=1000, least_tickets=4, actor=SYSTEM)
    create_code(typed=f"{word}CODE", actor=SYSTEM, event_id=event.pk, effect="percent", value=1000, most_uses=1)
    batch = create_batch(
        name=f"{word} mail-out", number=2, prefix=word, actor=SYSTEM, event_id=event.pk, effect="percent", value=1000
    )[0].batch
    mail_codes(batch_id=batch.pk, addresses=[f"{word}@mailed.example"], words=f"{word} greets you", actor=SYSTEM)
    set_refund_policy(event_id=draft.pk, rules=RefundRules((Tier(24, 50),)), actor=SYSTEM)
    hall = add_partner(kind=Partner.Kind.VENUE, name=f"{word} House", email=f"{word}@house.example", actor=SYSTEM)
    collect_for(hall.payee, wanted=True)
    shares = Rules((Step((Share(hall.payee, 1000),)),))
    version = set_split_plan(subject=str(draft.pk), currency=draft.currency, rules=shares, actor=SYSTEM)
    assert version is not None
    share_out(version=version, key=f"sale:{uuid7()}", amount=2400)
    rate = Rate(CommissionKind.TIERS, currency="EUR", tiers=(CommissionTier(1, 1000),))
    set_programme(rate=rate, takes_applications=True, actor=SYSTEM)
    set_event_commission(event_id=event.pk, rate=rate, actor=SYSTEM)
    seller = {"name": f"{word} Seller", "email": f"{word}@sells.example", "code": f"{word}-link", "actor": SYSTEM}
    affiliate = invite_affiliate(**seller)
    count_click(affiliate=affiliate, event_id=event.pk, network=word, browser=word, at=timezone.now())
    out, key = PartnerPayment.Direction.OUT, str(uuid7())
    note_payment(partner=hall, direction=out, currency="EUR", amount=40, words=f"{word} cash", key=key, actor=SYSTEM)
    set_charge_default(model=ChargeModel.DIRECT, actor=SYSTEM)
    Transfer.objects.create(
        partner=hall,
        account_id=f"acct_{word}_house",
        currency="EUR",
        amount=10,
        state=Transfer.State.FAILED,
        provider_id=f"tr_{word}",
        failure=f"{word} failure",
        created_by="system:",
    )
    TransferReversal.objects.create(
        transfer=Transfer.objects.get(), amount=5, provider_id=f"trr_{word}", failure=f"{word} short"
    )
    buyer = checkout.Buyer(name=f"{word} Buyer", email=f"{word}@example.com", consents=frozenset({"terms", "news"}))
    guest, seat = f"{word} guest", f"{word} seat"
    ordered = world.place_order(event, buyer=buyer, **{guest: 2})
    held = world.hold(event, **{seat: 1})
    via = Via(named=f"{word}-link")
    pending = checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer, via=via)
    refunded = world.place_order(event, buyer=buyer, **{guest: 1})
    checkout.refund_order(order_id=refunded.pk, actor=SYSTEM)
    Fee.objects.create(order=pending, kind=Fee.Kind.OWN, name=f"{word} fee", amount=0)
    Tax.objects.create(order=pending, name=f"{word} tax", basis_points=0, is_inclusive=True, base=2510, amount=0)
    payment = Payment.objects.create(
        order=pending,
        account_id=f"acct_{word}",
        intent_id=f"pi_{word}",
        amount=2510,
        application_fee=110,
        currency="EUR",
    )
    Refund.objects.create(
        payment=payment, amount=10, fee_amount=0, reason=Refund.Reason.STAFF, provider_id=f"re_{word}", failure=word
    )
    Payer.objects.create(customer=pending.customer, account_id=f"acct_{word}", provider_id=f"cus_{word}")
    _give_back(word, ordered, draft, payment)
    _compare_books(word, pending)
    _dispute(word, payment)
    _pay_out(word, event)
    gate = create_gate(event_id=event.pk, name=f"{word} gate", actor=SYSTEM)
    device, token = pair_device(gate_id=gate.pk, name=f"{word} phone", actor=SYSTEM)
    ticket = tickets_of_order(ordered.pk)[0]
    scan(device=device, code=ticket.code, nonce=f"{word}-nonce")
    checkout.resend_tickets(order_id=ordered.pk, actor=SYSTEM)
    with transaction.atomic():
        enqueue(kind="mail_my_orders", key=word, payload={"email": buyer.email, "asked": word})
    proof = prove_stock(performance_id=world.the_performance(event).pk)
    proof.examples = [{"what": "size", "quota": f"{word} guest", "quota_size": 30, "places": 29}]
    proof.save()
    create_api_key(name=f"{word} key", actor=SYSTEM)
    _follow_the_sale(world.kind_of(event, seat))
    _wait_in_line(event)
    _wait_for_tickets(word, event)
    _leave_an_order(word, event)
    _seat(word)
    while drain():
        pass
    return Furnished(
        house=house,
        word=word,
        event=event,
        ordered=Order.objects.get(pk=ordered.pk),
        pending=Order.objects.get(pk=pending.pk),
        refunded=Order.objects.get(pk=refunded.pk),
        hold=world.hold(event, **{guest: 1}),
        device_token=token,
        buyer_token=_sign_in(house, buyer.email),
        gate_id=gate.pk,
        device_id=device.pk,
        file=storages["public"].save(f"posters/{word}.txt", ContentFile(f"{word} poster".encode())),
        ticket=ticket,
    )


def _follow_the_sale(kind: TicketType) -> None:
    """A price is proposed, then moves by itself, and the next one waits for a yes."""
    rules = PriceLadders(floor=2000, cap=4000, days=(Rung(30, 600),))
    for more, mode in ((0, PriceRules.Mode.PROPOSE), (0, PriceRules.Mode.APPLY), (300, PriceRules.Mode.PROPOSE)):
        rules = replace(rules, days=(Rung(30, 600 + more),))
        set_price_rules(ticket_type_id=kind.pk, rules=rules, mode=mode, actor=SYSTEM)
        reprice()


def _sign_in(house: world.House, email: str) -> str:
    """The buyer signs in by the link of the mail; the token of their session."""
    asked, link = world.ask_to_sign_in(house, email)
    begun = sign_in_by_link(sign_in_id=asked.pk, token=link, host=house.host, kind=BuyerSession.Kind.BROWSER)
    return begun.token


def _give_back(word: str, order: Order, draft: Event, payment: Payment) -> None:
    """A buyer's wish to give a ticket back, a refund that was made good, and a batch; no provider answers here."""
    first = frozenset(order.positions.filter(index=1).values_list("pk", flat=True))
    request_cancellation(order_id=order.pk, position_ids=first, words=f"{word} wish")
    Refund.objects.create(
        payment=payment,
        amount=20,
        fee_amount=0,
        reason=Refund.Reason.STAFF,
        state=Refund.State.FAILED,
        failure=word,
        made_good_at=timezone.now(),
        made_good_as=f"{word} transfer",
    )
    batch = RefundBatch.objects.create(event=draft, words=f"{word} rain", created_by=word)
    RefundTurn.objects.create(batch=batch, order=order, error=word)


def _compare_books(word: str, order: Order) -> None:
    """A check of the books that is over, a line that it fetched, and what it found; no provider answers here."""
    now = timezone.now()
    Check.objects.create(account_id=f"acct_{word}", asked_by=word, started_at=now, finished_at=now, step="done")
    ProviderLine.objects.create(
        id=f"txn_{word}",
        account_id=f"acct_{word}",
        type="charge",
        amount=2510,
        provider_fee=0,
        platform_fee=110,
        net=2400,
        currency="EUR",
        created_at=now,
        available_at=now,
    )
    incident = Incident.objects.create(
        key=f"line:txn_{word}",
        kind=Incident.Kind.MONEY_UNKNOWN,
        subject=f"ch_{word}",
        order_id=order.pk,
        order_number=order.number,
    )
    close_incident(incident_id=incident.pk, note=f"{word} note", actor=SYSTEM)


def _dispute(word: str, payment: Payment) -> None:
    """A dispute that was lost, with what was answered; no provider answers here."""
    now = timezone.now()
    note_visit(order=payment.order, kind=OrderVisit.Kind.PAGE, address="127.0.0.1")
    policy = DisputePolicy()
    set_dispute_policy(
        on_lost=DisputePolicy.OnLost(policy.on_lost),
        on_warning=DisputePolicy.OnWarning(policy.on_warning),
        actor=SYSTEM,
    )
    FraudWarning.objects.create(payment=payment, provider_id=f"issfr_{word}", kind=word, done="told")
    Dispute.objects.create(
        payment=payment,
        provider_id=f"du_{word}",
        amount=10,
        currency="EUR",
        reason=word,
        state=Dispute.State.INQUIRY_CLOSED,
        opened_at=now,
        closed_at=now,
        evidence={"uncategorized_text": f"{word} was there"},
        file=f"evidence/{word}.pdf",
        file_id=f"file_{word}",
        asked_at=now,
        asked_by=word,
        submitted_at=now,
        failure=f"{word} failure",
    )


def _pay_out(word: str, event: Event) -> None:
    """A date that is due, and a payout that came back; no provider answers here."""
    now = timezone.now()
    set_payout_schedule(
        days_after=3, reserve_percent=0, reserve_days=60, most_disputes=2, held_because=f"{word} audit", actor=SYSTEM
    )
    performance = world.the_performance(event)
    Maturity.objects.create(
        performance=performance, currency="EUR", net=10, reserve=0, due_at=now, release_at=now, released_at=now
    )
    Payout.objects.create(
        account_id=f"acct_{word}",
        currency="EUR",
        amount=10,
        working={"held": 10, "note": word},
        state=Payout.State.FAILED,
        provider_id=f"po_{word}",
        failure=word,
        settled_at=now,
    )


def _seat(word: str) -> None:
    """A seated event on a map of its own, with a seat sold and another set aside."""
    plain = seated.theatre(f"{word} Theatre")
    document = replace(plain, categories=tuple(replace(one, name=f"{word} {one.name}") for one in plain.categories))
    event = seated.seated_event(title=f"{word} Hamlet", document=document, venue=f"{word} Hall", city=f"{word}town")
    seated.order_seats(event, 0, buyer=world.BEA)
    plan = plan_of(event.pk)
    assert plan is not None
    purpose = blocks.Purpose(owner="press", reason=f"{word} critics", note=f"{word} front row")
    drawn = plan.version.seat_map
    open_draft(map_id=drawn.pk, session=f"{word}-session", editor=f"{word} editor", actor=SYSTEM)
    image = storages["private"].save(f"plans/{word}.webp", ContentFile(b"RIFF"))
    set_plan(map_id=drawn.pk, image=image, placement=dict.fromkeys(PLACEMENT_MEMBERS, 1.0), actor=SYSTEM)
    date = world.the_performance(event).pk
    blocks.block_seats(performance_id=date, seats=[4], purpose=purpose, actor=SYSTEM)
    give_date_a_map(performance_id=date, version_id=plan.version_id, actor=SYSTEM)


def _wait_in_line(event: Event) -> None:
    """A line that somebody waited in, was let in from, and that is closed again."""
    pace = {"rate_min": 60, "rate_max": 600}
    room.change_room(event_id=event.pk, mode="on", actor=SYSTEM, starts_at=timezone.now() + timedelta(hours=1), **pace)
    line = open_line(event.pk)
    assert line is not None
    room.start_line(line_id=line.pk, entries=[entry_id(line.pk, new_browser())])
    earlier = timezone.now() - timedelta(seconds=5)
    Line.objects.filter(pk=line.pk).update(started_at=earlier, ticked_at=earlier)
    room.admit_next(line_id=line.pk, total=1, health=Health(), stock=Stock(left=1, held=0, free=1))
    room.change_room(event_id=event.pk, mode="off", actor=SYSTEM, **pace)


def _wait_for_tickets(word: str, event: Event) -> None:
    """A ticket that was sold out, somebody who was offered the place that came back, and somebody who still waits."""
    kind, performance = world.kind_of(event, f"{word} box"), world.the_performance(event)
    held = world.hold(event, **{kind.name: 1})
    for name in ("first", "second"):
        person = Joining(name=f"{word} {name}", email=f"{word}.{name}@waits.example", quantity=1, consents=True)
        join(performance_id=performance.pk, ticket_type_id=kind.pk, joining=person)
        entry = Entry.objects.latest("joined_at")
        confirm(entry_id=entry.pk, token=entry.token)
    checkout.release_hold(hold_id=held.pk, token=held.token)
    serve(performance_id=performance.pk)
    groups = f"{word}@friends.example"
    change_rules(event_id=event.pk, actor=SYSTEM, is_open=True, mode="priority", offer_hours=24, first_groups=groups)


def _leave_an_order(word: str, event: Event) -> None:
    """Tickets that somebody held and left, who agreed to be reminded and came back."""
    set_reminders(event_id=event.pk, hours=[1, 24], actor=SYSTEM)
    held = world.hold(event, **{f"{word} guest": 1})
    reminder = agree(hold=held, email=f"{word}@left.example", name=f"{word} Left")
    assert reminder is not None
    checkout.release_hold(hold_id=held.pk, token=held.token)
    Reminder.objects.filter(pk=reminder.pk).update(next_at=timezone.now() - timedelta(seconds=1))
    assert send_due() == 1
    restore(reminder_id=reminder.pk, token=reminder.token)


def _plant(word: str) -> None:
    """Put the word into every text field that has it nowhere yet; says which fields took it not."""
    empty = []
    for model in tenant_models():
        for field_ in text_fields(model):
            label = f"{model._meta.label}.{field_.name}"
            if label not in MACHINE_MADE and not _has(model, field_, word) and not _take(model, field_, word):
                empty.append(label)
    assert not empty, f"no canary in {empty}: let a verb write one there, or say in MACHINE_MADE why none can"


def _has(model: type[models.Model], field_: models.Field, word: str) -> bool:  # type: ignore[type-arg]
    return any(word.lower() in json.dumps(value).lower() for value in _values(model, field_))


def _take(model: type[models.Model], field_: models.Field, word: str) -> bool:  # type: ignore[type-arg]
    row = model._default_manager.order_by("pk").first()
    value: Any = {"word": word} if isinstance(field_, models.JSONField) else f"{word} planted"[: field_.max_length]
    if row is None:
        row, value = _first_row(model, word), value
    try:
        with transaction.atomic():
            model._default_manager.filter(pk=row.pk).update(**{field_.name: value})
    except DatabaseError:  # append-only, or a constraint
        return False
    return _has(model, field_, word)


def _first_row(model: type[models.Model], word: str) -> models.Model:
    from idempotency.models import IdempotencyKey

    assert model is IdempotencyKey, f"furnish() makes no row of {model._meta.label}: let a verb make one"
    return IdempotencyKey.objects.create(scope=word, key=word, fingerprint="0" * 64)


def _values(model: type[models.Model], field_: models.Field) -> list[Any]:  # type: ignore[type-arg]
    return list(model._default_manager.values_list(field_.name, flat=True))


def _markers(made: Furnished) -> set[str]:
    """The word, the organizer's own names, and every id and secret of its rows."""
    organizer = made.house.organizer
    found = {made.word, str(organizer.pk), organizer.slug, organizer.schema_name, organizer.name, made.device_token}
    for model in tenant_models():
        key = model._meta.pk
        if isinstance(key, models.UUIDField):
            found |= {str(value) for value in _values(model, key)}
        for field_ in text_fields(model):
            if f"{model._meta.label}.{field_.name}" in TELLTALE:
                found |= {str(value) for value in _values(model, field_)}
    return found


def mails(made: Furnished) -> list[EmailMessage]:
    """Every mail that the organizer's verbs wrote."""
    with tenant_context(made.house.organizer):
        return list(EmailMessage.objects.order_by("pk"))


def new_id() -> str:
    """An id of nothing."""
    return str(uuid7())
