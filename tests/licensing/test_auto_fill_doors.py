"""Whenever a seat becomes available, by whatever door, the waiting line fills it in the same transaction (R7).

A door is a function that leaves at least one seat available more than before; a new one belongs into the table.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from companies.lifecycle import close_company, reopen_company
from companies.models import Company
from licensing.approvals import choose_auto_fill
from licensing.bulk import change_each, change_together
from licensing.enums import BulkHow, Tier
from licensing.pools import change_license
from licensing.primary import transfer_primary
from licensing.reconciliation import reconcile
from licensing.rejections import reject_users, undo_rejection
from licensing.seats import remove_users
from tests.factories import add_arrivals, add_people, entry_of, make_account, make_company, make_connector, make_person
from tests.facts import facts, history, numbers
from tests.licensing.bulk import confirmed, plan_of
from users.accounts.models import Account
from users.directory.held import confirm_held
from users.directory.models import Connector, HeldChange
from users.directory.rules import change_connector, remove_connector
from users.directory.sync import Claim, change, delete
from users.enums import Door, Withdrawal
from users.models import User
from users.takeover import manage_in_portal
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db


@dataclass
class Scene:
    """A full company that fills from its line: three directory people in seats, three waiting, oldest first.

    `by` is somebody of the partner's staff.
    """

    company: Company
    connector: Connector
    seated: list[User]
    line: list[User]
    by: Account


def scene() -> Scene:
    company = make_company(seats=5, used=2, tier=Tier.ADVANCED)
    connector = make_connector(company, name="Head office")
    people = add_arrivals(connector, 6)
    by = make_account(company.partner)
    choose_auto_fill(company, on=True, by=by)
    company.refresh_from_db()
    return Scene(company, connector, people[:3], people[3:], by)


def removed_by_hand(scene: Scene) -> None:
    remove_users(scene.company, users=[scene.seated[0].pk], by=scene.by)


def removed_by_support(scene: Scene) -> None:
    remove_users(scene.company, users=[scene.seated[0].pk], by=None, door=Door.SUPPORT)


def removed_by_the_directory(scene: Scene) -> None:
    withdraw(scene.seated[0], how=Withdrawal.REMOVE, by=scene.connector)


def disabled_in_the_directory_whose_rule_is_remove(scene: Scene) -> None:
    entry = entry_of(scene.seated[0])
    Connector.objects.filter(pk=scene.connector.pk).update(on_disabled=Withdrawal.REMOVE, threshold_people=99)
    change(entry, Claim(user_name=entry.user_name, email=scene.seated[0].email, active=False))


def deleted_in_the_directory_whose_rule_is_remove(scene: Scene) -> None:
    Connector.objects.filter(pk=scene.connector.pk).update(on_deleted=Withdrawal.REMOVE, threshold_people=99)
    delete(entry_of(scene.seated[0]))


def left_the_group_whose_rule_is_remove(scene: Scene) -> None:
    entry = entry_of(scene.seated[0])
    Connector.objects.filter(pk=scene.connector.pk).update(on_left=Withdrawal.REMOVE, threshold_people=99)
    change(entry, Claim(user_name=entry.user_name, email=scene.seated[0].email, active=False, has_left=True))


def the_primary_role_passes_on_from_whom_the_directory_removed(scene: Scene) -> None:
    primary, heir = scene.seated[:2]
    transfer_primary(scene.company, to=primary.pk, by=scene.by)
    withdraw(primary, how=Withdrawal.REMOVE, by=scene.connector)
    transfer_primary(scene.company, to=heir.pk, by=scene.by)


def a_seat_more(scene: Scene) -> None:
    change_license(scene.company, seats=6, tier=Tier.ADVANCED, seen=None, by=scene.by)


def a_seat_more_and_the_next_approved(scene: Scene) -> None:
    change_license(scene.company, seats=6, tier=Tier.ADVANCED, seen=None, by=scene.by, approves=True)


def a_seat_more_for_many_companies_together(scene: Scene) -> None:
    plan, _previews = plan_of(scene.company.partner, BulkHow.ADD, 1)
    change_together(confirmed(plan, scene.by))


def a_seat_more_for_each_of_many_companies(scene: Scene) -> None:
    plan, _previews = plan_of(scene.company.partner, BulkHow.ADD, 1)
    change_each(confirmed(plan, scene.by))


def a_held_removal_is_confirmed(scene: Scene) -> None:
    Connector.objects.filter(pk=scene.connector.pk).update(
        on_deleted=Withdrawal.REMOVE, threshold_people=0, threshold_percent=0
    )
    delete(entry_of(scene.seated[0]))
    assert numbers(scene.company) == (5, 5, 3)
    confirm_held(scene.connector, held=HeldChange.objects.values_list("pk", flat=True), by=scene.by)


FREEING: list[Callable[[Scene], None]] = [
    removed_by_hand,
    removed_by_support,
    removed_by_the_directory,
    disabled_in_the_directory_whose_rule_is_remove,
    deleted_in_the_directory_whose_rule_is_remove,
    left_the_group_whose_rule_is_remove,
    the_primary_role_passes_on_from_whom_the_directory_removed,
    a_held_removal_is_confirmed,
    a_seat_more,
    a_seat_more_and_the_next_approved,
    a_seat_more_for_many_companies_together,
    a_seat_more_for_each_of_many_companies,
]
FILLED = "'auto_fill'"
RELEASES = ('UPDATE "users_user" SET "status" = \'removed\'', 'UPDATE "companies_company" SET "seats" = ')
"""What makes a seat available, as it is said to the database."""
BY_NAME = pytest.mark.parametrize("door", FREEING, ids=lambda door: door.__name__)


@BY_NAME
def test_r7_the_oldest_comes_in_and_nobody_else(door: Callable[[Scene], None]) -> None:
    at = scene()
    door(at)
    assert [history(user)[-1] for user in at.line] == [
        ("pending", "active", "auto_fill"),
        ("", "pending", "directory"),
        ("", "pending", "directory"),
    ]
    seats, used, pending = numbers(at.company)
    assert (used, pending) == (seats, 2)


@BY_NAME
@pytest.mark.django_db(transaction=True)
def test_r7_in_the_transaction_that_made_the_seat_available(door: Callable[[Scene], None]) -> None:
    """Between the commit before and the filling stands what made the seat available."""
    at = scene()
    with CaptureQueriesContext(connection) as captured:
        door(at)
    said = [query["sql"] for query in captured]
    filled = next(index for index, query in enumerate(said) if "INTO users_statuschange" in query and FILLED in query)
    begun = max((index for index, query in enumerate(said[:filled]) if query == "COMMIT"), default=-1)
    assert any(query.startswith(RELEASES) for query in said[begun + 1 : filled])
    assert "COMMIT" in said[filled:]
    assert reconcile().findings == ()


@BY_NAME
def test_r7_undone_together(door: Callable[[Scene], None]) -> None:
    """Where what made the seat available is undone, nobody has come in."""
    at = scene()
    before = facts(at.company)
    with transaction.atomic():
        door(at)
        transaction.set_rollback(True)
    assert facts(at.company) == before


@BY_NAME
def test_r7_nobody_comes_in_unless_that_was_chosen(door: Callable[[Scene], None]) -> None:
    at = scene()
    choose_auto_fill(at.company, on=False, by=None)
    door(at)
    came = 1 if door is a_seat_more_and_the_next_approved else 0
    assert numbers(at.company)[2] == 3 - came
    assert [change[2] for change in history(at.line[0])][1:] == ["portal"] * came


def test_r7_a_disabled_user_makes_no_seat_available() -> None:
    """R2"""
    at = scene()
    withdraw(at.seated[0], how=Withdrawal.DISABLE, by=at.connector)
    assert numbers(at.company) == (5, 5, 3)


# What makes nobody's seat available, but somebody able to take one that is.


def roomy() -> tuple[Company, Account]:
    """A company with two seats available that fills from its line; nobody waits yet."""
    company = make_company(seats=4, used=2, tier=Tier.ADVANCED)
    by = make_account(company.partner)
    choose_auto_fill(company, on=True, by=by)
    return company, by


def test_r7_when_the_connector_that_asked_for_approval_is_removed() -> None:
    company, by = roomy()
    connector = make_connector(company, asks_approval=True)
    people = add_arrivals(connector, 3)
    assert numbers(company) == (4, 2, 3)
    assert remove_connector(connector, by=by) == 2
    assert [history(user)[-1][1] for user in people] == ["active", "active", "pending"]


def test_r7_when_a_connector_asks_for_approval_no_more() -> None:
    company, by = roomy()
    connector = make_connector(company, asks_approval=True)
    people = add_arrivals(connector, 3)
    assert change_connector(connector, asks_approval=False, by=by) == 2
    assert [history(user)[-1][1] for user in people] == ["active", "active", "pending"]


def test_r7_when_a_rejection_is_undone() -> None:
    company, by = roomy()
    filler = add_people(company, 2)
    (ann,) = add_arrivals(make_connector(company), 1)
    reject_users(company, users=[ann.pk], by=by)
    remove_users(company, users=[filler[0].pk], by=by)
    assert numbers(company) == (4, 3, 0)
    assert undo_rejection(company, users=[ann.pk], by=by).seated == 1
    assert history(ann)[-2:] == [("removed", "pending", "portal"), ("pending", "active", "auto_fill")]


def test_r7_when_somebody_inactive_in_a_removed_directory_is_managed_in_the_portal() -> None:
    company, by = roomy()
    connector = make_connector(company, asks_approval=True)
    (ann,) = add_arrivals(connector, 1)
    withdraw(ann, how=Withdrawal.DISABLE, by=connector)
    remove_connector(connector, by=by)
    assert manage_in_portal(ann, first_name="Ann", last_name="Lee", by=by).status == "active"
    assert history(ann)[-1] == ("pending", "active", "auto_fill")


def test_r20_when_the_directory_calls_somebody_active_again() -> None:
    company, _by = roomy()
    add_people(company, 2)
    connector = make_connector(company)
    (ann,) = add_arrivals(connector, 1)
    entry = entry_of(ann, active=False)
    withdraw(ann, how=Withdrawal.DISABLE, by=connector)
    change_license(company, seats=6, tier=Tier.ADVANCED, seen=None, by=None)
    assert numbers(company) == (6, 4, 1)
    change(entry, Claim(user_name=entry.user_name, email=ann.email, first_name=ann.first_name, last_name=ann.last_name))
    assert history(ann)[-1] == ("pending", "active", "auto_fill")


def test_r7_when_automatic_filling_is_chosen() -> None:
    at = scene()
    choose_auto_fill(at.company, on=False, by=at.by)
    removed_by_hand(at)
    assert numbers(at.company) == (5, 4, 3)
    assert choose_auto_fill(at.company, on=True, by=at.by) == 1
    assert history(at.line[0])[-1] == ("pending", "active", "auto_fill")


def test_r19_a_company_opened_again_has_nobody_waiting() -> None:
    """R19: it was closed with nobody waiting, so the new pool has nobody to let in; those turned away stay away."""
    at = scene()
    reject_users(at.company, users=[user.pk for user in at.line], by=at.by)
    others = User.objects.of_company(at.company).holding_seats().exclude(pk=at.company.primary_user_id)
    remove_users(at.company, users=list(others.values_list("pk", flat=True)), by=at.by)
    remove_connector(at.connector, by=at.by)
    close_company(at.company, typed_name=at.company.name, by=at.by)
    reopened = reopen_company(at.company, seats=5, tier=Tier.ADVANCED, primary=make_person(), by=at.by)
    assert reopened.fills_automatically is True
    assert numbers(at.company) == (5, 1, 0)
