"""Settings, all from the environment. Two modes:

*Embedded* (no DATABASE_URL, or an SQLite one): one machine, everything under VAR_DIR, safe to try.
*Production* (DATABASE_URL names PostgreSQL): secrets must be given, HTTPS is assumed. PRODUCTION=false
keeps a throwaway PostgreSQL out of it. Each secret NAME may be given as NAME_FILE, a file holding it.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.templatetags.static import static
from import_export.formats.base_formats import CSV, XLSX

from config.business_days import business_calendar
from config.logs import lines_to_stderr
from config.monitoring import metrics, tracing
from config.outgoing import event_pace, event_readers
from config.quoting import quote_storage, supplier_words
from config.warehouses import feed_patience, handing_over
from config.workbooks import workbook_rules, workbook_storage

django_stubs_ext.monkeypatch()
env = environ.Env()


def secret(name: str, default: str = "") -> str:
    """The value of NAME, or the stripped content of the file NAME_FILE points to."""
    path = env.str(f"{name}_FILE", default="")
    if not path:
        return str(env.str(name, default=default))
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot read {path} ({error.strerror}).") from error


# --- Where things lie ---------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- Database -----------------------------------------------------------------------------

DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)


def database() -> dict[str, Any]:
    config: dict[str, Any] = dict(env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}"))
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"].endswith("sqlite3"):
        # WAL and IMMEDIATE together: web, worker and beat write without lock errors.
        options |= {"timeout": 20, "transaction_mode": "IMMEDIATE"}
        options["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        return config
    config["CONN_HEALTH_CHECKS"] = True
    # A pool keeps its own connections; Django refuses to keep a second set alive beside it.
    config["CONN_MAX_AGE"] = 0 if DATABASE_POOL_SIZE else 60
    if DATABASE_POOL_SIZE:
        options["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10}
    return config


DATABASES = {"default": database()}
PRODUCTION = env.bool("PRODUCTION", default=not DATABASES["default"]["ENGINE"].endswith("sqlite3"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Secrets and hosts --------------------------------------------------------------------


def own_secret_key() -> str:
    """A key of this installation's own, made on first use and readable by its owner only."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(secrets.token_urlsafe(60))
    return path.read_text(encoding="utf-8")


def secret_key() -> str:
    if key := secret("SECRET_KEY"):
        return key
    if not PRODUCTION:
        return own_secret_key()
    raise ImproperlyConfigured(
        "SECRET_KEY is missing. DATABASE_URL names a production database, so set SECRET_KEY (or "
        "SECRET_KEY_FILE) to a long random text, for example what this prints: "
        'python -c "import secrets; print(secrets.token_urlsafe(60))"'
    )


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = secret_key()
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else LOOPBACK)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ENVIRONMENT_NAME = env.str("ENVIRONMENT_NAME", default="Production" if PRODUCTION else "Demo")

# --- Transport security: on in production -------------------------------------------------

HTTPS_ONLY = env.bool("HTTPS_ONLY", default=PRODUCTION)
SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS_ONLY else None
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_AGE = 12 * 3600
# The owner of the domain decides on browser preload lists, not one application in it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# The theme's Alpine.js evaluates expressions and sets style attributes; nothing else is let in.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        **dict.fromkeys(("base-uri", "form-action"), [SELF]),
        **dict.fromkeys(("object-src", "frame-ancestors"), [NONE]),
    }
}

# --- Applications -------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "ninja",
    "import_export",
    "simple_history",
    "django_celery_beat",
    "approvals.apps.ApprovalsConfig",
    "netsuite.apps.NetsuiteConfig",
    "inventory.apps.InventoryConfig",
    "quotes.apps.QuotesConfig",
]

MIDDLEWARE = [
    "config.correlating.correlating",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    }
]
PASSWORD_RULES = ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{rule}Validator"} for rule in PASSWORD_RULES
]

# --- Time and language ----------------------------------------------------------------------

