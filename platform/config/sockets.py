"""Which WebSocket leads where."""

from django.urls import path

from analytics.consumers import SalesConsumer
from storefront.consumers import StockConsumer

routes = [
    path("ws/sales/", SalesConsumer.as_asgi()),
    path("ws/stock/<uuid:performance_id>/", StockConsumer.as_asgi()),
]
