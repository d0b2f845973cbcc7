"""Every operation in every order: what must be true after each step, whoever did what before (R1 to R19).

Hypothesis plays with two companies of one partner. It may ask for anything; a refusal must leave all as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from companies.lifecycle import close_company, open_company, reopen_company
from companies.models import Company
from companies.partners.models import Partner
from companies.partners.tables import TENANT
from companies.policies.catalogue import ADVANCED_KEYS, PolicyKey
from companies.policies.models import Policy
from companies.policies.rules import switch_off, switch_on
from licensing.approvals import approve_next, approve_users, choose_auto_fill
from licensing.enums import LedgerKind, Tier
from licensing.errors import Refusal
from licensing.ledger import entries_of, newest_number
from licensing.pools import change_license
from licensing.primary import transfer_primary
from licensing.rejections import reject_users, rejections_of, undo_rejection
from licensing.seats import disable_users, enable_users, remove_users
from tests.factories import make_partner, make_person
from users.directory.enums import ConnectorKind
from users.directory.models import Connector
from users.directory.rules import add_connector, remove_connector
from users.enums import UserStatus, Withdrawal
from users.models import StatusChange, User
from users.provisioning import add_users, arrive
from users.withdrawals import withdraw

WHICH = st.sampled_from([0, 0, 0, 1])
SELDOM = st.sampled_from([1, 1, 1, 0])
PICK = st.lists(st.integers(0, 30), max_size=4)
KEYS = st.sampled_from([PolicyKey.TWO_FACTOR, PolicyKey.BACKUP_ALL, PolicyKey.PORTAL_ACCESS])
TIERS = st.sampled_from(list(Tier))


_FINGERPRINT = " UNION ALL ".join(
    f"SELECT '{table}', md5(string_agg(row::text, '' ORDER BY id)) FROM {table} AS row"  # noqa: S608 - our own tables
    for table in sorted(TENANT)
)


class Pools(RuleBasedStateMachine):
    """Acts are drawn with small numbers, so that caps, floors and empty lines are met often."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.partner: Partner = make_partner()
        self.companies: list[Company] = []

    def teardown(self) -> None:
        """Every run begins with an empty database."""
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(seats=st.integers(1, 4), on=st.booleans())
    def begin(self, seats: int, on: bool) -> None:
        """A company on Advanced with a directory, where most happens, and one on Standard beside it."""
        for name, tier in (("First", Tier.ADVANCED), ("Second", Tier.STANDARD)):
            company = open_company(
                self.partner, name=name, seats=seats, tier=tier, primary=make_person("Primary"), by=None
            )
            self.companies.append(company)
        self.connect(which=0, name="A", asks=False)
        self.auto_fill(which=0, on=on)

    @rule(seats=st.integers(0, 3), tier=TIERS, name=st.sampled_from(["First", "Third", ""]))
    def open(self, seats: int, tier: Tier, name: str) -> None:
        with self.refusable(), transaction.atomic():
            open_company(self.partner, name=name, seats=seats, tier=tier, primary=make_person(), by=None)

    @rule(which=WHICH, count=st.integers(0, 3))
    def add(self, which: int, count: int) -> None:
        with self.refusable():
            add_users(self.companies[which], people=[make_person() for _ in range(count)], by=None)

    @rule(which=WHICH, pick=PICK)
    def add_somebody_who_was_here(self, which: int, pick: list[int]) -> None:
        people = list(User.objects.filter(pk__in=self.people(which, pick)).exclude(email=""))
        with self.refusable():
            add_users(self.companies[which], people=[make_person(email=user.email) for user in people], by=None)

    @rule(which=WHICH, index=st.integers(0, 3), count=st.integers(1, 4))
    def arrive(self, which: int, index: int, count: int) -> None:
        connector = self.connector(which, index)
        if connector is not None:
            with self.refusable():
                arrive(connector, people=[make_person() for _ in range(count)])

    @rule(beyond=st.integers(1, 2), ends=st.sampled_from(["withdraw", "remove", "disable"]), index=st.integers(0, 30))
    def crowd(self, beyond: int, ends: str, index: int) -> None:
        """The pool fills up, some have to wait, and somebody leaves: what most rules are about."""
        company = self.companies[0]
        company.refresh_from_db()
        connector = Connector.objects.of_company(company).existing().order_by("-pk").first()
        if connector is None:
            return
        with self.refusable():
            arrive(connector, people=[make_person() for _ in range(company.seats_available + beyond)])
        holders = list(
            User.objects.filter(connector=connector).holding_seats().select_related("company").order_by("pk")
        )
        if holders and ends == "withdraw":
            with self.refusable():
                withdraw(holders[index % len(holders)], how=Withdrawal.REMOVE, by=connector)
        elif holders:
            act = remove_users if ends == "remove" else disable_users
            with self.refusable():
                act(company, users=[holders[index % len(holders)].pk], by=None)

    @rule(which=WHICH, pick=PICK)
    def approve(self, which: int, pick: list[int]) -> None:
        with self.refusable():
            approve_users(self.companies[which], users=self.people(which, pick), by=None)

    @rule(which=WHICH, count=st.integers(0, 3))
    def approve_next(self, which: int, count: int) -> None:
        with self.refusable():
            approve_next(self.companies[which], count=count, by=None)

    @rule(which=WHICH, pick=PICK)
    def reject(self, which: int, pick: list[int]) -> None:
        with self.refusable():
            reject_users(self.companies[which], users=self.people(which, pick), by=None)

    @rule(which=WHICH, pick=PICK)
    def undo_rejections(self, which: int, pick: list[int]) -> None:
        """Of anybody, and of people who are rejected: else it would seldom be allowed."""
        company = self.companies[which]
        rejected = list(rejections_of(company).values_list("user_id", flat=True))
        with self.refusable():
            undo_rejection(company, users=[rejected[index % len(rejected)] for index in pick if rejected], by=None)
        with self.refusable():
            undo_rejection(company, users=self.people(which, pick), by=None)

    @rule(which=WHICH, pick=PICK)
    def disable(self, which: int, pick: list[int]) -> None:
        with self.refusable():
            disable_users(self.companies[which], users=self.people(which, pick), by=None)

    @rule(which=WHICH, pick=PICK)
    def enable(self, which: int, pick: list[int]) -> None:
        with self.refusable():
            enable_users(self.companies[which], users=self.people(which, pick), by=None)

    @rule(which=WHICH, pick=PICK)
    def remove(self, which: int, pick: list[int]) -> None:
        with self.refusable():
            remove_users(self.companies[which], users=self.people(which, pick), by=None)

    @rule(which=WHICH, index=st.integers(0, 30))
    def transfer(self, which: int, index: int) -> None:
        with self.refusable():
            transfer_primary(self.companies[which], to=self.people(which, [index])[0], by=None)

    @rule(which=WHICH, spare=st.integers(-2, 3), tier=TIERS, stale=st.booleans())
    def pencil(self, which: int, spare: int, tier: Tier, stale: bool) -> None:
        company = self.companies[which]
        company.refresh_from_db()
        seen = newest_number(company) - stale
        with self.refusable():
            change_license(company, seats=company.seats_used + spare, tier=tier, seen=seen, by=None)

    @rule(which=WHICH, more=st.integers(-1, 2), approves=st.booleans())
    def resize(self, which: int, more: int, approves: bool) -> None:
        company = self.companies[which]
        company.refresh_from_db()
        with self.refusable():
            tier = Tier(company.tier)
            change_license(company, seats=company.seats + more, tier=tier, seen=None, by=None, approves=approves)

    @rule(which=WHICH, tier=TIERS)
    def change_tier(self, which: int, tier: Tier) -> None:
        company = self.companies[which]
        company.refresh_from_db()
        with self.refusable():
            change_license(company, seats=company.seats, tier=tier, seen=None, by=None)

    @rule(which=WHICH, key=KEYS)
    def policy_on(self, which: int, key: PolicyKey) -> None:
        with self.refusable():
            switch_on(self.companies[which], key=key, parameters={}, by=None)

    @rule(which=WHICH, key=KEYS, confirmed=st.booleans())
    def policy_off(self, which: int, key: PolicyKey, confirmed: bool) -> None:
        with self.refusable():
            switch_off(self.companies[which], key=key, confirmed=confirmed, by=None)

    @rule(which=WHICH, name=st.sampled_from(["A", "B"]), asks=st.booleans())
    def connect(self, which: int, name: str, asks: bool) -> None:
        with self.refusable():
            add_connector(self.companies[which], kind=ConnectorKind.OKTA, name=name, asks_approval=asks, by=None)

    @rule(which=WHICH, index=st.integers(0, 3))
    def disconnect(self, which: int, index: int) -> None:
        connector = self.connector(which, index)
        if connector is not None:
            with self.refusable():
                remove_connector(connector, by=None)

    @rule(which=WHICH, index=st.integers(0, 30), how=st.sampled_from(list(Withdrawal)))
    def withdraw(self, which: int, index: int, how: Withdrawal) -> None:
        managed = list(
            User.objects.of_company(self.companies[which])
            .exclude(connector=None)
            .select_related("connector", "company")
        )
        if managed:
            user = managed[index % len(managed)]
            assert user.connector is not None
            with self.refusable():
                withdraw(user, how=how, by=user.connector)

    @rule(index=st.integers(0, 30), heir=st.integers(0, 30), how=st.sampled_from(list(Withdrawal)))
    def pass_the_role_from_one_whom_the_directory_withdraws(self, index: int, heir: int, how: Withdrawal) -> None:
        self.transfer(which=0, index=index)
        self.companies[0].refresh_from_db()
        primary = User.objects.select_related("connector", "company").get(pk=self.companies[0].primary_user_id)
        if primary.connector is not None:
            with self.refusable():
                withdraw(primary, how=how, by=primary.connector)
        self.transfer(which=0, index=heir)

    @rule(which=WHICH, on=st.sampled_from([True, True, False]))
    def auto_fill(self, which: int, on: bool) -> None:
        with self.refusable():
            choose_auto_fill(self.companies[which], on=on, by=None)

    @rule(which=SELDOM, emptied=st.sampled_from([False, False, False, True]))
    def close(self, which: int, emptied: bool) -> None:
        company = self.companies[which]
        company.refresh_from_db()
        if emptied and company.is_open:
            others = User.objects.of_company(company).exclude(pk=company.primary_user_id)
            remove_users(company, users=list(others.values_list("pk", flat=True)), by=None)
            for connector in Connector.objects.of_company(company).existing():
                remove_connector(connector, by=None)
        with self.refusable():
            close_company(company, typed_name=company.name, by=None)

    @rule(which=WHICH, seats=st.integers(0, 4), tier=TIERS)
    def reopen(self, which: int, seats: int, tier: Tier) -> None:
        with self.refusable():
            reopen_company(self.companies[which], seats=seats, tier=tier, primary=make_person(), by=None)

    @invariant()
    def everything_is_as_the_rules_promise(self) -> None:
        connection.check_constraints()
        for company in Company.objects.of_partner(self.partner):
            _check_seats(company)
            _check_ledger(company)
            _check_tier(company)
            _check_people(company)

    @contextmanager
    def refusable(self) -> Iterator[None]:
        before = _fingerprint()
        try:
            yield
        except Refusal:
            assert _fingerprint() == before

    def people(self, which: int, pick: list[int]) -> list[int]:
        """People ever listed at the company, by number; there is always one."""
        everyone = list(User.objects.of_company(self.companies[which]).order_by("pk").values_list("pk", flat=True))
        return [everyone[index % len(everyone)] for index in pick]

    def connector(self, which: int, index: int) -> Connector | None:
        """One of the company's connectors, removed ones too."""
        connectors = list(Connector.objects.of_company(self.companies[which]).order_by("pk"))
        return connectors[index % len(connectors)] if connectors else None


