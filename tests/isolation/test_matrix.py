"""Who gets what at every address, on an organizer's host and on the platform's. A new address without a row fails.

Each address is asked with GET, and with POST where it takes nothing else, by five visitors: nobody, the organizer's own
owner, its door steward, the other organizer's owner (signed in at this host all the same), and the platform's admin.
Who may not see something is led to sign in (302), refused (403), or told that nothing is there (404).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import User
from payments.models import Dispute
from payouts.models import Partner
from promotions.models import Affiliate
from reconciliation.models import Incident
from seating.models import SeatMap
from tests import world
from tests.conftest import HOUSES
from tests.isolation.canary import Furnished
from tests.staff import Visitor, signed_in

NOBODY = UUID("01900000-0000-7000-8000-000000000000")


@dataclass(frozen=True)
class Row:
    """What each visitor is answered: anonymous, owner, door steward, the other's owner, platform admin."""

    statuses: tuple[int, int, int, int, int]
    method: str = "GET"


def everybody(status: int, method: str = "GET") -> Row:
    return Row((status,) * 5, method)


def staff(owner: int, door: int, method: str = "GET") -> Row:
    """Anonymous is led to sign in; whoever is not on the team is refused."""
    return Row((302, owner, door, 403, 403), method)


ACCOUNT = {
    "account_login": Row((200, 302, 302, 302, 302)),
    "account_logout": Row((302, 200, 200, 200, 200)),
    "account_inactive": everybody(200),
    "account_signup": everybody(302),
    "account_reset_password": everybody(200),
    "account_reset_password_done": everybody(200),
    "account_reset_password_from_key": everybody(200),  # a key that is none: the page says so
    "account_reset_password_from_key_done": everybody(200),
    "account_second_factor": everybody(302),  # to sign-in, or onwards for who has passed
    "account_second_factor_enrol": Row((302, 200, 200, 200, 200)),
    "account_second_factor_qr": Row((302, 200, 200, 200, 200)),
    "account_recovery_codes": Row((302, 200, 200, 200, 200), "POST"),
    "account_security": Row((302, 200, 200, 200, 200)),
}

