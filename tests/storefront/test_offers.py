"""What a buyer without script reads and sends: phases, variants, amounts, add-ons, bundles, and why a price is what it is."""

from typing import Any

import pytest

from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.letters import mail_tickets
from events.actions import change_ticket_type
from events.add_ons import set_add_on
from events.bundles import PartWish, set_bundle
from events.phases import PhaseWish
from inventory.models import Hold
from notifications.models import EmailMessage
from pricing.quote import Quote
from tests import world
from tests.staff import text
from tests.storefront.test_pages import Shop, shop  # noqa: F401 - a fixture

KINDS = (
    ("Ticket", 3000, 40),
    ("M", 2000, 5),
    ("L", 2500, 5),
    ("Parking", 1000, 4),
    ("Gift", 1000, 90),
    ("VIP", 9900, 3),
)


@pytest.fixture
def event(shop: Shop) -> world.Event:  # noqa: F811
    made = world.make_event("Lakeside", kinds=KINDS)
    for name, facts in {
        "M": {"listing": "T-shirt"},
        "L": {"listing": "T-shirt", "min_per_order": 2},
        "Gift": {"least_price": 200},
        "VIP": {"is_hidden": True},
    }.items():
        kind = world.kind_of(made, name)
        known = {"name": name, "perk": "", "price": kind.price, "max_per_order": 10}
        change_ticket_type(ticket_type_id=kind.pk, actor=SYSTEM, **known, **facts)
    ticket = world.kind_of(made, "Ticket").pk
    set_add_on(
        ticket_type_id=world.kind_of(made, "Parking").pk, is_add_on=True, base_types=[ticket], most=1, actor=SYSTEM
    )
    world.set_phases(made, "Ticket", PhaseWish("Early bird", 2000, quantity=3))
    parts = [PartWish(ticket, 2, 2700), PartWish(world.kind_of(made, "M").pk, 1, 1600)]
    set_bundle(event_id=made.pk, name="Pair", perk="", max_per_order=2, parts=parts, actor=SYSTEM)
    return made


def fields(event: world.Event, amount: str = "", **wanted: int) -> dict[str, Any]:
    ids = {kind.name: kind.pk for kind in event.ticket_types.all()} | {one.name: one.pk for one in event.bundles.all()}
    sent: dict[str, Any] = {"performance_id": str(world.the_performance(event).pk)}
    sent |= {f"quantity-{ids[name]}": quantity for name, quantity in wanted.items()}
    return sent | {f"amount-{ids['Gift']}": amount}


def test_the_page_says_what_is_on_offer(shop: Shop, event: world.Event) -> None:  # noqa: F811
    page = text(shop.get(f"/events/{event.slug}/"))

    for words in (
        "Early bird",
        "3 left at this price",
        "Then €31.25",  # 30.00 and 2.5 % + 0.50
        "T-shirt",
        "At least 2 per order",
        "Only with: Ticket, at most 1 for each",
        "Your amount, in EUR",
        "At least €2.00",
        "2 × Ticket, 1 × T-shirt, M",
    ):
        assert words in page, words
    assert "VIP" not in page
    listed = shop.get(f"/api/v1/events/{event.slug}").json()
    types = {one["name"]: one for one in listed["ticket_types"]}
    assert types["Ticket"]["phase"] == {
        "name": "Early bird",
        "left": 3,
        "until": None,
        "ends_by_quota": True,
        "next_price": 3125,
    }
    assert (types["Ticket"]["price"], types["T-shirt, L"]["min_per_order"]) == (2100, 2)
    assert (types["Gift"]["least_price"], types["Parking"]["base_types"]) == (200, [types["Ticket"]["id"]])
    (pair,) = listed["bundles"]
    assert (pair["name"], pair["price"], pair["available"]) == ("Pair", 2 * 2818 + 1690, 2)
    assert "VIP" not in types


def test_a_basket_of_everything_is_held_and_says_why_it_costs_that(shop: Shop, event: world.Event) -> None:  # noqa: F811
    answer = shop.post(f"/events/{event.slug}/holds/", fields(event, "7,50", Ticket=4, Parking=1, Gift=1, Pair=1))

    assert answer.status_code == 302
    page = text(shop.get(answer["Location"]))
    assert "Regular price €30.00 · Early bird −\u2060€10.00" in page
    assert "You chose this amount" in page
    assert "Part of “Pair”" in page
    hold = Hold.objects.get()
    assert [(line.quantity, line.price) for line in Quote.from_dict(hold.quote).lines] == [
        (3, 2000),
        (1, 3000),
        (1, 1000),
        (1, 750),
        (2, 2700),
        (1, 1600),
    ]
    order = checkout.place_order(hold_id=hold.pk, token=hold.token, buyer=world.BEA)
    assert "Regular price €30.00 · Early bird −\u2060€10.00" in text(shop.get(f"/orders/{order.number}/{order.token}/"))


@pytest.mark.parametrize(
    ("amount", "wanted", "words"),
    [
        ("1", {"Gift": 1}, "“Gift” costs at least €2.00."),
        ("much", {"Gift": 1}, "Enter an amount like 12.50."),
        ("", {"Parking": 1}, "“Parking” goes only with: Ticket."),
        ("", {"L": 1}, "At least 2 of “T-shirt, L” per order."),
        ("", {"VIP": 1}, "One of these tickets is not offered for this date."),
        ("", {"Pair": 3}, "At most 2 of “Pair” per order."),
    ],
)
def test_a_refusal_says_what_to_do_and_keeps_what_was_typed(
    shop: Shop,  # noqa: F811
    event: world.Event,
    amount: str,
    wanted: dict[str, int],
    words: str,
) -> None:
    answer = shop.post(f"/events/{event.slug}/holds/", fields(event, amount, **wanted))

    assert answer.status_code == 422
    assert words in text(answer)
    assert not amount or f'value="{amount}"' in answer.content.decode()
    assert not Hold.objects.exists()


def test_the_mail_says_why_too(northside: world.House) -> None:
    made = world.make_event(kinds=(("Ticket", 0, 5),))
    world.set_phases(made, "Ticket", PhaseWish("Friends", 0, quantity=1))
    order = world.place_order(made, Ticket=1)

    mail_tickets(order_id=order.pk)

    sent = EmailMessage.objects.get(key=f"tickets:{order.pk}")
    assert "Friends" in sent.text
    assert "Friends" in sent.html