# Where counts are made: the Monday of the weekly count is a Monday here.
COUNT_TIME_ZONE = env.str("COUNT_TIME_ZONE", default="America/New_York")
TIME_ZONE = COUNT_TIME_ZONE
BUSINESS_DAYS, BUSINESS_HOLIDAYS = business_calendar(env)
USE_TZ = True
USE_I18N = False
DATETIME_FORMAT = "M j, Y, H:i"
DATE_FORMAT = "M j, Y"
# How long a person who is asked to go and look has for it, in hours.
STOCK_QUESTION_HOURS = env.float("STOCK_QUESTION_HOURS", default=2)
# Moves the clock of a demonstration or a test; never in production.
CLOCK_OFFSET_SECONDS = env.int("CLOCK_OFFSET_SECONDS", default=0)
if CLOCK_OFFSET_SECONDS and PRODUCTION:
    raise ImproperlyConfigured("CLOCK_OFFSET_SECONDS must be 0 in production: unset it.")

# --- Files ----------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
# Compressing takes twenty seconds, which a first look need not wait for.
HASHED = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
HASHED_AND_COMPRESSED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "quotes": quote_storage(env, secret),
    "excel": workbook_storage(env, secret, VAR_DIR / "workbooks"),
    "staticfiles": {"BACKEND": HASHED_AND_COMPRESSED if PRODUCTION else HASHED},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# An approver may tick every line of a large envelope.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# --- Worker: the broker carries wake-up calls only --------------------------------------------

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://localhost/")
BROKER_IS_REDIS = CELERY_BROKER_URL.startswith("redis")
BROKER_IS_FOLDER = CELERY_BROKER_URL.startswith("filesystem://")
# A broker that is away costs a request at most the two seconds of socket_timeout.
FEW_RETRIES = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}


def broker_transport_options() -> dict[str, Any]:
    if BROKER_IS_FOLDER:
        folder = str(VAR_DIR / "broker")
        return {"data_folder_in": folder, "data_folder_out": folder, "polling_interval": 0.1}
    if BROKER_IS_REDIS:
        return {**FEW_RETRIES, "socket_connect_timeout": 1, "socket_timeout": 2, "health_check_interval": 15}
    return {}


CELERY_BROKER_TRANSPORT_OPTIONS = broker_transport_options()
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP, CELERY_BROKER_CONNECTION_MAX_RETRIES = True, None
CELERY_TASK_PUBLISH_RETRY_POLICY = FEW_RETRIES
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_TIMEZONE = COUNT_TIME_ZONE
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Remote control needs fan-out queues, which a folder keeps for ever.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not BROKER_IS_FOLDER
CELERY_BEAT_MAX_LOOP_INTERVAL = 1  # seconds; also how long a stop may wait for beat
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# --- Cache: shared by processes, so never in-process memory -----------------------------------

# Redis database 1 beside the broker's database 0: clearing a cache empties its database.
BESIDE_BROKER = urlsplit(CELERY_BROKER_URL)._replace(path="/1").geturl()
CACHE_DEFAULT = BESIDE_BROKER if BROKER_IS_REDIS else f"filecache://{VAR_DIR / 'cache'}"
CACHES = {"default": env.cache_url("CACHE_URL", default=CACHE_DEFAULT)}

# --- Mail -------------------------------------------------------------------------------------

EMAIL = env.email_url("EMAIL_URL", default=f"filemail:///{str(VAR_DIR / 'mail').lstrip('/')}")
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"].replace("django.core.mail.backends.smtp", "approvals.mail.smtp")
EMAIL_FILE_PATH = f"/{str(EMAIL['EMAIL_FILE_PATH']).lstrip('/')}"
EMAIL_HOST = EMAIL["EMAIL_HOST"] or "localhost"
EMAIL_PORT = EMAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = secret("EMAIL_HOST_PASSWORD", default=EMAIL["EMAIL_HOST_PASSWORD"] or "")
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_TLS", False), EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="countersign@example.com")
WAREHOUSE_MAILBOX = env.str("WAREHOUSE_MAILBOX", default="warehouse@example.com")
INVENTORY_MANAGER_MAILBOX = env.str("INVENTORY_MANAGER_MAILBOX", default=WAREHOUSE_MAILBOX)

