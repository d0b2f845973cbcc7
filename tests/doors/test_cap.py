"""Doors x cap: one table of situations, run through every door by which people come to hold seats (R3, R5, R6, R7)."""

from collections.abc import Callable

import pytest

from companies.lifecycle import close_company, open_company, reopen_company
from companies.models import Company
from licensing.approvals import approve_next, approve_users, choose_auto_fill
from licensing.enums import Tier
from licensing.errors import CompanyClosed, NoSeatsAvailable, NotEnoughWaiting, Refusal
from licensing.pools import change_license
from licensing.seats import disable_users, enable_users, remove_users
from tests.doors.situations import SITUATIONS, Scene, Situation, scene_of
from tests.factories import add_arrivals, add_people, make_company, make_connector, make_partner, make_person
from tests.facts import nothing_changes, numbers, refused
from users.directory.models import Connector
from users.directory.rules import remove_connector
from users.enums import Door, UserStatus, Withdrawal
from users.models import User
from users.provisioning import add_users, arrive
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db


# Doors that are refused when there are too few seats: how to knock, whether people wait before it, and the refusal.


def _by_hand(scene: Scene) -> int:
    return len(add_users(scene.company, people=[make_person() for _ in range(scene.wanted)], by=None))


def _one_by_one(scene: Scene) -> int:
    """Fills what there is, and is refused the next."""
    for _ in range(scene.wanted):
        add_users(scene.company, people=[make_person()], by=None)
    return scene.wanted


def _by_file(scene: Scene) -> int:
    return len(add_users(scene.company, people=[make_person() for _ in range(scene.wanted)], by=None, door=Door.FILE))


def _approve_chosen(scene: Scene) -> int:
    return approve_users(scene.company, users=[user.pk for user in scene.waiting], by=None)


def _approve_next(scene: Scene) -> int:
    return approve_next(scene.company, count=scene.wanted, by=None)


