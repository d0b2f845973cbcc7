"""The Users tab: whom it lists, in which order, at what price in queries (R2, R7, R9, R18, R21, R23)."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.formats import date_format
from django.utils.timezone import localtime
from pytest_django import DjangoAssertNumQueries

from companies.lifecycle import close_company
from companies.models import Company
from licensing.enums import Tier
from licensing.primary import transfer_primary
from licensing.rejections import reject_users, undo_rejection
from licensing.seats import disable_users, remove_users
from tests.factories import (
    add_arrivals,
    add_people,
    entry_of,
    make_account,
    make_company,
    make_connector,
    make_person,
)
from tests.page import Page, Tag
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.enums import ConnectorKind
from users.directory.rules import remove_connector
from users.enums import Withdrawal
from users.models import User
from users.people import Person
from users.provisioning import add_users, arrive
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def url(company: Company) -> str:
    return f"/companies/{company.pk}/users/"


def page_of(client: Client, company: Company, query: str = "") -> Page:
    response = client.get(url(company) + query)
    assert response.status_code == 200
    return Page(response)


def names(client: Client, company: Company, query: str = "") -> list[str]:
    return [row[1] for row in page_of(client, company, query).rows]


def people_of(company: Company, *people: Person) -> list[User]:
    users = add_users(company, people=people, by=None)
    company.refresh_from_db()
    return users


def row_of(page: Page, user: User) -> Tag:
    [row] = [row for row in page.one("tbody").all("tr") if row.all(id=f"name-{user.pk}")]
    return row


def test_lists_name_email_status_manager_and_day_of_everyone(client: Client, admin: Account) -> None:
    """R2, R18, R21: the primary user has a star, a directory's people say which, the removed are not there."""
    company = make_company(admin.partner, seats=4, tier=Tier.ADVANCED)
    ann, bob = people_of(company, Person("Ann", "Lee", "ann@x.example"), Person("Bob", "Ray", "bob@x.example"))
    connector = make_connector(company, kind=ConnectorKind.OKTA)
    arrive(connector, people=[Person("Cy", "Orr", ""), Person("Di", "Fox", "di@x.example")])
    disable_users(company, users=[ann.pk], by=None)
    gone = people_of(make_company(admin.partner), Person("Not", "Here", "n@x.example"))[0]
    page = page_of(client, company)
    primary = User.objects.get(pk=company.primary_user_id)
    day = f"{primary.since:%b}. {primary.since.day}, {primary.since.year}"
    rows = [row[1:5] for row in page.rows]
    assert rows == [
        ["Ann Lee", "ann@x.example", "Disabled", "Portal"],
        ["Bob Ray", "bob@x.example", "Active", "Portal"],
        ["Cy Orr", "no e-mail", "Active", "Okta"],
        ["Di Fox", "di@x.example", "Pending approval No. 1 in line no seat was available", "Okta"],
        [f"{primary.full_name} Primary user", primary.email, "Active", "Portal"],
    ]
    assert row_of(page, bob).one("time")["datetime"].startswith(f"{bob.since:%Y-%m-%d}")
    assert day[:3] == page.rows[0][5][:3]
    assert gone.full_name not in page.text
    remove_users(company, users=[bob.pk], by=None)
    assert "Bob Ray" not in names(client, company)


