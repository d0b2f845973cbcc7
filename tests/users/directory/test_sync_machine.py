"""Directories and people by turns, in every order: what must be true after each step (R3, R6, R17, R20 to R22)."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from companies.models import Company
from licensing.approvals import approve_next, choose_auto_fill
from licensing.enums import Tier
from licensing.errors import Refusal
from licensing.pools import change_license
from licensing.primary import transfer_primary
from licensing.reconciliation import reconcile
from licensing.rejections import reject_users, undo_rejection
from licensing.seats import disable_users, enable_users, remove_users
from tests.factories import make_company, make_connector
from tests.facts import facts
from tests.users.directory.people import claim, say, set_rules
from users.directory.held import confirm_held, reject_held
from users.directory.models import Connector, Entry, HeldChange, Outcome
from users.directory.querysets import EntryQuerySet
from users.directory.rules import remove_connector
from users.directory.standing import standing_of
from users.directory.sync import bring, delete
from users.enums import Door, UserStatus, Withdrawal
from users.models import StatusChange, User
from users.provisioning import add_users

NAMES = st.sampled_from(["ann", "bob", "cyd", "dan"])
INDEX = st.integers(0, 20)
HOW = st.sampled_from(list(Withdrawal))
BY_HAND = {"disable": disable_users, "enable": enable_users, "remove": remove_users, "reject": reject_users}


class Returning(RuleBasedStateMachine):
    """A small pool, two connectors, four people: the cap, the threshold and namesakes are met often.

    People come, are put out by hand, are deleted in the directory and sent again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(seats=st.integers(2, 5), fills=st.booleans())
    def begin(self, seats: int, fills: bool) -> None:
        self.company: Company = make_company(seats=seats, tier=Tier.ADVANCED)
        for _ in range(2):
            make_connector(self.company)
        choose_auto_fill(self.company, on=fills, by=None)

    @rule(index=INDEX, name=NAMES, email=NAMES, active=st.sampled_from([True, True, False]))
    def bring(self, index: int, name: str, email: str, active: bool) -> None:
        with self.directory():
            bring(self.connector(index), claim(name, email=f"{email}@customer.example", active=active))

    @rule(index=INDEX, act=st.sampled_from(sorted(BY_HAND)))
    def by_hand(self, index: int, act: str) -> None:
        with self.refusable():
            BY_HAND[act](self.company, users=[self.user(index)], by=None)

    @rule(index=INDEX)
    def undo(self, index: int) -> None:
        with self.refusable():
            undo_rejection(self.company, users=[self.user(index)], by=None)

    @rule(index=INDEX, name=NAMES, act=st.sampled_from(["", "", "disable", "remove"]), deleted=HOW)
    def send_again(self, index: int, name: str, act: str, deleted: str) -> None:
        """R8, R20, R21: whoever is deleted and sent again is the same person, if on the Users tab or out by hand.

        The standing that people gave them survives; whom the directory alone had removed is a new claim.
        """
        living = Entry.objects.filter(deleted_at=None)
        if not self.entry(index, of=living):
            with self.directory():
                bring(self.connector(index), claim(name))
        for entry in self.entry(index, of=living):
            set_rules(entry.connector, on_deleted=deleted)
            with self.refusable():
                if act:
                    BY_HAND[act](self.company, users=[entry.user_id], by=None)
            with self.directory():
                delete(entry)
            known = set(User.objects.values_list("pk", flat=True))
            user = User.objects.get(pk=entry.user_id)
            is_by_hand, again = self.is_by_hand(user), None
            with self.directory():
                again = bring(entry.connector, claim(entry.user_name, email=user.email))
            if user.status != UserStatus.REMOVED:
                assert again is not None
                assert (again.pk != entry.pk, again.user_id) == (True, user.pk)
                assert again.user.status in self.status_again(user, is_by_hand=is_by_hand)
            elif again is not None and is_by_hand:
                assert again.user_id in known or self.is_taken_back(user)
            elif again is not None:
                assert again.user_id != user.pk

    @invariant()
    def everything_agrees(self) -> None:
        """R3, R7, R17, R18: counters, history, line, primary user."""
        if hasattr(self, "company"):
            assert list(reconcile().findings) == []

    @invariant()
    def entries_stand_for_people_of_their_connector(self) -> None:
        """R20, R21; and of each can be told how it stands."""
        if not hasattr(self, "company"):
            return
        for connector in Connector.objects.of_company(self.company).existing():
            entries = list(Entry.objects.of_connector(connector).select_related("user"))
            told = standing_of(connector, entries)
            for entry in entries:
                assert entry.user.connector_id == connector.pk or entry.user.status == UserStatus.REMOVED
                assert (told[entry.pk].position is None) == (entry.user.arrival is None) or told[
                    entry.pk
                ].status == "held"

    @contextmanager
    def refusable(self) -> Iterator[None]:
        before = facts(self.company)
        try:
            yield
        except Refusal:
            assert facts(self.company) == before

    @contextmanager
    def directory(self) -> Iterator[None]:
        """R21: nobody whom somebody disabled, rejected or removed is in again because a directory said something."""
        out = self.out_by_hand()
        with self.refusable():
            yield
        now = dict(User.objects.filter(pk__in=out).values_list("pk", "status"))
        assert [pk for pk, before in out.items() if now[pk] not in {before, UserStatus.REMOVED}] == []

    def out_by_hand(self) -> dict[int, str]:
        changes = StatusChange.objects.filter(company=self.company).order_by("user_id", "-pk").distinct("user_id")
        return {
            change.user_id: change.to_status
            for change in changes
            if change.door != Door.DIRECTORY and change.to_status in {UserStatus.DISABLED, UserStatus.REMOVED}
        }

    def is_by_hand(self, user: User) -> bool:
        """Whether people gave the user this standing, or the one that they had when the directory removed them."""
        now, *before = StatusChange.objects.filter(user=user).order_by("-pk")
        if now.door == Door.DIRECTORY and now.from_status == UserStatus.DISABLED:
            return before[0].door != Door.DIRECTORY
        return now.door != Door.DIRECTORY

    def is_taken_back(self, user: User) -> bool:
        """Whether somebody has added the person again since, or undone a rejection."""
        later = StatusChange.objects.filter(user__email_norm=user.email_norm, from_status__in=["", UserStatus.REMOVED])
        removal = StatusChange.objects.filter(user=user).latest("pk")
        return later.filter(company=self.company, pk__gt=removal.pk).exclude(door=Door.DIRECTORY).exists()

    def status_again(self, user: User, *, is_by_hand: bool) -> set[str]:
        """What may become of somebody on the Users tab who is sent again: auto-fill may take who waits."""
        if user.status == UserStatus.DISABLED:
            return {UserStatus.DISABLED if is_by_hand else UserStatus.ACTIVE}
        return {user.status, UserStatus.ACTIVE}

    def connector(self, index: int) -> Connector:
        connectors = list(Connector.objects.of_company(self.company).existing().order_by("pk"))
        return connectors[index % len(connectors)]

    def entry(self, index: int, of: EntryQuerySet | None = None) -> list[Entry]:
        """One of the entries of existing connectors, deleted ones too; none at first."""
        among = Entry.objects.all() if of is None else of
        entries = list(among.filter(connector__removed_at=None).order_by("pk"))
        return [entries[index % len(entries)]] if entries else []

    def user(self, index: int) -> int:
        users = list(User.objects.of_company(self.company).order_by("pk").values_list("pk", flat=True))
        return users[index % len(users)]


