"""The preview: what is wrong with each cell, mended in place; and the file that tells what became of each row."""

import csv
import io
from zipfile import ZipFile

import pytest
from django.test import Client

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from tests.factories import add_people, make_account, make_company, make_import
from tests.facts import nothing_changes, numbers
from tests.page import Page
from tests.users.imports.steps import lines, preview_of, sums
from users.accounts.models import Account
from users.imports.running import add_chunk, confirm
from users.models import ImportRun, User
from users.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def typed(number: int, first: str, last: str, email: str, **more: str) -> dict[str, str]:
    fields = {"first_name": first, "last_name": last, "email": email} | more
    return {"rows": str(number)} | {f"{number}-{name}": text for name, text in fields.items()}


def test_what_is_wrong_comes_first_and_is_told_at_its_cell(client: Client, admin: Account) -> None:
    """R5, R9: wrong in itself, twice in the file, at the company already, more cells than columns."""
    company = make_company(admin.partner, seats=9)
    [user] = add_people(company, 1)
    preview = preview_of(
        client,
        company,
        "Ann,Lee,ann@x.example",
        ",Ray,nonsense",
        f"Cy,Orr,{user.email.upper()}",
        "Di,Fox,ANN@x.example",
        f"{'x' * 101},Le\x07e,ed@x.example",
        "Flo,Kay,flo@x.example,more,",
    )
    page = Page(client.get(preview))
    assert sums(page) == {"Get a seat": "1", "Wrong": "4", "There already": "1"}
    assert [row[0] for row in lines(page)] == ["Row 3", "Row 5", "Row 6", "Row 7", "Row 4", "Row 2"]
    assert {name: page.errors(name) for name in ("3-first_name", "3-last_name", "3-email", "4-email", "5-email")} == {
        "3-first_name": ["Fill this in."],
        "3-last_name": [],
        "3-email": ["This is not an e-mail address."],
        "4-email": ["This e-mail is in use at the company already."],
        "5-email": ["This e-mail stands in row 2 already."],
    }
    assert page.errors("6-first_name") == ["Use at most 100 characters; these are 101."]
    assert page.errors("6-last_name") == ["Take out the control characters."]
    assert page.value("3-email") == "nonsense"
    assert page.texts("p", class_="cell-wrong") == [
        "This row has more cells than the first row: check its separators. more"
    ]
    assert page.input("3-email")["aria-label"] == "E-mail, row 3"


def test_cells_are_mended_in_place_and_judged_anew(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=9)
    preview = preview_of(client, company, ",Ray,nonsense", "Ann,Lee,ann@x.example")
    with nothing_changes(company):
        saved = client.post(preview, typed(2, " Bo ", "Ray", "nonsense") | {"show": "wrong", "page": "1"})
        assert saved.headers["Location"] == f"{preview}?show=wrong&page=1#rows"
        page = Page(client.get(preview))
        assert page.messages == ["Saved. 1 row is still wrong."]
        assert (page.value("2-first_name"), page.errors("2-email")) == ("Bo", ["This is not an e-mail address."])
        client.post(preview, typed(2, "Bo", "Ray", "ann@X.EXAMPLE"))
        assert Page(client.get(preview)).errors("3-email") == ["This e-mail stands in row 2 already."]
        client.post(preview, typed(2, "Bo", "Ray", "bo@x.example"))
    page = Page(client.get(preview))
    assert (page.messages[-1], sums(page)["Get a seat"]) == ("No row is wrong any more.", "2")
    client.post(preview, {"act": "all"})
    assert User.objects.filter(company=company, email__in=["bo@x.example", "ann@x.example"]).count() == 2


def test_a_row_can_be_left_out_and_taken_in_again(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=9)
    preview = preview_of(client, company, ",Ray,nonsense", "Ann,Lee,ann@x.example")
    client.post(preview, typed(2, "", "Ray", "nonsense", left_out="on"))
    assert sums(Page(client.get(preview))) == {"Get a seat": "1", "Wrong": "0", "There already": "0", "Left out": "1"}
    client.post(preview, typed(2, "", "Ray", "nonsense"))
    assert sums(Page(client.get(preview)))["Wrong"] == "1"
    client.post(preview, typed(2, "", "Ray", "nonsense", left_out="on"))
    client.post(preview, {"act": "all"})
    assert (numbers(company), sums(Page(client.get(preview)))["Left out"]) == ((9, 2, 0), "1")


