"""Buyers claim while the price changes, with real connections and real commits: nobody holds at a price of another version."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.catalog import read_offer
from inventory import actions as stock
from inventory.models import Hold
from pricing.dynamic import Rules, Rung
from repricing.actions import reprice_performance, set_price_rules
from repricing.models import PriceChange, PriceRules
from tests import world
from tests.scanning.door import committing_house
from tests.scanning.test_races import all_at_once
from tests.world import STANDARD

BUYERS, HOLDS, CHANGES = 6, 25, 20


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[world.House]:
    """What this test writes is committed and stays, in a house of its own."""
    with django_db_blocker.unblock(), committing_house() as house:
        world.let_charge(house)
        yield house


def test_a_hold_has_the_price_of_the_version_that_it_was_claimed_with(committed: world.House) -> None:
    event = world.make_event(kinds=((STANDARD, 2400, BUYERS * HOLDS),))
    kind, date = world.kind_of(event, STANDARD), world.the_performance(event)
    prices: dict[UUID, int] = {date.offer_version: 2400}
    claimed: list[tuple[UUID, int, str]] = []  # version, price, answer
    claim = stock.claim

    def noted(*, offer_version: UUID, request: Any, **more: Any) -> Any:
        answer = claim(offer_version=offer_version, request=request, **more)
        price = Hold.objects.get(pk=request.hold_id).quote["lines"][0]["price"] if answer.verdict == "held" else 0
        claimed.append((offer_version, price, answer.verdict))
        return answer

    def buy() -> None:
        for _n in range(HOLDS):
            read_offer(date.pk)  # what another process may have in memory
            checkout.place_hold(performance_id=date.pk, basket={kind.pk: 1})

    def change() -> None:
        for n in range(1, CHANGES + 1):
            rules = Rules(floor=2000, cap=9000, days=(Rung(730, 100 * n),))
            set_price_rules(ticket_type_id=kind.pk, rules=rules, mode=PriceRules.Mode.APPLY, actor=SYSTEM)
            assert reprice_performance(performance_id=date.pk, at=stock.database_now()) == 1

    calls: list[Callable[[], object]] = [change, *[buy] * BUYERS]
    with patch("inventory.actions.claim", noted):
        all_at_once(committed, calls)

    prices |= dict(PriceChange.objects.filter(performance=date).values_list("offer_version", "price"))
    held = [(version, price) for version, price, verdict in claimed if verdict == "held"]
    assert len(prices) == CHANGES + 1
    assert len(held) == BUYERS * HOLDS == Hold.objects.filter(performance=date).count()
    assert [(version, price) for version, price in held if prices[version] != price] == []
    assert len({price for _version, price in held}) > 1  # the price did change under them
    assert breaches() == {}
