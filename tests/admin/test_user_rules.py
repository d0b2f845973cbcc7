"""Support staff change people through the rules, with a reason, in their own name (R25)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.pools import change_license
from licensing.primary import transfer_primary
from licensing.rejections import rejections_of
from tests.factories import add_arrivals, add_people, make_company, make_connector
from tests.facts import history, nothing_changes, numbers, statuses
from users.accounts.models import Account
from users.admin import UserAdmin
from users.admin_forms import EraseUser
from users.directory.rules import remove_connector
from users.enums import Door, UserStatus
from users.models import StatusChange, User
from users.people import Person
from users.provisioning import add_users

pytestmark = pytest.mark.django_db


def run(client: Client, users: list[User], rule: str, **posted: Any) -> Any:
    """Choose the action on the list, then fill in the page that it leads to."""
    chosen = client.post(
        reverse("admin:users_user_changelist"), {"action": rule, "_selected_action": [user.pk for user in users]}
    )
    assert chosen.status_code == 302
    assert client.get(chosen["Location"]).status_code == 200
    return client.post(chosen["Location"], {"reason": "Ticket 7"} | posted)


def refused(response: Any, text: str) -> None:
    assert response.status_code == 422
    assert response.text.count('role="alert"') == 1
    assert text in response.text


def last_change(user: User) -> tuple[str, Account | None, str]:
    change = StatusChange.objects.filter(user=user).latest("id")
    return change.door, change.by_account, change.reason


def test_disable_enable_and_remove(client: Client, support: Account) -> None:
    """R2, R8, R17"""
    company = make_company()
    users = add_people(company, 2)
    for rule, seats_used in (("DisableUsers", 3), ("EnableUsers", 3), ("RemoveUsers", 1)):
        response = run(client, users, rule)
        assert response["Location"] == reverse("admin:users_user_changelist")
        assert "2 users were changed." in client.get(response["Location"]).text
        assert numbers(company) == (10, seats_used, 0)
        assert last_change(users[0]) == (Door.SUPPORT, support, "Ticket 7")
    assert history(users[0]) == [
        ("", "active", Door.PORTAL),
        ("active", "disabled", Door.SUPPORT),
        ("disabled", "active", Door.SUPPORT),
        ("active", "removed", Door.SUPPORT),
    ]


def test_removing_tells_who_came_in_from_the_line(client: Client, support: Account) -> None:
    """R7"""
    company = make_company(seats=2, used=2, tier=Tier.ADVANCED, pending=1)
    choose_auto_fill(company, on=True, by=None)
    holder = User.objects.get(company=company, status=UserStatus.ACTIVE, connector=None, pk__gt=company.primary_user_id)
    page = client.get(run(client, [holder], "RemoveUsers")["Location"])
    assert "1 user was changed. 1 user came in from the waiting line." in page.text


def test_approve(client: Client, support: Account) -> None:
    """R7"""
    company = make_company(seats=1, tier=Tier.ADVANCED, pending=2)
    waiting = list(User.objects.filter(company=company, status=UserStatus.PENDING))
    with nothing_changes(company):
        refused(run(client, waiting, "ApproveUsers"), "2 seats are needed, 0 are available")
    change_license(company, seats=3, tier=Tier.ADVANCED, seen=None, by=None)
    assert run(client, waiting, "ApproveUsers").status_code == 302
    assert statuses(company) == ["active", "active", "active"]


def test_reject_and_undo(client: Client, support: Account) -> None:
    """R7, R17, R21: the reason is what the list of the rejected shows."""
    company = make_company(seats=1, tier=Tier.ADVANCED, pending=3)
    ann, bob, cy = User.objects.filter(company=company, status=UserStatus.PENDING).order_by("arrival")
    page = client.get(run(client, [ann, bob], "RejectUsers")["Location"])
    assert "2 users were changed." in page.text
    assert (numbers(company), last_change(ann)) == ((1, 1, 1), (Door.SUPPORT, support, "Ticket 7"))
    assert list(rejections_of(company).values_list("user", flat=True)) == [bob.pk, ann.pk]
    choose_auto_fill(company, on=True, by=None)
    change_license(company, seats=3, tier=Tier.ADVANCED, seen=None, by=None)
    page = client.get(run(client, [ann, bob], "UndoRejection")["Location"])
    assert "2 users were changed. 1 user came in from the waiting line." in page.text
    assert statuses(company) == ["active", "active", "pending", "active"]
    assert history(bob)[1:] == [("pending", "removed", Door.SUPPORT), ("removed", "pending", Door.SUPPORT)]
    assert list(User.objects.of_company(company).in_line()) == [bob]
    assert cy.status_changes.count() == 2


def test_whoever_holds_a_seat_is_not_rejected_and_nobody_else_either(client: Client, support: Account) -> None:
    """R21: all or none."""
    company = make_company(seats=1, tier=Tier.ADVANCED, pending=1)
    [ann] = User.objects.filter(company=company, status=UserStatus.PENDING)
    with nothing_changes(company):
        refused(run(client, [ann, company.primary_user], "RejectUsers"), "1 of the chosen users")


def test_manage_in_portal(client: Client, support: Account) -> None:
    """R21, R25: people of removed connectors, with the reason on the company's Activity tab."""
    company = make_company(seats=3, tier=Tier.ADVANCED)
    gone, living = make_connector(company), make_connector(company)
    [ann], [bob] = add_arrivals(gone, 1), add_arrivals(living, 1)
    remove_connector(gone, by=None)
    with nothing_changes(company):
        refused(run(client, [ann, bob], "ManageInPortal"), "1 of the chosen users is managed by a directory.")
    page = client.get(run(client, [ann], "ManageInPortal")["Location"])
    assert "1 user was changed." in page.text
    ann.refresh_from_db()
    assert (ann.connector, ann.status) == (None, "active")
    event = AuditEvent.objects.filter(company=company).latest("pk")
    assert (event.act, event.by_account, event.reason) == (Act.USER_TAKEN_OVER, support, "Ticket 7")


