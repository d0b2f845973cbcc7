"""Whoever waits can be turned away, and that can be taken back (R7, R17, R21)."""

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from licensing.approvals import approve_next, choose_auto_fill
from licensing.enums import Tier
from licensing.errors import CompanyClosed, EmailTaken, GoneFromDirectory, UserGone, WrongStatus
from licensing.pools import change_license
from licensing.reconciliation import reconcile
from licensing.rejections import Undone, reject_users, rejections_of, undo_rejection
from licensing.seats import disable_users, remove_users
from tests.factories import add_arrivals, add_people, entry_of, make_account, make_company, make_connector, make_person
from tests.facts import history, nothing_changes, numbers, refused
from users.directory.models import Connector
from users.directory.rules import remove_connector
from users.enums import Door, UserStatus, Withdrawal
from users.erasing import erase_user
from users.models import StatusChange, User
from users.provisioning import add_users
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db


def crowded(*, waiting: int = 3) -> tuple[Company, Connector, list[User]]:
    """A full company, its connector, and the people who wait in their order."""
    company = make_company(seats=2, used=2, tier=Tier.ADVANCED)
    connector = make_connector(company)
    return company, connector, add_arrivals(connector, waiting)


def add_seats(company: Company, count: int) -> None:
    company.refresh_from_db()
    change_license(company, seats=company.seats + count, tier=Tier.ADVANCED, seen=None, by=None)


def rejected(company: Company) -> list[int]:
    return list(rejections_of(company).values_list("user_id", flat=True))


def line(company: Company) -> list[User]:
    return list(User.objects.of_company(company).in_line())


def test_r21_whoever_is_rejected_leaves_the_line_and_is_remembered() -> None:
    """R17, R21: the history remembers who did it, when and why; the entry of the directory stays."""
    company, _connector, (ann, bob, cy) = crowded()
    entry = entry_of(bob)
    account = make_account(company.partner)
    assert reject_users(company, users=[bob.pk, ann.pk], by=account, reason="Left in May") == 2
    assert line(company) == [cy]
    assert numbers(company) == (2, 2, 1)
    assert history(bob) == [("", "pending", "directory"), ("pending", "removed", "portal")]
    change = rejections_of(company)[0]
    assert (change.user, change.by_account, change.reason) == (bob, account, "Left in May")
    assert rejected(company) == [bob.pk, ann.pk]
    event = AuditEvent.objects.filter(company=company).latest("pk")
    assert (event.act, event.by_account, event.reason) == (Act.USERS_REJECTED, account, "Left in May")
    assert event.data == {"users": [ann.pk, bob.pk], "count": 2}
    entry.refresh_from_db()
    assert (entry.user, entry.active, entry.deleted_at) == (bob, True, None)


def test_r20_whoever_waits_without_a_place_can_be_rejected_too() -> None:
    company, connector, (ann, _bob, _cy) = crowded()
    withdraw(ann, how=Withdrawal.DISABLE, by=connector)
    assert reject_users(company, users=[ann.pk], by=None) == 1
    assert rejected(company) == [ann.pk]
    assert numbers(company) == (2, 2, 2)


def test_rejecting_again_is_done_already() -> None:
    company, _connector, (ann, bob, _cy) = crowded()
    reject_users(company, users=[ann.pk], by=None)
    with nothing_changes(company):
        assert reject_users(company, users=[ann.pk], by=None) == 0
    assert reject_users(company, users=[ann.pk, bob.pk], by=None) == 1
    with nothing_changes(company):
        assert reject_users(company, users=[], by=None) == 0


def test_only_people_who_wait_are_rejected() -> None:
    """All or none: seat holders are not, Active or Disabled, nor the primary user."""
    company, _connector, (ann, _bob, _cy) = crowded()
    add_seats(company, 1)
    (dan,) = add_people(company, 1)
    disable_users(company, users=[dan.pk], by=None)
    with refused(WrongStatus, company, act="reject", user_ids=(company.primary_user_id, dan.pk)):
        reject_users(company, users=[ann.pk, dan.pk, company.primary_user_id], by=None)


def test_the_removed_and_strangers_are_gone() -> None:
    """R2, R23"""
    company, _connector, (ann, _bob, _cy) = crowded()
    holder = User.objects.of_company(company).holding_seats().exclude(pk=company.primary_user_id).get()
    remove_users(company, users=[holder.pk], by=None)
    with refused(UserGone, company, user_ids=(holder.pk,)):
        reject_users(company, users=[ann.pk, holder.pk], by=None)
    stranger = make_company(company.partner).primary_user_id
    for rule in (reject_users, undo_rejection):
        with refused(UserGone, company, user_ids=(stranger,)):
            rule(company, users=[ann.pk, stranger], by=None)


