"""Adding people by hand, one or many at once (R5, R9)."""

import pytest
from django.http import HttpResponseBase
from django.test import Client

from companies.models import Company
from tests.factories import add_people, make_account, make_company
from tests.facts import nothing_changes, numbers
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account
from users.models import StatusChange, User

pytestmark = pytest.mark.django_db

ANN = {"first_name": "Ann", "last_name": "Lee", "email": "ann@x.example"}
SHORT = "Not enough seats: {}. Add seats or remove users, then try again."


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def url(company: Company, way: str = "") -> str:
    return f"/companies/{company.pk}/users/add/{way}"


def add(client: Client, company: Company, **fields: str) -> HttpResponseBase:
    return client.post(url(company), ANN | fields)


def test_the_form_shows_what_is_available_and_the_three_ways(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=50, used=2)
    page = Page(client.get(url(company)))
    panel = page.one(id="panel")
    assert "Seats available: 48 of 50" in panel.text
    assert panel.one("nav").texts("a") == ["One person", "Several people", "CSV file"]
    assert panel.texts("button") == ["Add users"]
    assert "novalidate" in panel.one("form").attributes


def test_a_person_is_added_active_in_the_accounts_name(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2)
    response = add(client, company)
    assert (response.status_code, response.headers["Location"]) == (302, f"/companies/{company.pk}/users/")
    assert numbers(company) == (2, 2, 0)
    user = User.objects.get(company=company, email="ann@x.example")
    change = StatusChange.objects.get(user=user)
    assert (user.full_name, user.status) == ("Ann Lee", "active")
    assert (change.by_account, change.door) == (admin, "portal")
    assert Page(client.get(response.headers["Location"])).messages == ["Ann Lee was added and is Active."]


def test_a_full_company_refuses_with_the_numbers_and_keeps_what_was_typed(client: Client, admin: Account) -> None:
    """R5"""
    company = make_company(admin.partner, seats=2, used=2)
    with nothing_changes(company):
        response = add(client, company)
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == SHORT.format("1 seat is needed, 0 are available, 1 is missing")
    assert {name: page.value(name) for name in ANN} == ANN


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("first_name", "", "Fill this in."),
        ("first_name", "   ", "Fill this in."),
        ("last_name", "x" * 300, "Use at most 100 characters; these are 300."),
        ("first_name", "An\x07n", "Take out the control characters."),
        ("last_name", "Le\u202ee", "Take out the control characters."),
        ("last_name", "Le\x00e", "Null characters are not allowed."),
        ("email", "", "Fill this in."),
        ("email", "nonsense", "This is not an e-mail address."),
        ("email", "a b@x.example", "This is not an e-mail address."),
        ("email", "x" * 250 + "@x.example", "Use at most 254 characters; these are 260."),
        ("email", "BOB@X.example", "This e-mail is in use at the company already."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client: Client, admin: Account, field: str, typed: str, error: str) -> None:
    """R9"""
    company = make_company(admin.partner)
    add(client, company, email="bob@x.example")
    with nothing_changes(company):
        response = add(client, company, **{field: typed})
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text
    assert {name: page.errors(name) for name in ANN} == {name: [error] if name == field else [] for name in ANN}
    assert page.value(field).strip() == typed.strip()


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({"first_name": "🎉 Zoë"}, ("🎉 Zoë", "Lee", "ann@x.example")),
        ({"first_name": "عمر", "last_name": "السيد"}, ("عمر", "السيد", "ann@x.example")),
        ({"last_name": "  van   der Berg "}, ("Ann", "van der Berg", "ann@x.example")),
        ({"last_name": "=cmd"}, ("Ann", "=cmd", "ann@x.example")),
        ({"email": " 用户@例子.example "}, ("Ann", "Lee", "用户@例子.example")),
        ({"email": "Ann.Lee@X.Example"}, ("Ann", "Lee", "Ann.Lee@x.example")),
    ],
)
def test_names_and_addresses_of_every_script_are_kept(
    client: Client, admin: Account, fields: dict[str, str], stored: tuple[str, str, str]
) -> None:
    company = make_company(admin.partner)
    assert add(client, company, **fields).status_code == 302
    user = User.objects.filter(company=company).latest("pk")
    assert (user.first_name, user.last_name, user.email) == stored


