"""The waiting line with everybody at once: rejecting, undoing, the pencil's approval (R3, R7, R17, R21).

Races that are told apart by what the database would refuse, or by what the history would tell twice, have a twin
without the lock.
"""

import pytest

from companies.models import Company
from licensing import locks
from licensing.approvals import approve_next, approve_users
from licensing.enums import Tier
from licensing.pools import Saved, change_license
from licensing.reconciliation import reconcile
from licensing.rejections import Undone, reject_users, undo_rejection
from tests.concurrency.racing import Act, Unlocked, collide, constraints, kinds, race
from tests.factories import add_arrivals, make_company, make_connector, make_person
from tests.facts import history, numbers
from users.models import User
from users.provisioning import add_users, arrive

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def _line(*, free: int, waiting: int) -> tuple[Company, list[User]]:
    """A company with free seats where people wait all the same: their connector asks for approval."""
    company = make_company(seats=1 + free, tier=Tier.ADVANCED)
    return company, add_arrivals(make_connector(company, asks_approval=True), waiting)


def _rejecting(company: Company, user: User) -> Act:
    return lambda: reject_users(company, users=[user.pk], by=None)


def _undoing(company: Company, user: User) -> Act:
    return lambda: undo_rejection(company, users=[user.pk], by=None)


def _saving(company: Company, seats: int) -> Act:
    return lambda: change_license(company, seats=seats, tier=Tier.ADVANCED, seen=None, by=None, approves=True)


def _rejected(count: int) -> tuple[Company, list[User]]:
    company, people = _line(free=0, waiting=count)
    reject_users(company, users=[user.pk for user in people], by=None)
    return company, people


def test_r7_two_people_taken_back_at_once_stand_one_behind_the_other() -> None:
    company, people = _rejected(2)
    assert race(company, *[_undoing(company, user) for user in people]) == [Undone(1, 0)] * 2
    arrivals = User.objects.of_company(company).in_line().values_list("arrival", flat=True)
    assert list(arrivals) == [3, 4]


def test_r7_two_people_taken_back_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both would get the same place; the database refuses the second."""
    company, people = _rejected(2)
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    outcomes = collide(*[_undoing(company, user) for user in people])
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], ["user_arrival_once"])


def test_r17_one_person_taken_back_twice_at_once_comes_back_once() -> None:
    company, [ann] = _rejected(1)
    assert sorted(race(company, *[_undoing(company, ann)] * 2)) == [Undone(0, 0), Undone(1, 0)]
    assert history(ann)[-2:] == [("pending", "removed", "portal"), ("removed", "pending", "portal")]
    assert numbers(company) == (1, 1, 1)


def test_r17_one_person_taken_back_twice_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The history tells it twice."""
    company, [ann] = _rejected(1)
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    assert collide(*[_undoing(company, ann)] * 2) == [Undone(1, 0)] * 2
    assert history(ann)[-2:] == [("removed", "pending", "portal")] * 2


def test_r21_one_rejects_whom_another_approves() -> None:
    """Whoever comes first has it; the other is told so, and nothing of theirs is done."""
    company, [ann, _bob] = _line(free=2, waiting=2)
    outcomes = race(company, _rejecting(company, ann), lambda: approve_users(company, users=[ann.pk], by=None))
    ann.refresh_from_db()
    assert kinds(outcomes) == ["WrongStatus" if ann.status == "active" else "UserGone", "done"]
    assert numbers(company) == ((3, 2, 1) if ann.status == "active" else (3, 1, 1))
    assert reconcile().findings == ()


def test_r3_the_pencil_approves_while_people_come_in_through_every_other_door() -> None:
    """R3, R7: however they meet, nobody is over the pool, and nobody is lost."""
    company, _people = _line(free=2, waiting=4)
    connector = make_connector(company)
    outcomes = race(
        company,
        _saving(company, 6),
        lambda: add_users(company, people=[make_person(), make_person()], by=None),
        lambda: arrive(connector, people=[make_person(), make_person()]),
        lambda: approve_next(company, count=1, by=None),
    )
    seats, used, pending = numbers(company)
    assert seats == 6
    assert used <= 6
    [saved] = [outcome for outcome in outcomes if isinstance(outcome, Saved)]
    added = 2 if sum(isinstance(outcome, list) for outcome in outcomes) == 2 else 0
    assert used + pending == 1 + 4 + 2 + added
    assert saved.approved <= 4
    assert reconcile().findings == ()


def test_r7_two_save_the_same_seats_with_the_tick_and_nobody_is_approved_twice() -> None:
    company, people = _line(free=0, waiting=4)
    outcomes = race(company, *[_saving(company, 4)] * 3)
    assert sorted(saved.approved for saved in outcomes) == [0, 0, 3]
    assert numbers(company) == (4, 4, 1)
    assert [len(history(user)) for user in people] == [2, 2, 2, 1]
