"""Organizers sign up; events are listed and unlisted."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django_tenants.utils import tenant_context

from accounts.actions import create_user
from accounts.queries import user_by_id
from audit.actions import user_actor
from events.lifecycle import sale_start_of
from events.models import Event, Performance
from events.queries import own_prices
from marketplace.models import ListedEvent
from people.actions import add_member
from people.models import Membership
from people.queries import membership_of
from pricing.plans import rate_of, terms_of
from pricing.quote import price_once, price_one
from repricing.queries import moved_prices, price_now
from tenants.actions import open_organizer
from tenants.current import current_organizer
from tenants.errors import SlugTaken
from tenants.models import Organizer
from ui.ids import new_code


@transaction.atomic
def sign_up(
    *, name: str, slug: str, email: str, password: str, country: str, currency: str, timezone_name: str
) -> Organizer:
    """A new organizer with its owner, who then signs in at the organizer's address.

    Without a `slug` one is made from the name. Comes back `active` when a prepared schema was at hand, else
    `provisioning`; then `welcome_owner` does the rest. Raises SlugInvalid, SlugTaken, EmailTaken; then nothing is kept.
    """
    user = create_user(email=email, password=password)
    wanted = [slug] if slug else _slugs_from(name)
    for position, candidate in enumerate(wanted):
        try:
            organizer = open_organizer(
                name=name,
                slug=candidate,
                actor=user_actor(user.pk),
                opened_by=str(user.pk),
                timezone_name=timezone_name,
                currency=currency,
                country=country,
            )
            break
        except SlugTaken:
            if position == len(wanted) - 1:
                raise
    if organizer.is_active:
        welcome_owner(organizer_id=organizer.pk, user_id=user.pk)
    return organizer


def welcome_owner(*, organizer_id: UUID, user_id: UUID) -> None:
    """Make the user who opened an organizer its owner, unless they have a place there already."""
    user = user_by_id(user_id)
    organizer = Organizer.objects.get(pk=organizer_id)
    if user is None:
        return
    with tenant_context(organizer), transaction.atomic():
        if membership_of(user.pk) is None:
            add_member(
                user_id=user.pk,
                name=user.name,
                email=user.email,
                role=Membership.Role.OWNER,
                actor=user_actor(user.pk),
            )


@transaction.atomic
def list_event(*, event_id: UUID) -> None:
    """Copy what the platform's site shows of an event of the current organizer, or drop it when it is not to be found there."""
    organizer = current_organizer()
    shown = Event.objects.filter(pk=event_id, state__in=(Event.State.PUBLISHED, Event.State.PAUSED))
    event = shown.select_related("venue").prefetch_related("ticket_types").first()
    if event is not None and not event.is_listed:
        event = None
    dates = _scheduled(event) if event else []
    kinds = list(event.ticket_types.filter(is_active=True, is_hidden=False).select_related("tax")) if event else []
    if event is None or not dates or not kinds:
        unlist_event(event_id=event_id)
        return
    terms = terms_of(event)
    ahead = [date for date in dates if date.ends_at > timezone.now()] or dates[-1:]
    upcoming, ids = ahead[0], [date.pk for date in ahead]
    own, moved = own_prices(ids), moved_prices(ids)  # as the organizer's own list has it
    costs = {
        (kind, price_now(own.get((date.pk, kind.pk), kind.price), moved.get(date.pk, {}).get(kind.pk)))
        for date in ahead
        for kind in kinds
    }
    paid = [price_one(price, terms, rate_of(kind.tax)).all_in_price for kind, price in costs if price]
    ListedEvent.objects.update_or_create(
        organizer=organizer,
        event_id=event.pk,
        defaults={
            "slug": event.slug,
            "title": event.title,
            "summary": event.summary,
            "venue_name": event.venue.name,
            "city": event.venue.city,
            "starts_at": upcoming.starts_at,
            "ends_at": max(date.ends_at for date in dates),
            "timezone": upcoming.timezone,
            "currency": event.currency,
            "state": event.state,
            "sale_starts_at": sale_start_of(event),
            # 0 only where all are free: a free child's ticket is no price of an event.
            "price_from": min(paid) + price_once(terms).total if paid else 0,
        },
    )


def unlist_event(*, event_id: UUID) -> None:
    """Take an event of the current organizer off the platform's site."""
    ListedEvent.objects.filter(organizer=current_organizer(), event_id=event_id).delete()


def _scheduled(event: Event) -> list[Performance]:
    return list(event.performances.filter(state=Performance.State.SCHEDULED).order_by("starts_at"))


def _slugs_from(name: str) -> list[str]:
    base = slugify(name).replace("_", "-")[:32].strip("-")
    while "--" in base:
        base = base.replace("--", "-")
    if len(base) < 3:
        base = f"{base}-tickets".strip("-")
    return [base, f"{base}-2", f"{base}-3", f"{base}-{new_code(5).lower()}"]
