"""Nora sets the rules of a waiting list, sees who waits, offers, removes and draws; nobody else does."""

from datetime import UTC, datetime

import pytest

from checkout import actions as checkout
from tests import world
from tests.staff import Visitor, signed_in, text
from tests.waitlist.waiting import sold_out, state_of, waits
from tests.world import FREE
from waitlist.models import ListOffer, ListRules, WaitingList

RULES = {"is_open": "on", "mode": "first_come", "offer_hours": "24"}


@pytest.fixture
def sam(southside: world.House) -> Visitor:
    """The other organizer's owner at his own portal."""
    return signed_in(southside.owner, southside.host)


def page_of(event: object) -> str:
    return f"/portal/events/{event.pk}/waiting-list/"  # type: ignore[attr-defined]


def test_she_sees_who_waits_and_offers_out_of_turn(nora: Visitor, northside: world.House) -> None:
    event, holds = sold_out()
    page = page_of(event)
    assert "Nobody waits" in text(nora.get(page))
    first, friend = waits(event, "first@example.com", n=2, takes_fewer=True), waits(event, "friend@example.com")
    shown = text(nora.get(page))
    assert "first@example.com" in shown
    assert "or fewer" in shown

    refused = nora.post(f"{page}{friend.pk}/offers/", follow=True)
    assert "No place is free to be offered now." in text(refused)
    checkout.release_hold(hold_id=holds[0].pk, token=holds[0].token)
    assert "Offered." in text(nora.post(f"{page}{friend.pk}/offers/", follow=True))
    assert "by hand" in text(nora.get(page))
    nora.post(f"{page}{first.pk}/removal/")

    assert (state_of(friend), state_of(first), ListOffer.objects.get().quantity) == ("offered", "removed", 1)


def test_she_sets_the_rules_in_the_venues_time(nora: Visitor, northside: world.House) -> None:
    event, _holds = sold_out()
    page = page_of(event)
    for wrong, words in (
        ({"mode": "lottery"}, "Say when the order is drawn."),
        ({"mode": "priority"}, "Say who comes first."),
        ({"mode": "priority", "first_groups": "nobody"}, "is no e-mail address"),
        ({"offer_hours": "200"}, "168"),
        ({"mode": "lottery", "draw_at": "0001-01-01T00:00"}, "of these years"),
    ):
        refused = nora.post(page, {**RULES, **wrong})
        assert refused.status_code == 422
        assert words in text(refused)
    assert not ListRules.objects.exists()

    assert (
        nora.post(page, {**RULES, "mode": "lottery", "draw_at": "2027-07-03T10:00", "offer_hours": "48"}).status_code
        == 302
    )

    rules = ListRules.objects.get()
    assert (rules.mode, rules.offer_hours, rules.draw_at) == ("lottery", 48, datetime(2027, 7, 3, 8, 0, tzinfo=UTC))
    assert 'value="2027-07-03T10:00"' in text(nora.get(page))


def test_she_draws_before_the_time(nora: Visitor, northside: world.House) -> None:
    event, _holds = sold_out()
    nora.post(page_of(event), {**RULES, "mode": "lottery", "draw_at": "2027-07-03T10:00"})
    waits(event, "wanda@example.com")
    assert "is not drawn yet" in text(nora.get(page_of(event)))
    performance = world.the_performance(event)

    nora.post(f"/portal/events/{event.pk}/dates/{performance.pk}/draws/")

    assert WaitingList.objects.get().drawn_at is not None
    proof = Visitor(northside.host).get(f"/events/{event.slug}/waiting-list/{performance.pk}/draw.json").json()
    assert (proof["commitment"], len(proof["order"]), len(proof["seed"])) == (
        WaitingList.objects.get().commitment,
        1,
        64,
    )


def test_the_list_for_a_spreadsheet(nora: Visitor, northside: world.House) -> None:
    event, _holds = sold_out()
    waits(event, "wanda@example.com", n=2, name="=1+1")

    answer = nora.get(f"/portal/events/{event.pk}/waiting-list.csv")

    head, row = answer.content.decode("utf-8-sig").splitlines()
    assert answer["Content-Disposition"] == f'attachment; filename="waiting-list-{event.slug}.csv"'
    assert head.startswith("Date,Position,Name,E-mail")
    assert f"1,'=1+1,wanda@example.com,{FREE},2," in row


def test_another_organizers_list_is_not_there(sam: Visitor, northside: world.House) -> None:
    event, _holds = sold_out()
    wanda = waits(event, "wanda@example.com")
    page = page_of(event)

    for path in (page, f"/portal/events/{event.pk}/waiting-list.csv"):
        assert sam.get(path).status_code == 404
    for path in (page, f"{page}{wanda.pk}/offers/", f"{page}{wanda.pk}/removal/"):
        assert sam.post(path, RULES).status_code == 404
    assert state_of(wanda) == "waiting"
