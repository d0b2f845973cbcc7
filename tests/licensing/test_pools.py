"""The pencil: R1, R10, R11, R12 and what makes a form stale."""

import pytest

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from companies.lifecycle import close_company
from companies.models import Company
from licensing.approvals import choose_auto_fill
from licensing.enums import LedgerKind, Tier
from licensing.errors import CompanyClosed, DowngradeBlocked, PoolBelowUsed, SeatsOutOfRange, Stale
from licensing.ledger import entries_of, newest_number
from licensing.pools import change_license
from licensing.seats import disable_users, remove_users
from tests.factories import (
    add_arrivals,
    add_people,
    make_account,
    make_company,
    make_connector,
    make_partner,
    switch_policy_on,
)
from tests.facts import nothing_changes, numbers, refused
from users.enums import Withdrawal
from users.models import StatusChange, User
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db

STANDARD, ADVANCED = Tier.STANDARD, Tier.ADVANCED


def test_r10_seats_and_tier_change_in_one_save() -> None:
    """R10, R16: one entry and one event tell of both."""
    company = make_company(seats=10, tier=STANDARD)
    account = make_account(company.partner)
    entry = change_license(company, seats=12, tier=ADVANCED, seen=1, by=account, reason="They grow").entry
    assert entry is not None
    company.refresh_from_db()
    assert (company.seats, company.tier) == (12, ADVANCED)
    assert (entry.number, entry.kind, entry.seats_from, entry.seats_to) == (2, LedgerKind.CHANGED, 10, 12)
    assert (entry.tier_from, entry.tier_to) == (STANDARD, ADVANCED)
    assert (entry.by_account, entry.by_connector, entry.reason) == (account, None, "They grow")
    event = AuditEvent.objects.get(company=company, act=Act.LICENSE_CHANGED)
    assert (event.by_account, event.reason) == (account, "They grow")
    assert event.data == {
        "number": 2, "seats_from": 10, "seats_to": 12, "tier_from": "standard", "tier_to": "advanced",
    }  # fmt: skip


def test_r10_a_refused_downgrade_keeps_the_seats_too() -> None:
    """R10: both or neither."""
    company = make_company(seats=10, tier=ADVANCED)
    switch_policy_on(company)
    with refused(
        DowngradeBlocked,
        company,
        blockers=({"kind": "policies", "count": 1, "subjects": ("password_auditing",)},),
    ):
        change_license(company, seats=20, tier=STANDARD, seen=1, by=None)


def test_r10_seats_below_used_keep_the_tier_too() -> None:
    """R10, R11."""
    company = make_company(seats=10, tier=STANDARD, used=5)
    with refused(PoolBelowUsed, company, requested=4, used=5):
        change_license(company, seats=4, tier=ADVANCED, seen=1, by=None)


@pytest.mark.parametrize("seats", [-1, 0, 1_000_001, 10**12])
def test_r1_a_pool_outside_the_bounds_is_refused(seats: int) -> None:
    """R1."""
    company = make_company(seats=10)
    with refused(SeatsOutOfRange, company, requested=seats, least=1, most=1_000_000):
        change_license(company, seats=seats, tier=STANDARD, seen=1, by=None)


@pytest.mark.parametrize("seats", [1, 1_000_000])
def test_r1_the_bounds_themselves_are_allowed(seats: int) -> None:
    company = make_company(seats=10)
    change_license(company, seats=seats, tier=STANDARD, seen=1, by=None)
    assert numbers(company) == (seats, 1, 0)


def test_r11_the_floor_is_the_number_of_seat_holders() -> None:
    """R11: Disabled people count, the waiting do not."""
    company = make_company(seats=5, tier=ADVANCED, used=5, pending=2)
    disable_users(company, users=[_others(company)[0].pk], by=None)
    remove_users(company, users=[_others(company)[1].pk], by=None)
    with refused(PoolBelowUsed, company, requested=3, used=4):
        change_license(company, seats=3, tier=ADVANCED, seen=1, by=None)
    change_license(company, seats=4, tier=ADVANCED, seen=1, by=None)
    assert numbers(company) == (4, 4, 2)