@pytest.mark.parametrize(
    ("seats", "used", "pending", "disabled", "heading", "meter"),
    [
        (50, 42, 0, 0, "42 users", "42 of 50 seats used, 8 available"),
        (1, 1, 0, 0, "1 user", "1 of 1 seat used, 0 available"),
        (4, 3, 0, 1, "3 users", "3 of 4 seats used, 1 available"),
        (3, 3, 6, 0, "3 users · 6 pending approval", "3 of 3 seats used, 0 available"),
        (3, 3, 0, 1, "3 users", "3 of 3 seats used, 0 available. 1 of them is held by a disabled user."),
        (
            4,
            4,
            1,
            2,
            "4 users · 1 pending approval",
            "4 of 4 seats used, 0 available. 2 of them are held by disabled users.",
        ),
    ],
)
def test_counts_seat_holders_and_the_waiting_apart(
    client: Client, admin: Account, seats: int, used: int, pending: int, disabled: int, heading: str, meter: str
) -> None:
    """R2, R11: a full company also says how many seats Disabled people hold."""
    company = make_company(admin.partner, seats=seats, used=used, pending=pending, tier=Tier.ADVANCED)
    others = company.users.filter(status="active").exclude(pk=company.primary_user_id)
    disable_users(company, users=list(others.values_list("pk", flat=True)[:disabled]), by=None)
    page = page_of(client, company)
    assert (page.one("h2").text, page.one(id="seats-text").text) == (heading, meter)
    gauge = page.one("meter")
    assert (gauge["value"], gauge["max"]) == (str(used), str(seats))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=ANN", ["Ann Lee", "Zed Poe"]),
        ("?q=nn+l", ["Ann Lee"]),
        ("?q=ann%40x", ["Ann Lee"]),
        ("?q=müller", ["Jörg MÜLLER"]),
        ("?q=%25", []),
        ("?q=nobody", []),
        ("?q=" + "x" * 5000, []),
        ("?q=+ann++lee+", ["Ann Lee"]),
        ("?status=active&q=zed", ["Zed Poe"]),
        ("?status=disabled", ["Jörg MÜLLER"]),
        ("?status=removed", ["Ann Lee", "Jörg MÜLLER", "Zed Poe"]),
        ("?status=nonsense", ["Ann Lee", "Jörg MÜLLER", "Zed Poe"]),
        ("?sort=nonsense&page=99", ["Ann Lee", "Jörg MÜLLER", "Zed Poe"]),
        ("?sort=-name", ["Zed Poe", "Jörg MÜLLER", "Ann Lee"]),
        ("?sort=email", ["Ann Lee", "Zed Poe", "Jörg MÜLLER"]),
        ("?sort=status", ["Ann Lee", "Zed Poe", "Jörg MÜLLER"]),
    ],
)
def test_search_filter_and_order_narrow_the_list(client: Client, admin: Account, query: str, found: list[str]) -> None:
    company = make_company(admin.partner, name="Fabrikam")
    _ann, _zed, jorg = people_of(
        company,
        Person("Ann", "Lee", "ann@x.example"),
        Person("Zed", "Poe", "joanna@x.example"),
        Person("Jörg", "MÜLLER", "the.man@x.example"),
    )
    disable_users(company, users=[jorg.pk], by=None)
    shown = names(client, company, query)
    assert [name for name in shown if "Primary" not in name] == found


def test_search_stays_within_the_company(client: Client, admin: Account) -> None:
    """R23"""
    company, other = make_company(admin.partner), make_company(admin.partner)
    people_of(other, Person("Ann", "Lee", "ann@x.example"))
    page = page_of(client, company, "?q=ann")
    assert page.rows == []
    assert "Nobody fits this search. Show everyone" in page.text


def test_the_waiting_line_is_listed_by_arrival_with_positions(client: Client, admin: Account) -> None:
    """R7, R20: whoever is inactive in the directory waits without a position."""
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    connector = make_connector(company)
    waiting = arrive(connector, people=[make_person("Zed"), make_person("Ann"), make_person("Mia"), make_person("Bob")])
    withdraw(waiting[1], how=Withdrawal.DISABLE, by=connector)
    rows = [(row[1].split()[0], row[3]) for row in page_of(client, company, "?status=pending").rows]
    assert rows == [
        ("Zed", "Pending approval No. 1 in line no seat was available"),
        ("Mia", "Pending approval No. 2 in line no seat was available"),
        ("Bob", "Pending approval No. 3 in line no seat was available"),
        ("Ann", "Pending approval inactive in the directory"),
    ]
    [row] = page_of(client, company, "?q=mia").rows
    assert row[3] == "Pending approval No. 2 in line no seat was available"


