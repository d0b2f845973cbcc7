"""What pages say to browsers in production: headers and cookies (issue 3, section 7)."""

from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.test import Client
from pytest_django import Settings

from tests.factories import PASSWORD, make_account, make_company, make_support
from tests.portal.test_settings import production

pytestmark = pytest.mark.django_db

_OF_THE_TESTS = {"SECURE_CSP", "SECURE_CSP_REPORT_ONLY"}


@pytest.fixture(scope="module")
def as_set_up() -> dict[str, Any]:
    return {name: value for name, value in production().items() if name not in _OF_THE_TESTS}


@pytest.fixture
def visitor(settings: Settings, as_set_up: dict[str, Any]) -> Client:
    """Comes over HTTPS to a portal that is set up as in production."""
    for name, value in as_set_up.items():
        setattr(settings, name, value)
    return Client(headers={"x-forwarded-proto": "https"})


PAGES = {
    "sign-in": ("/accounts/login/", 200),
    "redirect": ("/companies/", 302),
    "not found": ("/nowhere/", 404),
    "refused": ("/companies/?q=%00", 400),
    "not allowed": ("/healthz", 405),
}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Strict-Transport-Security", "max-age=31536000"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        (
            "Permissions-Policy",
            "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
        ),
    ],
)
@pytest.mark.parametrize("kind", PAGES)
def test_every_answer_has_the_header(visitor: Client, kind: str, header: str, value: str) -> None:
    """Pages, redirects and errors alike, also those that a middleware makes."""
    address, status = PAGES[kind]
    response = visitor.generic("POST" if status == 405 else "GET", address, secure=True)
    assert (response.status_code, response.headers.get(header)) == (status, value)


@pytest.mark.parametrize("kind", PAGES)
def test_the_policy_of_content_is_strict(visitor: Client, kind: str) -> None:
    """Scripts and styles of this host or with the page's nonce; no frame, no other target for forms."""
    address, status = PAGES[kind]
    response = visitor.generic("POST" if status == 405 else "GET", address, secure=True)
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["Content-Security-Policy"].split(";"))
    assert {name: policy[name] for name in ("default-src", "form-action", "frame-ancestors", "object-src")} == {
        "default-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_cookies_are_of_this_host_alone(visitor: Client) -> None:
    """A browser refuses a __Host- cookie that is not secure, has a domain or another path."""
    make_account(email="ada@partner.example")
    visitor.get("/accounts/login/", secure=True)
    visitor.post("/accounts/login/", {"login": "ada@partner.example", "password": PASSWORD}, secure=True)
    assert {
        name: (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"], cookie["samesite"])
        for name, cookie in visitor.cookies.items()
    } == {
        "__Host-session": (True, True, "/", "", "Lax"),
        "__Host-csrf": (True, True, "/", "", "Lax"),
    }


def test_plain_http_is_sent_to_https(visitor: Client) -> None:
    response = Client().get("/companies/?q=x")
    assert (response.status_code, response.headers["Location"]) == (301, "https://testserver/companies/?q=x")


def test_nothing_but_files_of_the_portal_may_be_kept(client: Client) -> None:
    """Pages, parts, downloads, errors, support's pages: no cache keeps one for the next person (R23)."""
    account = make_account()
    company = make_company(account.partner)
    below = f"/companies/{company.pk}"
    addresses = [
        "/accounts/login/",
        "/companies/",
        f"{below}/users/add/file/template.csv",
        "/nowhere/",
        "/companies/0/",
    ]
    for someone in (account, make_support(), None):
        client.logout()
        if someone:
            client.force_login(someone)
        for address in addresses:
            for headers in ({}, {"HX-Request": "true"}):
                response = client.get(address, headers=headers)
                kept = {part.strip() for part in response.headers["Cache-Control"].split(",")}
                assert {"no-store", "private"} <= kept, address
                assert "HX-Request" in response.headers["Vary"], address


def test_no_page_says_what_serves_it(client: Client) -> None:
    assert {"Server", "X-Powered-By"}.isdisjoint(client.get("/accounts/login/").headers)
    assert portal_settings.DEBUG is False
