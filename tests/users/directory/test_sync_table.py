"""Every situation of a person, and everything that a directory may say then (R6, R8, R18, R20 to R22)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from licensing.primary import transfer_primary
from licensing.reconciliation import reconcile
from licensing.rejections import reject_users, undo_rejection
from licensing.seats import disable_users, enable_users, remove_users
from tests.facts import facts, history, numbers
from tests.users.directory.people import claim, make_directory, say, set_rules, stands
from users.directory.held import reject_held
from users.directory.models import Connector, Entry, HeldChange, Outcome
from users.directory.sync import bring, delete
from users.enums import Withdrawal
from users.provisioning import add_users

pytestmark = pytest.mark.django_db


def _seated(connector: Connector) -> Entry:
    return bring(connector, claim("ann"))


def _waiting(connector: Connector) -> Entry:
    set_rules(connector, asks_approval=True)
    return bring(connector, claim("ann"))


def _came_inactive(connector: Connector) -> Entry:
    return bring(connector, claim("ann", active=False))


def _disabled_there(connector: Connector) -> Entry:
    return say(_seated(connector), active=False)


def _removed_there(connector: Connector) -> Entry:
    set_rules(connector, on_disabled=Withdrawal.REMOVE)
    return say(_seated(connector), active=False)


def _held(connector: Connector) -> Entry:
    entry = _seated(connector)
    set_rules(connector, threshold_people=0, threshold_percent=0)
    entry = say(entry, active=False)
    set_rules(connector, threshold_people=5, threshold_percent=10)
    return entry


def _rejected_held(connector: Connector) -> Entry:
    entry = _held(connector)
    reject_held(connector, held=HeldChange.objects.values_list("pk", flat=True), by=None)
    return entry


def _disabled_by_hand(connector: Connector) -> Entry:
    entry = _seated(connector)
    disable_users(connector.company, users=[entry.user_id], by=None)
    return entry


def _disabled_by_both(connector: Connector) -> Entry:
    return say(_disabled_by_hand(connector), active=False)


def _enabled_by_hand(connector: Connector) -> Entry:
    entry = _disabled_there(connector)
    enable_users(connector.company, users=[entry.user_id], by=None)
    return entry


def _removed_by_hand(connector: Connector) -> Entry:
    entry = _seated(connector)
    remove_users(connector.company, users=[entry.user_id], by=None)
    return entry


def _disabled_by_hand_removed_there(connector: Connector) -> Entry:
    return say(_disabled_by_hand(connector), active=False, has_left=True)


def _added_again(connector: Connector) -> Entry:
    entry = _removed_by_hand(connector)
    add_users(connector.company, people=[claim("ann").person], by=None)
    return entry


def _rejected(connector: Connector) -> Entry:
    entry = _waiting(connector)
    reject_users(connector.company, users=[entry.user_id], by=None)
    return entry


def _rejected_and_undone(connector: Connector) -> Entry:
    entry = _rejected(connector)
    undo_rejection(connector.company, users=[entry.user_id], by=None)
    return entry


def _primary(connector: Connector) -> Entry:
    entry = _seated(connector)
    transfer_primary(connector.company, to=entry.user_id, by=None)
    return entry


def _primary_unwanted(connector: Connector) -> Entry:
    return say(_primary(connector), active=False)


def _delete_and_send_again(entry: Entry) -> Entry:
    delete(entry)
    return bring(entry.connector, claim("ann"))


def _delete(entry: Entry) -> Entry:
    delete(entry)
    return entry


SITUATIONS: dict[str, Callable[[Connector], Entry]] = {
    "seated": _seated,
    "waiting": _waiting,
    "came inactive": _came_inactive,
    "disabled there": _disabled_there,
    "removed there": _removed_there,
    "held": _held,
    "held, rejected": _rejected_held,
    "disabled by hand": _disabled_by_hand,
    "disabled by both": _disabled_by_both,
    "enabled by hand": _enabled_by_hand,
    "removed by hand": _removed_by_hand,
    "disabled by hand, removed there": _disabled_by_hand_removed_there,
    "removed, added again by hand": _added_again,
    "rejected": _rejected,
    "rejected, undone": _rejected_and_undone,
    "primary": _primary,
    "primary, unwanted": _primary_unwanted,
}
MESSAGES: dict[str, Callable[[Entry], Entry]] = {
    "on": lambda entry: say(entry, active=True, has_left=False),
    "off": lambda entry: say(entry, active=False),
    "left, remove": lambda entry: say(entry, active=False, has_left=True),
    "delete": _delete,
    "delete, again": _delete_and_send_again,
}


# By situation and message: the user behind the entry (the same as before, or another: a new claim, or one who was added
# again), the newest change in the history, what is told to the directory, seats used and people waiting, outcomes.
TABLE = Path(__file__).with_name("sync_table.txt").read_text()


def _rows() -> Iterator[tuple[str, str, list[str]]]:
    situation = ""
    for line in TABLE.splitlines()[1:]:
        if line.startswith(" "):
            message, *expected = [cell.strip() for cell in line.split("|")]
            yield situation, message, expected
        else:
            situation = line.removesuffix(":")


def test_the_table_is_complete() -> None:
    assert [row[:2] for row in _rows()] == [(situation, message) for situation in SITUATIONS for message in MESSAGES]


@pytest.mark.parametrize(("situation", "message", "expected"), list(_rows()))
def test_what_a_message_does(situation: str, message: str, expected: list[str]) -> None:
    """R6, R8, R18, R20, R21, R22: and R17, what nothing came of is not told, either."""
    connector = make_directory(on_left=Withdrawal.REMOVE)
    entry = SITUATIONS[situation](connector)
    before, last, user_id = facts(connector.company), Outcome.objects.latest("pk").pk, entry.user_id
    entry = MESSAGES[message](entry)
    entry.refresh_from_db()
    assert [
        "same" if entry.user_id == user_id else "other",
        "{}>{} {}".format(*history(entry.user)[-1]),
        " ".join(str(word) for word in stands(entry) if word is not None),
        "{} {}".format(*numbers(connector.company)[1:]),
        ", ".join(f"{told.kind} {told.code}".strip() for told in Outcome.objects.filter(pk__gt=last).order_by("pk"))
        or "-",
    ] == expected
    assert (facts(connector.company) == before) == (expected[-1] == "-")
    assert list(reconcile().findings) == []
