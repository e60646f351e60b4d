"""The organizer's public site. Nouns only; what a buyer does is something they make."""

from django.urls import path

from storefront import accounts, affiliates, cancellations, left_orders, links, prices, seat_maps, views, waiting_lists

app_name = "storefront"

_left = "left-orders/<uuid:reminder_id>/<str:token>/"
_place = "waiting-list/<uuid:entry_id>/<str:token>/"
_order = "orders/<str:number>/<str:token>/"

urlpatterns = [
    path("", views.event_list, name="events"),
    path("events/<str:slug>/", views.event_page, name="event"),
    path("events/<str:slug>/dates.ics", views.event_calendar, name="event_calendar"),
    path("events/<str:slug>/password/", views.event_password, name="event_password"),
    path("events/<str:slug>/holds/", views.holds, name="holds"),
    path("events/<str:slug>/seats/", views.seat_list, name="seat_list"),
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
    path("checkout/<uuid:hold_id>/<str:token>/", views.checkout_page, name="checkout"),
    path("checkout/<uuid:hold_id>/<str:token>/reminder/", left_orders.checkout_reminder, name="checkout_reminder"),
    path(_left, left_orders.left_order, name="left_order"),
    path(f"{_left}holds/", left_orders.left_order_holds, name="left_order_holds"),
    path(f"{_left}stop/", left_orders.left_order_stop, name="left_order_stop"),
    path("checkout/<uuid:hold_id>/<str:token>/release/", views.release, name="release"),
    path("checkout/<uuid:hold_id>/<str:token>/extension/", views.extension, name="extension"),
    path("checkout/<uuid:hold_id>/<str:token>/code/", views.hold_code, name="hold_code"),
    path("seats/<str:digest>.json", seat_maps.geometry_file, name="seat_map"),
    path("orders/", views.find_order, name="find_order"),
    path(_order, views.order_page, name="order"),
    path(f"{_order}payment/", views.order_payment, name="order_payment"),
    path(f"{_order}status/", views.order_status, name="order_status"),
    path(f"{_order}tickets.pdf", views.order_pdf, name="order_pdf"),
    path(f"{_order}receipt.pdf", views.order_receipt, name="order_receipt"),
    path(f"{_order}calendar.ics", views.order_calendar, name="order_calendar"),
    path(f"{_order}tickets/<int:index>.png", views.ticket_code, name="ticket_code"),
    path(f"{_order}emails/", views.order_emails, name="order_emails"),
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
    path("terms/", views.legal, {"kind": "terms"}, name="terms"),
    path("privacy/", views.legal, {"kind": "privacy"}, name="privacy"),
    path("imprint/", views.legal, {"kind": "imprint"}, name="imprint"),
    path("theme/<str:digest>.css", views.theme, name="theme"),
    path("media/<path:path>", views.media, name="media"),
    path(".well-known/apple-developer-merchantid-domain-association", views.apple_pay_association, name="apple_pay"),
]
