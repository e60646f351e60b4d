"""Who may see what. Every address of the portal is tried by everyone; a new one has to be entered here."""

from uuid import UUID

import pytest
from django.urls import reverse
from django_tenants.utils import schema_context

from events.models import Event
from organizer_portal.urls import urlpatterns
from people.models import Membership
from tests import world
from tests.staff import Visitor, text

Role = Membership.Role
ALL = {Role.OWNER, Role.MANAGER, Role.FINANCE, Role.DOOR}
SELLERS = {Role.OWNER, Role.MANAGER, Role.FINANCE}
EDITORS = {Role.OWNER, Role.MANAGER}
MONEY = {Role.OWNER, Role.FINANCE}
DOORS = {Role.OWNER, Role.MANAGER, Role.DOOR}

# name: who may
PAGES: dict[str, set[Role]] = {
    "home": ALL,
    "today": SELLERS,
    "events": SELLERS,
    "new_event": EDITORS,
    "event": SELLERS,
    "sales": SELLERS,
    "event_details": EDITORS,
    "event_date": EDITORS,
    "seats": SELLERS,
    "seats_data": SELLERS,
    "seats_csv": SELLERS,
    "seat_figures": SELLERS,
    "blocks": EDITORS,
    "block_releases": EDITORS,
    "seat_move": EDITORS,
    "seat_plan": EDITORS,
    "date_map": EDITORS,
    "seat_prices": EDITORS,
    "seat_plan_move": EDITORS,
    "venues": EDITORS,
    "new_venue": EDITORS,
    "new_seat_map": EDITORS,
    "seat_map": EDITORS,
    "seat_map_thumbnail": EDITORS,
    "preset_thumbnail": EDITORS,
    "seat_map_clips": EDITORS,
    "seat_map_editor": EDITORS,
    "seat_map_lease": EDITORS,
    "seat_map_draft": EDITORS,
    "seat_map_plan": EDITORS,
    "map_dates": EDITORS,
    "map_date": EDITORS,
    "map_allocations": EDITORS,
    "map_put_back": EDITORS,
    "map_exports": EDITORS,
    "map_export": EDITORS,
    "map_versions": EDITORS,
    "map_version": EDITORS,
    "map_restoration": EDITORS,
    "publication": EDITORS,
    "stock_proofs": EDITORS,
    "sale_resumption": EDITORS,
    "event_dates": SELLERS,
    "codes": SELLERS,
    "codes_csv": SELLERS,
    "new_dates": EDITORS,
    "date_changes": EDITORS,
    "text_preview": EDITORS,
    "pictures": EDITORS,
    "picture": EDITORS,
    "discounts": EDITORS,
    "new_discount": EDITORS,
    "discount": EDITORS,
    "discount_removal": EDITORS,
    "waiting_list": EDITORS,
    "waiting_csv": EDITORS,
    "waiting_offers": EDITORS,
    "waiting_removal": EDITORS,
    "waiting_draws": EDITORS,
    "reminders": EDITORS,
    "new_bundle": EDITORS,
    "bundle": EDITORS,
    "bundle_removal": EDITORS,
    "quotas": EDITORS,
    "event_templates": EDITORS,
    "event_copies": EDITORS,
    "template_removal": EDITORS,
    "event_test_mode": EDITORS,
    "test_order_removals": EDITORS,
    "event_launch": EDITORS,
    "event_publishing": EDITORS,
    "preview_links": EDITORS,
    "event_pause": EDITORS,
    "event_resumption": EDITORS,
    "event_postponement": EDITORS,
    "add_on": EDITORS,
    "phases": EDITORS,
    "new_code": EDITORS,
    "new_batch": EDITORS,
    "batch": EDITORS,
    "batch_mails": EDITORS,
    "batch_stop": EDITORS,
    "batch_csv": EDITORS,
    "code": EDITORS,
    "code_stop": EDITORS,
    "date_cancellation": MONEY,
    "date_batch_progress": MONEY,
    "date_batch_retries": MONEY,
    "date_batch_results": MONEY,
    "event_cancellation": MONEY,
    "batch_progress": MONEY,
    "batch_retries": MONEY,
    "batch_results": MONEY,
    "refund_policy": EDITORS,
    "type_refund_policy": EDITORS,
    "prices": EDITORS,
    "price_approval": EDITORS,
    "price_refusal": EDITORS,
    "price_rules": EDITORS,
    "price_ladder": EDITORS,
    "price_simulator": EDITORS,
    "event_fees": EDITORS,
    "fee_rows": EDITORS,
    "simulator": EDITORS,
    "new_own_fee": EDITORS,
    "own_fee": EDITORS,
    "own_fee_removal": EDITORS,
    "event_properties": EDITORS,
    "event_property": EDITORS,
    "event_property_removal": EDITORS,
    "taxes": EDITORS,
    "tax": EDITORS,
    "tax_removal": EDITORS,
    "waiting_room": EDITORS,
    "line": EDITORS,
    "new_ticket_type": EDITORS,
    "ticket_type": EDITORS,
    "price": EDITORS,
    "orders": SELLERS,
    "order": SELLERS,
    "deliveries": SELLERS,
    "refund": MONEY,
    "refund_quote": MONEY,
    "refund_again": MONEY,
    "refund_repayment": MONEY,
    "refund_requests": MONEY,
    "refund_request": MONEY,
    "kept_place_releases": MONEY,
    "door": DOORS,
    "event_door": DOORS,
    "gates": DOORS,
    "devices": DOORS,
    "revocation": DOORS,
    "pairing_qr": DOORS,
    "payouts": MONEY,
    "affiliates": MONEY,
    "affiliate_programme": MONEY,
    "affiliate_approvals": MONEY,
    "event_commission": MONEY,
    "commission": MONEY,
    "affiliate": MONEY,
    "affiliate_states": MONEY,
    "affiliate_account": MONEY,
    "account": MONEY,
    "account_file": MONEY,
    "account_csv": MONEY,
    "tax_report": MONEY,
    "tax_report_csv": MONEY,
    "partners": MONEY,
    "partner": MONEY,
    "partner_transfers": MONEY,
    "event_shares": MONEY,
    "statement": MONEY,
    "statement_file": MONEY,
    "statement_csv": MONEY,
    "payments": MONEY,
    "disputes": MONEY,
    "dispute_rules": MONEY,
    "dispute": MONEY,
    "dispute_pack": MONEY,
    "incidents": MONEY,
    "checks": MONEY,
    "check": MONEY,
    "incident": MONEY,
    "incident_closure": MONEY,
    "onboardings": MONEY,
    "charging": MONEY,
    "event_charging": MONEY,
    "debits": MONEY,
    "payments_return": MONEY,
    "settings": ALL,
    "team": ALL,
    "invitations": {Role.OWNER},
    "withdrawal": {Role.OWNER},
    "member": {Role.OWNER},
    "removal": {Role.OWNER},
    "legal": {Role.OWNER},
    "api_keys": {Role.OWNER},
    "api_key_revocation": {Role.OWNER},
    "branding": {Role.OWNER},
    "brand_verdict": {Role.OWNER},
}
POSTS = {
    "affiliate_approvals",
    "affiliate_states",
    "date_changes",
    "date_batch_retries",
    "text_preview",
    "picture",
    "discount_removal",
    "waiting_offers",
    "waiting_removal",
    "waiting_draws",
    "bundle_removal",
    "template_removal",
    "test_order_removals",
    "event_launch",
    "preview_links",
    "event_pause",
    "event_resumption",
    "batch_mails",
    "batch_stop",
    "code_stop",
    "blocks",
    "block_releases",
    "own_fee_removal",
    "price_approval",
    "price_refusal",
    "tax_removal",
    "event_property_removal",
    "stock_proofs",
    "sale_resumption",
    "seat_prices",
    "seat_plan_move",
    "seat_map_lease",
    "seat_map_clips",
    "map_versions",
    "map_restoration",
    "publication",
    "deliveries",
    "kept_place_releases",
    "refund_again",
    "refund_repayment",
    "batch_retries",
    "checks",
    "incident_closure",
    "dispute_rules",
    "gates",
    "devices",
    "revocation",
    "onboardings",
    "debits",
    "map_allocations",
    "map_put_back",
    "partner_transfers",
    "invitations",
    "withdrawal",
    "removal",
    "api_key_revocation",
}
OPEN = {"invitation", "partner_link"}  # for who has its token, on the team or not: test_team.py, test_partners.py
OF_MAPS = (
    "seat_map",
    "seat_map_thumbnail",
    "seat_map_editor",
    "seat_map_lease",
    "seat_map_draft",
    "seat_map_plan",
    "map_dates",
    "map_exports",
    "map_versions",
)
OF_DATES = (
    *("date_map", "seats", "seats_data", "seats_csv", "seat_figures", "blocks", "waiting_draws"),
    *("date_cancellation", "date_batch_progress", "date_batch_retries", "date_batch_results"),
)
OF_EVENTS = (
    *(
        "event_dates",
        "new_dates",
        "date_changes",
        "pictures",
        "discounts",
        "new_discount",
        "waiting_list",
        "waiting_csv",
    ),
    *(
        "reminders",
        "new_bundle",
        "quotas",
        "event_copies",
        "template_removal",
        "event_test_mode",
        "test_order_removals",
    ),
    *("event_launch", "event_publishing", "preview_links", "event_pause", "event_resumption", "event_postponement"),
)
IN_EVENTS = ("picture", "discount", "discount_removal", "waiting_offers", "waiting_removal", "bundle", "bundle_removal")
NOBODY = UUID("01900000-0000-7000-8000-000000000000")


