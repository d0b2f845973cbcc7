"""People whose connector was removed become the portal's own: R21."""

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from licensing.approvals import approve_users, choose_auto_fill
from licensing.enums import Tier
from licensing.errors import EmailMissing, InvalidPerson, ManagedByDirectory, PeopleIncomplete, StillManaged, UserGone
from licensing.primary import transfer_primary
from licensing.seats import remove_users
from tests.factories import add_arrivals, make_account, make_company, make_connector
from tests.facts import history, nothing_changes, numbers, refused
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.rules import remove_connector
from users.enums import Withdrawal
from users.models import User
from users.people import Person
from users.provisioning import arrive, rename_user
from users.takeover import HandedOver, manage_all_in_portal, manage_in_portal
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db

NAMES = {"first_name": " Ann", "last_name": "Lee "}


@pytest.fixture
def connector() -> Connector:
    company = make_company(seats=3, tier=Tier.ADVANCED)
    return make_connector(company, name="HQ", kind=ConnectorKind.OKTA)


def test_r21_after_the_connector_is_gone_the_portal_takes_over(connector: Connector) -> None:
    """R21: with names (R9), status, seat and history as they were; from then on the names are changed in the portal."""
    [user] = arrive(connector, people=[Person("", "", "ann@customer.example")])
    account = make_account(connector.partner)
    remove_connector(connector, by=None)
    taken = manage_in_portal(user, **NAMES, by=account)
    taken.refresh_from_db()
    assert (taken.connector, taken.full_name, taken.email) == (None, "Ann Lee", "ann@customer.example")
    assert (taken.pk, taken.status, history(taken)) == (user.pk, "active", [("", "active", "directory")])
    event = AuditEvent.objects.filter(company=connector.company).latest("pk")
    assert (event.act, event.by_account) == (Act.USER_TAKEN_OVER, account)
    assert event.data == {"users": [user.pk], "count": 1, "connector": connector.pk, "kind": "okta", "name": "HQ"}
    assert rename_user(taken, first_name="Anna", last_name="Lee", by=None).full_name == "Anna Lee"


def test_r21_taken_over_twice_is_taken_over_once(connector: Connector) -> None:
    [user] = add_arrivals(connector, 1)
    remove_connector(connector, by=None)
    manage_in_portal(user, **NAMES, by=None)
    with nothing_changes(connector.company):
        assert manage_in_portal(user, **NAMES, by=None).connector is None


def test_r21_an_existing_connector_keeps_its_people(connector: Connector) -> None:
    [user] = add_arrivals(connector, 1)
    with refused(ManagedByDirectory, connector.company, user_id=user.pk):
        manage_in_portal(user, **NAMES, by=None)


def test_r9_the_portal_manages_nobody_who_is_incomplete(connector: Connector) -> None:
    """R9: names can be given, a missing e-mail cannot."""
    [nameless, silent] = arrive(connector, people=[Person("", "", "a@customer.example"), Person("Ann", "Lee", "")])
    remove_connector(connector, by=None)
    with refused(InvalidPerson, connector.company, position=0, errors={"last_name": "required"}):
        manage_in_portal(nameless, first_name="Ann", last_name="", by=None)
    with refused(EmailMissing, connector.company, user_id=silent.pk):
        manage_in_portal(silent, **NAMES, by=None)


def test_r2_a_removed_person_is_gone(connector: Connector) -> None:
    [user] = add_arrivals(connector, 1)
    remove_users(connector.company, users=[user.pk], by=None)
    remove_connector(connector, by=None)
    with refused(UserGone, connector.company, user_ids=(user.pk,)):
        manage_in_portal(user, **NAMES, by=None)


def test_r20_who_was_inactive_in_the_directory_joins_the_end_of_the_line(connector: Connector) -> None:
    """R7, R20: no directory says so any more, so they can be approved again."""
    *_seated, first, second = add_arrivals(connector, 4)
    withdraw(first, how=Withdrawal.DISABLE, by=connector)
    remove_connector(connector, by=None)
    taken = manage_in_portal(first, **NAMES, by=None)
    line = list(User.objects.of_company(connector.company).in_line())
    assert (line, taken.is_inactive_in_directory) == ([second, taken], False)
    remove_users(connector.company, users=[_seated[0].pk], by=None)
    assert approve_users(connector.company, users=[taken.pk], by=None) == 1