ORGANIZER: dict[str, Row] = {
    # the API knows tokens, no sessions: who is signed in is nobody there
    "api:openapi-json": everybody(200),
    "api:api-root": everybody(404),
    "api:list_events": everybody(200),
    "api:get_event": everybody(200),
    "api:get_stock": everybody(200),
    "api:get_seats": everybody(404),  # of a date without a map
    "api:find_best_seats": everybody(422, "POST"),
    "api:create_hold": everybody(422, "POST"),
    "api:get_hold": everybody(401),
    "api:release_hold": everybody(401, "DELETE"),
    "api:create_order": everybody(401, "POST"),
    "api:get_order": everybody(401),
    "api:list_order_tickets": everybody(401),
    "api:create_sign_in": everybody(422, "POST"),
    "api:create_buyer_session": everybody(422, "POST"),
    "api:end_buyer_session": everybody(401, "DELETE"),
    "api:get_account": everybody(401),
    "api:list_account_orders": everybody(401),
    "api:list_saved_cards": everybody(401),
    "api:remove_saved_card": everybody(401, "DELETE"),
    "api:create_scan": everybody(401, "POST"),
    "api:list_scans": everybody(401),
    "api:get_door": everybody(401),
    # the seat maps' API takes a session too, of whoever may set up events here
    "api:list_seat_maps": Row((401, 200, 403, 403, 403)),
    "api:get_seat_map": Row((401, 404, 403, 403, 403)),
    "api:export_seat_map": Row((401, 404, 403, 403, 403)),
    "api:list_codes": Row((401, 200, 403, 403, 403)),
    "api:get_code": Row((401, 404, 403, 403, 403)),
    "api:add_code": Row((401, 422, 403, 403, 403), "POST"),
    "api:change_code": Row((401, 422, 403, 403, 403), "PATCH"),
    "api:end_code": Row((401, 422, 403, 403, 403), "PUT"),
    "api:add_code_batch": Row((401, 422, 403, 403, 403), "POST"),
    "api:import_seat_map": Row((401, 422, 403, 403, 403), "POST"),
    "api:compile_seat_map": Row((401, 422, 403, 403, 403), "POST"),
    **ACCOUNT,
    "organizer_portal:home": staff(200, 302),  # a steward goes on to the door
    "organizer_portal:today": staff(200, 403),
    "organizer_portal:event_cancellation": staff(200, 403),
    "organizer_portal:batch_progress": staff(404, 403),
    "organizer_portal:batch_retries": staff(404, 403, "POST"),
    "organizer_portal:batch_results": staff(404, 403),
    "organizer_portal:date_cancellation": staff(404, 403),
    "organizer_portal:date_batch_progress": staff(404, 403),
    "organizer_portal:date_batch_retries": staff(404, 403, "POST"),
    "organizer_portal:date_batch_results": staff(404, 403),
    "organizer_portal:refund_policy": staff(200, 403),
    "organizer_portal:type_refund_policy": staff(404, 403),
    "organizer_portal:codes": staff(200, 403),
    "organizer_portal:new_code": staff(200, 403),
    "organizer_portal:code": staff(404, 403),
    "organizer_portal:code_stop": staff(404, 403, "POST"),
    "organizer_portal:codes_csv": staff(200, 403),
    "organizer_portal:new_batch": staff(200, 403),
    "organizer_portal:batch": staff(404, 403),
    "organizer_portal:batch_mails": staff(404, 403, "POST"),
    "organizer_portal:batch_stop": staff(404, 403, "POST"),
    "organizer_portal:batch_csv": staff(404, 403),
    "organizer_portal:discounts": staff(200, 403),
    "organizer_portal:new_discount": staff(200, 403),
    "organizer_portal:discount": staff(404, 403),
    "organizer_portal:discount_removal": staff(404, 403, "POST"),
    "organizer_portal:prices": staff(200, 403),
    "organizer_portal:price_approval": staff(404, 403, "POST"),
    "organizer_portal:price_refusal": staff(404, 403, "POST"),
    "organizer_portal:price_rules": staff(404, 403),
    "organizer_portal:price_ladder": staff(404, 403),
    "organizer_portal:price_simulator": staff(404, 403),
    "organizer_portal:event_fees": staff(200, 403),
    "organizer_portal:fee_rows": staff(200, 403),
    "organizer_portal:simulator": staff(200, 403),
    "organizer_portal:new_own_fee": staff(200, 403),
    "organizer_portal:own_fee": staff(404, 403),
    "organizer_portal:own_fee_removal": staff(404, 403, "POST"),
    "organizer_portal:event_properties": staff(200, 403),
    "organizer_portal:event_property": staff(404, 403),
    "organizer_portal:event_property_removal": staff(404, 403, "POST"),
    "organizer_portal:taxes": staff(200, 403),
    "organizer_portal:tax": staff(404, 403),
    "organizer_portal:tax_removal": staff(404, 403, "POST"),
    "organizer_portal:reminders": staff(200, 403),
    "organizer_portal:waiting_list": staff(200, 403),
    "organizer_portal:waiting_csv": staff(200, 403),
    "organizer_portal:waiting_offers": staff(404, 403, "POST"),
    "organizer_portal:waiting_removal": staff(404, 403, "POST"),
    "organizer_portal:waiting_draws": staff(302, 403, "POST"),  # of a list that is not drawn by lot: back with words
    "organizer_portal:waiting_room": staff(200, 403),
    "organizer_portal:line": staff(200, 403),
    "organizer_portal:events": staff(200, 403),
    "organizer_portal:new_event": staff(200, 403),
    "organizer_portal:event": staff(200, 403),
    "organizer_portal:sales": staff(200, 403),
    "organizer_portal:event_details": staff(200, 403),
    "organizer_portal:text_preview": staff(200, 403, "POST"),
    "organizer_portal:pictures": staff(200, 403),
    "organizer_portal:picture": staff(404, 403, "POST"),
    "organizer_portal:event_dates": staff(200, 403),
    "organizer_portal:new_dates": staff(200, 403),
    "organizer_portal:date_changes": staff(422, 403, "POST"),
    "organizer_portal:event_date": staff(200, 403),
    "organizer_portal:seats": staff(200, 403),
    "organizer_portal:seats_data": staff(404, 403),  # its event has no map
    "organizer_portal:seats_csv": staff(200, 403),
    "organizer_portal:seat_figures": staff(200, 403),
    "organizer_portal:blocks": staff(422, 403, "POST"),
    "organizer_portal:block_releases": staff(404, 403, "POST"),
    "organizer_portal:seat_move": staff(404, 403),
    "organizer_portal:stock_proofs": staff(302, 403, "POST"),
    "organizer_portal:sale_resumption": staff(404, 403, "POST"),
    "organizer_portal:publication": staff(422, 403, "POST"),
    "organizer_portal:event_publishing": staff(200, 403),
    "organizer_portal:preview_links": staff(302, 403, "POST"),
    "organizer_portal:event_pause": staff(302, 403, "POST"),
    "organizer_portal:event_resumption": staff(302, 403, "POST"),  # after that pause
    "organizer_portal:event_postponement": staff(200, 403),
    "organizer_portal:event_copies": staff(200, 403),
    "organizer_portal:event_templates": staff(200, 403),
    "organizer_portal:template_removal": staff(302, 403, "POST"),  # of an event that is no template
    "organizer_portal:event_test_mode": staff(200, 403),
    "organizer_portal:test_order_removals": staff(422, 403, "POST"),  # of an event that is live
    "organizer_portal:event_launch": staff(422, 403, "POST"),  # of an event that is live
    "organizer_portal:new_ticket_type": staff(200, 403),
    "organizer_portal:ticket_type": staff(200, 403),
    "organizer_portal:phases": staff(200, 403),
    "organizer_portal:add_on": staff(200, 403),
    "organizer_portal:quotas": staff(200, 403),
    "organizer_portal:new_bundle": staff(200, 403),
    "organizer_portal:bundle": staff(404, 403),
    "organizer_portal:bundle_removal": staff(404, 403, "POST"),
    "organizer_portal:price": staff(200, 403),
    "organizer_portal:seat_plan": staff(200, 403),
    "organizer_portal:seat_prices": staff(302, 403, "POST"),
    "organizer_portal:seat_plan_move": staff(404, 403, "POST"),  # its event has no map
    "organizer_portal:date_map": staff(404, 403),
    "organizer_portal:venues": staff(200, 403),
    "organizer_portal:new_venue": staff(200, 403),
    "organizer_portal:new_seat_map": staff(200, 403),
    "organizer_portal:seat_map": staff(200, 403),
    "organizer_portal:seat_map_thumbnail": staff(200, 403),
    "organizer_portal:seat_map_editor": staff(200, 403),
    "organizer_portal:seat_map_lease": staff(400, 403, "POST"),
    "organizer_portal:seat_map_draft": staff(200, 403),
    "organizer_portal:seat_map_plan": staff(200, 403),
    "organizer_portal:seat_map_clips": staff(400, 403, "POST"),
    "organizer_portal:preset_thumbnail": staff(200, 403),
    "organizer_portal:map_dates": staff(200, 403),
    "organizer_portal:map_date": staff(404, 403),  # a date that does not sell this map
    "organizer_portal:map_allocations": staff(404, 403, "POST"),
    "organizer_portal:map_put_back": staff(404, 403, "POST"),
    "organizer_portal:map_exports": staff(200, 403),
    "organizer_portal:map_export": staff(200, 403),
    "organizer_portal:map_versions": staff(302, 403, "POST"),
    "organizer_portal:map_version": staff(404, 403),
    "organizer_portal:map_restoration": staff(404, 403, "POST"),
    "organizer_portal:orders": staff(200, 403),
    "organizer_portal:order": staff(200, 403),
    "organizer_portal:deliveries": staff(302, 403, "POST"),
    "organizer_portal:refund": staff(200, 403),
    "organizer_portal:refund_again": staff(404, 403, "POST"),
    "organizer_portal:refund_repayment": staff(404, 403, "POST"),
    "organizer_portal:refund_requests": staff(200, 403),
    "organizer_portal:refund_request": staff(404, 403),
    "organizer_portal:refund_quote": staff(200, 403),
    "organizer_portal:kept_place_releases": staff(404, 403, "POST"),
    "organizer_portal:door": staff(200, 200),
    "organizer_portal:event_door": staff(200, 200),
    "organizer_portal:gates": staff(422, 422, "POST"),
    "organizer_portal:devices": staff(404, 404, "POST"),
    "organizer_portal:revocation": staff(404, 404, "POST"),
    "organizer_portal:pairing_qr": staff(404, 404),
    "organizer_portal:payouts": staff(200, 403),
    "organizer_portal:affiliates": staff(200, 403),
    "organizer_portal:affiliate_programme": staff(200, 403),
    "organizer_portal:affiliate_approvals": staff(302, 403, "POST"),
    "organizer_portal:event_commission": staff(200, 403),
    "organizer_portal:commission": staff(200, 403),
    "organizer_portal:affiliate": staff(200, 403),
    "organizer_portal:affiliate_states": staff(404, 403, "POST"),  # without a state
    "organizer_portal:affiliate_account": staff(200, 403),
    "organizer_portal:partners": staff(200, 403),
    "organizer_portal:partner": staff(200, 403),
    "organizer_portal:partner_transfers": staff(302, 403, "POST"),  # of a partner to whom nothing can be paid
    "organizer_portal:partner_link": everybody(404),  # asked with a wrong token
    "organizer_portal:event_shares": staff(200, 403),
    "organizer_portal:event_charging": staff(200, 403),
    "organizer_portal:charging": staff(200, 403),
    "organizer_portal:tax_report": staff(200, 403),
    "organizer_portal:tax_report_csv": staff(200, 403),
    "organizer_portal:account": staff(200, 403),
    "organizer_portal:account_file": staff(200, 403),
    "organizer_portal:account_csv": staff(200, 403),
    "organizer_portal:statement": staff(200, 403),
    "organizer_portal:statement_file": staff(200, 403),
    "organizer_portal:statement_csv": staff(200, 403),
    "organizer_portal:payments": staff(200, 403),
    "organizer_portal:disputes": staff(200, 403),
    "organizer_portal:dispute_rules": staff(422, 403, "POST"),
    "organizer_portal:dispute": staff(200, 403),
    "organizer_portal:dispute_pack": staff(200, 403),
    "organizer_portal:incidents": staff(200, 403),
    "organizer_portal:checks": staff(302, 403, "POST"),
    "organizer_portal:check": staff(200, 403),
    "organizer_portal:incident": staff(200, 403),
    "organizer_portal:incident_closure": staff(422, 403, "POST"),  # without a word why
    "organizer_portal:onboardings": staff(503, 403, "POST"),  # the provider is away in these tests
    "organizer_portal:debits": staff(503, 403, "POST"),  # as above
    "organizer_portal:payments_return": staff(302, 403),
    "organizer_portal:settings": staff(200, 200),
    "organizer_portal:team": staff(200, 200),
    "organizer_portal:invitations": staff(422, 403, "POST"),
    "organizer_portal:withdrawal": staff(302, 403, "POST"),  # of an invitation that is not there
    "organizer_portal:member": staff(404, 403),
    "organizer_portal:removal": staff(404, 403, "POST"),
    "organizer_portal:invitation": everybody(404),  # asked with a wrong token
    "organizer_portal:legal": staff(200, 403),
    "organizer_portal:api_keys": staff(200, 403),
    "organizer_portal:api_key_revocation": staff(404, 403, "POST"),  # of a key that is not there
    "organizer_portal:branding": staff(200, 403),
    "organizer_portal:brand_verdict": staff(200, 403),
    "scanning:door": everybody(200),  # an empty shell: the phone's token opens the API
    "storefront:events": everybody(200),
    "storefront:event": everybody(200),
    "storefront:event_calendar": everybody(200),
    "storefront:event_password": everybody(422, "POST"),  # of an event that asks for none
    "storefront:holds": everybody(422, "POST"),
    "storefront:prices": everybody(200),
    "storefront:seat_list": everybody(302),  # no seat map: on to the event
    "storefront:seat_map": everybody(404),  # a hash that no event here has
    "storefront:checkout_reminder": everybody(404, "POST"),
    "storefront:left_order": everybody(404),
    "storefront:left_order_holds": everybody(404, "POST"),
    "storefront:left_order_stop": everybody(404, "POST"),
    "storefront:waiting_list": everybody(200),
    "storefront:waiting_draw": everybody(200),
    "storefront:waiting_place": everybody(404),
    "storefront:waiting_confirmation": everybody(404, "POST"),
    "storefront:waiting_departure": everybody(404, "POST"),
    "storefront:checkout": everybody(404),  # each of these asks with a wrong token
    "storefront:hold_code": everybody(404, "POST"),
    "storefront:release": everybody(404, "POST"),
    "storefront:extension": everybody(404, "POST"),
    "storefront:find_order": everybody(200),
    # a buyer's account knows its own cookie, no staff's session: all five are nobody there
    "storefront:account": everybody(302),
    "storefront:account_details": everybody(302, "POST"),
    "storefront:sign_in": everybody(200),
    "storefront:sign_in_code": everybody(200),  # of a mail that was never sent: the page says that it is over
    "storefront:sign_in_link": everybody(200),
    "storefront:card_removal": everybody(302, "POST"),
    "storefront:account_closure": everybody(302),
    "storefront:sign_out": everybody(302, "POST"),
    "storefront:affiliate_link": everybody(302),
    "storefront:affiliate_event_link": everybody(302),
    "storefront:affiliate_programme": everybody(200),
    # an affiliate is a signed-in buyer: all five are nobody there
    "storefront:affiliate": everybody(302),
    "storefront:affiliate_qr_svg": everybody(302),
    "storefront:affiliate_qr_png": everybody(302),
    "storefront:affiliate_statement": everybody(302),
    "storefront:affiliate_statement_pdf": everybody(302),
    "storefront:affiliate_statement_csv": everybody(302),
    "storefront:order": everybody(404),
    "storefront:apple_pay": everybody(404),  # no file was set
    "storefront:order_payment": everybody(404, "POST"),
    "storefront:order_status": everybody(404),
    "storefront:order_pdf": everybody(404),
    "storefront:order_receipt": everybody(404),
    "storefront:order_calendar": everybody(404),
    "storefront:ticket_code": everybody(404),
    "storefront:order_emails": everybody(404, "POST"),
    "storefront:cancellation": everybody(404),
    "waiting_room:queue": everybody(302),  # no line: on to the event
    "waiting_room:entries": everybody(302, "POST"),
    "waiting_room:challenge": everybody(409),
    "waiting_room:position": everybody(200),  # who carries no token stands nowhere
    "waiting_room:fairness": everybody(200),  # of the last line
    "waiting_room:order": everybody(200),
    "storefront:terms": everybody(200),
    "storefront:privacy": everybody(200),
    "storefront:imprint": everybody(200),
    "storefront:theme": everybody(404),
    "storefront:media": everybody(404),
}

