"""Disable, enable, remove: R2, R8, R18."""

from collections.abc import Callable

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from licensing.approvals import choose_auto_fill
from licensing.enums import Tier
from licensing.errors import CompanyClosed, PrimaryUserProtected, UserGone, WrongStatus
from licensing.seats import disable_users, enable_users, remove_users
from licensing.usage import Usage, usage_of
from tests.factories import add_people, make_account, make_company, make_partner
from tests.facts import history, nothing_changes, numbers, refused, statuses
from users.models import User
from users.people import Person
from users.provisioning import add_users

pytestmark = pytest.mark.django_db

Rule = Callable[..., object]
RULES: list[Rule] = [disable_users, enable_users, remove_users]


def test_r2_disabled_people_keep_their_seats() -> None:
    """R2."""
    company = make_company(seats=3, used=3)
    people = _others(company)
    assert disable_users(company, users=people, by=None) == 2
    assert numbers(company) == (3, 3, 0)
    assert usage_of(company) == Usage(seats=3, used=3, pending=0, disabled=2)


def test_r2_a_removed_person_releases_the_seat_and_stays_in_the_books() -> None:
    """R2, R17: marked, never deleted."""
    company = make_company(seats=3, used=3)
    account = make_account(company.partner)
    person = _others(company)[0]
    assert remove_users(company, users=[person], by=account, reason="Left") == (1, 0)
    assert numbers(company) == (3, 2, 0)
    removed = User.objects.get(pk=person)
    assert removed.status == "removed"
    assert history(removed) == [("", "active", "portal"), ("active", "removed", "portal")]
    event = AuditEvent.objects.get(company=company, act=Act.USERS_REMOVED)
    assert (event.by_account, event.reason, event.data) == (account, "Left", {"users": [person], "count": 1})


def test_r7_a_removal_tells_how_many_came_in_from_the_line() -> None:
    """R7."""
    company = make_company(seats=3, used=3, tier=Tier.ADVANCED, pending=1)
    choose_auto_fill(company, on=True, by=None)
    assert remove_users(company, users=_others(company)[:2], by=None) == (2, 1)
    assert numbers(company) == (3, 2, 0)


def test_r2_removing_someone_who_waits_releases_no_seat() -> None:
    """R2: they held none; their place in the line is given up."""
    company = make_company(seats=2, used=2, tier=Tier.ADVANCED, pending=1)
    waiting = User.objects.of_company(company).in_line().get()
    remove_users(company, users=[waiting.pk], by=None)
    assert numbers(company) == (2, 2, 0)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.arrival) == ("removed", None)


def test_r8_enabling_takes_no_seat() -> None:
    """R8: it works in a full pool, for the seat is held already."""
    company = make_company(seats=2, used=2)
    people = _others(company)
    disable_users(company, users=people, by=None)
    assert enable_users(company, users=people, by=None) == 1
    assert numbers(company) == (2, 2, 0)
    assert statuses(company) == ["active", "active"]


def test_r8_a_removed_person_who_comes_back_is_a_new_claim() -> None:
    """R8: a new row with a history of its own; the old one stays as it was."""
    company = make_company(seats=2)
    (person,) = add_people(company, 1)
    remove_users(company, users=[person.pk], by=None)
    with refused(UserGone, company, user_ids=(person.pk,)):
        enable_users(company, users=[person.pk], by=None)
    (again,) = add_users(company, people=[Person("Ann", "Lee", person.email.upper())], by=None)
    assert again.pk != person.pk
    assert history(again) == [("", "active", "portal")]
    assert numbers(company) == (2, 2, 0)


@pytest.mark.parametrize(("rule", "act"), [(disable_users, "disable"), (remove_users, "remove")])
def test_r18_the_primary_user_can_be_neither_removed_nor_disabled(rule: Rule, act: str) -> None:
    """R18: nor among others, who then stay too."""
    company = make_company(used=3)
    with refused(PrimaryUserProtected, company, user_id=company.primary_user_id, act=act):
        rule(company, users=[company.primary_user_id], by=None)
    with refused(PrimaryUserProtected, company, user_id=company.primary_user_id, act=act):
        rule(company, users=[*_others(company), company.primary_user_id], by=None)


def test_r18_enabling_the_primary_user_is_done_already() -> None:
    company = make_company()
    with nothing_changes(company):
        assert enable_users(company, users=[company.primary_user_id], by=None) == 0


@pytest.mark.parametrize(("rule", "act"), [(disable_users, "disable"), (enable_users, "enable")])
def test_who_waits_is_neither_disabled_nor_enabled_by_hand(rule: Rule, act: str) -> None:
    """R2, R7: that would be a way round the line."""
    company = make_company(seats=3, used=3, tier=Tier.ADVANCED, pending=1)
    waiting = User.objects.of_company(company).in_line().get()
    with refused(WrongStatus, company, act=act, user_ids=(waiting.pk,)):
        rule(company, users=[*_others(company), waiting.pk], by=None)


@pytest.mark.parametrize("rule", [disable_users, enable_users])
def test_removed_people_are_gone_for_every_act_but_removal(rule: Rule) -> None:
    company = make_company(used=3)
    gone, here = _others(company)
    remove_users(company, users=[gone], by=None)
    with refused(UserGone, company, user_ids=(gone,)):
        rule(company, users=[gone, here], by=None)


@pytest.mark.parametrize("rule", RULES)
def test_acting_twice_is_acting_once(rule: Rule) -> None:
    """A double click: the second changes nothing and succeeds."""
    company = make_company(used=3)
    people = _others(company)
    if rule is enable_users:
        disable_users(company, users=people, by=None)
    assert rule(company, users=people, by=None) in (2, (2, 0))
    with nothing_changes(company):
        assert rule(company, users=people, by=None) in (0, (0, 0))


@pytest.mark.parametrize("rule", RULES)
def test_r23_people_of_another_company_are_nobody_here(rule: Rule) -> None:
    """R23: of the same partner or another one."""
    company = make_company(used=3)
    for stranger in (make_company(company.partner, used=2), make_company(make_partner(), used=2)):
        foreign = _others(stranger)
        with nothing_changes(stranger), refused(UserGone, company, user_ids=tuple(foreign)):
            rule(company, users=[*_others(company), *foreign], by=None)


@pytest.mark.parametrize("rule", RULES)
def test_r19_nothing_is_done_in_a_closed_company(rule: Rule) -> None:
    """R19."""
    company = make_company(name="Gone")
    close_company(company, typed_name="Gone", by=None)
    with refused(CompanyClosed, company, company_id=company.pk):
        rule(company, users=[company.primary_user_id], by=None)


def _others(company: Company) -> list[int]:
    holders = User.objects.filter(company=company).holding_seats().order_by("pk")
    return list(holders.values_list("pk", flat=True))[1:]
