"""One person: the names, and the role of the primary user (R9, R18, R21)."""

import pytest
from django.test import Client

from companies.audit.models import AuditEvent
from companies.models import Company
from licensing.enums import Tier
from licensing.primary import transfer_primary
from licensing.seats import disable_users, remove_users
from tests.factories import add_arrivals, add_people, make_account, make_company, make_connector
from tests.facts import nothing_changes, numbers
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.rules import remove_connector
from users.enums import Withdrawal
from users.models import User
from users.people import Person
from users.provisioning import arrive
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db

NAMES = {"first_name": "Ann", "last_name": "Lee"}


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def url(company: Company, user: User, what: str, query: str = "") -> str:
    return f"/companies/{company.pk}/users/{user.pk}/{what}/{query}"


def test_names_are_changed_and_the_list_is_shown_as_it_was(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    [user] = add_people(company, 1)
    page = Page(client.get(url(company, user, "edit", "?q=per&page=2")))
    dialog = page.one("dialog")
    assert (page.value("first_name"), page.value("last_name")) == (user.first_name, user.last_name)
    assert user.email in dialog.text
    assert dialog.texts("button") == ["Save"]
    response = client.post(url(company, user, "edit", "?q=per&page=2"), NAMES | {"email": "other@x.example"})
    assert response.headers["Location"] == f"/companies/{company.pk}/users/?q=per&page=2"
    email = user.email
    user.refresh_from_db()
    assert (user.full_name, user.email) == ("Ann Lee", email)
    assert AuditEvent.objects.filter(company=company, act="user_renamed").count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("first_name", "", "Fill this in."),
        ("last_name", "x" * 300, "Use at most 100 characters; these are 300."),
        ("last_name", "a\x1bb", "Take out the control characters."),
    ],
)
def test_wrong_names_are_told_at_their_field(
    client: Client, admin: Account, field: str, typed: str, error: str
) -> None:
    company = make_company(admin.partner)
    [user] = add_people(company, 1)
    with nothing_changes(company):
        response = client.post(url(company, user, "edit"), NAMES | {field: typed})
    page = Page(response)
    assert (response.status_code, page.errors(field), page.value(field)) == (422, [error], typed)


def test_a_directorys_people_are_edited_there(client: Client, admin: Account) -> None:
    """R21"""
    company = make_company(admin.partner, tier=Tier.ADVANCED)
    [user] = add_arrivals(make_connector(company), 1)
    page = Page(client.get(url(company, user, "edit")))
    assert "is managed by Entra ID. Names and e-mail are changed there" in page.one("dialog").text
    assert page.one("dialog").all("form") == []
    with nothing_changes(company):
        response = client.post(url(company, user, "edit"), NAMES)
    assert response.status_code == 422
    assert Page(response).alert.text == "This user is managed by a directory and is edited there."


def test_after_its_connector_is_removed_a_person_can_be_managed_in_the_portal(client: Client, admin: Account) -> None:
    """R21"""
    company = make_company(admin.partner, tier=Tier.ADVANCED)
    connector = make_connector(company)
    [user] = add_arrivals(connector, 1)
    remove_connector(connector, by=None)
    assert "Entra ID (removed)" in [row[4] for row in Page(client.get(f"/companies/{company.pk}/users/")).rows]
    page = Page(client.get(url(company, user, "edit")))
    dialog = page.one("dialog")
    assert f"The Entra ID connector that managed {user.full_name} was removed." in dialog.text
    assert (dialog.texts("button"), page.value("last_name")) == (["Manage in portal"], user.last_name)
    with nothing_changes(company):
        refused = Page(client.post(url(company, user, "edit"), NAMES | {"last_name": ""}))
    assert refused.errors("last_name") == ["Fill this in."]
    done = client.post(url(company, user, "edit"), NAMES)
    page = Page(client.get(done.headers["Location"]))
    assert page.messages == ["Ann Lee is managed in the portal now."]
    assert [row[4] for row in page.rows] == ["Portal", "Portal"]