def test_r7_the_line_says_through_which_connector_and_why(client: Client, admin: Account) -> None:
    """R7, R20, R21: every reason for which people wait, in the order of the line."""
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    plain = make_connector(company, name="Head office", kind=ConnectorKind.OKTA)
    asking = make_connector(company, name="Branch", kind=ConnectorKind.ACTIVE_DIRECTORY, asks_approval=True)
    ann, _bob, cy = arrive(plain, people=[make_person("Ann"), make_person("Bob"), make_person("Cy")])
    arrive(asking, people=[make_person("Di")])
    withdraw(cy, how=Withdrawal.DISABLE, by=plain)
    reject_users(company, users=[ann.pk], by=None)
    undo_rejection(company, users=[ann.pk], by=None)
    page = page_of(client, company, "?status=pending")
    assert [(row[1].split()[0], row[3].removeprefix("Pending approval "), row[4]) for row in page.rows] == [
        ("Bob", "No. 1 in line no seat was available", "Okta Head office"),
        ("Di", "No. 2 in line the connector asks for approval", "Active Directory Branch"),
        ("Ann", "No. 3 in line the rejection was undone", "Okta Head office"),
        ("Cy", "inactive in the directory", "Okta Head office"),
    ]
    remove_connector(asking, by=None)
    assert page_of(client, company, "?q=di+").rows[0][3:5] == [
        "Pending approval No. 2 in line no seat was available",
        "Active Directory (removed)",
    ]


