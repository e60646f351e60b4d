"""The organizer's public site. Nouns only; what a buyer does is something they make."""

from django.urls import path

from storefront import accounts, affiliates, cancellations, left_orders, links, prices, seat_maps, waiting_lists
from storefront.views import checkout, events, orders, site

app_name = "storefront"

_left = "left-orders/<uuid:reminder_id>/<str:token>/"
_place = "waiting-list/<uuid:entry_id>/<str:token>/"
_order = "orders/<str:number>/<str:token>/"

urlpatterns = [
    path("", events.event_list, name="events"),
    path("events/<str:slug>/", events.event_page, name="event"),
    path("events/<str:slug>/dates.ics", events.event_calendar, name="event_calendar"),
    path("events/<str:slug>/password/", events.event_password, name="event_password"),
    path("events/<str:slug>/holds/", checkout.holds, name="holds"),
    path("events/<str:slug>/seats/", checkout.seat_list, name="seat_list"),
    path("events/<str:slug>/prices/", prices.prices, name="prices"),
    path("events/<str:slug>/waiting-list/", waiting_lists.waiting_list, name="waiting_list"),
    path(
        "events/<str:slug>/waiting-list/<uuid:performance_id>/draw.json",
        waiting_lists.waiting_draw,
        name="waiting_draw",
    ),
    path(_place, waiting_lists.waiting_place, name="waiting_place"),
    path(f"{_place}confirmation/", waiting_lists.waiting_confirmation, name="waiting_confirmation"),
    path(f"{_place}departure/", waiting_lists.waiting_departure, name="waiting_departure"),
    path("checkout/<uuid:hold_id>/<str:token>/", checkout.checkout_page, name="checkout"),
    path("checkout/<uuid:hold_id>/<str:token>/reminder/", left_orders.checkout_reminder, name="checkout_reminder"),
    path(_left, left_orders.left_order, name="left_order"),
    path(f"{_left}holds/", left_orders.left_order_holds, name="left_order_holds"),
    path(f"{_left}stop/", left_orders.left_order_stop, name="left_order_stop"),
    path("checkout/<uuid:hold_id>/<str:token>/release/", checkout.release, name="release"),
    path("checkout/<uuid:hold_id>/<str:token>/extension/", checkout.extension, name="extension"),
    path("checkout/<uuid:hold_id>/<str:token>/code/", checkout.hold_code, name="hold_code"),
    path("seats/<str:digest>.json", seat_maps.geometry_file, name="seat_map"),
    path("orders/", orders.find_order, name="find_order"),
    path(_order, orders.order_page, name="order"),
    path(f"{_order}payment/", orders.order_payment, name="order_payment"),
    path(f"{_order}status/", orders.order_status, name="order_status"),
    path(f"{_order}tickets.pdf", orders.order_pdf, name="order_pdf"),
    path(f"{_order}receipt.pdf", orders.order_receipt, name="order_receipt"),
    path(f"{_order}calendar.ics", orders.order_calendar, name="order_calendar"),
    path(f"{_order}tickets/<int:index>.png", orders.ticket_code, name="ticket_code"),
    path(f"{_order}emails/", orders.order_emails, name="order_emails"),
    path(f"{_order}cancellation/", cancellations.cancellation, name="cancellation"),
    path("account/", accounts.account, name="account"),
    path("account/details/", accounts.account_details, name="account_details"),
    path("account/sign-in/", accounts.sign_in, name="sign_in"),
    path("account/sign-in/<uuid:sign_in_id>/", accounts.sign_in_code, name="sign_in_code"),
    path("account/sign-in/<uuid:sign_in_id>/<str:token>/", accounts.sign_in_link, name="sign_in_link"),
    path("account/cards/<str:card_id>/removal/", accounts.card_removal, name="card_removal"),
    path("account/closure/", accounts.account_closure, name="account_closure"),
    path("account/sign-out/", accounts.account_sign_out, name="sign_out"),
    path("r/<str:code>/", links.follow, name="affiliate_link"),
    path("r/<str:code>/<str:slug>/", links.follow, name="affiliate_event_link"),
    path("affiliates/", affiliates.programme_page, name="affiliate_programme"),
    path("account/affiliate/", affiliates.dashboard, name="affiliate"),
    path("account/affiliate/qr/<str:slug>.svg", affiliates.qr_file, {"kind": "svg"}, name="affiliate_qr_svg"),
    path("account/affiliate/qr/<str:slug>.png", affiliates.qr_file, {"kind": "png"}, name="affiliate_qr_png"),
    path("account/affiliate/statements/<str:currency>/", affiliates.statement, name="affiliate_statement"),
    path("account/affiliate/statements/<str:currency>.pdf", affiliates.statement_file, name="affiliate_statement_pdf"),
    path("account/affiliate/statements/<str:currency>.csv", affiliates.statement_csv, name="affiliate_statement_csv"),
    path("terms/", site.legal, {"kind": "terms"}, name="terms"),
    path("privacy/", site.legal, {"kind": "privacy"}, name="privacy"),
    path("imprint/", site.legal, {"kind": "imprint"}, name="imprint"),
    path("theme/<str:digest>.css", site.theme, name="theme"),
    path("media/<path:path>", site.media, name="media"),
    path(".well-known/apple-developer-merchantid-domain-association", site.apple_pay_association, name="apple_pay"),
]
