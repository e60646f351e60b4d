"""Hundreds of buyers want a code with fewer uses, half of them walk away: in the end exactly so many paid orders carry it.

Through real HTTP on the server as production runs it. Buyers ask again until nobody can get it; those who walk away give their
basket back, or just let it lapse. `make proofs` has 300 buyers for 100 uses, five times over.
"""

import os
import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout.code_desk import Figures, create_code, figures_of_codes
from inventory.actions import keep_hold_until
from inventory.models import Hold, Place
from inventory.queries import database_now
from orders.models import Order
from outbox.models import OutboxMessage
from promotions.models import CodeUse, PromoCode
from tests import world
from tests.load import Answer, ask, payload
from tests.stack import Web, start_web

IS_LONG = os.environ.get("MARQUEE_LONG") == "1"
BUYERS, USES, SEEDS = (300, 100, range(5)) if IS_LONG else (48, 16, range(1))
MOST_ROUNDS = 20  # as often as a network may guess wrong


@pytest.fixture(scope="module")
def web(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with (
        django_db_blocker.unblock(),
        start_web(tmp_path_factory.mktemp("codes"), server="gunicorn", BEHIND_PROXY="1") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def box_office(django_db_setup: None, django_db_blocker: Any) -> world.House:
    """An organizer whose data is committed."""
    with django_db_blocker.unblock():
        house = world.open_house("Rush & Sons", "rush", owner="Rita", door="Rob")
        world.let_charge(house)
        return house


@pytest.fixture(autouse=True)
def _inside(box_office: world.House, django_db_blocker: Any) -> Any:
    with django_db_blocker.unblock(), tenant_context(box_office.organizer):
        yield
        OutboxMessage.objects.filter(done_at=None).update(done_at=timezone.now())  # hundreds of mails that nobody reads
        assert breaches() == {}
        connection.close()


def hold_request(web: Web, event: Any, code: str, buyer: int = 0) -> bytes:
    item = {"ticket_type_id": str(world.kind_of(event, "Standard").pk), "quantity": 1}
    body = {"performance_id": str(world.the_performance(event).pk), "items": [item], "code": code}
    network = (
        f"10.{hash(code) % 256}.{buyer // 250}.{buyer % 250}"  # each at home: wrong guesses are counted per network
    )
    headers = {"Idempotency_Key": str(uuid4()), "X_Forwarded_For": network}
    return payload("POST", "/api/v1/holds", host=web.host("rush"), body=body, **headers)


def order_request(web: Web, held: dict[str, Any], buyer: int) -> bytes:
    details = {"name": f"Buyer {buyer}", "email": f"buyer-{uuid4().hex}@example.com", "consents": ["terms"]}
    body = {"hold_id": held["id"], "buyer": details}
    headers = {"Idempotency_Key": str(uuid4()), "Authorization": f"Bearer {held['token']}"}
    return payload("POST", "/api/v1/orders", host=web.host("rush"), body=body, **headers)


def release_request(web: Web, held: dict[str, Any]) -> bytes:
    path = f"/api/v1/holds/{held['id']}"
    return payload("DELETE", path, host=web.host("rush"), Authorization=f"Bearer {held['token']}")


def let_lapse(held: dict[str, Any]) -> None:
    """Its buyer has closed the browser, and the time is up."""
    hold = Hold.objects.get(pk=held["id"])
    keep_hold_until(hold=hold, until=database_now() - timedelta(milliseconds=1), actor=SYSTEM, cause="test")


def word(answer: Answer) -> str:
    if answer.status in (200, 201, 204):
        return "done"
    return str(answer.json()["code"]) if answer.status in (409, 422) else f"status {answer.status}"


@pytest.mark.parametrize("seed", SEEDS)
def test_exactly_as_many_paid_orders_carry_the_code_as_it_has_uses(web: Web, seed: int) -> None:
    chance = random.Random(seed)
    event = world.make_event(f"Code Rush {uuid4().hex[:6]}", kinds=(("Standard", 2400, 3 * BUYERS),))
    fields = {"event_id": event.pk, "effect": "percent", "value": 10_000, "currency": "EUR"}
    code = create_code(typed=f"RUSH{uuid4().hex[:8]}", actor=SYSTEM, most_uses=USES, **fields)
    walkers = set(chance.sample(range(BUYERS), BUYERS // 2))
    waiting, told = list(range(BUYERS)), Counter[str]()
    held: dict[int, dict[str, Any]] = {}  # what each buyer has in hand
    paid: set[int] = set()

    for _round in range(MOST_ROUNDS):
        lapsing = [buyer for buyer in held if buyer in walkers and chance.random() < 0.5]
        for buyer in lapsing:
            let_lapse(held.pop(buyer))
        chance.shuffle(waiting)
        asked = [(buyer, "hold", hold_request(web, event, code.code, buyer)) for buyer in waiting]
        asked += [
            (buyer, "release", release_request(web, one))
            if buyer in walkers
            else (buyer, "order", order_request(web, one, buyer))
            for buyer, one in held.items()
        ]
        chance.shuffle(asked)
        had, held, waiting = held, {}, []
        rush = ask(web.port, [request for _buyer, _what, request in asked])
        for (buyer, what, _request), answer in zip(asked, rush.answers, strict=True):
            told[f"{what}: {word(answer)}"] += 1
            if what == "hold" and answer.status == 201:
                held[buyer] = answer.json()
            elif what == "hold":
                waiting.append(buyer)
            elif what == "order" and answer.status in (200, 201):
                paid.add(buyer)
                assert answer.json()["state"] == "paid"
            elif answer.status == 503:
                held[buyer] = had[buyer]  # asks again
        assert Place.objects.filter(pool__code=code).exclude(state="free").count() <= USES
        if len(paid) == USES:
            break

    assert len(paid) == USES, told
    assert set(told) <= {
        *("hold: done", "hold: code_unknown", "hold: busy_try_again", "order: done", "release: done"),
        *("hold: status 503", "order: status 503", "release: status 503"),
    }, told
    orders = Order.objects.filter(event=event, state=Order.State.PAID)
    with_code = CodeUse.objects.filter(code=code, hold_id__in=orders.values("hold_id"))
    assert (orders.count(), with_code.count()) == (USES, USES)
    assert Counter(Place.objects.filter(pool__code=code).values_list("state", flat=True)) == {"sold": USES}
    assert figures_of_codes([code.pk]) == {code.pk: Figures(paid=USES, given=USES * 2400)}
    last = ask(web.port, [hold_request(web, event, code.code, BUYERS)])
    assert word(last.answers[0]) == "code_unknown"
    assert PromoCode.objects.get(pk=code.pk).most_uses == USES
