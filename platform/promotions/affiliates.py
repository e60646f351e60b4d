"""Affiliates come and go, the programme is set, visits are counted."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.queries import event_for_update
from promotions.affiliate_models import (
    LONGEST_WINDOW,
    Affiliate,
    AffiliateClick,
    AffiliateProgramme,
    EventCommission,
)
from promotions.commission import CommissionKind, Rate
from promotions.errors import AffiliateInvalid, AffiliateNotFound
from promotions.models import PromoCode
from promotions.words import code_key
from tenants.current import lock_until_commit
from ui.addresses import is_address, normal_address
from ui.ids import new_code
from ui.money import CURRENCIES

State = Affiliate.State
MOVES = {
    State.APPLIED: (State.ACTIVE, State.DECLINED),
    State.DECLINED: (State.ACTIVE,),
    State.ACTIVE: (State.PAUSED, State.ENDED),
    State.PAUSED: (State.ACTIVE, State.ENDED),
    State.ENDED: (State.ACTIVE,),
}
CLICK_SECONDS = 1800  # a visitor counts once in each half hour of the clock
MOST_APPROVAL_DAYS = 365
_OF_RATES = ("kind", "basis_points", "fixed", "currency", "tiers")
_OF_PROGRAMME = (
    *("takes_applications", "window_days", "touch", "needs_approval", "approval_days", "approval_from", "counts_team"),
)


# --- The programme --------------------------------------------------------------------------------------------------------


def programme() -> AffiliateProgramme | None:
    """How this organizer works with affiliates; None where it does not."""
    return AffiliateProgramme.objects.first()


@transaction.atomic
def set_programme(*, rate: Rate, actor: Actor, **fields: Any) -> AffiliateProgramme:
    """Agree on how affiliates are paid for orders from now on; `fields` are columns of AffiliateProgramme.

    What was placed keeps its commission. Raises AffiliateInvalid.
    """
    _check_rate(rate)
    if rate.kind == CommissionKind.NONE:
        raise AffiliateInvalid(_("Say what affiliates get."), field="kind")
    lock_until_commit("affiliates")
    found = programme() or AffiliateProgramme(pk=1)
    for column in _OF_PROGRAMME:
        if column in fields:
            setattr(found, column, fields[column])
    if not 1 <= found.window_days <= LONGEST_WINDOW:
        raise AffiliateInvalid(_("From 1 to %d days.") % LONGEST_WINDOW, field="window_days")
    if not 0 <= found.approval_days <= MOST_APPROVAL_DAYS:
        raise AffiliateInvalid(_("From 0 to %d days.") % MOST_APPROVAL_DAYS, field="approval_days")
    _fill_rate(found, rate)
    found.save()
    detail = {column: getattr(found, column) for column in (*_OF_RATES, *_OF_PROGRAMME)}
    record(verb="set_affiliate_programme", target=found, actor=actor, detail=detail)
    return found


@transaction.atomic
def set_event_commission(*, event_id: UUID, rate: Rate | None, actor: Actor) -> EventCommission | None:
    """What one event pays from now on instead of the programme's rate; None: the same again. Raises NotFound, AffiliateInvalid."""
    event = event_for_update(event_id)
    found = EventCommission.objects.filter(event=event).first()
    if rate is None:
        if found is not None:
            record(verb="remove_event_commission", target=event, actor=actor)
            found.delete()
        return None
    _check_rate(rate)
    found = found or EventCommission(event=event)
    _fill_rate(found, rate)
    found.save()
    record(verb="set_event_commission", target=event, actor=actor, detail=rate.as_dict())
    return found


def commission_of_event(event_id: UUID) -> Rate | None:
    """What an event pays of its own; None: as all do."""
    own = EventCommission.objects.filter(event_id=event_id).first()
    return own.rate if own is not None else None


def rate_for(event_id: UUID, of: AffiliateProgramme) -> Rate:
    """What an order of this event pays."""
    return commission_of_event(event_id) or of.rate


def _check_rate(rate: Rate) -> None:
    words = {
        "basis_points": _("More than 0 and up to 100 percent."),
        "fixed": _("Enter an amount above 0."),
        "tiers": _("Begin with ticket 1, then higher numbers, each with a percentage from 0 to 100."),
    }
    if problem := rate.problem():
        raise AffiliateInvalid(words[problem], field=problem)
    if rate.currency not in CURRENCIES:
        raise AffiliateInvalid(_("Choose a currency."), field="currency")


def _fill_rate(found: AffiliateProgramme | EventCommission, rate: Rate) -> None:
    plain = rate.as_dict()
    for column in _OF_RATES:
        setattr(found, column, plain[column])


# --- Who ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_affiliate(
    *, name: str, email: str, state: Affiliate.State, actor: Actor, code: str = "", words: str = ""
) -> Affiliate:
    """Note an affiliate, or somebody who would be one; without a `code` their links have a random one. Raises AffiliateInvalid."""
    lock_until_commit("affiliates")
    affiliate = Affiliate(name=_name(name), email=_email(email), state=state, words=_words(words))
    if Affiliate.objects.filter(is_address(affiliate.email)).exists():
        raise AffiliateInvalid(_("There is an affiliate with this e-mail address already."), field="email")
    affiliate.code = code.strip() or new_code(8)
    affiliate.key = _free_key(affiliate)
    affiliate.save(force_insert=True)
    record(verb="add_affiliate", target=affiliate, actor=actor, detail={"state": state.value, "code": affiliate.code})
    return affiliate


