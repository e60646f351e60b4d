"""Organizers sign up; events are listed and unlisted."""

from datetime import timedelta
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
from marketplace.models import ListedEvent
from marketplace.prices import lowest_price_of
from orders.models import Order
from people.actions import add_member
from people.models import Membership
from people.queries import membership_of
from tenants.actions import open_organizer
from tenants.current import current_organizer
from tenants.errors import SlugTaken
from tenants.models import Organizer
from ui.ids import new_code

AFTER_SALES = timedelta(seconds=20)  # so many sales in a row are one look


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
    now = timezone.now()
    ahead = [date for date in dates if date.ends_at > now] or dates[-1:]
    upcoming = ahead[0]
    price = lowest_price_of(event, ahead, kinds, at=now)
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
            "category": event.category,
            "tags": event.tags,
            "words": _words_of(event, organizer),
            "price_from": price.amount,
            "renew_at": price.until,
            "follows_stock": price.follows_stock,
        },
    )


def note_sale(*, order_id: UUID) -> None:
    """What was sold may have been the last at its price: have its event's listing looked at again, once for many sales."""
    soon = timezone.now() + AFTER_SALES
    listing = ListedEvent.objects.filter(organizer=current_organizer(), follows_stock=True, renew_at__gt=soon)
    listing.filter(event_id=Order.objects.values_list("event_id", flat=True).get(pk=order_id)).update(renew_at=soon)


def renew_listings() -> int:
    """Copy anew what is due of the current organizer's listings: a phase has ended, a date is over, something was sold."""
    due = ListedEvent.objects.filter(organizer=current_organizer(), renew_at__lte=timezone.now())
    ids = list(due.order_by("renew_at").values_list("event_id", flat=True))
    for event_id in ids:
        list_event(event_id=event_id)
    return len(ids)


def unlist_event(*, event_id: UUID) -> None:
    """Take an event of the current organizer off the platform's site."""
    ListedEvent.objects.filter(organizer=current_organizer(), event_id=event_id).delete()


def _words_of(event: Event, organizer: Organizer) -> str:
    said = (event.title, event.summary, event.description, event.venue.name, event.venue.city, organizer.name)
    return " ".join([*said, *event.tags]).lower()


def _scheduled(event: Event) -> list[Performance]:
    return list(event.performances.filter(state=Performance.State.SCHEDULED).order_by("starts_at"))


def _slugs_from(name: str) -> list[str]:
    base = slugify(name).replace("_", "-")[:32].strip("-")
    while "--" in base:
        base = base.replace("--", "-")
    if len(base) < 3:
        base = f"{base}-tickets".strip("-")
    return [base, f"{base}-2", f"{base}-3", f"{base}-{new_code(5).lower()}"]
