"""Staff say who bears our fee, what they charge themselves and which tax is in it, and see at once what each ticket brings."""

import re
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from events.charges import add_own_fee, add_tax_rate
from events.models import Event, OwnFee, TaxRate
from ledger.models import Party
from ledger.split_rules import Payee, Rules, Share, Step
from ledger.splits import set_split_plan
from people.models import Membership
from tests import world
from tests.staff import Visitor, signed_in, text


@pytest.fixture
def nora(northside: world.House) -> Visitor:
    return signed_in(northside.owner, northside.host)


@pytest.fixture
def event(northside: world.House) -> Event:
    world.let_charge(northside)
    return world.make_event("Hafen Nacht", kinds=(("Standard", 2400, 10), ("Guest list", 0, 5)))


def words_of(page: Any) -> str:
    """What one reads, without the markup between the words."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", text(page)))


def test_nora_splits_our_fee_and_every_page_says_the_new_price(
    nora: Visitor, northside: world.House, event: Event
) -> None:
    address = f"/portal/events/{event.pk}/fees/"
    assert "Buyer pays €25.10 · you get €24.00" in text(nora.get(address))
    tried = text(nora.get(f"{address}rows/", {"bearer": "organizer"}))
    assert "Buyer pays €24.00 · you get €22.90" in tried
    assert "€1.10 of our fee out of it" in tried

    assert nora.post(address, {"bearer": "split", "share": "25"})["Location"] == address

    event.refresh_from_db()
    assert event.fee_share == 25
    assert "Buyer pays €24.28 · you get €23.18" in text(nora.get(address))
    assert "Buyer pays €24.28 · you get €23.18" in text(nora.get(f"/portal/events/{event.pk}/"))
    assert "€0.28 is our fee" in text(nora.get(f"/portal/events/{event.pk}/price/?price=24"))
    buyer = Visitor(northside.host)
    assert "Ticket €24.00 + service fee €0.28" in text(buyer.get(f"/events/{event.slug}/"))
    assert buyer.get(f"/api/v1/events/{event.slug}").json()["ticket_types"][0]["price"] == 2428
    assert world.hold(event, Standard=2).quote["total"] == 4856


@pytest.mark.parametrize("typed", [{}, {"bearer": "split"}, {"bearer": "split", "share": "101"}, {"bearer": "me"}])
def test_a_share_that_makes_no_sense_is_refused_and_nothing_changes(
    nora: Visitor, event: Event, typed: dict[str, str]
) -> None:
    address = f"/portal/events/{event.pk}/fees/"

    assert nora.post(address, typed).status_code == 422
    assert nora.get(f"{address}rows/", typed).status_code == 200

    event.refresh_from_db()
    assert event.fee_share == 100


def test_the_other_organizers_event_has_no_fees_here(nora: Visitor, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        other = world.make_event("Southern", kinds=(("Guest", 0, 5),))

    for part in ("", "rows/"):
        assert nora.get(f"/portal/events/{other.pk}/fees/{part}").status_code == 404
    assert nora.post(f"/portal/events/{other.pk}/fees/", {"bearer": "organizer"}).status_code == 404
    with tenant_context(southside.organizer):
        other.refresh_from_db()
        assert other.fee_share == 100


# --- Own fees and taxes -------------------------------------------------------------------------------------------------


def test_nora_adds_a_tax_and_fees_of_her_own_and_buyers_read_them_at_every_step(
    nora: Visitor, northside: world.House, event: Event
) -> None:
    assert (
        nora.post("/portal/settings/taxes/", {"name": "VAT", "percent": "19", "kind": "inclusive"}).status_code == 302
    )
    rate, kind = TaxRate.objects.get(), world.kind_of(event, "Standard")
    fees = f"/portal/events/{event.pk}/fees/"
    facility = {"name": "Facility fee", "per": "ticket", "fixed": "2,00", "tax": str(rate.pk)}
    delivery = {"name": "Delivery", "per": "order", "fixed": "3.50"}
    for fee in (facility, delivery):
        assert nora.post(f"{fees}new/", fee)["Location"] == fees
    typed = nora.get(f"/portal/events/{event.pk}/price/", {"price": "24", "tax": str(rate.pk)})
    assert "Buyer pays €27.10 · you get €26.00" in words_of(typed)
    assert "€4.33 of what you get is tax." in words_of(typed)
    details = {"name": "Standard", "price": "24", "quantity": "10", "max_per_order": "10", "tax": str(rate.pk)}
    assert nora.post(f"/portal/events/{event.pk}/ticket-types/{kind.pk}/", details).status_code == 302

    page = words_of(nora.get(fees))
    assert "Buyer pays €27.10 · you get €26.00" in page
    assert "Facility fee €2.00" in page
    assert "incl. €4.33 VAT (19%)" in page
    assert "Once per order, in the total: Delivery €3.50" in page
    assert "€4.33 of it VAT (19%)" in words_of(nora.get(f"/portal/events/{event.pk}/"))
    buyer = Visitor(northside.host)
    shown = words_of(buyer.get(f"/events/{event.slug}/"))
    assert "Ticket €24.00 + service fee €1.10 + Facility fee €2.00" in shown
    assert "incl. €4.33 VAT (19%)" in shown
    assert "Once per order, in the total: Delivery €3.50" in shown
    assert "from €30.60" in words_of(buyer.get("/"))
    hold = world.hold(event, Standard=1)
    assert hold.quote["total"] == 3060
    checkout = words_of(buyer.get(f"/checkout/{hold.pk}/{hold.token}/"))
    for words in ("Facility fee €2.00", "Delivery once per order €3.50", "incl. €4.33 VAT (19%)", "Total €30.60"):
        assert words in checkout
    order = world.place_order(event, Standard=1)
    assert "Delivery €3.50" in words_of(nora.get(f"/portal/orders/{order.number}/"))
    bought = words_of(buyer.get(f"/orders/{order.number}/{order.token}/"))
    for words in ("Facility fee €2.00", "Delivery €3.50", "incl. €4.33 VAT (19%)"):
        assert words in bought


def test_a_fee_and_a_tax_are_changed_and_removed(nora: Visitor, event: Event) -> None:
    fees = f"/portal/events/{event.pk}/fees/"
    nora.post(f"{fees}new/", {"name": "Facility fee", "per": "ticket", "percent": "7,5"})
    nora.post("/portal/settings/taxes/", {"name": "VAT", "percent": "7", "kind": "exclusive"})
    fee, rate = OwnFee.objects.get(), TaxRate.objects.get()
    assert (fee.basis_points, rate.basis_points, rate.is_inclusive) == (750, 700, False)
    assert nora.get(f"{fees}{fee.pk}/").context["form"]["percent"].value() == "7.5"
    assert nora.get(f"/portal/settings/taxes/{rate.pk}/").context["form"]["kind"].value() == "exclusive"

    nora.post(f"{fees}{fee.pk}/", {"name": "House fee", "per": "ticket", "fixed": "1", "tax": str(rate.pk)})
    nora.post(f"/portal/settings/taxes/{rate.pk}/", {"name": "VAT", "percent": "19", "kind": "inclusive"})

    fee.refresh_from_db()
    rate.refresh_from_db()
    assert (fee.name, fee.fixed, fee.basis_points, fee.tax) == ("House fee", 100, 0, rate)
    assert (rate.basis_points, rate.is_inclusive) == (1900, True)
    kept = nora.post(f"/portal/settings/taxes/{rate.pk}/removal/", follow=True)
    assert "Tickets or fees have this tax." in text(kept)
    assert nora.post(f"{fees}{fee.pk}/removal/").status_code == 302
    assert nora.post(f"/portal/settings/taxes/{rate.pk}/removal/").status_code == 302
    assert not OwnFee.objects.exists()
    assert not TaxRate.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"fixed": "x"}, "fixed"),
        ({"fixed": ""}, "fixed"),
        ({"percent": "101"}, "percent"),
        ({"percent": "nan"}, "percent"),
        ({"percent": "9e999999"}, "percent"),
        ({"percent": "1", "per": "order"}, "percent"),
        ({"tax": "nothing"}, "tax"),
    ],
)
def test_what_makes_no_sense_of_a_fee_is_said_beside_its_field(
    nora: Visitor, event: Event, typed: dict[str, str], field: str
) -> None:
    given = {"name": "Delivery", "per": "ticket", "fixed": "2", **typed}

    answer = nora.post(f"/portal/events/{event.pk}/fees/new/", given)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not OwnFee.objects.exists()


@pytest.mark.parametrize(("points", "typed"), [(700, "7"), (1000, "10"), (2000, "20"), (1950, "19.5"), (10_000, "100")])
def test_a_tax_is_opened_with_the_percentage_it_has(nora: Visitor, points: int, typed: str) -> None:
    rate = add_tax_rate(name="VAT", basis_points=points, is_inclusive=True, actor=world.SYSTEM)

    assert nora.get(f"/portal/settings/taxes/{rate.pk}/").context["form"]["percent"].value() == typed


def test_the_other_organizers_fees_and_taxes_are_not_here(nora: Visitor, event: Event, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        other = world.make_event("Southern", kinds=(("Guest", 0, 5),))
        rate = add_tax_rate(name="VAT", basis_points=700, is_inclusive=True, actor=world.SYSTEM)
        fields = {"name": "Theirs", "is_per_order": False, "basis_points": 0, "fixed": 100, "tax_id": rate.pk}
        fee = add_own_fee(event_id=other.pk, actor=world.SYSTEM, **fields)

    for event_id in (other.pk, event.pk):
        own = f"/portal/events/{event_id}/fees/{fee.pk}/"
        assert nora.get(own).status_code == 404
        assert nora.post(own, {"name": "Mine", "per": "ticket", "fixed": "1"}).status_code == 404
        assert nora.post(f"{own}removal/").status_code == 404
    assert (
        nora.post(f"/portal/events/{other.pk}/fees/new/", {"name": "Mine", "per": "ticket", "fixed": "1"}).status_code
        == 404
    )
    tax = f"/portal/settings/taxes/{rate.pk}/"
    assert nora.get(tax).status_code == nora.post(f"{tax}removal/").status_code == 404
    assert nora.post(tax, {"name": "Mine", "percent": "1", "kind": "inclusive"}).status_code == 404
    with_theirs = {"name": "Mine", "per": "ticket", "fixed": "1", "tax": str(rate.pk)}
    assert nora.post(f"/portal/events/{event.pk}/fees/new/", with_theirs).status_code == 422
    with tenant_context(southside.organizer):
        assert (OwnFee.objects.get().name, TaxRate.objects.get().basis_points) == ("Theirs", 700)
    assert not OwnFee.objects.exists()


# --- The simulator --------------------------------------------------------------------------------------------------------


def test_nora_tries_a_price_and_sees_every_partys_part_before_anything_is_sold(
    nora: Visitor, northside: world.House, event: Event
) -> None:
    address = f"/portal/events/{event.pk}/fees/simulator/"
    kinds = {
        f"price-{world.kind_of(event, name).pk}": price for name, price in (("Standard", "30"), ("Guest list", "0"))
    }
    tried = {"bearer": "split", "share": "50", "quantity": "2", "percent_back": "100", **kinds}

    now = words_of(nora.get(address))
    assert "1 × Standard Buyer pays €25.10" in now
    assert "You €24.00 €0.00 €24.00" in now
    # 1.10 less 1.5 % of 25.10 and 0.25
    assert "Our fee, less payment costs €0.47 −€0.63 €1.10" in now
    part = nora.get(address, tried, headers={"HX-Request": "true"})

    assert "<html" not in text(part)
    assert "2 × Standard Buyer pays €61.26" in words_of(part)  # 2 x (30.00 + 0.63)
    assert "Our fee, less payment costs €1.33 −€1.17 €2.50" in words_of(part)
    assert "Paid by the buyer €61.26 €0.00 €61.26" in words_of(part)
    assert "2 × Guest list Free" in words_of(part)
    event.refresh_from_db()
    assert (event.fee_share, world.kind_of(event, "Standard").price) == (100, 2400)

    wrong = nora.get(address, {**tried, "quantity": "0", "percent_back": "x"} | dict.fromkeys(kinds, "-"))
    assert wrong.status_code == 422
    assert {"quantity", "percent_back", *kinds} == set(wrong.context["form"].errors)
    assert "1 × Standard Buyer pays €25.10" in words_of(wrong)


def test_who_may_not_see_shares_sees_the_partners_as_one(northside: world.House, event: Event) -> None:
    hall, band = Payee(Party.VENUE, "1"), Payee(Party.ARTIST, "2")
    rules = Rules((Step((Share(hall, 1000), Share(band, 3000))),))
    set_split_plan(subject=str(event.pk), currency="EUR", rules=rules, actor=world.SYSTEM)
    Membership.objects.filter(user_id=northside.owner.pk).update(role=Membership.Role.MANAGER)
    manager = signed_in(northside.owner, northside.host)

    page = words_of(manager.get(f"/portal/events/{event.pk}/fees/simulator/"))

    assert "Partner €9.60 €0.00 €9.60" in page
    assert page.count("Partner €") == 1


def test_the_other_organizers_event_cannot_be_simulated(nora: Visitor, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        other = world.make_event("Southern", kinds=(("Guest", 0, 5),))

    assert nora.get(f"/portal/events/{other.pk}/fees/simulator/").status_code == 404
