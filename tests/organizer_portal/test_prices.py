"""Staff let a price follow the sale: they see what the steps make of it, try the rules, and say yes or no to what is proposed."""

import re
from typing import Any

import pytest

from analytics.chart import draw_lines
from audit.actions import SYSTEM
from events.models import Event
from pricing.dynamic import Rules, Rung
from repricing.actions import reprice, set_price_rules
from repricing.models import DynamicPrice, PriceRules, Proposal
from tests import world
from tests.staff import Visitor
from tests.staff import text as html
from tests.world import STANDARD

FORM = {
    "mode": "apply",
    "unit": "percent",
    "fill_at_1": "50",
    "fill_value_1": "10",
    "fill_at_2": "70",
    "fill_value_2": "+25 %",
    "days_at_1": "40",
    "days_value_1": "5,5",
    "slower_at_1": "25",
    "slower_value_1": "-5",
    "pace_hours": "24",
    "floor": "20",
    "cap": "40,00",
    "most_a_day": "6",
    "rounding": "ninety",
}
RULES = Rules(
    floor=2000,
    cap=4000,
    is_percent=True,
    fill=(Rung(50, 1000), Rung(70, 2500)),
    days=(Rung(40, 550),),
    slower=(Rung(25, -500),),
    most_a_day=600,
    step=100,
    ending=90,
)


@pytest.fixture
def event(northside: world.House) -> Event:
    world.let_charge(northside)
    return world.make_event("Hafen Nacht", kinds=((STANDARD, 2400, 10), ("Guest list", 0, 10)))


def text(answer: Any) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html(answer)).split())


def address(event: Event, end: str = "") -> str:
    return f"/portal/events/{event.pk}/prices/{end}"


def of_kind(event: Event, end: str = "") -> str:
    return address(event, f"{world.kind_of(event, STANDARD).pk}/{end}")


def test_nora_writes_rules_and_finds_them_as_she_typed_them(nora: Visitor, event: Event) -> None:
    page = text(nora.get(address(event)))
    assert "Fixed price" in page
    assert "Guest list" not in page

    assert nora.post(of_kind(event), FORM)["Location"] == address(event)

    row = PriceRules.objects.get()
    assert (Rules.from_dict(row.rules), row.mode, row.version) == (RULES, "apply", 1)
    form = nora.get(of_kind(event)).context["form"]
    kept = {name: str(form[name].value()) for name in FORM}
    assert kept == FORM | {"fill_value_2": "25", "days_value_1": "5.5", "cap": "40"}
    reprice()  # 40 days or fewer to go
    assert "own price €24.00" in text(nora.get(address(event)))
    assert "40 days to go: +€1.32" in text(nora.get(address(event)))


def test_the_steps_are_shown_as_they_are_typed(nora: Visitor, event: Event) -> None:
    page = text(nora.get(of_kind(event, "ladder/"), FORM))

    assert "from 50 % €26.90 €28.07" in page  # our fee is 2.5 % + 0.50
    assert "from 70 % €29.90" in page
    assert "40 days to go +€1.32" in page
    assert "Never below €20.00 or above €40.00. No more than €6.00 within 24 hours." in page
    assert "Fill in the steps" in text(nora.get(of_kind(event, "ladder/"), FORM | {"floor": "x"}))
    assert not PriceRules.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"floor": "30"}, "The ticket’s own price has to lie between"),
        ({"fill_value_2": "5"}, "otherwise more demand would make tickets cheaper"),
        ({"fill_value_1": ""}, "Fill in both boxes of a step, or neither."),
        ({"fill_value_1": "much"}, "Enter a change like 10 or -5."),
        ({"slower_value_1": "5"}, "begin with a minus"),
        ({"fill_at_1": "101", "fill_at_2": "102"}, "This step can never be reached."),
        ({"cap": "forty"}, "Enter an amount like"),
    ],
)
def test_what_cannot_be_is_said_beside_it_and_nothing_is_kept(nora, event, change, words) -> None:  # type: ignore[no-untyped-def]
    answer = nora.post(of_kind(event), FORM | change)

    assert answer.status_code == 422
    assert words in text(answer)
    assert not PriceRules.objects.exists()


def test_a_proposed_price_is_approved_or_not(nora: Visitor, event: Event) -> None:
    nora.post(of_kind(event), FORM | {"mode": "propose"})
    reprice()
    proposal = Proposal.objects.get()
    assert "Sell for €24.90" in text(nora.get(address(event)))

    assert nora.post(address(event, f"proposals/{proposal.pk}/approval/"))["Location"] == address(event)

    page = text(nora.get(address(event)))
    assert "€24.00 → €24.90" in page
    assert "Nora" in page  # who approved it
    again = nora.post(address(event, f"proposals/{proposal.pk}/refusal/"))
    assert again.status_code == 409
    assert "It was decided, replaced by a newer one, or has expired." in text(again)
    assert DynamicPrice.objects.get().amount == 90