def address(name: str, event: Event) -> str:
    arguments = {
        "event": [event.pk],
        "sales": [event.pk],
        "event_details": [event.pk],
        "event_date": [event.pk, event.performances.get().pk],
        **{name: [event.pk, event.performances.get().pk] for name in OF_DATES},
        **{name: [event.pk] for name in OF_EVENTS},
        **{name: [event.pk, NOBODY] for name in IN_EVENTS},
        **{name: [event.pk, event.ticket_types.first().pk] for name in ("add_on", "phases")},
        **{name: [NOBODY] for name in ("batch", "batch_mails", "batch_stop", "batch_csv", "code", "code_stop")},
        "block_releases": [event.pk, event.performances.get().pk, NOBODY],
        "seat_move": [event.pk, event.performances.get().pk, NOBODY],
        "seat_plan": [event.pk],
        "seat_prices": [event.pk],
        "seat_plan_move": [event.pk],
        "new_seat_map": [event.venue_id],
        **{name: [NOBODY] for name in OF_MAPS},
        "preset_thumbnail": ["theatre"],
        "map_export": [NOBODY, "svg"],
        "map_version": [NOBODY, NOBODY],
        **{name: [NOBODY, NOBODY] for name in ("map_date", "map_allocations", "map_put_back")},
        "map_restoration": [NOBODY, NOBODY],
        "publication": [event.pk],
        "event_cancellation": [event.pk],
        "batch_progress": [event.pk],
        "batch_retries": [event.pk],
        "batch_results": [event.pk],
        "prices": [event.pk],
        "price_approval": [event.pk, NOBODY],
        "price_refusal": [event.pk, NOBODY],
        "price_rules": [event.pk, event.ticket_types.first().pk],
        "price_ladder": [event.pk, event.ticket_types.first().pk],
        "price_simulator": [event.pk, event.ticket_types.first().pk],
        "refund_policy": [event.pk],
        "event_fees": [event.pk],
        "event_charging": [event.pk],
        "fee_rows": [event.pk],
        "simulator": [event.pk],
        "new_own_fee": [event.pk],
        "own_fee": [event.pk, NOBODY],
        "own_fee_removal": [event.pk, NOBODY],
        "tax": [NOBODY],
        **{
            name: [NOBODY]
            for name in ("affiliate", "affiliate_states", "commission", "account", "account_file", "account_csv")
        },
        "affiliate_account": [NOBODY, "EUR"],
        "event_commission": [event.pk],
        "event_property": [NOBODY],
        "event_property_removal": [NOBODY],
        "tax_removal": [NOBODY],
        "price": [event.pk],
        "type_refund_policy": [event.pk, event.ticket_types.first().pk],
        "new_ticket_type": [event.pk],
        "ticket_type": [event.pk, event.ticket_types.first().pk],
        "order": ["NOSUCHNO"],
        "deliveries": ["NOSUCHNO"],
        "refund": ["NOSUCHNO"],
        "dispute": [NOBODY],
        "dispute_pack": [NOBODY],
        "incident": [NOBODY],
        "incident_closure": [NOBODY],
        "refund_quote": ["NOSUCHNO"],
        "refund_request": [NOBODY],
        "refund_again": ["NOSUCHNO", NOBODY],
        "refund_repayment": ["NOSUCHNO", NOBODY],
        "kept_place_releases": ["NOSUCHNO", NOBODY],
        "event_door": [event.pk],
        "gates": [event.pk],
        "devices": [event.pk, NOBODY],
        "revocation": [NOBODY],
        "pairing_qr": ["nothing"],
        "stock_proofs": [event.pk],
        "sale_resumption": [event.pk, NOBODY],
        "waiting_room": [event.pk],
        "line": [event.pk],
        "partner": [NOBODY],
        "partner_transfers": [NOBODY],
        "event_shares": [event.pk],
        "statement": [event.pk],
        "statement_file": [event.pk],
        "statement_csv": [event.pk],
        "withdrawal": [NOBODY],
        "member": [10**9],
        "removal": [10**9],
        "api_key_revocation": [NOBODY],
    }
    return reverse(f"organizer_portal:{name}", args=arguments.get(name, []), urlconf="config.urls")


