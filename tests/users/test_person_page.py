"""A user's page: why they hold a seat or none, since when, by which act, what would change it (R2, R7, R17, R21)."""

from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.formats import date_format
from django.utils.timezone import localtime
from pytest_django import DjangoAssertNumQueries

from companies.models import Company
from licensing.approvals import approve_next, choose_auto_fill
from licensing.enums import Tier
from licensing.pools import change_license
from licensing.rejections import reject_users, undo_rejection
from licensing.seats import disable_users, enable_users, remove_users
from tests.factories import (
    add_arrivals,
    add_people,
    entry_of,
    make_account,
    make_colleague,
    make_company,
    make_connector,
)
from tests.page import Page
from users.accounts.enums import Role
from users.accounts.models import Account
from users.directory.claims import Claim
from users.directory.enums import ConnectorKind
from users.directory.held import reject_held
from users.directory.models import Connector, HeldChange
from users.directory.sync import bring, delete
from users.enums import Withdrawal
from users.models import User
from users.people import Person
from users.provisioning import add_users, arrive
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Account:
    account = make_account(name="Alice Admin")
    client.force_login(account)
    return account


def page_of(client: Client, user: User) -> Page:
    response = client.get(f"/companies/{user.company_id}/users/{user.pk}/")
    assert response.status_code == 200
    return Page(response)


def told(page: Page) -> dict[str, str]:
    """What stands in the card about the seat, but for the time."""
    facts = page.one("dl", class_="facts")
    found = dict(zip(facts.texts("dt"), facts.texts("dd"), strict=True))
    del found["Since"]
    return found


def when(user: User, at: object = None) -> str:
    moment = at or user.status_changes.latest("pk").at
    return date_format(localtime(moment, ZoneInfo(user.company.partner.time_zone)), "DATETIME_FORMAT")  # type: ignore[arg-type]


def add_seats(company: Company, count: int) -> None:
    company.refresh_from_db()
    change_license(company, seats=company.seats + count, tier=Tier.ADVANCED, seen=None, by=None)


def test_says_why_since_when_and_by_which_act_a_seat_is_held(client: Client, admin: Account) -> None:
    """R17: since the change that gave the seat, whatever happened afterwards."""
    company = make_company(admin.partner, seats=3)
    [ann] = add_users(company, people=[Person("Ann", "Lee", "ann@x.example")], by=admin)
    came = ann.status_changes.get().at
    disable_users(company, users=[ann.pk], by=None)
    enable_users(company, users=[ann.pk], by=None)
    page = page_of(client, ann)
    assert page.one("h2").text == "Ann Lee Active"
    assert page.one("h3", id="seat-title").text == "Holds a seat"
    assert told(page) == {
        "Why": "Active users hold a seat.",
        "By": "Added by Alice Admin.",
        "What would change it": "Removing this user gives the seat back; disabling does not.",
        "Managed by": "The portal: names are changed here.",
    }
    assert page.one("dl", class_="facts").one("time").text == when(ann, came)


def test_the_history_is_shown_newest_first(client: Client, admin: Account) -> None:
    """R17: what, by whom, when, through which door, and why."""
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    connector = make_connector(company, kind=ConnectorKind.OKTA, name="Head office")
    [ann] = add_arrivals(connector, 1)
    add_seats(company, 1)
    approve_next(company, count=1, by=admin, reason="Asked for")
    withdraw(ann, how=Withdrawal.DISABLE, by=connector)
    rows = page_of(client, ann).rows
    assert [row[1:] for row in rows] == [
        ["Active → Disabled", "Okta connector Head office", "Directory", ""],
        ["Pending approval → Active", "Alice Admin", "Portal", "Asked for"],
        ["Pending approval", "Okta connector Head office", "Directory", ""],
    ]
    assert rows[0][0] == when(ann)


