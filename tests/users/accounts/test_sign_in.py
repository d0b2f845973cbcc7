"""Signing in and out (issue 2, section 4)."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.factories import PASSWORD, make_account, make_support
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

WRONG = "This e-mail and password do not belong together."


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def sign_in(client: Client, email: str, password: str = PASSWORD, following: str = "") -> str:
    """Post the form; answer where it leads, or the page that refuses."""
    response = client.post("/accounts/login/", {"login": email, "password": password, "next": following})
    return response["Location"] if response.status_code == 302 else response.text


def test_page_has_the_fields_of_the_contract(client: Client) -> None:
    page = client.get("/accounts/login/").text
    for text in (
        '<label for="id_login">E-mail</label>',
        '<label for="id_password">Password</label>',
        ">Sign in</button>",
    ):
        assert text in page


def test_partner_staff_go_home(client: Client) -> None:
    make_account(email="ada@partner.example")
    assert sign_in(client, "ada@partner.example") == "/"
    assert "<h1>Home</h1>" in client.get("/").text


def test_support_staff_go_to_their_admin(client: Client) -> None:
    make_support("sue@vendor.example")
    assert sign_in(client, "sue@vendor.example") == "/"
    assert client.get("/")["Location"] == "/admin/"


def test_visitor_at_the_start_is_sent_to_sign_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/accounts/login/?next=%2F"


def test_case_of_the_address_does_not_matter(client: Client) -> None:
    make_account(email="ada@partner.example")
    assert sign_in(client, " Ada@Partner.Example ") == "/"


def test_leads_back_to_the_page_that_was_asked_for(client: Client) -> None:
    make_account(email="ada@partner.example")
    assert sign_in(client, "ada@partner.example", following="/statements/") == "/statements/"


def test_never_leads_to_another_site(client: Client) -> None:
    make_account(email="ada@partner.example")
    assert sign_in(client, "ada@partner.example", following="https://evil.example/") == "/"


def _refusal(page: str) -> str:
    return page.split('role="alert"')[1].split("</p>")[0].split("<p>")[1]


def test_known_unknown_and_withdrawn_addresses_get_the_same_answer() -> None:
    make_account(email="ada@partner.example")
    gone = make_account(email="gus@partner.example")
    Account.objects.filter(pk=gone.pk).update(is_active=False)
    answers = {
        _refusal(sign_in(Client(), "ada@partner.example", "wrong")),
        _refusal(sign_in(Client(), "nobody@partner.example")),
        _refusal(sign_in(Client(), "gus@partner.example", "wrong")),
        _refusal(sign_in(Client(), "gus@partner.example")),
    }
    assert len(answers) == 1
    assert answers.pop().startswith(WRONG)


def test_account_withdrawn_while_signed_in_is_out_at_once(client: Client) -> None:
    account = make_account()
    client.force_login(account)
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert client.get("/")["Location"] == "/accounts/login/?next=%2F"


def test_sixth_attempt_within_five_minutes_is_refused_though_right() -> None:
    make_account(email="ada@partner.example")
    for _ in range(5):
        assert WRONG in sign_in(Client(), "ada@partner.example", "wrong")
    assert "Too many attempts. Wait five minutes" in sign_in(Client(), "ada@partner.example")


def test_attempts_are_counted_in_the_table_that_all_processes_share(client: Client) -> None:
    from django.db import connection

    assert settings.CACHES["default"]["LOCATION"] == "portal_cache"
    sign_in(client, "nobody@partner.example")
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from portal_cache")
        assert cursor.fetchone()[0] > 0


def test_sign_out_is_a_post(client: Client) -> None:
    client.force_login(make_account())
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/").status_code == 200
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert client.get("/")["Location"] == "/accounts/login/?next=%2F"


@pytest.mark.parametrize(
    "name",
    [
        "account_confirm_email",
        "account_confirm_login_code",
        "account_inactive",
        "account_request_login_code",
        "account_signup",
        "mfa_download_recovery_codes",
        "mfa_signup_webauthn",
        "mfa_trust",
        "socialaccount_connections",
    ],
)
def test_nothing_else_of_allauth_is_reachable(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)
