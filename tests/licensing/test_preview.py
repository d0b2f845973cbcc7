"""What the pencil shows before a save is what the save then does, in every state of a company (R7, R10 to R15)."""

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from companies.models import MAX_SEATS, Company
from companies.policies.catalogue import PolicyKey
from licensing.approvals import choose_auto_fill
from licensing.blockers import Blocker
from licensing.enums import BlockerKind, Tier
from licensing.errors import Refusal
from licensing.ledger import newest_number
from licensing.pools import change_license
from licensing.preview import LicensePlan, plan_license
from licensing.statements import statement_for
from tests.factories import add_arrivals, add_people, make_company, make_connector, switch_policy_on
from tests.facts import facts, nothing_changes
from users.directory.models import Connector
from users.directory.rules import remove_connector
from users.enums import UserStatus, Withdrawal
from users.models import User
from users.withdrawals import withdraw

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class State:
    """How a company came to be: on Advanced first, people and directories arriving; then perhaps on Standard."""

    seats: int
    added: int
    arriving: tuple[tuple[int, bool], ...]
    """Of each connector: how many people come, and whether it asks for approval."""
    policies: tuple[PolicyKey, ...]
    is_first_inactive: bool
    is_first_removed: bool
    fills: bool
    ends_on_standard: bool


STATES = st.builds(
    State,
    seats=st.integers(1, 4),
    added=st.integers(0, 3),
    arriving=st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=2).map(tuple),
    policies=st.sampled_from([(), (PolicyKey.BACKUP_ALL,), (PolicyKey.PORTAL_ACCESS, PolicyKey.BACKUP_ALL)]),
    is_first_inactive=st.booleans(),
    is_first_removed=st.booleans(),
    fills=st.booleans(),
    ends_on_standard=st.booleans(),
)


CROWDED = State(
    seats=1,
    added=0,
    arriving=((2, True), (3, False)),
    policies=(),
    is_first_inactive=False,
    is_first_removed=False,
    fills=False,
    ends_on_standard=False,
)
"""Full, and five people wait; two of them for an approval as well."""
ASKING = replace(CROWDED, seats=4, arriving=((4, True),))
"""Three seats are available, and four people wait for an approval."""


def made(state: State) -> Company:
    company = make_company(seats=state.seats, tier=Tier.ADVANCED)
    add_people(company, min(state.added, state.seats - 1))
    connectors = [make_connector(company, asks_approval=asks) for _count, asks in state.arriving]
    for connector, (count, _asks) in zip(connectors, state.arriving, strict=True):
        add_arrivals(connector, count)
    for key in state.policies:
        switch_policy_on(company, key)
    first = User.objects.of_company(company).in_line().first()
    if state.is_first_inactive and first is not None:
        withdraw(first, how=Withdrawal.DISABLE, by=the(first.connector))
    if state.is_first_removed and connectors:
        remove_connector(connectors[0], by=None)
    choose_auto_fill(company, on=state.fills, by=None)
    if state.ends_on_standard:
        with suppress(Refusal):
            change_license(company, seats=state.seats, tier=Tier.STANDARD, seen=None, by=None)
    company.refresh_from_db()
    return company


@given(
    state=STATES,
    seats=st.sampled_from([*range(1, 9), *range(4, 9), 0, MAX_SEATS + 1]),
    tier=st.sampled_from([Tier.ADVANCED, Tier.ADVANCED, Tier.STANDARD]),
    approves=st.booleans(),
    is_stale=st.sampled_from([False, False, False, True]),
)
@example(state=CROWDED, seats=3, tier=Tier.ADVANCED, approves=True, is_stale=False)
@example(state=CROWDED, seats=9, tier=Tier.ADVANCED, approves=False, is_stale=False)
@example(state=replace(CROWDED, fills=True), seats=3, tier=Tier.ADVANCED, approves=True, is_stale=False)
@example(state=replace(CROWDED, fills=True), seats=9, tier=Tier.ADVANCED, approves=False, is_stale=False)
@example(state=ASKING, seats=3, tier=Tier.ADVANCED, approves=True, is_stale=False)
@example(state=ASKING, seats=4, tier=Tier.ADVANCED, approves=True, is_stale=True)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_plan_says_what_the_save_does(state: State, seats: int, tier: Tier, approves: bool, is_stale: bool) -> None:
    """Refused with the same code and numbers, or the same seats, people and money."""
    with transaction.atomic():
        company = made(state)
        seen = newest_number(company) - is_stale
        plan = plan_license(company, seats=seats, tier=tier, seen=seen, approves=approves, terms=company.partner)
        before = owed(company)
        waited = waiting(company)
        refusal = saved(company, seats=seats, tier=tier, seen=seen, approves=approves)
        event(refusal.code if refusal else f"saved, {plan.coming} came in")
        assert told(plan.refusal) == told(refusal)
        if refusal is None:
            assert plan.available == company.seats_available
            assert plan.used == company.seats_used
            assert plan.coming == len(waited) - len(waiting(company))
            assert (plan.before, plan.after) == (before, owed(company))
            assert named(plan, approves=approves) == waited - waiting(company)
        transaction.set_rollback(True)


