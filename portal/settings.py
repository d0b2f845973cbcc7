"""Django settings: one file, every difference between machines read from the environment (docs/deploy.md).

PORTAL_MODE is `production` unless manage.py or the tests say otherwise: `demo` serves plain HTTP on this machine with
a key of its own, `test` is for the test suite. Production starts only with a secret key and a database of its own.
"""

from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.csp import CSP
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
# Still good for what they signed or sealed: a key is changed without signing out everybody (docs/deploy.md).
SECRET_KEY_FALLBACKS = env.words("PORTAL_FORMER_SECRET_KEYS")
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
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.web.hardening.PermissionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages hold nothing secret beside what a stranger can put into them but masked tokens, and are padded by chance.
    "django.middleware.gzip.GZipMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.web.htmx.PageMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "users.scim.errors.ScimMiddleware",
    "portal.web.hardening.DoorMiddleware",
    "companies.audit.origin.OriginMiddleware",
    "companies.partners.middleware.ScopeMiddleware",
    "companies.partners.middleware.DoorSessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "companies.partners.middleware.PartnerMiddleware",
    "users.accounts.refused.RefusedMiddleware",
    "users.accounts.second_factor.SecondFactorMiddleware",
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
            "builtins": ["portal.templatetags.stamped"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "users.accounts.preferences.preferences",
                "users.accounts.visiting.visits",
            ],
        },
    },
]

