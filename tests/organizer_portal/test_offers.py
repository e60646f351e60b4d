"""Nora sets what is on offer: sale phases, ticket types in full, quotas."""

from datetime import UTC, datetime

import pytest

from events.models import Bundle, Phase, Quota
from events.phases import PhaseWish
from tests import world
from tests.staff import Visitor, text
from tests.world import FREE, STANDARD


@pytest.fixture(autouse=True)
def _may_charge(northside: world.House) -> None:
    world.let_charge(northside)


def rows(*filled: dict[str, object], there: int = 0) -> dict[str, object]:
    """A form of rows as a browser sends it, `there` of them known before."""
    sent: dict[str, object] = {"row-TOTAL_FORMS": len(filled), "row-INITIAL_FORMS": there}
    return sent | {f"row-{index}-{name}": value for index, row in enumerate(filled) for name, value in row.items()}


EARLY = {"name": "Early bird", "price": "19.50", "until": "2026-12-24T18:00", "quantity": "30"}
EMPTY = {"name": "", "price": "", "until": "", "quantity": ""}


def test_nora_adds_changes_and_removes_phases(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(starts_at=datetime(2027, 7, 3, 18, tzinfo=UTC))
    kind = world.kind_of(event, STANDARD)
    address = f"/portal/events/{event.pk}/ticket-types/{kind.pk}/phases/"
    assert "After the last phase the ticket costs its regular price, €24.00." in text(nora.get(address))

    saved = nora.post(address, rows(EARLY, EMPTY))
    assert (saved.status_code, saved["Location"]) == (302, f"/portal/events/{event.pk}/")
    phase = Phase.objects.get()
    assert (phase.name, phase.price, phase.until) == ("Early bird", 1950, datetime(2026, 12, 24, 17, tzinfo=UTC))
    assert phase.quota is not None
    assert phase.quota.size == 30
    assert "Early bird: €19.50" in text(nora.get(f"/portal/events/{event.pk}/"))

    known = {**EARLY, "id": phase.pk}
    more = nora.post(address, {**rows(known, {**EMPTY, "name": "Last chance", "price": "30"}, there=1), "another": "1"})
    assert more["Location"] == address
    assert [one.name for one in kind.phases.all()] == ["Early bird", "Last chance"]
    nora.post(address, rows({**known, "remove": "on"}, there=1))
    assert [one.name for one in kind.phases.filter(is_active=True)] == []


def test_a_phase_that_makes_no_sense_is_refused_beside_its_field(nora: Visitor) -> None:
    event = world.make_event()
    address = f"/portal/events/{event.pk}/ticket-types/{world.kind_of(event, STANDARD).pk}/phases/"

    endless = nora.post(address, rows({**EMPTY, "name": "Endless", "price": "19"}, EARLY))
    wrong = nora.post(address, rows({**EARLY, "price": "much"}))

    assert (endless.status_code, wrong.status_code) == (422, 422)
    assert "Say when it ends or how many there are" in str(endless.context["form"].forms[0].errors["until"])
    assert "Enter an amount like 24" in str(wrong.context["form"].forms[0].errors["price"])
    assert not Phase.objects.exists()


def test_nobody_sets_phases_of_another_organizer(charlie: Visitor, dora: Visitor, northside: world.House) -> None:
    event = world.make_event()
    world.set_phases(event, STANDARD, PhaseWish("Early bird", 2000, quantity=3))
    for address in (f"ticket-types/{world.kind_of(event, STANDARD).pk}/phases/", "quotas/"):
        for visitor in (charlie, dora):
            assert visitor.post(f"/portal/events/{event.pk}/{address}", rows(EARLY)).status_code == 403
    assert Phase.objects.get().price == 2000


def test_a_ticket_type_in_full(nora: Visitor) -> None:
    event = world.make_event(is_published=False)
    kind = world.kind_of(event, STANDARD)
    sent = {"name": "M", "price": "24", "quantity": "50", "max_per_order": "10", "min_per_order": "2"}
    sent |= {"listing": "T-shirt", "is_hidden": "on", "on_sale_from": "2026-12-01T10:00", "on_sale_until": ""}

    assert nora.post(f"/portal/events/{event.pk}/ticket-types/{kind.pk}/", sent).status_code == 302

    kind.refresh_from_db()
    assert (kind.title, kind.min_per_order, kind.is_hidden) == ("T-shirt, M", 2, True)
    assert (kind.on_sale_from, kind.on_sale_until) == (datetime(2026, 12, 1, 9, tzinfo=UTC), None)
    page = text(nora.get(f"/portal/events/{event.pk}/"))
    assert "T-shirt, M" in page
    assert "Hidden" in page
    assert 'value="2026-12-01T10:00"' in nora.get(f"/portal/events/{event.pk}/ticket-types/{kind.pk}/").content.decode()


def test_nora_makes_an_add_on(nora: Visitor) -> None:
    event = world.make_event()
    standard, free = (world.kind_of(event, name) for name in (STANDARD, FREE))
    address = f"/portal/events/{event.pk}/ticket-types/{free.pk}/add-on/"
    sent = {"is_add_on": "on", "base_types": [str(standard.pk)], "least": "0", "most": "2"}

    assert nora.post(address, sent).status_code == 302

    free.refresh_from_db()
    assert (free.is_add_on, free.max_per_ticket, list(free.base_types.all())) == (True, 2, [standard])
    assert "Only with: Standard, at most 2 for each" in text(nora.get(f"/portal/events/{event.pk}/"))
    refused = nora.post(f"/portal/events/{event.pk}/ticket-types/{standard.pk}/add-on/", {**sent, "base_types": []})
    assert "Other add-ons go with this ticket" in str(refused.context["form"].errors["is_add_on"])


def test_an_order_says_why_a_ticket_costs_what_it_costs(nora: Visitor) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    world.set_phases(event, FREE, PhaseWish("Friends first", 0, quantity=1))
    order = world.place_order(event, **{FREE: 1})

    assert "Friends first" in text(nora.get(f"/portal/orders/{order.number}/"))


def test_nora_puts_a_bundle_together_changes_it_and_takes_it_off_sale(nora: Visitor) -> None:
    event = world.make_event()
    standard, free = (world.kind_of(event, name).pk for name in (STANDARD, FREE))
    sent = {"name": "Pair", "max_per_order": "4", f"quantity-{standard}": "2", f"price-{standard}": "20.50"}

    assert nora.post(f"/portal/events/{event.pk}/bundles/new/", sent).status_code == 302

    bundle = Bundle.objects.get()
    address = f"/portal/events/{event.pk}/bundles/{bundle.pk}/"
    assert (bundle.price, bundle.max_per_order) == (4100, 4)
    assert "2 × Standard (€20.50)" in text(nora.get(f"/portal/events/{event.pk}/"))
    refused = nora.post(address, {**sent, f"quantity-{free}": "1"})
    assert "Enter an amount like 24" in str(refused.context["form"].errors[f"price-{free}"])
    assert nora.post(address, {**sent, "name": "Two"}).status_code == 302
    assert nora.post(f"{address}removal/").status_code == 302
    bundle.refresh_from_db()
    assert (bundle.name, bundle.is_active) == ("Two", False)


def test_quotas_are_shared_while_the_event_is_a_draft_and_sized_afterwards(nora: Visitor) -> None:
    event = world.make_event(is_published=False)
    standard, free = (world.kind_of(event, name) for name in (STANDARD, FREE))
    address = f"/portal/events/{event.pk}/quotas/"
    first, second = Quota.objects.order_by("pk")
    both = {"id": first.pk, "name": "House", "size": "60", "ticket_types": [str(standard.pk), str(free.pk)]}
    gone = {"id": second.pk, "name": second.name, "size": "20", "ticket_types": [str(free.pk)], "remove": "on"}

    assert nora.post(address, rows(both, gone, there=2)).status_code == 302

    quota = Quota.objects.get()
    assert (quota.name, quota.size, quota.ticket_types.count()) == ("House", 60, 2)
    assert "How many" not in text(nora.get(f"/portal/events/{event.pk}/ticket-types/{standard.pk}/"))
    refused = nora.post(address, rows({**both, "ticket_types": [str(free.pk)]}, there=1))
    assert refused.status_code == 422
    assert "“Standard” needs at least one quota." in text(refused)
