"""A price that rises while somebody chooses is said before anything is paid, and holds from then on."""

import pytest

from audit.actions import SYSTEM
from checkout.code_desk import create_code
from checkout.codes import change_code
from events.models import Event
from inventory.models import Hold
from pricing.dynamic import Rules, Rung
from repricing.actions import reprice, set_price_rules
from repricing.models import PriceRules
from tests import world
from tests.staff import Visitor, text
from tests.world import STANDARD

ROSE = "The price rose while you were choosing"


@pytest.fixture
def event(northside: world.House) -> Event:
    world.let_charge(northside)
    return world.make_event("Hafen Nacht", kinds=((STANDARD, 2400, 10), ("Guest list", 0, 10)))


def raise_price(event: Event, by: int = 600) -> None:
    rules = Rules(floor=2000, cap=9000, days=(Rung(40, by),))
    kind = world.kind_of(event, STANDARD)
    set_price_rules(ticket_type_id=kind.pk, rules=rules, mode=PriceRules.Mode.APPLY, actor=SYSTEM)
    assert reprice() == 1


def test_who_saw_a_lower_price_is_told_at_the_checkout(northside: world.House, event: Event) -> None:
    visitor = Visitor(northside.host)
    shown = f"shown-{world.kind_of(event, STANDARD).pk}"
    assert f'name="{shown}" value="2510"' in text(visitor.get(f"/events/{event.slug}/"))
    form = {
        "performance_id": str(world.the_performance(event).pk),
        f"quantity-{world.kind_of(event, STANDARD).pk}": "1",
        shown: "2510",
    }
    same = visitor.post(f"/events/{event.slug}/holds/", form)["Location"]
    raise_price(event)

    dearer = visitor.post(f"/events/{event.slug}/holds/", form)["Location"]

    assert ROSE not in text(visitor.get(same))
    assert "€25.10" in text(visitor.get(same))
    assert dearer.endswith("?dearer")
    page = text(visitor.get(dearer))
    assert ROSE in page
    assert "€31.25" in page
    honest = visitor.post(f"/events/{event.slug}/holds/", form | {shown: "3125"})["Location"]
    assert not honest.endswith("?dearer")
    odd = visitor.post(f"/events/{event.slug}/holds/", form | {shown: "-1"})["Location"]
    assert not odd.endswith("?dearer")


def test_a_code_that_is_typed_later_comes_off_the_price_that_is_held(northside: world.House, event: Event) -> None:
    held: Hold = world.hold(event, Standard=1)
    raise_price(event)
    a_code(event)

    change_code(hold_id=held.pk, token=held.token, typed="SPRING")

    held.refresh_from_db()
    (line,) = held.quote["lines"]
    assert line["price"] == 2160  # 10 % off 24.00, not off 30.00
    assert world.hold(event, Standard=1).quote["lines"][0]["price"] == 3000


def a_code(event: Event) -> None:
    fields = {"effect": "percent", "value": 1000, "currency": "EUR", "event_id": event.pk}
    create_code(typed="SPRING", actor=SYSTEM, **fields)