def the(connector: Connector | None) -> Connector:
    assert connector is not None
    return connector


def saved(company: Company, *, seats: int, tier: Tier, seen: int, approves: bool) -> Refusal | None:
    """What the save was refused with, if it was; then nothing has changed."""
    before = facts(company)
    try:
        change_license(company, seats=seats, tier=tier, seen=seen, by=None, approves=approves)
    except Refusal as refusal:
        assert facts(company) == before
        return refusal
    company.refresh_from_db()
    return None


def told(refusal: Refusal | None) -> tuple[str, dict[str, Any]] | None:
    return (refusal.code, refusal.data) if refusal else None


def waiting(company: Company) -> set[int]:
    return set(User.objects.of_company(company).filter(status=UserStatus.PENDING).values_list("pk", flat=True))


def named(plan: LicensePlan, *, approves: bool) -> set[int]:
    """Whom the plan names as coming in. Not more than ten come here: all are named."""
    if plan.line is None:
        return set()
    coming = plan.line.by_themselves.first + (plan.line.if_approved.first if approves else ())
    return {user.pk for user in coming}


def owed(company: Company) -> Decimal:
    today = timezone.now()
    return statement_for(company.partner, year=today.year, month=today.month).total


@pytest.fixture
def fabrikam() -> Company:
    """Advanced, 3 of 10 seats used, two policies and a connector in the way of Standard."""
    company = make_company(name="Fabrikam", seats=10, used=3, tier=Tier.ADVANCED)
    switch_policy_on(company, PolicyKey.PASSWORD_AUDITING)
    switch_policy_on(company, PolicyKey.BACKUP_ALL)
    make_connector(company, name="Head office")
    return company


BLOCKERS = (
    Blocker(BlockerKind.POLICIES, 2, ("backup_all", "password_auditing")),
    Blocker(BlockerKind.CONNECTORS, 1, ("Head office",)),
)


@pytest.mark.parametrize(
    ("seats", "tier", "seen", "code", "data"),
    [
        (0, "advanced", 1, "seats_out_of_range", {"requested": 0, "least": 1, "most": MAX_SEATS}),
        (2, "advanced", 1, "pool_below_used", {"requested": 2, "used": 3}),
        (2, "standard", 1, "pool_below_used", {"requested": 2, "used": 3}),
        (12, "standard", 1, "downgrade_blocked", {"blockers": tuple(map(asdict, BLOCKERS))}),
        (2, "standard", 0, "stale", {"seen": 0, "newest": 1, "seats": 10, "tier": "advanced"}),
    ],
)
def test_a_plan_names_what_it_would_be_refused_with(
    fabrikam: Company, seats: int, tier: str, seen: int, code: str, data: dict[str, Any]
) -> None:
    plan = planned(fabrikam, seats=seats, tier=Tier(tier), seen=seen)
    assert told(plan.refusal) == (code, data)
    assert plan.blockers == BLOCKERS
    assert plan.is_downgrade == (tier == "standard")


@pytest.mark.parametrize(
    ("seats", "tier", "before", "after", "difference", "available"),
    [
        (10, Tier.ADVANCED, 70, 70, 0, 7),
        (12, Tier.ADVANCED, 70, 84, 14, 9),
        (3, Tier.ADVANCED, 70, 21, -49, 0),
        (10, Tier.STANDARD, 70, 40, -30, 7),
        (2, Tier.ADVANCED, 70, 14, -56, -1),
    ],
)
def test_r15_a_plan_counts_the_money_of_a_month(
    fabrikam: Company, seats: int, tier: Tier, before: int, after: int, difference: int, available: int
) -> None:
    plan = planned(fabrikam, seats=seats, tier=tier, seen=1)
    assert (plan.before, plan.after, plan.difference) == (Decimal(before), Decimal(after), Decimal(difference))
    assert plan.available == available


def test_r7_a_save_that_approves_names_whom_it_takes_even_without_more_seats() -> None:
    """Seats that were available already: the people waited for an approval, not for a seat."""
    company = make_company(seats=5, tier=Tier.ADVANCED)
    people = add_arrivals(make_connector(company, asks_approval=True), 6)
    company.refresh_from_db()
    plan = planned(company, seats=4, tier=Tier.ADVANCED, seen=1, approves=True)
    assert named(plan, approves=True) == {user.pk for user in people[:3]}
    assert (plan.coming, plan.used, plan.available) == (3, 4, 0)
    assert named(planned(company, seats=4, tier=Tier.ADVANCED, seen=1), approves=False) == set()


def planned(company: Company, *, seats: int, tier: Tier, seen: int, approves: bool = False) -> LicensePlan:
    with nothing_changes(company):
        return plan_license(company, seats=seats, tier=tier, seen=seen, approves=approves, terms=company.partner)
