"""Settings, read from the environment. An odd value stops the start and names itself.

Variable               Meaning                                              Default
DEBUG                  show errors to the developer                         off
DEMO_MODE              demo accounts as buttons on the login page           off
SECRET_KEY             at least 50 characters; made up only when debugging  none
ALLOWED_HOSTS          names the site answers to, with commas               127.0.0.1
DATABASE_URL           a PostgreSQL server                                  embedded
EMAIL_URL              an SMTP server                                       kept in a file
DEFAULT_FROM_EMAIL     sender of the messages                               noreply@…
SITE_URL               where the site is, for links in messages             first host
HTTPS                  cookies and redirects for https only                 not `DEBUG`
TRUST_FORWARDED_PROTO  a proxy in front sets X-Forwarded-Proto              off
TRUSTED_PROXIES        how many proxies in front add to X-Forwarded-For     0
"""

import re
import secrets
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from environs import Env, EnvError
from pgtrigger.core import Statement

# Lets generic classes be written with their types, as in QuerySet[Grant].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / ".data"

env = Env()


def read(reader: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """Return a value from the environment, or stop with its name and what is wrong."""
    try:
        return reader(name, *args, **kwargs)
    except EnvError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


DEBUG: bool = read(env.bool, "DEBUG", False)
DEMO_MODE: bool = read(env.bool, "DEMO_MODE", False)
HTTPS: bool = read(env.bool, "HTTPS", not DEBUG)


def secret_key() -> str:
    """Return the key that signs sessions; a developer's machine keeps one of its own."""
    key: str = read(env.str, "SECRET_KEY", "")
    if key:
        if len(key) < 50:
            raise ImproperlyConfigured("SECRET_KEY: use at least 50 characters.")
        return key
    if not DEBUG:
        raise ImproperlyConfigured("SECRET_KEY: is missing.")
    DATA_DIR.mkdir(exist_ok=True)
    file = DATA_DIR / "secret-key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50))
    return file.read_text()


SECRET_KEY = secret_key()
ALLOWED_HOSTS: list[str] = read(
    env.list, "ALLOWED_HOSTS", ["127.0.0.1", "localhost"] if DEBUG else ["127.0.0.1"]
)
CSRF_TRUSTED_ORIGINS: list[str] = read(env.list, "CSRF_TRUSTED_ORIGINS", [])


def database() -> dict[str, Any]:
    """Return the connection: `DATABASE_URL`, else the embedded PostgreSQL."""
    url: str = read(env.str, "DATABASE_URL", "")
    if url and urlsplit(url).scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL: only postgres:// works here.")
    if not url:
        from config import embedded  # a server's machine need not have it

        url = embedded.database_url(DATA_DIR / "postgres")
    return dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "municipalities",
    "grants",
    "invoices",
    "reporting",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "import_export",
    "pghistory",
    "pgtrigger",
    "procrastinate.contrib.django",
    "whitenoise.runserver_nostatic",
    "config.apps.BodyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "municipalities.private_pages.PrivatePagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "municipalities.access.MembershipMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "config.templates.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "municipalities.access.membership",
            ],
        },
    },
]
FORM_RENDERER = "municipalities.fields.FieldGroupRenderer"

# People and access -----------------------------------------------------------------

AUTH_USER_MODEL = "municipalities.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": ("django.contrib.auth.password_validation.UserAttributeSimilarityValidator")},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "municipalities.account.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "municipalities.account.LoginForm",
    "confirm_login_code": "municipalities.account.ConfirmLoginCodeForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
