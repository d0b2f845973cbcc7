"""What is done to people on the Users tab: all or nothing, by the rules (R2, R7, R8, R18, R23, R24)."""

import threading

import pytest
from django.db import connection
from django.test import Client

from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.locks import locked
from licensing.seats import disable_users
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_colleague,
    make_company,
    make_connector,
)
from tests.facts import history, nothing_changes, numbers, statuses
from tests.page import Page
from tests.users.acts import add_seats, messages, post, waiting
from users.accounts.enums import Role
from users.accounts.models import Account
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def test_disable_and_enable_keep_the_seat(client: Client, admin: Account) -> None:
    """R2, R8"""
    company = make_company(admin.partner, seats=5)
    people = add_people(company, 2)
    assert post(client, company, "disable", people, query="?q=person").headers["Location"].endswith("/users/?q=person")
    assert messages(client, company) == ["2 users were disabled."]
    assert numbers(company) == (5, 3, 0)
    post(client, company, "enable", people[:1])
    assert messages(client, company) == ["1 user was enabled."]
    assert history(people[0]) == [
        ("", "active", "portal"),
        ("active", "disabled", "portal"),
        ("disabled", "active", "portal"),
    ]
    assert people[0].status_changes.latest("pk").by_account == admin


def test_approve_seats_the_chosen_when_there_are_seats(client: Client, admin: Account) -> None:
    """R7"""
    company = make_company(admin.partner, seats=1, pending=3, tier=Tier.ADVANCED)
    add_seats(company, 2)
    assert post(client, company, "approve", waiting(company)[1:]).status_code == 302
    assert messages(client, company) == ["2 users were approved."]
    assert numbers(company) == (3, 3, 1)


def test_approve_beyond_the_seats_is_refused_with_the_numbers_and_keeps_the_selection(
    client: Client, admin: Account
) -> None:
    """R7: all or none."""
    company = make_company(admin.partner, seats=1, pending=3, tier=Tier.ADVANCED)
    add_seats(company, 1)
    chosen = waiting(company)[:2]
    with nothing_changes(company):
        response = post(client, company, "approve", chosen, bulk="yes")
    assert response.status_code == 422
    page = Page(response)
    assert page.alert.text == (
        "Not enough seats: 2 seats are needed, 1 is available, 1 is missing. Add seats or remove users, then try again."
    )
    picked = {tag["value"] for tag in page.all("input", class_="pick") if "checked" in tag.attributes}
    assert picked == {str(user.pk) for user in chosen}


def test_a_refused_button_of_a_row_selects_nobody(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, pending=1, tier=Tier.ADVANCED)
    page = Page(post(client, company, "approve", waiting(company)))
    assert [tag for tag in page.all("input", class_="pick") if "checked" in tag.attributes] == []


def test_approve_next_takes_the_oldest(client: Client, admin: Account) -> None:
    """R7"""
    company = make_company(admin.partner, seats=1, pending=3, tier=Tier.ADVANCED)
    line = waiting(company)
    add_seats(company, 2)
    page = Page(client.get(f"/companies/{company.pk}/users/"))
    assert page.value("count") == "2"
    assert post(client, company, "approve_next", count="2").status_code == 302
    assert waiting(company) == line[2:]
    assert messages(client, company) == ["2 users were approved."]


@pytest.mark.parametrize(
    ("count", "alert"),
    [
        ("3", "3 cannot be approved: 3 are waiting and 2 seats are available, so at most 2."),
        ("0", "0 cannot be approved: 3 are waiting and 2 seats are available, so at most 2."),
        ("-1", "-1 cannot be approved: 3 are waiting and 2 seats are available, so at most 2."),
        (
            "1000000000000",
            "1000000000000 cannot be approved: 3 are waiting and 2 seats are available, so at most 2.",
        ),
        ("", "Enter a number."),
        ("two", "Enter a whole number."),
        ("1.5", "Enter a whole number."),
        ("9" * 5000, "Enter a whole number."),
    ],
)
def test_approve_next_refuses_other_numbers_and_keeps_them(
    client: Client, admin: Account, count: str, alert: str
) -> None:
    """R7"""
    company = make_company(admin.partner, seats=1, pending=3, tier=Tier.ADVANCED)
    add_seats(company, 2)
    with nothing_changes(company):
        response = post(client, company, "approve_next", count=count)
    assert response.status_code == 422
    page = Page(response)
    assert (page.alert.text, page.value("count")) == (alert, count)


