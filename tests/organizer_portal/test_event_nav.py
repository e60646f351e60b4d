"""The pages of an event in groups: what a role may open, and where one is."""

import pytest

from events.models import Event
from organizer_portal.event_nav import groups_of
from people.models import Membership
from tests import world
from tests.staff import Visitor, text

ROLES = Membership.Role


@pytest.fixture
def event(northside: world.House) -> Event:
    return world.make_event("Hafen Nacht", kinds=((world.FREE, 0, 5),))


def labels(event: Event, role: str, path: str = "") -> dict[str, list[str]]:
    return {
        group.label: [page.label for page in group.pages] for group in groups_of(event, Membership(role=role), path)
    }


def test_each_role_finds_its_pages_and_no_other(event: Event) -> None:
    assert labels(event, ROLES.OWNER) == {
        "Overview": ["Overview"],
        "Dates": ["Dates"],
        "Page": ["Details", "Pictures", "Publishing"],
        "Tickets": ["Prices", "Discounts", "Fees and tax", "Seat map"],
        "Buyers": ["Refunds", "Reminders", "Waiting list", "Waiting room"],
        "Door": ["Door"],
        "Money": ["Shares", "Settlement"],
    }
    assert list(labels(event, ROLES.MANAGER)) == ["Overview", "Dates", "Page", "Tickets", "Buyers", "Door"]
    assert list(labels(event, ROLES.FINANCE)) == ["Overview", "Dates", "Money"]
    event.published_at = None
    assert labels(event, ROLES.OWNER)["Buyers"] == ["Refunds", "Reminders"]


def test_the_open_group_and_page_are_marked_also_for_pages_beneath(nora: Visitor, event: Event) -> None:
    home, kind = f"/portal/events/{event.pk}/", event.ticket_types.get()

    for path, group, page in (
        ("", "Overview", None),
        ("details/", "Page", "Details"),
        ("fees/new/", "Tickets", "Fees and tax"),
        (f"ticket-types/{kind.pk}/", "Tickets", "Prices"),
        ("waiting-list/", "Buyers", "Waiting list"),
    ):
        html = text(nora.get(home + path))
        assert f'aria-current="{"true" if page else "page"}">{group}</a>' in html, path
        if page:
            assert f'class="sub-link" aria-current="page">{page}</a>' in html, path
            assert html.count('class="sub-link" aria-current') == 1
        else:
            assert "section-subtabs" not in html