def test_r7_who_joins_the_line_so_may_be_seated_at_once(connector: Connector) -> None:
    """R7: where the company fills from the line and a seat is available."""
    company = connector.company
    seated, _other, waiting = add_arrivals(connector, 3)
    choose_auto_fill(company, on=True, by=None)
    withdraw(waiting, how=Withdrawal.DISABLE, by=connector)
    remove_users(company, users=[seated.pk], by=None)
    remove_connector(connector, by=None)
    assert manage_in_portal(waiting, **NAMES, by=None).status == "active"
    assert numbers(company) == (3, 3, 0)


def test_r18_a_wish_of_the_directory_about_the_primary_user_is_dropped(connector: Connector) -> None:
    """R18: handing the role on later disables nobody whom the portal manages."""
    company = connector.company
    primary, heir = add_arrivals(connector, 2)
    transfer_primary(company, to=primary.pk, by=None)
    withdraw(primary, how=Withdrawal.DISABLE, by=connector)
    remove_connector(connector, by=None)
    manage_in_portal(primary, **NAMES, by=None)
    company.refresh_from_db()
    assert company.primary_withdrawal == ""
    transfer_primary(company, to=heir.pk, by=None)
    primary.refresh_from_db()
    assert primary.status == "active"


def test_r21_many_are_taken_over_at_once(connector: Connector) -> None:
    """R21: seat, status and history stay; an event for each connector; whom the portal manages counts as done."""
    company = connector.company
    [ann, bob] = add_arrivals(connector, 2)
    other = make_connector(company, name="Lab", kind=ConnectorKind.SCIM)
    [cy] = add_arrivals(other, 1)
    account = make_account(company.partner)
    for gone in (connector, other):
        remove_connector(gone, by=None)
    people = [ann, bob, cy, company.primary_user]
    told = manage_all_in_portal(company, users=[user.pk for user in people], by=account, reason="Ticket 7")
    assert told == HandedOver(handed=3, seated=0)
    for user in people:
        user.refresh_from_db()
    assert [user.connector for user in people] == [None] * 4
    assert [user.status for user in people] == ["active", "active", "pending", "active"]
    assert history(ann) == [("", "active", "directory")]
    events = AuditEvent.objects.filter(company=company, act=Act.USER_TAKEN_OVER).order_by("pk")
    assert [(event.by_account, event.reason, event.data) for event in events] == [
        (
            account,
            "Ticket 7",
            {"users": [ann.pk, bob.pk], "count": 2, "connector": connector.pk, "kind": "okta", "name": "HQ"},
        ),
        (account, "Ticket 7", {"users": [cy.pk], "count": 1, "connector": other.pk, "kind": "scim", "name": "Lab"}),
    ]
    with nothing_changes(company):
        again = manage_all_in_portal(company, users=[user.pk for user in people], by=account)
    assert again == HandedOver(handed=0, seated=0)


def test_r21_many_are_taken_over_all_or_none(connector: Connector) -> None:
    """R2, R9, R21"""
    company = connector.company
    [ann] = add_arrivals(connector, 1)
    [silent] = arrive(connector, people=[Person("Ann", "Lee", "")])
    living = make_connector(company)
    [managed] = add_arrivals(living, 1)
    [gone] = add_arrivals(connector, 1)
    remove_users(company, users=[gone.pk], by=None)
    remove_connector(connector, by=None)
    with refused(PeopleIncomplete, company, user_ids=(silent.pk,)):
        manage_all_in_portal(company, users=[ann.pk, silent.pk], by=None)
    with refused(StillManaged, company, user_ids=(managed.pk,)):
        manage_all_in_portal(company, users=[ann.pk, managed.pk], by=None)
    with refused(UserGone, company, user_ids=(gone.pk,)):
        manage_all_in_portal(company, users=[ann.pk, gone.pk], by=None)
    stranger = make_company().primary_user
    with refused(UserGone, company, user_ids=(stranger.pk,)):
        manage_all_in_portal(company, users=[ann.pk, stranger.pk], by=None)


def test_r7_many_who_join_the_line_so_are_seated_while_there_are_seats(connector: Connector) -> None:
    """R7, R20: oldest first; the rest waits with a place."""
    company = connector.company
    seated, _other, first, second = add_arrivals(connector, 4)
    choose_auto_fill(company, on=True, by=None)
    for user in (first, second):
        withdraw(user, how=Withdrawal.DISABLE, by=connector)
    remove_users(company, users=[seated.pk], by=None)
    remove_connector(connector, by=None)
    assert manage_all_in_portal(company, users=[first.pk, second.pk], by=None) == HandedOver(handed=2, seated=1)
    assert list(User.objects.of_company(company).in_line()) == [second]
    assert numbers(company) == (3, 3, 1)
