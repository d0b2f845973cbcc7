"""In Japanese the last name stands before the first: as it is read, in lists and in forms."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from portal.web.names import full_name
from tests.factories import make_account, make_company, sign_in
from tests.page import Page
from users.enums import Door
from users.people import Person
from users.provisioning import add_users

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "name"), [("en", "Akiko Tanaka"), ("de", "Akiko Tanaka"), ("ja", "Tanaka Akiko")])
def test_a_name_is_read_in_its_order(language: str, name: str) -> None:
    with translation.override(language):
        assert full_name("Akiko", "Tanaka") == name
        assert (full_name("", "Tanaka"), full_name("Akiko", ""), full_name("", "")) == ("Tanaka", "Akiko", "")


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Akiko Tanaka", "Bea Sato", "Primary Person", "Zoe Ito"]),
        ("ja", ["Ito Zoe", "Person Primary", "Sato Bea", "Tanaka Akiko"]),
    ],
)
def test_the_list_is_in_order_of_the_names_that_are_read(client: Client, language: str, names: list[str]) -> None:
    account = make_account()
    company = make_company(account.partner)
    company.users.update(first_name="Primary", last_name="Person")
    for first, last in (("Zoe", "Ito"), ("Bea", "Sato"), ("Akiko", "Tanaka")):
        add_users(company, people=[Person(first, last, f"{first}@customer.example")], by=account, door=Door.PORTAL)
    sign_in(client, account)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for query, order in (("", names), ("?sort=-name", names[::-1])):
        links = Page(client.get(f"/companies/{company.pk}/users/{query}")).all("a")
        assert [link.text for link in links if (link.attributes.get("id") or "").startswith("name-")] == order


@pytest.mark.parametrize(
    ("language", "fields"), [("en", ["first_name", "last_name"]), ("ja", ["last_name", "first_name"])]
)
def test_forms_ask_in_that_order(client: Client, language: str, fields: list[str]) -> None:
    account = make_account()
    company = make_company(account.partner)
    sign_in(client, account)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    users = f"/companies/{company.pk}/users/"
    for path in ("/companies/add/", f"{users}add/", f"{users}{company.primary_user_id}/edit/"):
        inputs = [tag.attributes.get("name") for tag in Page(client.get(path)).all("input")]
        assert [name for name in inputs if name in {"first_name", "last_name"}] == fields, path