def test_r12_an_upgrade_happens_at_once() -> None:
    """R12."""
    company = make_company(tier=STANDARD)
    change_license(company, seats=10, tier=ADVANCED, seen=1, by=None)
    company.refresh_from_db()
    assert company.tier == ADVANCED


def test_r4_fewer_seats_put_nobody_out() -> None:
    """R4."""
    company = make_company(seats=10, used=4)
    people = list(User.objects.of_company(company).values_list("pk", "status"))
    change_license(company, seats=4, tier=STANDARD, seen=1, by=None)
    assert list(User.objects.of_company(company).values_list("pk", "status")) == people


def test_a_second_save_of_the_same_numbers_writes_nothing() -> None:
    """A double click: the second is stale, and succeeds."""
    company = make_company(seats=10)
    change_license(company, seats=12, tier=STANDARD, seen=1, by=None)
    with nothing_changes(company):
        assert change_license(company, seats=12, tier=STANDARD, seen=1, by=None).entry is None


def test_numbers_that_stand_already_write_nothing() -> None:
    company = make_company(seats=10)
    with nothing_changes(company):
        assert change_license(company, seats=10, tier=STANDARD, seen=1, by=None, reason="Nothing").entry is None


def test_a_save_over_what_somebody_saved_meanwhile_is_stale() -> None:
    """R10: two admins never overwrite each other unseen; the second hears how things stand."""
    company = make_company(seats=10)
    change_license(company, seats=12, tier=ADVANCED, seen=1, by=None)
    with refused(Stale, company, seen=1, newest=2, seats=12, tier=ADVANCED):
        change_license(company, seats=8, tier=STANDARD, seen=1, by=None)
    assert newest_number(company) == 2
    change_license(company, seats=8, tier=STANDARD, seen=2, by=None)
    assert numbers(company) == (8, 1, 0)


def test_people_coming_and_going_make_nothing_stale() -> None:
    company = make_company(seats=10)
    people = add_people(company, 3)
    remove_users(company, users=[people[0].pk], by=None)
    assert change_license(company, seats=11, tier=STANDARD, seen=1, by=None).entry is not None


def test_stale_comes_before_the_other_refusals() -> None:
    """Whoever looked at old numbers is told so first."""
    company = make_company(seats=10, used=5)
    change_license(company, seats=9, tier=STANDARD, seen=1, by=None)
    with refused(Stale, company, seen=1, newest=2, seats=9, tier=STANDARD):
        change_license(company, seats=4, tier=STANDARD, seen=1, by=None)


def test_a_script_may_save_without_having_looked() -> None:
    company = make_company(seats=10)
    change_license(company, seats=12, tier=STANDARD, seen=None, by=None)
    change_license(company, seats=13, tier=STANDARD, seen=None, by=None)
    assert [entry.seats_to for entry in entries_of(company)] == [13, 12, 10]


def test_r7_a_save_tells_how_many_came_in_from_the_line() -> None:
    """R7: those whom this save let in; a save that changes nothing lets nobody in."""
    company = make_company(seats=2, used=2, tier=ADVANCED, pending=3)
    choose_auto_fill(company, on=True, by=None)
    assert change_license(company, seats=4, tier=ADVANCED, seen=1, by=None).seated == 2
    assert change_license(company, seats=4, tier=ADVANCED, seen=1, by=None) == (None, 0, 0)


def _line(company: Company) -> list[str]:
    """The status of everyone whom the directory brought, in the order of arrival."""
    return list(
        User.objects.of_company(company).filter(connector__isnull=False).order_by("pk").values_list("status", flat=True)
    )


def test_r7_r10_a_save_approves_exactly_the_next_in_line_when_asked_to() -> None:
    """R7, R10, R17: by whoever saves, with the same reason, in the same transaction."""
    company = make_company(seats=2, used=2, tier=ADVANCED, pending=4)
    account = make_account(company.partner)
    saved = change_license(company, seats=4, tier=ADVANCED, seen=1, by=account, reason="Grew", approves=True)
    assert (saved.seated, saved.approved) == (0, 2)
    assert _line(company) == ["active", "active", "pending", "pending"]
    assert numbers(company) == (4, 4, 2)
    events = AuditEvent.objects.filter(company=company).order_by("-pk")[:2]
    assert [(event.act, event.by_account, event.reason) for event in events] == [
        (Act.USERS_APPROVED, account, "Grew"),
        (Act.LICENSE_CHANGED, account, "Grew"),
    ]
    change = StatusChange.objects.filter(company_id=company.pk).latest("pk")
    assert (change.to_status, change.door, change.by_account, change.reason) == ("active", "portal", account, "Grew")


