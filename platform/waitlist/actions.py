"""Join a waiting list, confirm, leave; staff's rules; the draw; and the notes of who was offered what.

Lock order: the list, its entries, then holds and places (docs/locking.md). Whoever frees places locks no list.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, buyer_actor, record
from events.models import Event, Performance, TicketType
from events.queries import performance_by_id
from inventory.models import Hold
from inventory.queries import database_now
from inventory.waited import pools_now, set_waited_for
from notifications.actions import forget_emails
from outbox.actions import enqueue
from people.identity import buyer_key
from ui.addresses import normal_address
from ui.errors import NotFound
from ui.ids import uuid7
from waiting_room.seal import seal, unseal
from waiting_room.shuffle import commitment_to, digest_of, new_seed, shuffled
from waitlist import consents, letters
from waitlist.errors import EntryInvalid, EntryNotFound, EntryOver, NotSoldOut, NoWaitingList, RulesInvalid
from waitlist.models import Entry, ListOffer, ListRules, WaitingList
from waitlist.order import MOST_GROUPS, group_of, groups_of, wrong_lines
from waitlist.queries import (
    entry_by_token,
    exhausted_pools,
    is_for_everybody,
    list_for_update,
    quantity_for,
    rules_of,
    types_to_wait_for,
    waited_types,
)

CONFIRM_TIME = timedelta(days=2)  # an address that nobody confirmed is forgotten then
KEPT_FOR = timedelta(days=90)  # after the date: what is known of who waited for it
LONGEST_GROUPS = 20_000  # characters
MOST_ENDED = 500  # entries of one run for one date; the clock ends the rest


@dataclass(frozen=True)
class Joining:
    """What somebody typed who wants to wait. `account_email` is the address that a signed-in buyer has proved."""

    name: str
    email: str
    quantity: int
    takes_fewer: bool = False
    consents: bool = False
    account_email: str = ""


# --- Join and leave ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def join(*, performance_id: UUID, ticket_type_id: UUID, joining: Joining) -> Entry | None:
    """Take somebody's wish and mail the address: a link that confirms it, or the one to the place they have already.

    The same is answered in both cases. The entry counts once it is confirmed, at once for the address of a signed-in buyer; then
    it is returned, else None. Raises NotFound, EntryInvalid, NoWaitingList, NotSoldOut; then nothing is kept.
    """
    performance = performance_by_id(performance_id)
    kind = TicketType.objects.filter(pk=ticket_type_id, event_id=performance.event_id, is_active=True).first()
    if kind is None:
        raise NotFound
    _check_open(performance)
    joining = _checked(joining, kind)
    now = database_now()
    if kind not in types_to_wait_for(performance, at=now):
        raise NotSoldOut(_("There are tickets of “%(name)s”. You can buy them now.") % {"name": kind.title})
    waiting_list = _list_of(performance, at=now)
    person = buyer_key(joining.email)
    of_person = waiting_list.entries.filter(ticket_type=kind, person=person)
    known = of_person.filter(state__in=(Entry.State.WAITING, Entry.State.OFFERED)).first()
    if known is not None:
        letters.mail_known(known, asked=str(uuid7()))
        return None
    of_person.filter(state=Entry.State.UNCONFIRMED).delete()
    entry = Entry.objects.create(
        code=secrets.token_hex(8),
        waiting_list=waiting_list,
        ticket_type=kind,
        quantity=joining.quantity,
        takes_fewer=joining.takes_fewer,
        email=joining.email,
        person=person,
        name=joining.name.strip(),
        language=get_language() or "en",
        consent_version=consents.VERSION,
        consent_text=str(consents.TEXT),
        joined_at=now,
    )
    if joining.account_email and buyer_key(joining.account_email) == person:
        _confirm(entry, waiting_list, at=now)
        return entry
    letters.mail_confirmation(entry)
    return None


def _check_open(performance: Performance) -> None:
    """Raises NoWaitingList."""
    is_sold = performance.event.is_published and performance.state == Performance.State.SCHEDULED
    if not is_sold or performance.ends_at <= database_now() or not rules_of(performance.event_id).is_open:
        raise NoWaitingList


def _checked(joining: Joining, kind: TicketType) -> Joining:
    name = joining.name.strip()
    if not name or len(name) > 120 or not name.isprintable():
        raise EntryInvalid(_("Enter your name, up to 120 characters."), field="name")
    try:
        joining = replace(joining, email=normal_address(joining.email))
    except ValidationError as error:
        raise EntryInvalid(_("Enter an e-mail address like name@example.com."), field="email") from error
    if len(joining.email) > 254:
        raise EntryInvalid(_("This e-mail address is too long."), field="email")
    if not kind.min_per_order <= joining.quantity <= kind.most_per_order:
        raise _wrong_quantity(kind)
    if not joining.consents:
        raise EntryInvalid(_("Tick the box: without your address we cannot tell you."), field="consents")
    return joining


def _wrong_quantity(kind: TicketType) -> EntryInvalid:
    words = _("Choose %(least)d to %(most)d tickets.")
    words %= {"least": kind.min_per_order, "most": kind.most_per_order}
    return EntryInvalid(words, field="quantity")


def _list_of(performance: Performance, *, at: datetime) -> WaitingList:
    """The date's list, locked; made with a sealed seed when this is the first to join."""
    found = list_for_update(performance.pk)
    if found is not None:
        return found
    list_id, seed = uuid7(), new_seed()
    fresh = WaitingList(
        id=list_id,
        performance=performance,
        opened_at=at,
        seed_sealed=seal(seed, line_id=list_id),
        commitment=commitment_to(seed),
    )
    WaitingList.objects.bulk_create([fresh], ignore_conflicts=True)  # somebody else may be the first at this moment
    made = list_for_update(performance.pk)
    assert made is not None
    return made


