"""What no honest browser sends: answered in plain words, never by a crash, and nothing changes (issue 3, section 7)."""

from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from companies.models import Company
from licensing.enums import Tier
from tests.factories import PASSWORD, make_account, make_company, make_support, sign_in
from tests.facts import nothing_changes
from tests.page import Page
from tests.served import server

pytestmark = pytest.mark.django_db

TOO_BIG = "This is too big"
NOT_UNDERSTOOD = "This request could not be understood"
MEGABYTE = 1024 * 1024


@pytest.fixture
def company(client: Client) -> Company:
    """Of whoever is signed in, an Admin."""
    cache.clear()
    account = make_account()
    sign_in(client, account)
    client.raise_request_exception = False
    return make_company(account.partner, name="Fabrikam", seats=9, tier=Tier.ADVANCED)


def title(response: Any) -> str:
    return Page(response).one("h1").text


# NUL characters


@pytest.mark.parametrize(
    "query", ["q", "sort", "page", "status", "tier", "kind", "month", "view", "next", "name__contains"]
)
def test_a_nul_in_an_address_is_a_400_everywhere(client: Client, company: Company, query: str) -> None:
    below = f"/companies/{company.pk}"
    ours = ["/companies/", f"{below}/users/", f"{below}/activity/", f"{below}/settings/", "/statements/", "/"]
    for address in (*ours, "/accounts/login/", "/nowhere/", "/nowhere%00/"):
        response = client.get(f"{address}?{query}=a%00b")
        assert (response.status_code, title(response)) == (400, NOT_UNDERSTOOD), address
    sign_in(client, make_support())
    for address in ("/admin/", "/admin/companies/company/", "/admin/users/user/", "/admin/audit/auditevent/"):
        assert client.get(f"{address}?{query}=%00").status_code == 400, address


def test_a_nul_in_a_cookie_is_a_400(client: Client) -> None:
    """A quoted cookie may spell it \\000; the session would be looked up by it."""
    client.raise_request_exception = False
    response = client.get("/companies/", headers={"cookie": 'sessionid="\\000aaaaaaaaaaaaaaaaaaaa"'})
    assert (response.status_code, title(response)) == (400, NOT_UNDERSTOOD)


# Fields

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "add company": (
        "/companies/add/",
        {"name": "A", "seats": "5", "tier": "standard", "first_name": "A", "last_name": "B", "email": "a@x.example"},
    ),
    "license": ("/companies/{company}/settings/license/", {"seats": "20", "tier": "advanced", "reason": "x"}),
    "rename": ("/companies/{company}/settings/name/", {"name": "Other"}),
    "close": ("/companies/{company}/settings/close/", {"typed_name": "Fabrikam", "reason": "x"}),
    "connector": ("/companies/{company}/settings/connectors/add/", {"kind": "entra_id", "name": "Directory"}),
    "password policy": (
        "/companies/{company}/settings/policies/master_password/on/",
        {"max_age_days": "90", "reuse": "3"},
    ),
    "domains": ("/companies/{company}/settings/policies/business_profile/on/", {"domains": "x.example"}),
    "addresses": ("/companies/{company}/settings/policies/change_notifications/on/", {"emails": "a@x.example"}),
    "add user": ("/companies/{company}/users/add/", {"first_name": "A", "last_name": "B", "email": "a@x.example"}),
    "add many": ("/companies/{company}/users/add/many/", {"emails": "a@x.example"}),
    "edit user": ("/companies/{company}/users/{user}/edit/", {"first_name": "A", "last_name": "B"}),
}
FIELDS = [(form, field) for form, (_address, fields) in FORMS.items() for field in fields]


def sent(company: Company, form: str) -> tuple[str, dict[str, Any]]:
    """Where the form is sent, and what would be accepted."""
    address, fields = FORMS[form]
    return address.format(company=company.pk, user=company.primary_user_id), dict(fields)


@pytest.mark.parametrize(("form", "field"), FIELDS)
def test_a_nul_in_a_field_is_told_there(client: Client, company: Company, form: str, field: str) -> None:
    address, fields = sent(company, form)
    with nothing_changes(company.partner):
        response = client.post(address, fields | {field: f"{fields[field]}\0"})
    assert response.status_code == 422
    assert len(Page(response).errors(field)) == 1


