"""Every screen: each address of tests/isolation/test_matrix.py that is a page, its other states, mails and tickets.

A new address is asked like all others and must answer with a page, or stand in NO_SCREEN with what it is instead.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pypdfium2
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from playwright.sync_api import Page, TimeoutError

from events.models import Bundle, OwnFee, Property, TaxRate, TicketType
from events.preview import preview_token
from notifications.models import EmailMessage
from payments.models import RefundRequest
from payouts.models import Partner
from people.models import Invitation, Membership
from promotions.models import CodeBatch, PromoCode
from reconciliation.models import Incident
from recovery.models import Reminder
from seating.models import SeatMap
from tests.isolation.test_matrix import HOSTS, address
from tests.screens.scene import Scene
from tickets.pdf import render_tickets
from waitlist.models import Entry


@dataclass(frozen=True)
class Screen:
    """An address, who looks at it, the status it must have, and what is done there before the picture is taken.

    `document` is shown at that address instead of what the server has there: a mail, a page for when everything is broken.
    """

    name: str
    host: str
    path: str
    who: str = "nobody"
    status: int = 200
    act: Callable[[Page], Any] | None = None
    document: str = ""

    @property
    def is_mail(self) -> bool:
        """Mail programs put their own page around it, so half of the rules for pages do not apply."""
        return self.name.startswith("mail-")


DATA = "data for a script or a program"
FILE = "a file to keep"
PART = "a part of a page"
PICTURE = "a picture in a page"
ONWARD = "leads on at once"
NO_SCREEN = {
    "account_signup": ONWARD,
    "account_second_factor_qr": PICTURE,
    "organizer_portal:today": PART,
    "organizer_portal:batch_progress": PART,
    "organizer_portal:batch_results": FILE,
    "organizer_portal:date_batch_progress": PART,
    "organizer_portal:date_batch_results": FILE,
    "storefront:event_calendar": DATA,
    "organizer_portal:fee_rows": PART,
    "organizer_portal:price_ladder": PART,
    "organizer_portal:line": PART,
    "organizer_portal:waiting_csv": FILE,
    "organizer_portal:sales": PART,
    "organizer_portal:price": PART,
    "organizer_portal:seats_data": DATA,
    "organizer_portal:seats_csv": FILE,
    "organizer_portal:seat_figures": PART,
    "organizer_portal:seat_map_thumbnail": PICTURE,
    "organizer_portal:seat_map_draft": DATA,
    "organizer_portal:map_dates": DATA,
    "organizer_portal:map_date": DATA,
    "organizer_portal:seat_map_plan": PICTURE,
    "organizer_portal:preset_thumbnail": PICTURE,
    "organizer_portal:map_export": FILE,
    "organizer_portal:refund_quote": PART,
    "organizer_portal:pairing_qr": PICTURE,
    "organizer_portal:tax_report_csv": FILE,
    "organizer_portal:account_file": FILE,
    "organizer_portal:account_csv": FILE,
    "organizer_portal:statement_file": FILE,
    "organizer_portal:statement_csv": FILE,
    "organizer_portal:codes_csv": FILE,
    "organizer_portal:batch_csv": FILE,
    "organizer_portal:dispute_pack": FILE,
    "organizer_portal:check": PART,
    "organizer_portal:payments_return": ONWARD,
    "organizer_portal:brand_verdict": PART,
    "storefront:seat_map": DATA,
    "storefront:apple_pay": FILE,
    "storefront:affiliate_link": ONWARD,
    "storefront:affiliate_event_link": ONWARD,
    "storefront:affiliate_qr_svg": PICTURE,
    "storefront:affiliate_qr_png": PICTURE,
    "storefront:affiliate_statement_pdf": FILE,
    "storefront:affiliate_statement_csv": FILE,
    "storefront:order_status": PART,
    "storefront:order_pdf": FILE,
    "storefront:order_receipt": FILE,
    "storefront:order_calendar": FILE,
    "storefront:ticket_code": PICTURE,
    "storefront:theme": DATA,
    "storefront:media": FILE,
    "storefront:waiting_draw": DATA,
    "waiting_room:challenge": DATA,
    "waiting_room:position": DATA,
    "waiting_room:fairness": DATA,
    "waiting_room:order": FILE,
    "console:check": PART,
    "marketplace:opening": ONWARD,  # unless no prepared schema was at hand
    "console:fee_example": PART,
}
WHO = {
    "account_logout": "owner",
    "account_second_factor": "halfway",
    "account_second_factor_enrol": "newcomer",
    "account_security": "owner",
    "storefront:account": "buyer",
    "storefront:account_closure": "buyer",
    "storefront:affiliate": "affiliate",
    "storefront:affiliate_statement": "affiliate",
}


def _is_drawn(page: Page) -> None:
    page.locator("canvas").first.wait_for()
    page.wait_for_timeout(1000)


def _choose_dates(page: Page) -> None:
    page.locator("[data-tick-month]").first.click()
    page.locator("#change").select_option("shift")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="Move in time").wait_for()


ACTS = dict.fromkeys(("organizer_portal:seats", "organizer_portal:seat_map_editor"), _is_drawn)


def screens(scene: Scene) -> Iterator[Screen]:
    """All of them, the addresses in the order of the matrix. Inside the first organizer."""
    hosts = {"config.urls": scene.made.house.host, "config.public_urls": settings.PLATFORM_HOST}
    seen = set()  # both hosts have the pages of signing in
    for urlconf, rows in HOSTS.items():
        for name, row in rows.items():
            if name in seen:
                continue
            seen.add(name)
            if row.method == "GET" and name not in NO_SCREEN and not name.startswith("api:"):
                arguments = _right_arguments(scene).get(name)
                path = reverse(name, urlconf, arguments) if arguments else address(name, urlconf, scene.made)
                yield Screen(name.replace(":", "-"), hosts[urlconf], path, _who(name), act=ACTS.get(name))
    yield from _other_states(scene)
    yield from _without_a_server(scene)
    yield from _mails(scene)


def _who(name: str) -> str:
    if name in WHO:
        return WHO[name]
    return {"organizer_portal": "owner", "console": "admin"}.get(name.partition(":")[0], "nobody")


def _right_arguments(scene: Scene) -> dict[str, list[Any]]:
    """What is there, and the right tokens, where the matrix asks with wrong ones."""
    made, order, show = scene.made, [scene.paid.number, scene.paid.token], scene.show
    date = show.performances.get()
    map_ = SeatMap.objects.filter(versions__isnull=False).earliest("pk")
    kind = TicketType.objects.filter(event=made.event).earliest("pk")
    moving = TicketType.objects.get(event=made.event, price__gt=0)
    return {
        "organizer_portal:event_dates": [scene.series.pk],
        "organizer_portal:date_cancellation": [scene.series.pk, scene.gone.pk],
        "organizer_portal:seats": [show.pk, date.pk],
        "organizer_portal:seat_plan": [show.pk],
        "organizer_portal:date_map": [show.pk, date.pk],
        "organizer_portal:seat_move": [show.pk, date.pk, scene.seated.positions.earliest("pk").pk],
        "organizer_portal:type_refund_policy": [made.event.pk, kind.pk],
        "organizer_portal:prices": [made.event.pk],
        "organizer_portal:price_rules": [made.event.pk, moving.pk],
        "organizer_portal:price_simulator": [made.event.pk, moving.pk],
        "organizer_portal:bundle": [made.event.pk, Bundle.objects.filter(event=made.event).earliest("pk").pk],
        "organizer_portal:event_fees": [scene.draft.pk],
        "organizer_portal:own_fee": [scene.draft.pk, OwnFee.objects.earliest("pk").pk],
        "organizer_portal:discounts": [scene.draft.pk],
        "organizer_portal:new_discount": [scene.draft.pk],
        "organizer_portal:discount": [scene.draft.pk, scene.draft.discounts.earliest("pk").pk],
        "organizer_portal:code": [PromoCode.objects.filter(batch=None).earliest("pk").pk],
        "organizer_portal:batch": [CodeBatch.objects.earliest("pk").pk],
        "organizer_portal:tax": [TaxRate.objects.earliest("pk").pk],
        "organizer_portal:event_property": [Property.objects.earliest("pk").pk],
        "organizer_portal:event_shares": [scene.draft.pk],
        "organizer_portal:statement": [scene.paid.event_id],
        "organizer_portal:simulator": [scene.paid.event_id],
        "organizer_portal:map_version": [map_.pk, map_.versions.earliest("pk").pk],
        "organizer_portal:seat_map": [map_.pk],
        "organizer_portal:order": [scene.paid.number],
        "organizer_portal:refund": [scene.paid.number],
        "organizer_portal:refund_request": [RefundRequest.objects.earliest("pk").pk],
        "organizer_portal:affiliate": [scene.brought.attribution.affiliate_id],
        "organizer_portal:affiliate_account": [scene.brought.attribution.affiliate_id, "EUR"],
        "organizer_portal:commission": [scene.brought.pk],
        "organizer_portal:partner_link": [Partner.objects.earliest("pk").token],
        "organizer_portal:member": [Membership.objects.get(role=Membership.Role.DOOR).pk],
        "organizer_portal:invitation": [Invitation.objects.earliest("pk").token],
        "console:incident": [Incident.objects.earliest("pk").pk],
        "storefront:event": [scene.paid.event.slug],
        "storefront:seat_list": [show.slug],
        "storefront:checkout": [scene.hold.pk, scene.hold.token],
        "storefront:order": order,
        "storefront:cancellation": order,
        "storefront:sign_in_code": [scene.sign_in_id],
        "storefront:sign_in_link": [scene.sign_in_id, scene.sign_in_token],
        "storefront:waiting_place": place_of(Entry.State.WAITING),
        "storefront:left_order": list(Reminder.objects.values_list("pk", "token").earliest("agreed_at")),
        "waiting_room:queue": [scene.waiting.slug],
    }


def place_of(state: Entry.State) -> list[Any]:
    """The address of somebody's place on a waiting list."""
    entry = Entry.objects.filter(state=state).earliest("joined_at")
    return [entry.pk, entry.token]


