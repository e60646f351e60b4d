"""Every answer names its request, and the journal's rows name the request and the actor that wrote them."""

import logging

import pytest
from django.conf import settings

from audit.actions import SYSTEM, buyer_actor, user_actor
from checkout import actions as checkout
from inventory.models import StockEntry
from tests import world
from tests.staff import Visitor
from ui.request_id import HEADER, RequestIdFilter, begin_request, request_id

HOST = f"northside.{settings.PLATFORM_HOST}"


@pytest.mark.parametrize("path", ["/", "/no-such-page", "/api/v1/events", "/api/v1/nothing", "/healthz", "/portal/"])
def test_every_answer_names_its_request(northside: world.House, path: str) -> None:
    names = [Visitor(HOST).get(path)[HEADER] for _visit in range(2)]

    assert all(len(name) == 32 for name in names)
    assert names[0] != names[1]


def test_a_name_that_comes_with_the_request_is_not_taken(northside: world.House) -> None:
    answer = Visitor(HOST).get("/", headers={HEADER: "forged"})

    assert answer[HEADER] != "forged"


def test_a_log_line_names_its_request() -> None:
    record = logging.LogRecord("sale", logging.INFO, __file__, 1, "sold", None, None)

    name = begin_request()

    assert RequestIdFilter().filter(record)
    assert record.request_id == name == request_id()


def test_the_journal_says_who_did_it_and_in_which_request(northside: world.House) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 3),))
    begin_request("the-release")
    given_up = world.hold(event, **{world.FREE: 1})
    checkout.release_hold(hold_id=given_up.pk, token=given_up.token)
    begin_request("the-sale")
    order = world.place_order(event, **{world.FREE: 1})
    begin_request("the-refund")
    checkout.refund_order(order_id=order.pk, actor=user_actor(northside.owner.pk))

    written = StockEntry.objects.exclude(kind="hold").order_by("pk").values_list("kind", "actor", "request_id", "cause")

    assert list(written) == [
        ("release", "buyer", "the-release", "released by buyer"),
        ("extend", "buyer", "the-sale", "order placed"),
        ("sale", "buyer", "the-sale", ""),
        ("return", f"user:{northside.owner.pk}", "the-refund", "order refunded"),
    ]


def test_a_hold_asked_for_by_a_program_carries_the_name_in_its_answer(northside: world.House) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 3),))
    items = [{"ticket_type_id": str(world.kind_of(event, world.FREE).pk), "quantity": 2}]

    answer = Visitor(HOST).post(
        "/api/v1/holds",
        {"performance_id": str(world.the_performance(event).pk), "items": items},
        content_type="application/json",
        headers={"Idempotency-Key": "a-key-that-nobody-else-has"},
    )

    assert answer.status_code == 201
    written = StockEntry.objects.filter(hold_id=answer.json()["id"]).values_list("kind", "actor", "request_id")
    assert list(written) == [("hold", "buyer", answer[HEADER])] * 2


def test_an_actor_as_a_word() -> None:
    assert [str(SYSTEM), str(buyer_actor()), str(user_actor(7))] == ["system", "buyer", "user:7"]
