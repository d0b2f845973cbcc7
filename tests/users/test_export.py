"""The Users tab as a file: the people of the address, in its order, and nobody else's (R7, R21, R23, R24, R25)."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.timezone import localdate, localtime

from companies.audit.models import AuditEvent
from companies.models import Company
from licensing.enums import Tier
from licensing.rejections import reject_users
from licensing.seats import disable_users, remove_users
from tests.factories import entry_of, make_account, make_colleague, make_company, make_connector, make_person, view_as
from tests.page import Page
from tests.spreadsheet import csv_rows, sent, xlsx_rows
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.enums import ConnectorKind
from users.directory.rules import remove_connector
from users.enums import Withdrawal
from users.people import Person
from users.provisioning import add_users, arrive
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db

HEADER = ["Name", "E-mail", "Status", "Place in the line", "Why", "Managed by", "Since"]
ZED = ["Zed Poe", "zed@x.example", "Pending approval", "1", "no seat was available", "Okta"]
MIA = ["Mia Ray", "mia@x.example", "Pending approval", "2", "no seat was available", "Okta"]


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


@pytest.fixture
def company(admin: Account) -> Company:
    """The primary user, Ann, who is Disabled, and two who wait."""
    company = make_company(admin.partner, name="Fabrikam", seats=2, tier=Tier.ADVANCED)
    [ann] = add_users(company, people=[Person("Ann", "Lee", "ann@x.example")], by=None)
    connector = make_connector(company, kind=ConnectorKind.OKTA)
    arrive(connector, people=[Person("Zed", "Poe", "zed@x.example"), Person("Mia", "Ray", "mia@x.example")])
    disable_users(company, users=[ann.pk], by=None)
    return company


def address(company: Company, query: str = "") -> str:
    return f"/companies/{company.pk}/users/export/{query}"


def rows(client: Client, company: Company, query: str = "") -> list[list[str]]:
    """The lines of the file, without the names of the columns and the primary user."""
    response = client.get(address(company, query))
    assert response.status_code == 200
    lines = csv_rows(sent(response))
    assert lines[0] == HEADER
    return [line for line in lines[1:] if "@x.example" in line[1] or not line[1]]


def today(company: Company) -> dt.date:
    return localdate(timezone=ZoneInfo(company.partner.time_zone))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ann Lee", "Mia Ray", "Zed Poe"]),
        ("?sort=-name&size=25&page=9", ["Zed Poe", "Mia Ray", "Ann Lee"]),
        ("?status=pending", ["Zed Poe", "Mia Ray"]),
        ("?status=disabled", ["Ann Lee"]),
        ("?q=RAY", ["Mia Ray"]),
        ("?q=ann&status=active", []),
    ],
)
def test_search_status_and_order_are_those_of_the_address(
    client: Client, company: Company, query: str, names: list[str]
) -> None:
    assert [row[0] for row in rows(client, company, query)] == names
    shown = [row[1] for row in Page(client.get(f"/companies/{company.pk}/users/{query}")).rows]
    assert [name for name in shown if "Primary" not in name] == names


def test_what_is_told_of_each(client: Client, company: Company) -> None:
    """R7, R9, R20: the place in the line and why they wait; whom a directory calls by its own name only has that."""
    connector = company.connectors.get()
    [inactive, nameless] = arrive(connector, people=[Person("Ida", "Fox", ""), Person("", "", "")])
    entry_of(nameless, user_name="n0b0dy")
    withdraw(inactive, how=Withdrawal.DISABLE, by=connector)
    day = today(company).isoformat()
    assert rows(client, company, "?sort=status") == [
        [*ZED, day],
        [*MIA, day],
        ["n0b0dy", "", "Pending approval", "3", "no seat was available", "Okta", day],
        ["Ida Fox", "", "Pending approval", "", "inactive in the directory", "Okta", day],
        ["Ann Lee", "ann@x.example", "Disabled", "", "", "Portal", day],
    ]
    remove_connector(connector, by=None)
    assert rows(client, company, "?q=zed")[0][5] == "Okta (removed)"


def test_excel_gets_numbers_and_days(client: Client, company: Company) -> None:
    response = client.get(address(company, "?status=pending&as=xlsx"))
    assert response["Content-Disposition"] == f'attachment; filename="users-fabrikam-{today(company)}.xlsx"'
    assert xlsx_rows(sent(response)) == [
        HEADER,
        [*ZED[:3], 1, *ZED[4:], today(company)],
        [*MIA[:3], 2, *MIA[4:], today(company)],
    ]


def test_what_people_typed_is_no_formula(client: Client, company: Company) -> None:
    connector = company.connectors.get()
    arrive(connector, people=[Person("=cmd()", "@x", "+1@x.example")])
    assert rows(client, company, "?q=cmd")[0][:2] == ["'=cmd() @x", "'+1@x.example"]
    assert xlsx_rows(sent(client.get(address(company, "?q=cmd&as=xlsx"))))[1][:2] == ["=cmd() @x", "+1@x.example"]


def test_the_rejected(client: Client, admin: Account, company: Company) -> None:
    """R21"""
    zed = company.users.get(first_name="Zed")
    reject_users(company, users=[zed.pk], by=admin, reason="-Left")
    assert [row[0] for row in rows(client, company)] == ["Ann Lee", "Mia Ray"]
    at = localtime(zed.status_changes.latest("pk").at, ZoneInfo(company.partner.time_zone))
    header = ["Name", "E-mail", "Managed by", "Rejected", "Who", "Reason"]
    assert csv_rows(sent(client.get(address(company, "?status=rejected&q=POE")))) == [
        header,
        ["Zed Poe", "zed@x.example", "Okta", at.isoformat(sep=" ", timespec="seconds"), str(admin), "'-Left"],
    ]
    assert csv_rows(sent(client.get(address(company, "?status=rejected&q=mia")))) == [header]
    texts = [event.data["list"] for event in AuditEvent.objects.filter(kind="exports").order_by("id")]
    assert texts == ["users", "rejected", "rejected"]


def test_r2_r23_the_removed_and_the_people_of_others_are_absent(client: Client, company: Company) -> None:
    remove_users(company, users=[company.users.get(first_name="Ann").pk], by=None)
    add_users(make_company(company.partner), people=[make_person("Own", "Other")], by=None)
    theirs = make_company()
    lines = csv_rows(sent(client.get(address(company))))
    primary = company.primary_user
    assert primary is not None
    assert sorted(line[0] for line in lines[1:]) == sorted(["Zed Poe", "Mia Ray", primary.full_name])
    assert client.get(address(theirs)).status_code == 404


def test_r24_who_may_take_people_away(client: Client, company: Company) -> None:
    for role, status in ((Role.TECHNICIAN, 200), (Role.READ_ONLY, 200), (Role.BILLING, 403)):
        client.force_login(make_colleague(role, company))
        assert client.get(address(company)).status_code == status
    client.force_login(make_account(company.partner, role=Role.TECHNICIAN))
    assert client.get(address(company)).status_code == 404
    assert AuditEvent.objects.filter(kind="exports").count() == 2


def test_r25_support_takes_nothing_away(company: Company) -> None:
    client = Client()
    view_as(client, company.partner)
    assert "Export as" not in client.get(f"/companies/{company.pk}/users/").text
    assert client.get(address(company)).status_code == 403
    assert not AuditEvent.objects.filter(kind="exports").exists()


def test_a_file_never_holds_more_than_was_asked_for(client: Client, company: Company) -> None:
    assert client.get(address(company, "?status=nonsense")).status_code == 400
    assert not AuditEvent.objects.filter(kind="exports").exists()


def test_many_people_are_read_a_part_at_a_time(
    client: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Places in the line go on from part to part, and nobody is left out or stands twice."""
    monkeypatch.setattr("users.exports.AT_ONCE", 3)
    arrive(company.connectors.get(), people=[Person("P", f"{number:02}", "") for number in range(10)])
    found = rows(client, company, "?status=pending")
    assert [row[3] for row in found] == [str(place) for place in range(1, 13)]
    assert [row[0] for row in found] == ["Zed Poe", "Mia Ray", *(f"P {number:02}" for number in range(10))]
