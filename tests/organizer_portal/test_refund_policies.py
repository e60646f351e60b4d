"""Staff say what goes back and until when, and see the dated lines that buyers read."""

import pytest
from django_tenants.utils import tenant_context

from events.models import Event, RefundPolicy
from events.refund_policies import refund_rules_of
from events.refund_rules import RefundRules, Tier
from tests import world
from tests.staff import Visitor, signed_in, text

LINES = {
    "kind": "tiers",
    "before_1": "30",
    "unit_1": "24",
    "percent_1": "100",
    "before_2": "12",
    "unit_2": "1",
    "percent_2": "50",
    "kept_fee": "2,00",
}


@pytest.fixture
def nora(northside: world.House) -> Visitor:
    return signed_in(northside.owner, northside.host)


@pytest.fixture
def event(northside: world.House) -> Event:
    world.let_charge(northside)
    return world.make_event("Hafen Nacht", is_published=False)


def test_nora_writes_a_policy_and_reads_it_as_buyers_do(nora: Visitor, event: Event) -> None:
    address = f"/portal/events/{event.pk}/refund-policy/"
    assert "Nothing yet: no promise is made." in text(nora.get(address))

    assert nora.post(address, LINES)["Location"] == address

    assert refund_rules_of(event.pk).of_event == RefundRules((Tier(720, 100), Tier(12, 50)), kept_fee=200)
    page = nora.get(address)
    assert "100 % back" in text(page)
    assert "no money back" in text(page)
    assert "€2.00 of each ticket stays with the organizer." in text(page)
    assert [page.context["form"][name].value() for name in ("before_1", "unit_1", "before_2", "unit_2")] == [
        30,
        "24",
        12,
        "1",
    ]
    assert nora.post(address, LINES).status_code == 302
    assert RefundPolicy.objects.count() == 1  # saved as it was


def test_a_type_may_be_a_final_sale(nora: Visitor, event: Event) -> None:
    kind = world.kind_of(event, "Standard")
    nora.post(f"/portal/events/{event.pk}/refund-policy/", LINES)

    assert nora.post(f"/portal/events/{event.pk}/refund-policy/{kind.pk}/", {"kind": "final"}).status_code == 302

    assert refund_rules_of(event.pk).of(kind.pk) == RefundRules()
    assert "Final sale" in text(nora.get(f"/portal/events/{event.pk}/refund-policy/{kind.pk}/"))


def test_buyers_read_the_lines_before_they_pay(nora: Visitor, event: Event) -> None:
    nora.post(f"/portal/events/{event.pk}/refund-policy/", LINES)
    world.publish_event(event_id=event.pk, actor=world.SYSTEM)

    assert "100 % back" in text(nora.get(f"/events/{event.slug}/"))
    held = world.hold(event, Standard=1)
    page = text(nora.get(f"/checkout/{held.pk}/{held.token}/"))
    assert "If you cannot come" in page
    assert "50 % back" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"percent_1": ""}, "percent_1"),
        ({"percent_1": "101"}, "percent_1"),
        ({"before_1": "-1"}, "before_1"),
        ({"before_1": "", "percent_1": "", "before_2": "", "percent_2": ""}, "before_1"),
        ({"kept_fee": "two"}, "kept_fee"),
        ({"deadline": "0001-01-01T00:00"}, "deadline"),
        ({"kind": "event"}, "kind"),
        ({"percent_2": "100"}, "__all__"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(
    nora: Visitor, event: Event, changes: dict[str, str], field: str
) -> None:
    answer = nora.post(f"/portal/events/{event.pk}/refund-policy/", LINES | changes)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert RefundPolicy.objects.count() == 0


def test_after_publishing_less_is_refused_in_words(nora: Visitor, event: Event) -> None:
    address = f"/portal/events/{event.pk}/refund-policy/"
    nora.post(address, LINES)
    world.publish_event(event_id=event.pk, actor=world.SYSTEM)

    answer = nora.post(address, {"kind": "final"})

    assert answer.status_code == 422
    assert "buyers were promised more than this" in text(answer)
    assert RefundPolicy.objects.count() == 1


def test_the_other_organizers_event_has_no_policy_here(nora: Visitor, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        foreign = world.make_event(kinds=(("Guest", 0, 5),))
        address = f"/portal/events/{foreign.pk}/refund-policy/"
    assert nora.get(address).status_code == 404
    assert nora.post(address, LINES).status_code == 404
    with tenant_context(southside.organizer):
        assert RefundPolicy.objects.count() == 0
