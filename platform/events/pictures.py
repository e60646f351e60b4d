"""An event's pictures, in order; the first is its cover. They come decoded and written anew (organizer_portal.event_pictures)."""

from collections.abc import Mapping
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.errors import EventInvalid
from events.models import Event, Picture
from events.queries import event_for_update
from tenants.transactions import on_commit
from ui.errors import NotFound

MOST_PICTURES = 12  # of one event
LONGEST_ALT = 200  # characters


@transaction.atomic
def add_picture(
    *, event_id: UUID, files: Mapping[int, str], width: int, height: int, alt: str, actor: Actor
) -> Picture:
    """One more, at the end. `files` are names in public storage by their width in pixels, `width` and `height` of the largest.

    `alt` says in words what it shows. Raises NotFound, EventInvalid.
    """
    event = event_for_update(event_id)
    if event.pictures.count() >= MOST_PICTURES:
        raise EventInvalid(_("An event has at most %d pictures. Remove one first.") % MOST_PICTURES, field="picture")
    last = event.pictures.aggregate(last=Max("sort_order"))["last"]
    picture = Picture.objects.create(
        event=event,
        files={str(size): name for size, name in files.items()},
        width=width,
        height=height,
        alt=_checked(alt),
        sort_order=0 if last is None else last + 1,
    )
    _keep_cover(event)
    record(verb="add_picture", target=event, actor=actor, detail={"picture": str(picture.pk)})
    return picture


@transaction.atomic
def describe_picture(*, event_id: UUID, picture_id: UUID, alt: str, actor: Actor) -> Picture:
    """Say in other words what a picture shows. Raises NotFound, EventInvalid."""
    event = event_for_update(event_id)
    picture = _picture(event, picture_id)
    picture.alt = _checked(alt)
    picture.save(update_fields=["alt"])
    record(verb="describe_picture", target=event, actor=actor, detail={"picture": str(picture.pk)})
    return picture


@transaction.atomic
def move_picture(*, event_id: UUID, picture_id: UUID, by: int, actor: Actor) -> None:
    """Show a picture so many places later, or earlier (below 0); the first is the cover. Raises NotFound."""
    event = event_for_update(event_id)
    picture = _picture(event, picture_id)
    pictures = list(event.pictures.all())
    at = pictures.index(picture)
    pictures.insert(max(0, min(at + by, len(pictures) - 1)), pictures.pop(at))
    for number, one in enumerate(pictures):
        one.sort_order = number
    Picture.objects.bulk_update(pictures, ["sort_order"])
    _keep_cover(event)
    record(verb="move_picture", target=event, actor=actor, detail={"picture": str(picture.pk), "by": by})


@transaction.atomic
def remove_picture(*, event_id: UUID, picture_id: UUID, actor: Actor) -> None:
    """Show a picture no more; its files go with the commit, unless another event shows them. Raises NotFound."""
    event = event_for_update(event_id)
    picture = _picture(event, picture_id)
    record(verb="remove_picture", target=event, actor=actor, detail={"picture": str(picture.pk)})
    names = set(picture.files.values())
    picture.delete()
    _keep_cover(event)
    shown = {name for files in Picture.objects.values_list("files", flat=True) for name in files.values()}
    shown |= set(Event.objects.exclude(poster="").values_list("poster", flat=True))
    on_commit(lambda: _delete(names - shown), robust=True)


def _delete(names: set[str]) -> None:
    for name in names:
        storages["public"].delete(name)


def _keep_cover(event: Event) -> None:
    """The first picture is what posters show wherever one alone is wanted."""
    first = event.pictures.first()
    poster = first.largest if first is not None else ""
    if event.poster != poster:
        event.poster = poster
        event.save(update_fields=["poster"])


def _picture(event: Event, picture_id: UUID) -> Picture:
    picture = event.pictures.filter(pk=picture_id).first()
    if picture is None:
        raise NotFound
    return picture


def _checked(alt: str) -> str:
    alt = " ".join(alt.split())
    if len(alt) > LONGEST_ALT or "\x00" in alt:
        raise EventInvalid(_("Keep it under %d characters.") % LONGEST_ALT, field="alt")
    return alt
