"""What a directory changes and deletes later: R9, R18, R20, R21. What becomes of whom: test_sync_table.py."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from companies.audit.enums import Act
from companies.audit.models import AuditEvent
from licensing.approvals import choose_auto_fill
from licensing.errors import (
    ConnectorGone,
    ConnectorPaused,
    EmailTaken,
    EntryChanged,
    EntryGone,
    InvalidPerson,
    UserNameTaken,
)
from licensing.primary import transfer_primary
from licensing.reconciliation import reconcile
from licensing.seats import disable_users, remove_users
from tests.factories import add_people, make_connector
from tests.facts import history, nothing_changes, numbers, refused
from tests.users.directory.people import claim, line, make_directory, outcomes, say, set_rules, stands, status
from users.directory.models import Connector, Entry, Outcome
from users.directory.rules import remove_connector
from users.directory.sync import bring, change, delete
from users.enums import Withdrawal
from users.erasing import erase_user
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def connector() -> Connector:
    return make_directory()


@pytest.fixture
def ann(connector: Connector) -> Entry:
    return bring(connector, claim("ann", external_id="x-1", attributes={"title": "Cook"}))


SAME = claim("ann", external_id="x-1", attributes={"title": "Cook"})


def test_the_same_again_writes_nothing(connector: Connector, ann: Entry) -> None:
    """R22: no version, no audit, no outcome, not even the time."""
    with nothing_changes(connector.company):
        assert change(ann, SAME).version == 1
        assert say(ann).version == 1
    say(ann, active=False)
    with nothing_changes(connector.company):
        say(ann, active=False)


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ({"user_name": "ann.lee"}, "user_name", "ann.lee"),
        ({"user_name": "ANN"}, "user_name", "ANN"),
        ({"external_id": "x-2"}, "external_id", "x-2"),
        ({"attributes": {"title": "Chef"}}, "attributes", {"title": "Chef"}),
        ({"email": "lee@customer.example"}, "user__email", "lee@customer.example"),
        ({"email": "ANN@customer.example"}, "user__email", "ANN@customer.example"),
        ({"email": ""}, "user__email", ""),
        ({"first_name": "Anna"}, "user__first_name", "Anna"),
        ({"last_name": ""}, "user__last_name", ""),
    ],
)
def test_r9_what_differs_is_written(
    connector: Connector, ann: Entry, said: dict[str, Any], field: str, value: Any
) -> None:
    """R9, R17: once, with a new version, one outcome, one line in the audit; seats and history have nothing to tell."""
    before, past = Outcome.objects.count(), history(ann.user)
    entry = say(ann, **said)
    assert Entry.objects.filter(pk=ann.pk).values_list(field, "version").get() == (value, 2)
    assert entry.modified_at > ann.modified_at
    assert outcomes(connector)[before:] == [(entry.user_name, "changed", "")]
    event = AuditEvent.objects.filter(company=connector.company).latest("pk")
    assert (event.act, event.data) == (Act.USERS_CHANGED, {"users": [ann.user_id], "count": 1})
    assert (history(entry.user), numbers(connector.company)) == (past, (10, 4, 0))
    with nothing_changes(connector.company):
        say(ann, **said)


def test_names_and_status_at_once(connector: Connector, ann: Entry) -> None:
    before = Outcome.objects.count()
    entry = say(ann, first_name="Anna", active=False)
    assert (entry.version, entry.user.first_name, entry.user.status) == (2, "Anna", "disabled")
    assert [row[1:] for row in outcomes(connector)[before:]] == [
        ("disabled", "disabled_in_directory"),
        ("changed", ""),
    ]


def test_r9_an_e_mail_of_somebody_else_is_refused(connector: Connector, ann: Entry) -> None:
    """Whoever manages them, whatever its case; the whole message is undone."""
    (user,) = add_people(connector.company, 1)
    for email in ("OTHER1@customer.example", user.email):
        with refused(EmailTaken, connector.company, taken=(email,), twice=()):
            say(ann, email=email, active=False)


def test_r20_a_user_name_of_somebody_else_is_refused(connector: Connector, ann: Entry) -> None:
    bring(make_connector(connector.company), claim("bob"))
    for name in ("Other1", "BOB"):
        with refused(UserNameTaken, connector.company, user_name=name):
            say(ann, user_name=name, first_name="Anna")
    bob = Entry.objects.get(user_name="bob")
    delete(bob)
    assert say(ann, user_name="BOB").user_name == "BOB"


def test_a_removed_connector_holds_no_user_name(connector: Connector, ann: Entry) -> None:
    """R2: nobody could ever delete its entries."""
    other = make_connector(connector.company)
    bob = bring(other, claim("bob"))
    remove_connector(other, by=None)
    assert say(ann, user_name="bob").user_name == "bob"
    bob.refresh_from_db()
    assert (bob.deleted_at is None, status(bob)) == (False, "active")


def _change(entry: Entry, **known: int) -> None:
    change(entry, claim("new"), **known)


@pytest.mark.parametrize("act", [_change, delete])
def test_what_is_refused_changes_nothing(connector: Connector, ann: Entry, act: Callable[..., None]) -> None:
    """R20: a version that is not the newest (ETag), a deleted entry, a paused and a removed connector."""
    company = connector.company
    with refused(EntryChanged, company, expected=2, version=1):
        act(ann, expected=2)
    set_rules(connector, paused_at=timezone.now())
    with refused(ConnectorPaused, company, connector_id=connector.pk):
        act(ann)
    set_rules(connector, paused_at=None)
    other = bring(connector, claim("bob"))
    delete(other)
    with refused(EntryGone, company, scim_id=str(other.scim_id)):
        act(other)
    remove_connector(connector, by=None)
    with refused(ConnectorGone, company, connector_id=connector.pk):
        act(ann)


def test_the_expected_version_is_taken(ann: Entry) -> None:
    entry = change(ann, claim("ann", first_name="Anna"), expected=1)
    assert entry.version == 2
    delete(entry, expected=2)
    assert isinstance(entry.scim_id, uuid.UUID)
    assert not Entry.objects.of_connector(entry.connector).filter(pk=entry.pk).exists()


def test_what_cannot_be_stored_is_refused(connector: Connector, ann: Entry) -> None:
    with refused(InvalidPerson, connector.company, position=0, errors={"user_name": "required"}):
        say(ann, user_name="")


@pytest.mark.parametrize(("how", "expected"), [("disable", ("disabled", 4)), ("remove", ("removed", 3))])
@pytest.mark.parametrize(
    ("rule", "act"),
    [
        ("on_disabled", lambda entry: say(entry, active=False)),
        ("on_left", lambda entry: say(entry, active=False, has_left=True)),
        ("on_deleted", delete),
    ],
    ids=["disabled", "left", "deleted"],
)
def test_r20_each_rule_is_asked(
    connector: Connector, ann: Entry, rule: str, act: Callable[[Entry], object], how: str, expected: tuple[str, int]
) -> None:
    """R20: the rule for what happened, and no other; in the connector's name."""
    others = {"on_disabled", "on_left", "on_deleted"} - {rule}
    set_rules(connector, **{rule: how}, **dict.fromkeys(others, "remove" if how == "disable" else "disable"))
    act(ann)
    assert (status(ann), numbers(connector.company)[1]) == expected
    assert ann.user.status_changes.latest("pk").by_connector == connector