# --- NetSuite: the embedded mode talks to the simulator beside it ----------------------------


def simulated(value: str) -> str:
    """A default that opens nothing but the simulator."""
    return "" if PRODUCTION else value


def netsuite_host(service: str) -> str:
    """The address NetSuite gives an account: 1234567_SB1 lives at 1234567-sb1.<service>..."""
    if not PRODUCTION and NETSUITE_ACCOUNT == "TSTDRV1":
        return f"http://127.0.0.1:{env.int('NETSUITE_SIMULATOR_PORT', default=8099)}"
    name = NETSUITE_ACCOUNT.lower().replace("_", "-")
    return f"https://{name}.{service}.api.netsuite.com" if name else ""


NETSUITE_ACCOUNT = env.str("NETSUITE_ACCOUNT", default=simulated("TSTDRV1"))
NETSUITE_RESTLET_BASE_URL = env.str("NETSUITE_RESTLET_BASE_URL", default=netsuite_host("restlets"))
NETSUITE_REST_BASE_URL = env.str("NETSUITE_REST_BASE_URL", default=netsuite_host("suitetalk"))
NETSUITE_SCRIPT = env.str("NETSUITE_SCRIPT", default="customscript_countersign_push")
NETSUITE_DEPLOY = env.str("NETSUITE_DEPLOY", default="customdeploy_countersign_push")
NETSUITE_TRANSPORT = env.str("NETSUITE_TRANSPORT", default="restlet")
NETSUITE_AUTH = env.str("NETSUITE_AUTH", default="tba")
NETSUITE_CONSUMER_KEY = secret("NETSUITE_CONSUMER_KEY", default=simulated("sim-consumer-key"))
NETSUITE_CONSUMER_SECRET = secret("NETSUITE_CONSUMER_SECRET", default=simulated("sim-consumer-secret"))
NETSUITE_TOKEN = secret("NETSUITE_TOKEN", default=simulated("sim-token"))
NETSUITE_TOKEN_SECRET = secret("NETSUITE_TOKEN_SECRET", default=simulated("sim-token-secret"))
# OAuth 2.0 client credentials. A key file that cannot be read is told by a check, it stops no start.
NETSUITE_CLIENT_ID = env.str("NETSUITE_CLIENT_ID", default="")
NETSUITE_CERTIFICATE_ID = env.str("NETSUITE_CERTIFICATE_ID", default="")
NETSUITE_PRIVATE_KEY = env.str("NETSUITE_PRIVATE_KEY", default="")
NETSUITE_PRIVATE_KEY_FILE = env.str("NETSUITE_PRIVATE_KEY_FILE", default="")
NETSUITE_M2M_ALGORITHM = env.str("NETSUITE_M2M_ALGORITHM", default="PS256")
NETSUITE_SCOPES = env.list("NETSUITE_SCOPES", default=["restlets", "rest_webservices"])
NETSUITE_SCOPE_AS_TEXT = env.bool("NETSUITE_SCOPE_AS_TEXT", default=False)
# The transaction body field for the payload hash. Left empty, the record API's lines themselves are compared.
NETSUITE_HASH_FIELD = env.str("NETSUITE_HASH_FIELD", default="custbody_countersign_payload_hash")
NETSUITE_ADJUSTMENT_ACCOUNT_ID = env.str("NETSUITE_ADJUSTMENT_ACCOUNT_ID", default="")
NETSUITE_SUBSIDIARY_ID = env.str("NETSUITE_SUBSIDIARY_ID", default="")
# Seconds. A RESTlet may run for 300, so a time-out before that says nothing; a call to the record API for 900.
NETSUITE_CONNECT_TIMEOUT = env.float("NETSUITE_CONNECT_TIMEOUT", default=10)
NETSUITE_READ_TIMEOUT = env.float("NETSUITE_READ_TIMEOUT", default=320)
NETSUITE_VERIFY_WAIT = env.float("NETSUITE_VERIFY_WAIT", default=60)
NETSUITE_LAST_ATTEMPT_WAIT = env.float(
    "NETSUITE_LAST_ATTEMPT_WAIT", default=930 if NETSUITE_TRANSPORT == "rest" else 330
)
NETSUITE_LATER_WAIT = env.float("NETSUITE_LATER_WAIT", default=3600)
NETSUITE_AUTH_PROBE_WAIT = env.float("NETSUITE_AUTH_PROBE_WAIT", default=60)
NETSUITE_AUTH_HALT = env.float("NETSUITE_AUTH_HALT", default=1800)
NETSUITE_DRAIN_SECONDS = env.float("NETSUITE_DRAIN_SECONDS", default=150)
NETSUITE_QUERY_WAIT = env.float("NETSUITE_QUERY_WAIT", default=5)
NETSUITE_QUERY_SECONDS = env.float("NETSUITE_QUERY_SECONDS", default=240)
# A snapshot of NetSuite's balances with a smaller share of the rows of the last one is refused.
NETSUITE_MIRROR_LEAST_SHARE = env.float("NETSUITE_MIRROR_LEAST_SHARE", default=0.9)