def test_whom_the_directory_removed_or_who_held_a_seat_is_not_rejected() -> None:
    """R21: rejected is whoever waited and was turned away by hand."""
    company, connector, (ann, bob, _cy) = crowded()
    withdraw(ann, how=Withdrawal.REMOVE, by=connector)
    add_seats(company, 1)
    approve_next(company, count=1, by=None)
    remove_users(company, users=[bob.pk], by=None)
    assert rejected(company) == []
    with refused(WrongStatus, company, act="undo_rejection", user_ids=(ann.pk, bob.pk)):
        undo_rejection(company, users=[ann.pk, bob.pk], by=None)


@pytest.mark.parametrize("door", [Door.PORTAL, Door.SUPPORT, Door.API])
def test_whoever_waits_and_is_removed_by_hand_is_rejected(door: Door) -> None:
    """R21: two words for one act."""
    company, _connector, (ann, _bob, _cy) = crowded()
    remove_users(company, users=[ann.pk], by=None, door=door)
    assert rejected(company) == [ann.pk]
    assert undo_rejection(company, users=[ann.pk], by=None) == Undone(1, 0)


def test_r7_undone_the_person_waits_again_at_the_end_of_the_line() -> None:
    """R7, R17: by a new number of arrival, and never by an old one."""
    company, connector, (ann, bob, cy) = crowded()
    entry_of(ann)
    reject_users(company, users=[ann.pk, bob.pk], by=None)
    (dan,) = add_arrivals(connector, 1)
    account = make_account(company.partner)
    assert undo_rejection(company, users=[bob.pk, ann.pk], by=account, reason="My mistake") == Undone(2, 0)
    assert line(company) == [cy, dan, ann, bob]
    assert [user.arrival for user in line(company)] == [3, 4, 5, 6]
    assert numbers(company) == (2, 2, 4)
    assert rejected(company) == []
    assert history(ann)[-1] == ("removed", "pending", "portal")
    change = StatusChange.objects.filter(user=ann).latest("pk")
    assert (change.by_account, change.reason) == (account, "My mistake")
    event = AuditEvent.objects.filter(company=company).latest("pk")
    assert (event.act, event.by_account, event.reason) == (Act.REJECTION_UNDONE, account, "My mistake")
    assert event.data == {"users": [ann.pk, bob.pk], "count": 2}
    (eve,) = add_arrivals(connector, 1)
    assert eve.arrival == 7


def test_undoing_again_is_done_already() -> None:
    company, _connector, (ann, _bob, _cy) = crowded()
    reject_users(company, users=[ann.pk], by=None)
    undo_rejection(company, users=[ann.pk], by=None)
    with nothing_changes(company):
        assert undo_rejection(company, users=[ann.pk], by=None) == Undone(0, 0)
        assert undo_rejection(company, users=[], by=None) == Undone(0, 0)


def test_r9_undone_only_while_the_email_is_free() -> None:
    """R9: whatever its case; and not two who were rejected with one address."""
    company, _connector, (ann, bob, _cy) = crowded()
    reject_users(company, users=[ann.pk, bob.pk], by=None)
    add_seats(company, 1)
    add_users(company, people=[make_person(email=ann.email.upper())], by=None)
    with refused(EmailTaken, company, taken=(ann.email,), twice=()):
        undo_rejection(company, users=[ann.pk, bob.pk], by=None)
    assert undo_rejection(company, users=[bob.pk], by=None) == Undone(1, 0)


def test_r9_two_who_were_rejected_with_one_address_cannot_both_come_back() -> None:
    company, connector, (ann, _bob, _cy) = crowded()
    reject_users(company, users=[ann.pk], by=None)
    (again,) = add_arrivals(connector, 1)
    User.objects.filter(pk=again.pk).update(email=ann.email)
    reject_users(company, users=[again.pk], by=None)
    with refused(EmailTaken, company, taken=(), twice=(ann.email,)):
        undo_rejection(company, users=[ann.pk, again.pk], by=None)


def test_r21_undone_only_while_the_directory_has_the_person() -> None:
    company, _connector, (ann, bob, _cy) = crowded()
    reject_users(company, users=[ann.pk, bob.pk], by=None)
    entry_of(ann, is_deleted=True)
    entry_of(bob)
    with refused(GoneFromDirectory, company, user_ids=(ann.pk,)):
        undo_rejection(company, users=[ann.pk, bob.pk], by=None)
    assert undo_rejection(company, users=[bob.pk], by=None) == Undone(1, 0)