def test_remove_asks_first_and_names_everyone(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=5)
    people = add_people(company, 2)
    with nothing_changes(company):
        response = post(client, company, "remove", people)
    assert response.status_code == 200
    dialog = Page(response).one("dialog")
    assert dialog.one("h2").text == "Remove 2 users?"
    assert dialog.texts("li") == [f"{user.full_name} {user.email}" for user in people]
    assert "2 seats become available." in dialog.text
    sent = {tag["name"]: tag["value"] for tag in dialog.all("input") if tag["name"] != "users"}
    assert (sent["act"], sent["confirmed"]) == ("remove", "yes")
    assert [tag["value"] for tag in dialog.all("input", name="users")] == [str(user.pk) for user in people]
    assert dialog.texts("button") == ["Remove"]


def test_r7_remove_says_who_comes_in_from_the_line_only_where_somebody_does(client: Client, admin: Account) -> None:
    """R7: not where nothing is filled, no seat becomes free, or all others who wait ask for approval."""
    company = make_company(admin.partner, seats=3, used=3, tier=Tier.ADVANCED)
    asking = add_arrivals(make_connector(company, asks_approval=True), 2)
    connector = make_connector(company)
    waiting = add_arrivals(connector, 2)
    seated = list(User.objects.of_company(company).holding_seats().exclude(pk=company.primary_user_id))

    def told(*people: User) -> str:
        dialog = Page(post(client, company, "remove", people)).one("dialog")
        return next(text for text in dialog.texts("p") if "become" in text).partition(". ")[2]

    assert told(*seated) == ""
    choose_auto_fill(company, on=True, by=None)
    assert told(*seated) == "2 waiting users take seats at once."
    assert told(seated[0]) == "1 waiting user takes a seat at once."
    assert told(seated[0], *asking) == "1 waiting user takes a seat at once."
    assert told(waiting[0]) == ""
    assert told(seated[0], *waiting) == ""


def test_remove_releases_the_seats_once_confirmed(client: Client, admin: Account) -> None:
    """R2"""
    company = make_company(admin.partner, seats=5)
    people = add_people(company, 2)
    assert post(client, company, "remove", people, confirmed="yes").status_code == 302
    assert messages(client, company) == ["2 users were removed."]
    assert numbers(company) == (5, 1, 0)
    assert post(client, company, "remove", people, confirmed="yes").status_code == 302
    assert numbers(company) == (5, 1, 0)


def test_r7_removing_tells_who_came_in_from_the_line(client: Client, admin: Account) -> None:
    """R7: told as the pencil tells it, and only of those whom this act let in."""
    company = make_company(admin.partner, seats=3, tier=Tier.ADVANCED)
    people = add_people(company, 2)
    add_arrivals(make_connector(company), 1)
    choose_auto_fill(company, on=True, by=None)
    post(client, company, "remove", people, confirmed="yes")
    assert messages(client, company) == ["2 users were removed.", "1 user came in from the waiting line."]
    post(client, company, "remove", people, confirmed="yes")
    assert messages(client, company)[1:] == []


def test_the_dialog_names_ten_and_counts_the_rest(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=15)
    people = add_people(company, 12)
    items = Page(post(client, company, "remove", people)).one("dialog").texts("li")
    assert (len(items), items[-1]) == (11, "and 2 more")


@pytest.mark.parametrize(("act", "data"), [("disable", {}), ("remove", {"confirmed": "yes"})])
def test_the_primary_user_is_protected_and_nobody_else_is_touched(
    client: Client, admin: Account, act: str, data: dict[str, str]
) -> None:
    """R18"""
    company = make_company(admin.partner, seats=5)
    people = [*add_people(company, 1), User.objects.get(pk=company.primary_user_id)]
    with nothing_changes(company):
        response = post(client, company, act, people, **data)
    assert response.status_code == 422
    assert Page(response).alert.text == (
        f"The primary user cannot be {act}d. Transfer the role to another Active user first."
    )


def test_a_mixed_selection_changes_nobody(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, used=2, pending=1, tier=Tier.ADVANCED)
    active = company.users.filter(status="active").exclude(pk=company.primary_user_id).get()
    with nothing_changes(company):
        response = post(client, company, "disable", [active, *waiting(company)])
    assert response.status_code == 422
    assert Page(response).alert.text == "1 of the chosen users holds no seat and cannot be disabled."


