"""Load the demo world: two organizers with events, a door device each, and a platform admin; write their logins down.

Everything is made through the product's own verbs. Running it again keeps what is there and only adds what time has taken
away: an event whose doors are open.
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.utils import tenant_context

from accounts.actions import add_second_factor, create_platform_admin, create_user
from accounts.models import User
from audit.actions import SYSTEM
from console.demo_affiliates import add_affiliate
from console.demo_codes import add_codes
from console.demo_events import SEASON, a_season, at, draft, follow_the_sale, on_sale, venue_of
from console.demo_facts import rehearse, say_what_they_are, sell_out
from console.demo_offers import KINDS, furnish_offers
from console.demo_seats import SHOWS, put_on
from events import actions as events
from events.models import Event
from payments import gateway
from payments.actions import keep_account_facts
from payments.queries import can_take_payments
from people.actions import add_member
from people.keys import create_api_key
from people.models import Membership
from people.queries import api_key_of
from scanning.actions import create_gate, pair_device
from scanning.queries import paired_device
from tenants.actions import open_organizer, top_up_prepared_schemas
from tenants.models import Organizer
from tenants.queries import portal_url, storefront_url
from waiting_room.actions import change_room

PASSWORD = "marquee-demo-2026"


@dataclass(frozen=True)
class Show:
    """An event of the demo. `days` from today at `hour` in the venue's zone; `kinds`: name, perk, cents, quantity."""

    title: str
    summary: str
    description: str
    days: int
    hour: int
    kinds: tuple[tuple[str, str, int, int], ...]


@dataclass(frozen=True)
class Cast:
    """An organizer of the demo and what it puts on; `tonight` is the show whose doors are open now."""

    slug: str
    name: str
    color: str
    owner: str
    venue: tuple[str, str, str, str]
    tonight: Show
    later: tuple[Show, ...]


NORTHSIDE = Cast(
    slug="northside",
    name="Northside Hall",
    color="#7c2d92",
    owner="Nora North",
    venue=("Northside Hall", "Nordufer 12", "Berlin", "Europe/Berlin"),
    tonight=Show(
        title="The Night Train",
        summary="Brass, strings and a midnight encore",
        description="Fourteen musicians, one long ride. The band plays the whole record from first track to last.\n\n"
        "There is a bar in the foyer and a cloakroom by the stairs. Step-free entrance on Nordufer.",
        days=0,
        hour=0,
        kinds=(
            ("Standing", "Floor, unreserved", 2400, 300),
            ("Balcony", "Seats in the first rows, unreserved", 3800, 80),
            ("Under 14", "Free with a grown-up", 0, 60),
        ),
    ),
    later=(
        Show(
            title="Winter Salon: Four Hands",
            summary="Two pianists, one grand piano",
            description="Schubert, Ligeti and what the audience asks for.",
            days=21,
            hour=19,
            kinds=(("Standard", "", 2900, 180), ("Student", "Bring your card", 1200, 40)),
        ),
        Show(
            title="Open Rehearsal",
            summary="Come in, listen, ask",
            description="The house orchestra rehearses with the doors open.",
            days=9,
            hour=11,
            kinds=(("Visitor", "", 0, 120),),
        ),
        Show(
            title="Lakeside Weekend",
            summary="Two days, three stages, one lake",
            description="Bring a towel. Trains run until two in the morning.",
            days=120,
            hour=12,
            kinds=KINDS,
        ),
    ),
)
SOUTHSIDE = Cast(
    slug="southside",
    name="Southside Yard",
    color="#c2410c",
    owner="Sam South",
    venue=("Southside Yard", "14 Canal Lane", "London", "Europe/London"),
    tonight=Show(
        title="Yard Sounds",
        summary="Six sound systems under one open roof",
        description="From four in the afternoon until the last train.",
        days=0,
        hour=0,
        kinds=(("Entry", "", 1800, 500), ("Crew of one", "Entry and a T-shirt", 4200, 50)),
    ),
    later=(
        Show(
            title="Street Food Sunday",
            summary="Thirty kitchens, free entry",
            description="Bring a chair and an appetite.",
            days=12,
            hour=12,
            kinds=(("Free entry", "", 0, 400),),
        ),
    ),
)


class Command(BaseCommand):
    help = "Load the demo world and write its logins to DEMO_FILE (default var/demo.json)."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(os.environ.get("DEMO_FILE", settings.VAR / "demo.json"))
        before = json.loads(path.read_text()) if path.exists() else {}
        organizers = [_load(cast, before) for cast in (NORTHSIDE, SOUTHSIDE)]
        facts = {
            "base_url": settings.BASE_URL,
            "stripe_api_base": settings.STRIPE_API_BASE,
            "mail_api": os.environ.get("MAIL_API", ""),
            "admin": _login(_admin()),
            "organizers": organizers,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(facts, indent=2))
        self.stdout.write(f"The demo world is loaded; its logins are in {path}.")