def test_cells_beyond_the_last_column_can_be_passed_over(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=9)
    preview = preview_of(client, company, "Ann,Lee,ann@x.example,more")
    client.post(preview, typed(2, "Ann", "Lee", "ann@x.example"))
    assert sums(Page(client.get(preview)))["Wrong"] == "1"
    client.post(preview, typed(2, "Ann", "Lee", "ann@x.example", accepts="on"))
    assert sums(Page(client.get(preview))) == {"Get a seat": "1", "Wrong": "0", "There already": "0"}


def test_a_row_that_is_right_can_be_corrected_too(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=9)
    preview = preview_of(client, company, "Ann,Lee,ann@x.example", "Bo,Ray,bo@x.example")
    page = Page(client.get(f"{preview}?edit=3"))
    assert [field["name"] for field in page.all("input", type="text")] == ["3-first_name", "3-last_name", "3-email"]
    client.post(preview, typed(3, "Bob", "Ray", "bob@x.example"))
    assert [row[1:4] for row in lines(Page(client.get(preview)))][1] == ["Bob", "Ray", "bob@x.example"]


@pytest.mark.parametrize("act", ["all", "possible"])
def test_what_was_typed_is_saved_before_anything_is_confirmed(client: Client, admin: Account, act: str) -> None:
    """The numbers that were confirmed are those of the page before the correction."""
    company = make_company(admin.partner, seats=9)
    preview = preview_of(client, company, ",Ray,ray@x.example", "Ann,Lee,ann@x.example")
    with nothing_changes(company):
        response = client.post(preview, typed(2, "Al", "Ray", "ray@x.example") | {"act": act})
    page = Page(response)
    assert (response.status_code, sums(page)["Get a seat"]) == (422, "2")
    assert page.alert.text == (
        "Your corrections were saved. Look at the numbers, which may have changed, then confirm."
    )
    client.post(preview, {"act": act})
    assert numbers(company) == (9, 3, 0)