@pytest.mark.parametrize("users", [[], ["x"], ["-1"], ["9" * 30]])
def test_nobody_chosen_is_told(client: Client, admin: Account, users: list[str]) -> None:
    company = make_company(admin.partner)
    response = client.post(f"/companies/{company.pk}/users/", {"act": "disable", "users": users})
    assert response.status_code == 422
    assert Page(response).alert.text == "Choose at least one user first."


@pytest.mark.parametrize("act", ["", "nonsense", "delete"])
def test_an_unknown_act_is_a_bad_request(client: Client, admin: Account, act: str) -> None:
    company = make_company(admin.partner)
    assert post(client, company, act).status_code == 400


@pytest.mark.parametrize("act", ["approve", "disable", "enable", "remove", "reject", "undo_rejection"])
def test_people_of_another_company_are_nobody(client: Client, admin: Account, act: str) -> None:
    """R23"""
    company, theirs = make_company(admin.partner), make_company()
    strangers = add_people(theirs, 1)
    with nothing_changes(theirs), nothing_changes(company):
        response = post(client, company, act, strangers)
        assert response.status_code == 422
        assert post(client, theirs, act, strangers, confirmed="yes").status_code == 404
    assert Page(response).alert.text == "1 of the chosen users is not at this company any more."


def test_r24_a_technician_does_it_at_a_given_company(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    [user] = add_people(company, 1)
    client.force_login(make_colleague(Role.TECHNICIAN, company))
    assert post(client, company, "disable", [user]).status_code == 302
    assert statuses(company) == ["active", "disabled"]
    assert post(client, company, "enable", [user]).status_code == 302
    assert post(client, company, "remove", [user], confirmed="yes").status_code == 302
    assert statuses(company) == ["active", "removed"]


@pytest.mark.parametrize("role", [Role.BILLING, Role.READ_ONLY])
def test_other_roles_may_not(client: Client, admin: Account, role: Role) -> None:
    """R24"""
    company = make_company(admin.partner)
    people = add_people(company, 1)
    client.force_login(make_account(admin.partner, role=role))
    with nothing_changes(company):
        assert post(client, company, "disable", people).status_code == 403
        assert post(client, company, "reject", people, confirmed="yes").status_code == 403
        assert post(client, company, "undo_rejection", people).status_code == 403


def test_htmx_gets_the_tab_as_it_is_now_with_the_message(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, pending=0)
    people = add_people(company, 1)
    headers = {"HX-Request": "true", "HX-Target": "users-tab"}
    response = post(client, company, "disable", people, headers=headers)
    page = Page(response)
    assert (response.status_code, page.messages) == (200, ["1 user was disabled."])
    assert page.one(id="users-tab").one("meter")["value"] == "2"
    asked = post(client, company, "remove", people, headers=headers)
    assert (asked.headers["HX-Retarget"], asked.headers["HX-Reswap"]) == ("#dialog", "innerHTML")
    done = post(client, company, "remove", people, confirmed="yes", headers=headers | {"HX-Target": "dialog"})
    assert done.headers["HX-Redirect"] == f"/companies/{company.pk}/users/"


@pytest.mark.django_db(transaction=True)
def test_a_busy_company_is_a_503_that_says_when_to_try_again(client: Client) -> None:
    admin = make_account()
    client.force_login(admin)
    company = make_company(admin.partner)
    people = add_people(company, 1)
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(company):
            held.set()
            release.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    try:
        response = post(client, company, "disable", people)
        part = post(client, company, "disable", people, headers={"HX-Request": "true", "HX-Target": "users-tab"})
    finally:
        release.set()
        holder.join()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "3")
    assert Page(response).alert.text == (
        "Others are working on this company at the moment. Nothing was changed; try again in a few seconds."
    )
    assert (part.status_code, part.headers["Retry-After"]) == (503, "3")
    assert list(User.objects.filter(pk=people[0].pk).values_list("status", flat=True)) == ["active"]


def test_disabled_already_counts_as_done(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    people = add_people(company, 1)
    disable_users(company, users=[people[0].pk], by=None)
    with nothing_changes(company):
        assert post(client, company, "disable", people).status_code == 302