@transaction.atomic
def confirm(*, entry_id: UUID, token: str) -> Entry:
    """The address is its owner's, so the entry stands from now on. Confirming twice is the same as once.

    From this commit on nobody but the list gets places of the pools that are sold out. Raises EntryNotFound, EntryOver,
    NoWaitingList where the tickets are not sold any more, EntryInvalid where an order may not take as many any more, and
    NotSoldOut where there are tickets again for everybody.
    """
    entry, waiting_list = _locked(entry_by_token(entry_id, token).pk)
    if entry.is_on_the_list:
        return entry
    if entry.state != Entry.State.UNCONFIRMED:
        raise EntryOver
    _check_open(waiting_list.performance)
    twin = waiting_list.entries.filter(
        ticket_type_id=entry.ticket_type_id,
        person=entry.person,
        state__in=(Entry.State.WAITING, Entry.State.OFFERED),
    ).first()
    if twin is not None:  # joined from another window, or by the account
        return twin
    now, kind, wish = database_now(), entry.ticket_type, entry.quantity
    if not is_for_everybody(kind, waiting_list.performance, at=now):
        raise NoWaitingList
    if not quantity_for(kind, wish=wish, takes_fewer=entry.takes_fewer, free=wish):
        raise _wrong_quantity(kind)
    _confirm(entry, waiting_list, at=now)
    return entry


def _confirm(entry: Entry, waiting_list: WaitingList, *, at: datetime) -> None:
    """Under the list's lock: the entry waits, and what is sold out of its pools is closed to everybody else."""
    sold_out = exhausted_pools(waiting_list.performance_id, entry.ticket_type_id, at=at)
    if not sold_out:
        words = _("There are tickets of “%(name)s” again. You can buy them now.")
        raise NotSoldOut(words % {"name": entry.ticket_type.title})
    rules = rules_of(waiting_list.performance.event_id)
    entry.state, entry.confirmed_at = Entry.State.WAITING, at
    entry.group = group_of(entry.person, groups_of(rules.first_groups))
    entry.save(update_fields=["state", "confirmed_at", "group"])
    set_waited_for(performance_id=waiting_list.performance_id, pool_ids=sold_out, waited=True)
    record(verb="join_waiting_list", target=entry, actor=buyer_actor(), detail={"quantity": entry.quantity})
    letters.mail_joined(entry)
    _serve_after(waiting_list)