def test_all_or_nobody_says_what_stands_in_the_way(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=9)
    [user] = add_people(company, 1)
    wrong = preview_of(client, company, "Ann,Lee,ann@x.example", ",Ray,ray@x.example")
    there = preview_of(client, company, "Ann,Lee,ann@x.example", f"Cy,Orr,{user.email}")
    with nothing_changes(company):
        answers = [client.post(preview, {"act": "all"}) for preview in (wrong, there)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert [Page(answer).alert.text for answer in answers] == [
        "Nobody was added: 1 row is wrong. Correct it, leave it out, or add those that can be added.",
        "Nobody was added: 1 person is at the company already. Leave that row out, or add those that can be added.",
    ]


def test_where_nobody_is_ready_nothing_is_begun(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=9)
    preview = preview_of(client, company, ",Ray,ray@x.example")
    with nothing_changes(company):
        response = client.post(preview, {"act": "possible"})
    assert (response.status_code, Page(response).alert.text) == (422, "Nobody can be added: no row is ready.")
    assert ImportRun.objects.get().state == "draft"


@pytest.mark.parametrize(
    "data",
    [{"act": "nonsense"}, {"rows": "x"}, {"rows": "-1"}, {"rows": "9" * 20}, {"rows": [str(n) for n in range(1001)]}],
)
def test_what_no_page_sends_is_refused(client: Client, admin: Account, data: dict[str, object]) -> None:
    company = make_company(admin.partner)
    preview = preview_of(client, company, "Ann,Lee,ann@x.example")
    with nothing_changes(company):
        assert client.post(preview, data).status_code == 400


def test_cells_that_are_too_long_or_hold_a_nul_are_no_crash(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    preview = preview_of(client, company, ",Lee,ann@x.example")
    assert client.post(preview, typed(2, "A\0nn" + "x" * 2000, "Lee", "ann@x.example")).status_code == 302
    assert Page(client.get(preview)).errors("2-first_name") == ["Use at most 100 characters; these are 1000."]


def test_two_addresses_that_only_the_database_finds_alike_are_told(client: Client, admin: Account) -> None:
    """R9: Python writes the last sigma of a word in another way."""
    company = make_company(admin.partner)
    preview = preview_of(client, company, "Ann,Lee,ΟΔΟΣ@x.example", "Bob,Ray,οδοσ@x.example")
    assert Page(client.get(preview)).errors("3-email") == ["This e-mail stands in row 2 already."]


def test_seats_that_are_missing_are_told_before_anybody_confirms(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2)
    preview = preview_of(client, company, "Ann,Lee,ann@x.example", "Bob,Ray,bob@x.example")
    page = Page(client.get(preview))
    assert sums(page) == {"Get a seat": "1", "No seat left": "1", "Wrong": "0", "There already": "0"}
    assert page.texts("p", class_="choice-why") == [
        "Not enough seats: 2 seats are needed, 1 is available, 1 is missing. Add seats or remove users, then try again."
    ]
    assert [button.text for button in page.all("button", name="act")][1:] == ["Add all 2, or nobody", "Add the 1 that can be added"]  # fmt: skip  # noqa: E501


def test_where_no_seat_is_left_nothing_is_begun_unless_they_may_wait(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1)
    preview = preview_of(client, company, "Ann,Lee,ann@x.example")
    assert "Add those that can be added" in [button.text for button in Page(client.get(preview)).all("button")]
    with nothing_changes(company):
        response = client.post(preview, {"act": "possible"})
    assert (response.status_code, Page(response).alert.text) == (
        422,
        "Not enough seats: 1 seat is needed, 0 are available, 1 is missing. Add seats or remove users, then try again.",
    )
    client.post(preview, {"act": "possible", "may_wait": "yes"})
    assert numbers(company) == (1, 1, 1)


def test_the_result_is_a_file_without_formulas(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2)
    people = [Person("=cmd|' /C calc'!A0", "Lee", "ann@x.example"), Person("", "Ray", "+x"), Person("Bo", "Ray", "bo@x.example")]  # fmt: skip  # noqa: E501
    run = make_import(company, admin, people)
    confirm(run, all_or_nothing=False, may_wait=False)
    add_chunk(run, company)
    assert not add_chunk(run, company)
    address = f"/companies/{company.pk}/users/add/file/{run.token}/result/"
    response = client.get(address)
    text = b"".join(response).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["Row", "First name", "Last name", "E-mail", "Outcome", "Why"],
        ["2", "'=cmd|' /C calc'!A0", "Lee", "ann@x.example", "Added", ""],
        ["3", "", "Ray", "'+x", "Not added", "Fill this in. This is not an e-mail address."],
        ["4", "Bo", "Ray", "bo@x.example", "Not added", "No seat was left."],
    ]
    assert AuditEvent.objects.get(act=Act.LIST_EXPORTED).data == {"list": "import", "count": 3, "filters": []}
    workbook = client.get(f"{address}?as=xlsx")
    content = io.BytesIO(b"".join(workbook))
    assert "<f>" not in ZipFile(content).read("xl/worksheets/sheet1.xml").decode()


def test_what_became_of_each_row_is_shown_those_not_added_first(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2)
    preview = preview_of(client, company, "Ann,Lee,ann@x.example", ",Ray,ray@x.example", "Bo,Ray,bo@x.example")
    client.post(preview, {"act": "possible", "may_wait": "yes"})
    page = Page(client.get(preview))
    assert sums(page) == {"Added": "1", "Pending approval": "1", "There already": "0", "Not added": "1"}
    assert page.rows == [
        ["Row 3", "", "Ray", "ray@x.example", "Not added Fill this in."],
        ["Row 4", "Bo", "Ray", "bo@x.example", "Pending approval"],
        ["Row 2", "Ann", "Lee", "ann@x.example", "Added"],
    ]
