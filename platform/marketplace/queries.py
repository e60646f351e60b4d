"""Reads for the platform's public site."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F, Func, Q, QuerySet

from events.facts import normal_tag
from events.lifecycle import Stage, stage_at
from events.listing import LOCAL_DAYS, MOST_WORDS, categories_named, days_between
from events.models import EventCategory
from marketplace.models import ListedEvent
from tenants.models import Organizer
from tenants.queries import storefront_url


@dataclass(frozen=True)
class Listing:
    """An upcoming event, its address at the organizer's and its stage; that it is sold out nobody here can know."""

    event: ListedEvent
    url: str
    stage: Stage


def listed(*, after: datetime) -> QuerySet[ListedEvent]:
    """Listed events of active organizers that end after `after`, soonest first."""
    shown = ListedEvent.objects.filter(ends_at__gt=after, organizer__state=Organizer.State.ACTIVE)
    return shown.order_by("starts_at", "pk")


def listings_of(events: Iterable[ListedEvent], *, at: datetime) -> list[Listing]:
    """These events as the site shows them; select their organizers."""
    return [
        Listing(
            event,
            storefront_url(event.organizer, f"/events/{event.slug}/"),
            stage_at(event.state, at=at, ends_at=event.ends_at, sale_starts_at=event.sale_starts_at),
        )
        for event in events
    ]


def upcoming_events(*, after: datetime, limit: int = 24) -> list[Listing]:
    """The soonest of all."""
    return listings_of(listed(after=after).select_related("organizer")[:limit], at=after)


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for among all organizers' events; what is empty is not looked for.

    `text` are words that all have to be found somewhere, `since` and `until` days of the event's own place. Of an event of many
    dates only the next and the end of the last are known here: it counts for all days between.
    """

    text: str = ""
    category: str = ""
    tag: str = ""
    city: str = ""
    since: date | None = None
    until: date | None = None

    def of(self, events: QuerySet[ListedEvent]) -> QuerySet[ListedEvent]:
        """Those of these that are looked for."""
        for word in self.text.lower().split()[:MOST_WORDS]:
            events = events.filter(Q(words__contains=word.lstrip("#")) | Q(category__in=categories_named(word)))
        if self.category:
            events = events.filter(category=self.category)
        if self.tag:
            events = events.filter(tags__contains=[normal_tag(self.tag)])
        if self.city:
            events = events.filter(city__iexact=self.city)
        if self.since or self.until:
            events = events.alias(**LOCAL_DAYS).filter(days_between(self.since, self.until))
        return events


@dataclass(frozen=True)
class Facets:
    """What the listed events differ in: how many there are, their categories, and their cities and tags, the most frequent first."""

    n: int
    categories: Sequence[str]
    cities: Sequence[str]
    tags: Sequence[str]


MOST_CITIES, MOST_TAGS = 200, 12


def facets_of(events: QuerySet[ListedEvent]) -> Facets:
    """Three queries."""
    categories = dict(events.order_by().values_list("category").annotate(n=Count("pk")))
    cities = events.exclude(city="").order_by().values_list("city").annotate(n=Count("pk")).order_by("-n", "city")
    tags = events.order_by().annotate(tag=Func(F("tags"), function="unnest")).values_list("tag")
    return Facets(
        n=sum(categories.values()),
        categories=[one for one in EventCategory.values if one in categories],
        cities=sorted(city for city, _n in cities[:MOST_CITIES]),
        tags=[tag for tag, _n in tags.annotate(n=Count("pk")).order_by("-n", "tag")[:MOST_TAGS]],
    )


def organizers_to_renew(*, at: datetime) -> list[Organizer]:
    """The active organizers of which a listing is due to be looked at again (marketplace.actions.renew_listings)."""
    due = ListedEvent.objects.filter(renew_at__lte=at).values("organizer")
    return list(Organizer.objects.filter(pk__in=due, state=Organizer.State.ACTIVE))


def organizer_by_id(organizer_id: UUID) -> Organizer | None:
    """The organizer with this id, in whatever state."""
    found: Organizer | None = Organizer.objects.filter(pk=organizer_id).first()
    return found
