"""An event made from another: everything that was set up, with all its times moved by whole days; nothing that was sold.

Wall-clock times stay: a door at 19:00 is at 19:00 in summer and in winter. A template is an event that is never sold, kept to
be copied. What hangs on an event is named in `PARTS`; a test fails on a model that is neither there nor left out on purpose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.actions import free_slug
from events.errors import EventInvalid
from events.lifecycle import advance
from events.models import (
    Bundle,
    BundlePart,
    DateMap,
    DatePrice,
    DateQuota,
    Event,
    OwnFee,
    Performance,
    Phase,
    Picture,
    Quota,
    RefundPolicy,
    SeatingPlan,
    TicketType,
)
from events.queries import event_for_update
from events.refund_rules import RefundRules
from ui.dates import is_of_these_years
from ui.errors import NotFound
from ui.ids import uuid7


@dataclass(frozen=True)
class Part:
    """Rows of `model` that hang on what is copied before it by the foreign key `owner`.

    `times` are instants that move with the dates, `without` names rows that stay, `anew` what a copy begins with instead of what its original has. Keys to
    other copied rows, also of a many-to-many field, lead to their copies.
    """

    model: type[models.Model]
    owner: str = "event"
    times: tuple[str, ...] = ()
    without: models.Q | None = None
    anew: Mapping[str, Any] = field(default_factory=dict)


PARTS = (
    Part(
        Performance,
        times=("starts_at", "ends_at", "doors_at"),
        anew={
            "state": Performance.State.SCHEDULED,
            "sales_stopped_at": None,
            "sales_stop_reason": "",
            "sale_paused_at": None,
            "offer_version": uuid4,
        },
    ),
    Part(TicketType, times=("on_sale_from", "on_sale_until")),
    Part(Quota, without=models.Q(phase__is_active=False)),
    Part(Phase, owner="ticket_type", times=("until",), without=models.Q(is_active=False)),
    Part(Bundle, without=models.Q(is_active=False)),
    Part(BundlePart, owner="bundle"),
    Part(DatePrice, owner="performance"),
    Part(DateQuota, owner="performance", without=models.Q(quota__phase__is_active=False)),
    Part(Picture),  # the same files: one goes with the last picture that shows it
    Part(OwnFee),
    Part(SeatingPlan, times=("release_access_at",)),
    Part(DateMap, owner="performance"),
)

Copies = dict[tuple[type[models.Model], Any], models.Model]  # what became of the row of a model with this key


@dataclass(frozen=True)
class Shift:
    """So many days later, at the same time of day in `zone`."""

    days: int
    zone: str

    def __call__(self, moment: datetime) -> datetime:
        """A moment that the clocks skip on its new day is an hour later there."""
        here = ZoneInfo(self.zone)
        moved = moment.astimezone(here).replace(tzinfo=None) + timedelta(days=self.days)
        return moved.replace(tzinfo=here).astimezone(UTC)


@dataclass(frozen=True)
class Copied:
    """What was made, how its times moved, and which of its ticket types are copies of which (by their ids)."""

    event: Event
    shift: Shift
    types: Mapping[UUID, UUID]


def first_day_of(event: Event) -> date:
    """The day of its first date, as its venue's calendar has it."""
    first = min(event.performances.all(), key=lambda one: one.starts_at)
    return first.starts_at.astimezone(ZoneInfo(first.timezone)).date()