class Directories(Returning):
    """And whatever else a directory says, and people do."""

    @rule(index=INDEX, active=st.booleans(), left=st.booleans())
    def switch(self, index: int, active: bool, left: bool) -> None:
        for entry in self.entry(index):
            with self.directory():
                say(entry, active=active, has_left=left)

    @rule(index=INDEX, name=NAMES, email=NAMES)
    def rename(self, index: int, name: str, email: str) -> None:
        for entry in self.entry(index):
            with self.directory():
                say(entry, user_name=name, email=f"{email}@customer.example")

    @rule(index=INDEX)
    def delete(self, index: int) -> None:
        for entry in self.entry(index):
            with self.directory():
                delete(entry)

    @rule(name=NAMES)
    def add(self, name: str) -> None:
        with self.refusable():
            add_users(self.company, people=[claim(name).person], by=None)

    @rule()
    def approve(self) -> None:
        with self.refusable():
            approve_next(self.company, count=1, by=None)

    @rule(index=INDEX)
    def transfer(self, index: int) -> None:
        with self.refusable():
            transfer_primary(self.company, to=self.user(index), by=None)

    @rule(more=st.integers(-1, 2))
    def resize(self, more: int) -> None:
        self.company.refresh_from_db()
        with self.refusable():
            change_license(self.company, seats=self.company.seats + more, tier=Tier.ADVANCED, seen=None, by=None)

    @rule(index=INDEX, confirm=st.booleans())
    def decide(self, index: int, confirm: bool) -> None:
        connector = self.connector(index)
        held = HeldChange.objects.filter(connector=connector).values_list("pk", flat=True)
        with self.refusable():
            (confirm_held if confirm else reject_held)(connector, held=held, by=None)

    @rule(index=INDEX, disabled=HOW, deleted=HOW, left=HOW, people=st.integers(0, 5), asks=st.booleans())
    def choose_rules(self, index: int, disabled: str, deleted: str, left: str, people: int, asks: bool) -> None:
        set_rules(
            self.connector(index),
            on_disabled=disabled,
            on_deleted=deleted,
            on_left=left,
            threshold_people=people,
            asks_approval=asks,
        )
        choose_auto_fill(self.company, on=False, by=None)

    @rule()
    def an_hour_passes(self) -> None:
        Outcome.objects.update(at=Now() - dt.timedelta(hours=1))

    @rule(index=INDEX)
    def replace(self, index: int) -> None:
        remove_connector(self.connector(index), by=None)
        make_connector(self.company)


@pytest.mark.django_db
@pytest.mark.parametrize(("machine", "examples"), [(Returning, 6), (Directories, 12)])
def test_no_order_of_messages_breaks_a_rule(machine: type[Returning], examples: int) -> None:
    limits: dict[str, Any] = {"max_examples": examples, "stateful_step_count": 25, "deadline": None}
    run_state_machine_as_test(
        machine,
        settings=settings(**limits, derandomize=True, database=None, suppress_health_check=list(HealthCheck)),
    )