@pytest.mark.parametrize("act", [lambda entry: say(entry, active=False), delete])
def test_r7_a_released_seat_fills_from_the_line(act: Callable[[Entry], object]) -> None:
    connector = make_directory(seats=4, on_disabled=Withdrawal.REMOVE, on_deleted=Withdrawal.REMOVE)
    choose_auto_fill(connector.company, on=True, by=None)
    ann, bob = bring(connector, claim("ann")), bring(connector, claim("bob"))
    assert stands(bob) == ("pendingApproval", "no_seat", 1)
    act(ann)
    assert (stands(bob), numbers(connector.company)) == (("active", "none", None), (4, 4, 0))


def test_r8_back_from_removal_is_a_new_claim_behind_those_who_wait() -> None:
    """R8, R20: the entry keeps its id and stands for somebody new; the former user keeps the history."""
    connector = make_directory(seats=4, on_disabled=Withdrawal.REMOVE)
    ann = bring(connector, claim("ann"))
    say(ann, active=False)
    bring(connector, claim("bob"))
    bring(connector, claim("cyd"))
    back = say(ann, active=True, first_name="Anna")
    assert (back.pk, back.scim_id, back.version) == (ann.pk, ann.scim_id, 3)
    assert back.user_id != ann.user_id
    assert (line(connector.company), stands(back)) == (["Cyd", "Anna"], ("pendingApproval", "no_seat", 2))
    former = User.objects.get(pk=ann.user_id)
    assert (former.first_name, former.status, history(former)) == (
        "Ann",
        "removed",
        [("", "active", "directory"), ("active", "removed", "directory")],
    )
    assert history(back.user) == [("", "pending", "directory")]
    assert list(reconcile().findings) == []


