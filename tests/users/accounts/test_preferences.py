"""Language and theme: chosen at the foot of every page, kept with the account and in the browser."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from tests.factories import make_account, make_support, sign_in
from tests.page import Page
from users.accounts.enums import Role, Theme
from users.accounts.models import Account
from users.accounts.notices import tell_role_changed
from users.accounts.preferences import in_language_of

pytestmark = pytest.mark.django_db

CHOOSE = "/accounts/preferences/"


@pytest.fixture(autouse=True)
def _two_languages(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]


def html(client: Client, path: str = "/companies/") -> dict[str, str]:
    return Page(client.get(path)).one("html").attributes


def test_a_theme_is_kept_with_the_account(client: Client) -> None:
    ada = make_account()
    sign_in(client, ada)
    assert "data-theme" not in html(client)
    response = client.post(CHOOSE, {"theme": "dark", "next": "/companies/?q=a"})
    assert (response.status_code, response["Location"]) == (302, "/companies/?q=a")
    ada.refresh_from_db()
    assert (ada.theme, ada.language) == (Theme.DARK, "")
    elsewhere = Client()
    sign_in(elsewhere, ada)
    assert html(elsewhere)["data-theme"] == "dark"


def test_a_language_is_kept_with_the_account_and_beats_the_browsers(client: Client) -> None:
    ada = make_account()
    sign_in(client, ada)
    client.post(CHOOSE, {"language": "de"})
    ada.refresh_from_db()
    assert (ada.language, ada.theme) == ("de", "")
    elsewhere = Client(headers={"Accept-Language": "en"})
    sign_in(elsewhere, ada)
    assert html(elsewhere)["lang"] == "de"


def test_ones_choice_is_shown_and_can_be_taken_back() -> None:
    """Whoever chose nothing changes the theme without choosing the browser's language for good."""
    ada = make_account()
    client = Client(headers={"Accept-Language": "de"})
    sign_in(client, ada)

    def chosen() -> list[str]:
        options = Page(client.get("/companies/")).all("option")
        return [
            it.attributes["value"] or "" for it in options if "selected" in it.attributes and it.attributes["value"]
        ]

    assert chosen() == ["on"]
    client.post(CHOOSE, {"language": "en", "theme": "dark"})
    assert (html(client)["lang"], chosen()) == ("en", ["en", "dark", "on"])
    client.post(CHOOSE, {"language": "", "theme": ""})
    assert (html(client)["lang"], chosen()) == ("de", ["on"])
    ada.refresh_from_db()
    assert (ada.language, ada.theme) == ("", "")


def test_who_is_not_signed_in_keeps_both_in_the_browser(client: Client) -> None:
    client.post(CHOOSE, {"language": "de", "theme": "light", "next": "/accounts/login/"})
    attributes = html(client, "/accounts/login/")
    assert (attributes["lang"], attributes["data-theme"]) == ("de", "light")
    assert client.cookies["portal_language"]["httponly"] is True


def test_nothing_chosen_is_what_the_browser_asks_for() -> None:
    assert html(Client(headers={"Accept-Language": "de-AT,en;q=0.5"}), "/accounts/login/")["lang"] == "de"


@pytest.mark.parametrize("data", [{"language": "xx"}, {"theme": "pink"}, {"language": "de", "theme": "pink"}])
def test_what_cannot_be_chosen_changes_nothing(client: Client, data: dict[str, str]) -> None:
    ada = make_account()
    sign_in(client, ada)
    response = client.post(CHOOSE, data)
    assert response.status_code == 400
    assert not {"portal_language", "portal_theme"} & set(client.cookies)
    ada.refresh_from_db()
    assert (ada.language, ada.theme) == ("", "")


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_the_way_back_is_ours(client: Client, next_page: str) -> None:
    assert client.post(CHOOSE, {"theme": "dark", "next": next_page})["Location"] == "/"


def test_only_ones_own_are_changed(client: Client) -> None:
    ada = make_account()
    ben = make_account(ada.partner)
    sign_in(client, ada)
    client.post(CHOOSE, {"theme": "dark"})
    assert list(Account.objects.filter(theme="dark")) == [ada]
    assert Account.objects.get(pk=ben.pk).theme == ""


def test_what_another_does_is_written_in_ones_own_language() -> None:
    ada = make_account()
    ada.language = "de"
    ben = make_account(ada.partner)
    with translation.override("de"):
        with in_language_of(ben):
            assert translation.get_language() == "en"
        with in_language_of(ada):
            assert translation.get_language() == "de"
        tell_role_changed(ben, role_from=Role.ADMIN, by=ada)
    assert mail.outbox[0].subject.endswith("Your role in the Partner Portal was changed")


def test_support_staff_work_in_their_language_too(client: Client) -> None:
    sam = make_support()
    sign_in(client, sam)
    client.post(CHOOSE, {"language": "de"})
    elsewhere = Client()
    sign_in(elsewhere, sam)
    assert html(elsewhere, "/admin/")["lang"] == "de"
    assert html(elsewhere, "/accounts/")["lang"] == "de"
