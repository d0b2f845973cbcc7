"""What production settings are made of; each set of variables in a process of its own."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

_PRINT = """
import json
from portal import settings
names = [name for name in dir(settings) if name.startswith(("CSRF_COOKIE_", "SECURE_", "SESSION_COOKIE_"))]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def production(**variables: str) -> Any:
    """The settings that are about HTTPS and cookies."""
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
        check=True,
    )
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