def test_r9_back_from_removal_their_e_mail_may_be_taken(connector: Connector, ann: Entry) -> None:
    set_rules(connector, on_disabled=Withdrawal.REMOVE)
    say(ann, active=False)
    bring(make_connector(connector.company), claim("new", email="ann@customer.example"))
    with refused(EmailTaken, connector.company, taken=("ann@customer.example",), twice=()):
        say(ann, active=True)


def test_r20_waiting_people_lose_their_place_and_join_the_end() -> None:
    connector = make_directory(asks_approval=True)
    entries = [bring(connector, claim(name)) for name in ("ann", "bob", "cyd")]
    say(entries[0], active=False)
    assert (line(connector.company), stands(entries[2])[2]) == (["Bob", "Cyd"], 2)
    say(entries[0], active=True)
    assert line(connector.company) == ["Bob", "Cyd", "Ann"]
    assert numbers(connector.company) == (10, 3, 3)


def test_r18_the_transfer_carries_out_what_the_directory_asked(connector: Connector, ann: Entry) -> None:
    """R18, R21: it is the directory's deed, so the directory can undo it."""
    transfer_primary(connector.company, to=ann.user_id, by=None)
    say(ann, active=False)
    heir = Entry.objects.get(user_name="other1")
    transfer_primary(connector.company, to=heir.user_id, by=None)
    assert stands(ann) == ("disabled", "disabled_in_directory", None)
    say(ann, active=True)
    assert stands(ann) == ("active", "none", None)


def test_r18_a_wish_that_was_dropped_is_not_carried_out(connector: Connector, ann: Entry) -> None:
    transfer_primary(connector.company, to=ann.user_id, by=None)
    say(ann, active=False)
    say(ann, active=True)
    transfer_primary(connector.company, to=Entry.objects.get(user_name="other1").user_id, by=None)
    assert stands(ann) == ("active", "none", None)


def test_r18_the_deleted_primary_user_stays(connector: Connector, ann: Entry) -> None:
    set_rules(connector, on_deleted=Withdrawal.REMOVE)
    transfer_primary(connector.company, to=ann.user_id, by=None)
    delete(ann)
    assert stands(ann) == ("active", "primary_user", None)
    transfer_primary(connector.company, to=Entry.objects.get(user_name="other1").user_id, by=None)
    assert stands(ann) == ("removed", "deleted_in_directory", None)


def test_r21_names_of_people_removed_by_hand_follow_still(connector: Connector, ann: Entry) -> None:
    """The entry is echoed; nobody comes back, and under no other userName while it exists."""
    remove_users(connector.company, users=[ann.user_id], by=None)
    with refused(EmailTaken, connector.company, taken=("ann@customer.example",), twice=()):
        bring(connector, claim("bob", email="ann@customer.example"))
    entry = say(ann, first_name="Anna", active=True)
    assert (entry.user.first_name, stands(entry)) == ("Anna", ("removed", "by_hand", None))


def test_r21_enabled_and_disabled_by_hand_again_stays_so(connector: Connector, ann: Entry) -> None:
    say(ann, active=False)
    say(ann, active=True)
    disable_users(connector.company, users=[ann.user_id], by=None)
    say(ann, active=False)
    say(ann, active=True)
    assert stands(ann) == ("disabled", "by_hand", None)


def test_somebody_erased_meanwhile_is_gone(connector: Connector, ann: Entry) -> None:
    """R25: see also users/test_erasing.py."""
    remove_users(connector.company, users=[ann.user_id], by=None)
    erase_user(User.objects.get(pk=ann.user_id), by=None, reason="Ticket 7")
    with refused(EntryGone, connector.company, scim_id=str(ann.scim_id)):
        change(ann, SAME)
    again = bring(connector, SAME)
    assert (again.user_id == ann.user_id, status(again)) == (False, "active")
