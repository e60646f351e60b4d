"""What an event's page shows of its stock: the last proof of each date, and what to do where a sale is stopped."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from analytics.models import StockProof
from analytics.queries import last_proofs
from events.models import Event, Performance
from inventory.models import Place
from organizer_portal.forms.events import ResumeForm


@dataclass(frozen=True)
class Example:
    """A difference in words, and the number of the order it is about where it is about one."""

    words: str
    order: str | None


@dataclass(frozen=True)
class DateStock:
    """One date with its newest proof, and the form that resumes its sale while it is stopped."""

    performance: Performance
    proof: StockProof | None
    examples: list[Example]
    form: ResumeForm | None


MOST_IN_FULL = 3  # dates; of more only those that something is wrong with


def stock_context(event: Event, *, refused: tuple[UUID, ResumeForm] | None = None) -> dict[str, Any]:
    """`stock`, for each date of a published event; of a series for those that are not in order, with `n_proved` others. `refused` is a performance's id and its form with what was wrong."""
    if event.published_at is None:
        return {"stock": [], "n_proved": 0}
    proofs = last_proofs(event)
    dates = list(event.performances.all())
    proved = [date for date in dates if not date.is_stopped and (date.pk not in proofs or proofs[date.pk].is_proved)]
    is_series = len(dates) > MOST_IN_FULL
    return {
        "n_proved": len(proved) if is_series else 0,
        "stock": [
            DateStock(
                performance=date,
                proof=proofs.get(date.pk),
                examples=_examples(proofs.get(date.pk)),
                form=_form(date, refused) if date.is_stopped else None,
            )
            for date in dates
            if not (is_series and date in proved)
        ],
    }


def _examples(proof: StockProof | None) -> list[Example]:
    return [Example(_words(found), found.get("order")) for found in proof.examples] if proof else []


def _words(found: dict[str, Any]) -> str:
    if found["what"] == "place":
        says = {name: Place.State(found[name]).label for name in ("by_journal", "by_places")}
        words = _(
            "%(quota)s, place %(number)s: “%(by_journal)s” in the journal, “%(by_places)s” as the place itself says"
        )
        return words % {**found, **says}
    if found["what"] == "ticket":
        return _("%(quota)s: %(by_tickets)s valid tickets for %(by_places)s sold places") % found
    if found["what"] == "seat":
        return _("%(quota)s, place %(number)s: seat “%(by_places)s”, but its ticket says “%(by_tickets)s”") % found
    return _("%(quota)s: %(quota_size)s tickets on offer, but %(places)s places") % found


def _form(date: Performance, refused: tuple[UUID, ResumeForm] | None) -> ResumeForm:
    if refused is not None and refused[0] == date.pk:
        return refused[1]
    return ResumeForm(auto_id=f"id_{date.pk}_%s")