@transaction.atomic
def copy_event(
    *, event_id: UUID, title: str, actor: Actor, first_on: date | None = None, is_template: bool = False
) -> Copied:
    """A new draft, or template, set up as this event or template is. Called by `checkout.copies`.

    Its first date is on `first_on`, the others follow at the same distance; None leaves all times. Raises NotFound,
    EventInvalid.
    """
    source = Event.objects.exclude(state=Event.State.DISCARDED).select_related("venue").filter(pk=event_id).first()
    if source is None:
        raise NotFound
    if not title.strip() or len(title) > 140:
        raise EventInvalid(_("Give it a title of up to 140 characters."), field="title")
    if first_on and not is_of_these_years(first_on):
        raise EventInvalid(_("Enter a date of these years."), field="first_on")
    shift = Shift((first_on - first_day_of(source)).days if first_on else 0, source.venue.timezone)
    made = _copy(
        source,
        title=title.strip(),
        slug=free_slug(title),
        state=Event.State.TEMPLATE if is_template else Event.State.DRAFT,
        published_at=None,
        preview_key=uuid4(),
        is_test=False,
        sale_starts_at=shift(source.sale_starts_at) if source.sale_starts_at else None,
    )
    made.save(force_insert=True)
    copies: Copies = {(Event, source.pk): made}
    for part in PARTS:
        _copy_part(part, copies, shift)
    _copy_refund_rules(source, made, copies, shift, actor)
    verb = "save_template" if is_template else "copy_event"
    record(verb=verb, target=made, actor=actor, detail={"from": str(source.pk), "days": shift.days})
    types = {key: kind.pk for (model, key), kind in copies.items() if model is TicketType}
    return Copied(made, shift, types)


@transaction.atomic
def discard_template(*, event_id: UUID, actor: Actor) -> None:
    """Nobody makes anything from it any more. Raises NotFound, StateRefused."""
    advance(event_for_update(event_id), "discard_template", actor=actor)


def _copy_part(part: Part, copies: Copies, shift: Shift) -> None:
    owner = part.model._meta.get_field(part.owner).related_model
    owners = [key for model, key in copies if model is owner]
    rows = part.model._default_manager.filter(**{f"{part.owner}__in": owners}).order_by("pk")
    if part.without is not None:
        rows = rows.exclude(part.without)
    for row in rows:
        moved = {name: shift(getattr(row, name)) for name in part.times if getattr(row, name) is not None}
        anew = {name: value() if callable(value) else value for name, value in part.anew.items()}
        made = _copy(row, **moved, **anew)
        for one in _keys(part.model):
            told = copies.get((one.related_model, getattr(row, one.attname)))
            if told is not None:
                setattr(made, one.name, told)
        if isinstance(made, Performance):
            _in_order(made, row)
        made.save(force_insert=True)
        copies[part.model, row.pk] = made
    for row in rows:
        made = copies[part.model, row.pk]
        for many in part.model._meta.many_to_many:
            theirs = getattr(row, many.name).all()
            getattr(made, many.name).set([copies.get((many.related_model, one.pk), one) for one in theirs])


def _copy(row: Any, **changed: Any) -> Any:
    """A new, unsaved row that says the same, but for its key and what is changed."""
    values = {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields if not one.primary_key}
    made = type(row)(**values)
    for name, value in changed.items():
        setattr(made, name, value)
    if isinstance(made._meta.pk, models.UUIDField):
        made.pk = uuid7()
    return made


def _keys(model: type[models.Model]) -> list[models.ForeignKey[Any, Any]]:
    return [one for one in model._meta.concrete_fields if isinstance(one, models.ForeignKey)]


def _in_order(made: Performance, source: Any) -> None:
    """Where the night has another length because clocks change in it, the event still ends after it starts."""
    if made.ends_at <= made.starts_at:
        made.ends_at = made.starts_at + (source.ends_at - source.starts_at)
    if made.doors_at > made.starts_at:
        made.doors_at = made.starts_at - (source.starts_at - source.doors_at)


def _copy_refund_rules(source: Event, made: Event, copies: Copies, shift: Shift, actor: Actor) -> None:
    """What it promises now becomes the first version of what the copy promises."""
    newest = RefundPolicy.objects.filter(event=source).order_by("ticket_type_id", "-version").distinct("ticket_type_id")
    for policy in newest:
        kind = copies.get((TicketType, policy.ticket_type_id))
        RefundPolicy.objects.create(
            event=made,
            ticket_type_id=kind.pk if kind else None,
            version=1,
            rules=None if policy.rules is None else _moved_rules(policy.rules, shift),
            created_by=str(actor),
        )


def _moved_rules(rules: dict[str, Any], shift: Shift) -> dict[str, Any]:
    """A last day to give back moves with the dates."""
    promised = RefundRules.from_dict(rules)
    deadline = shift(promised.deadline) if promised.deadline else None
    return replace(promised, deadline=deadline).as_dict()
