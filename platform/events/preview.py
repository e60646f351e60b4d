"""A link that shows a draft to whoever has it, for a week or until it is revoked: signed, so that it opens this one event alone."""

from django.core import signing

from events.models import Event
from events.queries import with_everything
from ui.errors import NotFound

SALT = "events.preview"
SECONDS = 7 * 24 * 3600


def preview_token(event: Event) -> str:
    """What the preview link of an event carries."""
    return signing.dumps(_named(event), salt=SALT)


def _named(event: Event) -> list[str]:
    return [str(event.pk), str(event.preview_key)]


def previewed_event(slug: str, token: str) -> Event:
    """The event in whatever state, for the holder of its token. Raises NotFound."""
    event = with_everything(Event.objects.filter(slug__iexact=slug)).first()
    try:
        named = signing.loads(token, salt=SALT, max_age=SECONDS)
    except signing.BadSignature as error:
        raise NotFound from error
    if event is None or named != _named(event) or event.state in (Event.State.TEMPLATE, Event.State.DISCARDED):
        raise NotFound
    return event