@pytest.mark.parametrize(("seats", "approved"), [(2, 0), (3, 1), (6, 4), (9, 4)])
def test_r7_a_save_approves_as_many_as_wait_and_have_a_seat(seats: int, approved: int) -> None:
    company = make_company(seats=2, used=2, tier=ADVANCED, pending=4)
    assert change_license(company, seats=seats, tier=ADVANCED, seen=1, by=None, approves=True).approved == approved
    assert numbers(company) == (seats, 2 + approved, 4 - approved)


def test_r7_a_save_approves_nobody_unless_asked_to() -> None:
    company = make_company(seats=2, used=2, tier=ADVANCED, pending=4)
    assert change_license(company, seats=9, tier=ADVANCED, seen=1, by=None).approved == 0
    assert numbers(company) == (9, 2, 4)


def test_r7_a_save_passes_over_those_without_a_place() -> None:
    """R20"""
    company = make_company(seats=1, tier=ADVANCED, pending=3)
    first = User.objects.of_company(company).in_line()[0]
    assert first.connector is not None
    withdraw(first, how=Withdrawal.DISABLE, by=first.connector)
    assert change_license(company, seats=9, tier=ADVANCED, seen=1, by=None, approves=True).approved == 2
    assert _line(company) == ["pending", "active", "active"]


def test_r7_with_automatic_filling_a_save_approves_those_who_are_left() -> None:
    """R7: filling takes nobody whose connector asks for approval; the approval is what it asks for."""
    company = make_company(seats=1, tier=ADVANCED)
    add_arrivals(make_connector(company, asks_approval=True), 2)
    add_arrivals(make_connector(company), 2)
    choose_auto_fill(company, on=True, by=None)
    saved = change_license(company, seats=4, tier=ADVANCED, seen=1, by=None, approves=True)
    assert (saved.seated, saved.approved) == (2, 1)
    assert _line(company) == ["active", "pending", "active", "active"]


def test_r10_a_refused_save_approves_nobody() -> None:
    """R10: all of it or nothing."""
    company = make_company(seats=2, used=2, tier=ADVANCED, pending=1)
    blocker = {"kind": "connectors", "count": 1, "subjects": ("Directory",)}
    with refused(DowngradeBlocked, company, blockers=(blocker,)):
        change_license(company, seats=5, tier=STANDARD, seen=1, by=None, approves=True)
    with refused(PoolBelowUsed, company, requested=1, used=2):
        change_license(company, seats=1, tier=ADVANCED, seen=1, by=None, approves=True)


def test_r7_saved_twice_the_second_time_approves_nobody_more() -> None:
    company = make_company(seats=2, used=2, tier=ADVANCED, pending=4)
    change_license(company, seats=4, tier=ADVANCED, seen=1, by=None, approves=True)
    with nothing_changes(company):
        assert change_license(company, seats=4, tier=ADVANCED, seen=1, by=None, approves=True) == (None, 0, 0)


def test_r19_the_pencil_of_a_closed_company_writes_nothing() -> None:
    """R19."""
    company = make_company(name="Gone")
    close_company(company, typed_name="Gone", by=None)
    with refused(CompanyClosed, company, company_id=company.pk):
        change_license(company, seats=5, tier=STANDARD, seen=1, by=None)


def test_another_company_is_left_alone() -> None:
    """R23: its numbers, ledger and people."""
    partner = make_partner()
    company, other = make_company(partner), make_company(make_partner())
    make_connector(make_company(partner, tier=ADVANCED))
    with nothing_changes(other):
        change_license(company, seats=99, tier=ADVANCED, seen=1, by=None)


def _others(company: Company) -> list[User]:
    return list(User.objects.of_company(company).holding_seats().exclude(pk=company.primary_user_id).order_by("pk"))
