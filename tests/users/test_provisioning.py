"""The doors by hand and from a directory: R5, R6, R9."""

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from licensing.enums import Tier
from licensing.errors import (
    CompanyClosed,
    ConnectorGone,
    EmailTaken,
    InvalidPerson,
    ManagedByDirectory,
    NoSeatsAvailable,
    UserGone,
)
from licensing.pools import change_license
from licensing.seats import remove_users
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_company,
    make_connector,
    make_partner,
    make_person,
)
from tests.facts import history, nothing_changes, numbers, refused, statuses
from users.directory.models import Connector
from users.directory.rules import remove_connector
from users.enums import Door
from users.models import StatusChange, User
from users.people import Person, clean_email
from users.provisioning import add_users, arrive, rename_user

pytestmark = pytest.mark.django_db

ANN = Person("Ann", "Lee", "ann@customer.example")


def test_r5_people_by_hand_take_seats_in_order() -> None:
    """R5, R17: one history line each, one event for all."""
    company = make_company(seats=4)
    account = make_account(company.partner)
    people = [make_person(name) for name in ("Ann", "Bob", "Cleo")]
    users = add_users(company, people=people, by=account, door=Door.FILE, reason="New hires")
    assert [user.first_name for user in users] == ["Ann", "Bob", "Cleo"]
    assert numbers(company) == (4, 4, 0)
    assert [history(user) for user in users] == [[("", "active", "file")]] * 3
    event = AuditEvent.objects.get(company=company, act=Act.USERS_ADDED)
    assert (event.by_account, event.reason) == (account, "New hires")
    assert event.data == {"users": [user.pk for user in users], "count": 3, "door": "file"}


def test_r5_more_people_than_seats_are_refused_with_the_numbers() -> None:
    """R5: all or nothing."""
    company = make_company(seats=3)
    with refused(NoSeatsAvailable, company, needed=3, available=2, shortfall=1):
        add_users(company, people=[make_person() for _ in range(3)], by=None)


def test_r5_nobody_is_added_without_a_trace() -> None:
    company = make_company()
    with nothing_changes(company):
        assert add_users(company, people=[], by=None) == []


@pytest.mark.parametrize(
    ("person", "errors"),
    [
        (Person("", "Lee", "ann@customer.example"), {"first_name": "required"}),
        (Person("Ann", " \t ", "ann@customer.example"), {"last_name": "required"}),
        (Person("Ann", "Lee", ""), {"email": "required"}),
        (Person("Ann", "Lee", "ann@"), {"email": "invalid_email"}),
        (Person("", "x" * 101, "a b"), {"first_name": "required", "last_name": "too_long", "email": "invalid_email"}),
        (Person("A\x00nn", "Lee", "ann@customer.example"), {"first_name": "control_characters"}),
    ],
)
def test_r9_by_hand_names_and_email_are_required(person: Person, errors: dict[str, str]) -> None:
    """R9: the first wrong person is named by position, with everything that is wrong; nobody is added."""
    company = make_company()
    with refused(InvalidPerson, company, position=1, errors=errors):
        add_users(company, people=[make_person(), person], by=None)


@pytest.mark.parametrize("spelling", ["ann@customer.example", "ANN@customer.example", " Ann@CUSTOMER.example "])
def test_r9_an_email_in_use_is_refused_whatever_its_case(spelling: str) -> None:
    """R9: named as it was sent, but for what cleaning changes."""
    company = make_company()
    add_users(company, people=[ANN], by=None)
    with refused(EmailTaken, company, taken=(clean_email(spelling),), twice=()):
        add_users(company, people=[make_person(), Person("Other", "Ann", spelling)], by=None)


def test_r9_an_email_that_stands_twice_in_one_list_is_refused() -> None:
    """R9: named in the spelling that came later."""
    company = make_company()
    with refused(EmailTaken, company, taken=(), twice=("Ann@customer.example",)):
        add_users(company, people=[ANN, Person("Other", "Ann", "Ann@customer.example")], by=None)


