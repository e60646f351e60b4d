"""The product's settings with the edge alone, on our backend or on the stock one."""

import os

from config.settings import *  # noqa: F403
from config.settings import CACHES, DATABASES, MEDIA_ROOT, SHARED_APPS, TENANT_APPS

# allauth insists on its middleware, which has no part in this.
SHARED_APPS = [app for app in SHARED_APPS if not app.startswith("allauth")]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
ENGINE = os.environ["LEAK_ENGINE"]
ROOT_URLCONF = PUBLIC_SCHEMA_URLCONF = "tests.tenants.leaks.views"
LOGGING = {"version": 1, "disable_existing_loggers": True}
MEDIA_ROOT = MEDIA_ROOT / "leaks"

if ENGINE == "stock":
    DATABASES["default"]["ENGINE"] = "django_tenants.postgresql_backend"
    CACHES["default"]["KEY_FUNCTION"] = "django_tenants.cache.make_key"
    MIDDLEWARE = ["django_tenants.middleware.TenantMainMiddleware"]
    STORAGES = {
        "private": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
else:
    MIDDLEWARE = ["tenants.middleware.TenantMiddleware"]