def test_names_lead_to_each_users_page(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    link = page_of(client, company).one(id=f"name-{company.primary_user_id}")
    assert (link.name, link["href"]) == ("a", f"/companies/{company.pk}/users/{company.primary_user_id}/")


def test_r9_who_has_neither_name_nor_email_is_called_as_in_the_directory(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, tier=Tier.ADVANCED)
    connector = make_connector(company)
    [known, unknown] = arrive(connector, people=[Person("", "", ""), Person("", "", "")])
    entry_of(known, user_name="c.orr@directory")
    assert {row[1] for row in page_of(client, company).rows[:2]} == {"c.orr@directory", str(unknown.pk)}


def test_r21_the_rejected_are_listed_with_who_did_it_and_when(client: Client, admin: Account) -> None:
    """R17, R21: the latest first; whom the directory took away is not among them."""
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    connector = make_connector(company, kind=ConnectorKind.OKTA)
    ann, bob, cy = arrive(connector, people=[Person("Ann", "Lee", "ann@x.example"), make_person(), make_person()])
    withdraw(cy, how=Withdrawal.REMOVE, by=connector)
    assert "Nobody is rejected. Show everyone" in page_of(client, company, "?status=rejected").text
    reject_users(company, users=[ann.pk], by=admin, reason="Left")
    reject_users(company, users=[bob.pk], by=None)
    page = page_of(client, company, "?status=rejected")
    assert page.one(id="users-table").texts("th", scope="col") == [
        "Select", "Name", "E-mail", "Managed by", "Rejected", "Who", "Reason", "Actions",
    ]  # fmt: skip
    at = localtime(ann.status_changes.latest("pk").at, ZoneInfo(company.partner.time_zone))
    assert [row[1:4] + row[5:] for row in page.rows] == [
        [bob.full_name, bob.email, "Okta", "the system", "", "Undo"],
        ["Ann Lee", "ann@x.example", "Okta", str(admin), "Left", "Undo"],
    ]
    assert page.rows[1][4] == date_format(at, "DATETIME_FORMAT")
    assert [row[1] for row in page_of(client, company, "?status=rejected&q=ANN").rows] == ["Ann Lee"]
    assert "Nobody fits this search. Show everyone" in page_of(client, company, "?status=rejected&q=zed").text
    assert ann.full_name not in page_of(client, company).text
    client.force_login(make_account(admin.partner, role=Role.READ_ONLY))
    page = page_of(client, company, "?status=rejected")
    assert [len(row) for row in page.rows] == [6, 6]
    assert page.one(id="panel").texts("button") == ["Search"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_rejected_cost_no_query_each(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    users = add_arrivals(make_connector(company), count)
    reject_users(company, users=[user.pk for user in users], by=admin)
    with django_assert_num_queries(8):
        assert len(page_of(client, company, "?status=rejected").rows) == count


def test_fifty_a_page(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=60, used=52)
    assert len(page_of(client, company).rows) == 50
    second = page_of(client, company, "?page=2")
    assert len(second.rows) == 2
    assert "51\u201352 of 52" in second.text


@pytest.mark.parametrize("more", [0, 2])
def test_costs_the_same_few_queries_for_one_and_three_rows(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, more: int
) -> None:
    company = make_company(admin.partner, used=1 + more)
    with django_assert_num_queries(7):
        assert len(page_of(client, company).rows) == 1 + more


@pytest.mark.parametrize("pending", [1, 3])
def test_the_waiting_cost_no_query_each(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, pending: int
) -> None:
    company = make_company(admin.partner, seats=1, pending=pending, tier=Tier.ADVANCED)
    with django_assert_num_queries(9):
        assert len(page_of(client, company, "?status=pending").rows) == pending


def buttons(row: Tag) -> list[str]:
    return row.texts("button") + row.texts("a", class_="row-link")


def test_each_row_offers_what_fits_its_status(client: Client, admin: Account) -> None:
    """R18: nothing for the primary user but the names."""
    company = make_company(admin.partner, seats=3, used=2, tier=Tier.ADVANCED)
    [disabled] = add_people(company, 1)
    disable_users(company, users=[disabled.pk], by=None)
    connector = make_connector(company)
    waiting, inactive = add_arrivals(connector, 2)
    withdraw(inactive, how=Withdrawal.DISABLE, by=connector)
    page = page_of(client, company)
    primary = User.objects.get(pk=company.primary_user_id)
    active = company.users.filter(status="active").exclude(pk=primary.pk).get()
    assert buttons(row_of(page, primary)) == ["Edit"]
    assert buttons(row_of(page, active)) == ["Disable", "Remove", "Edit", "Make primary user"]
    assert buttons(row_of(page, disabled)) == ["Enable", "Remove", "Edit"]
    assert buttons(row_of(page, waiting)) == ["Approve", "Reject", "Remove", "Edit"]
    assert buttons(row_of(page, inactive)) == ["Reject", "Remove", "Edit"]
    assert row_of(page, primary).all("input") == []
    assert {button["aria-describedby"] for button in row_of(page, active).all("button")} == {f"name-{active.pk}"}


def test_r21_whom_no_directory_brings_back_is_removed_and_not_rejected(client: Client, admin: Account) -> None:
    """Rejecting tells a directory no; where it is gone, removing says it all."""
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    connector = make_connector(company)
    [left] = add_arrivals(connector, 1)
    remove_connector(connector, by=None)
    assert buttons(row_of(page_of(client, company), left)) == ["Approve", "Remove", "Edit"]


def test_other_roles_see_the_list_and_no_buttons(client: Client, admin: Account) -> None:
    """R24"""
    company = make_company(admin.partner, seats=2, used=2, pending=1, tier=Tier.ADVANCED)
    client.force_login(make_account(admin.partner, role=Role.READ_ONLY))
    panel = page_of(client, company).one(id="panel")
    assert len(panel.all("tr")) == 4
    assert panel.texts("button") == ["Search"]
    assert panel.all("input", type="checkbox") == []
    assert panel.texts("th", scope="col") == ["Name", "E-mail", "Status", "Managed by", "Since"]
    assert [len(row.all("th") + row.all("td")) for row in panel.one("tbody").all("tr")] == [5, 5, 5]


def test_the_wish_of_a_directory_for_the_primary_user_is_told(client: Client, admin: Account) -> None:
    """R18"""
    company = make_company(admin.partner, tier=Tier.ADVANCED)
    connector = make_connector(company)
    [primary] = add_arrivals(connector, 1)
    transfer_primary(company, to=primary.pk, by=None)
    withdraw(primary, how=Withdrawal.REMOVE, by=connector)
    assert "The directory asked to remove the primary user" in page_of(client, company).text


def test_another_partners_company_and_a_closed_one_do_not_exist(client: Client, admin: Account) -> None:
    """R19, R23"""
    assert client.get(url(make_company())).status_code == 404
    closed = make_company(admin.partner, name="Shut")
    close_company(closed, typed_name="Shut", by=None)
    assert client.get(url(closed)).status_code == 404
    assert client.get("/companies/999999/users/").status_code == 404


def htmx(target: str) -> dict[str, Any]:
    return {"HX-Request": "true", "HX-Target": target}


def test_htmx_gets_the_table_alone_or_the_whole_tab(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    table = Page(client.get(url(company), headers=htmx("users-table")))
    assert len(table.all(id="users-table")) == 1
    assert table.all("h2") == []
    tab = Page(client.get(url(company), headers=htmx("users-tab")))
    assert len(tab.all(id="users-tab")) == len(tab.all(id="users-table")) == len(tab.all("h2")) == 1
    assert tab.all("h1") == []