@transaction.atomic
def change_affiliate(*, affiliate_id: UUID, name: str, code: str, promo: str, actor: Actor) -> Affiliate:
    """Change the name, the word in the links (old links die) and the code of their own (`promo`; "" for none).

    Raises AffiliateNotFound, AffiliateInvalid.
    """
    lock_until_commit("affiliates")
    affiliate = affiliate_for_update(affiliate_id)
    affiliate.name, affiliate.code = _name(name), code.strip()
    affiliate.key = _free_key(affiliate)
    affiliate.promo = _promo_for(affiliate, promo)
    affiliate.save(update_fields=["name", "code", "key", "promo"])
    detail = {"code": affiliate.code, "promo": str(affiliate.promo_id or "")}
    record(verb="change_affiliate", target=affiliate, actor=actor, detail=detail)
    return affiliate


@transaction.atomic
def move_affiliate(*, affiliate_id: UUID, state: Affiliate.State, actor: Actor) -> bool:
    """Accept, decline, pause, end or resume an affiliate; whether that changed anything.

    Orders that were placed keep what they earned. Raises AffiliateNotFound, AffiliateInvalid for a step that is none.
    """
    affiliate = affiliate_for_update(affiliate_id)
    before = State(affiliate.state)
    if before == state:
        return False
    if state not in MOVES[before]:
        raise AffiliateInvalid(_("This affiliate is “%s”: that cannot be done now.") % before.label)
    affiliate.state = state
    affiliate.save(update_fields=["state"])
    record(verb="move_affiliate", target=affiliate, actor=actor, detail={"was": before.value, "is": state.value})
    return True


def _name(typed: str) -> str:
    name = typed.strip()
    if not name or len(name) > 120 or not name.isprintable():
        raise AffiliateInvalid(_("Enter a name of up to 120 characters."), field="name")
    return name


def _email(typed: str) -> str:
    try:
        email = normal_address(typed)
    except ValidationError as error:
        raise AffiliateInvalid(_("Enter an e-mail address like name@example.com."), field="email") from error
    if len(email) > 254:
        raise AffiliateInvalid(_("This e-mail address is too long."), field="email")
    return email


def _words(typed: str) -> str:
    words = typed.replace("\r\n", "\n").strip()
    if len(words) > 600 or "\x00" in words:
        raise AffiliateInvalid(_("At most %d characters.") % 600, field="words")
    return words


def _free_key(affiliate: Affiliate) -> str:
    code, key = affiliate.code, code_key(affiliate.code)
    if len(key) < 3 or len(code) > 40 or not all(one.isascii() and (one.isalnum() or one in "-_") for one in code):
        words = _("The word in the links is 3 to 40 letters (a to z), digits and dashes.")
        raise AffiliateInvalid(words, field="code")
    if Affiliate.objects.filter(key=key).exclude(pk=affiliate.pk).exists():
        raise AffiliateInvalid(_("Another affiliate has this word."), field="code")
    return key


def _promo_for(affiliate: Affiliate, typed: str) -> PromoCode | None:
    if not typed.strip():
        return None
    promo = PromoCode.objects.filter(key=code_key(typed)).exclude(key="").first()
    if promo is None:
        raise AffiliateInvalid(_("There is no such code. Make it under “Codes” first."), field="promo")
    if Affiliate.objects.filter(promo=promo).exclude(pk=affiliate.pk).exists():
        raise AffiliateInvalid(_("This code is another affiliate’s."), field="promo")
    return promo


def affiliate_by_id(affiliate_id: UUID) -> Affiliate:
    """Raises AffiliateNotFound."""
    found = Affiliate.objects.select_related("promo").filter(pk=affiliate_id).first()
    if found is None:
        raise AffiliateNotFound
    return found


def affiliate_for_update(affiliate_id: UUID) -> Affiliate:
    """The affiliate, nobody else's to change until the transaction ends. Raises AffiliateNotFound."""
    found = Affiliate.objects.select_for_update(no_key=True).filter(pk=affiliate_id).first()
    if found is None:
        raise AffiliateNotFound
    return found


def affiliate_by_link(typed: str) -> Affiliate | None:
    """The active affiliate whose links have this word."""
    key = code_key(typed)
    return Affiliate.objects.filter(key=key, state=State.ACTIVE).first() if key else None


def affiliate_of_person(email: str) -> Affiliate | None:
    """The affiliate with this address, whatever its state."""
    return Affiliate.objects.select_related("promo").filter(is_address(email)).first()


def active_affiliates(keys: Iterable[str]) -> dict[str, Affiliate]:
    """Those of these who are active, by key."""
    return {one.key: one for one in Affiliate.objects.filter(key__in=list(keys), state=State.ACTIVE)}


# --- Visits ---------------------------------------------------------------------------------------------------------------


def count_click(*, affiliate: Affiliate, event_id: UUID | None, network: str, browser: str, at: datetime) -> None:
    """Count a visit, once for each visitor (the same network and browser) in a half hour."""
    slot = int(at.timestamp()) // CLICK_SECONDS
    visitor = salted_hmac("promotions.click", f"{slot}:{network}:{browser}", algorithm="sha256").hexdigest()[:32]
    click = AffiliateClick(affiliate=affiliate, event_id=event_id, visitor=visitor, at=at)
    AffiliateClick.objects.bulk_create([click], ignore_conflicts=True)
