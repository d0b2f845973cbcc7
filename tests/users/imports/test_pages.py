"""Adding people from a CSV file: nothing is added before somebody confirmed, and then what was chosen (R5, R9)."""

import time

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from tests.factories import add_people, make_account, make_company
from tests.facts import nothing_changes, numbers, statuses
from tests.page import Page
from tests.users.imports.steps import COLUMNS, HEADER, lines, preview_of, send, sums
from users.accounts.models import Account
from users.imports.running import work_off
from users.models import ImportRun, StatusChange, User

QUERIES = 9

pytestmark = pytest.mark.django_db

ANN, ZOE = "Ann,Lee,ann@x.example", "Zoë,=cmd,zoe@x.example"


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def test_from_the_file_to_the_result(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=3)
    with nothing_changes(company):
        columns = send(client, company, HEADER + f"{ANN}\r\n{ZOE}\r\n").headers["Location"]
        page = Page(client.get(columns))
        assert [page.value(name) for name in ("first_name", "last_name", "email")] == ["0", "1", "2"]
        assert page.rows == [["Ann", "Lee", "ann@x.example"], ["Zoë", "=cmd", "zoe@x.example"]]
        preview = client.post(columns, COLUMNS).headers["Location"]
        page = Page(client.get(preview))
    assert sums(page) == {"Get a seat": "2", "Wrong": "0", "There already": "0"}
    assert [row[1:4] for row in lines(page)] == [["Ann", "Lee", "ann@x.example"], ["Zoë", "=cmd", "zoe@x.example"]]
    assert page.all(role="alert") == []
    done = client.post(preview, {"act": "all"})
    assert done.headers["Location"] == preview
    page = Page(client.get(preview))
    assert page.messages == ["2 users were added."]
    assert sums(page) == {"Added": "2", "There already": "0", "Not added": "0"}
    assert numbers(company) == (3, 3, 0)
    changes = StatusChange.objects.filter(company=company, door="file")
    assert [change.by_account for change in changes] == [admin, admin]


def test_one_line_of_the_activity_names_the_import(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=3)
    before = AuditEvent.objects.count()
    client.post(preview_of(client, company, ANN, ZOE, "Bo,,bo@x.example"), {"act": "possible"})
    event = AuditEvent.objects.get(act=Act.USERS_IMPORTED)
    users = list(User.objects.of_company(company).filter(email__endswith="@x.example").order_by("pk"))
    assert event.data == {
        "users": [user.pk for user in users],
        "number": ImportRun.objects.get().pk,
        "count": 2,
        "waiting": 0,
        "left": 1,
    }
    assert (event.by_account, AuditEvent.objects.count()) == (admin, before + 1)
    assert "users added from a file: Ann Lee, Zoë =cmd. 1 row was not added" in client.get(f"/companies/{company.pk}/activity/").text  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("act", ["all", "possible"])