STRICT: list[tuple[Callable[[Scene], int], bool]] = [
    (_by_hand, False),
    (_by_file, False),
    (_approve_chosen, True),
    (_approve_next, True),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
@pytest.mark.parametrize(("door", "waits"), STRICT, ids=lambda value: getattr(value, "__name__", ""))
def test_r5_r7_strict_doors_let_all_in_or_none(door: Callable[[Scene], int], waits: bool, situation: Situation) -> None:
    """R3, R5, R7: never one more than seats; a refusal names the numbers and changes nothing."""
    scene = scene_of(situation, waiting=waits)
    wanted, free = situation.wanted, situation.free
    if situation.fits:
        assert door(scene) == wanted
        assert numbers(scene.company) == (situation.seats, situation.used + wanted, 0)
        return
    kind: type[Refusal] = NotEnoughWaiting if door is _approve_next else NoSeatsAvailable
    data = (
        {"requested": wanted, "waiting": wanted, "available": free}
        if door is _approve_next
        else {"needed": wanted, "available": free, "shortfall": wanted - free}
    )
    with refused(kind, scene.company, **data):
        door(scene)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_r5_one_by_one_the_pool_fills_and_the_next_is_refused(situation: Situation) -> None:
    scene = scene_of(situation, waiting=False)
    if situation.fits:
        assert _one_by_one(scene) == situation.wanted
    else:
        with pytest.raises(NoSeatsAvailable) as caught:
            _one_by_one(scene)
        assert caught.value.data == {"needed": 1, "available": 0, "shortfall": 1}
    used = min(situation.used + situation.wanted, situation.seats)
    assert numbers(scene.company) == (situation.seats, used, 0)


# Doors that are never refused: whoever finds no seat waits.


def _arrive(scene: Scene) -> None:
    arrive(scene.connector, people=[make_person() for _ in range(scene.wanted)])


def _arrive_one_by_one(scene: Scene) -> None:
    for _ in range(scene.wanted):
        arrive(scene.connector, people=[make_person()])


def _arrive_while_filling(scene: Scene) -> None:
    choose_auto_fill(scene.company, on=True, by=None)
    _arrive(scene)


OPEN = [_arrive, _arrive_one_by_one, _arrive_while_filling]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
@pytest.mark.parametrize("door", OPEN)
def test_r6_directory_doors_seat_as_many_as_fit(door: Callable[[Scene], None], situation: Situation) -> None:
    """R3, R6."""
    scene = scene_of(situation, waiting=False)
    door(scene)
    seated = min(situation.wanted, situation.free)
    assert numbers(scene.company) == (situation.seats, situation.used + seated, situation.wanted - seated)
    places = User.objects.of_company(scene.company).in_line().values_list("arrival", flat=True)
    assert list(places) == list(range(1, situation.wanted - seated + 1))


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_r7_the_pencils_tick_seats_as_many_as_fit(situation: Situation) -> None:
    """R3, R7: what the dialog named may be more by then; nobody is over the cap, and nothing is refused for it."""
    scene = scene_of(situation, waiting=True)
    seated = min(situation.wanted, situation.free)
    saved = change_license(scene.company, seats=situation.seats, tier=Tier.ADVANCED, seen=None, by=None, approves=True)
    assert saved.approved == seated
    assert numbers(scene.company) == (situation.seats, situation.used + seated, situation.wanted - seated)


# Doors that open by themselves when seats become free, for a full company where `wanted` people wait.


def _resize(company: Company, connector: Connector, free: int) -> None:
    change_license(company, seats=company.seats + free, tier=Tier.ADVANCED, seen=None, by=None)


def _remove(company: Company, connector: Connector, free: int) -> None:
    remove_users(company, users=_holders(company, free), by=None)


def _remove_disabled(company: Company, connector: Connector, free: int) -> None:
    disable_users(company, users=_holders(company, free), by=None)
    _remove(company, connector, free)


def _withdraw(company: Company, connector: Connector, free: int) -> None:
    User.objects.filter(pk__in=_holders(company, free)).update(connector=connector)
    for user in User.objects.of_company(company).filter(connector=connector, status=UserStatus.ACTIVE):
        withdraw(user, how=Withdrawal.REMOVE, by=connector)


def _choose(company: Company, connector: Connector, free: int) -> None:
    choose_auto_fill(company, on=False, by=None)
    _resize(company, connector, free)
    choose_auto_fill(company, on=True, by=None)


def _holders(company: Company, count: int) -> list[int]:
    holders = User.objects.of_company(company).holding_seats().exclude(pk=company.primary_user_id)
    return list(holders.order_by("pk").values_list("pk", flat=True)[:count])


@pytest.mark.parametrize("free", [1, 2, 3, 5])
@pytest.mark.parametrize("cause", [_resize, _remove, _remove_disabled, _withdraw, _choose])
def test_r7_automatic_filling_takes_as_many_as_became_free(
    cause: Callable[[Company, Connector, int], None], free: int
) -> None:
    """R3, R7: three wait; fewer, as many and more seats become free; none is filled twice."""
    company = make_company(seats=6, used=6, tier=Tier.ADVANCED)
    connector = make_connector(company)
    line = add_arrivals(connector, 3)
    choose_auto_fill(company, on=True, by=None)
    cause(company, connector, free)
    seated = min(free, 3)
    pool, used, pending = numbers(company)
    assert (used, pending) == (pool - free + seated, 3 - seated)
    statuses = [User.objects.get(pk=user.pk).status for user in line]
    assert statuses == [UserStatus.ACTIVE] * seated + [UserStatus.PENDING] * (3 - seated)


# Opening a company is a door too: the primary user takes the first seat.


@pytest.mark.parametrize("seats", [1, 2, 10])
def test_r1_opening_takes_exactly_one_seat(seats: int) -> None:
    company = open_company(make_partner(), name="New", seats=seats, tier=Tier.STANDARD, primary=make_person(), by=None)
    assert numbers(company) == (seats, 1, 0)
    close_company(company, typed_name="New", by=None)
    reopened = reopen_company(company, seats=seats, tier=Tier.STANDARD, primary=make_person(), by=None)
    assert numbers(reopened) == (seats, 1, 0)
    add_people(reopened, seats - 1)
    with refused(NoSeatsAvailable, reopened, needed=1, available=0, shortfall=1):
        add_users(reopened, people=[make_person()], by=None)


def test_r8_enabling_is_no_door() -> None:
    """R8: Disabled people hold their seats, so a full pool lets them be enabled and nobody else in."""
    scene = scene_of(Situation("", seats=4, used=4, wanted=0, disabled=3), waiting=False)
    enable_users(scene.company, users=_holders(scene.company, 3), by=None)
    assert numbers(scene.company) == (4, 4, 0)


CLOSED: list[Callable[[Company, Connector, int], object]] = [
    lambda company, connector, person: add_users(company, people=[make_person()], by=None),
    lambda company, connector, person: arrive(connector, people=[make_person()]),
    lambda company, connector, person: approve_users(company, users=[person], by=None),
    lambda company, connector, person: approve_next(company, count=1, by=None),
    lambda company, connector, person: enable_users(company, users=[person], by=None),
    lambda company, connector, person: choose_auto_fill(company, on=True, by=None),
    lambda company, connector, person: change_license(company, seats=5, tier=Tier.ADVANCED, seen=None, by=None),
]


@pytest.mark.parametrize("door", CLOSED, ids=range(len(CLOSED)))
def test_r19_no_door_opens_in_a_closed_company(door: Callable[[Company, Connector, int], object]) -> None:
    """R19: also for those who still hold the company as it was in their hands."""
    company = make_company(name="Gone", tier=Tier.ADVANCED)
    connector = make_connector(company)
    remove_connector(connector, by=None)
    close_company(Company.objects.get(pk=company.pk), typed_name="Gone", by=None)
    with refused(CompanyClosed, company, company_id=company.pk):
        door(company, connector, company.primary_user_id)


def test_another_companys_pool_is_never_used() -> None:
    """R23: a full company beside an empty one."""
    partner = make_partner()
    full, empty = make_company(partner, seats=1), make_company(partner, seats=100)
    with nothing_changes(empty), pytest.raises(NoSeatsAvailable):
        add_users(full, people=[make_person()], by=None)