def _locked(entry_id: UUID) -> tuple[Entry, WaitingList]:
    """An entry with its list, both locked, the list first. Raises EntryNotFound."""
    performance_id = Entry.objects.filter(pk=entry_id).values_list("waiting_list__performance_id", flat=True).first()
    waiting_list = list_for_update(performance_id) if performance_id else None
    if waiting_list is None:
        raise EntryNotFound
    entry = Entry.objects.select_for_update(of=("self",)).select_related("ticket_type").filter(pk=entry_id).first()
    if entry is None:
        raise EntryNotFound
    entry.waiting_list = waiting_list
    return entry, waiting_list


@transaction.atomic
def leave(*, entry_id: UUID, token: str) -> Entry:
    """The person waits no longer. Leaving twice is the same as once.

    Raises EntryNotFound, and EntryOver while places are held for them: `checkout.waiting.decline` gives those back.
    """
    entry, waiting_list = _locked(entry_by_token(entry_id, token).pk)
    _end(entry, waiting_list, Entry.State.LEFT, actor=buyer_actor())
    return entry


@transaction.atomic
def remove(*, entry_id: UUID, event_id: UUID, actor: Actor) -> Entry:
    """Staff take somebody of an event's list off it. Raises EntryNotFound, EntryOver."""
    entry, waiting_list = _locked(entry_id)
    if waiting_list.performance.event_id != event_id:
        raise EntryNotFound
    _end(entry, waiting_list, Entry.State.REMOVED, actor=actor)
    return entry


def _end(entry: Entry, waiting_list: WaitingList, state: Entry.State, *, actor: Actor) -> None:
    if entry.state == Entry.State.OFFERED:
        raise EntryOver(_("Places are held for this person now. They are free again when the offer is over."))
    if entry.state != Entry.State.WAITING:
        return
    now = database_now()
    entry.state, entry.ended_at = state, now
    entry.save(update_fields=["state", "ended_at"])
    record(verb="leave_waiting_list", target=entry, actor=actor, detail={"state": state.value})
    close_pools(waiting_list, at=now)


# --- Rules and the draw --------------------------------------------------------------------------------------------------------


@transaction.atomic
def change_rules(
    *,
    event_id: UUID,
    actor: Actor,
    is_open: bool,
    mode: str,
    offer_hours: int,
    first_groups: str = "",
    draw_at: datetime | None = None,
) -> ListRules:
    """Set an event's rules. Closed, its lists keep their people and reserve nothing. Raises NotFound, RulesInvalid."""
    if not Event.objects.filter(pk=event_id).exists():
        raise NotFound
    _check_rules(mode, offer_hours, first_groups, draw_at)
    ListRules.objects.get_or_create(event_id=event_id)
    rules = ListRules.objects.select_for_update().get(event_id=event_id)
    rules.is_open, rules.mode, rules.offer_hours = is_open, mode, offer_hours
    rules.first_groups, rules.draw_at = first_groups.strip("\r\n"), draw_at
    rules.save()
    groups = groups_of(rules.first_groups)
    record(
        verb="change_list_rules",
        target=rules,
        actor=actor,
        detail={"is_open": is_open, "mode": mode, "offer_hours": offer_hours, "groups": len(groups)},
    )
    for performance_id in Performance.objects.filter(event_id=event_id).order_by("pk").values_list("pk", flat=True):
        waiting_list = list_for_update(performance_id)
        if waiting_list is None:
            continue
        waiting = list(waiting_list.entries.filter(state=Entry.State.WAITING).order_by("pk"))
        for entry in waiting:
            entry.group = group_of(entry.person, groups)
        Entry.objects.bulk_update(waiting, ["group"], batch_size=1000)
        close_pools(waiting_list, at=database_now())
        _serve_after(waiting_list)
    return rules


