"""Authenticator apps and recovery codes, with real codes (issue 3, section 3). Passkeys: tests/browser."""

import datetime as dt
import re
from typing import Any

import pyotp
import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.factories import PASSWORD, make_account, make_support
from tests.page import Page
from tests.users.accounts.steps import SECRET, code_of_app, is_in, recovery_codes, sign_in, with_app
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

ACTIVATE = "/accounts/2fa/totp/activate/"
REMOVE = "/accounts/2fa/totp/deactivate/"
CODES = "/accounts/2fa/recovery-codes/"
SECOND = "/accounts/2fa/authenticate/"
WRONG = "This code is wrong, or was used already. Wait for the next one, then enter that."


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada() -> Account:
    return make_account(email="ada@partner.example")


def enter(client: Client, code: str) -> str:
    """Enter a code as the second step: where that leads, or what is said at the field."""
    response = client.post(SECOND, {"code": code})
    return response["Location"] if response.status_code == 302 else " ".join(Page(response).errors("code"))


def types(account: Account) -> set[str]:
    return set(Authenticator.objects.filter(user=account).values_list("type", flat=True))


def set_up(client: Client) -> str:
    """Set up an app; its secret."""
    secret = Page(client.get(ACTIVATE)).one(id="secret").text
    response = client.post(ACTIVATE, {"code": pyotp.TOTP(secret).now()})
    assert (response.status_code, response["Location"]) == (302, CODES)
    return secret


def test_an_app_is_set_up_by_its_first_code(ada: Account) -> None:
    client = sign_in(ada)
    secret = Page(client.get(ACTIVATE)).one(id="secret").text
    response = client.post(ACTIVATE, {"code": "000000"})
    assert (response.status_code, Page(response).errors("code")) == (422, [WRONG])
    assert Page(response).one(id="secret").text == secret
    assert types(ada) == set()
    assert client.post(ACTIVATE, {"code": pyotp.TOTP(secret).now()})["Location"] == CODES
    assert types(ada) == {"totp", "recovery_codes"}
    [message] = mail.outbox
    assert (message.subject, message.to) == ("[Partner Portal] An authenticator app was set up", [ada.email])


def test_the_picture_says_who_and_where(ada: Account) -> None:
    client = sign_in(ada)
    address = client.get(ACTIVATE).context["totp_url"]
    assert re.fullmatch(r"otpauth://totp/ada%40partner\.example\?secret=[A-Z2-7]{32}&issuer=Partner%20Portal", address)


def test_every_sign_in_asks_for_a_code(ada: Account) -> None:
    with_app(ada)
    client = Client()
    first = client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD, "next": "/statements/"})
    assert first["Location"] == SECOND
    assert not is_in(client)
    assert client.get("/companies/")["Location"] == "/accounts/login/?next=%2Fcompanies%2F"
    assert client.get("/accounts/login/")["Location"] == SECOND
    assert enter(client, "000000") == WRONG
    assert enter(client, code_of_app()) == "/statements/"
    assert is_in(client)


def test_a_code_of_the_neighbouring_time_is_taken_and_none_beyond(ada: Account) -> None:
    with_app(ada)
    app, now = pyotp.TOTP(SECRET), timezone.now()
    for seconds, answer in ((-60, WRONG), (60, WRONG), (-30, "/")):
        cache.clear()
        assert enter(sign_in(ada), app.at(now + dt.timedelta(seconds=seconds))) == answer


def test_a_code_opens_once_for_as_long_as_it_would_be_taken(ada: Account) -> None:
    with_app(ada)
    begin = dt.datetime(2027, 3, 1, 9, 30, tzinfo=dt.UTC)
    code = pyotp.TOTP(SECRET).at(begin + dt.timedelta(seconds=30))
    with time_machine.travel(begin, tick=False):
        assert enter(sign_in(ada), code) == "/"
    for seconds in (1, 31, 61):
        with time_machine.travel(begin + dt.timedelta(seconds=seconds), tick=False):
            assert enter(sign_in(ada), code) == WRONG


def test_the_code_that_set_up_the_app_is_used_up(ada: Account) -> None:
    client = sign_in(ada)
    secret = set_up(client)
    client.post("/accounts/logout/")
    assert enter(sign_in(ada), pyotp.TOTP(secret).now()) == WRONG


