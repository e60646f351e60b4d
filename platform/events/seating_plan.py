"""What an event makes of a seat map: which version it pins, its own painting, and the rules that choosing seats obeys.

`painting_of` says of each seat, by index, what is in force: category, closed, part of a table that is sold as a whole. It is
the one place that knows how a map and an event's own painting go together; the pools, the claim, the search and the pages
all go by it.
"""

import json
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actions import Actor, record
from events.errors import EventInvalid, NotPublishable
from events.models import DateMap, DateQuota, Event, Performance, Quota, SeatingPlan, TicketType
from events.queries import event_for_update
from seating.compiled import FLAG_BITS, CompiledMap
from seating.models import MapVersion
from seating.queries import compiled_by_hash, version_by_id
from ui.dates import is_of_these_years

MOST_KEPT = 32  # paintings per process; the one that was longest unused goes
ACCESS_BITS = FLAG_BITS["wheelchair"] | FLAG_BITS["companion"]


@dataclass(frozen=True)
class Painting:
    """A map as one event sells it. Immutable and shared by all requests of a process, like the map itself.

    `categories` has the key in force of each seat by index (None: nobody painted it), `closed` the indexes that are not for
    sale, `whole_lines` the numbers of the tables that are sold as a whole.
    """

    compiled: CompiledMap
    key: str  # names the map and what the event made of it
    categories: Sequence[str | None]
    closed: frozenset[int]
    whole_lines: frozenset[int]

    @cached_property
    def seats_by_category(self) -> Mapping[str, Sequence[int]]:
        """The indexes that are for sale in each category, ascending; categories without any are not there."""
        found: dict[str, list[int]] = {}
        for index, category in enumerate(self.categories):
            if category is not None and index not in self.closed:
                found.setdefault(category, []).append(index)
        return found

    @cached_property
    def area_categories(self) -> Mapping[str, int]:
        """The capacity of each area's category."""
        return {area.category: area.capacity for _floor, area in self.compiled.areas if area.category is not None}

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """How many places each category has for sale: its seats that are not closed, or its area's capacity."""
        return {
            **{category: len(seats) for category, seats in self.seats_by_category.items()},
            **{category: capacity for category, capacity in self.area_categories.items() if capacity},
        }

    @cached_property
    def access_seats(self) -> frozenset[int]:
        """The wheelchair spaces and their companion seats."""
        return frozenset(seat.index for seat in self.compiled.seats if seat.flags & ACCESS_BITS)

    @cached_property
    def offered_of_run(self) -> Sequence[int]:
        """Of each run, by its number, a bitmask of the seats that are for sale; bit 0 is its first seat."""
        masks = []
        for run in self.compiled.runs:
            mask = (1 << run.count) - 1
            for index in range(run.first, run.first + run.count):
                if index in self.closed or self.categories[index] is None:
                    mask &= ~(1 << (index - run.first))
            masks.append(mask)
        return masks

    def name_of(self, category: str) -> str:
        """The category's name as the map has it."""
        return next((c.name for c in self.compiled.document.categories if c.key == category), category) or category


_kept: OrderedDict[str, Painting] = OrderedDict()


def painting(
    compiled: CompiledMap, *, categories: Mapping[str, str], closed: Sequence[str], whole_tables: Mapping[str, bool]
) -> Painting:
    """A map with an event's own painting. An override stands in for what the map says of that very element.

    So a seat that the map paints itself keeps its category when its row is painted over, as on the map.
    """
    content = json.dumps([compiled.hash, categories, sorted(closed), whole_tables], sort_keys=True)
    key = sha256(content.encode()).hexdigest()
    found = _kept.get(key)
    if found is None:
        found = _kept[key] = _paint(compiled, key, categories, closed, whole_tables)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return found


def _paint(
    compiled: CompiledMap,
    key: str,
    categories: Mapping[str, str],
    closed: Sequence[str],
    whole_tables: Mapping[str, bool],
) -> Painting:
    in_force: list[str | None] = []
    for _floor, section in compiled.document.sections:
        of_section = categories.get(section.id) or section.category
        for line in section.lines:
            of_line = categories.get(line.id) or line.category or of_section
            in_force += [categories.get(seat.id) or seat.category or of_line for seat in line.seats]
    indexes = (compiled.index_of(seat_id) for seat_id in closed)
    return Painting(
        compiled=compiled,
        key=key,
        categories=tuple(in_force),
        closed=frozenset(index for index in indexes if index is not None),
        whole_lines=frozenset(
            number
            for number, line in enumerate(compiled.lines)
            if line.kind != "row" and whole_tables.get(line.id, line.kind == "whole_table")
        ),
    )


