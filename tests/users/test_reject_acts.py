"""People are rejected, taken back, and handed over to the portal on the Users tab (R7, R9, R21)."""

import pytest
from django.test import Client

from companies.models import Company
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.rejections import reject_users
from tests.factories import (
    add_arrivals,
    entry_of,
    make_account,
    make_colleague,
    make_company,
    make_connector,
    make_person,
)
from tests.facts import history, nothing_changes, numbers, statuses
from tests.page import Page
from tests.users.acts import add_seats, messages, post, waiting
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.rules import remove_connector
from users.enums import Withdrawal
from users.people import Person
from users.provisioning import add_users, arrive
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account()
    client.force_login(account)
    return account


def test_r21_reject_asks_first_and_says_what_it_means(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, pending=3, tier=Tier.ADVANCED)
    people = waiting(company)[:2]
    with nothing_changes(company):
        response = post(client, company, "reject", people, query="?status=pending")
    assert response.status_code == 200
    dialog = Page(response).one("dialog")
    assert dialog.one("h2").text == "Reject 2 users?"
    assert dialog.texts("li") == [f"{user.full_name} {user.email}" for user in people]
    assert "Their directory does not bring them back until somebody undoes the rejection" in dialog.text
    assert {tag["value"] for tag in dialog.all("input", name="users")} == {str(user.pk) for user in people}
    assert (dialog.one(name="act")["value"], dialog.one(name="confirmed")["value"]) == ("reject", "yes")
    assert dialog.one("form")["action"].endswith("/users/?status=pending")
    assert dialog.texts("button") == ["Reject"]


def test_r21_reject_and_undo(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, pending=3, tier=Tier.ADVANCED)
    ann, bob, cy = waiting(company)
    assert post(client, company, "reject", [ann, bob], confirmed="yes").status_code == 302
    assert messages(client, company) == ["2 users were rejected."]
    assert waiting(company) == [cy]
    change = ann.status_changes.latest("pk")
    assert (change.to_status, change.door, change.by_account) == ("removed", "portal", admin)
    back = post(client, company, "undo_rejection", [ann], query="?status=rejected")
    assert back.headers["Location"].endswith("/users/?status=rejected")
    assert messages(client, company) == ["1 user is pending approval again."]
    assert waiting(company) == [cy, ann]
    assert ann.status_changes.latest("pk").by_account == admin


def test_r7_undoing_tells_who_came_in_from_the_line(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, pending=1, tier=Tier.ADVANCED)
    [ann] = waiting(company)
    post(client, company, "reject", [ann], confirmed="yes")
    choose_auto_fill(company, on=True, by=None)
    add_seats(company, 1)
    post(client, company, "undo_rejection", [ann])
    assert messages(client, company)[-2:] == [
        "1 user is pending approval again.",
        "1 user came in from the waiting line.",
    ]


def test_r21_whoever_holds_a_seat_is_not_rejected(client: Client, admin: Account) -> None:
    """All or none, said in the dialog that asked."""
    company = make_company(admin.partner, seats=2, used=2, pending=1, tier=Tier.ADVANCED)
    active = company.users.filter(status="active").exclude(pk=company.primary_user_id).get()
    with nothing_changes(company):
        response = post(client, company, "reject", [active, *waiting(company)], confirmed="yes")
    assert response.status_code == 422
    assert Page(response).alert.text == "1 of the chosen users is not waiting for approval and cannot be rejected."


def test_r9_undoing_is_refused_while_somebody_has_the_email(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, pending=1, tier=Tier.ADVANCED)
    [ann] = waiting(company)
    post(client, company, "reject", [ann], confirmed="yes")
    add_seats(company, 1)
    add_users(company, people=[make_person(email=ann.email)], by=None)
    with nothing_changes(company):
        response = post(client, company, "undo_rejection", [ann], query="?status=rejected")
    assert response.status_code == 422
    assert Page(response).alert.text == f"This e-mail is in use at the company already: {ann.email}"
    assert len(Page(response).rows) == 1


def test_r21_undoing_is_refused_for_whom_the_directory_has_deleted(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, pending=1, tier=Tier.ADVANCED)
    [ann] = waiting(company)
    post(client, company, "reject", [ann], confirmed="yes")
    entry_of(ann, is_deleted=True)
    with nothing_changes(company):
        response = post(client, company, "undo_rejection", [ann])
    assert Page(response).alert.text == (
        "1 of the chosen users is not in the directory any more. Whoever comes back there arrives by itself."
    )


def test_r21_removing_people_who_wait_says_that_they_are_rejected(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, used=2, pending=1, tier=Tier.ADVANCED)
    active = company.users.filter(status="active").exclude(pk=company.primary_user_id).get()
    undone = "rejected: no directory brings them back until somebody undoes it (choose “Rejected” under “Status”)."
    alone, mixed = waiting(company), [active, *waiting(company)]
    assert (
        f"This person waits and is thereby {undone}" in Page(post(client, company, "remove", alone)).one("dialog").text
    )
    assert f"1 of them waits and is thereby {undone}" in Page(post(client, company, "remove", mixed)).one("dialog").text
    assert "rejected" not in Page(post(client, company, "remove", [active])).one("dialog").text


def test_r21_removing_somebody_who_waits_is_remembered_and_can_be_undone(client: Client, admin: Account) -> None:
    """R2, R21: no seat was held, none is released; what stands in the history is a rejection."""
    company = make_company(admin.partner, seats=2, used=2, pending=2, tier=Tier.ADVANCED)
    ann, bob = waiting(company)
    assert post(client, company, "remove", [ann], confirmed="yes").status_code == 302
    assert (numbers(company), waiting(company)) == ((2, 2, 1), [bob])
    assert history(ann)[-1] == ("pending", "removed", "portal")
    assert post(client, company, "undo_rejection", [ann]).status_code == 302
    assert (numbers(company), waiting(company)) == ((2, 2, 2), [bob, ann])


