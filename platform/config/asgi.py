"""HTTP and WebSockets for daphne; in production HTTP is gunicorn's (config.wsgi)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()  # sets Django up before anything below imports models

from channels.routing import ProtocolTypeRouter, URLRouter

from config.sockets import routes
from tenants.scope import OrganizerScope

application = ProtocolTypeRouter({"http": django_application, "websocket": OrganizerScope(URLRouter(routes))})
