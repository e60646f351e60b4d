"""The checkout asks whether to remind; the link leads to a page that holds nothing until it is told to, and stops."""

import pytest

from checkout import actions as checkout
from inventory.models import Hold
from recovery.models import Reminder, ReminderRules, Restoration
from tests import world
from tests.staff import Visitor, signed_in, text
from tests.world import FREE, House

ASKED = "If I do not finish this order"


@pytest.fixture
def guest(northside: House) -> Visitor:
    return Visitor(northside.host)


def test_the_box_is_told_as_it_is_ticked(guest: Visitor, northside: House) -> None:
    held = world.hold(world.make_event(kinds=((FREE, 0, 5),)), **{FREE: 2})
    here = f"/checkout/{held.pk}/{held.token}/"
    assert ASKED in text(guest.get(here))
    ticked = {"reminder": "on", "email": "wanda@example.com", "name": "Wanda"}

    assert guest.post(f"{here}reminder/", {**ticked, "email": "nobody"}).status_code == 422
    assert guest.post(f"{here}reminder/", ticked).status_code == 204
    reminder = Reminder.objects.get()
    assert (reminder.email, reminder.name, reminder.hold_id) == ("wanda@example.com", "Wanda", held.pk)
    assert 'name="reminder" data-address=' in text(guest.get(here))
    assert guest.post(f"{here}reminder/", {"email": "wanda@example.com"}).status_code == 204
    assert not Reminder.objects.exists()


def test_without_scripts_it_comes_with_the_order(guest: Visitor, northside: House) -> None:
    world.let_charge(northside)
    held = world.hold(world.make_event(), Standard=1)
    guest.post(
        f"/checkout/{held.pk}/{held.token}/",
        {"email": "wanda@example.com", "name": "Wanda", "consents": "terms", "reminder": "on"},
    )
    assert Reminder.objects.get().email == "wanda@example.com"


def test_the_link_holds_again_what_is_left_and_says_another_price(guest: Visitor, northside: House) -> None:
    world.let_charge(northside)
    event = world.make_event()
    held = world.hold(event, Standard=1)
    guest.post(f"/checkout/{held.pk}/{held.token}/reminder/", {"reminder": "on", "email": "wanda@example.com"})
    checkout.release_hold(hold_id=held.pk, token=held.token)
    reminder = Reminder.objects.get()
    here = f"/left-orders/{reminder.pk}/{reminder.token}/"
    event.ticket_types.filter(name=world.STANDARD).update(price=3000)

    page = guest.get(here)
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("no-store", "noindex")
    assert "The price has changed: it was" in text(page)
    assert Hold.objects.count() == 1
    answer = guest.post(f"{here}holds/")

    again = Restoration.objects.get().hold
    assert answer["Location"] == f"/checkout/{again.pk}/{again.token}/"
    assert again.quote["total"] > held.quote["total"]
    assert "Stop these reminders" in text(guest.get(here))
    guest.post(f"{here}stop/")
    assert "No more reminders are sent" in text(guest.get(here))


def test_wrong_tokens_and_other_organizers_find_nothing(guest: Visitor, northside: House, southside: House) -> None:
    held = world.hold(world.make_event(kinds=((FREE, 0, 5),)), **{FREE: 2})
    guest.post(f"/checkout/{held.pk}/{held.token}/reminder/", {"reminder": "on", "email": "wanda@example.com"})
    reminder = Reminder.objects.get()
    sly = Visitor(southside.host)
    for end in ("holds/", "stop/"):
        assert guest.post(f"/left-orders/{reminder.pk}/wrong/{end}").status_code == 404
        assert sly.post(f"/left-orders/{reminder.pk}/{reminder.token}/{end}").status_code == 404
    assert sly.get(f"/left-orders/{reminder.pk}/{reminder.token}/").status_code == 404
    assert sly.post(f"/checkout/{held.pk}/{held.token}/reminder/").status_code == 404
    assert (Reminder.objects.get().state, Restoration.objects.count()) == ("open", 0)


def test_nora_says_when_and_the_other_owner_does_not(northside: House, southside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    nora, sam = signed_in(northside.owner, northside.host), signed_in(southside.owner, southside.host)
    page = f"/portal/events/{event.pk}/reminders/"
    assert "Recovered revenue" in text(nora.get(page))
    for wrong in ({"first": "6", "second": "1"}, {"first": "999"}):
        assert nora.post(page, wrong).status_code == 422
    assert (sam.get(page).status_code, sam.post(page, {}).status_code) == (404, 404)
    assert not ReminderRules.objects.exists()

    nora.post(page, {"first": "1", "second": "24"})
    assert ReminderRules.objects.get().hours == [1, 24]
    nora.post(page, {})
    held = world.hold(event, **{FREE: 1})
    assert ASKED not in text(Visitor(northside.host).get(f"/checkout/{held.pk}/{held.token}/"))