def _fingerprint() -> list[tuple[Any, ...]]:
    """Differs as soon as any row of the tenant's tables does; made in the database, for there are many steps."""
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINT)
        # PostgreSQL may ask the tables in any order, or side by side.
        return sorted(cursor.fetchall(), key=lambda row: row[0])


def _check_seats(company: Company) -> None:
    """R2, R3, R19."""
    people = User.objects.of_company(company)
    assert company.seats_used == people.holding_seats().count()
    assert company.users_pending == people.filter(status=UserStatus.PENDING).count()
    assert 0 <= company.seats_used <= company.seats
    assert company.is_open == (company.seats >= 1)


def _check_ledger(company: Company) -> None:
    """R16: numbered without a gap, each begins where the last ended, and the end is the present."""
    seats, tier = 0, None
    for number, entry in enumerate(entries_of(company).order_by("number"), start=1):
        assert (entry.number, entry.seats_from, entry.tier_from) == (number, seats, tier)
        seats, tier = entry.seats_to, entry.tier_to
    assert (seats, tier) == (company.seats, company.tier)
    assert (entry.kind == LedgerKind.CLOSED) == (not company.is_open)


def _check_tier(company: Company) -> None:
    """R13, R14."""
    on = Policy.objects.of_company(company).filter(is_on=True, key__in=ADVANCED_KEYS)
    connectors = Connector.objects.of_company(company).existing()
    assert company.tier == Tier.ADVANCED or not (on.exists() or connectors.exists())


