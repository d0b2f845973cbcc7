"""What production settings are made of; each set of variables in a process of its own."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_PRINT = """
import json
from portal import settings
prefixes = ("CSRF_COOKIE_", "DEFAULT_FROM_", "MAILERS", "SECURE_", "SESSION_COOKIE_")
names = [name for name in dir(settings) if name.startswith(prefixes)]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def production(**variables: str) -> Any:
    """The settings that are about HTTPS, cookies and mail."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DATABASE_"))}
    own = {
        "PORTAL_MODE": "production",
        "PORTAL_SECRET_KEY": "x" * 50,
        "PORTAL_ALLOWED_HOSTS": "portal.example",
        "PORTAL_MAIL_FROM": "portal@portal.example",
        "DATABASE_URL": "postgres://portal@db.example/portal",
    }
    done = subprocess.run(
        [sys.executable, "-c", _PRINT],
        env=kept | own | variables,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ImproperlyConfigured(done.stderr.strip().split("\n")[-1])
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("variables", "subdomains", "preload"),
    [
        ({}, False, False),
        ({"PORTAL_HSTS_SUBDOMAINS": "1"}, True, False),
        ({"PORTAL_HSTS_SUBDOMAINS": "1", "PORTAL_HSTS_PRELOAD": "1"}, True, True),
    ],
)
def test_hsts_concerns_other_hosts_only_where_chosen(
    variables: dict[str, str], subdomains: bool, preload: bool
) -> None:
    found = production(**variables)
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert (found["SECURE_HSTS_INCLUDE_SUBDOMAINS"], found["SECURE_HSTS_PRELOAD"]) == (subdomains, preload)


@pytest.mark.parametrize(("flag", "header"), [("0", None), ("1", ["HTTP_X_FORWARDED_PROTO", "https"])])
def test_headers_of_a_proxy_are_believed_only_where_chosen(flag: str, header: list[str] | None) -> None:
    assert production(PORTAL_BEHIND_PROXY=flag).get("SECURE_PROXY_SSL_HEADER") == header


@pytest.mark.parametrize(
    ("variables", "port", "use_tls", "use_ssl"),
    [
        ({}, 25, False, False),
        ({"PORTAL_SMTP_HOST": "mail.example"}, 587, True, False),
        ({"PORTAL_SMTP_HOST": "mail.example", "PORTAL_SMTP_TLS": "ssl"}, 465, False, True),
        (
            {"PORTAL_SMTP_HOST": "mail.example", "PORTAL_SMTP_TLS": "off", "PORTAL_SMTP_PORT": "2525"},
            2525,
            False,
            False,
        ),
    ],
    ids=["this machine", "network", "ssl", "off"],
)
def test_mail_crosses_a_network_encrypted_unless_chosen(
    variables: dict[str, str], port: int, use_tls: bool, use_ssl: bool
) -> None:
    found = production(PORTAL_SMTP_USER="portal", PORTAL_SMTP_PASSWORD="secret", **variables)
    assert found["MAILERS"]["default"] == {"BACKEND": "portal.mail.QueueBackend"}
    assert found["MAILERS"]["transport"] == {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": variables.get("PORTAL_SMTP_HOST", "localhost"),
            "port": port,
            "username": "portal",
            "password": "secret",
            "use_tls": use_tls,
            "use_ssl": use_ssl,
            "timeout": 15,
        },
    }
    assert found["DEFAULT_FROM_EMAIL"] == "portal@portal.example"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"PORTAL_MAIL_FROM": ""}, "Set the environment variable PORTAL_MAIL_FROM."),
        ({"PORTAL_MAIL_FROM": "portal"}, "PORTAL_MAIL_FROM must be an e-mail address, not 'portal'."),
        ({"PORTAL_SMTP_TLS": "yes"}, "PORTAL_SMTP_TLS must be one of starttls, ssl, off, not 'yes'."),
        ({"PORTAL_SMTP_PORT": "0"}, "PORTAL_SMTP_PORT must be a whole number from 1 to 65535, not '0'."),
    ],
    ids=["no sender", "no address", "tls", "port"],
)
def test_mail_that_could_not_be_sent_stops_the_start(variables: dict[str, str], message: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        production(**variables)
    assert str(refused.value) == f"django.core.exceptions.ImproperlyConfigured: {message}"
