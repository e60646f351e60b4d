"""Partners share in what events earn: who they are, what the lines mean, what they were paid."""

import pytest
from django_tenants.utils import tenant_context

from audit.models import AuditEntry
from events.models import Event
from ledger.models import SplitVersion
from ledger.queries import standings
from ledger.split_rules import WHOLE, Rules, Share, Step
from ledger.splits import split_version_of
from payouts.actions import add_partner
from payouts.models import Partner, PartnerPayment
from tests import world
from tests.processes import Sandbox
from tests.staff import Visitor, signed_in, text

HALL = {"kind": "venue", "name": "Große Halle", "email": "hall@example.com"}


@pytest.fixture
def nora(northside: world.House) -> Visitor:
    return signed_in(northside.owner, northside.host)


@pytest.fixture
def hall(northside: world.House) -> Partner:
    return add_partner(kind=Partner.Kind.VENUE, name="Große Halle", email="", actor=world.SYSTEM)


@pytest.fixture
def band(northside: world.House) -> Partner:
    return add_partner(kind=Partner.Kind.ARTIST, name="The Band", email="", actor=world.SYSTEM)


def lines(*chosen: tuple[Partner, str, str], **more: str) -> dict[str, str]:
    typed = dict(more)
    for number, (partner, gets, value) in enumerate(chosen, start=1):
        typed |= {f"who_{number}": f"{partner.kind}:{partner.pk}", f"gets_{number}": gets, f"value_{number}": value}
    return typed


def test_nora_adds_a_partner_once(nora: Visitor) -> None:
    assert "A partner is a venue, artist, promoter or affiliate" in text(nora.get("/portal/partners/"))
    added = nora.post("/portal/partners/", HALL)
    made = Partner.objects.get()
    assert (added.status_code, added["Location"]) == (302, f"/portal/partners/{made.pk}/")
    assert (made.kind, made.name, made.email) == ("venue", "Große Halle", "hall@example.com")

    again = nora.post("/portal/partners/", HALL | {"name": "große halle"})
    assert again.status_code == 422
    assert "There is such a partner already." in text(again)
    assert nora.post("/portal/partners/", HALL | {"name": "X", "email": "nowhere"}).status_code == 422
    assert Partner.objects.count() == 1
    assert AuditEntry.objects.filter(verb="add_partner").count() == 1


def test_a_plan_is_looked_at_in_numbers_and_then_saved(nora: Visitor, hall: Partner, band: Partner) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 50),), is_published=False)
    address = f"/portal/events/{event.pk}/shares/"
    assert "Everything is yours." in text(nora.get(address))
    typed = lines((hall, "first", "300"), (band, "percent", "70"))

    look = nora.post(address, typed | {"look": "1"})
    assert look.status_code == 200
    assert not SplitVersion.objects.exists()
    assert "Not saved yet." in text(look)
    # 10 % of 50 x 24.00 are 120.00, all the hall's; a full house is 1,200.00: 300.00, 630.00 and 270.00. Buyers pay our fee as well.
    house = [[piece.amount for piece in bar.pieces] for bar in look.context["houses"]]
    assert (house[0], house[-1]) == ([12_000, 0, 0, 550, 0], [30_000, 63_000, 27_000, 5500, 0])
    assert all(bar.amount == sum(piece.amount for piece in bar.pieces) for bar in look.context["houses"])
    assert [bar.amount for bar in look.context["orders"]] == [2 * 2510]
    assert "the first €300.00" in text(look)
    assert "70 % of what is left" in text(look)

    assert nora.post(address, typed)["Location"] == address
    version = split_version_of(str(event.pk))
    assert version is not None
    expected = Rules((Step((Share(hall.payee, WHOLE, 30_000),)), Step((Share(band.payee, 7000),))))
    assert Rules.from_dict(version.rules) == expected
    page = nora.get(address)
    assert "Version 1 is in force." in text(page)
    assert page.context["form"]["value_1"].value() == "300"
    assert nora.post(address, typed).status_code == 302
    assert SplitVersion.objects.count() == 1  # saved as it was


def test_lines_share_a_step_begin_above_an_amount_and_end_at_one(nora: Visitor, hall: Partner, band: Partner) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 50),), is_published=False)
    typed = lines((hall, "percent", "12,5"), (band, "percent", "50"), above_1="1000", cap_2="99.50", with_2="on")
    nora.post(f"/portal/events/{event.pk}/shares/", typed)
    version = split_version_of(str(event.pk))
    assert version is not None
    step = Step((Share(hall.payee, 1250), Share(band.payee, 5000, 9950)), above=100_000)
    assert Rules.from_dict(version.rules) == Rules((step,))
    page = nora.get(f"/portal/events/{event.pk}/shares/")
    assert "12.5 % of everything above €1,000.00" in text(page)
    assert "50 % of everything above €1,000.00, at most €99.50" in text(page)
    assert page.context["form"]["with_2"].value() is True