def ask(visitor: Visitor, name: str, event: Event) -> int:
    url = address(name, event)
    return int((visitor.post(url) if name in POSTS else visitor.get(url)).status_code)


def test_every_address_is_in_the_table() -> None:
    assert {pattern.name for pattern in urlpatterns} == PAGES.keys() | OPEN


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_pages_and_no_other(northside: world.House, colleague, role: Role) -> None:  # type: ignore[no-untyped-def]
    event = world.make_event(kinds=(("Guest", 0, 10),))
    visitor = colleague(role)

    # Who may, goes on to Stripe: that is tests/organizer_portal/test_money.py.
    tried = {name for name in PAGES if name != "onboardings" or role not in MONEY}
    answers = {name: ask(visitor, name, event) for name in PAGES if name in tried}

    refused = {name for name, status in answers.items() if status == 403}
    assert refused == {name for name, roles in PAGES.items() if role not in roles}
    assert not {name for name, status in answers.items() if status >= 500}


def test_charlie_of_the_other_organizer_sees_nothing(northside: world.House, charlie: Visitor) -> None:
    event = world.make_event("Northside Secret", kinds=(("Guest", 0, 10),))

    for name in PAGES:
        url = address(name, event)
        response = charlie.post(url) if name in POSTS else charlie.get(url)
        assert response.status_code == 403, name
        assert "Northside Secret" not in text(response)
    assert "You are signed in, but not on the team of Northside Hall" in text(charlie.get("/portal/"))


