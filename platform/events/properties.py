"""What an organizer says of its events in its own terms: the properties it has defined, and their values on an event.

Values are kept on the event by the property's key, so that a copy has them and a list reads them with its events: text and choices
as text, numbers as numbers, dates as 2026-12-24, yes or no as true or false. A value of a key that is no property counts for
nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.fields.json import KeyTransform
from django.utils.formats import localize
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.errors import PropertyInvalid
from events.models import Event, Property
from ui.dates import day_text
from ui.errors import NotFound

MOST_PROPERTIES, MOST_CHOICES = 20, 50
LONGEST_NAME, LONGEST_CHOICE, LONGEST_TEXT = 40, 60, 200
LARGEST = Decimal(10) ** 9
PLACES = 3  # decimal places of a number

Value = str | int | float | bool


def properties() -> list[Property]:
    """The organizer's properties in its order. One query."""
    return list(Property.objects.all())


# --- Define -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_property(
    *, name: str, kind: str, actor: Actor, choices: Sequence[str] = (), is_filterable: bool = True
) -> Property:
    """A new property, the last of the organizer's; its key is made from its name. Raises PropertyInvalid."""
    known = list(Property.objects.select_for_update())
    if len(known) >= MOST_PROPERTIES:
        raise PropertyInvalid(_("No more than %d properties.") % MOST_PROPERTIES)
    if kind not in Property.Kind.values:
        raise PropertyInvalid(_("Choose what kind of value it has."), field="kind")
    made = Property(
        key=_free_key(name, known), kind=kind, sort_order=max((p.sort_order for p in known), default=-1) + 1
    )
    _fill(made, known, name=name, choices=choices, is_filterable=is_filterable)
    made.save(force_insert=True)
    record(verb="add_property", target=made, actor=actor, detail=_detail(made))
    return made


@transaction.atomic
def change_property(
    *, property_id: UUID, name: str, actor: Actor, choices: Sequence[str] = (), is_filterable: bool = True
) -> Property:
    """Another name or other choices; its kind stays. A choice that an event has cannot go. Raises NotFound, PropertyInvalid."""
    known = list(Property.objects.select_for_update())
    changed = _of(known, property_id)
    before = _detail(changed)
    _fill(changed, [one for one in known if one != changed], name=name, choices=choices, is_filterable=is_filterable)
    if gone := set(before["choices"]) - set(changed.choices):
        said = Event.objects.alias(said=KeyTransform(changed.key, "properties"))
        using = said.filter(said__in=sorted(gone)).first()
        if using is not None:
            words = _("“%(title)s” has “%(choice)s”. Choose something else there first.")
            detail = words % {"title": using.title, "choice": using.properties[changed.key]}
            raise PropertyInvalid(detail, field="choices")
    changed.save()
    record(verb="change_property", target=changed, actor=actor, detail={"was": before, "is": _detail(changed)})
    return changed


@transaction.atomic
def move_property(*, property_id: UUID, by: int, actor: Actor) -> None:
    """One place up (-1) or down (1) in the order; at the end of the list nothing changes. Raises NotFound."""
    known = list(Property.objects.select_for_update())
    moved = _of(known, property_id)
    place = known.index(moved)
    other = place + (1 if by > 0 else -1)
    if not 0 <= other < len(known):
        return
    known[place], known[other] = known[other], known[place]
    for order, one in enumerate(known):
        one.sort_order = order
    Property.objects.bulk_update(known, ["sort_order"])
    record(verb="move_property", target=moved, actor=actor)


@transaction.atomic
def remove_property(*, property_id: UUID, actor: Actor) -> int:
    """Drop a property and what events said of it; returns how many did. Raises NotFound."""
    known = list(Property.objects.select_for_update())
    removed = _of(known, property_id)
    using = Event.objects.filter(properties__has_key=removed.key).select_for_update(no_key=True).order_by("pk")
    events = list(using)
    for event in events:
        del event.properties[removed.key]
        event.save(update_fields=["properties"])
    detail = {**_detail(removed), "events": len(events)}
    record(verb="remove_property", target=removed, actor=actor, detail=detail)
    removed.delete()
    return len(events)


def _of(known: Iterable[Property], property_id: UUID) -> Property:
    for one in known:
        if one.pk == property_id:
            return one
    raise NotFound