def painting_of(plan: SeatingPlan) -> Painting:
    """What is in force of each seat of a planned event."""
    return seating_of(plan).painting


def plan_of(event_id: UUID) -> SeatingPlan | None:
    """The event's plan with its version (but not its document), None where the event has no seats to choose."""
    plans = SeatingPlan.objects.select_related("version").defer("version__document")
    return plans.filter(event_id=event_id).first()


def plan_of_date(performance_id: UUID) -> SeatingPlan | None:
    """What is in force on one date: its event's plan, on the date's own map where it has one. Not to be saved then."""
    plans = SeatingPlan.objects.select_related("version").defer("version__document")
    plan = plans.filter(event__performances=performance_id).first()
    own = plan and own_map_of(performance_id)
    return on_own_map(plan, own) if plan and own else plan


def own_map_of(performance_id: UUID) -> DateMap | None:
    """The map that a date has instead of its event's, with its version (but not its document)."""
    return own_maps_of([performance_id]).first()


def own_maps_of(performance_ids: Iterable[UUID]) -> QuerySet[DateMap]:
    """The same for many dates: those that have one."""
    found = DateMap.objects.select_related("version").defer("version__document")
    return found.filter(performance__in=list(performance_ids))


def on_own_map(plan: SeatingPlan, own: DateMap) -> SeatingPlan:
    """An event's rules on the map of one of its dates, unsaved."""
    dated = copy(plan)
    dated.version = own.version
    dated.categories, dated.closed, dated.whole_tables = own.categories, own.closed, own.whole_tables
    return dated


@dataclass(frozen=True)
class Seating:
    """The seats of an offer, as plain values: which map, what the event made of it, and its rules.

    The map itself is fetched when it is first asked for, in the organizer's own schema.
    """

    hash: str
    categories: Mapping[str, str]
    closed: Sequence[str]
    whole_tables: Mapping[str, bool]
    orphans: str
    release_access: str
    release_access_at: datetime | None

    @cached_property
    def painting(self) -> Painting:
        """What is in force of each seat."""
        return painting(
            compiled_by_hash(self.hash),
            categories=self.categories,
            closed=self.closed,
            whole_tables=self.whole_tables,
        )


def seating_of(plan: SeatingPlan) -> Seating:
    """A stored plan as values."""
    return Seating(
        hash=plan.version.hash,
        categories=plan.categories,
        closed=plan.closed,
        whole_tables=plan.whole_tables,
        orphans=plan.orphans,
        release_access=plan.release_access,
        release_access_at=plan.release_access_at,
    )


# --- Verbs ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def plan_seating(
    *,
    event_id: UUID,
    version_id: UUID,
    actor: Actor,
    orphans: str = SeatingPlan.Orphans.STRICT,
    release_access: str = SeatingPlan.ReleaseAccess.NEVER,
    release_access_at: datetime | None = None,
) -> SeatingPlan:
    """Give a draft event the seats of a published version; doing it again takes another version and keeps the painting.

    What the painting says of elements that the other version lacks is dropped. Raises NotFound, MapNotFound, EventInvalid.
    """
    event = _draft(event_id)
    version = version_by_id(version_id)
    if version.kind != MapVersion.Kind.PUBLISHED:
        raise EventInvalid(_("Publish this seat map first, then choose it here."), field="version")
    if version.seat_map.venue_id != event.venue_id:
        raise EventInvalid(_("This seat map belongs to another venue."), field="version")
    stray = event.ticket_types.filter(category="", is_add_on=False).first()
    if stray is not None:
        words = _("“%(name)s” belongs to no category of a seat map. Choose the seat map before you add ticket types.")
        raise EventInvalid(words % {"name": stray.name}, field="version")
    plan = plan_of(event_id) or SeatingPlan(event=event)
    repin(plan, version, categories=None, closed=None, whole_tables=None)
    _set_rules(plan, orphans=orphans, release_access=release_access, release_access_at=release_access_at)
    plan.save()
    fit_quotas(event, painting_of(plan))
    record(verb="plan_seating", target=event, actor=actor, detail={"version": str(version.pk), "hash": version.hash})
    return plan