def _other_states(scene: Scene) -> Iterator[Screen]:
    """What the same addresses show to others, later, or when asked wrongly."""
    host, platform, made = scene.made.house.host, settings.PLATFORM_HOST, scene.made
    gone = scene.made.refunded

    def portal(name: str, *arguments: Any) -> str:
        return reverse(f"organizer_portal:{name}", settings.ROOT_URLCONF, arguments)

    def of_order(order: Any, end: str = "") -> str:
        return f"/orders/{order.number}/{order.token}/{end}"

    yield Screen("event-with-seats", host, f"/events/{scene.show.slug}/", act=_is_drawn)
    code = PromoCode.objects.filter(batch=None).earliest("pk")
    yield Screen("event-with-code", host, f"/events/{made.event.slug}/?code={code.code}")
    yield Screen("event-wrong-code", host, f"/events/{made.event.slug}/?code=guess")
    yield Screen("code-for-event", host, f"{portal('new_code')}?event={made.event.pk}", who="owner")
    yield Screen("codes-for-event", host, f"{portal('new_batch')}?event={made.event.pk}", who="owner")
    yield Screen("finder-in-use", host, "/?category=classical&tag=chamber+music&until-minutes=120&price=60")
    yield Screen("finder-nothing", host, "/?q=ballet&p-seating=Seated")
    yield Screen("finder-mistakes", host, "/?price=cheap&from=2031-02-01&until=2031-01-01", status=422)
    yield Screen("finder-platform", platform, "/?category=classical&city=Berlin&q=piano")
    series = scene.series
    yield Screen("event-series", host, f"/events/{series.slug}/")
    yield Screen("dates-calendar", host, portal("event_dates", series.pk) + "?as=calendar", "owner")
    rule = "?first_on=2031-03-04&starts=15:00,20:00&repeats=weekly&weekdays=1&weekdays=5&interval=1&ends=count&count=9"
    yield Screen(
        "dates-proposed", host, portal("new_dates", series.pk) + rule + "&minutes=120&doors_minutes=60", "owner"
    )
    yield Screen("dates-change", host, portal("event_dates", series.pk), "owner", act=_choose_dates)
    yield Screen("event-free-and-paid", host, f"/events/{made.event.slug}/")
    yield Screen(
        "checkout-with-seats", host, f"/checkout/{scene.seat_hold.pk}/{scene.seat_hold.token}/", act=_card_is_there
    )
    yield Screen("checkout-mistakes", host, f"/checkout/{scene.hold.pk}/{scene.hold.token}/", act=_pay_with_nothing)
    yield Screen("order-unpaid", host, of_order(scene.unpaid), act=_card_is_there)
    yield Screen("order-refunded", host, of_order(gone))
    yield Screen("order-with-seats", host, of_order(scene.seated))
    yield Screen("order-request", host, of_order(made.ordered, "cancellation/"))
    yield Screen("affiliate-application", host, "/affiliates/", "buyer")
    yield Screen("find-order-sent", host, "/orders/?sent=1")
    yield Screen("line-joined", host, f"/events/{scene.waiting.slug}/queue/", act=_join)
    offered = reverse("storefront:waiting_place", settings.ROOT_URLCONF, place_of(Entry.State.OFFERED))
    yield Screen("waiting-place-offered", host, offered)
    yield Screen("waiting-list-sent", host, f"/events/{made.event.slug}/waiting-list/?sent=1")
    yield Screen("nothing-there", host, "/nothing-here/", status=404)
    yield Screen("nothing-there-platform", platform, "/nothing-here/", status=404)
    yield Screen("nobodys-host", f"nobody.{platform}", "/", status=404)
    yield Screen("suspended", scene.closed_host, "/", status=403)
    yield Screen("no-permission", host, portal("payouts"), who="door", status=403)
    yield Screen("sign-in-refused", host, "/portal/account/login/", act=_wrong_password)
    yield Screen("platform-sign-in", platform, "/account/login/")
    yield Screen("platform-security", platform, "/account/security/", "admin")
    yield Screen("sign-up-mistakes", platform, "/sign-up/", act=lambda page: _press(page, "Open it"))
    yield Screen("recovery-codes", host, "/portal/account/security/", "owner", act=_new_codes)
    yield Screen("door-paired", host, "/door/", act=lambda page: _pair(page, scene.door_token))
    yield Screen("door-steward", host, portal("door"), "door")
    yield Screen("portal-event-with-seats", host, portal("event", scene.show.pk), "owner")
    yield Screen("portal-event-draft", host, portal("event", scene.draft.pk), "owner")
    yield Screen("portal-event-sold", host, portal("event", scene.paid.event_id), "owner")
    for name, event in scene.staged.items():
        yield Screen(f"stage-portal-{name}", host, portal("event", event.pk), "owner")
        if name != "template":
            yield Screen(f"stage-page-{name}", host, f"/events/{event.slug}/")
    yield Screen("stage-list", host, "/")
    yield Screen("stage-portal-list", host, portal("events"), "owner")
    yield Screen("stage-order-test", host, of_order(scene.rehearsed))
    yield Screen("stage-portal-order-test", host, portal("order", scene.rehearsed.number), "owner")
    yield Screen("stage-portal-mode", host, portal("event_test_mode", scene.staged["test"].pk), "owner")
    yield Screen("stage-portal-mode-draft", host, portal("event_test_mode", scene.draft.pk), "owner")
    yield Screen("stage-portal-publishing", host, portal("event_publishing", scene.draft.pk), "owner")
    yield Screen("stage-portal-copy", host, portal("event_copies", scene.paid.event_id), "owner")
    yield Screen("stage-portal-copy-template", host, portal("event_copies", scene.staged["template"].pk), "owner")
    yield Screen("stage-preview", host, f"/events/{scene.draft.slug}/?preview={preview_token(scene.draft)}")
    yield Screen(
        "portal-event-mistakes",
        host,
        portal("new_event"),
        "owner",
        act=lambda page: _press(page, "Save and add tickets"),
    )
    yield Screen("portal-batch", host, portal("event_cancellation", scene.draft.pk), "owner")
    yield Screen("portal-line", host, portal("waiting_room", scene.waiting.pk), "owner")
    yield Screen("portal-orders-none", host, portal("orders") + "?q=nobody-has-this-name", "owner")
    yield Screen("portal-requests-all", host, portal("refund_requests") + "?state=declined", "owner")
    yield Screen("portal-shares-none", host, portal("event_shares", scene.show.pk), "owner")
    yield Screen("portal-fees-none", host, portal("event_fees", scene.show.pk), "owner")
    yield Screen("portal-incidents-all", host, portal("incidents") + "?state=all", "owner")
    yield Screen("portal-order-with-seats", host, portal("order", scene.seated.number), "owner")
    yield Screen("console-search-none", platform, "/console/?q=nobody", "admin")
    yield Screen("console-incidents-all", platform, "/console/incidents/?state=all", "admin")