def test_the_same_form_sent_twice_adds_one_person(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    assert add(client, company).status_code == 302
    with nothing_changes(company):
        again = add(client, company)
    assert again.status_code == 422
    assert Page(again).alert.text == "This e-mail is in use at the company already: ann@x.example"


@pytest.mark.parametrize("way", ["", "many/", "file/", "file/token/", "file/template.csv"])
def test_only_those_who_may_change_the_companys_users_get_there(client: Client, admin: Account, way: str) -> None:
    """R23, R24"""
    company = make_company(admin.partner)
    assert client.get(url(make_company(), way)).status_code == 404
    assert client.post(url(make_company(), way), ANN).status_code in {404, 405}
    client.force_login(make_account(admin.partner, role=Role.READ_ONLY))
    with nothing_changes(company):
        assert client.get(url(company, way)).status_code == 403
        assert client.post(url(company, way), ANN).status_code in {403, 405}
    client.logout()
    assert client.get(url(company, way)).headers["Location"].startswith("/accounts/login/?next=")


def rows(*people: tuple[str, str, str], out: tuple[int, ...] = ()) -> dict[str, str]:
    data = {"people-TOTAL_FORMS": str(len(people)), "people-INITIAL_FORMS": str(len(people))}
    for number, (email, first_name, last_name) in enumerate(people):
        data |= {
            f"people-{number}-email": email,
            f"people-{number}-first_name": first_name,
            f"people-{number}-last_name": last_name,
        }
        if number in out:
            data[f"people-{number}-DELETE"] = "on"
    return data


def test_pasted_addresses_become_rows_with_the_names_they_bring(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    with nothing_changes(company):
        response = client.post(url(company, "many/"), {"emails": "Ann Lee <ann@x.example>; bob@x.example\nnonsense"})
    page = Page(response)
    assert response.status_code == 200
    found = [
        tuple(page.value(f"people-{number}-{name}") for name in ("email", "first_name", "last_name"))
        for number in range(3)
    ]
    assert found == [("ann@x.example", "Ann", "Lee"), ("bob@x.example", "", ""), ("nonsense", "", "")]
    assert page.value("people-TOTAL_FORMS") == "3"


@pytest.mark.parametrize(
    ("emails", "error"),
    [
        ("", "Paste at least one e-mail."),
        (" ,;\n", "Paste at least one e-mail."),
        (
            "\n".join(f"a{number}@x.example" for number in range(501)),
            "These are 501; at most 500 can be added in this way. Use a CSV file for more.",
        ),
        ("x" * 100_001, "This is too much text. Use a CSV file for so many people."),
    ],
)
def test_none_or_too_many_addresses_are_told_at_the_field(
    client: Client, admin: Account, emails: str, error: str
) -> None:
    company = make_company(admin.partner)
    response = client.post(url(company, "many/"), {"emails": emails})
    page = Page(response)
    assert (response.status_code, page.errors("emails")) == (422, [error])
    assert page.alert.text == "Nothing was saved. Correct the marked fields."
    assert page.value("emails") == " ".join(emails.split())


def test_five_hundred_are_added_at_once(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=501)
    people = [(f"a{number}@x.example", "A", "B") for number in range(500)]
    assert client.post(url(company, "many/"), rows(*people)).status_code == 302
    assert numbers(company) == (501, 501, 0)


def test_rows_that_are_left_out_are_not_added_and_may_be_wrong(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    sent = rows(("ann@x.example", "Ann", "Lee"), ("nonsense", "", ""), ("ANN@x.example", "A", "L"), out=(1, 2))
    response = client.post(url(company, "many/"), sent)
    assert response.status_code == 302
    assert Page(client.get(response.headers["Location"])).messages == ["1 user was added."]
    assert list(company.users.order_by("pk").values_list("email", flat=True))[1:] == ["ann@x.example"]


def test_one_wrong_row_adds_nobody(client: Client, admin: Account) -> None:
    """R5"""
    company = make_company(admin.partner)
    sent = rows(("ann@x.example", "Ann", "Lee"), ("Ann@x.example", "", "Ray"), ("cy@x.example", "Cy", "x" * 300))
    with nothing_changes(company):
        response = client.post(url(company, "many/"), sent)
    page = Page(response)
    assert response.status_code == 422
    assert page.errors("people-0-email") == []
    assert page.errors("people-1-email") == ["This e-mail stands twice."]
    assert page.errors("people-1-first_name") == ["Fill this in."]
    assert page.errors("people-2-last_name") == ["Use at most 100 characters; these are 300."]
    assert page.value("people-2-last_name") == "x" * 300


def test_addresses_in_use_are_told_at_their_rows(client: Client, admin: Account) -> None:
    """R9"""
    company = make_company(admin.partner)
    [user] = add_people(company, 1)
    with nothing_changes(company):
        response = client.post(
            url(company, "many/"), rows(("ann@x.example", "Ann", "Lee"), (user.email.upper(), "Bob", "Ray"))
        )
    page = Page(response)
    assert response.status_code == 422
    assert page.errors("people-0-email") == []
    assert page.errors("people-1-email") == ["This e-mail is in use at the company already."]


def test_an_address_that_only_the_database_finds_doubled_is_told_at_its_row(client: Client, admin: Account) -> None:
    """R9: Python writes the last sigma of a word in another way."""
    company = make_company(admin.partner)
    sent = rows(("ΟΔΟΣ@x.example", "Ann", "Lee"), ("οδοσ@x.example", "Bob", "Ray"))
    with nothing_changes(company):
        response = client.post(url(company, "many/"), sent)
    page = Page(response)
    assert (response.status_code, page.alert.text) == (422, "This e-mail stands twice: οδοσ@x.example")
    assert [page.errors(f"people-{number}-email") for number in (0, 1)] == [[], ["This e-mail stands twice."]]


def test_more_rows_than_seats_are_refused_with_the_numbers(client: Client, admin: Account) -> None:
    """R5"""
    company = make_company(admin.partner, seats=2)
    with nothing_changes(company):
        response = client.post(
            url(company, "many/"), rows(("ann@x.example", "Ann", "Lee"), ("bob@x.example", "Bob", "Ray"))
        )
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == SHORT.format("2 seats are needed, 1 is available, 1 is missing")
    assert page.value("people-1-first_name") == "Bob"


@pytest.mark.parametrize(
    "sent",
    [
        {"people-TOTAL_FORMS": "x", "people-INITIAL_FORMS": "0"},
        {"people-TOTAL_FORMS": "0", "people-INITIAL_FORMS": "0"},
        {"people-TOTAL_FORMS": "3", "people-INITIAL_FORMS": "0"},
        {"people-TOTAL_FORMS": "999999999", "people-INITIAL_FORMS": "0"},
        rows(("ann@x.example", "Ann", "Lee"), out=(0,)),
    ],
)
def test_nonsense_in_place_of_rows_adds_nobody(client: Client, admin: Account, sent: dict[str, str]) -> None:
    company = make_company(admin.partner)
    with nothing_changes(company):
        response = client.post(url(company, "many/"), sent)
    assert (response.status_code, bool(Page(response).alert.text)) == (422, True)