@transaction.atomic
def change_seating_rules(
    *,
    event_id: UUID,
    actor: Actor,
    orphans: str,
    release_access: str,
    release_access_at: datetime | None = None,
) -> SeatingPlan:
    """Other rules for choosing seats, at any time; what is held or sold stays. Raises NotFound, EventInvalid."""
    event_for_update(event_id)
    plan = _planned(event_id)
    _set_rules(plan, orphans=orphans, release_access=release_access, release_access_at=release_access_at)
    plan.save(update_fields=["orphans", "release_access", "release_access_at"])
    detail = {"orphans": plan.orphans, "release_access": plan.release_access}
    record(verb="change_seating_rules", target=plan.event, actor=actor, detail=detail)
    return plan


@transaction.atomic
def paint_for_event(
    *,
    event_id: UUID,
    actor: Actor,
    categories: Mapping[str, str] | None = None,
    closed: Sequence[str] | None = None,
    whole_tables: Mapping[str, bool] | None = None,
) -> SeatingPlan:
    """A draft event's own painting; each argument replaces what was there, None leaves it.

    `categories` maps ids of sections, rows, tables and seats to category keys, `closed` names seats that are not for sale,
    `whole_tables` says of tables whether they are sold as a whole. On sale already, an event is painted by
    `checkout.changes.move_to_map_version`. Raises NotFound, EventInvalid.
    """
    event = _draft(event_id)
    plan = _planned(event_id)
    set_painting(plan, categories=categories, closed=closed, whole_tables=whole_tables)
    plan.save(update_fields=["categories", "closed", "whole_tables"])
    fit_quotas(event, painting_of(plan))
    detail = {"categories": len(plan.categories), "closed": len(plan.closed), "tables": len(plan.whole_tables)}
    record(verb="paint_for_event", target=event, actor=actor, detail=detail)
    return plan


def set_painting(
    plan: SeatingPlan,
    *,
    categories: Mapping[str, str] | None,
    closed: Sequence[str] | None,
    whole_tables: Mapping[str, bool] | None,
) -> None:
    """Put a painting on a plan that the caller saves. Raises EventInvalid for what is not on its map."""
    compiled = compiled_by_hash(plan.version.hash)
    if categories is not None:
        _check_categories(compiled, categories)
        plan.categories = dict(categories)
    if closed is not None:
        _check_ids(closed, _seat_ids(compiled), _("“%s” is no seat of this map."))
        plan.closed = sorted(set(closed))
    if whole_tables is not None:
        _check_ids(whole_tables, _table_ids(compiled), _("“%s” is no table of this map."))
        plan.whole_tables = {table_id: bool(is_whole) for table_id, is_whole in whole_tables.items()}


def repin(
    plan: SeatingPlan,
    version: MapVersion,
    *,
    categories: Mapping[str, str] | None,
    closed: Sequence[str] | None,
    whole_tables: Mapping[str, bool] | None,
) -> None:
    """Another version for a plan that the caller saves: the painting given, or what of the old one is on the new map.

    Raises EventInvalid.
    """
    plan.version = version
    plan.categories, plan.closed, plan.whole_tables = _what_fits(plan, compiled_by_hash(version.hash))
    set_painting(plan, categories=categories, closed=closed, whole_tables=whole_tables)


def on_version(plan: SeatingPlan, version: MapVersion, *, instead: Mapping[str, str | None]) -> SeatingPlan:
    """What a plan would be on another version, unsaved: its own painting, as far as the new map has its elements.

    `instead` sells the seats of a category as those of another one; None closes them. Raises EventInvalid.
    """
    moved = copy(plan)
    repin(moved, version, categories=None, closed=None, whole_tables=None)
    if not instead:
        return moved
    shown = painting_of(moved)
    categories, closed = dict(moved.categories), list(moved.closed)
    for category, other in instead.items():
        ids = [shown.compiled.seats[index].id for index in shown.seats_by_category.get(category, ())]
        if other is None:
            closed += ids
        else:
            categories.update(dict.fromkeys(ids, other))
    set_painting(moved, categories=categories, closed=closed, whole_tables=None)
    return moved


