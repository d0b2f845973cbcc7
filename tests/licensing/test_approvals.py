"""The waiting line: R7."""

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.models import Company
from licensing.approvals import approve_next, approve_users, choose_auto_fill
from licensing.enums import Tier
from licensing.errors import NoSeatsAvailable, NotEnoughWaiting, UserGone, WrongStatus
from licensing.pools import change_license
from licensing.seats import disable_users, remove_users
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_company,
    make_connector,
    make_partner,
)
from tests.facts import history, nothing_changes, numbers, refused
from users.directory.rules import remove_connector
from users.enums import UserStatus, Withdrawal
from users.models import User
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db

ACTIVE, PENDING = UserStatus.ACTIVE, UserStatus.PENDING


def _crowded(*, waiting: int = 3, seats: int = 3) -> tuple[Company, list[User]]:
    """A full company, and the people who wait in their order."""
    company = make_company(seats=seats, used=seats, tier=Tier.ADVANCED, pending=waiting)
    return company, list(User.objects.of_company(company).in_line())


def _resize(company: Company, seats: int) -> None:
    change_license(company, seats=seats, tier=Tier.ADVANCED, seen=None, by=None)


def _seated(users: list[User]) -> list[bool]:
    return [User.objects.get(pk=user.pk).status == ACTIVE for user in users]


def test_r7_nobody_can_be_approved_while_the_pool_is_full() -> None:
    """R7."""
    company, line = _crowded()
    with refused(NoSeatsAvailable, company, needed=1, available=0, shortfall=1):
        approve_users(company, users=[line[0].pk], by=None)


def test_r7_the_chosen_are_approved_all_or_none() -> None:
    """R7: any of the line, not only its head; the refusal names the numbers."""
    company, line = _crowded()
    _resize(company, 5)
    with refused(NoSeatsAvailable, company, needed=3, available=2, shortfall=1):
        approve_users(company, users=[user.pk for user in line], by=None)
    account = make_account(company.partner)
    assert approve_users(company, users=[line[2].pk, line[1].pk], by=account, reason="Asked") == 2
    assert _seated(line) == [False, True, True]
    assert numbers(company) == (5, 5, 1)
    event = AuditEvent.objects.get(company=company, act=Act.USERS_APPROVED)
    assert (event.by_account, event.reason) == (account, "Asked")
    assert event.data == {"users": [line[1].pk, line[2].pk], "count": 2}


def test_r7_removing_somebody_makes_approval_possible() -> None:
    company, line = _crowded(seats=3)
    holder = User.objects.of_company(company).holding_seats().exclude(pk=company.primary_user_id)[0]
    remove_users(company, users=[holder.pk], by=None)
    assert approve_users(company, users=[line[0].pk], by=None) == 1
    assert numbers(company) == (3, 3, 2)


def test_r7_approving_again_is_done_already() -> None:
    """A retry of the same choice succeeds and writes nothing, even when the pool has filled up."""
    company, line = _crowded()
    _resize(company, 5)
    chosen = [line[0].pk, line[1].pk]
    approve_users(company, users=chosen, by=None)
    with nothing_changes(company):
        assert approve_users(company, users=chosen, by=None) == 0


def test_r7_approving_nobody_changes_nothing() -> None:
    company, _line = _crowded()
    with nothing_changes(company):
        assert approve_users(company, users=[], by=None) == 0


def test_r7_disabled_people_cannot_be_approved() -> None:
    company, line = _crowded()
    _resize(company, 9)
    (person,) = add_people(company, 1)
    disable_users(company, users=[person.pk], by=None)
    with refused(WrongStatus, company, act="approve", user_ids=(person.pk,)):
        approve_users(company, users=[person.pk, line[0].pk], by=None)


def test_r7_removed_and_foreign_people_cannot_be_approved() -> None:
    """R2, R23: a person of another company, even of the same partner, is nobody here."""
    company, line = _crowded()
    _resize(company, 9)
    remove_users(company, users=[line[0].pk], by=None)
    with refused(UserGone, company, user_ids=(line[0].pk,)):
        approve_users(company, users=[line[0].pk, line[1].pk], by=None)
    stranger = make_company(company.partner).primary_user_id
    with refused(UserGone, company, user_ids=(stranger,)):
        approve_users(company, users=[stranger, line[1].pk], by=None)


def test_r20_the_inactive_cannot_be_approved_by_any_means() -> None:
    """R20: without a place in the line, skipped by every approval."""
    company, line = _crowded()
    connector = line[0].connector
    assert connector is not None
    withdraw(line[0], how=Withdrawal.DISABLE, by=connector)
    _resize(company, 5)
    with refused(WrongStatus, company, act="approve", user_ids=(line[0].pk,)):
        approve_users(company, users=[line[0].pk, line[1].pk], by=None)
    with refused(NotEnoughWaiting, company, requested=3, waiting=2, available=2):
        approve_next(company, count=3, by=None)
    assert approve_next(company, count=2, by=None) == 2
    assert _seated(line) == [False, True, True]