def _load(cast: Cast, before: dict[str, Any]) -> dict[str, Any]:
    organizer = _organizer(cast)
    owner = _user(f"{cast.owner.split()[0].lower()}@{cast.slug}.example", cast.owner)
    old_token = next((o["device_token"] for o in before.get("organizers", []) if o["slug"] == cast.slug), "")
    with tenant_context(organizer):
        add_member(user_id=owner.pk, name=cast.owner, email=owner.email, role=Membership.Role.OWNER, actor=SYSTEM)
        _connect_stripe(organizer, owner)
        for show in cast.later:
            if not Event.objects.filter(title=show.title).exists():
                event = _put_on(cast, show, starts_at=at(show.days, show.hour, cast.venue[3]), doors_minutes=60)
                if show.kinds is KINDS:
                    furnish_offers(event)
                if show is cast.later[0]:
                    # Off: switched on at /portal/events/<id>/waiting-room/, it lets few enough in that one can watch.
                    change_room(event_id=event.pk, mode="off", rate_min=6, rate_max=60, actor=SYSTEM)
                    follow_the_sale(event)
        for seated in SHOWS[cast.slug]:
            put_on(seated)
        if cast is NORTHSIDE and not Event.objects.filter(title=SEASON).exists():
            a_season(venue_of(cast.venue))
        tonight = _tonight(cast)
        say_what_they_are()
        if cast is NORTHSIDE:
            sell_out(venue_of(cast.venue))
            rehearse(venue_of(cast.venue))
        add_codes(tonight, Event.objects.get(title=cast.later[0].title))
        add_affiliate(tonight, cast.slug)
        token = _device(tonight, old_token)
        key = _api_key(next((o.get("api_key", "") for o in before.get("organizers", []) if o["slug"] == cast.slug), ""))
    return {
        "slug": cast.slug,
        "name": cast.name,
        "storefront_url": storefront_url(organizer),
        "portal_url": portal_url(organizer),
        "api_base": storefront_url(organizer, "/api/v1"),
        "owner": _login(owner),
        "device_token": token,
        "device_event": tonight.title,  # whose door this phone stands at; its doors are open
        "api_key": key,
    }


def _api_key(old: str) -> str:
    """The key of before if it still opens the API, else a new one."""
    return old if api_key_of(old) else create_api_key(name="Demo", actor=SYSTEM)[1]


def _organizer(cast: Cast) -> Organizer:
    organizer: Organizer | None = Organizer.objects.filter(slug=cast.slug).first()
    if organizer is None:
        top_up_prepared_schemas()
        organizer = open_organizer(
            name=cast.name, slug=cast.slug, actor=SYSTEM, timezone_name=cast.venue[3], brand_color=cast.color
        )
    return organizer


def _user(email: str, name: str) -> User:
    user = User.objects.filter(email__iexact=email).first() or create_user(email=email, password=PASSWORD, name=name)
    _second_factor(user)
    return user


def _admin() -> User:
    email = "admin@marquee.example"
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = create_platform_admin(email=email, password=PASSWORD, name="Ada Admin")
    _second_factor(user)
    return user


def _second_factor(user: User) -> None:
    if not TOTPDevice.objects.filter(user=user, confirmed=True).exists():
        add_second_factor(user=user, key=secrets.token_hex(20))


def _login(user: User) -> dict[str, str]:
    device = TOTPDevice.objects.get(user=user, confirmed=True)
    return {
        "email": user.email,
        "password": PASSWORD,
        "totp_secret": base64.b32encode(device.bin_key).decode(),
    }


def _connect_stripe(organizer: Organizer, owner: User) -> None:
    """Open a connected account at the sandbox and answer its questions; with real keys the owner does that."""
    if can_take_payments() or not settings.STRIPE_API_BASE:
        return
    facts = gateway.create_account(
        email=owner.email, country=organizer.country, name=organizer.name, key=f"account-{organizer.pk}"
    )
    address = f"{settings.STRIPE_API_BASE}/_sandbox/accounts/{facts.id}/complete"
    with urlopen(Request(address, method="POST"), timeout=20):
        pass
    keep_account_facts(organizer=organizer, facts=gateway.fetch_account(facts.id), actor=SYSTEM)


def _tonight(cast: Cast) -> Event:
    """The show whose doors are open now and which goes on for hours; put on again once it is over."""
    now = timezone.now()
    running = Event.objects.filter(title=cast.tonight.title, performances__ends_at__gt=now + timedelta(hours=2)).first()
    starts_at = (now + timedelta(hours=8)).replace(minute=0, second=0, microsecond=0)
    return running or _put_on(cast, cast.tonight, starts_at=starts_at, doors_minutes=12 * 60)


def _put_on(cast: Cast, show: Show, *, starts_at: datetime, doors_minutes: int) -> Event:
    event = draft(
        show.title,
        show.summary,
        show.description,
        venue=venue_of(cast.venue),
        starts_at=starts_at,
        hours=4,
        doors_minutes=doors_minutes,
    )
    for kind, perk, price, quantity in show.kinds:
        events.add_ticket_type(
            event_id=event.pk, name=kind, perk=perk, price=price, quantity=quantity, max_per_order=8, actor=SYSTEM
        )
    return on_sale(event)


def _device(event: Event, old_token: str) -> str:
    device = paired_device(old_token) if old_token else None
    if device is not None and device.gate.event_id == event.pk:
        return old_token
    gate = event.gates.first() or create_gate(event_id=event.pk, name="Main entrance", actor=SYSTEM)
    _device, token = pair_device(gate_id=gate.pk, name="Demo phone", actor=SYSTEM)
    return token