def test_a_recovery_code_opens_once(ada: Account) -> None:
    with_app(ada)
    first, second, *_others = recovery_codes(ada)
    assert enter(sign_in(ada), first) == "/"
    assert enter(sign_in(ada), first) == WRONG
    assert enter(sign_in(ada), f" {second[:4]} {second[4:]} ") == "/"
    assert len(recovery_codes(ada)) == 8


def test_recovery_codes_are_shown_once_to_keep_and_to_download(ada: Account) -> None:
    client = sign_in(ada)
    set_up(client)
    page = Page(client.get(CODES))
    shown = page.one("ul", class_="codes").texts("li")
    assert shown == recovery_codes(ada)
    link = page.one("a", download="partner-portal-recovery-codes.txt")
    assert all(code in link["href"] for code in shown)
    assert "ada%40partner.example" in link["href"]
    again = Page(client.get(CODES))
    assert again.all("ul", class_="codes") == []
    assert not any(code in again.one("main").text for code in shown)
    assert "10 of 10 codes are left." in again.one("main").text


def test_new_recovery_codes_replace_the_former_and_are_told(ada: Account) -> None:
    client = sign_in(ada)
    set_up(client)
    former = recovery_codes(ada)
    mail.outbox.clear()
    response = client.post(f"{CODES}generate/")
    assert response["Location"] == CODES
    new = Page(client.get(CODES)).one("ul", class_="codes").texts("li")
    assert set(new).isdisjoint(former)
    assert [message.subject for message in mail.outbox] == ["[Partner Portal] New recovery codes were made"]
    assert enter(sign_in(ada), former[0]) == WRONG


def test_without_a_factor_there_are_no_recovery_codes(ada: Account) -> None:
    client = sign_in(ada)
    response = client.post(f"{CODES}generate/")
    assert response.status_code == 422
    assert Page(response).alert.text == "Recovery codes come with a second factor. Add one of those first."
    assert types(ada) == set()


def test_the_first_factor_ends_sessions_that_began_without_one(ada: Account) -> None:
    other, here = sign_in(ada), sign_in(ada)
    set_up(here)
    assert [is_in(other), is_in(here)] == [False, True]


def test_an_app_is_removed_with_the_codes_and_that_is_told(ada: Account) -> None:
    client = sign_in(ada)
    set_up(client)
    mail.outbox.clear()
    assert client.post(REMOVE)["Location"] == "/accounts/2fa/"
    assert types(ada) == set()
    assert [message.subject for message in mail.outbox] == ["[Partner Portal] The authenticator app was removed"]
    assert is_in(sign_in(ada))


def test_the_last_factor_stays_while_everybody_needs_one(ada: Account, settings: Settings) -> None:
    settings.REQUIRE_MFA = True
    client = sign_in(with_app(ada))
    enter(client, code_of_app())
    response = client.post(REMOVE)
    assert response.status_code == 422
    assert Page(response).alert.text == (
        "This is your only second factor, and everybody needs one here. Add another one first."
    )
    assert types(ada) == {"totp", "recovery_codes"}


def test_what_concerns_factors_is_asked_for_again_after_ten_minutes(ada: Account) -> None:
    client = sign_in(with_app(ada))
    enter(client, code_of_app())
    assert client.get(REMOVE).status_code == 200
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11), tick=False):
        for address in (REMOVE, CODES, f"{CODES}generate/", "/accounts/2fa/webauthn/add/", "/accounts/email/"):
            assert client.get(address)["Location"].startswith("/accounts/reauthenticate/?next="), address
        page = Page(client.get("/accounts/reauthenticate/?next=/accounts/2fa/"))
        assert page.one("a", href="/accounts/2fa/reauthenticate/?next=%2Faccounts%2F2fa%2F").text == "Use a code"
        again = "/accounts/2fa/reauthenticate/"
        wrong = client.post(again, {"code": "000000", "next": REMOVE})
        assert (wrong.status_code, Page(wrong).errors("code")) == (422, [WRONG])
        assert client.post(again, {"code": code_of_app(), "next": REMOVE})["Location"] == REMOVE
        assert client.get(REMOVE).status_code == 200


