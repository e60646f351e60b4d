"""The organizer's staff screens. Nouns only: a refund, a publication, a delivery is something that gets made."""

from django.urls import path

from organizer_portal.views import door, events, home, money, orders, seating, settings, stock, team, waiting_room

app_name = "organizer_portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("today/", home.today, name="today"),
    path("events/", events.events, name="events"),
    path("events/new/", events.new_event, name="new_event"),
    path("events/<uuid:event_id>/", events.event, name="event"),
    path("events/<uuid:event_id>/sales/", events.sales, name="sales"),
    path("events/<uuid:event_id>/dates/<uuid:performance_id>/", events.date, name="event_date"),
    path("events/<uuid:event_id>/dates/<uuid:performance_id>/seats/", seating.seats, name="seats"),
    path("events/<uuid:event_id>/dates/<uuid:performance_id>/seats.json", seating.seats_data, name="seats_data"),
    path("events/<uuid:event_id>/dates/<uuid:performance_id>/seats.csv", seating.seats_csv, name="seats_csv"),
    path(
        "events/<uuid:event_id>/dates/<uuid:performance_id>/seats/figures/", seating.seat_figures, name="seat_figures"
    ),
    path("events/<uuid:event_id>/dates/<uuid:performance_id>/blocks/", seating.blocks, name="blocks"),
    path(
        "events/<uuid:event_id>/dates/<uuid:performance_id>/blocks/<uuid:block_id>/releases/",
        seating.block_releases,
        name="block_releases",
    ),
    path(
        "events/<uuid:event_id>/dates/<uuid:performance_id>/seats/<uuid:position_id>/move/",
        seating.seat_move,
        name="seat_move",
    ),
    path("events/<uuid:event_id>/details/", events.change, name="event_details"),
    path("events/<uuid:event_id>/waiting-room/", waiting_room.waiting_room, name="waiting_room"),
    path("events/<uuid:event_id>/waiting-room/line/", waiting_room.line, name="line"),
    path("events/<uuid:event_id>/proofs/", stock.proofs, name="stock_proofs"),
    path("events/<uuid:event_id>/dates/<uuid:performance_id>/resumption/", stock.resumption, name="sale_resumption"),
    path("events/<uuid:event_id>/publication/", events.publication, name="publication"),
    path("events/<uuid:event_id>/ticket-types/new/", events.new_ticket_type, name="new_ticket_type"),
    path("events/<uuid:event_id>/ticket-types/<uuid:ticket_type_id>/", events.ticket_type, name="ticket_type"),
    path("price/", events.price, name="price"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("orders/<str:number>/deliveries/", orders.deliveries, name="deliveries"),
    path("orders/<str:number>/refund/", orders.refund, name="refund"),
    path("door/", door.door, name="door"),
    path("door/<uuid:event_id>/", door.event_door, name="event_door"),
    path("door/<uuid:event_id>/gates/", door.gates, name="gates"),
    path("door/<uuid:event_id>/gates/<uuid:gate_id>/devices/", door.devices, name="devices"),
    path("door/devices/<uuid:device_id>/revocation/", door.revocations, name="revocation"),
    path("door/pairings/<str:pairing>.svg", door.pairing_qr, name="pairing_qr"),
    path("payouts/", money.payouts, name="payouts"),
    path("payments/", money.payments, name="payments"),
    path("payments/onboardings/", money.onboardings, name="onboardings"),
    path("payments/return/", money.payments_return, name="payments_return"),
    path("settings/", settings.settings, name="settings"),
    path("settings/team/", team.team, name="team"),
    path("settings/team/invitations/", team.invitations, name="invitations"),
    path("settings/team/invitations/<uuid:invitation_id>/withdrawal/", team.withdrawals, name="withdrawal"),
    path("settings/team/<int:member_id>/", team.member, name="member"),
    path("settings/team/<int:member_id>/removal/", team.removals, name="removal"),
    path("invitations/<str:token>/", team.invitation, name="invitation"),
    path("settings/legal/", settings.legal, name="legal"),
    path("settings/branding/", settings.branding, name="branding"),
    path("settings/branding/verdict/", settings.brand_verdict, name="brand_verdict"),
]