# On the platform's host: anonymous, an owner, a door steward, another owner, the admin.
PLATFORM: dict[str, Row] = {
    **ACCOUNT,
    "stripe_webhook": everybody(400, "POST"),  # nobody's signature
    "console:home": Row((302, 403, 403, 403, 200)),
    "console:organizer": Row((302, 403, 403, 403, 200)),
    "console:suspensions": Row((302, 403, 403, 403, 404), "POST"),  # of an organizer that is not there
    "console:reactivations": Row((302, 403, 403, 403, 404), "POST"),
    "console:fee": Row((302, 403, 403, 403, 200)),
    "console:fee_example": Row((302, 403, 403, 403, 200)),
    "console:standard_fee": Row((302, 403, 403, 403, 302), "POST"),
    "console:checks": Row((302, 403, 403, 403, 302), "POST"),
    "console:check": Row((302, 403, 403, 403, 200)),
    "console:disputes": Row((302, 403, 403, 403, 200)),
    "console:payouts": Row((302, 403, 403, 403, 200)),
    "console:incidents": Row((302, 403, 403, 403, 200)),
    "console:incident": Row((302, 403, 403, 403, 404)),  # of one that is not there
    "console:incident_closure": Row((302, 403, 403, 403, 404), "POST"),
    "console:health": Row((302, 403, 403, 403, 200)),
    "marketplace:home": everybody(200),
    "marketplace:sign_up": everybody(200),
    "marketplace:opening": everybody(404),
}
HOSTS = {"config.urls": ORGANIZER, "config.public_urls": PLATFORM}


