"""Which WebSocket leads where."""

from django.urls import path

from analytics.consumers import SalesConsumer
from storefront.consumers import StockConsumer
from waiting_room.consumers import LineConsumer

routes = [
    path("ws/sales/", SalesConsumer.as_asgi()),
    path("ws/stock/<uuid:performance_id>/", StockConsumer.as_asgi()),
    # Beneath the event, where its cookies go.
    path("events/<str:slug>/queue/live/", LineConsumer.as_asgi()),
]