@pytest.mark.parametrize("rule", ["DisableUsers", "RemoveUsers"])
def test_the_primary_user_is_protected_and_nobody_else_is_touched(client: Client, support: Account, rule: str) -> None:
    """R18: all or none."""
    company = make_company()
    users = [company.primary_user, *add_people(company, 2)]
    with nothing_changes(company):
        refused(run(client, users, rule), "The primary user cannot be")


def test_people_of_several_companies_are_changed_together_or_not_at_all(client: Client, support: Account) -> None:
    first, second = make_company(), make_company()
    [ann], [bob] = add_people(first, 1), add_people(second, 1)
    with nothing_changes(first), nothing_changes(second):
        refused(run(client, [ann, second.primary_user], "RemoveUsers"), "The primary user cannot be removed.")
    assert run(client, [ann, bob], "RemoveUsers").status_code == 302
    assert (statuses(first), statuses(second)) == (["active", "removed"], ["active", "removed"])


@pytest.mark.parametrize("rule", [form.__name__ for form in UserAdmin.rule_forms if form is not EraseUser])
def test_a_reason_is_required(client: Client, support: Account, rule: str) -> None:
    company = make_company()
    [ann] = add_people(company, 1)
    page = reverse("admin:users_user_rule", args=[rule]) + f"?ids={ann.pk}"
    with nothing_changes(company):
        refused(client.post(page, {"reason": " "}), "This field is required.")


def test_make_primary_on_the_users_own_page(client: Client, support: Account) -> None:
    """R18"""
    company = make_company()
    [ann] = add_people(company, 1)
    change = reverse("admin:users_user_change", args=[ann.pk])
    chosen = client.post(change, {"CHANGE_FORM-action": "MakePrimary", "_selected_action": ann.pk, "index": "0"})
    response = client.post(chosen["Location"], {"reason": "Ticket 7"})
    assert response["Location"] == change
    company.refresh_from_db()
    assert company.primary_user == ann


def test_a_disabled_user_does_not_become_primary(client: Client, support: Account) -> None:
    """R18"""
    company = make_company()
    [ann] = add_people(company, 1)
    run(client, [ann], "DisableUsers")
    page = reverse("admin:users_user_rule", args=["MakePrimary"]) + f"?ids={ann.pk}"
    with nothing_changes(company):
        refused(client.post(page, {"reason": "Ticket 7"}), "Only an Active user can become the primary user.")


def test_too_many_at_once_are_refused(client: Client, support: Account) -> None:
    company = make_company(seats=300, used=250)
    with nothing_changes(company):
        response = client.post(
            reverse("admin:users_user_changelist"),
            {"action": "DisableUsers", "select_across": "1", "_selected_action": [company.primary_user_id]},
            follow=True,
        )
    assert "Choose at most 200 at once." in response.text


def test_personal_data_is_erased(client: Client, support: Account) -> None:
    """R25: of a removed person, knowingly; the page says nothing of who it was from then on."""
    company = make_company()
    [ann] = add_users(company, people=[Person("Ann", "Lee", "ann@customer.example")], by=None)
    run(client, [ann], "RemoveUsers")
    page = reverse("admin:users_user_rule", args=["EraseUser"]) + f"?ids={ann.pk}"
    with nothing_changes(company):
        refused(client.post(page, {"reason": "Ticket 7"}), "This field is required.")

    response = client.post(page, {"reason": "Ticket 7", "is_meant": "on"})

    change = reverse("admin:users_user_change", args=[ann.pk])
    assert response["Location"] == change
    shown = client.get(change).text
    for text in ("The personal data was erased.", "an erased user", "Personal data of 1 removed user erased"):
        assert text in shown
    ann.refresh_from_db()
    assert (ann.full_name, ann.email, ann.erased_at is None) == ("", "", False)
    for address in (change, reverse("admin:companies_company_change", args=[company.pk])):
        assert "Lee" not in client.get(address).text
    assert "0 users" in client.get(reverse("admin:users_user_changelist"), {"q": "ann@customer"}).text


def test_who_is_still_there_is_not_erased(client: Client, support: Account) -> None:
    company = make_company()
    [ann] = add_people(company, 1)
    page = reverse("admin:users_user_rule", args=["EraseUser"]) + f"?ids={ann.pk}"
    with nothing_changes(company):
        posted = {"reason": "Ticket 7", "is_meant": "on"}
        refused(client.post(page, posted), "Only the personal data of removed users can be erased.")


def test_a_users_page_shows_what_names_the_person(client: Client, support: Account) -> None:
    """The history of status, and of the company's activity what names this one; not of others."""
    company = make_company()
    [ann] = add_users(company, people=[Person("Ann", "Lee", "ann@customer.example")], by=None)
    add_users(company, people=[Person("Bob", "Ray", "bob@customer.example")], by=None)
    transfer_primary(company, to=ann.pk, by=None)
    page = client.get(reverse("admin:users_user_change", args=[ann.pk])).text
    assert "1 user added: Ann Lee" in page
    assert f"Primary user changed from {company.primary_user.full_name} to Ann Lee" in page
    assert "Bob Ray" not in page
    former = client.get(reverse("admin:users_user_change", args=[company.primary_user_id])).text
    assert "to Ann Lee" in former
