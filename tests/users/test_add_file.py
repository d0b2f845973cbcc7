"""Adding people from a CSV file: nothing is saved before every row is right and somebody confirmed (R5, R9)."""

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client

from companies.models import Company
from tests.factories import add_people, make_account, make_company
from tests.facts import nothing_changes, numbers
from tests.page import Page
from users.accounts.models import Account
from users.imports import MAX_ROWS, read_people
from users.models import StatusChange, Upload, User

pytestmark = pytest.mark.django_db

HEADER = "First name,Last name,E-mail\r\n"
TWO = HEADER + "Ann,Lee,ann@x.example\r\nZoë,=cmd,zoe@x.example\r\n"


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def send(client: Client, company: Company, content: str | bytes) -> HttpResponseBase:
    data = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile("people.csv", data, content_type="text/csv")
    return client.post(f"/companies/{company.pk}/users/add/file/", {"file": file})


def test_a_right_file_is_shown_first_and_saved_when_confirmed(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=3)
    with nothing_changes(company):
        sent = send(client, company, TWO)
        assert sent.status_code == 302
        page = Page(client.get(sent.headers["Location"]))
    assert page.rows == [["Ann", "Lee", "ann@x.example"], ["Zoë", "=cmd", "zoe@x.example"]]
    assert page.all(role="alert") == []
    done = client.post(sent.headers["Location"])
    assert done.headers["Location"] == f"/companies/{company.pk}/users/"
    assert Page(client.get(done.headers["Location"])).messages == ["2 users were added."]
    assert numbers(company) == (3, 3, 0)
    changes = StatusChange.objects.filter(company=company, door="file")
    assert [change.by_account for change in changes] == [admin, admin]


def test_confirmed_twice_is_added_once(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=9)
    preview = send(client, company, TWO).headers["Location"]
    client.post(preview)
    with nothing_changes(company):
        again = client.post(preview)
    assert again.status_code == 302
    assert Upload.objects.count() == 0
    texts = Page(client.get(again.headers["Location"])).messages
    assert texts[-1] == "This preview was used already, or is too old. Look at the list before you go on."


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "This file is empty."),
        (b",,,\n", "This file is empty."),
        (HEADER.encode(), "This file names no people: there is nothing below the first row."),
        (
            b"Ann,Lee,ann@x.example\r\n",
            "The first row must name the columns First name, Last name and E-mail. Missing: First name, Last name, "
            "E-mail. The row reads: Ann | Lee | ann@x.example",
        ),
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


