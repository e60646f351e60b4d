"""The pages of an event, side by side: a few groups, and beneath them the pages of the one that is open."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import Event
from people.models import Membership


@dataclass(frozen=True)
class Page:
    """A page of an event; `is_current` also for those beneath it."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Group:
    """Pages that belong together. One alone stands for its group."""

    label: str
    pages: tuple[Page, ...]

    @property
    def url(self) -> str:
        """Its first page."""
        return self.pages[0].url

    @property
    def is_current(self) -> bool:
        """Whether one of its pages is open."""
        return any(page.is_current for page in self.pages)


def groups_of(event: Event, membership: Membership, path: str) -> list[Group]:
    """What this member of the team may open of an event, in groups; `path` is the page that is open."""
    home = reverse("organizer_portal:event", args=[event.pk])

    def page(name: str, label: str, may_open: bool = True, *beneath: str) -> Page | None:
        """`beneath` are other parts of the event's address that belong to this page."""
        url = reverse(f"organizer_portal:{name}", args=[event.pk])
        here = path == url if url == home else path.startswith((url, *(f"{home}{one}/" for one in beneath)))
        return Page(label, url, here) if may_open else None

    edits, money = membership.can_edit_events, membership.can_refund
    is_out = event.published_at is not None
    is_at_door = is_out and membership.role != Membership.Role.FINANCE
    is_cancelled = event.state == Event.State.CANCELLED
    found: dict[str, tuple[Page | None, ...]] = {
        _("Overview"): (page("event", _("Overview")),),
        _("Dates"): (page("event_dates", _("Dates")),),
        _("Page"): (
            page("event_details", _("Details"), edits),
            page("pictures", _("Pictures"), edits),
            page("event_publishing", _("Publishing"), edits),
        ),
        _("Tickets"): (
            page("prices", _("Prices"), edits, "ticket-types", "quotas", "bundles"),
            page("discounts", _("Discounts"), edits),
            page("event_fees", _("Fees and tax"), edits),
            page("seat_plan", _("Seat map"), edits),
        ),
        _("Buyers"): (
            page("refund_policy", _("Refunds"), edits),
            page("reminders", _("Reminders"), edits),
            page("waiting_list", _("Waiting list"), edits and is_out),
            page("waiting_room", _("Waiting room"), edits and is_out),
        ),
        _("Door"): (page("event_door", _("Door"), is_at_door),),
        _("Money"): (
            page("event_shares", _("Shares"), money),
            page("statement", _("Settlement"), money and is_out and not event.is_test),
            page("event_cancellation", _("Cancellation"), money and is_cancelled),
        ),
    }
    groups = [Group(label, tuple(one for one in pages if one is not None)) for label, pages in found.items()]
    return [group for group in groups if group.pages]