def test_r7_whoever_waits_reads_their_place_and_the_length_of_the_line(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, seats=1, tier=Tier.ADVANCED)
    connector = make_connector(company, kind=ConnectorKind.OKTA, name="Head office")
    ann, bob, cy = add_arrivals(connector, 3)
    reject_users(company, users=[ann.pk], by=None)
    undo_rejection(company, users=[ann.pk], by=admin)
    page = page_of(client, cy)
    assert page.one("h3", id="seat-title").text == "Holds no seat"
    assert told(page) == {
        "Why": "No seat was available when this person arrived.",
        "By": "Brought by the Okta connector Head office.",
        "What would change it": "A seat becomes available: they are number 2 of 3 in the line. "
        "Add seats or remove users, then approve this person.",
        "Managed by": "Okta: names and e-mail are changed there. What is done here by hand stands.",
    }
    assert told(page_of(client, ann))["By"] == "Rejection undone by Alice Admin."
    withdraw(bob, how=Withdrawal.DISABLE, by=connector)
    assert told(page_of(client, bob))["What would change it"] == (
        "Enable this person in Okta: they join the end of the line then."
    )
    add_seats(company, 2)
    choose_auto_fill(company, on=True, by=None)
    assert told(page_of(client, cy))["By"] == "Came in from the waiting line by automatic filling."