def _without_a_server(scene: Scene) -> Iterator[Screen]:
    """Pages for when nothing works, and the tickets as they are printed."""
    host = scene.made.house.host
    for status, template in ((500, "500.html"), (503, "ui/503.html"), (429, "429.html"), (403, "ui/form_refused.html")):
        name = "error-" + template.removeprefix("ui/").removesuffix(".html")
        yield Screen(name, host, f"/error/{name}/", status=status, document=render_to_string(template))


def _mails(scene: Scene) -> Iterator[Screen]:
    """The newest mail of each kind."""
    newest = {mail.key.partition(":")[0]: mail for mail in EmailMessage.objects.exclude(html="").order_by("pk")}
    for kind, mail in newest.items():
        yield Screen(f"mail-{kind}", scene.made.house.host, f"/mail/{kind}/", document=mail.html)


def tickets(scene: Scene) -> Any:
    """The pages of an order's PDF as pictures."""
    document = pypdfium2.PdfDocument(render_tickets(scene.seated))
    return [page.render(scale=1.5).to_pil() for page in document]


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).last.press("Enter")
    page.get_by_role("alert").first.wait_for()


def _card_is_there(page: Page) -> None:
    page.frame_locator("#payment-element iframe").get_by_label("Card number").wait_for()


def _pay_with_nothing(page: Page) -> None:
    _card_is_there(page)
    _press(page, "Pay")


def _join(page: Page) -> None:
    if page.get_by_role("button", name="Join the line").count():
        page.get_by_role("button", name="Join the line").click()
    page.locator("[data-queue=early], [data-queue=waiting]").wait_for()


def _wrong_password(page: Page) -> None:
    page.get_by_label("E-mail").fill("nora@northside.example")
    page.get_by_label("Password").fill("wrong")
    _press(page, "Sign in")


def _new_codes(page: Page) -> None:
    page.get_by_role("button", name="Make new codes").click()
    page.get_by_role("heading", name="recovery codes").wait_for()


def _pair(page: Page, token: str) -> None:
    """Pair the phone and start; the second time it remembers both."""
    start, field = page.get_by_role("button", name="Start scanning"), page.get_by_label("Device token")
    code = page.get_by_label("Code on the ticket")
    start.or_(field).or_(code).locator("visible=true").first.wait_for()
    if field.is_visible():
        field.fill(token)
        page.get_by_role("button", name="Pair", exact=True).click()
        start.wait_for()
    if start.is_visible():
        with suppress(TimeoutError):  # a phone that was started before starts by itself a moment later
            start.click(timeout=5000)
    code.wait_for()