def test_without_an_email_a_person_cannot_be_managed_in_the_portal(client: Client, admin: Account) -> None:
    """R9, R21: the dialog says what helps, and has nothing to send."""
    company = make_company(admin.partner, tier=Tier.ADVANCED)
    connector = make_connector(company)
    [user] = arrive(connector, people=[Person("Ann", "Lee", "")])
    remove_connector(connector, by=None)
    dialog = Page(client.get(url(company, user, "edit"))).one("dialog")
    assert "Whoever is managed in the portal needs an e-mail, and this user has none" in dialog.text
    assert dialog.all("form") == []
    with nothing_changes(company):
        response = client.post(url(company, user, "edit"), NAMES)
    assert response.status_code == 422
    assert Page(response).alert.text == (
        "Whoever is managed in the portal needs an e-mail. Remove the user, then add the person again with one."
    )


def test_the_role_is_handed_on_after_a_confirmation(client: Client, admin: Account) -> None:
    """R18"""
    company = make_company(admin.partner)
    [user] = add_people(company, 1)
    former = User.objects.get(pk=company.primary_user_id)
    with nothing_changes(company):
        dialog = Page(client.get(url(company, user, "primary"))).one("dialog")
    assert dialog.texts("button") == ["Make primary user"]
    assert f"{user.full_name} becomes the primary user in place of {former.full_name}" in dialog.text
    response = client.post(url(company, user, "primary"))
    assert response.headers["Location"] == f"/companies/{company.pk}/users/"
    company.refresh_from_db()
    assert company.primary_user_id == user.pk
    assert Page(client.get(response.headers["Location"])).messages == [f"{user.full_name} is the primary user now."]


def test_handing_on_carries_out_what_the_directory_asked_for(client: Client, admin: Account) -> None:
    """R18"""
    company = make_company(admin.partner, tier=Tier.ADVANCED)
    [heir], connector = add_people(company, 1), make_connector(company)
    [primary] = add_arrivals(connector, 1)
    transfer_primary(company, to=primary.pk, by=None)
    withdraw(primary, how=Withdrawal.REMOVE, by=connector)
    dialog = Page(client.get(url(company, heir, "primary"))).one("dialog")
    assert "The directory asked to remove the former primary user: that is carried out now." in dialog.text
    client.post(url(company, heir, "primary"))
    assert numbers(company) == (10, 2, 0)


def test_only_an_active_user_becomes_the_primary_user(client: Client, admin: Account) -> None:
    """R18"""
    company = make_company(admin.partner)
    [user] = add_people(company, 1)
    disable_users(company, users=[user.pk], by=None)
    with nothing_changes(company):
        response = client.post(url(company, user, "primary"))
    assert response.status_code == 422
    assert Page(response).alert.text == "Only an Active user can become the primary user."


@pytest.mark.parametrize("what", ["edit", "primary"])
def test_a_person_from_elsewhere_or_removed_does_not_exist(client: Client, admin: Account, what: str) -> None:
    """R23"""
    company, sister, foreign = make_company(admin.partner), make_company(admin.partner), make_company()
    [gone] = add_people(company, 1)
    remove_users(company, users=[gone.pk], by=None)
    [of_sister], [stranger] = add_people(sister, 1), add_people(foreign, 1)
    addresses = [
        url(company, gone, what),
        url(company, of_sister, what),
        url(company, stranger, what),
        url(foreign, stranger, what),
    ]
    with nothing_changes(foreign), nothing_changes(sister):
        assert [client.get(address).status_code for address in addresses] == [404] * 4
        assert [client.post(address, NAMES).status_code for address in addresses] == [404] * 4


@pytest.mark.parametrize("what", ["edit", "primary"])
def test_other_roles_may_not(client: Client, admin: Account, what: str) -> None:
    """R24"""
    company = make_company(admin.partner)
    [user] = add_people(company, 1)
    client.force_login(make_account(admin.partner, role=Role.BILLING))
    with nothing_changes(company):
        assert client.get(url(company, user, what)).status_code == 403
        assert client.post(url(company, user, what), NAMES).status_code == 403


def test_htmx_gets_the_dialog_alone_and_is_sent_back_to_the_list(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    [user] = add_people(company, 1)
    headers = {"HX-Request": "true", "HX-Target": "dialog"}
    page = Page(client.get(url(company, user, "edit"), headers=headers))
    assert (page.one("dialog")["data-modal"], page.all("h1")) == ("", [])
    done = client.post(url(company, user, "edit"), NAMES, headers=headers)
    assert done.headers["HX-Redirect"] == f"/companies/{company.pk}/users/"