def test_r18_the_primary_user_and_what_the_directory_asked(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    primary = User.objects.get(pk=company.primary_user_id)
    page = page_of(client, primary)
    assert page.one("h2").text == f"{primary.full_name} Primary user Active"
    assert told(page)["Why"] == "The primary user always holds a seat."
    assert told(page)["By"] == "Added by the system."


def test_r21_a_rejected_person_has_a_page_and_other_removed_people_have_none(client: Client, admin: Account) -> None:
    """R2: the page leads back to the list of the rejected."""
    company = make_company(admin.partner, seats=2, tier=Tier.ADVANCED)
    [dan] = add_people(company, 1)
    connector = make_connector(company)
    ann, bob = add_arrivals(connector, 2)
    reject_users(company, users=[ann.pk], by=admin)
    remove_users(company, users=[dan.pk], by=admin)
    withdraw(bob, how=Withdrawal.REMOVE, by=connector)
    page = page_of(client, ann)
    assert page.one("h2").text == f"{ann.full_name} Rejected"
    assert told(page)["By"] == "Rejected by Alice Admin."
    assert page.one("a", href=f"/companies/{company.pk}/users/?status=rejected").text == "All rejected users"
    for user in (dan, bob):
        assert client.get(f"/companies/{company.pk}/users/{user.pk}/").status_code == 404


def test_r9_who_has_no_name_is_called_as_in_the_directory(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, tier=Tier.ADVANCED)
    connector = make_connector(company)
    [user] = arrive(connector, people=[Person("", "", "")])
    entry_of(user, user_name="c.orr@directory")
    page = page_of(client, user)
    assert page.one("h2").text == "c.orr@directory Active"
    assert page.one("p", class_="soft person-email").text == "no e-mail"


def test_r25_support_is_named_as_support(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    [ann] = add_people(company, 1)
    support = Account.objects.create_superuser("sam@vendor.example", "x", name="Sam")
    disable_users(company, users=[ann.pk], by=support)
    assert told(page_of(client, ann))["By"] == "Added by the system. Disabled by Support: Sam."


@pytest.mark.parametrize(("role", "status"), [(Role.TECHNICIAN, 200), (Role.READ_ONLY, 200), (Role.BILLING, 403)])
def test_r24_whoever_sees_users_reads_it(client: Client, admin: Account, role: Role, status: int) -> None:
    company = make_company(admin.partner)
    client.force_login(make_colleague(role, company))
    assert client.get(f"/companies/{company.pk}/users/{company.primary_user_id}/").status_code == status


def test_r23_another_companys_user_does_not_exist(client: Client, admin: Account) -> None:
    company, other, theirs = make_company(admin.partner), make_company(admin.partner), make_company()
    for path in (
        f"{company.pk}/users/{other.primary_user_id}",
        f"{company.pk}/users/{theirs.primary_user_id}",
        f"{theirs.pk}/users/{theirs.primary_user_id}",
        f"{company.pk}/users/999999999",
    ):
        assert client.get(f"/companies/{path}/").status_code == 404


def test_htmx_pages_through_a_long_history(client: Client, admin: Account) -> None:
    company = make_company(admin.partner)
    [ann] = add_people(company, 1)
    for _ in range(25):
        disable_users(company, users=[ann.pk], by=admin)
        enable_users(company, users=[ann.pk], by=admin)
    headers = {"HX-Request": "true", "HX-Target": "history"}
    page = Page(client.get(f"/companies/{company.pk}/users/{ann.pk}/?page=2", headers=headers))
    assert [row[1] for row in page.rows] == ["Active"]
    assert page.all("h2") == []


def test_r22_what_the_directory_asked_and_is_held_is_told_until_it_is_decided(client: Client, admin: Account) -> None:
    company = make_company(admin.partner, tier=Tier.ADVANCED)
    connector = make_connector(company, kind=ConnectorKind.OKTA, name="Head office")
    Connector.objects.update(threshold_people=0, threshold_percent=0)
    entries = [bring(connector, Claim(name, first_name=name, last_name="Lee")) for name in ("Ann", "Bob")]
    removing = "Removing this user gives the seat back; disabling does not."

    def helps() -> list[str]:
        return [told(page_of(client, entry.user))["What would change it"] for entry in entries]

    may = "Disabled or deleted in Okta, this user is disabled or removed here, as the connector's rules say."
    assert helps() == [f"{removing} {may}"] * 2
    delete(entries[0])
    asked = "Okta asked to disable this user, which is held: an Admin confirms or rejects it."
    assert helps() == [f"{removing} {asked}", f"{removing} {may}"]
    reject_held(connector, held=HeldChange.objects.values_list("pk", flat=True), by=admin)
    stands = "Okta has disabled or deleted this person: what was decided here by hand stands."
    assert helps() == [f"{removing} {stands}", f"{removing} {may}"]
    bring(connector, Claim("Ann", first_name="Ann", last_name="Lee"))
    assert helps() == [f"{removing} {may}"] * 2


def test_costs_one_query_more_for_whom_a_directory_manages(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    company = make_company(admin.partner, tier=Tier.ADVANCED)
    entry = bring(make_connector(company), Claim("ann", first_name="Ann", last_name="Lee"))
    with django_assert_num_queries(11):
        page_of(client, entry.user)


@pytest.mark.parametrize("changes", [0, 2])
def test_costs_the_same_few_queries_however_long_the_history(
    client: Client, admin: Account, django_assert_num_queries: DjangoAssertNumQueries, changes: int
) -> None:
    company = make_company(admin.partner)
    [ann] = add_people(company, 1)
    for _ in range(changes):
        disable_users(company, users=[ann.pk], by=admin)
        enable_users(company, users=[ann.pk], by=admin)
    with django_assert_num_queries(9):
        assert len(page_of(client, ann).rows) == 1 + 2 * changes


def test_offers_what_fits_the_status_to_whoever_may(client: Client, admin: Account) -> None:
    """R18, R24: what is done is done on the Users tab, which it leads to."""
    company = make_company(admin.partner, seats=3, used=2, tier=Tier.ADVANCED)
    [off] = add_people(company, 1)
    disable_users(company, users=[off.pk], by=None)
    connector = make_connector(company)
    waiting, inactive, gone = add_arrivals(connector, 3)
    withdraw(inactive, how=Withdrawal.DISABLE, by=connector)
    reject_users(company, users=[gone.pk], by=None)
    primary = User.objects.get(pk=company.primary_user_id)
    active = company.users.filter(status="active").exclude(pk=primary.pk).get()
    users = [primary, active, off, waiting, inactive, gone]
    assert [page_of(client, user).one(id="panel").texts("button") for user in users] == [
        [],
        ["Disable", "Remove"],
        ["Enable", "Remove"],
        ["Approve", "Reject", "Remove"],
        ["Reject", "Remove"],
        ["Undo the rejection"],
    ]
    form = page_of(client, gone).one(id="panel").one("form")
    assert form["action"] == f"/companies/{company.pk}/users/?status=rejected"
    sent = {"act": form.one("button")["value"], "users": form.one("input", name="users")["value"]}
    assert client.post(form["action"], sent).status_code == 302
    assert User.objects.get(pk=gone.pk).status == "pending"
    client.force_login(make_colleague(Role.READ_ONLY, company))
    assert page_of(client, active).one(id="panel").texts("button") == []
