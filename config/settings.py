"""Every setting of Tellback, read once from the environment.

`make` writes a git-ignored `.env` with generated keys; in production set them.
Nonsense is refused here, at start, in the words of the setting.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import mail
from config.environment import (
    ROOT,
    env,
    fernet_keys,
    line,
    loopback_or_https,
    matching,
    number,
    origin,
    required,
    secrets_by_name,
    switch,
    words,
)

VERSION = "0.1.0"

SECRET_KEY = required("SECRET_KEY")
FIELD_KEYS = fernet_keys("FIELD_KEYS")
DEBUG = switch("DEBUG")
DEMO_ORG = switch("DEMO_ORG")
DEMO_CLIENT_ID = line("DEMO_CLIENT_ID", "demo")
DEMO_CLIENT_SECRET = line("DEMO_CLIENT_SECRET")
if DEMO_ORG and not DEMO_CLIENT_SECRET:
    raise ImproperlyConfigured("DEMO_ORG is on: set DEMO_CLIENT_SECRET as well.")
BASE_URL = origin("BASE_URL", line("BASE_URL", "http://127.0.0.1:8000"))
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "", *words("ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

SALESFORCE_API_VERSION = matching(
    "SALESFORCE_API_VERSION", r"\d\d\.0", "66.0", "a version such as 66.0"
)
SALESFORCE_EXTRA_HOSTS = [
    loopback_or_https("SALESFORCE_EXTRA_HOSTS", value)
    for value in words("SALESFORCE_EXTRA_HOSTS")
]

# The header in which a proxy that asks for client certificates tells the subject or
# the fingerprint. It must take the header away from whoever sends it himself.
CLIENT_CERTIFICATE_HEADER = matching(
    "CLIENT_CERTIFICATE_HEADER", r"(?:[A-Za-z][A-Za-z0-9-]*)?", "", "a header's name"
)
# Addresses that webhooks and alerts may call though they are not public.
WEBHOOK_EXTRA_HOSTS = frozenset(
    origin("WEBHOOK_EXTRA_HOSTS", value).lower()
    for value in words("WEBHOOK_EXTRA_HOSTS")
)
# Where scheduled dumps may go that is not public: "host:port,…".
matching("DUMP_EXTRA_HOSTS", r"(?:[^\s,]+:\d+(?:\s*,\s*|$))*", "", "host:port,…")
DUMP_EXTRA_HOSTS = frozenset(word.lower() for word in words("DUMP_EXTRA_HOSTS"))
# Scheduled dumps to a folder go below this one.
DUMP_FOLDER = Path(line("DUMP_FOLDER", str(ROOT / "var" / "dumps")))

INSTALLED_APPS = [
    "django_q",  # before config, whose admin takes its pages away
    "config.apps.ConfigConfig",
    "crm_mappings.apps.CrmMappingsConfig",
    "responses.apps.ResponsesConfig",
    "responses.webhooks.apps.WebhooksConfig",
    "responses.scheduled.apps.ScheduledConfig",
    "deployments.apps.DeploymentsConfig",
    "surveys.apps.SurveysConfig",
    "config.admin_site.TellbackAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.respondent_pages.RespondentPages",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.throttling.RateHeaders",
    "config.conditional.ApiConditionalGet",
    "config.idempotency.IdempotentPosts",
    "config.sparse.SparseFields",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.slashes.Slashes",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": env.db_url(
        "DATABASE_URL", default=f"sqlite:///{ROOT / 'var' / 'tellback.sqlite3'}"
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Immediate transactions with WAL: many writers wait for each other instead of
    # failing with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;",
    }
    if DATABASES["default"]["NAME"] != ":memory:":
        Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
elif not switch("DATABASE_POOLER"):
    # What every respondent's page asks is planned once a connection. A pooler that
    # hands out connections by transaction may not know of it (`surveys.prepared`).
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 2
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [ROOT / "config" / "locale"]
TIME_ZONE = "UTC"
# Moments are written with their time zone.
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = ROOT / "staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [ROOT / "static"]
MEDIA_ROOT = ROOT / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedStaticFilesStorage",
    },
}
# Serve from the source folders when nothing was collected: the first hour.
WHITENOISE_USE_FINDERS = True

vars().update(
    mail.provider_settings(line("EMAIL_URL"))
    or env.email_url("EMAIL_URL", default="consolemail://")
)
EMAIL_TIMEOUT = mail.SECONDS
# Who may tell of bounces at /hooks/email/<provider>/: "provider:secret,…".
EMAIL_HOOK_SECRETS = secrets_by_name("EMAIL_HOOK_SECRETS")
# Origins that stand in for Amazon SNS, such as LocalStack.
SNS_EXTRA_HOSTS = [
    loopback_or_https("SNS_EXTRA_HOSTS", value) for value in words("SNS_EXTRA_HOSTS")
]
DEFAULT_FROM_EMAIL = line("DEFAULT_FROM_EMAIL", "Tellback <tellback@localhost>")

# Where the domains of senders are looked up; empty: where this machine looks.
DNS_SERVER = matching("DNS_SERVER", r"(?:\S+:\d{1,5})?", "", "host:port")

# How long what a CRM told of a record is kept with its event; decisions stay.
TRIGGER_EVENT_DAYS = number("TRIGGER_EVENT_DAYS", 90, most=9_999)

# Against guessing and flooding, by the minute and for addresses that are somebody's
# own.
PAGES_PER_ADDRESS = number("PAGES_PER_ADDRESS", 600, most=9_999_999)
MISSES_PER_ADDRESS = number("MISSES_PER_ADDRESS", 60, most=9_999_999)
# A function that is given each file of a respondent, see `responses.scanning`.
UPLOAD_SCAN = matching(
    "UPLOAD_SCAN", r"([A-Za-z_]\w*(\.[A-Za-z_]\w*)+)?", "", "a dotted path"
)

# django-q2 only wakes workers, so its own retries, schedules and results are off.
# retry > ((queue_limit + bulk) / workers + 1) × (timeout + 5), so that a leased
# wake-up is never handed out twice: with one worker (1 + 1 + 1) × 185 s = 555 s.
Q_BROKER = line("Q_BROKER", "orm")
TASK_TIMEOUT = 180
Q_CLUSTER: dict[str, object] = {
    "name": "tellback",
    "workers": number("WORKERS", 2, most=99),
    "timeout": TASK_TIMEOUT,
    "retry": 600,
    "queue_limit": 1,
    "bulk": 1,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "catch_up": False,
    "scheduler": False,
    "poll": 0.2,
    "recycle": 500,
}
if Q_BROKER == "orm":
    Q_CLUSTER["orm"] = "default"
elif Q_BROKER.startswith(("redis://", "rediss://")):
    # Whoever rings must not wait for a Redis that does not answer.
    patience = "socket_connect_timeout=2&socket_timeout=5"
    Q_CLUSTER["redis"] = f"{Q_BROKER}{'&' if '?' in Q_BROKER else '?'}{patience}"
else:
    raise ImproperlyConfigured(f"Q_BROKER={Q_BROKER!r} is neither orm nor redis://….")
# What the supervisor rings every minute, whoever else rang or did not.
SWEEP_TASKS = [
    "deployments.tasks.decide_events",
    "deployments.tasks.send_invitations",
    "deployments.tasks.poll_sources",
    "deployments.tasks.ask_in_turn",
    "deployments.tasks.carry_out_mailings",
    "deployments.tasks.look_at_senders",
    "crm_mappings.tasks.deliver",
    "crm_mappings.tasks.put_back",
    "crm_mappings.tasks.write_milestones",
    "crm_mappings.tasks.keep_opt_outs",
    "crm_mappings.tasks.watch_write_backs",
    "crm_mappings.tasks.look_after_connections",
    "crm_mappings.tasks.provision",
    "responses.tasks.number_responses",
    "responses.webhooks.tasks.send",
    "responses.webhooks.tasks.forget_old",
    "responses.scheduled.tasks.dump",
    "responses.tasks.compare_responses",
    "config.tasks.forget_answers",
]

# How many proxies of ours write themselves into X-Forwarded-For.
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0, least=0, most=9)
# How often each API key may call.
API_CALLS_PER_MINUTE = number("API_CALLS_PER_MINUTE", 1_200, most=9_999_999)
# What is counted against floods and guesses stands here. Several web processes count
# together only in a cache that they share. In one of few entries, an attacker's noise
# would wash away what is counted.
CACHES = {
    "default": env.cache_url("CACHE_URL", default="locmemcache://?max_entries=10000")
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.access.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.access.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.parsing.BoundedJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["config.throttling.KeyThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tellback",
    "VERSION": VERSION,
    "DESCRIPTION": _(
        "Send the API key as `Authorization: Bearer <key>`. Errors are problem details "
        "(RFC 9457), lists have cursors, and every POST that creates takes an "
        "`Idempotency-Key`. The same operations speak SOAP 1.1 at `/api/soap/?wsdl` "
        "and XML-RPC at `/api/xmlrpc/`."
    ),
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # What is read may be blank where what is sent may not be.
    "COMPONENT_SPLIT_REQUEST": True,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.add_words",
        "config.openapi.add_problems",
        "config.openapi.add_idempotency",
        "config.openapi.add_conditions",
        "config.openapi.add_sparse_fields",
    ],
    "ENUM_NAME_OVERRIDES": {
        "SurveyStatus": "surveys.models.Survey.Status",
        "DeploymentStatus": "deployments.models.Deployment.Status",
        "DeploymentChannel": "deployments.models.Deployment.Channel",
        "ResponseStatus": "responses.models.Response.Status",
        "MappingStatus": ["draft", "active", "paused"],
        "ConnectionStatus": "crm_mappings.models.Connection.Status",
        "TriggerEventState": "deployments.models.TriggerEvent.State",
        "WriteBackState": "crm_mappings.models.WriteBack.State",
        "MailingState": "deployments.models.Mailing.State",
        "MailState": "deployments.models.Invitation.Mail",
        "WebhookStatus": "responses.webhooks.models.Webhook.Status",
        "DeliveryState": "responses.webhooks.models.Delivery.State",
        "DumpRunState": "responses.scheduled.models.DumpRun.State",
        "DumpPlace": "responses.scheduled.models.ScheduledDump.Place",
        "SuppressionReason": "deployments.models.Suppression.Reason",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
# The editor of a mapping sends some ten boxes for each field rule.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
if BASE_URL.startswith("https://"):
    # Behind a proxy that ends TLS and sets this header itself.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
X_FRAME_OPTIONS = "DENY"
# Not ours to decide: both would bind other hosts of the domain as well.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.log_lines.Discreet",
            "fmt": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        name: {"level": "INFO"}
        for name in ("config", "crm_mappings", "responses", "deployments", "surveys")
    },
}
