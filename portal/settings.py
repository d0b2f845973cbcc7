"""Django settings: one file, every difference between machines read from the environment (docs/deploy.md).

PORTAL_MODE is `production` unless manage.py or the tests say otherwise: `demo` serves plain HTTP on this machine with
a key of its own, `test` is for the test suite. Production starts only with a secret key and a database of its own.
"""

from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from psycopg import IsolationLevel

from portal import embedded, env

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = embedded.state_dir(BASE_DIR)

MODE = env.choice("PORTAL_MODE", options=("production", "demo", "test"), default="production")
PRODUCTION = MODE == "production"
# Whether this process answers requests (portal/wsgi.py) or runs a command.
SERVES = env.flag("PORTAL_SERVES", default=False)
DEBUG = env.flag("PORTAL_DEBUG", default=False) and not PRODUCTION

SECRET_KEY = env.text("PORTAL_SECRET_KEY") if PRODUCTION else embedded.local_secret(STATE_DIR)
ALLOWED_HOSTS = env.words("PORTAL_ALLOWED_HOSTS", default=() if PRODUCTION else ("localhost", "127.0.0.1"))
CSRF_TRUSTED_ORIGINS = env.words("PORTAL_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "companies.partners",
    "companies",
    "companies.policies",
    "companies.audit",
    "licensing",
    "users.accounts",
    "users",
    "users.directory",
    "portal.apps.PortalConfig",
    "portal.admin_site.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_filters",
    "django_htmx",
    "django_tables2",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.web.hardening.PermissionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.web.htmx.PageMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "portal.web.hardening.DoorMiddleware",
    "companies.audit.origin.OriginMiddleware",
    "companies.partners.middleware.ScopeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "companies.partners.middleware.PartnerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.web.errors.NotAllowedMiddleware",
    "portal.web.errors.DatabaseErrorsMiddleware",
    "portal.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

FORM_RENDERER = "portal.web.forms.FormRenderer"

# Database: DATABASE_URL, or the embedded PostgreSQL on this machine.
_database: dict[str, Any] = (
    dict(dj_database_url.parse(env.text("DATABASE_URL")))
    if PRODUCTION or env.text("DATABASE_URL", default="")
    else embedded.database(STATE_DIR)
)
_database["ENGINE"] = "django.db.backends.postgresql" if MODE != "test" else "tests.postgresql"
_database["CONN_MAX_AGE"] = 0
_database["CONN_HEALTH_CHECKS"] = MODE != "test"
# Rules read after the lock what others committed while they waited (licensing/locks.py), whatever the server's default.
_options = _database.setdefault("OPTIONS", {})
_options["isolation_level"] = IsolationLevel.READ_COMMITTED
if SERVES and not PRODUCTION:
    # The demo signs in as the owner of its own database; what serves gives that up (companies/partners/scope.py).
    _options["options"] = "-c role=portal_app"
if MODE != "test":
    # A pool a process; a page waits at most five seconds for a connection, then answers 503 (portal/web/errors.py).
    _options["pool"] = {
        "min_size": 1,
        "max_size": env.whole_number("PORTAL_POOL_SIZE", default=8, least=1, most=200),
        "timeout": 5,
    }
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared by all processes: the limits on sign-in attempts are counted here.
# Django's own limit of 300 entries would drop them, and files of people that wait for a confirmation, far too soon.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Sign-in
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["users.accounts.backends.AccountBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_ADAPTER = "users.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "users.accounts.forms.SignInForm"}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# A second factor: an app's codes, passkeys, and recovery codes for whoever loses those. Everybody needs one.
REQUIRE_MFA = env.flag("PORTAL_REQUIRE_MFA", default=PRODUCTION)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
MFA_TOTP_ISSUER = "Partner Portal"
MFA_TOTP_TOLERANCE = 1

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_I18N = True
USE_THOUSAND_SEPARATOR = False
TIME_ZONE = "UTC"

# Static files
STATIC_URL = "static/"
# Elsewhere the files are served from where they lie, and whitenoise would warn of the missing folder.
STATIC_ROOT = BASE_DIR / "static-collected" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "portal" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# Security
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# Browsers remember it: what concerns other hosts of the domain, or cannot be taken back, is for its owner to choose.
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("PORTAL_HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.flag("PORTAL_HSTS_PRELOAD", default=False)
# `check --deploy` would urge both.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# The e-mail of a withdrawn account is free for another one: it is unique among the active (R2).
SILENCED_SYSTEM_CHECKS += ["auth.W004"]
SECURE_REFERRER_POLICY = "same-origin"
if env.flag("PORTAL_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Attempts to sign in are counted by the visitor's address, which is then the last one of X-Forwarded-For.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
# A browser takes a __Host- cookie from this very host alone, over HTTPS: no neighbour of the domain can plant one.
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrftoken"
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.web.errors.stale_page"
X_FRAME_OPTIONS = "DENY"
# A file of people: 10 MB and 50,000 rows at most (users/imports.py says the same to the person).
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": env.choice(
            "PORTAL_LOG_LEVEL",
            options=("DEBUG", "INFO", "WARNING", "ERROR"),
            default="INFO" if PRODUCTION else "WARNING",
        ),
    },
}
