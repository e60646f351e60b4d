"""The settlement simulator: who would get what of an order, before anything is sold."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from checkout.simulator import PaymentCost, Role, Simulation, Stake, Trial, payment_cost, simulate_event
from ledger.splits import split_version_of
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.simulator import SimulatorForm
from organizer_portal.views.events import event_or_404
from payouts.share_words import names_of

COLORS = {Role.ORGANIZER: 0, Role.TAX: 4, Role.PLATFORM: 3, Role.PROVIDER: 2}
PARTNER_COLORS = (1, 5, 6)


@dataclass(frozen=True)
class Piece:
    """A stake with its name, its colour, and where in the bar it begins; what is not above nothing has no place in it."""

    stake: Stake
    name: str
    color: int
    start: int


@dataclass(frozen=True)
class Shown:
    """A simulation with the pieces of its bar, on a scale of `scale`."""

    simulation: Simulation
    pieces: tuple[Piece, ...]
    scale: int

    @property
    def left(self) -> int:
        """What the buyer has paid after the refund."""
        return self.simulation.quote.total - self.simulation.back


@require_safe
@staff(EDIT_EVENTS)
def simulator(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Try prices, bearers and refunds on the event's ticket types; with htmx only the results come back."""
    found = event_or_404(event_id)
    kinds = list(found.ticket_types.filter(is_active=True))
    if "bearer" in request.GET:
        form = SimulatorForm(request.GET, event=found, kinds=kinds)
    else:
        form = SimulatorForm.filled(found, kinds)
    trial = form.cleaned_data["trial"] if form.is_valid() else Trial({})
    simulations = simulate_event(found, trial)
    cost: PaymentCost = payment_cost(found.currency)
    context: dict[str, Any] = {
        "event": found,
        "form": form,
        "quantity": trial.quantity,
        "percent_back": trial.percent_back,
        "shown": [_shown(one, sees_shares=desk.membership.can_refund) for one in simulations],
        "cost": cost,
        "has_plan": split_version_of(str(found.pk)) is not None,
    }
    if "HX-Request" in request.headers:
        return render(request, "organizer_portal/_simulation.html", context)
    return render(request, "organizer_portal/simulator.html", context, status=422 if form.errors else 200)


def _shown(simulation: Simulation, *, sees_shares: bool) -> Shown:
    """The stakes as a bar; who may not see the partners' shares sees them as one."""
    stakes = list(simulation.stakes)
    partners = [stake for stake in stakes if stake.role == Role.PARTNER]
    if partners and not sees_shares:
        together = Stake(Role.PARTNER, sum(one.sold for one in partners), sum(one.refunded for one in partners))
        stakes = [stakes[0], together, *(one for one in stakes[1:] if one.role != Role.PARTNER)]
    names = names_of(one.payee for one in stakes if one.payee is not None)
    start, pieces, partner = 0, [], 0
    for stake in stakes:
        color = COLORS.get(stake.role, PARTNER_COLORS[partner % len(PARTNER_COLORS)])
        partner += stake.role == Role.PARTNER
        name = names[stake.payee] if stake.payee is not None else str(stake.role.label)
        pieces.append(Piece(stake, name, color, start))
        start += max(0, stake.sold)
    return Shown(simulation, tuple(pieces), start or 1)
