"""R3, R5, R7, R11 with everybody at once. Each race has twins: without the lock it is lost, and the database refuses
(which also proves that both had passed Python's check); with the lock but without the check it refuses too."""

import pytest

from companies.models import Company
from licensing import locks
from licensing.approvals import approve_next, approve_users, choose_auto_fill
from licensing.enums import Tier
from licensing.pools import change_license
from licensing.seats import remove_users
from tests.concurrency.racing import Act, Unlocked, blind, collide, constraints, kinds, race, refusals
from tests.factories import add_arrivals, make_company, make_connector, make_person
from tests.facts import history, numbers, statuses
from users.directory.models import Connector
from users.models import User
from users.provisioning import add_users, arrive

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

CAP = "company_used_within_seats"


def _adding(company: Company, count: int = 1) -> Act:
    return lambda: add_users(company, people=[make_person() for _ in range(count)], by=None)


def _approving(company: Company, people: list[User]) -> Act:
    return lambda: approve_users(company, users=[user.pk for user in people], by=None)


def _resizing(company: Company, seats: int, seen: int | None = None) -> Act:
    return lambda: change_license(company, seats=seats, tier=Tier(company.tier), seen=seen, by=None)


def _line(*, free: int, waiting: int) -> tuple[Company, Connector, list[User]]:
    """A company with free seats where people wait all the same: their connector asks for approval."""
    company = make_company(seats=1 + free, tier=Tier.ADVANCED)
    connector = make_connector(company, asks_approval=True)
    return company, connector, add_arrivals(connector, waiting)


def test_r3_the_last_seat_goes_to_one() -> None:
    """R3, R5: eight at once; the others hear the numbers as they stand after the first."""
    company = make_company(seats=3, used=2)
    outcomes = race(company, *[_adding(company)] * 8)
    assert kinds(outcomes) == ["NoSeatsAvailable"] * 7 + ["done"]
    assert refusals(outcomes) == [{"needed": 1, "available": 0, "shortfall": 1}] * 7
    assert numbers(company) == (3, 3, 0)
    assert statuses(company) == ["active"] * 3


def test_r3_the_last_seat_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    company = make_company(seats=3, used=2)
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    outcomes = collide(*[_adding(company)] * 2)
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], [CAP])
    assert numbers(company) == (3, 3, 0)


def test_r3_the_last_seat_without_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    company = make_company(seats=3, used=2)
    monkeypatch.setattr(locks, "_lock", blind)
    outcomes = collide(*[_adding(company)] * 4)
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError"] * 3 + ["done"], [CAP] * 3)
    assert numbers(company) == (3, 3, 0)


def test_r5_batches_that_do_not_fit_together() -> None:
    """R5: all or nothing, five at once; two batches of two fit into four seats."""
    company = make_company(seats=5)
    outcomes = race(company, *[_adding(company, 2)] * 5)
    assert kinds(outcomes) == ["NoSeatsAvailable"] * 3 + ["done"] * 2
    assert refusals(outcomes) == [{"needed": 2, "available": 0, "shortfall": 2}] * 3
    assert numbers(company) == (5, 5, 0)


def test_r7_bulk_approvals_that_do_not_fit_together() -> None:
    """R7: two admins approve two people each, three seats are free."""
    company, _connector, line = _line(free=3, waiting=4)
    outcomes = race(company, _approving(company, line[:2]), _approving(company, line[2:]))
    assert kinds(outcomes) == ["NoSeatsAvailable", "done"]
    assert refusals(outcomes) == [{"needed": 2, "available": 1, "shortfall": 1}]
    assert numbers(company) == (4, 3, 2)


@pytest.mark.parametrize("lock", [Unlocked(2), blind], ids=["without the lock", "without the check"])
def test_r7_bulk_approvals_twins(lock: object, monkeypatch: pytest.MonkeyPatch) -> None:
    company, _connector, line = _line(free=3, waiting=4)
    monkeypatch.setattr(locks, "_lock", lock)
    outcomes = collide(_approving(company, line[:2]), _approving(company, line[2:]))
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], [CAP])
    assert numbers(company) == (4, 3, 2)


def test_r7_the_same_people_approved_twice_at_once() -> None:
    """R7, R17: the second finds it done; the history tells it once."""
    company, _connector, line = _line(free=4, waiting=2)
    assert sorted(race(company, _approving(company, line), _approving(company, line))) == [0, 2]
    assert [history(user) for user in line] == [[("", "pending", "directory"), ("pending", "active", "portal")]] * 2


