"""Which WebSocket leads where."""

from django.urls import path

from analytics.consumers import SalesConsumer

routes = [path("ws/sales/", SalesConsumer.as_asgi())]