def _check_rules(mode: str, offer_hours: int, first_groups: str, draw_at: datetime | None) -> None:
    if mode not in ListRules.Mode.values:
        raise RulesInvalid(_("Choose one of the three."), field="mode")
    if not 1 <= offer_hours <= 168:
        raise RulesInvalid(_("An offer stands for 1 to 168 hours."), field="offer_hours")
    if mode == ListRules.Mode.LOTTERY and draw_at is None:
        raise RulesInvalid(_("Say when the order is drawn."), field="draw_at")
    wrong = wrong_lines(first_groups)
    if wrong:
        words = _("“%(line)s” is no e-mail address and no @domain.") % {"line": wrong[0][:80]}
        raise RulesInvalid(words, field="first_groups")
    if len(groups_of(first_groups)) > MOST_GROUPS or len(first_groups) > LONGEST_GROUPS:
        raise RulesInvalid(_("At most %(n)d groups.") % {"n": MOST_GROUPS}, field="first_groups")
    if mode == ListRules.Mode.PRIORITY and not groups_of(first_groups):
        raise RulesInvalid(_("Say who comes first."), field="first_groups")


def draw(waiting_list: WaitingList, *, at: datetime, actor: Actor) -> None:
    """Give everybody who waits on a locked list their place by lot, and show the seed. Once; who comes later stands behind."""
    if waiting_list.drawn_at is not None:
        return
    seed = unseal(bytes(waiting_list.seed_sealed), line_id=waiting_list.pk)
    waiting = list(waiting_list.entries.filter(state=Entry.State.WAITING))
    ranks = {code: rank for rank, code in enumerate(shuffled((one.code for one in waiting), seed), start=1)}
    for entry in waiting:
        entry.rank = ranks[entry.code]
    Entry.objects.bulk_update(waiting, ["rank"], batch_size=1000)
    waiting_list.seed, waiting_list.drawn_at = seed.hex(), at
    waiting_list.save(update_fields=["seed", "drawn_at"])
    detail = {"seed": waiting_list.seed, "digest": digest_of(ranks), "entries": len(ranks)}
    record(verb="draw_waiting_list", target=waiting_list, actor=actor, detail=detail)


@transaction.atomic
def draw_now(*, performance_id: UUID, event_id: UUID, actor: Actor) -> None:
    """Staff draw a date's order before its time. Drawing twice is the same as once. Raises NotFound, RulesInvalid."""
    waiting_list = list_for_update(performance_id)
    if waiting_list is None or waiting_list.performance.event_id != event_id:
        raise NotFound
    if rules_of(event_id).mode != ListRules.Mode.LOTTERY:
        raise RulesInvalid(_("This list is not drawn by lot."))
    draw(waiting_list, at=database_now(), actor=actor)
    _serve_after(waiting_list)


# --- Offers: notes of what checkout.waiting held ----------------------------------------------------------------------------------


def keep_offer(*, entry: Entry, hold: Hold, quantity: int, actor: Actor, is_by_hand: bool = False) -> ListOffer:
    """Note, under the list's lock and in the transaction that made the hold, that it is an entry's; and mail the link to it."""
    offer = ListOffer.objects.create(
        entry=entry,
        hold=hold,
        quantity=quantity,
        is_by_hand=is_by_hand,
        made_by=str(actor),
        made_at=hold.created_at,
        expires_at=hold.expires_at,
    )
    entry.state = Entry.State.OFFERED
    entry.save(update_fields=["state"])
    detail = {"quantity": quantity, "by_hand": is_by_hand}
    record(verb="offer_places", target=entry, actor=actor, detail=detail)
    letters.mail_offer(offer)
    return offer


_STATES = {
    ListOffer.Outcome.BOUGHT: Entry.State.BOUGHT,
    ListOffer.Outcome.EXPIRED: Entry.State.EXPIRED,
    ListOffer.Outcome.DECLINED: Entry.State.DECLINED,
}