@pytest.mark.parametrize(("form", "field"), FIELDS)
def test_bytes_that_are_no_utf8_are_no_crash(client: Client, company: Company, form: str, field: str) -> None:
    address, fields = sent(company, form)
    body = urlencode(fields | {field: b"\xff\xfe\xc3(\xed\xa0\x80"})
    response = client.generic("POST", address, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code in {200, 302, 422}


def test_bytes_that_are_no_utf8_are_read_as_an_old_browsers(client: Client, company: Company) -> None:
    address, _fields = sent(company, "rename")
    client.generic("POST", address, b"name=Fabrik\xe4m", content_type="application/x-www-form-urlencoded")
    company.refresh_from_db()
    assert company.name == "Fabrikäm"


@pytest.mark.parametrize("field", ["login", "password"])
@pytest.mark.parametrize("value", ["\0", b"\xff\xfe"], ids=["NUL", "no UTF-8"])
def test_nonsense_at_sign_in_signs_nobody_in(field: str, value: str | bytes) -> None:
    cache.clear()
    make_account(email="ada@partner.example")
    client = Client(raise_request_exception=False)
    fields: dict[str, str | bytes] = {"login": "ada@partner.example", "password": PASSWORD}
    body = urlencode(fields | {field: value})
    response = client.generic("POST", "/accounts/login/", body, content_type="application/x-www-form-urlencoded")
    assert (response.status_code, "_auth_user_id" in client.session) == (200, False)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"act": "\0"}, 400),
        ({"act": "approve_next", "count": "1\0"}, 422),
        ({"act": "disable", "users": ["1\0", "\0"]}, 422),
        ({"act": "remove", "users": ["\u0661", "9" * 40, "-1"]}, 422),
    ],
)
def test_nonsense_sent_to_the_list_does_nothing(
    client: Client, company: Company, fields: dict[str, Any], status: int
) -> None:
    with nothing_changes(company.partner):
        assert client.post(f"/companies/{company.pk}/users/", fields).status_code == status


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--x\r\nContent-Dispo", "multipart/form-data"),
        (b"name=A", "multipart/form-data; boundary=\xff"),
        (b"name=A", "application/x-www-form-urlencoded; charset=utf-7"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_400(client: Client, company: Company, body: bytes, content_type: str) -> None:
    with nothing_changes(company.partner):
        response = client.generic("POST", f"/companies/{company.pk}/settings/name/", body, content_type=content_type)
    assert (response.status_code, title(response)) == (400, NOT_UNDERSTOOD)


# Size


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_body_beyond_every_limit_is_a_413_and_kept_nowhere(
    client: Client, company: Company, headers: dict[str, str], signed_in: bool
) -> None:
    """Whoever sends it, and to whichever address: a file would be written to the disk before anybody asked who."""
    if not signed_in:
        client.logout()
    file = SimpleUploadedFile("people.csv", b"x" * (11 * MEGABYTE + 1), content_type="text/csv")
    with nothing_changes(company.partner):
        response = client.post(f"/companies/{company.pk}/users/add/file/", {"file": file}, headers=headers)
    assert response.status_code == 413
    assert f"{TOO_BIG}. Nothing was changed." in response.text if headers else title(response) == TOO_BIG


def test_a_form_of_more_than_10_mb_says_so(client: Client, company: Company) -> None:
    with nothing_changes(company.partner):
        response = client.post(
            f"/companies/{company.pk}/users/add/many/",
            urlencode({"emails": "x" * 10 * MEGABYTE}),
            content_type="application/x-www-form-urlencoded",
        )
    assert (response.status_code, title(response)) == (413, TOO_BIG)


@pytest.mark.django_db(transaction=True)
def test_the_server_answers_whoever_sends_too_much() -> None:
    """Instead of hanging up while the browser still sends."""
    with server(threads=1) as port:
        with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as sender:
            sender.request("POST", "/accounts/login/", b"x" * 12 * MEGABYTE)
            response = sender.getresponse()
            assert (response.status, TOO_BIG in response.read().decode()) == (413, True)
        with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as sender:
            sender.request("GET", "/accounts/login/", headers={"Cookie": "a=" + "x" * 2 * MEGABYTE})
            with closing(sender.getresponse()) as response:
                assert response.status == 431


@pytest.mark.parametrize("how", ["get", "post"])
def test_more_than_5000_fields_are_a_400(client: Client, company: Company, how: str) -> None:
    with nothing_changes(company.partner):
        response = getattr(client, how)(f"/companies/{company.pk}/users/", {"users": ["1"] * 5001, "act": "remove"})
    assert (response.status_code, title(response)) == (400, NOT_UNDERSTOOD)


# Addresses of other sites


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "https://evil.example/",
        "http:evil.example",
        "///evil.example",
        r"\\evil.example",
        r"/\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "\t//evil.example",
        "https://testserver@evil.example/",
    ],
)
def test_sign_in_never_leads_to_another_site(client: Client, elsewhere: str) -> None:
    """Whether `next` stands in the address or in the form."""
    cache.clear()
    make_account(email="ada@partner.example")
    fields = {"login": "ada@partner.example", "password": PASSWORD}
    for address, more in (("/accounts/login/", {"next": elsewhere}), (f"/accounts/login/?next={quote(elsewhere)}", {})):
        client.logout()
        response = client.post(address, fields | more)
        assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_a_line_break_in_next_makes_no_header(client: Client) -> None:
    cache.clear()
    make_account(email="ada@partner.example")
    fields = {"login": "ada@partner.example", "password": PASSWORD, "next": "/companies/\r\nSet-Cookie: a=b"}
    response = client.post("/accounts/login/", fields)
    assert response.headers["Location"] == "/companies/%0D%0ASet-Cookie:%20a=b"
    assert "a" not in response.cookies


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "testserver:x"])
@pytest.mark.parametrize("secure", [True, False])
def test_a_foreign_host_is_a_400_and_named_nowhere(client: Client, host: str, secure: bool) -> None:
    client.raise_request_exception = False
    response = client.get("/accounts/login/", headers={"host": host}, secure=secure)
    assert (response.status_code, title(response)) == (400, NOT_UNDERSTOOD)
    assert "evil" not in response.text


def test_a_forwarded_host_is_not_believed(client: Client) -> None:
    response = client.get("/companies/", headers={"x-forwarded-host": "evil.example"})
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/?next=%2Fcompanies%2F")


def test_a_download_is_named_by_the_portal_alone(client: Client, company: Company) -> None:
    """No name of a company or a person reaches a header."""
    response = client.get(f"/companies/{company.pk}/users/add/file/template.csv?filename=%0d%0aSet-Cookie:%20a=b")
    assert response.headers["Content-Disposition"] == 'attachment; filename="users.csv"'
    assert "Set-Cookie" not in response.headers
