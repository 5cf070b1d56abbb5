"""Settings, read from the environment; README.md documents every variable in one table.

With none set, everything lives under `var/` and the system answers on this machine only.
`SIS_PRODUCTION=1` takes no default that is unsafe in public: it wants its own key and hosts.
"""

import logging
import os
import sys
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from .assembly import AUTH_PASSWORD_VALIDATORS as AUTH_PASSWORD_VALIDATORS
from .assembly import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from .assembly import INSTALLED_APPS, MIDDLEWARE
from .assembly import TEMPLATES as TEMPLATES
from .environment import (
    bounded_storage,
    declared,
    for_whom,
    local_secret_key,
    one_of,
    path_prefix,
    postgresql_options,
    require_in_production,
    sqlite_options,
)
from .logs import FORMATS as LOG_FORMATS
from .logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

SIS_VERSION = "0.1.0"

SIS_VAR_DIR = Path(env.str("SIS_VAR_DIR", default="") or BASE_DIR / "var").resolve()
# The same variables, one NAME=value a line; what the environment sets wins.
SIS_SETTINGS_FILE = SIS_VAR_DIR / "settings.env"
if SIS_SETTINGS_FILE.is_file():
    env.read_env(SIS_SETTINGS_FILE, overwrite=False)

# What stands before every address where the site is not at the root of its host.
SIS_PATH_PREFIX = path_prefix(env.str("SIS_PATH_PREFIX", default=""))
FORCE_SCRIPT_NAME = SIS_PATH_PREFIX or None
SIS_PRODUCTION = env.bool("SIS_PRODUCTION", default=False)
# Whether a server loads the network and the matrix when it starts, not when somebody searches.
SIS_WARM_START = env.bool("SIS_WARM_START", default=SIS_PRODUCTION)
DEBUG = env.bool("DJANGO_DEBUG", default=False)
SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("DJANGO_CSRF_TRUSTED_ORIGINS", default=[])
if SIS_PRODUCTION:
    require_in_production("DJANGO_SECRET_KEY", SECRET_KEY)
    require_in_production("DJANGO_ALLOWED_HOSTS", ALLOWED_HOSTS)
else:
    SECRET_KEY = SECRET_KEY or local_secret_key(SIS_VAR_DIR / "secret_key")
    ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]

ROOT_URLCONF = "sis_project.urls"
WSGI_APPLICATION = "sis_project.wsgi.application"