def test_r20_whom_the_directory_calls_inactive_waits_again_without_a_place() -> None:
    """R20: the others are placed as if nobody stood between them."""
    company, _connector, (ann, bob, cy) = crowded()
    reject_users(company, users=[ann.pk, bob.pk], by=None)
    entry_of(ann, active=False)
    entry_of(bob)
    assert undo_rejection(company, users=[ann.pk, bob.pk], by=None) == Undone(2, 0)
    assert [(user.pk, user.arrival) for user in line(company)] == [(cy.pk, 3), (bob.pk, 4)]
    ann.refresh_from_db()
    assert (ann.status, ann.arrival, ann.is_inactive_in_directory) == (UserStatus.PENDING, None, True)
    assert numbers(company) == (2, 2, 3)


def test_r2_a_removed_connector_says_nothing_any_more() -> None:
    company, connector, (ann, _bob, _cy) = crowded()
    reject_users(company, users=[ann.pk], by=None)
    entry_of(ann, active=False, is_deleted=True)
    remove_connector(connector, by=None)
    assert undo_rejection(company, users=[ann.pk], by=None) == Undone(1, 0)
    assert line(company)[-1] == ann


def test_r7_undone_while_the_company_fills_from_its_line_the_person_comes_in_at_once() -> None:
    """R7: unless the connector asks for approval."""
    company, _connector, (ann, _bob, _cy) = crowded()
    (asking,) = add_arrivals(make_connector(company, asks_approval=True), 1)
    reject_users(company, users=[ann.pk, asking.pk], by=None)
    choose_auto_fill(company, on=True, by=None)
    add_seats(company, 4)
    assert numbers(company) == (6, 4, 0)
    assert undo_rejection(company, users=[ann.pk, asking.pk], by=None) == Undone(2, 1)
    assert history(ann)[-2:] == [("removed", "pending", "portal"), ("pending", "active", "auto_fill")]
    assert numbers(company) == (6, 5, 1)
    with nothing_changes(company):
        assert undo_rejection(company, users=[ann.pk], by=None) == Undone(0, 0)


def test_the_erased_are_rejected_no_more() -> None:
    company, _connector, (ann, _bob, _cy) = crowded()
    reject_users(company, users=[ann.pk], by=None)
    erase_user(ann, by=None, reason="Asked for")
    assert rejected(company) == []
    with refused(WrongStatus, company, act="undo_rejection", user_ids=(ann.pk,)):
        undo_rejection(company, users=[ann.pk], by=None)


def test_rejected_once_more_is_listed_once_with_the_last_act() -> None:
    company, _connector, (ann, _bob, _cy) = crowded()
    reject_users(company, users=[ann.pk], by=None)
    undo_rejection(company, users=[ann.pk], by=None)
    account = make_account(company.partner)
    reject_users(company, users=[ann.pk], by=account)
    assert [(change.user_id, change.by_account) for change in rejections_of(company)] == [(ann.pk, account)]


def test_r19_in_a_closed_company_nothing_is_rejected_or_undone() -> None:
    company, connector, people = crowded(waiting=1)
    reject_users(company, users=[people[0].pk], by=None)
    others = User.objects.of_company(company).holding_seats().exclude(pk=company.primary_user_id)
    remove_users(company, users=list(others.values_list("pk", flat=True)), by=None)
    remove_connector(connector, by=None)
    close_company(company, typed_name=company.name, by=None)
    for rule in (reject_users, undo_rejection):
        with refused(CompanyClosed, company, company_id=company.pk):
            rule(company, users=[people[0].pk], by=None)


def test_another_company_is_left_alone() -> None:
    """R23"""
    company, _connector, (ann, _bob, _cy) = crowded()
    other, _theirs, (zoe, _yan, _xi) = crowded()
    reject_users(other, users=[zoe.pk], by=None)
    with nothing_changes(other):
        reject_users(company, users=[ann.pk], by=None)
        undo_rejection(company, users=[ann.pk], by=None)
    assert (rejected(company), rejected(other)) == ([], [zoe.pk])


@pytest.mark.django_db(transaction=True)
def test_r3_counters_history_and_ledger_agree_after_it_all() -> None:
    company, _connector, (ann, bob, cy) = crowded()
    reject_users(company, users=[ann.pk, bob.pk], by=None)
    undo_rejection(company, users=[bob.pk], by=None)
    change_license(company, seats=3, tier=Tier.ADVANCED, seen=None, by=None, approves=True)
    assert numbers(company) == (3, 3, 1)
    assert [user.pk for user in line(company)] == [bob.pk]
    assert reconcile().findings == ()
    cy.refresh_from_db()
    assert cy.status == UserStatus.ACTIVE