def _check_people(company: Company) -> None:
    """R7, R17, R18, R20: the history ends where each person stands, and hangs together."""
    changes: dict[int, list[tuple[str, str]]] = {}
    rows = StatusChange.objects.filter(partner_id=company.partner_id, company=company).order_by("pk")
    for user_id, before, after in rows.values_list("user_id", "from_status", "to_status"):
        assert before == (changes[user_id][-1][1] if user_id in changes else "")
        changes.setdefault(user_id, []).append((before, after))
    people = list(User.objects.of_company(company))
    assert {user.pk: user.status for user in people} == {pk: moves[-1][1] for pk, moves in changes.items()}
    primary = next(user for user in people if user.pk == company.primary_user_id)
    assert primary.status == (UserStatus.ACTIVE if company.is_open else UserStatus.REMOVED)
    if company.fills_automatically and company.seats_available > 0:
        asking = Connector.objects.of_company(company).existing().filter(asks_approval=True)
        assert not User.objects.of_company(company).in_line().exclude(connector__in=asking).exists()


@pytest.mark.django_db
def test_no_order_of_acts_breaks_a_rule() -> None:
    """R1 to R19."""
    limits: dict[str, Any] = {"max_examples": 60, "stateful_step_count": 25, "deadline": None}
    run_state_machine_as_test(
        Pools,
        settings=settings(**limits, derandomize=True, database=None, suppress_health_check=list(HealthCheck)),
    )