def quota_of_category(event: Event, plan: SeatingPlan, category: str) -> Quota:
    """The one quota that all ticket types of a category draw from; made with its size if it is not there yet.

    Raises EventInvalid when the category has nothing for sale.
    """
    shown = painting_of(plan)
    size = shown.sizes.get(category, 0)
    if not size:
        words = _("Choose one of the seat map's categories that has seats for sale.")
        raise EventInvalid(words, field="category")
    found = Quota.objects.filter(event=event, ticket_types__category=category).distinct().first()
    return found or Quota.objects.create(event=event, name=shown.name_of(category), size=size)


def fit_quotas(event: Event, shown: Painting) -> None:
    """Bring the quotas of an event's categories to the map's numbers. Raises EventInvalid when one would be empty."""
    for quota in event.quotas.filter(ticket_types__category__gt="").distinct().order_by("pk"):
        kind = quota.ticket_types.order_by("sort_order", "pk")[0]
        size = shown.sizes.get(kind.category, 0)
        if not size:
            words = _("Nothing would be left of the category of “%(name)s”.")
            raise EventInvalid(words % {"name": kind.name}, field="category")
        if quota.size != size:
            quota.size = size
            quota.save(update_fields=["size"])


def put_on_own_map(performance: Performance, plan: SeatingPlan) -> DateMap:
    """Keep a plan as the map of one locked date alone, with the number of places of each category there.

    Raises EventInvalid where nobody could buy one of its categories.
    """
    shown = painting_of(plan)
    check_offered(plan.event, shown)
    own = DateMap.objects.filter(performance=performance).first() or DateMap(performance=performance)
    own.version = plan.version
    own.categories, own.closed, own.whole_tables = plan.categories, plan.closed, plan.whole_tables
    own.save()
    size_own_map(performance, shown)
    return own


def size_own_map(performance: Performance, shown: Painting) -> None:
    """Number the places that each category's quota has on a date with a map of its own; 0 of what its map lacks."""
    quotas = Quota.objects.filter(event_id=performance.event_id, ticket_types__category__gt="")
    DateQuota.objects.bulk_create(
        (
            DateQuota(performance=performance, quota_id=quota_id, size=shown.sizes.get(category, 0))
            for quota_id, category in quotas.values_list("pk", "ticket_types__category").distinct().order_by("pk")
        ),
        update_conflicts=True,
        unique_fields=["performance", "quota"],
        update_fields=["size"],
    )


def drop_own_map(performance: Performance) -> None:
    """Put a locked date back on its event's map, with the event's numbers."""
    DateMap.objects.filter(performance=performance).delete()
    DateQuota.objects.filter(performance=performance, quota__ticket_types__category__gt="").delete()


def check_offered(event: Event, shown: Painting) -> None:
    """That every category of a date's own map has tickets at its event. Raises EventInvalid naming those that have none."""
    offered = set(event.ticket_types.filter(is_active=True).values_list("category", flat=True))
    missing = [shown.name_of(category) for category in shown.sizes if category not in offered]
    if missing or None in shown.categories:
        words = _("The event has no tickets for these categories, so a date alone cannot sell them: %(names)s.")
        names = ", ".join(missing) or _("seats without a category")
        raise EventInvalid(words % {"names": names}, field="version", categories=missing)


def check_priced(event: Event) -> None:
    """That every category of a seated event can be bought. Raises NotPublishable naming those that cannot."""
    plan = plan_of(event.pk)
    if plan is None:
        return
    for own in own_maps_of(event.performances.values_list("pk", flat=True)):
        try:
            check_offered(event, painting_of(on_own_map(plan, own)))
        except EventInvalid as refused:
            raise NotPublishable(refused.detail, **refused.extra) from None
    shown = painting_of(plan)
    unpainted = Counter(shown.categories)[None]
    if unpainted:
        raise NotPublishable(
            ngettext(
                "%(n)d seat has no category, so it has no price.",
                "%(n)d seats have no category, so they have no price.",
                unpainted,
            )
            % {"n": unpainted}
        )
    offered = set(event.ticket_types.filter(is_active=True).values_list("category", flat=True))
    missing = [shown.name_of(category) for category in shown.sizes if category not in offered]
    if missing:
        words = _("Add a ticket type for every category of the seat map. Missing: %(names)s.")
        raise NotPublishable(words % {"names": ", ".join(missing)}, categories=sorted(set(shown.sizes) - offered))


