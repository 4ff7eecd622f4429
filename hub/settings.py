"""Django settings, every one from the environment or a default that is safe.

In: environment variables (docs/operator/settings.md has a heading for each). Out: Django's settings.
Loads without secrets, database or broker, so that type checkers and `check` can import it; what is missing
is then told by the system checks (hub.checks). Variables that cannot be understood stop it with one sentence.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from celery.schedules import crontab

from hub import environment as env
from hub.admin_site import static_file
from hub.embedded import folders
from lrs import turns
from lrs.auth.access import SCOPES

# Lets classes of Django take type parameters at run time, as forms.ModelForm[Credential].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
HUB_VERSION = "0.1.0"

# Where the hub is and keeps its things
HUB_DATA_DIR = env.folder("HUB_DATA_DIR", Path.cwd() / "var")
HUB_HOST = env.text("HUB_HOST", "127.0.0.1")
HUB_PORT = env.whole("PORT", 8000, least=1, most=65_535)
# A command run beside `make serve` names the address that was served last, unless it is told another.
HUB_PUBLIC_URL = (
    env.text("HUB_PUBLIC_URL")
    or ("" if env.text("PORT") else folders.public_url(HUB_DATA_DIR))
    or f"http://localhost:{HUB_PORT}"
).rstrip("/")
HUB_METRICS_TOKEN = env.text("HUB_METRICS_TOKEN")

# Safety
DEBUG = env.flag("DEBUG", default=False)
INSECURE_SECRET_KEY = "insecure-only-for-tools-that-never-serve"  # noqa: S105  a placeholder a check refuses
SECRET_KEY = env.text("SECRET_KEY") or folders.secret_key(HUB_DATA_DIR) or INSECURE_SECRET_KEY
SECRET_KEY_FALLBACKS = env.listed("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.listed(
    "ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]", urlsplit(HUB_PUBLIC_URL).hostname or "localhost")
)
CSRF_TRUSTED_ORIGINS = env.listed("CSRF_TRUSTED_ORIGINS", (HUB_PUBLIC_URL,))
HUB_BEHIND_PROXY = env.flag("HUB_BEHIND_PROXY", default=False)
HUB_PROXIES = env.whole("HUB_PROXIES", 1, least=1)
HUB_HTTPS = env.flag("HUB_HTTPS", default=HUB_PUBLIC_URL.startswith("https://"))
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HUB_BEHIND_PROXY else None
USE_X_FORWARDED_HOST = HUB_BEHIND_PROXY
SECURE_SSL_REDIRECT = HUB_HTTPS and env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.whole("SECURE_HSTS_SECONDS", 31_536_000 if HUB_HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_PRELOAD", default=False)
SESSION_COOKIE_SECURE = HUB_HTTPS
CSRF_COOKIE_SECURE = HUB_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = env.whole("SESSION_COOKIE_AGE", 8 * 3600, least=60)
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # These look for Django's middleware by name; ours are subclasses of it (hub.middleware).
    "security.W001",
    "security.W002",
    "security.W003",
    # Native applications come back to http://127.0.0.1 (RFC 8252).
    "oauth2_provider.W008",
]

INSTALLED_APPS = [
    "hub",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "oauth2_provider",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "pgtrigger",
    "pghistory",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_prometheus",
    "lrs",
    "connectors",
    "compliance",
]

# The first one sees every request. Those named Website… do nothing at all under /xapi/ (hub.middleware);
# allauth's, which it insists on by name, only keeps the request at hand.
MIDDLEWARE = [
    "hub.middleware.RequestLog",
    "hub.middleware.WebsiteSecurity",
    "hub.middleware.WebsiteStatic",
    "hub.middleware.WebsiteSession",
    "hub.middleware.WebsiteCommon",
    "hub.middleware.WebsiteCsrf",
    "hub.middleware.WebsiteAuthentication",
    "hub.middleware.WebsiteActing",
    "hub.middleware.WebsiteMessages",
    "hub.middleware.WebsiteFrames",
    "allauth.account.middleware.AccountMiddleware",
    "hub.middleware.WebsiteAccounts",
    "hub.middleware.WebsiteDisclosures",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
APPEND_SLASH = True

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "hub" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Database: DATABASE_URL, else the embedded one under HUB_DATA_DIR. Connections stay open for the life of a
# thread; a broken one is found by Django at the start of the next request. DATABASE_OWNER_URL is for
# migrations alone (hub.database): web, worker and beat neither need it nor should be told it.
HUB_EMBEDDED_DATABASE = not env.text("DATABASE_URL")
_database: dict[str, Any] = env.database("DATABASE_URL") or env.database_from_url(
    folders.database_url(HUB_DATA_DIR)
)
HUB_DATABASE_OWNER: dict[str, Any] | None = env.database("DATABASE_OWNER_URL") or (
    env.database_from_url(folders.database_url(HUB_DATA_DIR, folders.OWNER_ROLE))
    if HUB_EMBEDDED_DATABASE
    else None
)
HUB_APPLICATION_ROLE = str(_database["USER"])
_database["CONN_MAX_AGE"] = None
_database["CONN_HEALTH_CHECKS"] = env.flag("HUB_DATABASE_HEALTH_CHECKS", default=True)
_database["OPTIONS"] = {
    "connect_timeout": env.whole("HUB_DATABASE_CONNECT_SECONDS", 5, least=1),
    "application_name": "lrs-hub",
    "options": f"-c statement_timeout={env.whole('HUB_STATEMENT_TIMEOUT_MS', 60_000)}"
    f" -c lock_timeout={env.whole('HUB_LOCK_TIMEOUT_MS', 15_000)}"
    " -c idle_in_transaction_session_timeout=60000",
    **_database["OPTIONS"],
}
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Broker and cache: CELERY_BROKER_URL, else the embedded Valkey under HUB_DATA_DIR.
HUB_EMBEDDED_BROKER = not env.text("CELERY_BROKER_URL")
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL") or folders.broker_url(HUB_DATA_DIR)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"socket_connect_timeout": 2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
#: A lost wake-up is found by the sweep; a request must not wait for the broker.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = turns.SHORT
#: What takes minutes or hours has a worker of its own; all else is done within seconds (lrs.turns).
CELERY_TASK_ROUTES = {
    task: {"queue": turns.LONG}
    for task in (
        "compliance.check_log",
        "compliance.dispose_nightly",
        "compliance.make_report",
        "connectors.learn_rhythms",
        "connectors.prune",
        "connectors.reconcile",
        "connectors.reconcile_nightly",
        "connectors.run_sync",
        "lrs.clear_expired",
    )
}
CELERY_TASK_SOFT_TIME_LIMIT = 300
CELERY_TASK_TIME_LIMIT = 360
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "Hand the feed's consumers what a lost wake-up missed": {"task": "lrs.sweep_consumers", "schedule": 5.0},
    "Follow changes of the workforce record": {"task": "connectors.sweep_changes", "schedule": 5.0},
    "Have completions follow identities, courses and rules": {
        "task": "compliance.follow_completions",
        "schedule": 5.0,
    },
    "Start the syncs that are due, carry on those left behind": {
        "task": "connectors.sync_due",
        "schedule": 60.0,
    },
    "Raise and clear alerts": {"task": "connectors.evaluate_alerts", "schedule": 60.0},
    "Send alerts to their channels": {"task": "connectors.deliver_alerts", "schedule": 5.0},
    "Learn when each LMS usually posts": {"task": "connectors.learn_rhythms", "schedule": 3600.0},
    "Compare every source with the hub": {
        "task": "connectors.reconcile_nightly",
        "schedule": crontab(hour=1, minute=40),
    },
    "Tell actors anew whose rules changed, and rank who they may be": {
        "task": "connectors.tell_actors",
        "schedule": 30.0,
    },
    "Log what is new, and publish it": {"task": "compliance.sequence_log", "schedule": 5.0},
    "Have others vouch for the log": {"task": "compliance.vouch_for_log", "schedule": 60.0},
    "Check everything that was logged": {
        "task": "compliance.check_log",
        "schedule": crontab(hour=2, minute=20),
    },
    "Open the reviews of the audit trail that are due": {
        "task": "compliance.open_audit_reviews",
        "schedule": 3600.0,
    },
    "Delete alerts, reconciliations and details of runs kept long enough": {
        "task": "connectors.prune",
        "schedule": crontab(hour=3, minute=20),
    },
    "Begin a review of who has access, where one is due": {
        "task": "compliance.begin_access_review",
        "schedule": crontab(hour=3, minute=20),
    },
    "Disable accounts nobody uses": {
        "task": "compliance.disable_inactive_accounts",
        "schedule": crontab(hour=3, minute=40),
    },
    "Post records of signed files": {"task": "compliance.post_training_files", "schedule": 60.0},
    "Follow what the status of people stands on": {"task": "compliance.follow_status", "schedule": 5.0},
    "Follow what the calendar brings to requirements": {"task": "compliance.pass_time", "schedule": 60.0},
    "Queue reminders that are due": {"task": "compliance.queue_reminders", "schedule": 300.0},
    "Make reports that are due, and remove old ones": {"task": "compliance.tend_reports", "schedule": 60.0},
    "Send reminders": {"task": "compliance.send_reminders", "schedule": 15.0},
    "List what falls due, carry on approved dispositions": {
        "task": "compliance.dispose_nightly",
        "schedule": crontab(hour=4, minute=10),
    },
    "Keep every inbox within its bounds": {"task": "lrs.trim_inbox", "schedule": 600.0},
    "Clear expired sessions and tokens": {"task": "lrs.clear_expired", "schedule": 86_400.0},
}
for _entry in CELERY_BEAT_SCHEDULE.values():
    if isinstance(_entry["schedule"], float):
        # A worker that was away long need not be woken for each time it missed.
        _entry["options"] = {"expire_seconds": max(turns.STALE_SECONDS, int(_entry["schedule"]))}

# Cache: HUB_CACHE_URL, else the broker where that is a Redis or Valkey, else each process for itself.
HUB_CACHE_URL = env.text("HUB_CACHE_URL") or (
    CELERY_BROKER_URL if CELERY_BROKER_URL.startswith(("redis", "valkey", "unix")) else ""
)
CACHES: dict[str, Any] = {"default": folders.cache(HUB_CACHE_URL)}

# People
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "compliance.accounts.guessing.GuessingBackend",
    "django.contrib.auth.backends.ModelBackend",
    "compliance.access.backend.GrantBackend",
]
# The first is for people's passwords, the second for those set by older hubs; the last keeps OAuth client
# secrets, which are random.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "lrs.auth.hasher.KeyedHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "compliance.accounts.passwords.NotUsedBefore"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = env.whole("AXES_FAILURE_LIMIT", 5, least=1)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "lrs.auth.address.address_of"

# Second factors (django-allauth); accounts are made by administrators, and passwords reset by two of them.
ACCOUNT_ADAPTER = "compliance.accounts.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# django-axes counts failures; a second lock with other limits would only confuse.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
MFA_ADAPTER = "compliance.accounts.adapters.Factors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "LRS Hub"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_TRUST_ENABLED = False
#: Browsers keep passkeys for https and for localhost alone; the second is told by its name.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HUB_HTTPS

# Signatures, passwords and sessions of people (compliance.conf)
COMPLIANCE_SEAL_KEYS = env.listed("COMPLIANCE_SEAL_KEYS")
COMPLIANCE_SIGNING_IDLE_SECONDS = env.whole("COMPLIANCE_SIGNING_IDLE_SECONDS", 600, least=10, most=3600)
COMPLIANCE_SIGNING_SECONDS = env.whole("COMPLIANCE_SIGNING_SECONDS", 14_400, least=10)
COMPLIANCE_SIGNING_SECOND_FACTOR = env.choice(
    "COMPLIANCE_SIGNING_SECOND_FACTOR", "enrolled", ("enrolled", "always")
)
COMPLIANCE_PASSWORD_DAYS = env.whole("COMPLIANCE_PASSWORD_DAYS", 180)
COMPLIANCE_PASSWORD_HISTORY = env.whole("COMPLIANCE_PASSWORD_HISTORY", 12, most=24)
COMPLIANCE_ACCOUNT_LOCK_FAILURES = env.whole("COMPLIANCE_ACCOUNT_LOCK_FAILURES", 20)
COMPLIANCE_ACCOUNT_LOCK_SECONDS = env.whole("COMPLIANCE_ACCOUNT_LOCK_SECONDS", 900, least=60)
COMPLIANCE_INACTIVE_DAYS = env.whole("COMPLIANCE_INACTIVE_DAYS", 90)
COMPLIANCE_SESSION_IDLE_SECONDS = env.whole("COMPLIANCE_SESSION_IDLE_SECONDS", 1_800, least=60)
COMPLIANCE_DEVICE_CHECK = env.choice("COMPLIANCE_DEVICE_CHECK", "off", ("off", "sign", "all"))
COMPLIANCE_DEVICE_TEST_DAYS = env.whole("COMPLIANCE_DEVICE_TEST_DAYS", 365, least=1)
COMPLIANCE_PURPOSE_REQUIRED = env.flag("COMPLIANCE_PURPOSE_REQUIRED", default=False)

OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
# Who may do what is the record store's business (lrs.auth); these make the toolkit keep to RFC 9700 as well.
OAUTH2_PROVIDER: dict[str, Any] = {
    "SCOPES": SCOPES,
    "SCOPES_BACKEND_CLASS": "lrs.auth.oauth_server.CredentialScopes",
    "OAUTH2_VALIDATOR_CLASS": "lrs.auth.oauth_server.Validator",
    "CLIENT_SECRET_HASHER": "lrs_keyed",
    "ACCESS_TOKEN_EXPIRE_SECONDS": env.whole("OAUTH_TOKEN_SECONDS", 3600, least=60, most=86_400),
    "REFRESH_TOKEN_EXPIRE_SECONDS": env.whole("OAUTH_REFRESH_SECONDS", 30 * 86_400, least=3600),
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "PKCE_REQUIRED": True,
    # http only for programs on the user's own machine (RFC 8252); lrs.auth.issue refuses it elsewhere.
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"],
    "OIDC_ISS_ENDPOINT": HUB_PUBLIC_URL,
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["authorization_code", "client_credentials", "refresh_token"],
    "OAUTH2_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": ["client_secret_basic", "client_secret_post", "none"],
    "OAUTH2_PROTECTED_RESOURCE_IDENTIFIER": f"{HUB_PUBLIC_URL}/xapi/",
    "OAUTH2_PROTECTED_RESOURCE_NAME": "xAPI",
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
}

# API credentials (lrs.auth)
LRS_SECRET_PEPPER = env.text("LRS_SECRET_PEPPER")
LRS_SECRET_PEPPER_FALLBACKS = env.listed("LRS_SECRET_PEPPER_FALLBACKS")
LRS_FAILURES_PER_MINUTE = env.whole("LRS_FAILURES_PER_MINUTE", 30)
LRS_REQUESTS_PER_MINUTE = env.whole("LRS_REQUESTS_PER_MINUTE", 0)
LRS_CREDENTIAL_SECONDS = env.whole("LRS_CREDENTIAL_SECONDS", 5, most=5)
LRS_CORS_ORIGINS = env.listed("LRS_CORS_ORIGINS", ("*",))

# Limits of the xAPI (lrs.conf)
LRS_BODY_BYTES = env.whole("LRS_BODY_BYTES", 64 * 1024 * 1024, least=1024)
LRS_BATCH_STATEMENTS = env.whole("LRS_BATCH_STATEMENTS", 10_000, least=1)
LRS_DOCUMENT_BYTES = env.whole("LRS_DOCUMENT_BYTES", 16 * 1024 * 1024, least=1024)
LRS_JSON_DEPTH = env.whole("LRS_JSON_DEPTH", 200, least=20, most=500)
LRS_PAGE_STATEMENTS = env.whole("LRS_PAGE_STATEMENTS", 100, least=1)
LRS_PAGE_STATEMENTS_MOST = env.whole("LRS_PAGE_STATEMENTS_MOST", 1_000, least=1)

# The sync engine and its secrets: connectors.conf reads these.
CONNECTORS_SYNC_ATTEMPTS = env.whole("CONNECTORS_SYNC_ATTEMPTS", 5, least=1, most=100)
CONNECTORS_SYNC_STALLED_SECONDS = env.whole("CONNECTORS_SYNC_STALLED_SECONDS", 120, least=30)
CONNECTORS_CIRCUIT_FAILURES = env.whole("CONNECTORS_CIRCUIT_FAILURES", 5, least=1)
CONNECTORS_CIRCUIT_SECONDS = env.whole("CONNECTORS_CIRCUIT_SECONDS", 300, least=1)
CONNECTORS_KEEP_ALERTS_DAYS = env.whole("CONNECTORS_KEEP_ALERTS_DAYS", 730)
CONNECTORS_KEEP_DELIVERIES_DAYS = env.whole("CONNECTORS_KEEP_DELIVERIES_DAYS", 90)
CONNECTORS_KEEP_RECONCILIATIONS_DAYS = env.whole("CONNECTORS_KEEP_RECONCILIATIONS_DAYS", 730)
CONNECTORS_KEEP_RUN_DETAILS_DAYS = env.whole("CONNECTORS_KEEP_RUN_DETAILS_DAYS", 180)
CONNECTORS_VAULT_KEYS = env.listed("CONNECTORS_VAULT_KEYS")

# The proof log: compliance.proof.conf reads these.
COMPLIANCE_LOG_ORIGIN = env.text("COMPLIANCE_LOG_ORIGIN", f"{HUB_PUBLIC_URL.partition('://')[2]}/api/v1/log")
COMPLIANCE_LOG_DIR = env.folder("COMPLIANCE_LOG_DIR", HUB_DATA_DIR / "log")
COMPLIANCE_LOG_LOCK = env.folder("COMPLIANCE_LOG_LOCK", HUB_DATA_DIR / "log-lock" / "published.json")
COMPLIANCE_LOG_KEY_FILES = env.listed("COMPLIANCE_LOG_KEY_FILES")
COMPLIANCE_LOG_PUBLISH_SECONDS = env.whole("COMPLIANCE_LOG_PUBLISH_SECONDS", 60, least=1)
COMPLIANCE_LOG_PUBLIC = env.flag("COMPLIANCE_LOG_PUBLIC", default=False)
COMPLIANCE_LOG_WITNESSES = env.listed("COMPLIANCE_LOG_WITNESSES")
COMPLIANCE_LOG_PRIVATE_ADDRESSES = env.flag("COMPLIANCE_LOG_PRIVATE_ADDRESSES", default=False)
COMPLIANCE_LOG_TIMESTAMP_URL = env.text("COMPLIANCE_LOG_TIMESTAMP_URL")
COMPLIANCE_LOG_TIMESTAMP_ROOTS = env.text("COMPLIANCE_LOG_TIMESTAMP_ROOTS")
COMPLIANCE_LOG_TIMESTAMP_SECONDS = env.whole("COMPLIANCE_LOG_TIMESTAMP_SECONDS", 3600, least=60)
# The audit trail (compliance.trail)
COMPLIANCE_REPORT_DAYS = env.whole("COMPLIANCE_REPORT_DAYS", 7, least=1, most=366)
COMPLIANCE_RELEASED_REPORT_DAYS = env.whole("COMPLIANCE_RELEASED_REPORT_DAYS", 2557, least=1, most=36600)
COMPLIANCE_AUDIT_REVIEW_DAYS = env.whole("COMPLIANCE_AUDIT_REVIEW_DAYS", 30, least=1, most=366)
# Completions and training records: compliance.conf reads these.
COMPLIANCE_SAME_COMPLETION_HOURS = env.whole("COMPLIANCE_SAME_COMPLETION_HOURS", 24, least=0)
COMPLIANCE_RECORDS_SIGNED = env.flag("COMPLIANCE_RECORDS_SIGNED", default=False)
COMPLIANCE_APPROVALS_SIGNED = env.flag("COMPLIANCE_APPROVALS_SIGNED", default=False)

# E-mail: alerts are sent through this mail server; without one, channels for e-mail say so.
_MAIL = env.mail_from_url(env.text("EMAIL_URL"))
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.start_tls, _MAIL.tls
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text(
    "EMAIL_FROM", f"lrs-hub@{urlsplit(HUB_PUBLIC_URL).hostname or 'localhost'}"
)

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "LRS Hub",
    "DESCRIPTION": "Everything beside the xAPI: workforce context, requirements, proof.",
    "VERSION": HUB_VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    # What it describes is no secret; what is behind it asks for a key.
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "OAS_VERSION": "3.1.0",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "connectors.api.description.add_shared",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LRS Hub",
    "SITE_HEADER": "LRS Hub",
    "SITE_SUBHEADER": "Learning Record Store",
    "SITE_SYMBOL": "hub",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "sizes": "any", "href": static_file("lrs/favicon.svg")}
    ],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "lrs.admin.dashboard.context",
    "STYLES": [static_file("lrs/admin.css")],
    "SCRIPTS": [static_file("lrs/admin.js")],
    "SIDEBAR": {"navigation": "hub.admin_site.navigation"},
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(70.4% .14 182.503)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(43.7% .078 188.216)",
            "800": "oklch(38.6% .063 188.416)",
            "900": "oklch(32.5% .052 189.4)",
            "950": "oklch(27.7% .046 192.524)",
        },
    },
}

# Language and time
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["hub.formats"]

# Files
STATIC_URL = "static/"
STATIC_ROOT = env.folder("HUB_STATIC_DIR", HUB_DATA_DIR / "static")
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = env.folder("HUB_FILES_DIR", HUB_DATA_DIR / "files")
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "attachments": {"BACKEND": "lrs.attachments.DurableFileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
#: The xAPI limits its bodies itself (LRS_BODY_BYTES); this one is for forms.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

# Web server (hub.serve and the container start granian with these)
HUB_WEB_WORKERS = env.whole("HUB_WEB_WORKERS", max(1, min(os.cpu_count() or 1, 4)), least=1, most=64)
HUB_WEB_THREADS = env.whole("HUB_WEB_THREADS", 4, least=1, most=64)
HUB_BODY_BYTES = env.whole("HUB_BODY_BYTES", max(LRS_BODY_BYTES, 128 * 1024 * 1024), least=1024)
HUB_BODY_IDLE_SECONDS = env.whole("HUB_BODY_IDLE_SECONDS", 30, least=1, most=600)
HUB_WORKER_PROCESSES = env.whole("HUB_WORKER_PROCESSES", 2, least=1, most=64)
HUB_LONG_WORKER_PROCESSES = env.whole("HUB_LONG_WORKER_PROCESSES", 2, least=1, most=64)

# Logs (hub.logs configures structlog when the first process part starts)
HUB_LOG_LEVEL = env.choice("HUB_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
HUB_LOG_REQUESTS = env.choice("HUB_LOG_REQUESTS", "all", ("all", "failed"))
HUB_LOG_FORMAT = env.choice("HUB_LOG_FORMAT", "auto", ("auto", "json", "console"))
LOGGING_CONFIG = "hub.logs.configure"
LOGGING: dict[str, Any] = {"level": HUB_LOG_LEVEL, "format": HUB_LOG_FORMAT}