# --- Quotes: the supplier's words on paper ----------------------------------------------------

QUOTE_LETTERHEAD, QUOTE_SIGNATORY, QUOTE_STATEMENTS = supplier_words(env, simulated, PRODUCTION)
# How long an offer stands when nobody says otherwise.
QUOTE_VALID_DAYS = env.int("QUOTE_VALID_DAYS", default=30)

# --- Stock workbooks, the feed of a WMS, events out, metrics, tracing -----------------------------

EXCEL_AUTO_FIX, EXCEL_STALE_AFTER_HOURS = workbook_rules(env)
EVENTS_SUBSCRIPTIONS, EVENTS_ALLOWED_HOSTS, EVENTS_KEEP_DAYS = event_readers(env, [] if PRODUCTION else LOOPBACK)
EVENTS_TIMEOUT, EVENTS_LANES, EVENTS_SLICE = event_pace(env)
WMS_GAP_WINDOW, WMS_SILENT_MINUTES = feed_patience(env)
WMS_STALE_AFTER_HOURS, WMS_GATE_DAYS = handing_over(env)
METRICS_TOKEN, METRICS_CACHE_SECONDS, METRICS_SLOW_CACHE_SECONDS = metrics(env, secret)
OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME = tracing(env)

# --- Import, export, history ------------------------------------------------------------------

IMPORT_FORMATS = EXPORT_FORMATS = [XLSX, CSV]
IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
# Preview and confirmation may be answered by different web processes.
IMPORT_EXPORT_TMP_STORAGE_CLASS = "import_export.tmp_storages.MediaStorage"
SIMPLE_HISTORY_ENFORCE_HISTORY_MODEL_PERMISSIONS = True
SIMPLE_HISTORY_REVERT_DISABLED = True

# --- Admin theme ------------------------------------------------------------------------------


def environment_label(request: HttpRequest) -> list[str]:
    """The badge in the admin's header: text and colour."""
    return [ENVIRONMENT_NAME, "danger" if PRODUCTION else "info"]


def favicon(request: HttpRequest) -> str:
    return static("countersign/favicon.svg")


UNFOLD = {
    "SITE_TITLE": "Countersign",
    "SITE_HEADER": "Countersign",
    "SITE_SUBHEADER": "Inventory control",
    "SITE_SYMBOL": "inventory_2",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "config.settings.environment_label",
    "DASHBOARD_CALLBACK": "inventory.admin.dashboard.dashboard",
    "SIDEBAR": {"show_search": False, "navigation": "config.navigation.sidebar"},
}

# --- Logging: one line an event, to stderr ------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="text")
# A line for each update of a WMS and each event delivered: for finding out, not for every day.
LOG_EACH_UPDATE = env.bool("LOG_EACH_UPDATE", default=False)
LOGGING = lines_to_stderr(LOG_LEVEL, LOG_FORMAT, each=LOG_EACH_UPDATE)
