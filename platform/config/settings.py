"""Settings, one flat file. Every value that differs between machines comes from the environment or `.env`."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"

env = environ.Env()
environ.Env.read_env(ROOT / ".env")

# --- What this process is -----------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
TESTING = env.bool("MARQUEE_TEST", default=False)  # turns failpoints on; never in production
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not (DEBUG or TESTING):
        raise ImproperlyConfigured("SECRET_KEY is not set. Put a long random string into the environment or .env.")
    SECRET_KEY = "only-for-tests-and-debugging-" + "x" * 32

BASE_URL = env.str("BASE_URL", default="http://localhost:8000").rstrip("/")
_base = urlsplit(BASE_URL)
PLATFORM_SCHEME = _base.scheme
PLATFORM_HOST = _base.hostname or "localhost"
PLATFORM_PORT = f":{_base.port}" if _base.port else ""
IS_HTTPS = PLATFORM_SCHEME == "https"
PLATFORM_NAME = env.str("PLATFORM_NAME", default="Marquee")

# Unknown hosts are answered 404 by tenants.middleware; the list of known ones is the Domain table.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.public_urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"

# --- Apps: wholly public, wholly an organizer's, or in both on purpose -------------------------------------------------
BOTH_APPS = ["audit", "outbox", "notifications", "idempotency", "ledger"]
SHARED_APPS = [
    "daphne",
    "tenants",
    "django_tenants",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "django_vite",
    "widget_tweaks",
    "allauth",
    "allauth.account",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "ui",
    *BOTH_APPS,
    "inbox",
    "keyring",
    "accounts",
    "marketplace",
    "console",
    "pricing",
    "checkout",
    "storefront",
]
TENANT_APPS = [
    *BOTH_APPS,
    "people",
    "seating",
    "events",
    "promotions",
    "inventory",
    "waiting_room",
    "waitlist",
    "recovery",
    "orders",
    "payments",
    "tickets",
    "repricing",
    "organizer_portal",
    "payouts",
    "scanning",
    "reconciliation",
    "analytics",
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
TENANT_MODEL = "tenants.Organizer"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True
SHOW_PUBLIC_IF_NO_TENANT_FOUND = False

MIDDLEWARE = [
    "waiting_room.middleware.WaitingRoomMiddleware",  # first: a poll must cost less than anything else
    "ui.middleware.RequestIdMiddleware",
    "tenants.middleware.TenantMiddleware",
    "ui.middleware.SecurityHeadersMiddleware",
    "ui.middleware.ApiMiddleware",
    "ui.middleware.AddressMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.SessionHostMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "ui.middleware.FormGuardMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ui.context.page",
            ]
        },
    }
]

# --- Database -----------------------------------------------------------------------------------------------------------
# The product runs as a role that cannot alter tables; migrations and provisioning run as the owner.
DATABASE_URL = env.str("DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/marquee")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default=DATABASE_URL)
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8)  # per process; all processes together < max_connections
DATABASE_PAYING_POOL_SIZE = env.int("DATABASE_PAYING_POOL_SIZE", default=3)  # besides, for people who are paying


def _database(url: str) -> dict[str, Any]:
    server = environ.Env.db_url_config(url)
    return {
        **server,
        "ENGINE": "tenants.pg",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,  # by tenants.pg as a connection leaves the pool; the pool's own would sleep a second
        "OPTIONS": {
            "connect_timeout": 3,  # seconds
            "tcp_user_timeout": 10_000,  # milliseconds: a wire that swallows what is sent is a broken one
            **server.get("OPTIONS", {}),  # ?sslmode=verify-full and the like
            # A held lock or a runaway statement must cost one request, not the pool (docs/locking.md).
            "options": "-c statement_timeout=15s -c lock_timeout=4s -c idle_in_transaction_session_timeout=30s",
            "pool": {
                "min_size": 1,
                "max_size": DATABASE_POOL_SIZE,
                "timeout": env.float("DATABASE_POOL_TIMEOUT", default=10.0),  # seconds a request waits for a connection
                "max_lifetime": 1200,
                "max_idle": 300,
                # A pool that has given up connects anew for the next request; while it has not, it waits ever longer
                # between tries, up to minutes after Postgres is back.
                "reconnect_timeout": 2.0,
            },
        },
    }


DATABASES = {"default": _database(DATABASE_URL)}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: gate, cache, broker and fan-out; losing it costs speed, never a place or a cent ---------------------------------
# A database number at the end of the address (/0) is the first of four that are used in a row.
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379").rstrip("/")


def _redis(offset: int) -> str:
    url = urlsplit(REDIS_URL)
    return str(url._replace(path=f"/{int(url.path.strip('/') or 0) + offset}").geturl())


# A Redis that hangs must cost each request half a second, not its answer.
_once_more = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
REDIS_PATIENCE: dict[str, Any] = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry": _once_more}
CACHES = {
    "default": {
        "BACKEND": "tenants.cache.SharedConnectionsCache",
        "LOCATION": _redis(1),
        "KEY_FUNCTION": "tenants.cache.organizer_key",
        "OPTIONS": REDIS_PATIENCE,
    },
    # Shared facts such as host -> organizer: the same key in every organizer.
    "public": {
        "BACKEND": "tenants.cache.SharedConnectionsCache",
        "LOCATION": _redis(2),
        "OPTIONS": REDIS_PATIENCE,
    },
    # What one process counts by itself while Redis is away (ui/limits.py).
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "tenants.cache.organizer_key",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}
KEEPS_HOT_PAGES = env.bool(
    "KEEPS_HOT_PAGES", default=True
)  # a public page that many ask for at once is made once a second (ui/edge.py)
LIVE_REDIS_URL = _redis(2)  # live counts; every key there carries the organizer
STOCK_SOCKETS_PER_NETWORK = env.int("STOCK_SOCKETS_PER_NETWORK", default=500)  # in one process; further pages poll
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # channels_redis waits up to 5 s for a message inside one read, so a read must be given longer than that.
        "CONFIG": {
            "hosts": [{"address": _redis(3), "socket_timeout": 7, "socket_connect_timeout": 1}],
            "expiry": 30,
            "capacity": 500,
        },
    }
}
CELERY_BROKER_URL = _redis(0)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # tasks are idempotent; a killed worker's task runs again
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.int("CELERY_VISIBILITY_TIMEOUT", default=600),
    "socket_timeout": 5,  # longer than a worker waits for its next task
    "socket_connect_timeout": 2,
    # 0 comes first (CELERY_TASK_ROUTES).
    "priority_steps": [0, 5],
    "queue_order_strategy": "priority",
}
# While five hundred mails wait, payments are settled: what may take long and can wait comes later.
CELERY_TASK_ROUTES = {
    name: {"priority": 5} for name in ("outbox.drain", "outbox.drain_platform", "stock.prove_changed", "stock.prove")
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Celery would end a child's whole pool of connections before and after each task. Ours go back to it (tenants/tasks.py).
CELERY_DB_REUSE_MAX = 10_000
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240

# --- Sign-in ---------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail is unique, by a constraint on its lower case
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.QuickArgon2PasswordHasher" if TESTING else "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)  # one proxy of ours stands before every process
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0  # whose address the limits count
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/portal/"
OTP_TOTP_ISSUER = PLATFORM_NAME

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
BUYER_COOKIE_NAME = "__Host-buyer" if IS_HTTPS else "buyer"  # a buyer's sign-in at one organizer (people/sign_in.py)
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrftoken"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = False  # htmx reads it from the page's meta tag instead; kept readable for islands
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "ui.views.form_refused"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None

# --- Language, time, numbers ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # storage and logs; pages show the event's zone

# --- Files ------------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(VAR / "static"))
STATICFILES_DIRS = [path for path in [VAR / "static-build"] if path.exists()]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR / "media")))
MEDIA_URL = "/media/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+-[\w-]{10}\.\w+$"  # Vite's names carry a hash (vite.config.ts)
STORAGES = {
    "default": {"BACKEND": "tenants.storage.PrivateStorage"},
    "public": {"BACKEND": "tenants.storage.PublicStorage"},
    "private": {"BACKEND": "tenants.storage.PrivateStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DJANGO_VITE = {
    "default": {
        "dev_mode": env.bool("VITE_DEV", default=False),
        "manifest_path": VAR / "static-build" / "manifest.json",
    }
}

# --- Mail --------------------------------------------------------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="smtp://127.0.0.1:1025"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"tickets@{PLATFORM_HOST}")

# --- Stripe: with no address of a sandbox the same code talks to Stripe -----------------------------------------------------------
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env.str("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="").rstrip("/")
STRIPE_JS_URL = env.str("STRIPE_JS_URL", default="https://js.stripe.com/v3/")
# Stripe's file that proves to Apple that a host takes payments through Stripe; the same for every host (docs/money.md).
_APPLE_PAY_FILE = env.str("APPLE_PAY_ASSOCIATION_FILE", default="")
APPLE_PAY_ASSOCIATION = Path(_APPLE_PAY_FILE).read_text(encoding="ascii") if _APPLE_PAY_FILE else ""
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_CONNECT_WEBHOOK_SECRET = env.str("STRIPE_CONNECT_WEBHOOK_SECRET", default="")

# --- The product ----------------------------------------------------------------------------------------------------------------
# The platform's fee on a paid ticket for each currency of ui.money.CURRENCIES at least: basis points of the price
# (250 = 2.5 %), then minor units: fixed and, where wanted, the least and the most. An organizer may have one of its own.
PLATFORM_FEES: dict[str, list[int]] = {
    "EUR": [250, 50],
    "USD": [250, 50],
    "GBP": [250, 40],
    "CHF": [250, 50],
    "SEK": [250, 500],
    "NOK": [250, 500],
    "DKK": [250, 400],
    "PLN": [250, 200],
    "CZK": [250, 1200],
    "CAD": [250, 75],
    "AUD": [250, 75],
    "JPY": [250, 50],
    "KWD": [250, 50],  # not sold in yet: three decimals
    **env.json("PLATFORM_FEES", default={}),
}
# What a card payment costs the organizer at the provider, about: basis points and minor units, for the settlement simulator alone.
PAYMENT_COSTS: dict[str, list[int]] = {
    "EUR": [150, 25],
    "USD": [290, 30],
    "GBP": [150, 20],
    "CHF": [290, 30],
    "SEK": [150, 180],
    "NOK": [240, 200],
    "DKK": [150, 180],
    "PLN": [150, 100],
    "CZK": [150, 650],
    "CAD": [290, 30],
    "AUD": [170, 30],
    "JPY": [360, 0],
    **env.json("PAYMENT_COSTS", default={}),
}
REFUNDS_PER_SECOND = env.float("REFUNDS_PER_SECOND", default=10.0)  # of a cancelled event; Stripe takes 25 a second
SEAT_MAP_FILE_MAX = env.int("SEAT_MAP_FILE_MAX", default=20 * 1024 * 1024)  # bytes of an imported seat map
PREPARED_SCHEMAS = env.int("PREPARED_SCHEMAS", default=3)  # how many ready schemas the pool keeps
OUTBOX_HANDLERS = "config.handlers.HANDLERS"
OUTBOX_WAKE = "config.handlers.wake"
INBOX_WAKE = "config.tasks.wake_inbox"
TICKET_KEY_SECRET = env.str("TICKET_KEY_SECRET", default=SECRET_KEY)  # seals the private signing keys at rest
FAILPOINT = env.str("FAILPOINT", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "ui.request_id.RequestIdFilter"}},
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {request_id} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"fontTools": {"level": "WARNING"}, "weasyprint": {"level": "ERROR"}, "stripe": {"level": "WARNING"}},
}