def test_r21_htmx_rejects_over_the_list_and_undoes_in_it(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, pending=2, tier=Tier.ADVANCED)
    [ann, _bob] = waiting(company)
    headers = {"HX-Request": "true", "HX-Target": "users-tab"}
    asked = post(client, company, "reject", [ann], headers=headers)
    assert (asked.headers["HX-Retarget"], asked.headers["HX-Reswap"]) == ("#dialog", "innerHTML")
    done = post(client, company, "reject", [ann], confirmed="yes", headers=headers | {"HX-Target": "dialog"})
    assert done.headers["HX-Redirect"] == f"/companies/{company.pk}/users/"
    page = Page(post(client, company, "undo_rejection", [ann], query="?status=rejected", headers=headers))
    assert page.messages[-1] == "1 user is pending approval again."
    assert "Nobody is rejected." in page.text


def test_r21_many_rejections_are_undone_at_once(client: Client, admin: Account) -> None:
    """R7: those chosen on the list, in the order of their ids at the end of the line."""
    company = make_company(admin.partner, seats=1, pending=3, tier=Tier.ADVANCED)
    ann, bob, cy = waiting(company)
    reject_users(company, users=[ann.pk, bob.pk], by=None)
    page = Page(client.get(f"/companies/{company.pk}/users/?status=rejected"))
    table = page.one(id="users-table")
    assert {box["value"] for box in table.all("input", class_="pick")} == {str(ann.pk), str(bob.pk)}
    bulk = table.one(id="bulk")
    assert (bulk.texts("button"), bulk.one(name="act")["value"]) == (["Undo", "Clear selection"], "undo_rejection")
    post(client, company, "undo_rejection", [ann, bob], query="?status=rejected", bulk="yes")
    assert messages(client, company) == ["2 users are pending approval again."]
    assert waiting(company) == [cy, ann, bob]


def test_r9_a_refused_undo_keeps_the_selection(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, used=1, pending=0, tier=Tier.ADVANCED)
    connector = make_connector(company, asks_approval=True)
    ann, bob = add_arrivals(connector, 2)
    reject_users(company, users=[ann.pk, bob.pk], by=None)
    add_users(company, people=[Person("Ann", "Lee", ann.email)], by=None)
    with nothing_changes(company):
        response = post(client, company, "undo_rejection", [ann, bob], query="?status=rejected", bulk="yes")
    assert response.status_code == 422
    checked = Page(response).all("input", class_="pick", checked="")
    assert {box["value"] for box in checked} == {str(ann.pk), str(bob.pk)}


def test_r21_many_people_of_a_removed_connector_are_managed_in_the_portal(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=3, tier=Tier.ADVANCED)
    connector = make_connector(company)
    ann, bob = add_arrivals(connector, 2)
    assert _marked(client, company) == set()
    remove_connector(connector, by=None)
    assert _marked(client, company) == {ann.pk, bob.pk}
    page = Page(client.get(f"/companies/{company.pk}/users/"))
    assert page.one(id="bulk").one("button", value="manage").text == "Manage in portal"
    post(client, company, "manage", [ann, bob])
    assert messages(client, company) == ["2 users are managed in the portal now."]
    assert set(company.users.values_list("connector", flat=True)) == {None}
    assert statuses(company) == ["active"] * 3


def test_r7_handing_over_tells_who_came_in_from_the_line(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, tier=Tier.ADVANCED)
    connector = make_connector(company)
    seated, off = add_arrivals(connector, 2)
    withdraw(off, how=Withdrawal.DISABLE, by=connector)
    choose_auto_fill(company, on=True, by=None)
    withdraw(seated, how=Withdrawal.REMOVE, by=connector)
    remove_connector(connector, by=None)
    post(client, company, "manage", [off])
    assert messages(client, company) == [
        "1 user is managed in the portal now.",
        "1 user came in from the waiting line.",
    ]


def test_r21_whom_a_directory_manages_is_handed_over_by_nobody(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=4, tier=Tier.ADVANCED)
    gone, there = make_connector(company), make_connector(company)
    [ann], [bob] = add_arrivals(gone, 1), add_arrivals(there, 1)
    [silent] = arrive(gone, people=[Person("Ann", "Lee", "")])
    remove_connector(gone, by=None)
    with nothing_changes(company):
        response = post(client, company, "manage", [ann, bob], bulk="yes")
        incomplete = post(client, company, "manage", [ann, silent], bulk="yes")
    assert (response.status_code, incomplete.status_code) == (422, 422)
    assert Page(response).alert.text == "1 of the chosen users is managed by a directory. Remove its connector first."
    assert Page(incomplete).alert.text == (
        "1 of the chosen users has no e-mail or lacks a name, which whoever is managed in the portal needs. "
        "Leave this user out, or complete the names under “Edit”."
    )


def test_r24_read_only_hands_nobody_over(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=2, tier=Tier.ADVANCED)
    connector = make_connector(company)
    [ann] = add_arrivals(connector, 1)
    remove_connector(connector, by=None)
    client.force_login(make_colleague(Role.READ_ONLY, company))
    with nothing_changes(company):
        assert post(client, company, "manage", [ann]).status_code == 403


def _marked(client: Client, company: Company) -> set[int]:
    """Whose rows say that nothing manages them any more."""
    rows = Page(client.get(f"/companies/{company.pk}/users/")).one("tbody").all("tr")
    return {int(row.one("input", class_="pick")["value"]) for row in rows if "row-orphan" in row["class"]}