def names(patterns: Any, namespace: str = "") -> Iterator[str]:
    """Every named address under these patterns, as `reverse` calls it; one without a name by its pattern."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or pattern.pattern}"
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from names(pattern.url_patterns, inner)


@pytest.mark.parametrize("urlconf", HOSTS)
def test_every_address_has_its_row(urlconf: str) -> None:
    assert set(names(get_resolver(urlconf).url_patterns)) == HOSTS[urlconf].keys()


def address(name: str, urlconf: str, made: Furnished) -> str:
    """The address, of things that are there but with tokens that are wrong."""
    order, hold = [made.ordered.number, "wrong"], [made.hold.pk, "wrong"]
    arguments: dict[str, list[Any]] = {
        "api:get_event": [made.event.slug],
        "api:get_stock": [made.hold.performance_id],
        "api:find_best_seats": [made.hold.performance_id],
        "api:get_seats": [made.hold.performance_id],
        "api:get_seat_map": [NOBODY],
        **{f"api:{name}": [NOBODY] for name in ("get_code", "change_code", "end_code")},
        "api:export_seat_map": [NOBODY, "svg"],
        "organizer_portal:api_key_revocation": [NOBODY],
        "api:create_buyer_session": [NOBODY],
        "api:remove_saved_card": ["pm_none"],
        "api:get_hold": [made.hold.pk],
        "api:release_hold": [made.hold.pk],
        "api:get_order": [made.ordered.number],
        "api:list_order_tickets": [made.ordered.number],
        "account_reset_password_from_key": ["1", "no-key"],
        "organizer_portal:new_seat_map": [made.event.venue_id],
        **{f"organizer_portal:{name}": [a_map().pk] for name in _OF_MAPS},
        "organizer_portal:map_export": [a_map().pk, "svg"],
        "organizer_portal:preset_thumbnail": ["cabaret"],
        "organizer_portal:map_version": [a_map().pk, NOBODY],
        **{
            f"organizer_portal:{name}": [a_map().pk, NOBODY] for name in ("map_date", "map_allocations", "map_put_back")
        },
        "organizer_portal:map_restoration": [a_map().pk, NOBODY],
        **{
            f"organizer_portal:{name}": [made.event.pk, made.ordered.positions.all()[0].ticket_type_id]
            for name in ("ticket_type", "phases", "add_on")
        },
        "organizer_portal:devices": [made.event.pk, NOBODY],
        "organizer_portal:bundle": [made.event.pk, NOBODY],
        "organizer_portal:bundle_removal": [made.event.pk, NOBODY],
        "organizer_portal:sale_resumption": [made.event.pk, NOBODY],
        "organizer_portal:revocation": [NOBODY],
        "organizer_portal:pairing_qr": ["nothing"],
        "organizer_portal:event_date": [made.event.pk, made.hold.performance_id],
        "organizer_portal:picture": [made.event.pk, NOBODY],
        **{f"organizer_portal:{name}": [made.event.pk, made.hold.performance_id] for name in _OF_DATES},
        "organizer_portal:block_releases": [made.event.pk, made.hold.performance_id, NOBODY],
        "organizer_portal:seat_move": [made.event.pk, made.hold.performance_id, NOBODY],
        "organizer_portal:withdrawal": [NOBODY],
        "organizer_portal:member": [10**9],
        "organizer_portal:removal": [10**9],
        "organizer_portal:invitation": ["wrong"],
        "organizer_portal:event_commission": [made.event.pk],
        "organizer_portal:commission": [made.pending.pk],
        "organizer_portal:affiliate": [an_affiliate().pk],
        "organizer_portal:affiliate_states": [an_affiliate().pk],
        "organizer_portal:affiliate_account": [an_affiliate().pk, "EUR"],
        "storefront:affiliate_link": [an_affiliate().code],
        "storefront:affiliate_event_link": [an_affiliate().code, made.event.slug],
        **{f"storefront:affiliate_qr_{kind}": ["all"] for kind in ("svg", "png")},
        **{f"storefront:affiliate_statement{end}": ["EUR"] for end in ("", "_pdf", "_csv")},
        "organizer_portal:partner": [a_partner().pk],
        "organizer_portal:partner_transfers": [a_partner().pk],
        **{f"organizer_portal:account{end}": [a_partner().pk] for end in ("", "_file", "_csv")},
        "organizer_portal:partner_link": ["wrong"],
        "console:organizer": [made.house.organizer.pk],
        "console:payouts": [made.house.organizer.pk],
        "organizer_portal:dispute": [a_dispute().pk],
        "organizer_portal:dispute_pack": [a_dispute().pk],
        "organizer_portal:incident": [an_incident().pk],
        "organizer_portal:incident_closure": [an_incident().pk],
        "console:fee": [made.house.organizer.pk, "EUR"],
        "console:fee_example": [made.house.organizer.pk, "EUR"],
        "console:standard_fee": [made.house.organizer.pk, "EUR"],
        "console:checks": [made.house.organizer.pk],
        "console:check": [made.house.organizer.pk],
        "console:incident": [NOBODY],
        "console:incident_closure": [NOBODY],
        "console:suspensions": [NOBODY],
        "console:reactivations": [NOBODY],
        "marketplace:opening": [NOBODY],
        "storefront:event": [made.event.slug],
        "storefront:event_calendar": [made.event.slug],
        "storefront:holds": [made.event.slug],
        "storefront:event_password": [made.event.slug],
        "storefront:seat_list": [made.event.slug],
        "storefront:prices": [made.event.slug],
        "storefront:waiting_list": [made.event.slug],
        "storefront:waiting_draw": [made.event.slug, made.hold.performance_id],
        **{
            f"storefront:{name}": [NOBODY, "wrong"]
            for name in ("waiting_place", "waiting_confirmation", "waiting_departure")
        },
        **{f"storefront:{name}": [NOBODY, "wrong"] for name in ("left_order", "left_order_holds", "left_order_stop")},
        **{f"organizer_portal:{name}": [made.event.pk, NOBODY] for name in ("waiting_offers", "waiting_removal")},
        "organizer_portal:waiting_draws": [made.event.pk, made.hold.performance_id],
        **{f"waiting_room:{name}": [made.event.slug] for name in _OF_LINES},
        "storefront:ticket_code": [*order, 1],
        "storefront:seat_map": ["0" * 32],
        "storefront:theme": ["0" * 16],
        "storefront:media": ["nothing.png"],
        **{
            f"storefront:{name}": hold
            for name in ("checkout", "checkout_reminder", "release", "extension", "hold_code")
        },
        **{f"storefront:{name}": order for name in _OF_ORDERS},
        **{f"organizer_portal:{name}": [made.event.pk] for name in _OF_EVENTS},
        **{
            f"organizer_portal:{name}": [made.ordered.number]
            for name in ("order", "deliveries", "refund", "refund_quote")
        },
        "organizer_portal:refund_request": [NOBODY],
        "organizer_portal:refund_again": [made.ordered.number, NOBODY],
        "organizer_portal:refund_repayment": [made.ordered.number, NOBODY],
        "organizer_portal:type_refund_policy": [made.event.pk, NOBODY],
        **{f"organizer_portal:{name}": [made.event.pk, NOBODY] for name in _OF_PRICES},
        "organizer_portal:own_fee": [made.event.pk, NOBODY],
        **{f"organizer_portal:{name}": [NOBODY] for name in _OF_CODES},
        "organizer_portal:discount": [made.event.pk, NOBODY],
        "organizer_portal:discount_removal": [made.event.pk, NOBODY],
        "organizer_portal:own_fee_removal": [made.event.pk, NOBODY],
        "organizer_portal:tax": [NOBODY],
        "organizer_portal:event_property": [NOBODY],
        "organizer_portal:event_property_removal": [NOBODY],
        "storefront:card_removal": ["pm_none"],
        "storefront:sign_in_code": [NOBODY],
        "storefront:sign_in_link": [NOBODY, "wrong"],
        "organizer_portal:tax_removal": [NOBODY],
        "organizer_portal:kept_place_releases": [made.ordered.number, NOBODY],
    }
    return reverse(name, args=arguments.get(name, []), urlconf=urlconf)


def a_map() -> SeatMap:
    """One of the organizer's seat maps."""
    return SeatMap.objects.earliest("pk")


