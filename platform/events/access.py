"""Who may see an event that asks for a password: a browser keeps a signed cookie, a program sends the password each time.

A wrong password, an event that has none and one that is not there are refused in the same words after the same work, so that
nobody learns by guessing which events there are.
"""

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.utils.translation import gettext as _

from events.errors import PasswordWrong
from events.models import Event
from events.queries import published_event
from ui.errors import NotFound, TooOften
from ui.limits import Limit, count_against

COOKIE, HEADER = "event_access", "Event-Password"
SALT = "events.access"
SECONDS = 30 * 24 * 3600  # that a browser need not ask again
MOST_EVENTS = 20  # in one cookie; the one that was opened first goes

# Guesses: an office shares one network, and what many networks try together is bounded too.
FROM_A_NETWORK = Limit("event-password", times=20, seconds=600)
AT_AN_EVENT = Limit("event-password-of", times=500, seconds=600)

_MOST_PROVED = 1000
_proved: OrderedDict[tuple[str, str], None] = (
    OrderedDict()
)  # (hash, digest of a password that fits it): checking is slow


def is_open_to(event: Event, cookies: Mapping[str, str]) -> bool:
    """Whether whoever has these cookies may see the event's page and hold its tickets."""
    if event.visibility != Event.Visibility.PASSWORD:
        return True
    return _opened(cookies).get(event.pk.hex) == _stamp(event)


def open_with_password(slug: str, password: str, *, network: str, cookies: Mapping[str, str]) -> tuple[Event, str]:
    """The event of this name, and the cookie that opens it from now on besides those that `cookies` has opened.

    Raises PasswordWrong, for an event that is not there too, and TooOften.
    """
    _count(slug, network)
    event: Event | None
    try:
        event = published_event(slug)
    except NotFound:
        event = None
    if event is None or event.visibility != Event.Visibility.PASSWORD:
        make_password(password)  # as long as a check takes
        raise PasswordWrong
    if not check_password(password, event.password):
        raise PasswordWrong
    opened = {**_opened(cookies), event.pk.hex: _stamp(event)}
    return event, signing.dumps(dict(list(opened.items())[-MOST_EVENTS:]), salt=SALT)


def require_password(event: Event, password: str, *, network: str) -> None:
    """For a program: let it pass where the event asks for none or this is it. Raises NotFound, as for no event, and TooOften."""
    if event.visibility != Event.Visibility.PASSWORD:
        return
    known = (event.password, sha256(password.encode()).hexdigest())
    if known in _proved:
        return
    if not password:
        raise NotFound
    _count(event.slug, network)
    if not check_password(password, event.password):
        raise NotFound
    _proved[known] = None
    while len(_proved) > _MOST_PROVED:
        _proved.popitem(last=False)


def event_of_performance(performance_id: UUID) -> Event | None:
    """The event of a date, if it asks for a password."""
    guarded = Event.objects.filter(visibility=Event.Visibility.PASSWORD, performances=performance_id)
    return guarded.first()


def _count(slug: str, network: str) -> None:
    try:
        count_against(FROM_A_NETWORK, network)
        count_against(AT_AN_EVENT, slug)
    except TooOften as refused:
        seconds = refused.extra["wait_seconds"]
        minutes = -(-seconds // 60)
        words = _("Too many passwords were tried. Wait %(minutes)d min, then try again.") % {"minutes": minutes}
        raise TooOften(words, wait_seconds=seconds) from refused


def _opened(cookies: Mapping[str, str]) -> dict[str, str]:
    try:
        found: Any = signing.loads(cookies.get(COOKIE, ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _stamp(event: Event) -> str:
    """Another one for every password: who came in with the old one is asked again."""
    return sha256(event.password.encode()).hexdigest()[:16]