def test_a_line_may_be_so_much_for_each_ticket(nora: Visitor, hall: Partner, band: Partner) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 50), ("Guest", 0, 10)), is_published=False)
    typed = lines((hall, "ticket", "1.50"), (band, "percent", "70"), cap_1="60")
    look = nora.post(f"/portal/events/{event.pk}/shares/", typed | {"look": "1"})
    # Of a full house of 1,200.00 fifty paid tickets would be 75.00, but no more than 60.00
    assert [piece.amount for piece in look.context["houses"][-1].pieces] == [6000, 79_800, 34_200, 5500, 0]
    nora.post(f"/portal/events/{event.pk}/shares/", typed)
    version = split_version_of(str(event.pk))
    assert version is not None
    expected = Rules((Step((Share(hall.payee, 0, 6000, per_ticket=150),)), Step((Share(band.payee, 7000),))))
    assert Rules.from_dict(version.rules) == expected
    page = nora.get(f"/portal/events/{event.pk}/shares/")
    assert "€1.50 for each paid ticket, at most €60.00" in text(page)
    assert page.context["form"]["gets_1"].value() == "ticket"

    typed = lines((hall, "percent", "10"), (band, "ticket", "1.50"), with_2="on")
    refused = nora.post(f"/portal/events/{event.pk}/shares/", typed)
    assert refused.status_code == 422
    assert "So much for each ticket is a line of its own" in text(refused)
    assert split_version_of(str(event.pk)) == version


@pytest.mark.parametrize(
    ("gets", "value", "more", "words"),
    [
        ("percent", "101", {}, "Enter per cent above 0 and up to 100, with two decimals at most."),
        ("percent", "9e999999", {}, "Enter per cent above 0 and up to 100, with two decimals at most."),
        ("percent", "0", {}, "Enter per cent above 0 and up to 100, with two decimals at most."),
        ("percent", "1.234", {}, "Enter per cent above 0 and up to 100, with two decimals at most."),
        ("first", "", {}, "Enter an amount like €200.00."),
        (
            "percent",
            "60",
            {"who_2": "same", "gets_2": "percent", "value_2": "50", "with_2": "on"},
            "have 100 % between them",
        ),
        ("ticket", "", {}, "Enter an amount like €200.00."),
        ("percent", "10", {"value_2": "10"}, "Choose who gets this."),
    ],
)
def test_lines_that_cannot_be_are_refused_beside_what_is_wrong(
    nora: Visitor, hall: Partner, band: Partner, gets: str, value: str, more: dict[str, str], words: str
) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 50),), is_published=False)
    if more.get("who_2"):
        more = more | {"who_2": f"artist:{band.pk}"}
    page = nora.post(f"/portal/events/{event.pk}/shares/", lines((hall, gets, value), **more))
    assert page.status_code == 422
    assert words in text(page)
    assert not SplitVersion.objects.exists()


def test_what_was_paid_by_hand_is_noted_once_and_never_more_than_is_owed(paying: world.House, hall: Partner) -> None:
    nora = signed_in(paying.owner, paying.host)
    event = world.make_event(kinds=(("Standard", 2400, 50),))
    nora.post(f"/portal/events/{event.pk}/shares/", lines((hall, "percent", "10")))
    world.paid_order(event, Standard=2)
    address = f"/portal/partners/{hall.pk}/"
    page = nora.get(address)
    assert "€4.80" in text(page)

    paid = {"direction": "out", "currency": "EUR", "amount": "4.81", "words": "Transfer of 3 May", "key": "k1"}
    refused = nora.post(address, paid)
    assert refused.status_code == 422
    assert "Between nothing and €4.80 can be noted. Nothing was changed." in text(refused)
    assert not PartnerPayment.objects.exists()

    assert nora.post(address, paid | {"amount": "3"}).status_code == 302
    assert nora.post(address, paid | {"amount": "3"}).status_code == 302
    assert [(one.payable, one.receivable) for one in standings()] == [(180, 0)]
    assert "Transfer of 3 May" in text(nora.get(address))
    for far in ("until=9999-12-31", "since=0001-01-01"):
        refused = nora.get(f"{address}account/?{far}")
        assert (refused.status_code, "Enter a date of these years." in text(refused)) == (422, True)
        assert nora.get(f"{address}account.csv?{far}").status_code == 404
    for currency in ("\x00", "USD", "nothing"):
        sent = nora.post(f"{address}transfers/", {"currency": currency}, follow=True)
        assert "Nothing that is owed to this partner lies at Stripe for it." in text(sent)
    (line,) = nora.get("/portal/payouts/").context["earnings"]
    assert (line.sales, line.fees, line.shares, line.earned) == (5020, 220, 480, 4320)
    assert (line.held, line.paid_out, line.owed) == (4800, -300, 180)


def test_a_partner_connects_an_account_by_the_link_alone(
    nora: Visitor, hall: Partner, northside: world.House, southside: world.House, stripe_sandbox: Sandbox
) -> None:
    link = f"/portal/partners/links/{hall.token}/"
    assert link in text(nora.get(f"/portal/partners/{hall.pk}/"))
    stranger = Visitor(northside.host)
    assert "Northside Hall shares with you" in text(stranger.get(link))
    there = stranger.post(link)
    assert there.status_code == 302
    assert there["Location"].startswith(stripe_sandbox.settings()["STRIPE_API_BASE"])
    hall.refresh_from_db()
    assert hall.account_id
    assert not hall.transfers_enabled

    world.enable_account(hall.account_id)
    assert "Done: Stripe can pay you." in text(stranger.get(link))
    hall.refresh_from_db()
    assert hall.transfers_enabled
    assert AuditEntry.objects.filter(verb="connect_partner").count() == 2
    assert Visitor(southside.host).get(link).status_code == 404


def test_another_organizers_partners_and_events_are_not_there(
    nora: Visitor, hall: Partner, southside: world.House
) -> None:
    sam = signed_in(southside.owner, southside.host)
    event: Event = world.make_event(is_published=False)
    assert sam.get(f"/portal/partners/{hall.pk}/").status_code == 404
    assert sam.post(f"/portal/events/{event.pk}/shares/", {}).status_code == 404
    with tenant_context(southside.organizer):
        assert not Partner.objects.exists()