def test_a_price_that_is_declined_stays(nora: Visitor, event: Event) -> None:
    nora.post(of_kind(event), FORM | {"mode": "propose"})
    reprice()

    nora.post(address(event, f"proposals/{Proposal.objects.get().pk}/refusal/"))

    assert Proposal.objects.get().status == "declined"
    assert not DynamicPrice.objects.exists()
    assert "Waiting for your yes" not in text(nora.get(address(event)))


def test_a_proposal_of_another_event_is_not_there(nora: Visitor, event: Event) -> None:
    other = world.make_event("Another Night")
    nora.post(of_kind(event), FORM | {"mode": "propose"})
    reprice()

    assert nora.post(address(other, f"proposals/{Proposal.objects.get().pk}/approval/")).status_code == 404
    assert Proposal.objects.get().status == "open"


def test_the_rules_are_tried_on_made_up_buyers_before_they_are_on(nora: Visitor, event: Event) -> None:
    assert "There are no rules yet." in text(nora.get(of_kind(event, "simulator/")))
    nora.post(of_kind(event), FORM | {"mode": "off"})

    page = nora.get(of_kind(event, "simulator/"))
    trial = page.context["trial"]
    asked = {"source": "invented", "people": "30", "curve": "early", "elasticity": "50", "seed": "4"}
    tried, again = (nora.get(of_kind(event, "simulator/"), asked).context["trial"] for _n in range(2))

    assert trial.fixed.sold <= 10
    assert (tried.fixed.sold, tried.fixed.revenue, tried.moving.sold) == (10, 24_000, 10)
    assert tried.moving.revenue > 24_000
    assert (tried.moving, tried.fixed) == (again.moving, again.fixed)
    assert len(tried.rows) == 12
    assert "A ticket on average" in text(page)
    assert all(
        line.path.startswith("M0.0 100L") for line in tried.money.lines
    )  # at first nothing, however short the sale
    assert nora.get(of_kind(event, "simulator/"), asked | {"seed": "x"}).status_code == 422
    assert not DynamicPrice.objects.exists()


def test_past_sales_are_replayed(nora: Visitor, paying: world.House) -> None:
    past = world.make_event("Last Year", kinds=((STANDARD, 2000, 12),), max_per_order=12)
    world.paid_order(past, Standard=10)
    event = world.make_event("This Year", kinds=((STANDARD, 2400, 24),))
    nora.post(of_kind(event), FORM | {"mode": "off"})

    page = nora.get(of_kind(event, "simulator/"))
    name, words = page.context["form"].fields["source"].choices[1]
    assert words.startswith("Last Year")
    assert words.endswith("10 of “Standard”")
    asked = {"source": name, "people": "1", "curve": "even", "elasticity": "100", "seed": "1"}
    trial = nora.get(of_kind(event, "simulator/"), asked).context["trial"]

    assert trial.fixed.sold == 20  # ten of twelve are twenty of twenty-four
    assert trial.moving.prices[0] >= 2000


def test_a_price_is_drawn_in_steps_between_whole_amounts_and_money_from_nothing_on():
    price = draw_lines([("Price", [2400, 2640])], unit=100, from_nothing=False, is_stepped=True)
    money = draw_lines([("Moving", [0, 2400, 5040]), ("Fixed", [0, 2400, 4800])], unit=100)

    assert (price.bottom, price.top, price.lines[0].path) == (2300, 2800, "M0 80V80H480.0V32H960.0")
    assert (money.bottom, money.top) == (0, 5100)
    assert [line.path[:12] for line in money.lines] == ["M0.0 100L480", "M0.0 100L480"]
    assert draw_lines([("Nothing", [])]).lines[0].path == ""


def test_everybody_reads_how_the_prices_came_about(nora: Visitor, event: Event, northside: world.House) -> None:
    reader = Visitor(northside.host)
    history = f"/events/{event.slug}/prices/"
    assert "No price has moved yet." in text(reader.get(history))
    assert "How prices have changed" not in text(reader.get(f"/events/{event.slug}/"))

    set_price_rules(
        ticket_type_id=world.kind_of(event, STANDARD).pk, rules=RULES, mode=PriceRules.Mode.APPLY, actor=SYSTEM
    )
    reprice()

    page = reader.get(history)
    assert page["Cache-Control"] == "public, max-age=0, s-maxage=30"
    assert "40 days to go €26.02 now At first €25.10" in text(page)
    assert "How prices have changed" in text(reader.get(f"/events/{event.slug}/"))
    assert reader.get("/events/no-such-event/prices/").status_code == 404