def test_an_anonymous_visitor_is_led_to_sign_in_everywhere(northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest", 0, 10),))
    visitor = Visitor(northside.host)

    for name in PAGES:
        url = address(name, event)
        response = visitor.post(url) if name in POSTS else visitor.get(url)
        assert response.status_code == 302, name
        assert response["Location"].startswith("/portal/account/login/"), name


def test_the_portal_is_not_on_a_custom_domain(northside: world.House, nora: Visitor) -> None:
    from audit.actions import SYSTEM
    from tenants.actions import add_domain

    with schema_context("public"):
        add_domain(organizer_id=northside.organizer.pk, domain="north.example", is_primary=False, actor=SYSTEM)
    event = world.make_event(kinds=(("Guest", 0, 10),))
    visitor = Visitor("north.example")
    visitor.cookies = nora.cookies

    for name in PAGES:
        assert ask(visitor, name, event) == 404, name


def test_an_event_of_the_other_organizer_does_not_exist(
    northside: world.House, southside: world.House, nora: Visitor
) -> None:
    from django_tenants.utils import tenant_context

    with tenant_context(southside.organizer):
        foreign = world.make_event("Southside Secret", kinds=(("Guest", 0, 10),))
        urls = [address(name, foreign) for name in ("event", "sales", "event_details", "new_ticket_type", "event_door")]

    for url in urls:
        assert nora.get(url).status_code == 404, url


def test_the_refusal_says_what_it_needs_and_whom_to_ask(northside: world.House, colleague) -> None:  # type: ignore[no-untyped-def]
    manager = colleague(Role.MANAGER)

    page = manager.get("/portal/payouts/")

    assert page.status_code == 403
    assert "Payments and payouts need the Owner or Finance role." in text(page)
    assert "You can ask: Nora." in text(page)


def test_dora_begins_at_the_door(dora: Visitor) -> None:
    assert dora.get("/portal/")["Location"] == "/portal/door/"


def test_htmx_is_led_to_sign_in_as_a_whole_page(northside: world.House) -> None:
    response = Visitor(northside.host).get("/portal/today/", HTTP_HX_REQUEST="true")

    assert response.status_code == 200
    assert response["HX-Redirect"].startswith("/portal/account/login/")


def test_the_navigation_shows_what_the_role_may_open(northside: world.House, colleague, dora: Visitor) -> None:  # type: ignore[no-untyped-def]
    def offered(visitor: Visitor) -> set[str]:
        page = text(visitor.get("/portal/settings/"))
        return {
            name
            for name in ("Home", "Events", "Orders", "Door", "Payouts", "Payments")
            if f"<span>{name}</span>" in page
        }

    assert offered(dora) == {"Door"}
    assert offered(colleague(Role.FINANCE)) == {"Home", "Events", "Orders", "Payouts", "Payments"}
    assert offered(colleague(Role.MANAGER)) == {"Home", "Events", "Orders", "Door"}