def test_confirmed_twice_is_added_once(client: Client, admin: Account, act: str) -> None:
    company = make_company(admin.partner, seats=9)
    preview = preview_of(client, company, ANN, ZOE)
    client.post(preview, {"act": act})
    with nothing_changes(company):
        again = client.post(preview, {"act": act})
    assert (again.status_code, again.headers["Location"]) == (302, preview)
    assert statuses(company) == ["active"] * 3


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "This file is empty."),
        (HEADER.encode(), "This file names no people: there is nothing below the first row."),
        (b"PK\x03\x04rest", "This is a workbook. In Excel, choose “Save as” and the type CSV."),
        (
            b"x" * (10 * 1024 * 1024 + 1),
            "This file is too big: at most 10 MB can be read. Split it into several files.",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_told_at_the_field(
    client: Client, admin: Account, content: bytes, error: str
) -> None:
    company = make_company(admin.partner)
    with nothing_changes(company):
        response = send(client, company, content)
    page = Page(response)
    assert (response.status_code, page.errors("file")) == (422, [error])
    assert page.alert.text == "Nothing was saved. Correct the marked fields."
    assert ImportRun.objects.count() == 0


def test_no_file_is_told_at_the_field(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    response = client.post(f"/companies/{company.pk}/users/add/file/", {})
    assert (response.status_code, Page(response).errors("file")) == (422, ["Choose a file."])


@pytest.mark.parametrize(
    ("first_name", "last_name", "email", "field", "error"),
    [
        ("0", "1", "", "email", "Choose a column."),
        ("0", "0", "2", "last_name", "This column is chosen for “First name” already."),
        ("9", "0", "2", "first_name", "Select a valid choice. 9 is not one of the available choices."),
    ],
)  # fmt: skip
def test_columns_that_do_not_do_are_told_at_the_field(
    client: Client, admin: Account, first_name: str, last_name: str, email: str, field: str, error: str
) -> None:
    company = make_company(admin.partner)
    typed = {"first_name": first_name, "last_name": last_name, "email": email}
    columns = send(client, company, HEADER + ANN).headers["Location"]
    response = client.post(columns, typed)
    assert (response.status_code, Page(response).errors(field)) == (422, [error])
    assert ImportRun.objects.get().rows.count() == 0


def test_a_file_without_names_of_columns_is_read_whole(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=3)
    columns = send(client, company, "Lee;Ann;ann@x.example\nRay;Bo;bo@x.example\n").headers["Location"]
    page = Page(client.get(columns))
    assert [page.value(name) for name in ("first_name", "last_name", "email")] == ["", "", "2"]
    assert [option.text for option in page.input("email").all("option")] == ["Choose a column", "Column 1", "Column 2", "Column 3"]  # fmt: skip  # noqa: E501
    preview = client.post(columns, {"first_name": "1", "last_name": "0", "email": "2"}).headers["Location"]
    assert [row[:4] for row in lines(Page(client.get(preview)))] == [
        ["Row 1", "Ann", "Lee", "ann@x.example"],
        ["Row 2", "Bo", "Ray", "bo@x.example"],
    ]


def test_what_excel_writes_in_europe_comes_in_as_it_is(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=3)
    text = "Nachname;Vorname;Abteilung;E-Mail-Adresse\r\nWeiß;Jürgen;Einkauf;juergen@kunde.example\r\n"
    columns = send(client, company, text.encode("cp1252")).headers["Location"]
    page = Page(client.get(columns))
    chosen = {name: page.value(name) for name in ("first_name", "last_name", "email")} | {"has_header": "on"}
    client.post(client.post(columns, chosen).headers["Location"], {"act": "all"})
    user = User.objects.get(company=company, email="juergen@kunde.example")
    assert (user.first_name, user.last_name, user.status) == ("Jürgen", "Weiß", "active")


def test_an_import_belongs_to_one_account_and_company_until_it_is_confirmed(client: Client, admin: Account) -> None:
    """R23"""
    company, other = make_company(admin.partner), make_company(admin.partner)
    preview = preview_of(client, company, ANN)
    with nothing_changes(other):
        client.post(preview.replace(f"/{company.pk}/", f"/{other.pk}/"), {"act": "all"})
    colleague = make_account(admin.partner)
    client.force_login(colleague)
    with nothing_changes(company):
        for address in (preview, f"{preview}columns/"):
            assert client.post(address, {"act": "all"}).headers["Location"] == f"/companies/{company.pk}/users/"
        assert client.get(f"{preview}result/").status_code == 404
    client.force_login(make_account())
    assert client.post(preview).status_code == 404
    client.force_login(admin)
    client.post(preview, {"act": "all"})
    client.force_login(colleague)
    assert client.get(preview).status_code == 200
    assert client.get(f"{preview}result/").status_code == 200


@pytest.mark.parametrize("token", ["nonsense", "a.b"])
def test_a_preview_that_never_was_is_no_crash(client: Client, admin: Account, token: str) -> None:
    company = make_company(admin.partner)
    assert client.get(f"/companies/{company.pk}/users/add/file/{token}/").status_code in {302, 404}


def test_the_last_imports_of_the_company_are_listed(client: Client, admin: Account) -> None:
    company, other = make_company(admin.partner, seats=2), make_company(admin.partner)
    preview_of(client, other, ANN)
    client.post(preview_of(client, company, ANN, "Bo,,bo@x.example"), {"act": "possible"})
    preview_of(client, company, ZOE)
    page = Page(client.get(f"/companies/{company.pk}/users/add/file/"))
    assert [[row[0], row[1], *row[3:]] for row in page.rows] == [
        ["people.csv", str(admin), "To be confirmed", "1", "", ""],
        ["people.csv", str(admin), "Done", "2", "1", "0"],
    ]
    client.force_login(make_account(admin.partner))
    page = Page(client.get(f"/companies/{company.pk}/users/add/file/"))
    assert [row[3] for row in page.rows] == ["Done"]


def test_the_file_to_fill_in_is_read_again(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    response = client.get(f"/companies/{company.pk}/users/add/file/template.csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="users.csv"'
    assert response.content == b"\xef\xbb\xbfFirst name,Last name,E-mail\r\n"
    columns = send(client, company, response.content + "Zoë,Lee,zoe@x.example".encode()).headers["Location"]
    page = Page(client.get(columns))
    assert [page.value(name) for name in ("first_name", "last_name", "email")] == ["0", "1", "2"]


def test_the_preview_costs_as_many_queries_for_three_people_as_for_one(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    company = make_company(admin.partner)
    for count in (1, 3):
        preview = preview_of(client, company, *[f"A,B,a{number}@x.example" for number in range(count)])
        with django_assert_num_queries(QUERIES):
            assert client.get(preview).status_code == 200


def test_ten_thousand_people_come_in_from_one_file(client: Client, admin: Account) -> None:
    """Within half a minute of work for the processor; some seconds are usual."""
    count = 10_000
    company = make_company(admin.partner, seats=count)
    started = time.process_time()
    rows = "".join(f"Ann{number};Müller;ann{number}@x.example\r\n" for number in range(count))
    columns = send(client, company, ("First name;Last name;E-mail\r\n" + rows).encode("cp1252")).headers["Location"]
    preview = client.post(columns, COLUMNS).headers["Location"]
    assert sums(Page(client.get(preview)))["No seat left"] == "1"
    client.post(preview, {"act": "possible", "may_wait": "yes"})
    run = ImportRun.objects.get()
    work_off(run.partner_id, run.pk)
    assert sums(Page(client.get(preview))) == {
        "Added": "9,999",
        "Pending approval": "1",
        "There already": "0",
        "Not added": "0",
    }
    assert time.process_time() - started < 30
    assert numbers(company) == (count, count, 1)
    assert StatusChange.objects.filter(company=company, door="file").count() == count


def test_people_of_many_pages_are_shown_page_by_page(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    add_people(company, 1)
    preview = preview_of(client, company, *[f"A{number},B,a{number}@x.example" for number in range(120)])
    page = Page(client.get(f"{preview}?page=3"))
    assert [row[0] for row in lines(page)][:2] == ["Row 102", "Row 103"]
    assert (len(lines(page)), page.texts("p", class_="table-count")) == (20, ["101\N{EN DASH}120 of 120"])
    for nonsense in ("?page=99", "?page=x", "?show=nonsense", "?edit=x"):
        assert client.get(preview + nonsense).status_code == 200