def test_r7_the_next_n_are_the_oldest() -> None:
    """R7: order of arrival, over several batches and connectors."""
    company, line = _crowded(waiting=2)
    line += add_arrivals(make_connector(company, name="Second"), 2)
    _resize(company, 6)
    assert approve_next(company, count=3, by=None) == 3
    assert _seated(line) == [True, True, True, False]
    assert history(line[0]) == [("", PENDING, "directory"), (PENDING, ACTIVE, "portal")]


@pytest.mark.parametrize("count", [-1, 0, 3, 4, 10**9])
def test_r7_the_next_n_beyond_the_numbers_is_refused(count: int) -> None:
    """R7: N is at most those waiting and the seats available."""
    company, _line = _crowded(waiting=4)
    _resize(company, 5)
    with refused(NotEnoughWaiting, company, requested=count, waiting=4, available=2):
        approve_next(company, count=count, by=None)


def test_r7_no_more_than_wait_can_be_approved() -> None:
    company, _line = _crowded(waiting=1)
    _resize(company, 9)
    with refused(NotEnoughWaiting, company, requested=2, waiting=1, available=6):
        approve_next(company, count=2, by=None)


def test_r7_a_place_in_the_line_is_never_given_twice() -> None:
    """R7: places are numbers that only grow, also when the end of the line has left."""
    company, line = _crowded(waiting=2)
    remove_users(company, users=[line[1].pk], by=None)
    (late,) = add_arrivals(make_connector(company, name="Second"), 1)
    assert (line[0].arrival, late.arrival) == (1, 3)


def test_r7_a_free_seat_goes_to_whoever_claims_it_first() -> None:
    """R7: people added by hand or arriving later pass those who wait."""
    company, line = _crowded(waiting=1)
    _resize(company, 5)
    add_people(company, 1)
    (late,) = add_arrivals(make_connector(company, name="Second"), 1)
    assert (late.status, _seated(line)) == (ACTIVE, [False])


def test_r7_automatic_filling_is_off_unless_chosen() -> None:
    company, line = _crowded()
    _resize(company, 9)
    assert _seated(line) == [False, False, False]
    assert company.fills_automatically is False


def test_r7_automatic_filling_fills_at_once_when_chosen() -> None:
    """R7: the oldest first, the system did it, through the door of the line."""
    company, line = _crowded()
    _resize(company, 5)
    account = make_account(company.partner)
    assert choose_auto_fill(company, on=True, by=account) == 2
    assert _seated(line) == [True, True, False]
    assert history(line[0])[-1] == (PENDING, ACTIVE, "auto_fill")
    acts = list(AuditEvent.objects.filter(company=company).order_by("-pk").values_list("act", "by_account")[:2])
    assert acts == [(Act.USERS_APPROVED, None), (Act.AUTO_FILL_CHANGED, account.pk)]


def test_r7_automatic_filling_follows_every_seat_that_becomes_free() -> None:
    """R7: after seats were added, and after somebody was removed; a disabled person frees none."""
    company, line = _crowded(seats=3)
    assert choose_auto_fill(company, on=True, by=None) == 0
    _resize(company, 4)
    assert _seated(line) == [True, False, False]
    disable_users(company, users=[line[0].pk], by=None)
    assert numbers(company) == (4, 4, 2)
    remove_users(company, users=[line[0].pk], by=None)
    assert _seated(line) == [False, True, False]
    assert numbers(company) == (4, 4, 1)


def test_r7_automatic_filling_skips_those_whose_connector_asks_for_approval() -> None:
    """R7."""
    company = make_company(seats=1, tier=Tier.ADVANCED)
    asking = add_arrivals(make_connector(company, asks_approval=True), 2)
    plain = add_arrivals(make_connector(company), 1)
    choose_auto_fill(company, on=True, by=None)
    _resize(company, 9)
    assert (_seated(asking), _seated(plain)) == ([False, False], [True])
    assert approve_next(company, count=2, by=None) == 2


def test_r7_a_removed_connector_asks_for_no_approval_any_more() -> None:
    """R2, R7: those who waited for it come in at once where seats are available, and later by every fill."""
    company = make_company(seats=1, tier=Tier.ADVANCED)
    asking = make_connector(company, asks_approval=True)
    line = add_arrivals(asking, 3)
    choose_auto_fill(company, on=True, by=None)
    _resize(company, 3)
    assert _seated(line) == [False, False, False]
    assert remove_connector(asking, by=make_account(company.partner)) == 2
    assert _seated(line) == [True, True, False]
    assert history(line[0])[-1] == (PENDING, ACTIVE, "auto_fill")
    _resize(company, 4)
    assert _seated(line) == [True, True, True]


def test_r7_automatic_filling_chosen_again_changes_nothing() -> None:
    company, _line = _crowded()
    choose_auto_fill(company, on=True, by=None)
    with nothing_changes(company):
        assert choose_auto_fill(company, on=True, by=None) == 0
    choose_auto_fill(company, on=False, by=None)
    _resize(company, 9)
    assert numbers(company) == (9, 3, 3)


def test_another_company_is_left_alone() -> None:
    """R23."""
    company, line = _crowded()
    other = make_company(make_partner(), seats=2, used=2, tier=Tier.ADVANCED, pending=2)
    _resize(company, 9)
    with nothing_changes(other):
        approve_next(company, count=1, by=None)
        approve_users(company, users=[line[1].pk], by=None)