# Members of municipalities get a code by e-mail. Eight digits, five tries, 15 minutes.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": True}
ACCOUNT_LOGIN_TIMEOUT = 20 * 60
ACCOUNT_RATE_LIMITS = {
    # A whole municipality sits behind one address (ip); a key is an e-mail address.
    "login": "120/m/ip",
    "login_failed": "30/m/ip,5/300s/key",
    "request_login_code": "60/m/ip,600/h/ip,5/10m/key",
    "confirm_login_code": "120/m/ip,20/10m/key",
    # Postings with files (municipalities/upload_limit.py), by one person.
    "upload": "30/5m/user",
    # Postings by somebody who is logged out (municipalities/kept_posts.py).
    "keep_post": "120/h/ip",
}
# Without it everybody behind the proxy shares one limit.
ALLAUTH_TRUSTED_PROXY_COUNT: int = read(env.int, "TRUSTED_PROXIES", 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^halsa/$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
X_FRAME_OPTIONS = "DENY"
if read(env.bool, "TRUST_FORWARDED_PROTO", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# A form with 290 municipalities and several columns is larger than Django's default.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

CACHES = {
    # Rate limits live in the cache: every process must see the same counts.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # What does not fit is thrown out, counts of wrong codes first: 300 by default.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}

# History ---------------------------------------------------------------------------

PGHISTORY_APPEND_ONLY = True
PGHISTORY_LEVEL = Statement
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

# Language, dates and money ---------------------------------------------------------

LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "Europe/Stockholm"
USE_TZ = True

# Static files ----------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("designsystemet", NODE_MODULES / "@digdir" / "designsystemet-css" / "dist"),
    ("inter", NODE_MODULES / "@fontsource" / "inter"),
    ("htmx", NODE_MODULES / "htmx.org" / "dist"),
]
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
FILE_UPLOAD_HANDLERS = ["municipalities.upload_limit.UploadHandler"]

# Messages --------------------------------------------------------------------------


def sender() -> str:
    """Return whom messages come from: an address, with or without a name."""
    default = "Stimulansmedel <noreply@stimulansmedel.example>"
    text: str = read(env.str, "DEFAULT_FROM_EMAIL", default)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(text)[1]) or text.count("@") != 1:
        raise ImproperlyConfigured(
            "DEFAULT_FROM_EMAIL: write an address, as in Medel <noreply@medel.example>."
        )
    return text


DEFAULT_FROM_EMAIL = sender()
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_USE_LOCALTIME = True
EMAIL_TIMEOUT = 15
"""Seconds: a mail server that says nothing must not hold a page for ever."""
if read(env.str, "EMAIL_URL", ""):
    email = read(env.dj_email_url, "EMAIL_URL")
    if "EMAIL_BACKEND" not in email:
        raise ImproperlyConfigured("EMAIL_URL: write smtp://user:password@host:port.")
    EMAIL_BACKEND = email["EMAIL_BACKEND"].replace(
        "django.core.mail.backends.smtp.EmailBackend", "municipalities.smtp.Backend"
    )
    EMAIL_HOST = email["EMAIL_HOST"]
    EMAIL_PORT = email["EMAIL_PORT"]
    EMAIL_HOST_USER = email["EMAIL_HOST_USER"]
    EMAIL_HOST_PASSWORD = email["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS = email["EMAIL_USE_TLS"]
    EMAIL_USE_SSL = email["EMAIL_USE_SSL"]
else:
    EMAIL_BACKEND = "municipalities.kept_mail.Backend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
MESSAGE_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
"""What the identities of our messages end with."""


def site_url() -> str:
    """Return where the site is, without a slash at the end."""
    default = "http://127.0.0.1:8000" if DEBUG else f"https://{ALLOWED_HOSTS[0]}"
    url: str = read(env.str, "SITE_URL", default)
    if not re.fullmatch(r"https?://[^/?#@\s:]+(:\d+)?/?", url):
        raise ImproperlyConfigured(
            "SITE_URL: write where the site is, as in https://medel.example."
        )
    return url.rstrip("/")


SITE_URL = site_url()

# Packages --------------------------------------------------------------------------

IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
FILTERS_EMPTY_CHOICE_LABEL = pgettext_lazy("choice of a filter", "All")
DJANGO_TABLES2_TEMPLATE = "municipalities/table.html"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"without_secrets": {"()": "config.logs.Formatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "without_secrets"}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    # fontTools tells of every table it subsets.
    "loggers": {"fontTools": {"level": "ERROR"}, "weasyprint": {"level": "ERROR"}},
}
