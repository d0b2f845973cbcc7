"""Add company: what a company is opened with (R1), and what is refused."""

from typing import Any

import pytest
from django.test import Client

from companies.models import Company
from tests.factories import make_account, make_company
from tests.facts import nothing_changes
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account

pytestmark = pytest.mark.django_db

URL = "/companies/add/"
TYPED = {
    "name": "Fabrikam",
    "seats": "5",
    "tier": "advanced",
    "first_name": "Ann",
    "last_name": "Lee",
    "email": "Ann.Lee@fabrikam.example",
}


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def test_r1_opens_the_company_with_its_primary_user(client: Client, admin: Account) -> None:
    response = client.post(URL, TYPED)
    company = Company.objects.get(partner=admin.partner)
    assert (response.status_code, response["Location"]) == (302, f"/companies/{company.pk}/users/")
    assert (company.name, company.seats, company.tier, company.seats_used) == ("Fabrikam", 5, "advanced", 1)
    primary = company.primary_user
    assert (primary.first_name, primary.last_name, primary.email) == ("Ann", "Lee", "Ann.Lee@fabrikam.example")
    assert Page(client.get("/companies/")).messages == ["Fabrikam was added."]


def test_htmx_is_sent_to_the_company(client: Client, admin: Account) -> None:
    response = client.post(URL, TYPED, headers={"HX-Request": "true"})
    company = Company.objects.get(partner=admin.partner)
    assert (response.status_code, response["HX-Redirect"]) == (200, f"/companies/{company.pk}/users/")


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("name", "", "Fill this in."),
        ("name", "x" * 300, "Use at most 150 characters; these are 300."),
        ("name", "Fab\x07rikam", "Take out the control characters."),
        ("seats", "", "Fill this in."),
        ("seats", "0", "Enter a whole number of seats from 1 to 1000000."),
        ("seats", "1000000000000", "Enter a whole number of seats from 1 to 1000000."),
        ("tier", "platinum", "Choose a tier."),
        ("first_name", "", "Fill this in."),
        ("last_name", "y" * 101, "Use at most 100 characters; these are 101."),
        ("email", "", "Fill this in."),
        ("email", "ann@", "This is not an e-mail address."),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_each_wrong_field_says_so_and_everything_typed_stays(
    client: Client, admin: Account, field: str, typed: str, error: str, headers: dict[str, str]
) -> None:
    with nothing_changes(admin.partner):  # type: ignore[arg-type]
        response = client.post(URL, TYPED | {field: typed}, headers=headers)
    page = Page(response)
    assert response.status_code == 422
    assert {name: page.errors(name) for name in TYPED if page.errors(name)} == {field: [error]}
    kept = {name: page.value(name) for name in TYPED if name != "tier"}
    assert kept == {name: value for name, value in (TYPED | {field: typed}).items() if name != "tier"}


@pytest.mark.parametrize("name", ["北京公司", "שלום בע״מ", "Rocket 🚀 GmbH", "O'Neill & Söhne <AG>"])
def test_names_in_every_script_are_kept(client: Client, admin: Account, name: str) -> None:
    assert client.post(URL, TYPED | {"name": name}).status_code == 302
    assert Company.objects.get(partner=admin.partner).name == name


def test_a_name_that_is_taken_is_refused_and_a_double_click_adds_one(client: Client, admin: Account) -> None:
    make_company(admin.partner, name="FABRIKAM")
    with nothing_changes(admin.partner):  # type: ignore[arg-type]
        response = client.post(URL, TYPED)
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == "A company named “Fabrikam” exists already."
    assert [page.value(name) for name in TYPED] == list(TYPED.values())


def test_r23_another_partners_company_of_that_name_is_no_obstacle(client: Client, admin: Account) -> None:
    make_company(name="Fabrikam")
    assert client.post(URL, TYPED).status_code == 302


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING, Role.READ_ONLY])
def test_r24_other_roles_get_a_403(client: Client, role: Role) -> None:
    account = make_account(role=role)
    client.force_login(account)
    answers: list[Any] = [client.get(URL), client.post(URL, TYPED)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert not Company.objects.filter(partner=account.partner).exists()
