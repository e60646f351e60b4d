"""HTTP and WebSockets for daphne; in production HTTP is gunicorn's (config.wsgi)."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_POOL_TIMEOUT", "0.9")  # a request that gets no connection by then is told to come back
django_application = get_asgi_application()  # sets Django up before anything below imports models

from channels.routing import ProtocolTypeRouter, URLRouter

from config.sockets import routes
from storefront.onsale import OnSale
from tenants.scope import OrganizerScope

# Holds are answered in front of Django, wherever this application serves HTTP (docs/on-sale.md).
application = ProtocolTypeRouter({"http": OnSale(django_application), "websocket": OrganizerScope(URLRouter(routes))})

# What is loaded by now stays for the life of the process: leave it out of the collector's rounds, which would stop everybody
# for a tenth of a second each. And let it come seldom: thousands of requests under way are many young objects and hardly any
# garbage, and looking at them took an eighth of this process's time.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 100)