def end_offer(*, offer: ListOffer, outcome: ListOffer.Outcome, at: datetime) -> None:
    """Note, under the list's lock, what became of an open offer; who let it pass is told and is off the list."""
    offer.outcome, offer.ended_at = outcome, at
    offer.save(update_fields=["outcome", "ended_at"])
    entry = offer.entry
    entry.state, entry.ended_at = _STATES[outcome], at
    entry.save(update_fields=["state", "ended_at"])
    record(verb="end_offer", target=entry, actor=SYSTEM, detail={"outcome": outcome.value})
    if outcome == ListOffer.Outcome.EXPIRED:
        letters.mail_passed(offer)


def end_unsold(waiting_list: WaitingList, *, at: datetime) -> None:
    """Under the list's lock: who waits for tickets whose sale is over, while others of the date are sold, is told and off the list."""
    performance = waiting_list.performance
    if performance.state != Performance.State.SCHEDULED or performance.ends_at <= at:
        return
    waiting = waiting_list.entries.filter(state=Entry.State.WAITING, ticket_type__on_sale_until__lte=at)
    for entry in waiting.select_related("ticket_type").order_by("pk")[:MOST_ENDED]:
        entry.waiting_list = waiting_list
        entry.state, entry.ended_at = Entry.State.OVER, at
        entry.save(update_fields=["state", "ended_at"])
        record(verb="leave_waiting_list", target=entry, actor=SYSTEM, detail={"state": entry.state})
        letters.mail_over(entry)


def close_pools(waiting_list: WaitingList, *, at: datetime) -> None:
    """Bring a locked list's pools to who waits: the sold-out ones of what somebody waits for are the list's alone.

    All others are everybody's, those among them of what could not be offered now: it is off sale or hidden, or an order may not
    take as many.
    """
    performance = waiting_list.performance
    waited = waited_types(waiting_list, at=at) if rules_of(performance.event_id).is_open else set()
    pools = pools_now(performance.pk, at=at)
    wanted = {
        pool.pool_id for pool in pools if pool.ticket_types & waited and (pool.claimable == 0 or pool.is_waited_for)
    }
    now_waited = {pool.pool_id for pool in pools if pool.is_waited_for}
    set_waited_for(performance_id=performance.pk, pool_ids=wanted - now_waited, waited=True)
    set_waited_for(performance_id=performance.pk, pool_ids=now_waited - wanted, waited=False)


def _serve_after(waiting_list: WaitingList) -> None:
    performance_id = str(waiting_list.performance_id)
    key = f"{performance_id}:{uuid7()}"
    enqueue(kind="serve_waiting_list", key=key, payload={"performance_id": performance_id})


# --- Forget -------------------------------------------------------------------------------------------------------------------


def forget_entries() -> int:
    """Delete addresses that nobody confirmed, and everybody who waited for dates that are long over; how many, with their mails."""
    now = database_now()
    unconfirmed = Entry.objects.filter(state=Entry.State.UNCONFIRMED, joined_at__lt=now - CONFIRM_TIME)
    over = Entry.objects.filter(waiting_list__performance__ends_at__lt=now - KEPT_FOR)
    gone = 0
    for found in (unconfirmed, over):
        ids = list(found.order_by("pk").values_list("pk", flat=True)[:1000])
        with transaction.atomic():
            ListOffer.objects.filter(entry__in=ids).delete()
            for prefix in letters.keys_of(ids):
                forget_emails(key_prefix=prefix, before=now)
            gone += Entry.objects.filter(pk__in=ids).delete()[0]
    return gone


def forget_person(email: str) -> int:
    """Delete whatever an address waits or waited for, in the caller's transaction; how many entries. Mails are the caller's."""
    found = Entry.objects.filter(person=buyer_key(email))
    dates = sorted(set(found.values_list("waiting_list__performance_id", flat=True)))
    gone = 0
    for performance_id in dates:
        waiting_list = list_for_update(performance_id)
        if waiting_list is None:
            continue
        mine = waiting_list.entries.filter(person=buyer_key(email))
        ListOffer.objects.filter(entry__in=mine).delete()
        gone += mine.delete()[0]
        close_pools(waiting_list, at=database_now())
    return gone