def test_r9_all_taken_emails_are_named_together() -> None:
    """The taken ones come before the cap: what is wrong with the list is told first."""
    company = make_company(seats=2)
    add_users(company, people=[ANN], by=None)
    bob = Person("Bob", "Ray", "bob@customer.example")
    with refused(EmailTaken, company, taken=("ann@customer.example",), twice=("bob@customer.example",)):
        add_users(company, people=[ANN, bob, bob], by=None)


def test_r9_the_databases_idea_of_lower_case_decides() -> None:
    """R9: letters that Python and PostgreSQL lower differently still cannot be doubled."""
    company = make_company()
    add_users(company, people=[Person("Ann", "Lee", "\u0130nci@customer.example")], by=None)
    with refused(EmailTaken, company, taken=("inci@customer.example",), twice=()):
        add_users(company, people=[Person("Ann", "Lee", "inci@customer.example")], by=None)
    greek = [Person("Ann", "Lee", f"{local}@customer.example") for local in ("ΟΔΟΣ", "οδοσ")]
    with refused(EmailTaken, company, taken=(), twice=("οδοσ@customer.example",)):
        add_users(company, people=greek, by=None)


def test_r9_removed_people_and_other_companies_leave_an_email_free() -> None:
    """R2, R9: unique within a company, among the unmarked."""
    partner = make_partner()
    first, second = make_company(partner), make_company(partner)
    (user,) = add_users(first, people=[ANN], by=None)
    add_users(second, people=[ANN], by=None)
    remove_users(first, users=[user.pk], by=None)
    assert add_users(first, people=[ANN], by=None)[0].pk != user.pk


@pytest.mark.parametrize("name", ["Zoë", "李", "عمر", "O'Neil-Smith", "🙂", "x" * 100])
def test_r9_names_of_every_script_are_kept(name: str) -> None:
    company = make_company()
    (user,) = add_users(company, people=[Person(name, name, "用户@例え.jp")], by=None)
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.email) == (name, name, "用户@例え.jp")


def test_r6_a_directory_is_never_refused_for_lack_of_seats() -> None:
    """R6: beyond the available seats they wait, in order of arrival, and the caller is told who."""
    company = make_company(seats=3, tier=Tier.ADVANCED)
    connector = make_connector(company)
    users = arrive(connector, people=[make_person() for _ in range(4)])
    assert [(user.status, user.arrival) for user in users] == [
        ("active", None), ("active", None), ("pending", 1), ("pending", 2),
    ]  # fmt: skip
    assert numbers(company) == (3, 3, 2)
    assert [history(user) for user in users] == [[("", user.status, "directory")] for user in users]
    assert {change.by_connector for change in StatusChange.objects.filter(user__in=users)} == {connector}
    event = AuditEvent.objects.get(company=company, act=Act.USERS_ARRIVED)
    assert event.by_connector == connector
    assert event.data == {"users": [user.pk for user in users], "count": 4, "waiting": 2}


def test_r6_a_connector_may_ask_for_approval_while_seats_are_available() -> None:
    """R6."""
    company = make_company(seats=9, tier=Tier.ADVANCED)
    users = add_arrivals(make_connector(company, asks_approval=True), 2)
    assert [user.status for user in users] == ["pending", "pending"]
    assert numbers(company) == (9, 1, 2)


def test_r6_an_arrival_of_nobody_leaves_no_trace() -> None:
    company = make_company(tier=Tier.ADVANCED)
    connector = make_connector(company)
    with nothing_changes(company):
        assert arrive(connector, people=[]) == []


def test_r9_a_directory_may_leave_names_and_email_out() -> None:
    """R9: several people without e-mail do not meet."""
    company = make_company(tier=Tier.ADVANCED)
    users = arrive(make_connector(company), people=[Person("", "", ""), Person("", "", "")])
    assert [(user.email, str(user)) for user in users] == [("", str(user.pk)) for user in users]
    assert statuses(company) == ["active"] * 3