def test_no_file_is_told_at_the_field(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    response = client.post(f"/companies/{company.pk}/users/add/file/", {})
    assert (response.status_code, Page(response).errors("file")) == (422, ["Choose a file."])


def test_every_fault_is_listed_by_row_and_nothing_is_saved(client: Client, admin: Account) -> None:
    """R5, R9: wrong in itself, twice in the file, in use at the company."""
    company = make_company(admin.partner, seats=9)
    [user] = add_people(company, 1)
    rows = ["Ann,Lee,ann@x.example", ",Ray,nonsense", f"Cy,Orr,{user.email.upper()}", "Di,Fox,ANN@x.example"]
    with nothing_changes(company):
        response = send(client, company, HEADER + "\r\n".join(rows))
    page = Page(response)
    assert response.status_code == 422
    assert page.rows == [
        ["3", "First name", "\u2013", "Fill this in."],
        ["3", "E-mail", "nonsense", "This is not an e-mail address."],
        ["4", "E-mail", user.email.replace("person", "PERSON"), "This e-mail is in use at the company already."],
        ["5", "E-mail", "ANN@x.example", "This e-mail stands in row 2 already."],
    ]
    assert page.alert.text == (
        "Nobody was added: 4 things are wrong with the file. Correct them there, then choose the file again."
    )


def test_a_hundred_faults_are_shown_and_all_are_counted(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    page = Page(send(client, company, HEADER + "A,B,nonsense\r\n" * 150))
    assert len(page.rows) == 100
    assert page.alert.text.startswith("Nobody was added: 299 things are wrong with the file.")
    assert "The first 100 are shown." in page.text


def test_more_rows_than_seats_is_told_in_the_preview_and_refused(client: Client, admin: Account) -> None:
    """R5"""
    company = make_company(admin.partner, seats=2)
    text = (
        "Not enough seats: 2 seats are needed, 1 is available, 1 is missing. Add seats or remove users, then try again."
    )
    with nothing_changes(company):
        preview = send(client, company, TWO).headers["Location"]
        assert Page(client.get(preview)).alert.text == text
        response = client.post(preview)
    assert (response.status_code, Page(response).alert.text) == (422, text)
    assert len(Page(response).rows) == 2
    assert client.get(preview).status_code == 200


def test_an_address_taken_after_the_preview_is_told_and_marked(client: Client, admin: Account) -> None:
    """R9"""
    company = make_company(admin.partner)
    preview = send(client, company, TWO).headers["Location"]
    client.post(f"/companies/{company.pk}/users/add/", {"first_name": "Z", "last_name": "C", "email": "ZOE@x.example"})
    with nothing_changes(company):
        response = client.post(preview)
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == "This e-mail is in use at the company already: zoe@x.example"
    assert page.rows == [["Zoë", "=cmd", "zoe@x.example in use already"]]


def test_an_address_that_only_the_database_finds_doubled_is_told_and_marked(client: Client, admin: Account) -> None:
    """R9: Python writes the last sigma of a word in another way."""
    company = make_company(admin.partner)
    preview = send(client, company, HEADER + "Ann,Lee,ΟΔΟΣ@x.example\r\nBob,Ray,οδοσ@x.example\r\n").headers["Location"]
    with nothing_changes(company):
        response = client.post(preview)
    page = Page(response)
    assert (response.status_code, page.alert.text) == (422, "This e-mail stands twice: οδοσ@x.example")
    assert page.rows == [["Bob", "Ray", "οδοσ@x.example stands twice"]]


def test_a_preview_belongs_to_one_account_and_company(client: Client, admin: Account) -> None:
    """R23"""
    company, other = make_company(admin.partner), make_company(admin.partner)
    preview = send(client, company, TWO).headers["Location"]
    with nothing_changes(other):
        client.post(preview.replace(f"/{company.pk}/", f"/{other.pk}/"))
    client.force_login(make_account(admin.partner))
    with nothing_changes(company):
        assert client.post(preview).headers["Location"] == f"/companies/{company.pk}/users/"
    client.force_login(make_account())
    assert client.post(preview).status_code == 404


@pytest.mark.parametrize("token", ["nonsense", "a.b"])
def test_a_preview_that_never_was_is_no_crash(client: Client, admin: Account, token: str) -> None:
    company = make_company(admin.partner)
    assert client.get(f"/companies/{company.pk}/users/add/file/{token}/").status_code in {302, 404}


def test_columns_that_are_not_read_are_named(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    sent = send(client, company, "E-mail;Department;Last name;First name\nann@x.example;Sales;Lee;Ann\n")
    page = Page(client.get(sent.headers["Location"]))
    assert (page.messages, page.rows) == (
        ["These columns were not read: Department"],
        [["Ann", "Lee", "ann@x.example"]],
    )


def test_the_file_to_fill_in_has_the_columns_that_are_read(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    response = client.get(f"/companies/{company.pk}/users/add/file/template.csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="users.csv"'
    assert len(read_people(response.content + "Zoë,Lee,zoe@x.example".encode()).people) == 1


def test_fifty_thousand_people_come_in_from_one_file(client: Client, admin: Account) -> None:
    """Within half a minute of work for the processor; ten seconds are usual."""
    company = make_company(admin.partner, seats=MAX_ROWS + 1)
    rows = "".join(f"Ann{number};Müller;ann{number}@x.example\r\n" for number in range(MAX_ROWS))
    started = time.process_time()
    preview = send(client, company, ("First name;Last name;E-mail\r\n" + rows).encode("cp1252")).headers["Location"]
    page = Page(client.get(preview))
    assert len(page.rows) == 50
    assert "and 49950 more" in page.text
    assert client.post(preview).status_code == 302
    assert time.process_time() - started < 30
    assert numbers(company) == (50_001, 50_001, 0)
    assert User.objects.filter(company=company, last_name="Müller").count() == 50_000
    assert StatusChange.objects.filter(company=company, door="file").count() == 50_000