def a_partner() -> Partner:
    """One of the organizer's partners."""
    return Partner.objects.earliest("pk")


def an_affiliate() -> Affiliate:
    """One of the organizer's affiliates."""
    return Affiliate.objects.earliest("pk")


def a_dispute() -> Dispute:
    """One of the organizer's disputes."""
    return Dispute.objects.earliest("pk")


def an_incident() -> Incident:
    """One of the organizer's incidents."""
    return Incident.objects.earliest("pk")


_OF_MAPS = (
    "map_dates",
    "seat_map",
    "seat_map_thumbnail",
    "seat_map_editor",
    "seat_map_lease",
    "seat_map_draft",
    "seat_map_plan",
    "map_exports",
    "map_versions",
)
_OF_ORDERS = (
    "order",
    "order_payment",
    "order_status",
    "order_pdf",
    "order_receipt",
    "order_calendar",
    "order_emails",
    "cancellation",
)
_OF_CODES = ("code", "code_stop", "batch", "batch_mails", "batch_stop", "batch_csv")
_OF_DATES = (
    "seats",
    "seats_data",
    "seats_csv",
    "seat_figures",
    "date_map",
    "blocks",
    "date_cancellation",
    "date_batch_progress",
    "date_batch_retries",
    "date_batch_results",
)
_OF_LINES = ("queue", "entries", "challenge", "position", "fairness", "order")
_OF_PRICES = ("price_approval", "price_refusal", "price_rules", "price_ladder", "price_simulator")
_OF_EVENTS = (
    "prices",
    "event_publishing",
    "preview_links",
    "event_pause",
    "event_resumption",
    "event_postponement",
    "event_copies",
    "template_removal",
    "event_test_mode",
    "test_order_removals",
    "event_launch",
    "seat_plan",
    "seat_prices",
    "seat_plan_move",
    "stock_proofs",
    "refund_policy",
    "discounts",
    "new_discount",
    "event_fees",
    "fee_rows",
    "simulator",
    "new_own_fee",
    "price",
    "event_shares",
    "event_charging",
    "statement",
    "statement_file",
    "statement_csv",
    "event_cancellation",
    "batch_progress",
    "batch_retries",
    "batch_results",
    "event_dates",
    "pictures",
    "new_dates",
    "date_changes",
    "reminders",
    "waiting_list",
    "waiting_csv",
    "waiting_room",
    "line",
    "event",
    "sales",
    "event_details",
    "publication",
    "quotas",
    "new_bundle",
    "new_ticket_type",
    "event_door",
    "gates",
)


