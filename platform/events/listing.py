"""Which of the listed events somebody looks for, and what there is to look for.

Each wish is a condition that the database checks, so that a list reads no event it does not show. Prices are not among them: they
are worked out, not stored (`storefront.offers`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import DateField, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast

from events.facts import normal_tag
from events.models import Event, EventCategory, Performance, Property
from events.properties import is_value, value_of

MOST_WORDS = 8  # of a search that count


@dataclass(frozen=True)
class Range:
    """Of a number or a date of a property: from `least` to `most`, both with them; None is open."""

    least: Any = None
    most: Any = None


@dataclass(frozen=True)
class EventFilter:
    """What somebody looks for; what is empty is not looked for.

    `text` are words that all have to be found somewhere, `tags` all of them, `place` a venue or a city by its name, `since` and
    `until` days, of its own place, on which a date of it is. `properties` are values or Range by key: of text a part is
    enough, of a choice any of those given (a list).
    """

    text: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    place: str = ""
    since: date | None = None
    until: date | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    def of(self, events: QuerySet[Event], known: Iterable[Property]) -> QuerySet[Event]:
        """Those of these events that are looked for; `known` are the organizer's properties."""
        for word in self.text.split()[:MOST_WORDS]:
            events = events.alias(tag_words=_TAG_WORDS).filter(_has_word(word))
        if self.category:
            events = events.filter(category=self.category)
        if self.tags:
            events = events.filter(tags__contains=[normal_tag(tag) for tag in self.tags])
        if self.place:
            events = events.filter(Q(venue__name__iexact=self.place) | Q(venue__city__iexact=self.place))
        if self.since or self.until:
            events = events.filter(Exists(self._dates().filter(event=OuterRef("pk"))))
        by_key = {one.key: one for one in known}
        for n, (key, wish) in enumerate(self.properties.items()):
            events = events.alias(**{f"said_{n}": KeyTransform(key, "properties")})
            events = events.filter(_says(f"said_{n}", by_key[key], wish))
        return events

    def _dates(self) -> QuerySet[Performance]:
        dates = Performance.objects.filter(state=Performance.State.SCHEDULED)
        return dates.alias(**LOCAL_DAYS).filter(days_between(self.since, self.until))


def _day_of(name: str) -> Cast:
    """The day of an instant of a row in the row's own time zone."""
    local = Func(F("timezone"), F(name), function="timezone", output_field=DateTimeField())
    return Cast(local, DateField())


LOCAL_DAYS = {"first_day": _day_of("starts_at"), "last_day": _day_of("ends_at")}


def days_between(since: date | None, until: date | None) -> Q:
    """Of rows with `LOCAL_DAYS`: those that begin on these days, or that take longer than a day and reach into them."""
    found = Q()
    if since:
        runs_on = Q(last_day__gte=since, ends_at__gt=F("starts_at") + timedelta(days=1))
        found &= Q(first_day__gte=since) | runs_on
    if until:
        found &= Q(first_day__lte=until)
    return found


_TAG_WORDS = Func(F("tags"), Value(" "), function="array_to_string", output_field=TextField())


def _has_word(word: str) -> Q:
    return (
        Q(title__icontains=word)
        | Q(summary__icontains=word)
        | Q(description__icontains=word)
        | Q(venue__name__icontains=word)
        | Q(venue__city__icontains=word)
        | Q(tag_words__icontains=word.lstrip("#"))
        | Q(category__in=categories_named(word))
    )


def categories_named(word: str) -> list[str]:
    """The categories whose name, in the reader's language, has this in it."""
    return [one.value for one in EventCategory if word.casefold() in str(one.label).casefold()]


def _says(said: str, known: Property, wish: Any) -> Q:
    if isinstance(wish, Range):
        bounds = {f"{said}__gte": wish.least, f"{said}__lte": wish.most}
        return Q(**{name: bound for name, bound in bounds.items() if bound is not None})
    if known.kind == Property.Kind.TEXT:
        return Q(**{f"{said}__icontains": wish})
    if isinstance(wish, list | tuple):
        return Q(**{f"{said}__in": list(wish)})
    return Q(**{said: wish})


def wish_of(known: Property, typed: str) -> Any:
    """What is looked for in a property as an address or the API has it: a value, or "least..most" of a number or date.

    Raises PropertyInvalid naming its key.
    """
    if known.kind in (Property.Kind.NUMBER, Property.Kind.DATE) and ".." in typed:
        least, _dots, most = typed.partition("..")
        return Range(*(value_of(known, bound) if bound.strip() else None for bound in (least, most)))
    return value_of(known, typed)


# --- What there is to look for ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Facets:
    """What the listed events differ in: how many there are, their categories, tags (most frequent first), cities and venues, and
    by key the values of filterable properties that have any."""

    n: int
    categories: Sequence[str]
    tags: Sequence[str]
    places: Sequence[str]
    properties: Mapping[str, Sequence[Any]]


MOST_TAGS_SHOWN = 12


def facets_of(events: QuerySet[Event], known: Iterable[Property]) -> Facets:
    """One query over these events."""
    rows = list(events.values_list("category", "tags", "venue__city", "venue__name", "properties"))
    tags = Counter(tag for row in rows for tag in row[1])
    cities = sorted({row[2] for row in rows if row[2]})
    venues = sorted({row[3] for row in rows} - set(cities))
    said = {
        one.key: sorted({row[4][one.key] for row in rows if is_value(one, row[4].get(one.key))})
        for one in known
        if one.is_filterable
    }
    return Facets(
        n=len(rows),
        categories=[value for value in EventCategory.values if value in {row[0] for row in rows}],
        tags=[tag for tag, _n in sorted(tags.items(), key=lambda one: (-one[1], one[0]))[:MOST_TAGS_SHOWN]],
        places=[*cities, *venues] if len(cities) + len(venues) > 1 else [],
        properties={key: values for key, values in said.items() if values},
    )