# --- Data -----------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{SIS_VAR_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    sqlite_options(DATABASES["default"])
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    postgresql_options(
        DATABASES["default"], connections=env.int("SIS_DATABASE_CONNECTIONS", default=20)
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MEDIA_ROOT = SIS_VAR_DIR / "media"
MEDIA_URL = f"{SIS_PATH_PREFIX}/media/"
STATIC_URL = f"{SIS_PATH_PREFIX}/static/"
STATIC_ROOT = SIS_VAR_DIR / "static"
# Under names with the hash of their content, which browsers keep for good. Production collects
# them by a command, quickstart each time it starts.
STATIC_IS_COLLECTED = SIS_PRODUCTION or sys.argv[1:2] == ["quickstart"]
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ROOT = BASE_DIR / "static" / "root"  # what browsers ask for without being told
STORAGES = {
    "default": {
        "BACKEND": bounded_storage(
            env.str("SIS_STORAGE_BACKEND", default="django.core.files.storage.FileSystemStorage")
        ),
        "OPTIONS": env.json("SIS_STORAGE_OPTIONS", default={}),
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_IS_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
# Of their own, as {"BACKEND": …, "OPTIONS": {…}}; otherwise they lie with the originals.
for _alias, _name in (
    ("thumbnails", "SIS_THUMBNAILS_STORAGE"),
    ("queries", "SIS_QUERIES_STORAGE"),
):
    if _declared := env.json(_name, default=None):
        STORAGES[_alias] = _declared | {"BACKEND": bounded_storage(_declared["BACKEND"])}
# Where nobody runs collectstatic, files are served straight from the sources.
WHITENOISE_USE_FINDERS = not STATIC_IS_COLLECTED
if not SIS_PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns where it is missing

# Several processes count together here; `migrate` makes the table.
CACHES = {
    "default": env.cache("SIS_CACHE_URL")
    if env.str("SIS_CACHE_URL", default="")
    else {
        "BACKEND": "sis_project.counting.CountingDatabaseCache",
        "LOCATION": "sis_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
TASKS = {
    "default": {
        # Kept in the database until a worker does it: quickstart runs one.
        "BACKEND": env.str("SIS_TASKS_BACKEND", default="django_tasks_db.DatabaseBackend")
    }
}

# --- Watching -------------------------------------------------------------------------------

SIS_LOG_FORMAT = one_of("SIS_LOG_FORMAT", env.str("SIS_LOG_FORMAT", default="plain"), LOG_FORMATS)
LOGGING = logging_settings(
    style=SIS_LOG_FORMAT,
    level=env.str("SIS_LOG_LEVEL", default="WARNING"),
    # Whether each request is a line, with its number and how long it took.
    requests=env.bool("SIS_LOG_REQUESTS", default=SIS_PRODUCTION),
)
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO  # robots ask for what does not exist
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # ours knows which proxy to believe
DJANGO_STRUCTLOG_USER_ID_FIELD = None  # would ask the database, which may be away

# What Prometheus sends to be shown /metrics; empty: nobody is.
SIS_METRICS_TOKEN = env.str("SIS_METRICS_TOKEN", default="")
# Where a worker shows its own, on this machine only; 0: nowhere.
SIS_METRICS_PORT = env.int("SIS_METRICS_PORT", default=0)
PROMETHEUS_EXPORT_MIGRATIONS = False
if SIS_METRICS_TOKEN:
    INSTALLED_APPS = [*INSTALLED_APPS, "django_prometheus"]
    MIDDLEWARE = [
        "django_prometheus.middleware.PrometheusBeforeMiddleware",
        *MIDDLEWARE,
        "django_prometheus.middleware.PrometheusAfterMiddleware",
    ]

# --- Search ---------------------------------------------------------------------------------

SIS_WEIGHTS = env.str("SIS_WEIGHTS", default="imagenet")
SIS_PRECISION = env.str("SIS_PRECISION", default="float32")
SIS_MAX_UPLOAD_BYTES = env.int("SIS_MAX_UPLOAD_BYTES", default=20 * 1024 * 1024)
SIS_MAX_PIXELS = env.int("SIS_MAX_PIXELS", default=100_000_000)
SIS_MAX_UPLOAD_PIXELS = env.int("SIS_MAX_UPLOAD_PIXELS", default=50_000_000)
SIS_QUERY_DAYS = env.int("SIS_QUERY_DAYS", default=30)
# Room for all stored queries together; 0: no quota.
SIS_QUERY_QUOTA_BYTES = env.int("SIS_QUERY_QUOTA_BYTES", default=1024**3)

# Name -> dotted path of a class, or {"BACKEND": path, "OPTIONS": {...}}; null takes one away.
SIS_DESCRIPTORS = declared(
    {
        "fc6": "catalog.descriptors.fc6.Fc6Descriptor",
        "lite0": "catalog.descriptors.lite0.Lite0Descriptor",
        "rgem-lite0": {
            "BACKEND": "catalog.descriptors.pooled.PooledDescriptor",
            "OPTIONS": {"backbone": "lite0", "layer": "top", "pooling": "rgem"},
        },
        "colour-layout": "catalog.descriptors.colour_layout.ColourLayoutDescriptor",
    },
    env.json("SIS_DESCRIPTORS", default={}),
)

# The same for local features, which prove by geometry that two pictures show the same thing.
SIS_LOCAL_DESCRIPTORS = declared(
    {"rootsift": "catalog.descriptors.local.rootsift.RootSift"},
    env.json("SIS_LOCAL_DESCRIPTORS", default={}),
)

# What a page's check by geometry may take; what is not done by then stays unproven.
SIS_GEOMETRY_SECONDS = env.float("SIS_GEOMETRY_SECONDS", default=5.0)

# Name -> a way to rank (see search/recipes/registry.py); null takes one away.
SIS_RECIPES = env.json("SIS_RECIPES", default={})
# The one that pages use where nothing else is chosen; empty: fc6 where it is trained, else lite0.
SIS_RECIPE = env.str("SIS_RECIPE", default="")

# How many uploads are worked on at a time, and how many more may wait for their turn. Together
# they leave some of the server's threads to pages.
SIS_UPLOADS_AT_ONCE = env.int("SIS_UPLOADS_AT_ONCE", default=min(4, os.cpu_count() or 1))
SIS_UPLOADS_WAITING = env.int("SIS_UPLOADS_WAITING", default=24)

# `exact`, `certified`, or the dotted path of an engine's class.
SIS_ENGINE = env.str("SIS_ENGINE", default="exact")
SEARCH_ENGINES = {
    "default": {
        "BACKEND": {
            "exact": "search.engines.exact.ExactEngine",
            "certified": "search.engines.certified.CertifiedEngine",
        }.get(SIS_ENGINE, SIS_ENGINE),
        "OPTIONS": {},
    },
    # Takes local features by words, which no other engine does.
    "aggregated": {
        "BACKEND": "search.engines.aggregated.AggregatedEngine",
        "OPTIONS": env.json("SIS_WORDS_OPTIONS", default={}),
    },
}

# --- Language -------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["sis_project.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("SIS_TIME_ZONE", default="UTC")

# --- Safety ---------------------------------------------------------------------------------

# Whether the proxy's X-Forwarded-For and X-Forwarded-Proto are believed.
SIS_BEHIND_PROXY = env.bool("SIS_BEHIND_PROXY", default=False)
# Of one address (IPv6: one /64); 0: no limit.
SIS_UPLOADS_PER_MINUTE = env.int("SIS_UPLOADS_PER_MINUTE", default=60)
SIS_LOGINS_PER_MINUTE = env.int("SIS_LOGINS_PER_MINUTE", default=30)
# Of one address with one name, in 15 minutes.
SIS_LOGIN_ATTEMPTS = env.int("SIS_LOGIN_ATTEMPTS", default=10)
# Whether originals are served with position, camera and comments.
SIS_SERVE_METADATA = env.bool("SIS_SERVE_METADATA", default=False)
# Whether caches between here and a browser may keep pictures; not where a log-in stands before.
SIS_SHARED_CACHES = env.bool("SIS_SHARED_CACHES", default=False)
# For whom searching and browsing, the originals, and the evaluation are: `everyone`, `accounts`, or
# the names of groups. Who may not search sees none of the others either.
SIS_SEARCH_FOR, SIS_ORIGINALS_FOR, SIS_EVALUATION_FOR = (
    for_whom(name, env.list(name, default=["everyone"]))
    for name in ("SIS_SEARCH_FOR", "SIS_ORIGINALS_FOR", "SIS_EVALUATION_FOR")
)
# Whether search engines may list the start page and the catalogue.
SIS_INDEXED = env.bool("SIS_INDEXED", default=True)

# Where letters for forgotten passwords are sent through, as smtp+tls://user:password@host:587;
# empty: there are none.
SIS_EMAIL_URL = env.str("SIS_EMAIL_URL", default="")
if SIS_EMAIL_URL:
    vars().update(env.email("SIS_EMAIL_URL"))
    EMAIL_TIMEOUT = 10
    DEFAULT_FROM_EMAIL = env.str("SIS_EMAIL_FROM", default="webmaster@localhost")

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "search:home"
LANGUAGE_COOKIE_HTTPONLY = True
# Another site on this host gets none of ours.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = f"{SIS_PATH_PREFIX}/"
LANGUAGE_COOKIE_SAMESITE = "Lax"

FILE_UPLOAD_HANDLERS = ["catalog.uploads.BoundedUploadHandler"]
# The admin's confirmation pages send one field per selected image.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if SIS_PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SIS_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.int("SIS_HSTS_SECONDS", default=3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool(
        "SIS_HSTS_SUBDOMAINS", default=False
    )
    if SIS_BEHIND_PROXY:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