@pytest.fixture
def visitors(north: Furnished) -> dict[str, list[Visitor]]:
    """The five, for each host, in the order of a row."""
    admin = User.objects.create_user("root@platform.example", world.PASSWORD, name="Root", is_platform_admin=True)
    people = [north.house.owner, north.house.door, HOUSES["southside"].owner, admin]
    here = north.house.host
    return {
        "config.urls": [Visitor(here), *(signed_in(person, here) for person in people)],
        "config.public_urls": [Visitor(), *(signed_in(person) for person in people)],
    }


@pytest.mark.parametrize("urlconf", HOSTS)
def test_each_visitor_gets_what_is_theirs(north: Furnished, visitors: dict[str, list[Visitor]], urlconf: str) -> None:
    from django_tenants.utils import tenant_context

    answers: dict[str, tuple[int, ...]] = {}
    with tenant_context(north.house.organizer):
        addresses = {name: address(name, urlconf, north) for name in HOSTS[urlconf]}
    # Signing out comes last of all: it is asked with GET, which only shows a page, and must stay so.
    for name, row in HOSTS[urlconf].items():
        answers[name] = tuple(visitor.generic(row.method, addresses[name]).status_code for visitor in visitors[urlconf])

    expected = {name: row.statuses for name, row in HOSTS[urlconf].items()}
    assert {n: a for n, a in answers.items() if a != expected[n]} == {
        n: expected[n] for n, a in answers.items() if a != expected[n]
    }


