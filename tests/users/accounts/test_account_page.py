"""The pages of one's own sign-in: what they show, and that they are strict (issue 3, sections 3 and 7)."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests.factories import PASSWORD, make_account, make_support
from tests.page import Page
from tests.users.accounts.steps import code_of_app, link_in_mail, sign_in, with_app
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

OWN = [
    "/accounts/",
    "/accounts/2fa/",
    "/accounts/2fa/reauthenticate/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/email/",
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/sessions/",
]
DOOR = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-abc-def/",
    "/accounts/password/reset/key/done/",
]


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada() -> Account:
    return make_account(email="ada@partner.example", name="Ada Admin")


def lines(client: Client) -> list[str]:
    return Page(client.get("/accounts/")).one("main").texts("div", class_="row-text")


def test_overview_of_an_account_with_a_password_alone(ada: Account) -> None:
    assert ada.partner is not None
    assert lines(sign_in(ada)) == [
        "Name Ada Admin",
        f"Organization {ada.partner.name} · Admin",
        "E-mail ada@partner.example",
        "Password A new one ends all other sessions.",
        "Second factors Off Your password alone opens everything. Add an app or a passkey.",
        "Sessions 1 is open.",
    ]


def test_overview_of_an_account_with_factors(ada: Account) -> None:
    sign_in(ada)
    client = sign_in(ada)
    with_app(ada)
    WebAuthn.add(ada, "Phone", {})
    assert lines(client)[4:] == [
        "Second factors On Authenticator app · 1 passkey",
        "Recovery codes 10 codes are left",
        "Sessions 2 are open.",
    ]


def test_support_staff_have_one_and_a_way_to_it() -> None:
    client = sign_in(make_support("sue@vendor.example"))
    page = Page(client.get("/accounts/"))
    assert page.one("main").texts("div", class_="row-text")[:2] == ["Name Support", "Team Support staff"]
    menu = page.one("header", class_="top")
    assert menu.one("a", class_="menu-item")["href"] == "/accounts/"
    assert menu.texts("button") == ["Sign out"]


@pytest.mark.parametrize("role", Role)
def test_every_role_reaches_its_own_account_from_the_menu(role: Role) -> None:
    page = Page(sign_in(make_account(role=role)).get("/companies/"))
    assert "/accounts/" in [link["href"] for link in page.one("div", class_="menu").all("a")]


def _is_data(script: dict[str, str]) -> bool:
    """What no browser runs."""
    return script.get("type") == "application/json"


@pytest.fixture
def whoever_has_all(ada: Account) -> Client:
    client = sign_in(with_app(ada))
    client.post("/accounts/2fa/authenticate/", {"code": code_of_app()})
    return client


def strict(page: Page) -> bool:
    """Whether nothing in the page needs more than the policy of content gives: files of this host."""
    scripts = [script.attributes for script in page.all("script")]
    assert all(_is_data(script) or script["src"].startswith("/static/") for script in scripts)
    assert page.all("style") == []
    inline = [name for tag in page.all() for name in tag.attributes if name.startswith("on") or name == "style"]
    return inline == []


@pytest.mark.parametrize("address", OWN)
def test_no_page_of_ones_own_has_a_script_or_a_style_in_it(whoever_has_all: Client, address: str) -> None:
    response = whoever_has_all.get(address)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert strict(Page(response))


@pytest.mark.parametrize("address", DOOR)
def test_no_page_at_the_door_has_a_script_or_a_style_in_it(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert strict(Page(response))


def test_nor_have_those_on_the_way(ada: Account, settings: Settings) -> None:
    """The set-up of a factor, the second step, the code in the mail, the form behind the link."""
    settings.REQUIRE_MFA = True
    client = sign_in(ada)
    for address in ("/accounts/2fa/set-up/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"):
        assert strict(Page(client.get(address)))
    with_app(ada)
    WebAuthn.add(ada, "Phone", {})
    Authenticator.objects.filter(user=ada, type="webauthn").delete()
    assert strict(Page(sign_in(ada).get("/accounts/2fa/authenticate/")))
    other = Client()
    other.post("/accounts/password/reset/", {"email": ada.email})
    assert strict(Page(other.get(link_in_mail(), follow=True)))
    EmailAddress.objects.filter(user=ada).delete()
    assert strict(Page(sign_in(ada).get("/accounts/confirm-email/")))


EVIL = ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", "https:evil.example"]


@pytest.mark.parametrize("following", EVIL)
def test_no_page_leads_to_another_site(ada: Account, following: str) -> None:
    """What `next` says is followed within the portal only."""
    client = sign_in(with_app(ada))
    step = client.post("/accounts/2fa/authenticate/", {"code": code_of_app(), "next": following})
    assert step["Location"] == "/"
    again = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": following})
    assert again["Location"] == "/"
    new = "a-new-horse-battery"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new, "next": following}
    assert client.post("/accounts/password/change/", form)["Location"] == "/accounts/"
    assert client.get("/accounts/login/", {"next": following})["Location"] == "/"
    assert client.post("/accounts/logout/", {"next": following})["Location"] == "/accounts/login/"


def test_the_second_step_leads_where_the_first_was_asked_to_within_the_portal(ada: Account) -> None:
    with_app(ada)
    for following, led in (("https://evil.example/", "/"), ("/statements/", "/statements/")):
        cache.clear()
        client = Client()
        client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD, "next": following})
        assert client.post("/accounts/2fa/authenticate/", {"code": code_of_app()})["Location"] == led