def _fill(
    made: Property, others: Iterable[Property], *, name: str, choices: Sequence[str], is_filterable: bool
) -> None:
    made.name, made.is_filterable = name.strip(), is_filterable
    if not made.name or len(made.name) > LONGEST_NAME or not made.name.isprintable():
        raise PropertyInvalid(_("Give it a name of up to %d characters.") % LONGEST_NAME, field="name")
    if made.name.casefold() in {one.name.casefold() for one in others}:
        raise PropertyInvalid(_("There is a property of this name already."), field="name")
    made.choices = []
    if made.kind != Property.Kind.CHOICE:
        return
    made.choices = list(dict.fromkeys(choice.strip() for choice in choices if choice.strip()))
    if not 2 <= len(made.choices) <= MOST_CHOICES:
        raise PropertyInvalid(_("From 2 to %d choices, each on a line.") % MOST_CHOICES, field="choices")
    for choice in made.choices:
        if len(choice) > LONGEST_CHOICE or not choice.isprintable():
            raise PropertyInvalid(_("A choice has at most %d characters.") % LONGEST_CHOICE, field="choices")


def _free_key(name: str, known: Iterable[Property]) -> str:
    base = slugify(name).replace("_", "-")[: LONGEST_NAME - 4].strip("-") or "property"
    taken = {one.key for one in known}
    return next(key for n in range(1, MOST_PROPERTIES + 2) if (key := base if n == 1 else f"{base}-{n}") not in taken)


def _detail(made: Property) -> dict[str, Any]:
    return {"key": made.key, "name": made.name, "kind": made.kind, "choices": list(made.choices)} | {
        "is_filterable": made.is_filterable
    }


# --- Values -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What an event says of a property, and how a page writes it."""

    definition: Property
    value: Value

    @property
    def words(self) -> str:
        """For people, in their language."""
        if isinstance(self.value, bool):
            return _("Yes") if self.value else _("No")
        if self.definition.kind == Property.Kind.DATE:
            return day_text(date.fromisoformat(str(self.value)))
        return str(localize(self.value)) if isinstance(self.value, int | float) else self.value


def said_of(event: Event, known: Iterable[Property]) -> list[Said]:
    """What an event says, in the organizer's order."""
    return [Said(one, event.properties[one.key]) for one in known if is_value(one, event.properties.get(one.key))]


def value_of(known: Property, typed: str) -> Value:
    """What was typed or sent for a property, as it is kept; numbers with "." or ",". Raises PropertyInvalid."""
    typed = typed.strip()
    made: Value | None = None
    if known.kind == Property.Kind.YES_NO:
        made = {"yes": True, "no": False}.get(typed)
    elif known.kind == Property.Kind.NUMBER:
        made = _number(typed)
    elif known.kind == Property.Kind.DATE:
        made = typed if _is_date(typed) else None
    else:
        made = typed
    if made is None or not is_value(known, made):
        raise PropertyInvalid(expects(known), field=known.key)
    return made


def typed_value(value: object) -> str:
    """A value as `value_of` takes it."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def check_values(values: Mapping[str, object], known: Iterable[Property]) -> dict[str, Value]:
    """Values by key, without what is None, each of its kind. Raises PropertyInvalid naming the key as `field`."""
    by_key = {one.key: one for one in known}
    checked: dict[str, Value] = {}
    for key, value in values.items():
        if key not in by_key:
            raise PropertyInvalid(_("There is no property “%s”.") % key[:LONGEST_NAME], field=key)
        if value is None:
            continue
        if not is_value(by_key[key], value):
            raise PropertyInvalid(expects(by_key[key]), field=key)
        checked[key] = value  # type: ignore[assignment]
    return checked


def is_value(known: Property, value: object) -> bool:
    """Whether it is one that an event may have of this property."""
    kind = known.kind
    if kind == Property.Kind.YES_NO:
        return isinstance(value, bool)
    if kind == Property.Kind.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
    if not isinstance(value, str):
        return False
    if kind == Property.Kind.DATE:
        return _is_date(value)
    if kind == Property.Kind.CHOICE:
        return value in known.choices
    return 0 < len(value) <= LONGEST_TEXT and value.isprintable()


def expects(known: Property) -> str:
    """What a value of it looks like, for whoever sent another."""
    if known.kind == Property.Kind.YES_NO:
        return _("“yes” or “no”.")
    if known.kind == Property.Kind.NUMBER:
        return _("A number like 90 or 2.5, up to a thousand million, with at most three decimal places.")
    if known.kind == Property.Kind.DATE:
        return _("A date like 2026-12-24.")
    if known.kind == Property.Kind.CHOICE:
        return _("One of: %s.") % ", ".join(known.choices)
    return _("One line of up to %d characters.") % LONGEST_TEXT


def _number(typed: str) -> int | float | None:
    try:
        number = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > LARGEST or round(number, PLACES) != number:
        return None
    return int(number) if number == int(number) else float(number)


def _is_date(typed: str) -> bool:
    try:
        return date.fromisoformat(typed).isoformat() == typed and 1900 <= int(typed[:4]) < 2200
    except ValueError:
        return False