def test_r9_a_directory_cannot_double_an_email() -> None:
    company = make_company(seats=1, tier=Tier.ADVANCED)
    connector = make_connector(company)
    arrive(connector, people=[ANN])
    with refused(EmailTaken, company, taken=("ANN@customer.example",), twice=()):
        arrive(connector, people=[Person("", "", "ANN@customer.example")])


def test_r2_a_removed_connector_brings_nobody_in() -> None:
    """R2, R14: a request that was under way when the connector was removed, and the company went to Standard."""
    company = make_company(tier=Tier.ADVANCED)
    connector = make_connector(company)
    _remove(connector.pk, company)
    with refused(ConnectorGone, company, connector_id=connector.pk):
        arrive(connector, people=[make_person()])


def test_r21_a_portal_user_can_be_renamed_but_keeps_the_email() -> None:
    """R9, R21."""
    company = make_company()
    account = make_account(company.partner)
    (user,) = add_users(company, people=[ANN], by=None)
    renamed = rename_user(user, first_name=" Anna  Maria ", last_name="Lee", by=account)
    renamed.refresh_from_db()
    assert (renamed.full_name, renamed.email) == ("Anna Maria Lee", "ann@customer.example")
    event = AuditEvent.objects.get(company=company, act=Act.USER_RENAMED)
    assert (event.by_account, event.data) == (account, {"users": [user.pk]})
    with nothing_changes(company):
        rename_user(renamed, first_name="Anna Maria", last_name="Lee", by=account)


def test_r9_an_address_that_is_none_by_todays_rules_keeps_nobody_from_being_renamed() -> None:
    """R9: only what was typed is judged."""
    company = make_company()
    (user,) = add_people(company, 1)
    User.objects.filter(pk=user.pk).update(email="no address")
    user.refresh_from_db()
    renamed = rename_user(user, first_name="Ann", last_name="Lee", by=None)
    assert (renamed.full_name, renamed.email) == ("Ann Lee", "no address")


def test_r21_a_directorys_user_is_edited_there() -> None:
    """R21."""
    company = make_company(tier=Tier.ADVANCED)
    (user,) = add_arrivals(make_connector(company), 1)
    with refused(ManagedByDirectory, company, user_id=user.pk):
        rename_user(user, first_name="New", last_name="Name", by=None)


def test_a_removed_person_cannot_be_renamed() -> None:
    company = make_company()
    (user,) = add_people(company, 1)
    remove_users(company, users=[user.pk], by=None)
    with refused(UserGone, company, user_ids=(user.pk,)):
        rename_user(user, first_name="New", last_name="Name", by=None)


def test_a_new_name_must_be_a_name() -> None:
    company = make_company()
    (user,) = add_people(company, 1)
    with refused(InvalidPerson, company, position=0, errors={"first_name": "required", "last_name": "too_long"}):
        rename_user(user, first_name="", last_name="x" * 300, by=None)


def test_r19_no_door_leads_into_a_closed_company() -> None:
    """R19."""
    company = make_company(name="Gone", tier=Tier.ADVANCED)
    primary = User.objects.get(pk=company.primary_user_id)
    close_company(company, typed_name="Gone", by=None)
    with refused(CompanyClosed, company, company_id=company.pk):
        add_users(company, people=[ANN], by=None)
    with refused(CompanyClosed, company, company_id=company.pk):
        rename_user(primary, first_name="New", last_name="Name", by=None)


def _remove(connector_id: int, company: Company) -> None:
    """By somebody else: the object in the caller's hands does not know."""
    remove_connector(Connector.objects.get(pk=connector_id), by=None)
    change_license(company, seats=10, tier=Tier.STANDARD, seen=None, by=None)
