"""What only the portal's templates need: `{% load portal %}`."""

from typing import Any

from babel.numbers import format_percent
from django import template

from events.lifecycle import LOOKS, Stage
from events.models import Event
from organizer_portal.event_nav import groups_of
from organizer_portal.stages import staged
from seating.words import size_words
from ui.dates import reader_locale
from ui.templatetags.ui import plain_number, short_date, status

register = template.Library()
register.simple_tag(size_words)
register.filter(plain_number)
register.filter(short_date)


@register.inclusion_tag("organizer_portal/_event_nav.html", takes_context=True)
def event_nav(context: template.Context, event: Event) -> dict[str, Any]:
    """The pages of an event that the reader may open, in groups."""
    request = context["request"]
    groups = groups_of(event, request.desk.membership, request.path)
    return {"event": event, "groups": groups, "open": next((one for one in groups if one.is_current), None)}


@register.inclusion_tag("ui/components/status.html")
def event_stage(event: Event, stage: Stage | None = None) -> dict[str, Any]:
    """How an event is, in one word and a shape; `stage` where it was worked out already."""
    found = stage or staged(event)
    return status(str(found.label), LOOKS.get(found, "plain"))


@register.simple_tag
def percent(part: int, whole: int) -> str:
    """`part` of `whole` in the reader's writing; nothing when there is no whole."""
    return format_percent(part / whole, locale=reader_locale()) if whole else ""