def check_category(event: Event, category: str, *, is_add_on: bool = False) -> SeatingPlan | None:
    """The plan that a ticket type's category is of, None for one without: on an event with a map those are add-ons.

    Raises EventInvalid.
    """
    plan = plan_of(event.pk)
    if plan is None and category:
        raise EventInvalid(_("This event has no seat map, so its tickets have no category."), field="category")
    if plan is not None and not (category or is_add_on):
        words = _("Choose the category of the seat map that this ticket is for. Without one it is an add-on.")
        raise EventInvalid(words, field="category")
    return plan if category else None


def is_of_map(ticket_type: TicketType) -> bool:
    """Whether its places are those of a seat map, so that nobody types their number."""
    return ticket_type.category != ""


# --- Parts --------------------------------------------------------------------------------------------------------------------


def _draft(event_id: UUID) -> Event:
    event = event_for_update(event_id)
    if event.state != Event.State.DRAFT:
        raise EventInvalid(_("The seats of an event that is on sale are changed by moving it to another version."))
    return event


def _planned(event_id: UUID) -> SeatingPlan:
    plan = plan_of(event_id)
    if plan is None:
        raise EventInvalid(_("This event has no seat map."))
    return plan


def _set_rules(plan: SeatingPlan, *, orphans: str, release_access: str, release_access_at: datetime | None) -> None:
    if orphans not in SeatingPlan.Orphans.values:
        raise EventInvalid(_("Choose one of the rules about single seats."), field="orphans")
    if release_access not in SeatingPlan.ReleaseAccess.values:
        raise EventInvalid(_("Choose when wheelchair spaces are released."), field="release_access")
    is_dated = release_access == SeatingPlan.ReleaseAccess.DATE
    if is_dated and release_access_at is None:
        raise EventInvalid(_("Say from when wheelchair spaces are released."), field="release_access_at")
    if is_dated and release_access_at and not is_of_these_years(release_access_at):
        raise EventInvalid(_("Enter a date and a time of these years."), field="release_access_at")
    plan.orphans, plan.release_access = orphans, release_access
    plan.release_access_at = release_access_at if is_dated else None


def _what_fits(plan: SeatingPlan, compiled: CompiledMap) -> tuple[dict[str, str], list[str], dict[str, bool]]:
    """The plan's painting without what the map does not have."""
    elements, seats, tables = _element_ids(compiled), _seat_ids(compiled), _table_ids(compiled)
    of_seats = set(compiled.categories) - _area_categories(compiled)
    return (
        {pk: key for pk, key in plan.categories.items() if pk in elements and key in of_seats},
        [pk for pk in plan.closed if pk in seats],
        {pk: is_whole for pk, is_whole in plan.whole_tables.items() if pk in tables},
    )


def _check_categories(compiled: CompiledMap, categories: Mapping[str, Any]) -> None:
    _check_ids(categories, _element_ids(compiled), _("“%s” is no section, row, table or seat of this map."))
    _check_ids(categories.values(), set(compiled.categories), _("The map has no category “%s”."))
    _check_ids(
        categories.values(),
        set(compiled.categories) - _area_categories(compiled),
        _("“%s” is an area's category: seats cannot have it."),
    )


def _check_ids(given: Any, known: set[str], words: str) -> None:
    stranger = next((pk for pk in given if pk not in known), None)
    if stranger is not None:
        raise EventInvalid(words % str(stranger)[:40], field="painting")


def _seat_ids(compiled: CompiledMap) -> set[str]:
    return {seat.id for seat in compiled.seats}


def _table_ids(compiled: CompiledMap) -> set[str]:
    return {line.id for line in compiled.lines if line.kind != "row"}


def _element_ids(compiled: CompiledMap) -> set[str]:
    return _seat_ids(compiled) | {line.id for line in compiled.lines} | {section.id for section in compiled.sections}


def _area_categories(compiled: CompiledMap) -> set[str]:
    return {area.category for _floor, area in compiled.areas if area.category is not None}