FORM_RENDERER = "portal.web.forms.FormRenderer"
MESSAGE_STORAGE = "portal.web.told.Messages"

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
if MODE != "test":
    # Attempts are counted outside the transaction of a request (portal/counters.py); as the same role, or the demo's
    # owner would serve. In tests they are part of the test's transaction.
    DATABASES["counters"] = _database | {
        "OPTIONS": _options | {"pool": {"min_size": 0, "max_size": 2, "timeout": 5}},
    }
    DATABASE_ROUTERS = ["portal.counters.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared by all processes: the limits on sign-in attempts are counted here.
# Django's own limit of 300 entries would drop them, and files of people that wait for a confirmation, far too soon.
CACHES = {
    "default": {
        "BACKEND": "portal.counters.Counters",
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
# An address is proved by a code that is typed in where it was asked for: a link would sign in whoever finds it.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Partner Portal] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PRODUCTION else "http"
ACCOUNT_ADAPTER = "users.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "users.accounts.forms.SignInForm",
    "add_email": "users.accounts.forms.NewEmailForm",
    "confirm_email_verification_code": "users.accounts.forms.EmailCodeForm",
    "change_password": "users.accounts.forms.NewPasswordForm",
    "set_password": "users.accounts.forms.FirstPasswordForm",
    "reset_password": "users.accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "users.accounts.forms.ResetPasswordForm",
    "reauthenticate": "users.accounts.forms.PasswordAgainForm",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Who asks for a new password learns nothing about which addresses are known, and no stranger gets mail by it.
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Its link works once: the password and the last sign-in are part of it.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "users.accounts.emails.ResetTokens"  # noqa: S105
PASSWORD_RESET_TIMEOUT = 60 * 60
# Who changes e-mail, password or second factor signed in, or showed again who they are, in the last ten minutes.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
# A session lasts a working day at most and ends with the browser: nobody is asked for a code in the middle of the work,
# and yesterday's computer is nobody's sign-in. A new password ends all others (Django keeps its hash in each session).
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
ACCOUNT_SESSION_REMEMBER = False
# Counted in the database cache, for all processes together: "ip" is the network address, "key" the e-mail or, for
# second factors, the account. A hundred wrong guesses a day are the most that NIST SP 800-63B allows.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key,100/d/key",
    "reset_password": "20/10m/ip,3/10m/key,10/d/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "5/m/user,30/d/user",
    "confirm_email": "1/10s/key,10/h/key",
}
# A second factor: an app's codes, passkeys, and recovery codes for whoever loses those. Everybody needs one.
REQUIRE_MFA = env.flag("PORTAL_REQUIRE_MFA", default=PRODUCTION)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
MFA_TOTP_ISSUER = "Partner Portal"
MFA_TOTP_TOLERANCE = 1
USERSESSIONS_ADAPTER = "users.accounts.sign_ins.SessionsAdapter"
MFA_ADAPTER = "users.accounts.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "users.accounts.forms.SecondFactorForm",
    "reauthenticate": "users.accounts.forms.SecondFactorAgainForm",
    "activate_totp": "users.accounts.forms.AddAppForm",
    "add_webauthn": "users.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "users.accounts.forms.RenamePasskeyForm",
    "login_webauthn": "users.accounts.forms.PasskeySignInForm",
    "authenticate_webauthn": "users.accounts.forms.PasskeyFactorForm",
    "reauthenticate_webauthn": "users.accounts.forms.PasskeyAgainForm",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Nobody is signed in before the e-mail is proved: that is asked for earlier than the second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RATE_LIMITS = {"webauthn_login": "10/m/ip"}

# Directories (users/scim): so many requests a second for each connector, and this many at once. Operations in Bulk
# requests are counted apart, ten times as many at once.
SCIM_REQUESTS_PER_SECOND = env.whole_number("PORTAL_SCIM_REQUESTS", default=25, least=1, most=10_000)
SCIM_BURST = env.whole_number("PORTAL_SCIM_BURST", default=100, least=1, most=100_000)
SCIM_BULKS_AT_ONCE = env.whole_number("PORTAL_SCIM_BULKS", default=1, least=1, most=1_000)
"""In each web process: fewer than it has threads, or pages wait until a Bulk request is done."""
SCIM_BULK_OPERATIONS_PER_SECOND = env.whole_number("PORTAL_SCIM_BULK_OPERATIONS", default=500, least=100, most=100_000)

# Mail: everybody's is queued as a job in the open transaction; the worker sends it by the transport (portal/mail.py).
DEFAULT_FROM_EMAIL = env.address(
    "PORTAL_MAIL_FROM", default=None if PRODUCTION else "Partner Portal <portal@portal.example>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
_smtp_host = env.text("PORTAL_SMTP_HOST", default="localhost")
_smtp_tls = env.choice(
    "PORTAL_SMTP_TLS",
    options=("starttls", "ssl", "off"),
    default="off" if _smtp_host in {"localhost", "127.0.0.1", "::1"} else "starttls",
)
_smtp = {
    "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "OPTIONS": {
        "host": _smtp_host,
        "port": env.whole_number(
            "PORTAL_SMTP_PORT", default={"starttls": 587, "ssl": 465, "off": 25}[_smtp_tls], least=1, most=65_535
        ),
        "username": env.text("PORTAL_SMTP_USER", default=""),
        "password": env.text("PORTAL_SMTP_PASSWORD", default=""),
        "use_tls": _smtp_tls == "starttls",
        "use_ssl": _smtp_tls == "ssl",
        "timeout": 15,
    },
}
_files = {"BACKEND": "portal.demo_mail.FilesBackend", "OPTIONS": {"folder": STATE_DIR / "mail"}}
MAILERS = {
    "default": {"BACKEND": "portal.mail.QueueBackend"},
    "transport": _smtp if PRODUCTION else _files,
}

# Jobs. Mail holds links that open an account: it is deleted as soon as it is sent.
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful"}

# The audit says from where things were done; such addresses are personal data, and blanked when they are older.
KEEP_ADDRESSES_DAYS = env.whole_number("PORTAL_KEEP_ADDRESSES_DAYS", default=180, least=31, most=3_650)

# Language and time
LANGUAGE_CODE = "en"
# Each by its own name, also where a list of Django's shows it.
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("nl", "Nederlands"),
]
LANGUAGE_COOKIE_NAME = "portal_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SECURE = PRODUCTION
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
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
# A file of people: 10 MB and 50,000 rows at most (users/imports/reading.py says the same to the person).
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {
        "jobs": {"()": "portal.logs.WithoutArguments"},
        "links": {"()": "portal.logs.WithoutLinks"},
        "strangers": {"()": "portal.logs.OneLineOfStrangers"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["jobs", "links", "strangers"],
        }
    },
    # Every process would begin by listing the tasks.
    "loggers": {f"procrastinate.{name}": {"level": "WARNING"} for name in ("blueprints", "periodic")},
    "root": {
        "handlers": ["console"],
        "level": env.choice(
            "PORTAL_LOG_LEVEL",
            options=("DEBUG", "INFO", "WARNING", "ERROR"),
            default="INFO" if PRODUCTION else "WARNING",
        ),
    },
}