def test_withdrawn_between_the_two_steps_does_not_get_in(ada: Account) -> None:
    """R2."""
    client = sign_in(with_app(ada))
    Account.objects.filter(pk=ada.pk).update(is_active=False)
    assert enter(client, code_of_app()) == "/accounts/login/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "credential",
    [
        *("", "{}", "[]", "null", '"x"', '{"id": "x"}', '{"response": {}}', '{"response": {"userHandle": "eA"}}', "\0"),
        *("1" * 5_000, "[" * 100_000),
    ],
    ids=lambda credential: credential[:20],
)
def test_passkeys_that_are_none_are_refused(credential: str) -> None:
    """Whatever is sent in a passkey's place leads back to the door, and nobody is signed in."""
    client = Client()
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    response = client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "credential",
    ["", "{}", "[]", "null", '{"id": "x"}', '{"id": "x", "rawId": "y"}', "1" * 5_000, "[" * 100_000],
    ids=lambda credential: credential[:20],
)
def test_passkeys_that_are_none_are_not_added(ada: Account, credential: str) -> None:
    client = sign_in(ada)
    client.get("/accounts/2fa/webauthn/add/")
    response = client.post("/accounts/2fa/webauthn/add/", {"name": "Mine", "credential": credential})
    assert response.status_code == 422
    assert Page(response).alert.text != ""
    assert types(ada) == set()


@pytest.fixture
def everybody_needs_one(settings: Settings) -> None:
    settings.REQUIRE_MFA = True


SETUP = "/accounts/2fa/set-up/"


@pytest.mark.usefixtures("everybody_needs_one")
def test_whoever_has_no_factor_sets_one_up_and_is_in(ada: Account) -> None:
    client = sign_in(ada)
    assert client.get("/companies/")["Location"] == SETUP
    assert Page(client.get(SETUP)).one("h1").text == "Set up your second factor"
    set_up(client)
    assert client.get("/companies/").status_code == 200
    assert client.get(SETUP)["Location"] == "/accounts/2fa/"


@pytest.mark.usefixtures("everybody_needs_one")
def test_support_staff_without_a_factor_do_not_get_into_their_site() -> None:
    client = sign_in(make_support())
    for address in ("/admin/", "/admin/companies/company/", "/"):
        assert client.get(address)["Location"] == SETUP
    set_up(client)
    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("everybody_needs_one")
def test_htmx_is_led_to_the_set_up_as_a_page(ada: Account) -> None:
    response = sign_in(ada).get("/companies/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (200, SETUP)


@pytest.mark.usefixtures("everybody_needs_one")
def test_pages_of_the_set_up_offer_no_others(ada: Account) -> None:
    """They would lead back to the set-up."""
    client = sign_in(ada)
    for path in ("/accounts/2fa/set-up/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"):
        response = client.get(path)
        assert (response.status_code, "top-nav" in response.text, "Sign out" in response.text) == (200, False, True)
    with_app(ada)
    assert "top-nav" in client.get("/accounts/").text


def test_whoever_has_none_can_sign_out(ada: Account) -> None:
    client = sign_in(ada)
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert not is_in(client)


@pytest.mark.usefixtures("everybody_needs_one")
def test_recovery_codes_alone_are_no_factor(ada: Account) -> None:
    with_app(ada)
    Authenticator.objects.filter(user=ada, type="totp").delete()
    assert sign_in(ada).get("/companies/")["Location"] == SETUP


@pytest.mark.usefixtures("everybody_needs_one")
def test_whose_factor_was_taken_away_is_led_to_the_set_up_at_once(ada: Account) -> None:
    client = sign_in(with_app(ada))
    enter(client, code_of_app())
    assert client.get("/companies/").status_code == 200
    Authenticator.objects.filter(user=ada).delete()
    assert client.get("/companies/")["Location"] == SETUP


@pytest.mark.usefixtures("everybody_needs_one")
def test_the_code_in_the_mail_comes_before_the_second_factor(ada: Account) -> None:
    from tests.users.accounts.steps import code_in_mail

    with_app(ada)
    EmailAddress.objects.filter(user=ada).delete()
    client = sign_in(ada)
    response = client.post("/accounts/confirm-email/", {"code": code_in_mail(ada.email)})
    assert response["Location"] == SECOND
    assert enter(client, code_of_app()) == "/"


def test_a_factor_is_a_matter_of_choice_where_the_portal_does_not_ask(ada: Account, settings: Any) -> None:
    assert settings.REQUIRE_MFA is False
    assert sign_in(ada).get("/companies/").status_code == 200
