"""Everyone whom the Users tab shows, on whichever page, is selected by one tick (R2, R5, R7, R18, R21)."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from companies.models import Company
from licensing.enums import Tier
from licensing.rejections import reject_users
from licensing.seats import disable_users, enable_users
from tests.factories import add_arrivals, add_people, make_account, make_company, make_connector, make_person
from tests.facts import nothing_changes, numbers, statuses
from tests.page import Page
from tests.users.acts import add_seats, messages, post, waiting
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.rules import remove_connector
from users.enums import Withdrawal
from users.models import User
from users.provisioning import add_users
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db

SENT = {"act", "confirmed", "all", "newest", "count", "users"}
"""What the question sends along, beside what guards every form."""


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def page_of(client: Client, company: Company, query: str = "") -> Page:
    return Page(client.get(f"/companies/{company.pk}/users/{query}"))


def newest(company: Company) -> int:
    return User.objects.of_company(company).latest("pk").pk


def fitting(page: Page) -> set[str]:
    """The acts that are offered for everyone."""
    buttons = page.one(id="bulk").all("button", name="act")
    return {button["value"] for button in buttons if "fits-all" in button["class"].split()}


def everyone(client: Client, company: Company, act: str, query: str = "") -> Page:
    """What the bar below the list sends when everyone is selected."""
    shown = page_of(client, company, query).one(id="bulk").one("input", name="newest")["value"]
    response = post(client, company, act, query=query, bulk="yes", all="yes", newest=shown)
    return Page(client.get(response.headers["Location"]) if response.status_code == 302 else response)


def test_people_of_all_pages_are_disabled_and_enabled(client: Client, admin: Account) -> None:
    """R18: all but the primary user."""
    company = make_company(admin.partner, seats=40)
    add_people(company, 30)
    page = everyone(client, company, "disable", "?size=25")
    assert page.messages == ["30 users were disabled."]
    assert statuses(company) == ["active", *["disabled"] * 30]
    assert everyone(client, company, "enable", "?size=25&page=2&status=disabled").messages == ["30 users were enabled."]
    assert statuses(company) == ["active"] * 31
    assert numbers(company) == (40, 31, 0)


def test_a_search_bounds_who_is_chosen(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=9)
    people = [make_person("Ann", name) for name in ("Lee", "Poe")] + [make_person("Bob", "Ray")]
    add_users(company, people=people, by=None)
    assert everyone(client, company, "disable", "?q=ann").messages == ["2 users were disabled."]
    assert statuses(company) == ["active", "disabled", "disabled", "active"]


def test_r7_all_who_wait_are_approved_or_none(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, pending=3, tier=Tier.ADVANCED)
    add_seats(company, 2)
    with nothing_changes(company):
        page = everyone(client, company, "approve", "?status=pending")
    assert page.alert.text.startswith("Not enough seats: 3 seats are needed, 2 are available, 1 is missing.")
    assert "checked" in page.one("input", class_="pick-found").attributes
    add_seats(company, 1)
    assert everyone(client, company, "approve", "?status=pending").messages == ["3 users were approved."]
    assert numbers(company) == (4, 4, 0)


@pytest.mark.parametrize(("act", "word"), [("remove", "removed"), ("reject", "rejected")])
def test_removing_and_rejecting_ask_first_and_tell_the_number(
    client: Client, admin: Account, act: str, word: str
) -> None:
    """The question names ten of them; no list of thousands of ids goes to and fro."""
    company = make_company(admin.partner, seats=1, pending=12, tier=Tier.ADVANCED)
    with nothing_changes(company):
        page = everyone(client, company, act, "?status=pending&size=25")
    dialog = page.one("dialog")
    assert dialog.one("h2").text == f"{act.title()} 12 users?"
    assert len(dialog.all("li")) == 11
    assert dialog.all("input", name="users") == []
    fields: dict[str, Any] = {field["name"]: field["value"] for field in dialog.all("input") if field["name"] in SENT}
    assert fields == {
        "act": act,
        "confirmed": "yes",
        "all": "yes",
        "newest": str(newest(company)),
        "count": "12",
    }
    response = post(client, company, query="?status=pending&size=25", **fields)
    assert response.status_code == 302
    assert messages(client, company) == [f"12 users were {word}."]
    assert statuses(company) == ["active", *["removed"] * 12]


def test_what_changed_while_one_was_asked_is_asked_about_again(client: Client, admin: Account) -> None:
    """Nobody is removed whom the question did not count."""
    company = make_company(admin.partner, seats=9)
    people = add_people(company, 4)
    disable_users(company, users=[user.pk for user in people[:3]], by=None)
    query = "?status=disabled"
    data: dict[str, Any] = {"all": "yes", "newest": str(newest(company)), "confirmed": "yes", "count": "3"}
    enable_users(company, users=[people[0].pk], by=None)
    with nothing_changes(company):
        response = post(client, company, "remove", query=query, **data)
    page = Page(response)
    assert response.status_code == 422
    assert page.alert.text == "The list changed meanwhile. Nothing was done: look at the numbers again."
    assert page.one("dialog").one("h2").text == "Remove 2 users?"
    assert page.one("dialog").one("input", name="count")["value"] == "2"


def test_who_came_after_the_page_was_made_is_not_among_them(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=9)
    add_people(company, 2)
    shown = str(newest(company))
    add_people(company, 1)
    post(client, company, "disable", all="yes", newest=shown)
    assert statuses(company) == ["active", "disabled", "disabled", "active"]


@pytest.mark.parametrize("shown", ["", "0", "nonsense", "9" * 30])
def test_nonsense_selects_nobody(client: Client, admin: Account, shown: str) -> None:
    company = make_company(admin.partner, used=3)
    with nothing_changes(company):
        page = Page(post(client, company, "disable", all="yes", newest=shown))
    assert page.alert.text == "Choose at least one user first."


def test_a_mixed_list_is_changed_as_a_whole_or_not_at_all(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, used=2, pending=1, tier=Tier.ADVANCED)
    with nothing_changes(company):
        page = everyone(client, company, "disable")
    assert page.alert.text == "1 of the chosen users holds no seat and cannot be disabled."


def test_only_what_fits_everyone_is_offered(client: Client, admin: Account) -> None:
    """As for those that are ticked one by one; nobody is left out of the sum but the primary user."""
    company = make_company(admin.partner, seats=3, tier=Tier.ADVANCED)
    connector = make_connector(company)
    [active, disabled] = add_people(company, 2)
    disable_users(company, users=[disabled.pk], by=None)
    waiting_one, inactive = add_arrivals(connector, 2)
    offered = {
        query: fitting(page_of(client, company, query))
        for query in ("", "?status=active", "?status=disabled", "?status=pending")
    }
    assert offered == {
        "": {"remove"},
        "?status=active": {"disable", "remove"},
        "?status=disabled": {"enable", "remove"},
        "?status=pending": {"approve", "reject", "remove"},
    }
    withdraw(inactive, how=Withdrawal.DISABLE, by=connector)
    assert fitting(page_of(client, company, "?status=pending")) == {"reject", "remove"}
    assert fitting(page_of(client, company, f"?q={waiting_one.email}")) == {"approve", "reject", "remove"}
    remove_connector(connector, by=None)
    assert fitting(page_of(client, company, "?status=pending")) == {"manage", "reject", "remove"}
    assert active.status == "active"


@pytest.mark.parametrize(
    ("query", "label", "found"),
    [
        ("", "Select all 3 users", "All 3 users selected"),
        ("?status=disabled", "Select the 1 user that matches", "1 user selected"),
        ("?status=active", "Select all 2 users that match", "All 2 users selected"),
    ],
)
def test_how_many_they_are_is_told(client: Client, admin: Account, query: str, label: str, found: str) -> None:
    company = make_company(admin.partner, seats=5)
    people = add_people(company, 3)
    disable_users(company, users=[people[0].pk], by=None)
    page = page_of(client, company, query)
    assert [text for text in page.texts("label") if text.startswith("Select ")] == [label]
    assert page.one("span", class_="bulk-found").text == found


def test_nobody_but_the_primary_user_cannot_be_selected(client: Client, admin: Account) -> None:
    """R18"""
    company = make_company(admin.partner)
    assert page_of(client, company).all("input", class_="pick-found") == []


def test_rejections_are_undone_together(client: Client, admin: Account) -> None:
    """R21"""
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    users = add_arrivals(make_connector(company), 3)
    reject_users(company, users=[user.pk for user in users], by=admin)
    page = everyone(client, company, "undo_rejection", "?status=rejected&size=25")
    assert page.messages == ["3 users are pending approval again."]
    assert [user.pk for user in waiting(company)] == [user.pk for user in users]


def test_r23_r24_who_may_not_change_users_selects_nobody(client: Client, admin: Account) -> None:
    company, theirs = make_company(admin.partner, used=3), make_company(used=3)
    with nothing_changes(theirs):
        assert post(client, theirs, "disable", all="yes", newest=str(newest(theirs))).status_code == 404
    client.force_login(make_account(admin.partner, role=Role.READ_ONLY))
    assert page_of(client, company).all("input", class_="pick-found") == []
    with nothing_changes(company):
        assert post(client, company, "disable", all="yes", newest=str(newest(company))).status_code == 403


@pytest.mark.parametrize("people", [1, 30])
def test_the_number_of_queries_does_not_grow(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, people: int
) -> None:
    """The same as for those that are ticked, and one that reads who they are."""
    company = make_company(admin.partner, seats=50)
    add_people(company, people)
    data: dict[str, Any] = {"all": "yes", "newest": str(newest(company))}
    with django_assert_num_queries(10):
        post(client, company, "disable", **data)
