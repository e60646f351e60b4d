"""Nora makes sixty dates, looks at them, and changes many at once."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from checkout import actions as checkout
from checkout.batches import run_refund_batch
from events.models import DatePrice, DateQuota, Event, Performance
from orders.models import Order
from outbox.models import OutboxMessage
from payments.models import RefundBatch
from people.models import Membership
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.staff import Visitor, signed_in
from tests.world import FREE

RULE = {
    "first_on": "2031-03-01",
    "starts": "20:00",
    "repeats": "weekly",
    "weekdays": ["1", "5"],
    "interval": "1",
    "ends": "count",
    "count": "60",
    "minutes": "120",
    "doors_minutes": "60",
}


def text(answer: Any) -> str:
    """The words of a page, one blank between them."""
    return " ".join(re.sub(r"<[^>]+>", "", answer.content.decode()).split())


def address(event: Event, end: str = "") -> str:
    return f"/portal/events/{event.pk}/dates/{end}"


def make(nora: Visitor, event: Event, *, without: int = 0, **changes: str) -> list[Performance]:
    """Look at what the rule makes, untick the first few, and make the others."""
    shown = nora.get(address(event, "new/"), {**RULE, **changes}).context["proposed"]
    ticked = [one.key for one in shown if one.is_new][without:]
    answer = nora.post(address(event, "new/"), {**RULE, **changes, "start": ticked})
    assert answer.status_code == 302
    return list(event.performances.filter(starts_at__year=2031))


def change(nora: Visitor, event: Event, dates: list[Performance], what: str, **words: str) -> Any:
    ids = [str(one.pk) for one in dates]
    return nora.post(address(event, "changes/"), {"change": what, "dates": ids, "confirmed": "1", **words})


@pytest.fixture
def event(northside: world.House) -> Event:
    return world.make_event(kinds=((FREE, 0, 50),))


def buy(event: Event, performance: Performance, n: int = 2) -> Order:
    held = checkout.place_hold(performance_id=performance.pk, basket={world.kind_of(event, FREE).pk: n})
    return checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)


def test_the_dates_are_shown_before_any_is_made_and_what_is_unticked_is_not(nora: Visitor, event: Event) -> None:
    page = nora.get(address(event, "new/"), RULE)
    assert "60 new dates" in text(page)
    assert "Sat 1 Mar 2031, 20:00" in text(page)
    assert event.performances.count() == 1

    dates = make(nora, event, without=2)

    assert len(dates) == 58
    assert dates[0].starts_at == datetime(2031, 3, 8, 19, tzinfo=UTC)
    again = nora.get(address(event, "new/"), RULE)
    assert (again.context["n_new"], text(again).count("there already")) == (2, 58)


def test_the_form_begins_where_the_last_date_left_off(nora: Visitor, event: Event) -> None:
    make(nora, event, count="2")

    form = nora.get(address(event, "new/")).context["form"]

    assert form.initial["starts"] == "20:00"
    assert (form.initial["minutes"], form.initial["doors_minutes"], form.initial["weekdays"]) == (120, 60, ["1"])


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"starts": "eight"}, "starts", "Write times like 20:00"),
        ({"starts": "25:00"}, "starts", "Write times like 20:00"),
        ({"ends": "until", "ends_on": ""}, "ends_on", "Say on which day it ends."),
        ({"ends": "until", "ends_on": "2031-02-01"}, "ends_on", "before the first"),
        ({"count": ""}, "count", "Say how many days."),
        ({"rule": "FREQ=HOURLY"}, "rule", "no rule that we can read"),
        ({"rule": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"}, "__all__", "No day fits that rule."),
    ],
)
def test_what_is_wrong_with_a_rule_stands_beside_its_field(
    nora: Visitor, event: Event, changes: dict[str, str], field: str, words: str
) -> None:
    answer = nora.get(address(event, "new/"), {**RULE, **changes})

    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors[field])
    assert event.performances.count() == 1


def test_each_date_says_how_full_it_is_and_filters_leave_some(nora: Visitor, event: Event) -> None:
    first = world.the_performance(event)  # some weeks from now, on whatever day of the week
    dates = make(nora, event)
    buy(event, dates[3])
    change(nora, event, dates[:2], "pause")

    listed = nora.get(address(event))
    paused = nora.get(address(event), {"show": "paused"})
    tuesdays = nora.get(address(event), {"show": "ahead", "weekday": "1", "as": "calendar"})

    assert "2 of 50 sold" in text(listed)
    assert listed.context["n_shown"] == 61
    assert paused.context["n_shown"] == 2
    assert tuesdays.context["n_shown"] == 30 + (world.day_of(first).weekday() == 1)
    assert {row.day.weekday() for month in tuesdays.context["months"] for row in month.rows} == {1}
    assert "61 dates" in text(nora.get(f"/portal/events/{event.pk}/"))


def test_an_hour_later_is_asked_about_tickets_first_and_then_told(nora: Visitor, event: Event) -> None:
    dates = make(nora, event)
    buy(event, dates[3])

    unanswered = change(nora, event, dates, "shift", minutes="60", way="later")
    assert unanswered.status_code == 422
    assert "Nothing was changed" in text(unanswered)
    assert not OutboxMessage.objects.filter(kind="mail_move").exists()
    assert change(nora, event, dates, "shift", minutes="60", way="later", answer="1").status_code == 302

    moved = event.performances.filter(pk__in=[one.pk for one in dates]).order_by("starts_at")
    assert moved[0].starts_at == datetime(2031, 3, 1, 20, tzinfo=UTC)
    assert OutboxMessage.objects.filter(kind="mail_move").count() == 1


def test_all_that_the_filter_shows_get_a_price_and_a_number(nora: Visitor, event: Event) -> None:
    make(nora, event)
    kind = world.kind_of(event, FREE)
    asked = {"show": "ahead", "weekday": "5", "all": "1"}

    confirm = nora.post(address(event, "changes/"), {**asked, "change": "price"})
    saturdays = [row.performance for row in confirm.context["rows"]]
    assert len(saturdays) == 30
    change(nora, event, saturdays, "price", ticket_type=str(kind.pk), price="12.50")
    change(nora, event, saturdays, "quantity", ticket_type=str(kind.pk), quantity="20")
    wrong = change(nora, event, saturdays, "price", ticket_type=str(kind.pk), price="cheap")

    assert wrong.status_code == 422
    assert set(DatePrice.objects.values_list("price", flat=True)) == {1250}
    assert DatePrice.objects.count() == DateQuota.objects.count() == 30
    change(nora, event, saturdays, "price", ticket_type=str(kind.pk), price="")
    assert not DatePrice.objects.exists()


def test_a_cancelled_date_gives_back_and_shows_how_far_it_is(nora: Visitor, event: Event, colleague: Colleague) -> None:
    dates = make(nora, event, count="4")
    order = buy(event, dates[1])
    manager = colleague(Membership.Role.MANAGER)

    assert "needs the Owner or Finance role" in text(change(manager, event, dates, "cancel", words="Ill", answer="1"))
    assert change(nora, event, dates, "cancel", words="", answer="1").status_code == 422
    assert {one.state for one in event.performances.all()} == {"scheduled"}
    assert change(nora, event, dates, "cancel", words="The band is ill.", answer="1").status_code == 302

    batch = RefundBatch.objects.get()
    run_refund_batch(batch_id=batch.pk)
    order.refresh_from_db()
    assert order.state == Order.State.REFUNDED
    page = text(nora.get(address(event, f"{dates[1].pk}/cancellation/")))
    assert order.number in page
    assert "The band is ill." in page
    assert nora.get(address(event, f"{dates[0].pk}/cancellation/")).status_code == 404
    assert f"{dates[1].pk}/cancellation/" in nora.get(address(event), {"show": "cancelled"}).content.decode()


def test_nothing_chosen_and_others_dates_change_nothing(
    nora: Visitor, event: Event, southside: world.House, northside: world.House
) -> None:
    theirs = world.the_performance(world.make_event(kinds=((FREE, 0, 5),)))

    for dates in ([], [theirs]):
        answer = change(nora, event, dates, "pause")
        assert answer.status_code == 422
        assert "Choose at least one date" in text(answer)
    sam = signed_in(southside.owner, southside.host)
    assert sam.get(address(event)).status_code == 404
    assert change(sam, event, [world.the_performance(event)], "pause").status_code == 404
    assert not Performance.objects.exclude(sale_paused_at=None).exists()


def test_door_staff_see_no_dates_and_finance_may_look_but_change_nothing(
    nora: Visitor, dora: Visitor, event: Event, colleague: Colleague
) -> None:
    finance = colleague(Membership.Role.FINANCE)

    assert dora.get(address(event)).status_code == 403
    assert 'name="change"' not in finance.get(address(event)).content.decode()
    assert finance.get(address(event, "new/")).status_code == 403
    assert change(finance, event, [world.the_performance(event)], "pause").status_code == 403
    assert not Performance.objects.exclude(sale_paused_at=None).exists()
