"""One event of the demo with everything that can be on offer: phases, variants, an add-on, a donation, a bundle."""

from audit.actions import SYSTEM
from checkout.changes import change_phases
from console.demo_events import at
from events.actions import change_ticket_type
from events.add_ons import set_add_on
from events.bundles import PartWish, set_bundle
from events.models import Event, TicketType
from events.phases import PhaseWish

KINDS = (
    ("Weekend ticket", "Both days, all stages", 6900, 400),
    ("M", "Organic cotton", 2500, 40),
    ("L", "Organic cotton", 2500, 60),
    ("Parking", "By the lake, both days", 1200, 80),
    ("Cabin for two", "Two nights", 18000, 24),
    ("Friends of the lake", "For the reeds and the birds", 1000, 1000),
)


def furnish_offers(event: Event) -> None:
    """Make of an event with `KINDS` one that shows what an offer can be."""
    kinds = {kind.name: kind for kind in event.ticket_types.all()}
    for size in ("M", "L"):
        _change(kinds[size], listing="T-shirt")
    _change(kinds["Friends of the lake"], least_price=200)
    ticket, parking, cabin = (kinds[name].pk for name in ("Weekend ticket", "Parking", "Cabin for two"))
    until = at(14, 18, event.venue.timezone)
    phases = [PhaseWish("Early bird", 4900, quantity=8), PhaseWish("Advance sale", 5900, until=until)]
    change_phases(ticket_type_id=ticket, phases=phases, actor=SYSTEM)
    set_add_on(ticket_type_id=parking, is_add_on=True, base_types=[ticket], most=1, actor=SYSTEM)
    parts = [PartWish(ticket, 2, 5500), PartWish(cabin, 1, 16000), PartWish(parking, 1, 500)]
    set_bundle(event_id=event.pk, name="Weekend for two", perk="", max_per_order=2, parts=parts, actor=SYSTEM)


def _change(kind: TicketType, *, listing: str = "", least_price: int | None = None) -> None:
    change_ticket_type(
        ticket_type_id=kind.pk,
        name=kind.name,
        perk=kind.perk,
        price=kind.price,
        max_per_order=kind.max_per_order,
        listing=listing,
        least_price=least_price,
        actor=SYSTEM,
    )
