"""Companies' lists as files: the rows of the address, in its order, and nobody else's (R16, R23, R24, R25)."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.timezone import localdate, localtime
from pytest_django import DjangoAssertNumQueries

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.audit.queries import lines_of
from companies.lifecycle import close_company
from companies.models import Company
from licensing.enums import Tier
from licensing.ledger import newest_number
from licensing.pools import change_license
from tests.factories import (
    add_people,
    give,
    make_account,
    make_colleague,
    make_company,
    make_connector,
    make_partner,
    sign_in,
    view_as,
)
from tests.facts import facts
from tests.page import Page
from tests.spreadsheet import csv_rows, sent, xlsx_rows
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.claims import Claim
from users.directory.enums import OutcomeKind
from users.directory.models import Outcome
from users.directory.sync import bring

pytestmark = pytest.mark.django_db

COMPANIES = "/companies/export/"
HEADER = ["Company", "Used", "Seats", "Tier", "Available", "Pending"]
WORKS = ["adventure Works", "2", "2", "Advanced", "0", "3"]
FABRIKAM = ["Fabrikam", "3", "5", "Advanced", "2", "0"]
WINGTIP = ["Wingtip", "2", "8", "Standard", "6", "0"]


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(make_partner("Northwind"), name="Ada Admin")
    client.force_login(account)
    return account


def make_three(admin: Account) -> None:
    make_company(admin.partner, name="Fabrikam", seats=5, used=3, tier=Tier.ADVANCED)
    make_company(admin.partner, name="adventure Works", seats=2, used=2, pending=3, tier=Tier.ADVANCED)
    make_company(admin.partner, name="Wingtip", seats=8, used=2)


def file_of(client: Client, address: str) -> list[list[str]]:
    response = client.get(address)
    assert response.status_code == 200
    return csv_rows(sent(response))


def exports(admin: Account) -> list[tuple[Any, ...]]:
    """What was written down of them, newest first: what, of which company, by whom."""
    events = AuditEvent.objects.filter(partner=admin.partner, kind="exports").order_by("-id")
    return [(line.text, line.event.company_id, line.who) for line in lines_of(list(events))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [WORKS, FABRIKAM, WINGTIP]),
        ("?sort=-company", [WINGTIP, FABRIKAM, WORKS]),
        ("?sort=available&page=2&size=25", [WORKS, FABRIKAM, WINGTIP]),
        ("?tier=advanced&sort=-available", [FABRIKAM, WORKS]),
        ("?q=wing", [WINGTIP]),
        ("?full=on&q=a", [WORKS]),
        ("?q=nobody", []),
        ("?sort=nonsense&size=nonsense&page=nonsense&as=nonsense", [WORKS, FABRIKAM, WINGTIP]),
    ],
)
def test_search_filters_and_order_are_those_of_the_address(
    client: Client, admin: Account, query: str, expected: list[list[str]]
) -> None:
    make_three(admin)
    assert file_of(client, COMPANIES + query) == [HEADER, *expected]
    shown = Page(client.get(f"/companies/{query}")).rows
    assert [row[0] for row in shown] == [row[0] for row in expected]


def test_excel_gets_numbers(client: Client, admin: Account) -> None:
    make_three(admin)
    response = client.get(f"{COMPANIES}?as=xlsx&sort=-available")
    assert response["Content-Disposition"] == f'attachment; filename="companies-{localdate()}.xlsx"'
    assert xlsx_rows(sent(response)) == [
        HEADER,
        ["Wingtip", 2, 8, "Standard", 6, 0],
        ["Fabrikam", 3, 5, "Advanced", 2, 0],
        ["adventure Works", 2, 2, "Advanced", 0, 3],
    ]


def test_all_pages_are_in_the_file(client: Client, admin: Account) -> None:
    for number in range(60):
        make_company(admin.partner, name=f"Company {number:02}")
    names = [row[0] for row in file_of(client, f"{COMPANIES}?size=25&page=2")[1:]]
    assert names == [f"Company {number:02}" for number in range(60)]


@pytest.mark.parametrize("query", ["?tier=platinum", "?as=xlsx&tier=platinum"])
def test_a_file_never_holds_more_than_was_asked_for(client: Client, admin: Account, query: str) -> None:
    make_three(admin)
    assert client.get(COMPANIES + query).status_code == 400
    assert exports(admin) == []


def test_what_people_typed_is_no_formula(client: Client, admin: Account) -> None:
    make_company(admin.partner, name="=HYPERLINK(1)")
    assert file_of(client, COMPANIES)[1][0] == "'=HYPERLINK(1)"
    assert xlsx_rows(sent(client.get(f"{COMPANIES}?as=xlsx")))[1][0] == "=HYPERLINK(1)"


def test_r2_r23_closed_companies_and_other_partners_are_absent(client: Client, admin: Account) -> None:
    close_company(make_company(admin.partner, name="Closed"), typed_name="Closed", by=None)
    make_company(name="Foreign")
    make_company(admin.partner, name="Own", seats=4)
    assert file_of(client, COMPANIES) == [HEADER, ["Own", "1", "4", "Standard", "3", "0"]]


def test_r24_a_technician_takes_away_what_was_given(client: Client, admin: Account) -> None:
    make_three(admin)
    technician = make_account(admin.partner, role=Role.TECHNICIAN)
    give(technician, Company.objects.get(name="Wingtip"))
    client.force_login(technician)
    assert file_of(client, COMPANIES) == [HEADER, WINGTIP]
    assert exports(admin)[0][0] == "1 company exported"


def test_exports_are_written_down(client: Client, admin: Account) -> None:
    """Who took how much away and by which filters; on the Audit page with the company, and not on its Activity tab."""
    make_three(admin)
    company = Company.objects.get(name="Fabrikam")
    file_of(client, f"{COMPANIES}?tier=advanced&q=")
    assert AuditEvent.objects.get(act=Act.LIST_EXPORTED).data == {
        "count": 2,
        "filters": ["tier"],
        "list": "companies",
    }
    file_of(client, f"/companies/{company.pk}/activity/export/?view=ledger")
    assert exports(admin) == [
        ("1 entry of the license ledger exported", company.pk, "Ada Admin"),
        ("2 companies exported", None, "Ada Admin"),
    ]
    assert "exported" not in client.get(f"/companies/{company.pk}/activity/").text
    assert [row[1:3] for row in Page(client.get("/audit/?kind=exports")).rows] == [
        ["1 entry of the license ledger exported", "Fabrikam"],
        ["2 companies exported", "–"],  # noqa: RUF001 - the dash for none
    ]


def test_r25_support_takes_nothing_away(client: Client) -> None:
    partner = make_partner()
    company = make_company(partner)
    view_as(client, partner)
    assert "Export as" not in client.get("/companies/").text
    before = facts(partner)["companies.Company"], AuditEvent.objects.filter(kind="exports").count()
    for address in (COMPANIES, f"/companies/{company.pk}/activity/export/", "/statements/export/"):
        assert client.get(address).status_code == 403
    assert (facts(partner)["companies.Company"], AuditEvent.objects.filter(kind="exports").count()) == before


def test_the_ledger(client: Client, admin: Account) -> None:
    """R16: what is shown, with seats and tiers as columns of their own."""
    company = make_company(admin.partner, name="Fabrikam", seats=5)
    seen = newest_number(company)
    change_license(company, seats=9, tier=Tier.ADVANCED, seen=seen, by=admin, reason="-They grow")
    address = f"/companies/{company.pk}/activity/export/?view=ledger"
    header, changed, opened = file_of(client, address)
    assert header == [
        "Number", "When", "Kind", "Seats before", "Seats", "Tier before", "Tier", "Who", "Reason",
    ]  # fmt: skip
    assert changed[:1] + changed[2:] == ["2", "Changed", "5", "9", "Standard", "Advanced", "Ada Admin", "'-They grow"]
    assert opened[:1] + opened[2:7] == ["1", "Opened", "0", "5", "", "Standard"]
    at = localtime(company.ledger.get(number=2).at, ZoneInfo(company.partner.time_zone))
    assert changed[1] == at.isoformat(sep=" ", timespec="seconds")
    rows = xlsx_rows(sent(client.get(f"{address}&as=xlsx")))
    assert rows[1][:1] + rows[1][2:] == [2, "Changed", 5, 9, "Standard", "Advanced", "Ada Admin", "-They grow"]
    assert isinstance(rows[1][1], dt.datetime)
    assert abs(rows[1][1] - at.replace(tzinfo=None)) < dt.timedelta(seconds=2)


def test_the_activity_of_one_kind_and_of_those_that_a_role_reads(client: Client, admin: Account) -> None:
    """R24: another kind is a 403, as on the tab."""
    company = make_company(admin.partner, name="Fabrikam", seats=5)
    add_people(company, 1)
    address = f"/companies/{company.pk}/activity/export/"
    assert [row[1].split(":")[0] for row in file_of(client, address)] == [
        "What",
        "1 user added",
        "Company opened with 5 seats on Standard",
    ]
    assert [row[1].split(":")[0] for row in file_of(client, f"{address}?kind=users")] == ["What", "1 user added"]
    assert exports(admin)[0][0] == "1 line of the activity exported"
    client.force_login(make_colleague(Role.BILLING, company))
    assert [row[1] for row in file_of(client, address)] == ["What"]
    assert client.get(f"{address}?kind=users").status_code == 403


def test_a_statement(client: Client, admin: Account) -> None:
    """R15: the amounts are numbers."""
    make_company(admin.partner, name="Fabrikam", seats=5, tier=Tier.ADVANCED)
    make_company(admin.partner, name="=Wingtip", seats=2)
    assert admin.partner is not None
    month = localdate(timezone=ZoneInfo(admin.partner.time_zone))
    response = client.get("/statements/export/")
    assert response["Content-Disposition"].startswith(f'attachment; filename="statement-{month:%Y-%m}-')
    assert csv_rows(sent(response)) == [
        ["Company", "Tier", "Seats", "Price of a seat", "Amount", "Currency"],
        ["'=Wingtip", "Standard", "2", "4.00", "8.00", "EUR"],
        ["Fabrikam", "Advanced", "5", "7.00", "35.00", "EUR"],
    ]
    rows = xlsx_rows(sent(client.get("/statements/export/?as=xlsx")))
    assert rows[2] == ["Fabrikam", "Advanced", 5, 7, 35, "EUR"]


@pytest.mark.parametrize("count", [1, 3])
def test_few_queries_whatever_the_size(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    """Session, account with its partner, rows by a cursor, and the act that is written down."""
    for _ in range(count):
        make_company(admin.partner)
    with django_assert_num_queries(4):
        assert len(file_of(client, COMPANIES)) == 1 + count


def test_the_links_carry_the_address(client: Client, admin: Account) -> None:
    make_three(admin)
    sign_in(client, admin)
    page = Page(client.get("/companies/?q=a&sort=-license&page=1&size=25"))
    links = [link["href"] for link in page.all("a") if link["href"].startswith(COMPANIES)]
    assert links == [f"{COMPANIES}?q=a&sort=-license", f"{COMPANIES}?q=a&sort=-license&as=xlsx"]


def test_what_became_of_people_in_a_run(client: Client, admin: Account) -> None:
    """R6: by the present name and that of the directory; one outcome alone where the address says so."""
    company = make_company(admin.partner, name="Fabrikam", seats=2, tier=Tier.ADVANCED)
    connector = make_connector(company, name="=HQ")
    for claim in (Claim("zed", email="z@x.example", first_name="Zed", last_name="Poe"), Claim("mia", first_name="Mia")):
        bring(connector, claim)
    run = connector.runs.get()
    Outcome.objects.create(
        partner=company.partner,
        company=company,
        run=run,
        kind=OutcomeKind.REFUSED,
        named="@nobody",
        code="user_name_taken",
    )
    address = f"/companies/{company.pk}/settings/connectors/{connector.pk}/runs/{run.pk}/export/"
    lines = file_of(client, address)
    assert [line[:4] for line in lines] == [
        ["Who", "User name", "What", "Why"],
        ["Zed Poe", "zed", "Added", ""],
        ["Mia", "mia", "Pending approval", "no seat was available"],
        ["'@nobody", "", "Refused", "somebody else has this user name"],
    ]
    assert [line[0] for line in file_of(client, f"{address}?kind=refused")] == ["Who", "'@nobody"]
    assert exports(admin)[0] == ("1 outcome of a run exported", company.pk, "Ada Admin")
    assert f'href="{address}?kind=refused"' in client.get(address.removesuffix("export/") + "?kind=refused").text
    other = make_connector(company)
    assert client.get(address.replace(f"/{connector.pk}/runs", f"/{other.pk}/runs")).status_code == 404