def test_r7_the_same_people_approved_twice_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The race that the lock prevents: both find them waiting, and the history tells it twice."""
    company, _connector, line = _line(free=4, waiting=2)
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    assert collide(_approving(company, line), _approving(company, line)) == [2, 2]
    assert [len(history(user)) for user in line] == [3, 3]
    assert numbers(company) == (5, 3, 0)


def test_r7_the_next_n_at_once() -> None:
    """R7: nobody is taken twice; the later hears how many are left."""
    company, _connector, _people = _line(free=5, waiting=3)
    outcomes = race(company, *[lambda: approve_next(company, count=2, by=None)] * 3)
    assert kinds(outcomes) == ["NotEnoughWaiting", "NotEnoughWaiting", "done"]
    assert refusals(outcomes) == [{"requested": 2, "waiting": 1, "available": 3}] * 2
    assert numbers(company) == (6, 3, 1)


def test_r11_taking_seats_away_against_adding() -> None:
    """R5, R11: one of the two is refused, whichever comes later."""
    company = make_company(seats=3, used=2)
    outcomes = race(company, _resizing(company, 2), _adding(company))
    assert kinds(outcomes) in (["NoSeatsAvailable", "done"], ["PoolBelowUsed", "done"])
    assert numbers(company) in ((2, 2, 0), (3, 3, 0))


@pytest.mark.parametrize("lock", [Unlocked(2), blind], ids=["without the lock", "without the check"])
def test_r11_taking_seats_away_against_adding_twins(lock: object, monkeypatch: pytest.MonkeyPatch) -> None:
    company = make_company(seats=3, used=2)
    monkeypatch.setattr(locks, "_lock", lock)
    outcomes = collide(_resizing(company, 2), _adding(company))
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], [CAP])
    assert numbers(company) in ((2, 2, 0), (3, 3, 0))


def test_r6_arrivals_at_once_get_places_of_their_own() -> None:
    """R6, R7: two seats for six; no place is given twice, none is left out."""
    company = make_company(seats=3, tier=Tier.ADVANCED)
    connectors = [make_connector(company) for _ in range(3)]
    race(company, *[_arriving(connector, 2) for connector in connectors])
    assert numbers(company) == (3, 3, 4)
    assert list(User.objects.of_company(company).in_line().values_list("arrival", flat=True)) == [1, 2, 3, 4]


def test_r6_arrivals_at_once_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """R7: both draw the same place; the database refuses the second."""
    company, connector, _people = _line(free=1, waiting=1)
    monkeypatch.setattr(locks, "_lock", Unlocked(2))
    outcomes = collide(*[_arriving(connector, 1)] * 2)
    assert (kinds(outcomes), constraints(outcomes)) == (["IntegrityError", "done"], ["user_arrival_once"])
    assert numbers(company) == (2, 1, 2)


def test_r7_automatic_filling_against_adding_by_hand() -> None:
    """R3, R7: a seat is freed, and filled from the line or by hand, never by both."""
    company = make_company(seats=3, used=3, tier=Tier.ADVANCED)
    add_arrivals(make_connector(company), 2)
    choose_auto_fill(company, on=True, by=None)
    holder = User.objects.of_company(company).holding_seats().exclude(pk=company.primary_user_id)[0]
    outcomes = race(company, lambda: remove_users(company, users=[holder.pk], by=None), *[_adding(company)] * 3)
    assert kinds(outcomes) == ["NoSeatsAvailable"] * 3 + ["done"]
    assert numbers(company) == (3, 3, 1)


def test_r3_every_door_at_once() -> None:
    """R3: added by hand, arriving, approved, resized and removed in one crowd; the promise holds."""
    company, connector, line = _line(free=6, waiting=4)
    choose_auto_fill(company, on=True, by=None)
    acts = [
        *[_adding(company, 2)] * 3,
        *[_arriving(connector, 2)] * 2,
        _approving(company, line[:3]),
        lambda: approve_next(company, count=2, by=None),
        _resizing(company, 5),
        _resizing(company, 9),
    ]
    race(company, *acts)
    seats, used, pending = numbers(company)
    assert used <= seats
    assert used == User.objects.of_company(company).holding_seats().count()
    assert pending == User.objects.of_company(company).filter(status="pending").count()


def _arriving(connector: Connector, count: int) -> Act:
    return lambda: arrive(connector, people=[make_person() for _ in range(count)])
