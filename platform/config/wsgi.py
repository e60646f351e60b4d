"""HTTP for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_POOL_TIMEOUT", "0.9")  # a request that gets no connection by then is told to come back
application = get_wsgi_application()

# As in config.asgi: what is loaded stays, so the collector need not look at it again.
gc.collect()
gc.freeze()