def test_the_portal_is_not_on_an_organizers_own_domain(north: Furnished) -> None:
    from tenants.models import Domain

    Domain.objects.create(domain="tickets.northside.example", tenant=north.house.organizer, is_primary=False)
    visitor = Visitor("tickets.northside.example")

    assert visitor.get("/").status_code == 200
    assert visitor.get(f"/events/{north.event.slug}/").status_code == 200
    for path in ("/portal/", "/portal/account/login/", "/portal/account/password/reset/"):
        assert visitor.get(path).status_code == 404, path


@pytest.mark.parametrize("host", ["nobody.localhost", "evil.example", "northside.localhost.evil.example", "127.0.0.1"])
def test_a_host_that_nobody_has_shows_nothing(north: Furnished, host: str) -> None:
    visitor = Visitor(host)

    for path in ("/", "/portal/", "/door/", "/api/v1/events", f"/orders/{north.ordered.number}/{north.ordered.token}/"):
        answer = visitor.get(path)
        assert answer.status_code == 404, path
        assert north.word not in answer.content.decode()


@pytest.mark.parametrize("header", ["HTTP_X_FORWARDED_HOST", "HTTP_X_ORIGINAL_HOST", "HTTP_FORWARDED"])
def test_the_host_is_the_host_header_and_no_other(north: Furnished, header: str) -> None:
    for value in (f"{HOUSES['southside'].host}", f"host={HOUSES['southside'].host}"):
        page = Visitor(north.house.host).get("/", **{header: value}).content.decode()
        assert "Northside Hall" in page
        assert "Southside Yard" not in page


assert settings.ROOT_URLCONF in HOSTS
assert settings.PUBLIC_SCHEMA_URLCONF in HOSTS
